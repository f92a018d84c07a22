"""The doctor on EKS Auto Mode in AWS: may the cluster's role set the stack's tags?

Does not prove what AWS's managed policies say, only what is asked of IAM and made of its answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.support.configurations import endpoint, settings
from tests.support.doctor_aws import ACCOUNT, REGION, FakeAws
from tooling.doctor import aws
from tooling.doctor.findings import Finding

ROLE: Final = f"arn:aws:iam::{ACCOUNT}:role/eks/platform-prod-cluster"
TAGS: Final = {"aws:defaultTags": {"tags": {"team": "ai", "env": "prod"}}}
TAGGED: Final = {**endpoint(), **TAGS}
AUTO: Final[dict[str, Any]] = {
    "roleArn": ROLE,
    "computeConfig": {"enabled": True, "nodePools": ["general-purpose"]},
}
TITLE: Final = "Tags on the load balancer"
GROUP: Final = (
    "ec2:CreateSecurityGroup",
    f"arn:aws:ec2:{REGION}:{ACCOUNT}:security-group/sg-0a1b2c3d4e5f60718",
)
BALANCER: Final = (
    "elasticloadbalancing:CreateLoadBalancer",
    f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/k8s-langfuse/"
    "0a1b2c3d4e5f6071",
)


@pytest.fixture
def fake() -> Iterator[FakeAws]:
    prepared = FakeAws()
    yield prepared
    prepared.finish()


def entry(key: str, *values: str, kind: str = "string") -> dict[str, Any]:
    return {"ContextKeyName": key, "ContextKeyValues": [*values], "ContextKeyType": kind}


def simulated(fake: FakeAws, of: tuple[str, str], decision: str, *missing: str) -> None:
    action, resource = of
    fake.answer(
        "iam",
        "SimulatePrincipalPolicy",
        {
            "EvaluationResults": [
                {
                    "EvalActionName": action,
                    "EvalDecision": decision,
                    "MissingContextValues": [*missing],
                }
            ]
        },
        {
            "PolicySourceArn": ROLE,
            "ActionNames": [action],
            "ResourceArns": [resource],
            "ContextEntries": [
                entry("aws:RequestTag/team", "ai"),
                entry("aws:RequestTag/env", "prod"),
                entry("aws:RequestTag/eks:eks-cluster-name", "platform-prod"),
                entry("aws:TagKeys", "team", "env", "eks:eks-cluster-name", kind="stringList"),
                entry("aws:PrincipalTag/eks:eks-cluster-name", "platform-prod"),
                entry("aws:RequestedRegion", REGION),
            ],
        },
    )


def found(fake: FakeAws, change: dict[str, Any]) -> list[Finding]:
    (check,) = (c for c in aws.checks_before(settings(change), fake.client) if c.title == TITLE)
    return list(check.run())


@pytest.mark.parametrize("decision", ["allowed", "undecided"])
def test_a_role_that_may_or_whose_conditions_are_not_known_passes(
    fake: FakeAws, decision: str
) -> None:
    fake.cluster(**AUTO)
    for of in (GROUP, BALANCER):
        if decision == "allowed":
            simulated(fake, of, "allowed")
        else:
            simulated(fake, of, "implicitDeny", "aws:ResourceTag/x")

    assert found(fake, TAGGED) == []


@pytest.mark.parametrize(
    ("group", "balancer", "denied"),
    [
        ("implicitDeny", "implicitDeny", f"{GROUP[0]}, {BALANCER[0]}"),
        ("allowed", "explicitDeny", BALANCER[0]),
        ("implicitDeny", "allowed", GROUP[0]),
    ],
)
def test_a_role_that_may_not_set_the_tags_is_reported_before_the_load_balancer_is_refused(
    fake: FakeAws, group: str, balancer: str, denied: str
) -> None:
    fake.cluster(**AUTO)
    simulated(fake, GROUP, group)
    simulated(fake, BALANCER, balancer)

    assert found(fake, TAGGED) == [
        Finding.error(
            "auto-mode-tags",
            "Role platform-prod-cluster of EKS cluster platform-prod",
            f"It may not set the tags env, team (aws:defaultTags): {denied} with them is refused, "
            "and so the load balancer. AWS's own policies for EKS Auto Mode allow its own tags "
            "alone: give the role AWS's statements for further tags, or remove aws:defaultTags.",
            "aws iam list-attached-role-policies --role-name platform-prod-cluster "
            f"--region {REGION}",
        )
    ]


@pytest.mark.parametrize(
    "cluster",
    [
        {"roleArn": ROLE},
        {"roleArn": ROLE, "computeConfig": {"enabled": False}},
        {"computeConfig": {"enabled": True}},
    ],
)
def test_a_cluster_without_auto_mode_or_role_is_not_asked_about(
    fake: FakeAws, cluster: dict[str, Any]
) -> None:
    fake.cluster(**cluster)

    assert found(fake, TAGGED) == []


def test_without_tags_nothing_is_asked(fake: FakeAws) -> None:
    assert found(fake, endpoint()) == []


def test_without_an_endpoint_there_is_no_such_check(fake: FakeAws) -> None:
    checks = aws.checks_before(settings({**endpoint(), "endpoint": None, **TAGS}), fake.client)

    assert TITLE not in [check.title for check in checks]
