"""A backing service as its clients see it, wherever it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi


@dataclass(frozen=True, kw_only=True)
class Authority:
    """The certificate authority that a client verifies a service against."""

    certificate: str
    """Root certificate, PEM."""
    file: str
    """Absolute path at which the client reads it. The service's environment refers to it."""


@dataclass(frozen=True, kw_only=True)
class Backing:
    """A service that Langfuse needs. It is ready when its secret environment resolves."""

    role: str
    """What the service is to its clients, such as ``database``; part of object names."""
    address: pulumi.Output[str]
    """Host and port, to show to people."""
    port: int
    """TCP port."""
    other_ports: Sequence[int] = ()
    """Further TCP ports that clients connect to, such as that of a pooler."""
    migration_port: int | None = None
    """TCP port that migrations use beside ``port``, if they need another one: ClickHouse's native
    protocol."""
    pods: Mapping[str, str] | None = None
    """Labels of the service's pods, if it runs in its clients' namespace."""
    networks: pulumi.Input[Sequence[str]] | None = None
    """Networks of the service's addresses, if they are known; CIDR notation."""
    authority: Authority | None = None
    """What the clients' environment verifies the service against, if it refers to a file."""
    environment: Mapping[str, pulumi.Input[str]] = field(
        default_factory=dict[str, pulumi.Input[str]]
    )
    """Clients' environment variables that are not secret."""
    secret_environment: Mapping[str, pulumi.Output[str]]
    """Clients' environment variables that are secret, such as the URL with its password."""
