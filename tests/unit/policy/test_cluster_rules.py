"""The rules about clusters and networks: pass on the platform, fail on one changed value."""

from __future__ import annotations

import copy
import dataclasses
import functools
import json
from typing import Any

import pytest

from policy.rules.model import PLATFORM_TYPE, UNKNOWN, Seen
from tests.support import platform
from tests.support.policy_stacks import Mutate, broken, put, take
from tooling import policy

CLUSTER = "platform-cluster-eks"
ENTRY = "platform-cluster-access-ce910ad9-policy"
OWN_TAGS = "platform-cluster-own-tags"
FLOW_LOG = "platform-network-flow-log"
BOUNDARY = "arn:aws:iam::123456789012:policy/limit"
TAGGED = "aws:RequestTag/eks:eks-cluster-name"


@functools.cache
def stack() -> tuple[Seen, ...]:
    return tuple(policy.seen(platform.recorded()))


def changed(name: str, *mutates: Mutate) -> list[Seen]:
    (found,) = (seen for seen in stack() if seen.name == name)
    inputs: dict[str, Any] = copy.deepcopy(dict(found.inputs))
    for mutate in mutates:
        mutate(inputs)
    other = dataclasses.replace(found, inputs=inputs)
    return [other if seen is found else seen for seen in stack()]


def of_statement(**change: Any) -> Mutate:  # noqa: ANN401
    """Changes the last statement, that of load balancers; None takes an element away."""

    def mutate(inputs: dict[str, Any]) -> None:
        document = json.loads(inputs["policy"])
        last = {**document["Statement"][-1], **change}
        document["Statement"][-1] = {k: v for k, v in last.items() if v is not None}
        inputs["policy"] = json.dumps(document)

    return mutate


def test_the_platform_breaks_no_rule() -> None:
    assert broken(stack()) == []


@pytest.mark.parametrize(
    ("rule", "name", "mutate", "message"),
    [
        (
            "cluster-entrance",
            CLUSTER,
            put("accessConfig/authenticationMode", "API_AND_CONFIG_MAP"),
            "accessConfig.authenticationMode is not API: a ConfigMap could let anybody in",
        ),
        (
            "cluster-entrance",
            CLUSTER,
            take("accessConfig/bootstrapClusterCreatorAdminPermissions"),
            "accessConfig.bootstrapClusterCreatorAdminPermissions is not false: whoever makes the "
            "cluster stays its administrator, and no entry says so",
        ),
        (
            "cluster-entrance",
            CLUSTER,
            put("vpcConfig/endpointPrivateAccess", False),
            "vpcConfig.endpointPrivateAccess is not true: nodes then need the public endpoint",
        ),
        (
            "cluster-entrance",
            CLUSTER,
            put("enabledClusterLogTypes", ["api", "authenticator"]),
            "enabledClusterLogTypes has no audit: nothing tells who did what",
        ),
        (
            "no-open-network",
            CLUSTER,
            put("vpcConfig/publicAccessCidrs", ["0.0.0.0/0"]),
            "vpcConfig.publicAccessCidrs is the whole world: name networks",
        ),
        (
            "encryption-at-rest",
            "platform-services-storage-class",
            put("parameters/encrypted", "false"),
            'parameters.encrypted is not "true": volumes of EBS are encrypted only if asked',
        ),
        (
            "no-wildcard-action",
            ENTRY,
            put("policyArn", "arn:aws:eks::aws:cluster-access-policy/AmazonEKSAdminPolicy"),
            "policy 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSAdminPolicy' allows to change "
            "the cluster: take AmazonEKSViewPolicy",
        ),
        (
            "no-wildcard-action",
            "platform-cluster-node-AmazonEKSWorkerNodeMinimalPolicy",
            put("policyArn", "arn:aws:iam::aws:policy/AdministratorAccess"),
            "policy 'arn:aws:iam::aws:policy/AdministratorAccess' allows a whole service: write "
            "one of its own",
        ),
        (
            "roles-are-bounded",
            "platform-cluster-node-role",
            put("permissionsBoundary", BOUNDARY),
            "has no permissionsBoundary, as other roles of the stack have",
        ),
    ],
)
def test_one_changed_value_breaks_its_rule(
    rule: str, name: str, mutate: Mutate, message: str
) -> None:
    found = {(r, m) for r, _, m in broken(changed(name, mutate))}

    assert found == {(rule, message)}


