"""Whether EKS Auto Mode may set the stack's tags: the cluster's role, not the caller, does that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from components.aws import iam_documents
from tooling.doctor.aws.session.account import Account, Cluster
from tooling.doctor.findings import Finding

_CLUSTER_TAG: Final = "eks:eks-cluster-name"
"""What Auto Mode gives everything that it makes; AWS's statements for further tags ask for it
(https://docs.aws.amazon.com/eks/latest/userguide/auto-learn-iam.html#tag-prop)."""

_ACTIONS: Final = {
    "ec2:CreateSecurityGroup": "ec2:{region}:{account}:security-group/sg-0a1b2c3d4e5f60718",
    "elasticloadbalancing:CreateLoadBalancer": (
        "elasticloadbalancing:{region}:{account}:loadbalancer/app/k8s-langfuse/0a1b2c3d4e5f6071"
    ),
}
"""The first two calls for a load balancer that carry the Ingress's tags, each on its resource."""


def tags(account: Account) -> Iterator[Finding]:
    """Whether the role of a cluster in Auto Mode lets it put `aws:defaultTags` on what it makes."""
    settings = account.settings
    wanted = settings.aws.default_tags.get("tags", {})
    if settings.endpoint is None or not wanted:
        return
    cluster = account.cluster()
    if not cluster.auto_mode or not cluster.role_arn:
        return
    denied = [
        action
        for action, resource in _ACTIONS.items()
        if not _may(account, cluster, action, resource)
    ]
    if denied:
        role = cluster.role_arn.rsplit("/", maxsplit=1)[-1]
        yield Finding.error(
            "auto-mode-tags",
            f"Role {role} of EKS cluster {cluster.name}",
            f"It may not set the tags {', '.join(sorted(wanted))} (aws:defaultTags): "
            f"{', '.join(denied)} with them is refused, and so the load balancer. AWS's own "
            "policies for EKS Auto Mode allow its own tags alone: give the role AWS's statements "
            "for further tags, or remove aws:defaultTags.",
            account.aws.command("iam", "list-attached-role-policies", "--role-name", role),
        )


def _may(account: Account, cluster: Cluster, action: str, resource: str) -> bool:
    """False where IAM refuses and knows all that its policies ask for."""
    role, wanted = cluster.role_arn, account.settings.aws.default_tags.get("tags", {})
    place = {"region": account.aws.region or "", "account": iam_documents.account(role)}
    request = {**wanted, _CLUSTER_TAG: cluster.name}
    parameters: dict[str, Any] = {
        "PolicySourceArn": role,
        "ActionNames": [action],
        "ResourceArns": [f"arn:{iam_documents.partition(role)}:{resource.format(**place)}"],
        "ContextEntries": [
            *(_entry(f"aws:RequestTag/{key}", [value]) for key, value in request.items()),
            _entry("aws:TagKeys", [*request], "stringList"),
            # Of the session that EKS takes the role in.
            _entry(f"aws:PrincipalTag/{_CLUSTER_TAG}", [cluster.name]),
            _entry("aws:RequestedRegion", [place["region"]]),
        ],
    }
    results = account.aws.pages("iam", "SimulatePrincipalPolicy", "EvaluationResults", **parameters)
    return all(
        result["EvalDecision"] == "allowed" or result.get("MissingContextValues")
        for result in results
    )


def _entry(key: str, values: list[str], kind: str = "string") -> Mapping[str, Any]:
    return {"ContextKeyName": key, "ContextKeyValues": values, "ContextKeyType": kind}
