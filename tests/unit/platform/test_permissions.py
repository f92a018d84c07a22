"""What a role may do that deploys a platform: the table against AWS's service authorization data,
names against the program, and the policies themselves."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, get_args

import pytest

from access.policies import ISSUER, LARGEST_POLICY, github_trust, size
from stacks.stack_files import ROOT
from tests.support import platform
from tests.support import service_authorization as authorization
from tests.support.platform import EXISTING
from tooling.engineless.recording import reveal
from tooling.platform.permissions import policies, writing
from tooling.platform.permissions.needs import NEEDS, Limit, Need

KEY: Final = "arn:aws:kms:ap-northeast-2:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
LIMIT: Final = "arn:aws:iam::123456789012:policy/limit"
EVERYTHING: Final = platform.small(
    {
        "platform:cluster": {"kmsKeyArn": KEY, "permissionsBoundaryArn": LIMIT},
        "platform:services": {"hostedZone": "example.com"},
    }
)
BARE: Final = platform.small(
    {"platform:network": EXISTING, "platform:services": {"metricsServer": False}}
)

NOT_IN_THE_DATA: Final = frozenset({("ec2:CreateNatGateway", "vpc")})
"""A regional NAT gateway is made in a VPC, not in a subnet
(https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateways-regional.html)."""

NOT_REQUIRED: Final = frozenset({("route53:ChangeTagsForResource", "healthcheck")})
"""It tags the one or the other."""

NOT_ASKED: Final[Mapping[str, str]] = {
    "route53:AssociateVPCWithHostedZone": "the S3 endpoint is a gateway, without names in DNS",
    **dict.fromkeys(
        (
            *("ecs:ListClusters", "ecs:ListContainerInstances", "ecs:ListServices"),
            *("ecs:ListTaskDefinitions", "ecs:ListTasks"),
        ),
        "flow logs with the fields of ECS",
    ),
    **dict.fromkeys(
        (
            *("autoscaling:DescribeAccountLimits", "cloudformation:DescribeAccountLimits"),
            *("dynamodb:DescribeLimits", "elasticloadbalancing:DescribeAccountLimits"),
            *("iam:GetAccountSummary", "kinesis:DescribeLimits", "rds:DescribeAccountAttributes"),
            "route53:GetAccountLimit",
        ),
        "quotas of other services",
    ),
}
"""Dependent actions that belong to what the program does not use."""


def entries() -> Iterator[tuple[Need, str]]:
    for need in NEEDS:
        for action in need.actions:
            yield need, action


def known(action: str) -> authorization.Action:
    found = authorization.action(action)
    assert found is not None, action
    return found


def kinds(need: Need, action: str) -> frozenset[str]:
    """Types of the action's resources that the resource of a need is one of."""
    service = action.partition(":")[0]
    of_arn = authorization.types_of(service, policies.resource(need, EVERYTHING))
    more = {kind for name, kind in NOT_IN_THE_DATA if name == action}
    return of_arn & (known(action).types | more)


# -- Against AWS's service authorization data ------------------------------------------------------


def test_every_action_is_one_that_aws_has() -> None:
    assert [action for _, action in entries() if authorization.action(action) is None] == []
    assert len({action for _, action in entries()}) == 109


def test_every_resource_is_of_a_type_that_its_action_takes() -> None:
    wrong = [
        (action, need.resource)
        for need, action in entries()
        if need.resource != "*" and not kinds(need, action)
    ]

    assert wrong == []


def test_an_action_is_on_everything_only_if_it_takes_no_resource() -> None:
    takes = {action: bool(known(action).types) for _, action in entries()}
    star = {action for need, action in entries() if need.resource == "*"}

    assert star == {action for action, some in takes.items() if not some}


def test_every_action_has_each_type_of_resource_that_it_requires() -> None:
    given: dict[str, set[str]] = defaultdict(set)
    for need, action in entries():
        given[action] |= kinds(need, action)

    lacks = {
        (action, kind) for action, found in given.items() for kind in known(action).required - found
    }
    assert lacks == NOT_REQUIRED


