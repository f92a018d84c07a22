"""The policies of a role that deploys one platform. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from access.policies import policies
from components.aws.iam_documents import PolicyDocument, Statement, dns_suffix
from components.platform import cluster_iam
from stacks.cluster_platform.sections.network import CreatedNetwork
from stacks.cluster_platform.settings import PlatformSettings
from stacks.names import PLATFORM_TAG, STACK_TAG
from tooling.platform.permissions.needs import MADE, NEEDS, Limit, Need, Part

Conditions = Mapping[str, Mapping[str, str | Sequence[str]]]

_BOUND = frozenset({"makes a role", "grants", "attaches to cluster", "attaches to nodes"})
"""Limits of what could give a role more than a boundary, if the role had none."""


def documents(settings: PlatformSettings) -> list[PolicyDocument]:
    """What a deployment of the platform needs, in as few policies as IAM takes."""
    return policies([*_statements(settings)])


def parts(settings: PlatformSettings) -> frozenset[Part]:
    """The parts that the settings switch on."""
    network, services = settings.network, settings.services
    created = isinstance(network, CreatedNetwork)
    on: dict[Part, bool] = {
        "network": created,
        "flow logs": isinstance(network, CreatedNetwork) and network.flow_logs != "off",
        "cluster": True,
        "key": settings.cluster.kms_key_arn is not None,
        "metrics server": services.metrics_server,
        "zone": services.hosted_zone is not None,
        "doctor": True,
    }
    return frozenset(part for part, needed in on.items() if needed)


def resource(need: Need, settings: PlatformSettings) -> str:
    """The ARN of a need, with what is known filled in."""
    return need.resource.format(
        partition=settings.partition,
        region=settings.region,
        account=settings.account_id,
        cluster=settings.cluster.name,
        key=settings.cluster.kms_key_arn,
        suffix=dns_suffix(f"arn:{settings.partition}:"),
    )


def conditions(limit: Limit, settings: PlatformSettings) -> Conditions:
    """The conditions of a limit: test, key, value."""
    stack = settings.stack
    has, gets = f"aws:ResourceTag/{PLATFORM_TAG}", f"aws:RequestTag/{PLATFORM_TAG}"

    def attached(names: Sequence[str]) -> dict[str, dict[str, str | Sequence[str]]]:
        arns = [cluster_iam.managed(settings.partition, name) for name in names]
        return {"ArnEquals": {"iam:PolicyARN": arns}, "StringEquals": {has: stack}}

    made: dict[Limit, dict[str, dict[str, str | Sequence[str]]]] = {
        "tagged": {"StringEquals": {has: stack}},
        "tags": {"StringEquals": {gets: stack}},
        "tags as it is made": {
            "StringEquals": {gets: stack, "ec2:CreateAction": sorted(MADE.values())}
        },
        # What has neither tag is of no platform and of no workload.
        "tags the untagged": {
            "StringEquals": {gets: stack},
            "Null": {has: "true", f"aws:ResourceTag/{STACK_TAG}": "true"},
        },
        "makes a role": {"StringEquals": {gets: stack}},
        "grants": {"StringEquals": {has: stack}},
        "attaches to cluster": attached(cluster_iam.CLUSTER_POLICIES),
        "attaches to nodes": attached(cluster_iam.NODE_POLICIES),
        "passes to eks": _passed("eks.amazonaws.com"),
        "passes to ec2": _passed("ec2.amazonaws.com"),
        "passes to flow logs": _passed("vpc-flow-logs.amazonaws.com"),
        "links to eks": {"StringEquals": {"iam:AWSServiceName": "eks.amazonaws.com"}},
    }
    found = made[limit]
    boundary = settings.cluster.permissions_boundary_arn
    if limit in _BOUND and boundary is not None:
        found.setdefault("StringEquals", {})["iam:PermissionsBoundary"] = boundary
    return found


def _passed(service: str) -> dict[str, dict[str, str | Sequence[str]]]:
    return {"StringEquals": {"iam:PassedToService": service}}


def _statements(settings: PlatformSettings) -> Iterator[Statement]:
    """One for all resources of a component with the same actions and the same limit."""
    wanted = parts(settings)
    actions: dict[tuple[str, str, Limit | None], set[str]] = {}
    for need in NEEDS:
        if need.part in wanted:
            key = (need.component, resource(need, settings), need.limit)
            actions.setdefault(key, set()).update(need.actions)
    resources: dict[tuple[str, Limit | None, tuple[str, ...]], list[str]] = {}
    for (component, arn, limit), named in actions.items():
        resources.setdefault((component, limit, tuple(sorted(named))), []).append(arn)
    numbers: dict[str, int] = {}
    for (component, limit, named), arns in resources.items():
        numbers[component] = numbers.get(component, 0) + 1
        statement: Statement = {
            "Sid": f"{component}{numbers[component]}",
            "Effect": "Allow",
            "Action": list(named),
            "Resource": arns[0] if len(arns) == 1 else arns,
        }
        if limit is not None:
            statement["Condition"] = conditions(limit, settings)
        yield statement
