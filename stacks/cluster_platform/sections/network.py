"""Section ``network``: a VPC of the platform's own, or one that exists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from stacks.cluster_platform.sections.days import LogDays
from stacks.settings.machinery.fields.aws import SubnetId, VpcId, ZoneName
from stacks.settings.machinery.fields.network import AddressSpace
from stacks.settings.machinery.section import Section


class CreatedNetwork(Section):
    """A VPC of the platform's own, with a public and a private subnet in each zone."""

    refused: ClassVar[Mapping[str, str]] = {
        "publicSubnets": "subnets follow from `cidr` and the letters of the zones",
        "privateSubnets": "subnets follow from `cidr` and the letters of the zones",
    }

    source: Literal["created"]
    """Selects this kind of network."""
    cidr: AddressSpace = "10.20.0.0/16"
    """Network of the VPC, /16 to /19. Nodes and pods have its addresses: each zone has a sixteenth
    of it for them. Another one replaces the VPC, and the cluster."""
    zones: tuple[ZoneName, ...]
    """Zones, two at least; three for ClickHouse. The subnets of a zone follow from its letter: a
    further zone moves no other. A cluster keeps the zones that it was made with."""
    nat: Literal["one", "regional", "perZone"] = "regional"
    """How nodes and pods reach the internet. `one`: by a gateway in the first zone, without which
    no zone has a way out. `regional`: by one gateway with an address in each zone. `perZone`: by a
    gateway in each zone. The last two cost as much, by the zone and hour."""
    flow_logs: Literal["rejected", "all", "off"] = "rejected"
    """Which connections are logged. `off` has to be acknowledged: `noFlowLogs`."""
    flow_log_days: LogDays = 30
    """Days for which flow logs are kept."""


class ExistingNetwork(Section):
    """A VPC that exists. Its subnets have the role tags that load balancers are placed by
    ([prerequisites.md](prerequisites.md)), and a way to the internet."""

    source: Literal["existing"]
    """Selects this kind of network."""
    vpc_id: VpcId
    """The VPC."""
    subnet_ids: tuple[SubnetId, ...]
    """Private subnets of nodes and pods, in two zones at least."""


Network = Annotated[CreatedNetwork | ExistingNetwork, Field(discriminator="source")]
