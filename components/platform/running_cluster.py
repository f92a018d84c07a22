"""What a cluster that is there already says about a deployment. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from components.platform import kubernetes_versions

_USABLE: Final = frozenset({"ACTIVE", "UPDATING", "PENDING"})


@dataclass(frozen=True, kw_only=True)
class RunningCluster:
    """A cluster as EKS describes it."""

    status: str
    version: str
    auto_mode: bool
    tags: Mapping[str, str]


def problem(found: RunningCluster, *, version: str, tag: str, stack: str) -> str | None:
    """Why a stack cannot be deployed over a cluster of its name; None where it can.

    ``tag``: key of the tag with the stack's name that everything of the platform has.
    """
    if found.tags.get(tag) != stack:
        owner = found.tags.get(tag)
        whose = f"is of the platform of stack {owner}" if owner else "is not the platform's"
        return (
            f"exists and {whose}: set platform:cluster.name to another name, or deploy the "
            "workload to that cluster without a platform"
        )
    if found.status == "CREATING":
        return (
            "is still being created, by another `up` or by one that was interrupted. Wait until it "
            "is ACTIVE; docs/platform.md says what to do with one that the state does not have"
        )
    if found.status == "DELETING":
        return "is being deleted: wait until it is gone, then deploy again"
    if found.status not in _USABLE:
        return (
            f"is {found.status}: delete it (`aws eks delete-cluster`), then `pulumi -C platform "
            "refresh`, and deploy again"
        )
    if not found.auto_mode:
        return (
            "is not in Auto Mode any more: it was switched off outside of the program, which has "
            "no other nodes for it. Switch it on again with `aws eks update-cluster-config`"
        )
    return kubernetes_versions.step(found.version, version)
