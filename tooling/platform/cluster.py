"""The name of a platform's cluster before it is made, its version, and its log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from components.platform import kubernetes_versions, running_cluster
from components.platform.running_cluster import RunningCluster
from stacks.names import PLATFORM_TAG
from tooling.doctor.findings import Finding
from tooling.platform.account import PlatformAccount


def support(account: PlatformAccount, today: date | None = None) -> Iterator[Finding]:
    """Whether the end of the Kubernetes version's support is near."""
    wanted = account.settings.cluster.kubernetes_version
    text = kubernetes_versions.warning(wanted, today or date.today())
    if text is not None:
        yield Finding.warning(
            "platform-support",
            f"Kubernetes {wanted}",
            text,
            account.aws.command("eks", "describe-cluster-versions", "--output", "table"),
        )


def in_the_way(account: PlatformAccount) -> Iterator[Finding]:
    """Whether a cluster of the name is another one's, half made, or too old for one step."""
    found = account.found_cluster()
    if found is None:
        return
    problem = running_cluster.problem(
        RunningCluster(
            status=found.status,
            version=found.version,
            auto_mode=found.auto_mode,
            tags=found.tags,
        ),
        version=account.settings.cluster.kubernetes_version,
        tag=PLATFORM_TAG,
        stack=account.settings.stack,
    )
    if problem is not None:
        yield Finding.error(
            "platform-name",
            f"EKS cluster {found.name}",
            f"It {problem}.",
            account.aws.command("eks", "describe-cluster", "--name", found.name),
        )


def log_group(account: PlatformAccount) -> Iterator[Finding]:
    """Whether the log of a cluster that is gone is still there: EKS makes it again when it is
    deleted too early, and the next `make platform` cannot make a second one.

    One with the platform's tag is the program's, made before a cluster that is still to come."""
    if account.found_cluster() is not None:
        return
    name = log_name(account)
    groups = account.aws.pages("logs", "DescribeLogGroups", "logGroups", logGroupNamePrefix=name)
    found = next((group for group in groups if group.get("logGroupName") == name), None)
    if found is None or _is_own(account, found):
        return
    yield Finding.error(
        "platform-log-group",
        f"Log group {name}",
        "It is there, and the cluster is not: it is that of an earlier cluster of this name. "
        "`make platform` would be refused a second one. The command deletes it, with all that was "
        "logged: export first what you need (`aws logs create-export-task`).",
        account.aws.command("logs", "delete-log-group", "--log-group-name", name),
    )


def _is_own(account: PlatformAccount, group: Mapping[str, Any]) -> bool:
    arn = group.get("arn", "").removesuffix(":*")
    tags = account.aws.ask("logs", "ListTagsForResource", resourceArn=arn).get("tags", {})
    return tags.get(PLATFORM_TAG) == account.settings.stack


def log_name(account: PlatformAccount) -> str:
    """Of the control plane's log."""
    return f"/aws/eks/{account.settings.cluster.name}/cluster"
