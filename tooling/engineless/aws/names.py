"""The account, names and ids in place of those that AWS would give: repeatable, never real."""

from __future__ import annotations

import hashlib
from typing import Final

from stacks.names import UNIQUE
from tooling.engineless.recording import Resource

ACCOUNT: Final = "123456789012"
REGION: Final = "ap-northeast-2"


def digits(seed: str, length: int) -> str:
    """Hexadecimal digits that follow from ``seed``."""
    return hashlib.sha256(seed.encode()).hexdigest()[:length]


def invented_id(resource: Resource, prefix: str) -> str:
    """An id such as ``sg-0123456789abcdef0``."""
    return f"{prefix}-{digits(resource.urn, 17)}"


def invented_name(resource: Resource, prefix: str = "namePrefix") -> str:
    """A name as the provider makes it: with the prefix in an input, else by autonaming."""
    if given := resource.inputs.get(prefix):
        return f"{given}{digits(resource.urn, UNIQUE)}"
    return f"{resource.name}-{digits(resource.urn, 7)}"


def arn(service: str, resource: str, *, region: str = REGION, account: str = ACCOUNT) -> str:
    """An ARN in the invented account."""
    return f"arn:aws:{service}:{region}:{account}:{resource}"