def test_the_data_still_lacks_what_is_excepted() -> None:
    """Else the exception can go."""
    assert [row for row in NOT_IN_THE_DATA if row[1] in known(row[0]).types] == []


@pytest.mark.parametrize(
    ("action", "types"),
    [
        ("ec2:AssociateRouteTable", {"route-table", "subnet"}),
        ("ec2:CreateFlowLogs", {"vpc", "vpc-flow-log"}),
        ("ec2:CreateNatGateway", {"elastic-ip", "natgateway", "subnet", "vpc"}),
        ("ec2:CreateVpcEndpoint", {"route-table", "vpc", "vpc-endpoint"}),
        ("ec2:DisassociateRouteTable", {"route-table", "subnet"}),
        ("ec2:ModifyVpcEndpoint", {"route-table", "vpc-endpoint"}),
        ("ec2:ReleaseAddress", {"elastic-ip"}),
        ("ec2:ReplaceRouteTableAssociation", {"route-table", "subnet"}),
        ("eks:TagResource", {"access-entry", "addon", "cluster"}),
        (
            "ec2:CreateTags",
            {
                *("elastic-ip", "internet-gateway", "natgateway", "route-table", "security-group"),
                *("subnet", "vpc", "vpc-endpoint", "vpc-flow-log"),
            },
        ),
    ],
)
def test_an_action_has_the_types_that_the_program_names_in_it(action: str, types: set[str]) -> None:
    """AWS marks some as optional, because a request need not name them. The program's does."""
    assert {k for need, name in entries() if name == action for k in kinds(need, name)} == types


def test_every_dependent_action_is_in_the_table_or_not_asked_for() -> None:
    table = {action for _, action in entries()}
    dependent = {further for action in table for further in known(action).dependent}

    assert dependent - table == NOT_ASKED.keys()


@pytest.mark.parametrize("limit", get_args(Limit))
def test_a_limit_asks_for_keys_that_its_actions_have(limit: Limit) -> None:
    limited = [(need, action) for need, action in entries() if need.limit == limit]
    asked = {key for keys in policies.conditions(limit, EVERYTHING).values() for key in keys}

    assert limited
    for need, action in limited:
        service = action.partition(":")[0]
        has = known(action).keys.union(
            *(authorization.keys_of(service, kind) for kind in kinds(need, action))
        )
        general = {re.sub(r"(Tag/)agent-observability:\w+", r"\1${TagKey}", key) for key in asked}
        assert general <= has, (action, need.resource)


