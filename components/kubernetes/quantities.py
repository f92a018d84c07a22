"""Kubernetes resource quantities and what follows from them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

_PATTERN: Final = re.compile(
    r"(?P<number>\d+(?:\.\d+)?)(?P<suffix>m|k|M|G|T|Ki|Mi|Gi|Ti)?", re.ASCII
)

_FACTORS: Final = {
    None: Decimal(1),
    "m": Decimal("0.001"),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
}


def parse(quantity: str) -> Decimal:
    """The value of a quantity in its base unit (cores or bytes); raises ``ValueError``."""
    match = _PATTERN.fullmatch(quantity)
    if match is None:
        raise ValueError(quantity)
    return Decimal(match["number"]) * _FACTORS[match["suffix"]]


def node_heap_mib(memory_limit: str) -> int:
    """V8's old-space limit in MiB for a container with ``memory_limit``.

    Three quarters of the memory limit; the rest is for buffers, code and the young generation.
    Without this setting V8 sizes its heap by the whole limit, and the kernel kills the container
    before a garbage collection.
    """
    return int(parse(memory_limit) * 3 / 4 / 2**20)
