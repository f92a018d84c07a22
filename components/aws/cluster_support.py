"""Which clusters the stack's objects work on. Pure."""

from __future__ import annotations

import re
from typing import Final

OLDEST: Final = (1, 30)
"""``preStop.sleep`` is on by default from this release on
(https://kubernetes.io/docs/reference/command-line-tools-reference/feature-gates/)."""


USABLE: Final = frozenset({"ACTIVE", "UPDATING"})
"""Statuses in which the API server of an EKS cluster answers
(https://docs.aws.amazon.com/eks/latest/APIReference/API_Cluster.html)."""

IPV6: Final = (
    "gives its pods IPv6 addresses, and the stack's NetworkPolicies, its load balancer and its "
    "database's security group admit IPv4 networks only. The address family of a cluster cannot "
    "be changed: use a cluster with IPv4"
)
"""Why not, of a cluster."""


def version(text: str) -> tuple[int, int]:
    """Major and minor release of ``1.34`` or ``v1.34.2-eks-1``; raises ValueError for others."""
    found = re.match(r"v?(\d+)\.(\d+)(?!\d)", text)
    if found is None:
        raise ValueError(f"'{text}' is no Kubernetes version")
    return int(found[1]), int(found[2])


def problem(*, status: str, kubernetes: str, ip_family: str) -> str | None:
    """Why a stack cannot go to an EKS cluster of this status, version and address family; None if
    it can."""
    if status not in USABLE:
        return f"is {status}: nothing can be deployed until it is ACTIVE"
    if version(kubernetes) < OLDEST:
        return (
            f"runs Kubernetes {kubernetes}, and the pods need {OLDEST[0]}.{OLDEST[1]} or newer "
            "(preStop.sleep). Upgrade the cluster, one minor version at a time"
        )
    if ip_family == "ipv6":
        return IPV6
    return None
