"""Zones that cannot hold a control plane of EKS. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

NO_CONTROL_PLANE: Final = frozenset({"use1-az3", "usw1-az2", "cac1-az3"})
"""Ids of the zones in which EKS makes no control plane
(https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html). Which name such a zone has
differs from account to account."""


def problems(wanted: Sequence[str], ids: Mapping[str, str]) -> Iterator[str]:
    """Why zones cannot be used. ``ids``: of the account's zones of the region, by name."""
    usable = sorted(name for name, id_ in ids.items() if id_ not in NO_CONTROL_PLANE)
    others = [name for name in usable if name not in wanted]
    instead = f"; the account also has {', '.join(others)}" if others else ""
    for zone in wanted:
        if zone not in ids:
            yield f"{zone} is no zone of this account that is available{instead}"
        elif ids[zone] in NO_CONTROL_PLANE:
            yield f"{zone} ({ids[zone]}) holds no control plane of EKS{instead}"
