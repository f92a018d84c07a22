"""Versions of write-only values."""

from __future__ import annotations

import hashlib


def version_of(value: str) -> int:
    """A number that changes with a value, and so makes the AWS provider send the new one.

    A write-only value is in no state to compare with: the provider sends it when the version
    beside it differs (https://github.com/hashicorp/terraform-provider-aws/issues/42441). Taken
    from the value itself, it cannot be forgotten: any change arrives in the same `up`.

    Only for values of high entropy: 31 bits of a hash help nobody to guess 128 random ones. As an
    output it is secret, because the value is.
    """
    digest = hashlib.sha256(value.encode()).digest()
    return int.from_bytes(digest[:4], "big") % (2**31 - 1) + 1
