"""What roles may do, and who may act as them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from .model import Rule, Seen, document, items, mapping

_IDENTITY: Final = {
    "aws:iam/rolePolicy:RolePolicy": ("policy",),
    "aws:iam/policy:Policy": ("policy",),
    "aws:iam/userPolicy:UserPolicy": ("policy",),
    "aws:iam/groupPolicy:GroupPolicy": ("policy",),
}
"""Policies that say what somebody may do."""

_RESOURCE: Final = {
    "aws:iam/role:Role": ("assumeRolePolicy",),
    "aws:kms/key:Key": ("policy",),
    "aws:s3/bucketPolicy:BucketPolicy": ("policy",),
    "aws:secretsmanager/secretPolicy:SecretPolicy": ("policy",),
    "aws:sns/topicPolicy:TopicPolicy": ("policy",),
    "aws:sqs/queuePolicy:QueuePolicy": ("policy",),
}
"""Policies that say who may use a resource. Their ``Resource`` is the resource itself."""

_NO_RESOURCE: Final = frozenset(
    {
        "cloudwatch:GetMetricData",
        "cloudwatch:ListMetrics",
        "cloudwatch:PutMetricData",
        "ecr:GetAuthorizationToken",
        "s3:ListAllMyBuckets",
        "secretsmanager:ListSecrets",
        "sts:GetCallerIdentity",
    }
)
"""Actions that take no resource, so that ``*`` is the only one that can be written
(https://docs.aws.amazon.com/service-authorization/latest/reference/)."""

_SAYS_HOW: Final = frozenset(
    {"aws:securetransport", "aws:multifactorauthpresent", "aws:currenttime", "s3:tlsversion"}
)
_BROAD: Final = frozenset(
    {
        "arn:aws:iam::aws:policy/AdministratorAccess",
        "arn:aws:iam::aws:policy/PowerUserAccess",
        "arn:aws:iam::aws:policy/IAMFullAccess",
    }
)


def wildcard_action(seen: Seen) -> Iterator[str]:
    for statement in _allowing(seen, _IDENTITY):
        for action in items(statement.get("Action")):
            if isinstance(action, str) and "*" in action:
                yield f"Action {action!r}: name the actions that are needed"
        if "NotAction" in statement:
            yield "NotAction allows every action but some: name those that are needed"
    for arn in (*items(seen.get("policyArn")), *items(seen.get("managedPolicyArns"))):
        policy = str(arn).replace("aws-cn", "aws").replace("aws-us-gov", "aws")
        if policy in _BROAD or policy.endswith("FullAccess"):
            yield f"policy {arn!r} allows a whole service: write one of its own"


def wildcard_resource(seen: Seen) -> Iterator[str]:
    for statement in _allowing(seen, _IDENTITY):
        if "NotResource" in statement:
            yield "NotResource allows every resource but some: name those that are meant"
        if "*" not in items(statement.get("Resource")):
            continue
        for action in items(statement.get("Action")):
            if isinstance(action, str) and action not in _NO_RESOURCE:
                yield f"{action} on Resource '*': name the resources"


def wildcard_principal(seen: Seen) -> Iterator[str]:
    for statement in _allowing(seen, _RESOURCE):
        if "NotPrincipal" in statement:
            yield "NotPrincipal allows everybody but some: name those who are meant"
        if _narrows(statement.get("Condition")):
            continue
        principal = statement.get("Principal")
        parts = [principal, *(p for v in mapping(principal).values() for p in items(v))]
        if "*" in parts:
            yield "Principal '*' without a condition: anybody in the world may use it"


def _narrows(condition: object) -> bool:
    """Whether a condition says who: how somebody connects is no limit to whom."""
    keys = {key.lower() for test in mapping(condition).values() for key in mapping(test)}
    return bool(keys - _SAYS_HOW)


def _allowing(seen: Seen, places: Mapping[str, tuple[str, ...]]) -> Iterator[Mapping[str, Any]]:
    texts = [seen.get(path) for path in places.get(seen.type, ())]
    if places is _IDENTITY and seen.type == "aws:iam/role:Role":
        texts += [mapping(policy).get("policy") for policy in items(seen.get("inlinePolicies"))]
    for text in texts:
        for statement in items(document(text).get("Statement")):
            if mapping(statement).get("Effect") == "Allow":
                yield mapping(statement)


RULES: Final = (
    Rule(
        name="no-wildcard-action",
        protects="Whoever takes over a pod can do what its role needs, and nothing else.",
        check=wildcard_action,
    ),
    Rule(
        name="no-wildcard-resource",
        protects="A role reaches entries and buckets of this stack, not those of its neighbours.",
        check=wildcard_resource,
    ),
    Rule(
        name="no-wildcard-principal",
        protects="Keys, secrets, buckets, topics and roles are not open to other accounts.",
        check=wildcard_principal,
    ),
)
