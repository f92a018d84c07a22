"""Checks after a failure: the load balancer's targets, the entries in Secrets Manager."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from stacks.names import NAMES
from tooling.doctor.aws.prerequisites import ABSENT_ENTRY, entry_names
from tooling.doctor.aws.session.account import Account
from tooling.doctor.findings import Finding, Severity

_REASONS: Final = {
    "Elb.InternalError": "the load balancer has an error of its own",
    "Target.FailedHealthChecks": (
        "no connection to the pod, or no answer that can be read: Langfuse does not run there, or "
        "a security group or NetworkPolicy is in the way"
    ),
    "Target.ResponseCodeMismatch": (
        "Langfuse answers with another code than 200: it is starting or stopping, or, before "
        "2.79, without its database"
    ),
    "Target.Timeout": (
        "no answer in time: a security group or NetworkPolicy is in the way, or the pod is too busy"
    ),
}
"""Of https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html."""


def load_balancer(account: Account) -> Iterator[Finding]:
    """Why the load balancer sends no requests to Langfuse. Without one, the Ingress says why."""
    if account.settings.endpoint is None:
        return
    aws = account.aws
    owner = f"{account.settings.cluster.namespace}/{NAMES.endpoint}"
    tags = {
        "elbv2.k8s.aws/cluster": account.settings.cluster.eks_name or "",
        "ingress.k8s.aws/stack": owner,
    }
    groups = aws.pages(
        "resourcegroupstaggingapi",
        "GetResources",
        "ResourceTagMappingList",
        TagFilters=[{"Key": key, "Values": [value]} for key, value in tags.items()],
        ResourceTypeFilters=["elasticloadbalancing:targetgroup"],
    )
    for group in sorted(group["ResourceARN"] for group in groups):
        health = aws.ask("elbv2", "DescribeTargetHealth", TargetGroupArn=group)
        show = aws.command("elbv2", "describe-target-health", "--target-group-arn", group)
        targets = health.get("TargetHealthDescriptions", [])
        if not targets:
            cause = (
                "The load balancer has no pod to send requests to: none is Ready, or the AWS Load "
                "Balancer Controller does not run."
            )
            yield _about_targets(owner, cause, show, "error")
            continue
        sick = [target for target in targets if target["TargetHealth"]["State"] == "unhealthy"]
        if sick:
            told = "; ".join(_reason(target) for target in sick)
            cause = f"The load balancer counts {len(sick)} of {len(targets)} pods as unhealthy"
            severity: Severity = "error" if len(sick) == len(targets) else "warning"
            yield _about_targets(owner, f"{cause}: {told}.", show, severity)


def _reason(target: Mapping[str, Any]) -> str:
    health = target["TargetHealth"]
    reason = health.get("Reason", "unknown")
    told = _REASONS.get(reason, health.get("Description", "no reason is given"))
    return f"{target['Target']['Id']} {reason} ({told})"


def _about_targets(owner: str, cause: str, command: str, severity: Severity) -> Finding:
    return Finding(
        section="not-ready",
        severity=severity,
        subject=f"Ingress {owner}",
        cause=cause,
        command=command,
    )


def entries(account: Account) -> Iterator[Finding]:
    """Whether the entries that External Secrets reads are there, with a value."""
    for name in entry_names(account.settings):
        found = account.aws.look_up("secretsmanager", "DescribeSecret", ABSENT_ENTRY, SecretId=name)
        describe = account.aws.command("secretsmanager", "describe-secret", "--secret-id", name)
        if found is None:
            # After an `up` that ended before it, there is nothing wrong with that.
            cause = "It does not exist: `up` has not made it yet, or it was deleted."
            yield _about_entry(name, cause, describe, "warning")
        elif found.get("DeletedDate"):
            cause = "It was deleted; it can still be restored, and then `pulumi up` continues."
            restore = account.aws.command("secretsmanager", "restore-secret", "--secret-id", name)
            yield _about_entry(name, cause, restore, "error")
        elif "AWSCURRENT" not in _stages(found):
            cause = "It has no value: `up` ended before it was written. Another `up` writes it."
            yield _about_entry(name, cause, account.commands.up(), "error")


def _stages(entry: Mapping[str, Any]) -> set[str]:
    versions: Mapping[str, list[str]] = entry.get("VersionIdsToStages", {})
    return {stage for stages in versions.values() for stage in stages}


def _about_entry(name: str, cause: str, command: str, severity: Severity) -> Finding:
    return Finding(
        section="secret-not-synced",
        severity=severity,
        subject=f"Secrets Manager entry {name}",
        cause=cause,
        command=command,
    )