def test_an_administrator_of_another_component_is_refused() -> None:
    (found,) = (seen for seen in stack() if seen.name == ENTRY)
    other = dataclasses.replace(found, urn=found.urn.replace(":Cluster$", ":Other$"))

    assert [rule for rule, _, _ in broken([other])] == ["no-wildcard-action"]


@pytest.mark.parametrize(
    ("change", "count"),
    [
        ({"Condition": None}, 5),
        ({"Condition": {"StringEquals": {TAGGED: "platform-prod"}}}, 5),
        (
            {
                "Condition": {
                    "StringEqualsIfExists": {TAGGED: "${aws:PrincipalTag/eks:eks-cluster-name}"}
                }
            },
            5,
        ),
        ({"Action": "elasticloadbalancing:DeleteLoadBalancer"}, 1),
        ({"Action": "ec2:CreateTags"}, 1),
        ({"Action": ["ec2:RunInstances"]}, 0),
    ],
)
def test_auto_mode_makes_only_what_has_the_tag_of_its_own_cluster(
    change: dict[str, Any], count: int
) -> None:
    found = broken(changed(OWN_TAGS, of_statement(**change)))

    assert [rule for rule, _, _ in found] == ["no-wildcard-resource"] * count


@pytest.mark.parametrize(
    ("resource", "refused"),
    [
        ("arn:aws:logs:ap-northeast-2:123456789012:log-group:flow:*", False),
        ("arn:aws:logs:ap-northeast-2:123456789012:log-group:flow*", True),
        ("arn:aws:logs:ap-northeast-2:123456789012:log-group:*:*", True),
    ],
)
def test_streams_of_one_log_group_are_no_neighbours(resource: str, refused: bool) -> None:
    policy_ = {
        "Statement": [{"Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": resource}]
    }
    seen = Seen(
        type="aws:iam/rolePolicy:RolePolicy",
        name="p",
        urn="urn:pulumi:prod::p::t::p",
        inputs={"policy": json.dumps(policy_)},
    )

    assert [rule for rule, _, _ in broken([seen])] == ["no-wildcard-resource"] * refused


def test_a_network_without_flow_logs_has_to_be_acknowledged() -> None:
    silent = [seen for seen in stack() if seen.name != FLOW_LOG]
    accepted = [
        dataclasses.replace(seen, inputs={"acknowledged": ["noFlowLogs"]})
        if seen.type == PLATFORM_TYPE
        else seen
        for seen in silent
    ]

    assert broken(silent) == [
        (
            "network-is-logged",
            "platform-network-vpc",
            "has no flow log: make one, or acknowledge noFlowLogs",
        )
    ]
    assert broken(accepted) == []


def test_a_flow_log_of_a_subnet_is_none_of_a_network() -> None:
    found = broken(changed(FLOW_LOG, take("vpcId"), put("subnetId", "subnet-1")))

    assert [rule for rule, _, _ in found] == ["network-is-logged"]


def machine(type_: str, **inputs: Any) -> list[tuple[str, str, str]]:  # noqa: ANN401
    tagged = {"tags": {"a": "b"}, **inputs}
    return broken([Seen(type=type_, name="m", urn="urn:m", inputs=tagged)])


TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
V1 = "metadataOptions.httpTokens is not required: version 1 answers any request"


@pytest.mark.parametrize(
    ("options", "messages"),
    [
        (None, [V1]),
        ({}, [V1]),
        ({"httpTokens": "optional"}, [V1]),
        ({"httpTokens": "required"}, []),
        ({"httpTokens": "required", "httpPutResponseHopLimit": 1}, []),
        (
            {"httpTokens": "required", "httpPutResponseHopLimit": 2},
            ["metadataOptions.httpPutResponseHopLimit is 2: pods get the node's role"],
        ),
        ({"httpEndpoint": "disabled"}, []),
        ({"httpTokens": UNKNOWN}, []),
        (UNKNOWN, []),
    ],
)
def test_machines_answer_version_2_of_the_metadata_service_alone(
    options: object, messages: list[str]
) -> None:
    given = {} if options is None else {"metadataOptions": options}

    assert machine(TEMPLATE, **given) == [("instance-metadata-v2", "m", m) for m in messages]


def test_what_is_not_known_yet_breaks_no_rule() -> None:
    unknown = {"accessConfig": UNKNOWN, "vpcConfig": UNKNOWN, "enabledClusterLogTypes": UNKNOWN}

    assert machine("aws:eks/cluster:Cluster", **unknown) == []
