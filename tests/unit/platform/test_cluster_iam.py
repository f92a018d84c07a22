"""The documents of the cluster's roles, against AWS's service authorization data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from components.aws.iam_documents import PolicyDocument
from components.platform import cluster_iam
from tests.support import iam
from tests.support import service_authorization as authorization

REGION, ACCOUNT = "ap-northeast-2", "123456789012"
GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:flow"
OWN_TAGS = cluster_iam.own_tags(partition="aws", region=REGION, account=ACCOUNT)
FLOW_LOGS = cluster_iam.flow_logs(GROUP)
CLUSTER_TAG = "aws:RequestTag/eks:eks-cluster-name"
DOCUMENTS: Mapping[str, PolicyDocument] = {"own tags": OWN_TAGS, "flow logs": FLOW_LOGS}


def requests(document: PolicyDocument) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Each action with each resource, and the statement."""
    for statement in document["Statement"]:
        for action in iam.texts(statement["Action"]):
            for resource in iam.texts(statement.get("Resource", "*")):
                yield action, resource, statement


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_action_is_one_that_aws_has(name: str) -> None:
    actions = {action for action, _, _ in requests(DOCUMENTS[name])}

    assert {action for action in actions if authorization.action(action) is None} == set()
    assert len(actions) == {"own tags": 11, "flow logs": 3}[name]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_named_resource_is_of_a_type_that_some_action_takes(name: str) -> None:
    for _, resource, statement in requests(DOCUMENTS[name]):
        if resource == "*":
            continue
        taken = set[str]()
        for action in iam.texts(statement["Action"]):
            known = authorization.action(action)
            assert known is not None
            service = action.partition(":")[0]
            taken |= authorization.types_of(service, resource) & known.types
            if action in {"logs:CreateLogStream", "logs:PutLogEvents"}:
                # The pattern for all streams of a group has the form of a group itself.
                stream = f"{resource.removesuffix('*')}log-stream:eni-1-all"
                taken |= authorization.types_of(service, stream) & known.types
        assert taken, resource


def test_every_condition_is_on_a_key_that_its_actions_have() -> None:
    for action, _, statement in requests(OWN_TAGS):
        known = authorization.action(action)
        assert known is not None
        keys = {key for test in statement["Condition"].values() for key in test}
        assert CLUSTER_TAG in keys
        assert {key.partition("/")[0] for key in keys} == {"aws:RequestTag"}
        assert "aws:RequestTag/${TagKey}" in known.keys, action


def test_what_auto_mode_may_make_with_other_tags_has_the_tag_of_its_cluster() -> None:
    """The variable of IAM is that of the session: another cluster's role has another value."""
    texts = [
        json.dumps(statement["Condition"]["StringEquals"])
        for statement in OWN_TAGS["Statement"]
        if "Condition" in statement
    ]

    assert (
        texts
        == ['{"aws:RequestTag/eks:eks-cluster-name": "${aws:PrincipalTag/eks:eks-cluster-name}"}']
        * 4
    )


def test_the_statements_are_those_that_aws_documents() -> None:
    assert {
        statement["Sid"]: (sorted(iam.texts(statement["Action"])), statement.get("Resource"))
        for statement in OWN_TAGS["Statement"]
    } == {
        "Compute": (["ec2:CreateFleet", "ec2:CreateLaunchTemplate", "ec2:RunInstances"], "*"),
        "Storage": (
            ["ec2:CreateSnapshot", "ec2:CreateVolume"],
            [
                f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/*",
                f"arn:aws:ec2:{REGION}::snapshot/*",
            ],
        ),
        "Networking": (["ec2:CreateNetworkInterface"], "*"),
        "LoadBalancing": (
            [
                "ec2:CreateSecurityGroup",
                "elasticloadbalancing:CreateListener",
                "elasticloadbalancing:CreateLoadBalancer",
                "elasticloadbalancing:CreateRule",
                "elasticloadbalancing:CreateTargetGroup",
            ],
            "*",
        ),
    }
    likes = [s.get("Condition", {}).get("StringLike", {}) for s in OWN_TAGS["Statement"]]
    assert [sorted(like) for like in likes] == [
        [
            "aws:RequestTag/eks:kubernetes-node-class-name",
            "aws:RequestTag/eks:kubernetes-node-pool-name",
        ],
        [],
        ["aws:RequestTag/eks:kubernetes-cni-node-name"],
        [],
    ]


@pytest.mark.parametrize(
    ("context", "allowed"),
    [
        ({CLUSTER_TAG: "${aws:PrincipalTag/eks:eks-cluster-name}"}, True),
        ({CLUSTER_TAG: "another"}, False),
        ({}, False),
    ],
)
def test_a_load_balancer_of_another_cluster_is_not_allowed(
    context: Mapping[str, str], allowed: bool
) -> None:
    action = "elasticloadbalancing:CreateLoadBalancer"

    assert iam.allows(OWN_TAGS["Statement"], action, "*", context) is allowed


def test_the_role_of_flow_logs_writes_to_one_group_alone() -> None:
    def may(action: str, resource: str) -> bool:
        return iam.allows(FLOW_LOGS["Statement"], action, resource, {})

    # What CloudWatch Logs asks for: a stream, or the group with the name of the stream left empty.
    assert may("logs:CreateLogStream", f"{GROUP}:log-stream:eni-1-all")
    assert may("logs:PutLogEvents", f"{GROUP}:log-stream:eni-1-all")
    assert may("logs:DescribeLogStreams", f"{GROUP}:log-stream:")
    assert not may("logs:PutLogEvents", f"{GROUP}2:log-stream:eni-1-all")
    assert not may("logs:DescribeLogStreams", f"{GROUP}2:log-stream:")
    assert not may("logs:DeleteLogGroup", GROUP)
