"""Amazon RDS instance classes: memory, the connections that follow, CPU credits."""

from __future__ import annotations

import re
from typing import Final

_CLASS: Final = re.compile(r"db\.(?P<family>[a-z0-9]+)\.(?P<size>[a-z0-9]+)")

_BURSTABLE: Final = {"micro": 1, "small": 2, "medium": 4, "large": 8, "xlarge": 16, "2xlarge": 32}
_GENERAL: Final = {
    "large": 8,
    "xlarge": 16,
    "2xlarge": 32,
    "4xlarge": 64,
    "8xlarge": 128,
    "12xlarge": 192,
    "16xlarge": 256,
    "24xlarge": 384,
}
_MEMORY: Final = {size: 2 * gib for size, gib in _GENERAL.items()}
# Of Graviton 2 and 3 there is no larger one.
_GENERAL_TO_16: Final = {size: gib for size, gib in _GENERAL.items() if size != "24xlarge"}
_MEMORY_TO_16: Final = {size: gib for size, gib in _MEMORY.items() if size != "24xlarge"}

# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Summary.html
FAMILIES: Final = {
    **dict.fromkeys(("t3", "t4g"), _BURSTABLE),
    **dict.fromkeys(("m5", "m6g", "m6i", "m7g", "m7i", "m8g"), _GENERAL),
    **dict.fromkeys(("m6g", "m7g"), _GENERAL_TO_16),
    **dict.fromkeys(("r5", "r6g", "r6i", "r7g", "r7i", "r8g"), _MEMORY),
    **dict.fromkeys(("r6g", "r7g"), _MEMORY_TO_16),
}

# Credits that t3 and t4g earn per hour; a credit is one minute of one vCPU
# (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-credits-baseline-concepts.html).
_CREDITS: Final = {
    "micro": 12,
    "small": 24,
    "medium": 24,
    "large": 36,
    "xlarge": 96,
    "2xlarge": 192,
}


def memory_gib(instance_class: str) -> int | None:
    """Memory of an instance class in GiB, or None for one that is not in the table."""
    match = _CLASS.fullmatch(instance_class)
    return FAMILIES.get(match["family"], {}).get(match["size"]) if match else None


def max_connections(gib: int) -> int:
    """RDS for PostgreSQL's default ``max_connections`` for ``gib`` of memory, estimated low.

    The formula is LEAST(DBInstanceClassMemory / 9531392, 5000), where DBInstanceClassMemory is the
    memory without that of the operating system and of RDS's processes. Estimated here as 90 % of
    the memory less 0.15 GiB. The result is below the values measured on db.t3.micro (87) and
    db.t4g.medium (about 410).
    """
    usable = (gib * 0.9 - 0.15) * 2**30
    return min(int(usable / 9531392), 5000)


def credits_per_hour(instance_class: str) -> int | None:
    """CPU credits that a burstable class earns in an hour; None for a class without credits."""
    match = _CLASS.fullmatch(instance_class)
    if match is None or FAMILIES.get(match["family"]) is not _BURSTABLE:
        return None
    return _CREDITS.get(match["size"])