HAS: Final = {"aws:ResourceTag/agent-observability:platform": "prod"}
GETS: Final = {"aws:RequestTag/agent-observability:platform": "prod"}
AWS_OWN: Final = "arn:aws:iam::aws:policy"
CONDITIONS: Final[Mapping[Limit, Mapping[str, Mapping[str, object]]]] = {
    "tagged": {"StringEquals": HAS},
    "tags": {"StringEquals": GETS},
    "tags as it is made": {
        "StringEquals": {
            **GETS,
            "ec2:CreateAction": [
                "AllocateAddress",
                "CreateFlowLogs",
                "CreateInternetGateway",
                "CreateNatGateway",
                "CreateRouteTable",
                "CreateSubnet",
                "CreateVpc",
                "CreateVpcEndpoint",
            ],
        }
    },
    "tags the untagged": {
        "StringEquals": GETS,
        "Null": {
            "aws:ResourceTag/agent-observability:platform": "true",
            "aws:ResourceTag/agent-observability:stack": "true",
        },
    },
    "makes a role": {"StringEquals": GETS},
    "grants": {"StringEquals": HAS},
    "attaches to cluster": {
        "ArnEquals": {
            "iam:PolicyARN": [
                f"{AWS_OWN}/AmazonEKSBlockStoragePolicy",
                f"{AWS_OWN}/AmazonEKSClusterPolicy",
                f"{AWS_OWN}/AmazonEKSComputePolicy",
                f"{AWS_OWN}/AmazonEKSLoadBalancingPolicy",
                f"{AWS_OWN}/AmazonEKSNetworkingPolicy",
            ]
        },
        "StringEquals": HAS,
    },
    "attaches to nodes": {
        "ArnEquals": {
            "iam:PolicyARN": [
                f"{AWS_OWN}/AmazonEC2ContainerRegistryPullOnly",
                f"{AWS_OWN}/AmazonEKSWorkerNodeMinimalPolicy",
            ]
        },
        "StringEquals": HAS,
    },
    "passes to eks": {"StringEquals": {"iam:PassedToService": "eks.amazonaws.com"}},
    "passes to ec2": {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
    "passes to flow logs": {"StringEquals": {"iam:PassedToService": "vpc-flow-logs.amazonaws.com"}},
    "links to eks": {"StringEquals": {"iam:AWSServiceName": "eks.amazonaws.com"}},
}


@pytest.mark.parametrize("limit", get_args(Limit))
def test_a_limit_is_exactly_this(limit: Limit) -> None:
    assert policies.conditions(limit, BARE) == CONDITIONS[limit]


# -- Against the program ---------------------------------------------------------------------------

CREATED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "aws:cloudwatch/logGroup:LogGroup": ("logs:CreateLogGroup", "logs:DeleteLogGroup"),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": ("ec2:RevokeSecurityGroupIngress",),
    "aws:ec2/eip:Eip": ("ec2:AllocateAddress", "ec2:ReleaseAddress"),
    "aws:ec2/flowLog:FlowLog": ("ec2:CreateFlowLogs", "ec2:DeleteFlowLogs"),
    "aws:ec2/internetGateway:InternetGateway": (
        "ec2:CreateInternetGateway",
        "ec2:DeleteInternetGateway",
    ),
    "aws:ec2/natGateway:NatGateway": ("ec2:CreateNatGateway", "ec2:DeleteNatGateway"),
    "aws:ec2/route:Route": ("ec2:CreateRoute", "ec2:DeleteRoute"),
    "aws:ec2/routeTable:RouteTable": ("ec2:CreateRouteTable", "ec2:DeleteRouteTable"),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": (
        "ec2:AssociateRouteTable",
        "ec2:DisassociateRouteTable",
    ),
    "aws:ec2/subnet:Subnet": ("ec2:CreateSubnet", "ec2:DeleteSubnet"),
    "aws:ec2/vpc:Vpc": ("ec2:CreateVpc", "ec2:DeleteVpc"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": ("ec2:CreateVpcEndpoint", "ec2:DeleteVpcEndpoints"),
    "aws:eks/accessEntry:AccessEntry": ("eks:CreateAccessEntry", "eks:DeleteAccessEntry"),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": (
        "eks:AssociateAccessPolicy",
        "eks:DisassociateAccessPolicy",
    ),
    "aws:eks/addon:Addon": ("eks:CreateAddon", "eks:DeleteAddon"),
    "aws:eks/cluster:Cluster": ("eks:CreateCluster", "eks:DeleteCluster"),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": (
        "iam:CreateOpenIDConnectProvider",
        "iam:DeleteOpenIDConnectProvider",
    ),
    "aws:iam/role:Role": ("iam:CreateRole", "iam:DeleteRole"),
    "aws:iam/rolePolicy:RolePolicy": ("iam:PutRolePolicy", "iam:DeleteRolePolicy"),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": (
        "iam:AttachRolePolicy",
        "iam:DetachRolePolicy",
    ),
    "aws:route53/zone:Zone": ("route53:CreateHostedZone", "route53:DeleteHostedZone"),
}


