"""Key ``allowedTargets`` of section ``langfuse``: private addresses that Langfuse may call."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from stacks.settings.machinery.fields.kubernetes import DnsSubdomain
from stacks.settings.machinery.fields.network import Cidr
from stacks.settings.machinery.section import Section


class Targets(Section):
    """Private addresses for one purpose. A URL may lead to what `hosts` or `networks` names."""

    hosts: tuple[Annotated[DnsSubdomain, Field(examples=["llm.example.com"])], ...] = ()
    """Host names as the URLs have them, without port. What they resolve to is not checked."""
    networks: tuple[Annotated[Cidr, Field(examples=["10.1.0.0/16"])], ...] = ()
    """Networks in CIDR notation; one address is a network with /32."""


class AllowedTargets(Section):
    """Private addresses that Langfuse may call for its users, from Langfuse 3 on. It refuses URLs
    that lead to private addresses, or to names that end in `.internal`, unless they are named here.
    The port of each URL has to be in `egressPorts`; webhooks go to ports 80 and 443 alone."""

    llm_connections: Targets = Targets()
    """Gateways and servers of models, for the playground and for evaluations."""
    webhooks: Targets = Targets()
    """Receivers of webhooks."""
    blob_storage: Targets = Targets()
    """Stores that traces are exported to on a schedule."""
