"""A PostgreSQL database as its clients see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi


@dataclass(frozen=True, kw_only=True)
class DatabaseConnection:
    """A database that is ready when ``url`` resolves, wherever it runs."""

    url: pulumi.Output[str]
    """PostgreSQL URL for Prisma; secret."""
    address: pulumi.Output[str]
    """Host and port, to show to people."""
    port: int
    """TCP port."""
    pods: Mapping[str, str] | None = None
    """Labels of the database's pods, when it runs in Langfuse's namespace."""
    networks: pulumi.Input[Sequence[str]] | None = None
    """Networks that its addresses are in, when they are known; CIDR notation."""
    ca_certificate: str | None = None
    """Root certificate (PEM) that the URL verifies the server against, when it names one. Clients
    find it at ``postgres.url.CA_FILE``."""
