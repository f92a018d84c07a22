"""The VPC: exact inputs and edges of every resource, by kind of NAT. AWS itself is not asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.platform.flow_logs import FlowLogs
from components.platform.network import Network, NetworkArgs
from tests.support.component_run import run_component
from tests.support.recordings import depends_on
from tooling.engineless.aws.names import invented_id
from tooling.engineless.recording import Recording

REGION = "ap-northeast-2"
A, C = f"{REGION}a", f"{REGION}c"


def run(**args: Any) -> Recording:  # noqa: ANN401
    defaults: dict[str, Any] = {
        "region": REGION,
        "account_id": "123456789012",
        "partition": "aws",
        "label": "platform-test",
        "cidr": "10.20.0.0/16",
        "zones": [C, A],
    }
    return run_component(lambda: Network("net", NetworkArgs(**{**defaults, **args})))


def inputs(made: Recording, name: str, type_: str | None = None) -> dict[str, Any]:
    """Inputs of a resource, with the names of others in place of their ids."""
    ids = dict[str, str]()
    for resource in made.resources.values():
        for prefix, kind in IDS.items():
            if resource.type == kind:
                ids[invented_id(resource, prefix)] = f"<{resource.name}>"
    text = json.dumps(dict(made.named(name, type_).inputs))
    for id_, found in ids.items():
        text = text.replace(id_, found)
    return json.loads(text)


IDS = {
    "vpc": "aws:ec2/vpc:Vpc",
    "igw": "aws:ec2/internetGateway:InternetGateway",
    "subnet": "aws:ec2/subnet:Subnet",
    "rtb": "aws:ec2/routeTable:RouteTable",
    "nat": "aws:ec2/natGateway:NatGateway",
    "eipalloc": "aws:ec2/eip:Eip",
}


def names(made: Recording) -> list[str]:
    return sorted(r.name for r in made.resources.values() if r.custom)


COMMON = [
    "net-default-security-group",
    "net-flow-log",
    "net-flow-logs",
    "net-flow-logs-permission",
    "net-flow-logs-role",
    "net-internet-gateway",
    f"net-private-{A}",
    f"net-private-{A}-association",
    f"net-private-{C}",
    f"net-private-{C}-association",
    f"net-public-{A}",
    f"net-public-{A}-association",
    f"net-public-{C}",
    f"net-public-{C}-association",
    "net-public-internet",
    "net-public-routes",
    "net-s3",
    "net-vpc",
]
ONE = [
    f"net-nat-{A}",
    f"net-nat-{A}-address",
    f"net-private-{A}-internet",
    f"net-private-{A}-routes",
]
OF_NAT = {
    "one": ONE,
    "perZone": [*ONE, *(name.replace(A, C) for name in ONE)],
    "regional": [
        f"net-nat-{A}-address",
        f"net-nat-{C}-address",
        "net-nat-regional",
        "net-private-regional-internet",
        "net-private-regional-routes",
    ],
}


@pytest.mark.parametrize("nat", OF_NAT)
def test_it_makes_these_resources_and_no_other(nat: str) -> None:
    assert names(run(nat=nat)) == sorted([*COMMON, *OF_NAT[nat]])


def test_the_vpc_resolves_names_and_its_own_group_admits_nothing() -> None:
    made = run()

    assert inputs(made, "net-vpc") == {
        "cidrBlock": "10.20.0.0/16",
        "enableDnsHostnames": True,
        "enableDnsSupport": True,
        "tags": {"Name": "platform-test"},
    }
    assert inputs(made, "net-default-security-group") == {
        "vpcId": "<net-vpc>",
        "ingress": [],
        "egress": [],
        "tags": {"Name": "platform-test-default, closed"},
    }
    assert inputs(made, "net-internet-gateway") == {
        "vpcId": "<net-vpc>",
        "tags": {"Name": "platform-test"},
    }


@pytest.mark.parametrize(
    ("name", "cidr", "tag"),
    [
        (f"public-{A}", "10.20.128.0/24", "kubernetes.io/role/elb"),
        (f"public-{C}", "10.20.130.0/24", "kubernetes.io/role/elb"),
        (f"private-{A}", "10.20.0.0/20", "kubernetes.io/role/internal-elb"),
        (f"private-{C}", "10.20.32.0/20", "kubernetes.io/role/internal-elb"),
    ],
)
def test_a_subnet_has_the_tag_by_which_load_balancers_are_placed(
    name: str, cidr: str, tag: str
) -> None:
    assert inputs(run(), f"net-{name}", "aws:ec2/subnet:Subnet") == {
        "vpcId": "<net-vpc>",
        "availabilityZone": f"{REGION}{name[-1]}",
        "cidrBlock": cidr,
        "mapPublicIpOnLaunch": False,
        "tags": {"Name": f"platform-test-{name}", tag: "1"},
    }


def routes(made: Recording) -> dict[str, tuple[str, str]]:
    """Where each table leads, by its name: network, and gateway."""
    found = dict[str, tuple[str, str]]()
    for route in made.of_type("aws:ec2/route:Route"):
        given = inputs(made, route.name)
        table = given.pop("routeTableId")
        network = given.pop("destinationCidrBlock")
        ((_, gateway),) = given.items()
        found[table] = (network, gateway)
    return found


def tables(made: Recording) -> dict[str, str]:
    """The table of each subnet."""
    associations = made.of_type("aws:ec2/routeTableAssociation:RouteTableAssociation")
    given = [inputs(made, a.name, a.type) for a in associations]
    return {row["subnetId"]: row["routeTableId"] for row in given}


ANYWHERE = "0.0.0.0/0"


@pytest.mark.parametrize(
    ("nat", "private_tables", "gateways"),
    [
        ("one", {A: A, C: A}, {A: f"<net-nat-{A}>"}),
        ("perZone", {A: A, C: C}, {A: f"<net-nat-{A}>", C: f"<net-nat-{C}>"}),
        ("regional", {A: "regional", C: "regional"}, {"regional": "<net-nat-regional>"}),
    ],
)
def test_a_private_subnet_goes_out_by_its_gateway(
    nat: str, private_tables: dict[str, str], gateways: dict[str, str]
) -> None:
    made = run(nat=nat)

    assert routes(made) == {
        "<net-public-routes>": (ANYWHERE, "<net-internet-gateway>"),
        **{f"<net-private-{key}-routes>": (ANYWHERE, to) for key, to in gateways.items()},
    }
    assert tables(made) == {
        **{f"<net-public-{zone}>": "<net-public-routes>" for zone in (A, C)},
        **{
            f"<net-private-{zone}>": f"<net-private-{t}-routes>"
            for zone, t in private_tables.items()
        },
    }
    assert sorted(inputs(made, "net-s3")["routeTableIds"]) == sorted(
        f"<net-private-{key}-routes>" for key in gateways
    )


def test_a_zonal_gateway_is_in_the_public_subnet_of_its_zone() -> None:
    made = run(nat="perZone")

    assert inputs(made, f"net-nat-{C}") == {
        "availabilityMode": "zonal",
        "connectivityType": "public",
        "subnetId": f"<net-public-{C}>",
        "allocationId": f"<net-nat-{C}-address>",
        "tags": {"Name": f"platform-test-nat-{C}"},
    }
    assert inputs(made, f"net-nat-{C}-address") == {
        "domain": "vpc",
        "tags": {"Name": f"platform-test-nat-{C}"},
    }


def test_the_regional_gateway_has_an_address_of_the_program_in_each_zone() -> None:
    assert inputs(run(), "net-nat-regional") == {
        "availabilityMode": "regional",
        "connectivityType": "public",
        "vpcId": "<net-vpc>",
        "availabilityZoneAddresses": [
            {"availabilityZone": A, "allocationIds": [f"<net-nat-{A}-address>"]},
            {"availabilityZone": C, "allocationIds": [f"<net-nat-{C}-address>"]},
        ],
        "tags": {"Name": "platform-test-nat"},
    }


def test_objects_of_s3_need_no_gateway() -> None:
    assert inputs(run(nat="one"), "net-s3") == {
        "vpcId": "<net-vpc>",
        "vpcEndpointType": "Gateway",
        "serviceName": f"com.amazonaws.{REGION}.s3",
        "routeTableIds": [f"<net-private-{A}-routes>"],
        "tags": {"Name": "platform-test-s3"},
    }


@pytest.mark.parametrize("nat", OF_NAT)
def test_a_gateway_and_its_addresses_wait_for_the_internet_gateway(nat: str) -> None:
    made = run(nat=nat)

    waiting = [r for r in made.resources.values() if r.name.startswith("net-nat-")]
    assert len(waiting) == {"one": 2, "perZone": 4, "regional": 3}[nat]
    assert [r.name for r in waiting if "net-internet-gateway" not in depends_on(made, r)] == []


def test_refused_connections_are_logged_by_a_role_for_this_account_alone() -> None:
    made = run(permissions_boundary_arn="arn:aws:iam::123456789012:policy/limit")
    group = made.named("net-flow-logs")
    arn = f"arn:aws:logs:{REGION}:123456789012:log-group:{group.name}-"

    flow = inputs(made, "net-flow-log")
    destination = flow.pop("logDestination")
    role = flow.pop("iamRoleArn")
    assert destination.startswith(arn)
    assert role.startswith("arn:aws:iam::123456789012:role/net-flow-logs-role-")
    assert flow == {
        "vpcId": "<net-vpc>",
        "trafficType": "REJECT",
        "logDestinationType": "cloud-watch-logs",
        "maxAggregationInterval": 600,
    }
    assert inputs(made, "net-flow-logs") == {"retentionInDays": 30}
    trust = inputs(made, "net-flow-logs-role")
    assert json.loads(trust.pop("assumeRolePolicy"))["Statement"] == [
        {
            "Sid": "Service",
            "Effect": "Allow",
            "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": "123456789012"},
                "ArnLike": {"aws:SourceArn": f"arn:aws:ec2:{REGION}:123456789012:vpc-flow-log/*"},
            },
        }
    ]
    assert trust == {
        "description": "Writes the flow logs of the cluster's VPC",
        "permissionsBoundary": "arn:aws:iam::123456789012:policy/limit",
    }
    policy = json.loads(inputs(made, "net-flow-logs-permission")["policy"])
    assert policy["Statement"] == [
        {
            "Sid": "Write",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            "Resource": f"{destination}:*",
        },
    ]
    assert depends_on(made, made.named("net-flow-log")) == [
        "net-flow-logs",
        "net-flow-logs-permission",
        "net-flow-logs-role",
        "net-vpc",
    ]


def test_all_connections_can_be_logged_and_none() -> None:
    everything = run(flow_logs=FlowLogs(traffic="ALL", days=7))

    assert inputs(everything, "net-flow-log")["trafficType"] == "ALL"
    assert inputs(everything, "net-flow-logs") == {"retentionInDays": 7}
    assert [n for n in names(run(flow_logs=FlowLogs(traffic=None))) if "flow" in n] == []


@pytest.mark.parametrize("nat", OF_NAT)
def test_what_nodes_need_to_reach_aws_is_handed_over(nat: str) -> None:
    """Not the subnets: the cluster names them, and they cannot be deleted under it."""
    made: list[Network] = []
    run_component(
        lambda: made.append(
            Network(
                "net",
                NetworkArgs(
                    region=REGION,
                    account_id="123456789012",
                    partition="aws",
                    label="x",
                    cidr="10.20.0.0/16",
                    zones=[A, C],
                    nat=nat,  # pyright: ignore[reportArgumentType]
                ),
            )
        )
    )

    handed = {f"{w.pulumi_resource_type}::{w.pulumi_resource_name}" for w in made[0].ways}
    keys = [n for n in OF_NAT[nat] if n.endswith("-internet")]
    assert handed == {
        "aws:ec2/internetGateway:InternetGateway::net-internet-gateway",
        "aws:ec2/route:Route::net-public-internet",
        "aws:ec2/vpcEndpoint:VpcEndpoint::net-s3",
        *(f"aws:ec2/route:Route::{name}" for name in keys),
        *(
            f"aws:ec2/routeTableAssociation:RouteTableAssociation::net-{role}-{zone}-association"
            for role in ("public", "private")
            for zone in (A, C)
        ),
    }
