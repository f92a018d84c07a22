"""Versions of write-only values."""

from __future__ import annotations

import hashlib


def version_of(value: str) -> int:
    """A number that changes with a value, and so makes the AWS provider send the new one.

    The state holds no write-only value to compare with. The provider sends the value when its
    version differs (https://github.com/hashicorp/terraform-provider-aws/issues/42441). Because the
    version is computed from the value, any change is sent in the same `up`.

    Use it for values of high entropy only: 31 bits of a hash do not help to guess 128 random bits.
    As an output the version is secret, because the value is.
    """
    digest = hashlib.sha256(value.encode()).digest()
    return int.from_bytes(digest[:4], "big") % (2**31 - 1) + 1
