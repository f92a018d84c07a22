"""The configuration of a platform: every message, with its key, value, rule and fix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from stacks.cluster_platform.sections.network import ExistingNetwork
from stacks.settings import ConfigurationError, Problem
from tests.support.platform import ADMIN, EXISTING, OTHER, problems, small

NET, CLUSTER, ACCESS = "platform:network", "platform:cluster", "platform:access"
SERVICES = "platform:services"
ADDON_VERSION = (
    "must be the version of an EKS add-on such as 'v0.8.0-eksbuild.2', as `aws eks "
    "describe-addon-versions` lists them"
)
CIDR = "must be a network in CIDR notation with no host bits set"
VERSIONS = "must be '1.34', '1.35', '1.36' or '1.37'"
SET = "pulumi -C platform config set"
RM = "pulumi -C platform config rm"


def test_the_smallest_configuration_means_the_documented_defaults() -> None:
    settings = small({})

    assert (settings.region, settings.account_id, settings.partition) == (
        "ap-northeast-2",
        "123456789012",
        "aws",
    )
    assert settings.zones == ("ap-northeast-2a", "ap-northeast-2c")
    assert settings.subnet_ids == ()
    assert settings.cluster.kubernetes_version == "1.36"
    assert settings.cluster.deletion_protection
    assert settings.services.external_secrets
    assert not settings.services.clickhouse_operator


def test_an_existing_network_has_subnets_in_place_of_zones() -> None:
    settings = small({NET: EXISTING})

    assert isinstance(settings.network, ExistingNetwork)
    assert settings.zones == ()
    assert settings.subnet_ids == ("subnet-0123456789abcdef0", "subnet-0123456789abcdef1")


@pytest.mark.parametrize(
    "change",
    [
        {NET: {"cidr": "10.0.0.0/19"}},
        {NET: {"cidr": "172.16.0.0/16"}},
        {NET: {"zones": ["ap-northeast-2a", "ap-northeast-2b", "ap-northeast-2c"]}},
        {CLUSTER: {"publicAccessCidrs": ["0.0.0.0/0"]}, "platform:acknowledge": ["openToTheWorld"]},
        {NET: {"flowLogs": "off"}, "platform:acknowledge": ["noFlowLogs"]},
        {CLUSTER: {"serviceCidr": "10.100.0.0/16"}},
        {CLUSTER: {"serviceCidr": "172.16.0.0/12"}},
        {CLUSTER: {"serviceCidr": "192.168.7.0/24"}},
        {SERVICES: {"metricsServerVersion": "v0.8.0-eksbuild.2", "prometheus": True}},
        {ACCESS: {"deployers": [OTHER], "viewers": [f"{OTHER}2"]}},
        {"platform:nodes": {"architectures": ["amd64"], "capacity": ["spot", "on-demand"]}},
    ],
)
def test_accepts(change: Mapping[str, Any]) -> None:
    assert problems(change) == []


BAD: list[tuple[str, dict[str, Any], list[Problem]]] = [
    (
        "no region",
        {"aws:region": None},
        [
            Problem(
                "aws:region",
                "(nothing)",
                "is required: the region of the network and the cluster",
                f"{SET} aws:region REGION",
            )
        ],
    ),
    (
        "no account",
        {"aws:allowedAccountIds": None},
        [
            Problem(
                "aws:allowedAccountIds",
                "[]",
                "must name exactly one account: the platform's roles and policies name it",
                f"{SET} --path 'aws:allowedAccountIds[0]' ACCOUNT",
            )
        ],
    ),
    (
        "two accounts",
        {"aws:allowedAccountIds": ["123456789012", "210987654321"]},
        [
            Problem(
                "aws:allowedAccountIds",
                '["123456789012", "210987654321"]',
                "must name exactly one account: the platform's roles and policies name it",
                "",
            )
        ],
    ),
    (
        "a tag of the program's own",
        {"aws:defaultTags": {"tags": {"agent-observability:platform": "x"}}},
        [
            Problem(
                "aws:defaultTags.tags.agent-observability:platform",
                '"x"',
                "has a key that is taken: the program gives its own tag with it, by which roles "
                "keep to their stack",
                "",
            )
        ],
    ),
    (
        "a VPC that is too small",
        {NET: {"cidr": "10.20.0.0/20"}},
        [
            Problem(
                f"{NET}.cidr",
                '"10.20.0.0/20"',
                "must be /19 or larger: in a smaller one the public subnets are too small for a "
                "load balancer",
                "",
            )
        ],
    ),
    (
        "a VPC that is too large",
        {NET: {"cidr": "10.0.0.0/15"}},
        [
            Problem(
                f"{NET}.cidr",
                '"10.0.0.0/15"',
                "must be /16 or smaller: AWS makes no larger VPC",
                "",
            )
        ],
    ),
    (
        "a VPC with public addresses",
        {NET: {"cidr": "11.0.0.0/16"}},
        [
            Problem(
                f"{NET}.cidr",
                '"11.0.0.0/16"',
                "must be within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16: other addresses are "
                "somebody's on the internet, who could then not be reached",
                "",
            )
        ],
    ),
    (
        "a VPC of IPv6",
        {NET: {"cidr": "fd00::/16"}},
        [
            Problem(
                f"{NET}.cidr",
                '"fd00::/16"',
                "must be a network of IPv4: pods have its addresses",
                "",
            )
        ],
    ),
    (
        "a VPC with host bits",
        {NET: {"cidr": "10.20.1.0/16"}},
        [
            Problem(
                f"{NET}.cidr",
                '"10.20.1.0/16"',
                "must be a network in CIDR notation with no host bits set",
                f"{SET} --path {NET}.cidr 10.20.0.0/16",
            )
        ],
    ),
    (
        "one zone",
        {NET: {"zones": ["ap-northeast-2a"]}},
        [
            Problem(
                f"{NET}.zones",
                '["ap-northeast-2a"]',
                "must be two zones at least: EKS puts the control plane into two",
                "",
            )
        ],
    ),
    (
        "one zone three times",
        {NET: {"zones": ["ap-northeast-2a", "ap-northeast-2c", "ap-northeast-2a"]}},
        [
            Problem(
                f"{NET}.zones[2]",
                '"ap-northeast-2a"',
                f"is named by {NET}.zones[0] already",
                f"{RM} --path '{NET}.zones[2]'",
            )
        ],
    ),
    (
        "a zone of another region",
        {NET: {"zones": ["ap-northeast-2a", "eu-west-1a"]}},
        [
            Problem(
                f"{NET}.zones[1]", '"eu-west-1a"', "is no zone of aws:region, ap-northeast-2", ""
            )
        ],
    ),
    (
        "the id of a zone",
        {NET: {"zones": ["ap-northeast-2a", "apne2-az3"]}},
        [
            Problem(
                f"{NET}.zones[1]",
                '"apne2-az3"',
                "must be the name of an availability zone such as 'ap-northeast-2a'",
                "",
            )
        ],
    ),
    (
        "a NAT that is none",
        {NET: {"nat": "two"}},
        [Problem(f"{NET}.nat", '"two"', "must be 'one', 'regional' or 'perZone'", "")],
    ),
    (
        "no flow logs",
        {NET: {"flowLogs": "off"}},
        [
            Problem(
                f"{NET}.flowLogs",
                '"off"',
                "leaves no trace of who connected to what; 'rejected' costs little; "
                "'noFlowLogs' in acknowledge accepts that",
                "",
            )
        ],
    ),
    (
        "one subnet",
        {NET: {**EXISTING, "subnetIds": ["subnet-0123456789abcdef0"]}},
        [
            Problem(
                f"{NET}.subnetIds",
                '["subnet-0123456789abcdef0"]',
                "needs subnets in two zones at least, and a subnet is in one: EKS puts the control "
                "plane into two",
                "",
            )
        ],
    ),
    (
        "no subnet",
        {NET: {**EXISTING, "subnetIds": []}},
        [
            Problem(
                f"{NET}.subnetIds",
                "[]",
                "needs subnets in two zones at least: EKS puts the control plane into two",
                "",
            )
        ],
    ),
    (
        "zones of a network that exists",
        {NET: {**EXISTING, "zones": ["ap-northeast-2a"]}},
        [
            Problem(
                f"{NET}.zones",
                "(a list)",
                "unknown key of source existing (source created has it); known here: "
                "source, subnetIds, vpcId",
                "",
            )
        ],
    ),
    (
        "services in the VPC",
        {CLUSTER: {"serviceCidr": "10.20.240.0/20"}},
        [
            Problem(
                f"{CLUSTER}.serviceCidr",
                '"10.20.240.0/20"',
                f"overlaps with {NET}.cidr, 10.20.0.0/16: an address would have two meanings",
                "",
            )
        ],
    ),
    *(
        (
            f"services in {cidr}",
            {CLUSTER: {"serviceCidr": cidr}},
            [
                Problem(
                    f"{CLUSTER}.serviceCidr",
                    f'"{cidr}"',
                    "must be a network from /12 to /24 within 10.0.0.0/8, 172.16.0.0/12 or "
                    "192.168.0.0/16: EKS takes no other",
                    "",
                )
            ],
        )
        for cidr in ("100.64.0.0/16", "10.96.0.0/11", "10.100.0.0/25", "fd00::/108")
    ),
    (
        "no network of people",
        {CLUSTER: {"publicAccessCidrs": None}},
        [
            Problem(
                f"{CLUSTER}.publicAccessCidrs",
                "[]",
                "is required: the networks that may connect to the API server, that of whoever "
                "runs `make platform` among them (the whole world is 0.0.0.0/0, which has to be "
                "acknowledged)",
                f"{SET} --path '{CLUSTER}.publicAccessCidrs[0]' NETWORK",
            )
        ],
    ),
    (
        "the whole world",
        {CLUSTER: {"publicAccessCidrs": ["0.0.0.0/0"]}},
        [
            Problem(
                f"{CLUSTER}.publicAccessCidrs",
                '["0.0.0.0/0"]',
                "lets the whole world connect to the API server; name the networks of people and "
                "of CI; 'openToTheWorld' in acknowledge accepts that",
                "",
            )
        ],
    ),
    (
        "the world in two pieces without a little",
        {CLUSTER: {"publicAccessCidrs": ["0.0.0.0/1", "128.0.0.0/2"]}},
        [
            Problem(
                f"{CLUSTER}.publicAccessCidrs",
                '["0.0.0.0/1", "128.0.0.0/2"]',
                "lets as much as the whole world connect to the API server; name the networks of "
                "people and of CI; 'openToTheWorld' in acknowledge accepts that",
                "",
            )
        ],
    ),
    (
        "a network of IPv6, and one twice",
        {CLUSTER: {"publicAccessCidrs": ["203.0.113.0/24", "2001:db8::/32", "203.0.113.0/24"]}},
        [
            Problem(
                f"{CLUSTER}.publicAccessCidrs[1]",
                '"2001:db8::/32"',
                "must be a network of IPv4: the API server has no other addresses",
                "",
            ),
            Problem(
                f"{CLUSTER}.publicAccessCidrs[2]",
                '"203.0.113.0/24"',
                f"is named by {CLUSTER}.publicAccessCidrs[0] already",
                f"{RM} --path '{CLUSTER}.publicAccessCidrs[2]'",
            ),
        ],
    ),
    (
        "a version that EKS has no more",
        {CLUSTER: {"kubernetesVersion": "1.30"}},
        [
            Problem(
                f"{CLUSTER}.kubernetesVersion",
                '"1.30"',
                "must be '1.34', '1.35', '1.36' or '1.37'",
                "",
            )
        ],
    ),
    (
        "Auto Mode off",
        {CLUSTER: {"autoMode": False}},
        [
            Problem(
                f"{CLUSTER}.autoMode",
                "false",
                "is not offered: the cluster is in Auto Mode from its first day on. AWS cannot "
                "move load balancers that exist out of it, and without it the cluster would have "
                "no nodes",
                "",
            )
        ],
    ),
    (
        "a key of another region",
        {
            CLUSTER: {
                "kmsKeyArn": "arn:aws:kms:eu-west-1:123456789012:key/"
                "1234abcd-12ab-34cd-56ef-1234567890ab"
            }
        },
        [
            Problem(
                f"{CLUSTER}.kmsKeyArn",
                '"arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"',
                "is of eu-west-1, and has to be of aws:region, ap-northeast-2",
                "",
            )
        ],
    ),
    (
        "a log twice",
        {CLUSTER: {"logTypes": ["audit", "audit"]}},
        [
            Problem(
                f"{CLUSTER}.logTypes[1]",
                '"audit"',
                f"is named by {CLUSTER}.logTypes[0] already",
                f"{RM} --path '{CLUSTER}.logTypes[1]'",
            )
        ],
    ),
    (
        "no administrator",
        {ACCESS: {"admins": None, "viewers": [ADMIN]}},
        [
            Problem(
                f"{ACCESS}.admins",
                "[]",
                "is required: nobody may enter a cluster without an entry, not even who makes it; "
                "name the role or user that runs `make platform`",
                f"{SET} --path '{ACCESS}.admins[0]' PRINCIPAL_ARN",
            )
        ],
    ),
    (
        "a principal twice, in one list and in two",
        {ACCESS: {"admins": [ADMIN, ADMIN], "deployers": [OTHER, ADMIN]}},
        [
            Problem(
                f"{ACCESS}.deployers[1]",
                f'"{ADMIN}"',
                f"is named by {ACCESS}.admins[0] already, and a principal has one access entry",
                "",
            ),
            Problem(
                f"{ACCESS}.admins[1]",
                f'"{ADMIN}"',
                f"is named by {ACCESS}.admins[0] already, and a principal has one access entry",
                f"{RM} --path '{ACCESS}.admins[1]'",
            ),
        ],
    ),
    (
        "a principal of another account",
        {ACCESS: {"viewers": ["arn:aws:iam::210987654321:role/reader"]}},
        [
            Problem(
                f"{ACCESS}.viewers[0]",
                '"arn:aws:iam::210987654321:role/reader"',
                "is of account 210987654321, which aws:allowedAccountIds does not name",
                "",
            )
        ],
    ),
    (
        "a session in place of its role",
        {ACCESS: {"admins": ["arn:aws:sts::123456789012:assumed-role/ops/ada"]}},
        [
            Problem(
                f"{ACCESS}.admins[0]",
                '"arn:aws:sts::123456789012:assumed-role/ops/ada"',
                "must be an ARN such as 'arn:aws:iam::123456789012:role/platform-admin'",
                f"{SET} --path '{ACCESS}.admins[0]' arn:aws:iam::123456789012:role/ops",
            )
        ],
    ),
    (
        "a session of IAM Identity Center, whose role has a path",
        {ACCESS: {"admins": ["arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_A_1/ada"]}},
        [
            Problem(
                f"{ACCESS}.admins[0]",
                '"arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_A_1/ada"',
                "must be an ARN such as 'arn:aws:iam::123456789012:role/platform-admin'",
                "",
            )
        ],
    ),
    (
        "the creator as administrator",
        {ACCESS: {"bootstrapClusterCreatorAdminPermissions": True}},
        [
            Problem(
                f"{ACCESS}.bootstrapClusterCreatorAdminPermissions",
                "true",
                "is not offered: who makes the cluster is named in `admins`",
                "",
            )
        ],
    ),
    (
        "no machines",
        {"platform:nodes": {"architectures": [], "capacity": ["spot", "spot"]}},
        [
            Problem(
                "platform:nodes.architectures",
                "[]",
                "must name one at least: no node could be started",
                "",
            ),
            Problem(
                "platform:nodes.capacity[1]",
                '"spot"',
                "is named by platform:nodes.capacity[0] already",
                f"{RM} --path 'platform:nodes.capacity[1]'",
            ),
        ],
    ),
    (
        "risks that are not taken, and one twice",
        {
            NET: {"flowLogs": "off"},
            "platform:acknowledge": ["noFlowLogs", "openToTheWorld", "noFlowLogs"],
        },
        [
            Problem(
                "platform:acknowledge[2]",
                '"noFlowLogs"',
                "is acknowledged already",
                f"{RM} --path 'platform:acknowledge[2]'",
            ),
            Problem(
                "platform:acknowledge[1]",
                '"openToTheWorld"',
                "is a risk that this platform does not take; left here, it would hide a mistake",
                f"{RM} --path 'platform:acknowledge[1]'",
            ),
        ],
    ),
    (
        "a principal of another partition",
        {ACCESS: {"viewers": ["arn:aws-cn:iam::123456789012:role/reader"]}},
        [
            Problem(
                f"{ACCESS}.viewers[0]",
                '"arn:aws-cn:iam::123456789012:role/reader"',
                "is of partition aws-cn, in which aws:region, ap-northeast-2, is not",
                "",
            )
        ],
    ),
    (
        "a boundary of another account",
        {CLUSTER: {"permissionsBoundaryArn": "arn:aws:iam::210987654321:policy/most"}},
        [
            Problem(
                f"{CLUSTER}.permissionsBoundaryArn",
                '"arn:aws:iam::210987654321:policy/most"',
                "is of account 210987654321, which aws:allowedAccountIds does not name",
                "",
            )
        ],
    ),
    (
        "a version without quotes",
        {CLUSTER: {"kubernetesVersion": 1.36}},
        [
            Problem(
                f"{CLUSTER}.kubernetesVersion",
                "1.36",
                VERSIONS,
                f"{SET} --path {CLUSTER}.kubernetesVersion 1.36",
            )
        ],
    ),
    (
        "a version without quotes, of which YAML took the last digit",
        {CLUSTER: {"kubernetesVersion": 1.3}},
        [Problem(f"{CLUSTER}.kubernetesVersion", "1.3", VERSIONS, "")],
    ),
    (
        "true for a number of days",
        {CLUSTER: {"logDays": True}, NET: {"flowLogDays": True}},
        [
            Problem(f"{NET}.flowLogDays", "true", "must be a number", ""),
            Problem(f"{CLUSTER}.logDays", "true", "must be a number", ""),
        ],
    ),
    (
        "a VPC without its size, which is no single address",
        {NET: {"cidr": "10.20.0.0"}, CLUSTER: {"serviceCidr": "172.20.0.0"}},
        [
            Problem(f"{NET}.cidr", '"10.20.0.0"', CIDR, ""),
            Problem(f"{CLUSTER}.serviceCidr", '"172.20.0.0"', CIDR, ""),
        ],
    ),
    (
        "a VPC with the mask of another notation, and Services with host bits",
        {NET: {"cidr": "10.20.0.0/255.255.0.0"}, CLUSTER: {"serviceCidr": "172.20.0.1/16"}},
        [
            Problem(
                f"{NET}.cidr",
                '"10.20.0.0/255.255.0.0"',
                CIDR,
                f"{SET} --path {NET}.cidr 10.20.0.0/16",
            ),
            Problem(
                f"{CLUSTER}.serviceCidr",
                '"172.20.0.1/16"',
                CIDR,
                f"{SET} --path {CLUSTER}.serviceCidr 172.20.0.0/16",
            ),
        ],
    ),
    (
        "the whole world as a VPC, which is one mistake",
        {NET: {"cidr": "0.0.0.0/0"}},
        [
            Problem(
                f"{NET}.cidr",
                '"0.0.0.0/0"',
                "must be within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16: other addresses are "
                "somebody's on the internet, who could then not be reached",
                "",
            )
        ],
    ),
    (
        "the whole world by IPv6, which is one mistake",
        {CLUSTER: {"publicAccessCidrs": ["::/0"]}},
        [
            Problem(
                f"{CLUSTER}.publicAccessCidrs[0]",
                '"::/0"',
                "must be a network of IPv4: the API server has no other addresses",
                "",
            )
        ],
    ),
    (
        "tags without the key that they go below",
        {"aws:defaultTags": {"service": "platform"}},
        [Problem("aws:defaultTags.service", '"service"', "must be 'tags'", "")],
    ),
    (
        "a version of an add-on without its first letter",
        {SERVICES: {"metricsServerVersion": "0.8.0-eksbuild.2"}},
        [
            Problem(
                f"{SERVICES}.metricsServerVersion",
                '"0.8.0-eksbuild.2"',
                ADDON_VERSION,
                f"{SET} --path {SERVICES}.metricsServerVersion v0.8.0-eksbuild.2",
            )
        ],
    ),
    (
        "whatever version of an add-on is the newest",
        {SERVICES: {"metricsServerVersion": "latest"}},
        [Problem(f"{SERVICES}.metricsServerVersion", '"latest"', ADDON_VERSION, "")],
    ),
    (
        "a version of an add-on that is not there",
        {SERVICES: {"metricsServer": False, "metricsServerVersion": "v0.8.0-eksbuild.2"}},
        [
            Problem(
                f"{SERVICES}.metricsServerVersion",
                '"v0.8.0-eksbuild.2"',
                "has no effect: platform:services.metricsServer is false",
                f"{RM} --path {SERVICES}.metricsServerVersion",
            )
        ],
    ),
    (
        "a context, as the program has one",
        {"kubernetes:context": "kind"},
        [
            Problem(
                "kubernetes:context",
                '"kind"',
                "is not read: the platform makes its cluster",
                "",
            )
        ],
    ),
    (
        "a section of another program",
        {"agent-observability:langfuse": {"version": "4.16.0"}},
        [
            Problem(
                "agent-observability:langfuse",
                "(an object)",
                "is not read by this program",
                "",
            )
        ],
    ),
]


@pytest.mark.parametrize(("change", "expected"), [row[1:] for row in BAD], ids=[r[0] for r in BAD])
def test_refuses(change: Mapping[str, Any], expected: list[Problem]) -> None:
    assert problems(change) == expected


def test_all_mistakes_are_listed_at_once_with_commands_for_this_project() -> None:
    with pytest.raises(ConfigurationError) as raised:
        small({"platform:access": None, "platform:cluster": {"publicAccessCidrs": None}})

    text = str(raised.value)
    assert "The configuration of stack 'prod' has 2 problems; nothing was changed." in text
    assert "in platform/ `pulumi -C platform stack select prod`" in text
