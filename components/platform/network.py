"""The VPC of a cluster: subnets in each zone, the way out, and what is logged of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import pulumi
from pulumi_aws import ec2

from components.aws.discovery import PRIVATE_SUBNET_TAG, PUBLIC_SUBNET_TAG
from components.platform import cidr_plan
from components.platform.flow_logs import FlowLogs, rejected_or_all

TYPE = "agent-observability:index:Network"

Nat = Literal["one", "regional", "perZone"]

_ANYWHERE: Final = "0.0.0.0/0"


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    region: str
    account_id: str
    partition: str
    label: str
    """What the ``Name`` of everything begins with, for people."""
    cidr: str
    """Network of the VPC (see ``cidr_plan``)."""
    zones: Sequence[str]
    """Names of the zones, two at least."""
    nat: Nat = "regional"
    """The way of nodes and pods to the internet: one NAT gateway in one zone, one of the region
    with an address in each zone, or one gateway a zone."""
    flow_logs: FlowLogs = field(default_factory=FlowLogs)
    permissions_boundary_arn: str | None = None
    """Permissions boundary of the role that writes flow logs."""


class Network(pulumi.ComponentResource):
    """A VPC with a public and a private subnet in each zone."""

    vpc_id: pulumi.Output[str]
    private_subnet_ids: pulumi.Output[Sequence[str]]
    """Of nodes and pods, in the order of the zones' names."""
    egress_addresses: pulumi.Output[Sequence[str]]
    """Public addresses that nodes and pods connect from."""
    ways: Sequence[pulumi.Resource]
    """What nodes need to reach AWS, and to be let go by it: a cluster depends on them, so that
    they are removed after its last node."""

    def __init__(
        self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        plan = cidr_plan.plan(args.cidr, args.zones)

        vpc = ec2.Vpc(
            f"{name}-vpc",
            cidr_block=args.cidr,
            # EKS needs both to find its private endpoint.
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=self._named(),
            opts=self._child,
        )
        self.vpc_id = vpc.id
        # A VPC's own group admits whatever has it to each other. Without rules it admits nothing.
        ec2.DefaultSecurityGroup(
            f"{name}-default-security-group",
            vpc_id=vpc.id,
            ingress=[],
            egress=[],
            tags=self._named("default, closed"),
            opts=self._child,
        )
        gateway = ec2.InternetGateway(
            f"{name}-internet-gateway", vpc_id=vpc.id, tags=self._named(), opts=self._child
        )
        public = {
            zone: self._subnet("public", zone, subnets.public, PUBLIC_SUBNET_TAG)
            for zone, subnets in plan.items()
        }
        private = {
            zone: self._subnet("private", zone, subnets.private, PRIVATE_SUBNET_TAG)
            for zone, subnets in plan.items()
        }
        ways: list[pulumi.Resource] = [gateway]
        table = self._table("public")
        ways.append(
            ec2.Route(
                f"{name}-public-internet",
                route_table_id=table.id,
                destination_cidr_block=_ANYWHERE,
                gateway_id=gateway.id,
                opts=self._child,
            )
        )
        ways += [self._associated("public", zone, subnet, table) for zone, subnet in public.items()]

        addresses, gateways = self._gateways(public, gateway)
        tables = {key: self._table(f"private-{key}") for key in gateways}
        for key, nat in gateways.items():
            ways.append(
                ec2.Route(
                    f"{name}-private-{key}-internet",
                    route_table_id=tables[key].id,
                    destination_cidr_block=_ANYWHERE,
                    nat_gateway_id=nat.id,
                    opts=self._child,
                )
            )
        for zone, subnet in private.items():
            # One table of all zones, or one of each.
            own = tables.get(zone) or next(iter(tables.values()))
            ways.append(self._associated("private", zone, subnet, own))
        # Free of charge: layers of images and objects need no NAT gateway.
        ways.append(
            ec2.VpcEndpoint(
                f"{name}-s3",
                vpc_id=vpc.id,
                vpc_endpoint_type="Gateway",
                service_name=f"com.amazonaws.{args.region}.s3",
                route_table_ids=[table.id for table in tables.values()],
                tags=self._named("s3"),
                opts=self._child,
            )
        )
        if args.flow_logs.traffic is not None:
            rejected_or_all(
                name,
                args.flow_logs,
                vpc_id=vpc.id,
                partition=args.partition,
                region=args.region,
                account_id=args.account_id,
                permissions_boundary_arn=args.permissions_boundary_arn,
                opts=self._child,
            )
        self.private_subnet_ids = pulumi.Output.all(*(subnet.id for subnet in private.values()))
        self.egress_addresses = pulumi.Output.all(*(ip.public_ip for ip in addresses))
        self.ways = ways
        self.register_outputs({"vpcId": self.vpc_id, "egressAddresses": self.egress_addresses})

    def _named(self, *role: str) -> Mapping[str, str]:
        return {"Name": "-".join([self._args.label, *role])}

    def _subnet(self, role: str, zone: str, cidr: str, tag: str) -> ec2.Subnet:
        return ec2.Subnet(
            f"{self._name}-{role}-{zone}",
            vpc_id=self.vpc_id,
            availability_zone=zone,
            cidr_block=cidr,
            # What has to be reached from outside gets its address by name: load balancer, NAT.
            map_public_ip_on_launch=False,
            tags={**self._named(role, zone), tag: "1"},
            opts=self._child,
        )

    def _table(self, role: str) -> ec2.RouteTable:
        return ec2.RouteTable(
            f"{self._name}-{role}-routes",
            vpc_id=self.vpc_id,
            tags=self._named(role),
            opts=self._child,
        )

    def _associated(
        self, role: str, zone: str, subnet: ec2.Subnet, table: ec2.RouteTable
    ) -> ec2.RouteTableAssociation:
        return ec2.RouteTableAssociation(
            f"{self._name}-{role}-{zone}-association",
            subnet_id=subnet.id,
            route_table_id=table.id,
            opts=self._child,
        )

    def _gateways(
        self, public: Mapping[str, ec2.Subnet], internet: ec2.InternetGateway
    ) -> tuple[Sequence[ec2.Eip], Mapping[str, ec2.NatGateway]]:
        """The addresses, and the NAT gateways: by zone, or one by what it is."""
        kind, zones = self._args.nat, list(public)
        behind = pulumi.ResourceOptions(parent=self, depends_on=[internet])

        def address(zone: str) -> ec2.Eip:
            return ec2.Eip(
                f"{self._name}-nat-{zone}-address",
                domain="vpc",
                tags=self._named("nat", zone),
                opts=behind,
            )

        if kind == "regional":
            # With addresses of our own the gateway stays in these zones, and others can admit it
            # by its addresses.
            addresses = {zone: address(zone) for zone in zones}
            nat = ec2.NatGateway(
                f"{self._name}-nat-regional",
                availability_mode="regional",
                connectivity_type="public",
                vpc_id=self.vpc_id,
                availability_zone_addresses=[
                    {"availability_zone": zone, "allocation_ids": [ip.id]}
                    for zone, ip in addresses.items()
                ],
                tags=self._named("nat"),
                opts=behind,
            )
            return [*addresses.values()], {"regional": nat}
        addresses = {zone: address(zone) for zone in (zones if kind == "perZone" else zones[:1])}
        gateways = {
            zone: ec2.NatGateway(
                f"{self._name}-nat-{zone}",
                availability_mode="zonal",
                connectivity_type="public",
                subnet_id=public[zone].id,
                allocation_id=ip.id,
                tags=self._named("nat", zone),
                opts=behind,
            )
            for zone, ip in addresses.items()
        }
        return [*addresses.values()], gateways