def test_whatever_the_platform_has_in_aws_can_be_made_and_removed() -> None:
    kinds_ = {r.type for r in platform.recorded().resources.values() if r.type.startswith("aws:")}
    table = {action for _, action in entries()}

    assert kinds_ == CREATED_BY.keys()
    assert {action for actions in CREATED_BY.values() for action in actions} <= table


def test_names_are_those_that_the_program_and_the_provider_give() -> None:
    run = platform.recorded()
    roles = {f"role/{r.name}-???????" for r in run.of_type("aws:iam/role:Role")}
    groups = {
        f"log-group:{reveal(r.inputs).get('name') or r.name + '-???????'}"
        for r in run.of_type("aws:cloudwatch/logGroup:LogGroup")
    }
    named = {
        need.resource.format_map(Names()).split(":", 5)[5] for need in NEEDS if ":" in need.resource
    }

    assert {name for name in named if re.match("role/platform", name)} == roles
    assert {n for n in named if n.startswith("log-group:") and n[-2:] != ":*"} == groups


class Names(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return {"cluster": "platform-prod", "key": KEY}.get(key, "x")


SERVICES: Final = {"resourcegroupstaggingapi": "tag", "service-quotas": "servicequotas"}


def test_whatever_the_doctor_asks_and_the_removal_does_is_allowed() -> None:
    asked = {
        f"{SERVICES.get(service, service)}:{operation}"
        for path in (ROOT / "tooling" / "platform").glob("*.py")
        for service, operation in re.findall(
            r'(?:ask|pages)\(\s*"([\w-]+)",\s*"(\w+)"', path.read_text(encoding="utf-8")
        )
    }

    assert len(asked) == 11
    assert asked <= {action for _, action in entries()}


# -- The policies ----------------------------------------------------------------------------------


def statements(settings: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    return [s for document in policies.documents(settings) for s in document["Statement"]]  # type: ignore[misc]


def test_no_policy_is_too_large_or_has_a_wildcard_for_an_action() -> None:
    found = policies.documents(EVERYTHING)

    assert len(found) == 3
    assert all(size(document["Statement"]) <= LARGEST_POLICY for document in found)
    assert not any("*" in action for s in statements(EVERYTHING) for action in s["Action"])
    sids = [s["Sid"] for s in statements(EVERYTHING)]
    assert sorted(set(sids)) == sorted(sids)


UNLIMITED: Final = {
    # A bare id, or none: the requests name the cluster, the log, the zone or the address too.
    ("arn:aws:ec2:ap-northeast-2:123456789012:network-interface/*", "ec2"),
    ("arn:aws:iam::123456789012:instance-profile/eks*", "iam"),
    ("arn:aws:route53:::hostedzone/*", "route53"),
    ("*", "route53"),
}


def test_what_changes_anything_is_limited_by_a_name_or_a_tag() -> None:
    reads = re.compile(r"\w+:(Describe|Get|List)\w*")
    free = {
        (arn, action.partition(":")[0])
        for s in statements(EVERYTHING)
        if "Condition" not in s
        for arn in ([s["Resource"]] if isinstance(s["Resource"], str) else s["Resource"])
        for action in s["Action"]
        if not reads.fullmatch(action) and (arn == "*" or re.search(r"/\*$|/eks\*$", arn))
    }

    of_cluster = {row for row in free if "/platform-test/" in row[0]}
    assert free - of_cluster == UNLIMITED


def test_the_boundary_is_asked_for_wherever_a_role_could_get_more() -> None:
    bound = {
        action
        for s in statements(EVERYTHING)
        if s.get("Condition", {}).get("StringEquals", {}).get("iam:PermissionsBoundary") == LIMIT
        for action in s["Action"]
    }

    assert bound == {
        *("iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRolePolicy"),
        *("iam:DetachRolePolicy", "iam:PutRolePolicy"),
    }
    # Taken away by nobody.
    every = {action for s in statements(EVERYTHING) for action in s["Action"]}
    assert not {action for action in every if action.endswith("PermissionsBoundary")}
    assert "iam:PermissionsBoundary" not in json.dumps(statements(BARE))


def test_a_role_gets_those_policies_of_aws_that_the_program_attaches() -> None:
    run = platform.recorded()
    attached = {
        reveal(r.inputs)["policyArn"]
        for r in run.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment")
    }
    allowed = [
        arn
        for s in statements(EVERYTHING)
        if "iam:AttachRolePolicy" in s["Action"]
        for arn in s["Condition"]["ArnEquals"]["iam:PolicyARN"]
    ]

    assert sorted(allowed) == sorted(attached)
    assert len(allowed) == 7


def test_a_role_is_passed_to_the_service_that_it_trusts() -> None:
    passed = {
        (s["Resource"].rpartition("/")[2] if isinstance(s["Resource"], str) else "both", service)
        for s in statements(EVERYTHING)
        if s["Action"] == ["iam:PassRole"]
        for service in [s["Condition"]["StringEquals"]["iam:PassedToService"]]
    }

    assert passed == {
        ("platform-network-flow-logs-role-???????", "vpc-flow-logs.amazonaws.com"),
        ("both", "eks.amazonaws.com"),
        ("platform-cluster-node-role-???????", "ec2.amazonaws.com"),
    }


def test_a_platform_in_a_network_that_exists_may_make_none() -> None:
    actions = {action for s in statements(BARE) for action in s["Action"]}

    assert {
        a for a in actions if a.startswith("ec2:") and not a.startswith("ec2:Describe")
    } == set()
    assert {a for a in actions if a.startswith(("route53:", "kms:"))} == set()
    assert not actions & {"eks:CreateAddon", "eks:AssociateEncryptionConfig"}
    assert "eks:CreateCluster" in actions
    assert len(policies.documents(BARE)) == 1


def test_without_flow_logs_there_is_no_role_of_them() -> None:
    off = {"platform:network": {"flowLogs": "off"}, "platform:acknowledge": ["noFlowLogs"]}

    assert "flow-logs-role" in json.dumps(statements(platform.small({})))
    assert "flow-logs-role" not in json.dumps(statements(platform.small(off)))


def test_what_is_written_is_what_is_attached(tmp_path: Path) -> None:
    folder = tmp_path / ".local" / "platform" / "prod" / "permissions"
    folder.mkdir(parents=True)
    (folder / "9.json").write_text("{}", encoding="utf-8")

    said = writing.write(EVERYTHING, tmp_path)

    assert sorted(path.name for path in folder.iterdir()) == ["1.json", "2.json", "3.json"]
    written = [json.loads((folder / f"{n}.json").read_text(encoding="utf-8")) for n in (1, 2, 3)]
    assert written == policies.documents(EVERYTHING)
    folder_ = ".local/platform/prod/permissions"
    assert said.splitlines() == [
        "The policies of a role that deploys this platform and nothing else:",
        *(
            f"  {folder_}/{n}.json: {size(document['Statement']):,} of 6,144 characters"
            for n, document in enumerate(written, start=1)
        ),
        "Make them, attach them to the role (docs/platform.md), and make them again after the",
        "configuration or the program has changed:",
        *(
            f"  aws iam create-policy --policy-name agent-observability-platform-prod-{n} "
            f"--policy-document file://{folder_}/{n}.json"
            for n in (1, 2, 3)
        ),
    ]


def test_the_trust_on_the_page_is_that_of_the_workflows() -> None:
    page = (ROOT / "docs" / "platform.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```json\n(.*?)\n```", page, re.DOTALL)
    shown = json.loads(text)

    trust = github_trust(
        provider_arn=f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}",
        repository="OWNER/NAME",
        environment="ENVIRONMENT",
    )
    ((made,), (written,)) = trust["Statement"], shown["Statement"]
    assert {**written, "Sid": made["Sid"]} == made
    assert shown["Version"] == trust["Version"]
