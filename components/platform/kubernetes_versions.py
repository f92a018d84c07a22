"""Kubernetes versions that EKS has in standard support. Pure.

https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html
"""

from __future__ import annotations

from datetime import date
from typing import Final, Literal, TypeAlias

KubernetesVersion: TypeAlias = Literal["1.34", "1.35", "1.36", "1.37"]
"""The versions that a platform may have."""

DEFAULT: Final[KubernetesVersion] = "1.36"

STANDARD_SUPPORT_ENDS: Final[dict[KubernetesVersion, date]] = {
    "1.34": date(2026, 12, 2),
    "1.35": date(2027, 3, 27),
    "1.36": date(2027, 8, 2),
    "1.37": date(2027, 12, 1),
}
"""The day on which standard support ends. A cluster whose policy is standard support is upgraded
by AWS then."""

WARNING_DAYS: Final = 60
"""How long before the end of support a deployment warns."""


def warning(version: KubernetesVersion, today: date) -> str | None:
    """What to say about the end of support of a version; None where there is time."""
    ends = STANDARD_SUPPORT_ENDS[version]
    left = (ends - today).days
    if left > WARNING_DAYS:
        return None
    newer = [known for known in STANDARD_SUPPORT_ENDS if minor(known) == minor(version) + 1]
    to = f" Set platform:cluster.kubernetesVersion to {newer[0]} before." if newer else ""
    if left <= 0:
        return f"Standard support of Kubernetes {version} ended on {ends}: AWS upgrades the cluster"
    return (
        f"Standard support of Kubernetes {version} ends on {ends}, in {left} days: AWS then "
        f"upgrades the cluster by itself.{to}"
    )


def minor(version: str) -> int:
    """The second number of a version."""
    return int(version.split(".")[1])


def step(running: str, wanted: str) -> str | None:
    """Why a cluster cannot go from one version to another; None where it can."""
    distance = minor(wanted) - minor(running)
    if distance < 0:
        return (
            f"runs Kubernetes {running}, and EKS cannot go back to {wanted}: set "
            f"platform:cluster.kubernetesVersion to {running}"
        )
    if distance > 1:
        return (
            f"runs Kubernetes {running}, and EKS upgrades one minor version at a time: set "
            f"platform:cluster.kubernetesVersion to 1.{minor(running) + 1} first"
        )
    return None
