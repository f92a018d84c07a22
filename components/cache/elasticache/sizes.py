"""Node types of Amazon ElastiCache that a cache of Langfuse can have, and their CPUs."""

from __future__ import annotations

import re
from typing import Final

_TYPE: Final = re.compile(r"cache\.(?P<family>[a-z0-9]+)\.(?P<size>[a-z0-9]+)")

_BURSTABLE: Final = ("micro", "small", "medium")
_TO_24: Final = ("large", "xlarge", "2xlarge", "4xlarge", "12xlarge", "24xlarge")
_TO_16: Final = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge")

# https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheNodes.SupportedTypes.html
FAMILIES: Final = {
    **dict.fromkeys(("t3", "t4g"), _BURSTABLE),
    **dict.fromkeys(("m5", "r5"), _TO_24),
    **dict.fromkeys(("m6g", "m7g", "r6g", "r7g", "c7gn"), _TO_16),
}
"""Sizes by family. Not r6gd: it keeps data on disks, which has to be switched on."""


def is_known(node_type: str) -> bool:
    """Whether ElastiCache has a node type for Valkey, as far as the table knows."""
    match = _TYPE.fullmatch(node_type)
    return match is not None and match["size"] in FAMILIES.get(match["family"], ())


def cpus(node_type: str) -> int | None:
    """Virtual CPUs of a node type, or None for one that is not in the table.

    They are the same in each family: two up to ``large``, four in ``xlarge``
    (https://aws.amazon.com/elasticache/pricing/).
    """
    if not is_known(node_type):
        return None
    multiple, is_multiple, _ = node_type.rpartition(".")[2].rpartition("xlarge")
    return 4 * int(multiple or 1) if is_multiple else 2
