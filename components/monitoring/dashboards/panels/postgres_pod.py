"""Panels of the database in the cluster."""

from __future__ import annotations

from components.monitoring.dashboards.panels import servers
from components.monitoring.dashboards.panels.panel import Panel
from components.monitoring.dashboards.panels.workloads import Servers


def ready(database: Servers) -> Panel:
    """At a glance."""
    return servers.up(
        database,
        title="Database",
        description=(
            "Whether the database's pod accepts connections. While it is down Langfuse answers "
            "with errors; its events and its log say why."
        ),
        alert="LangfuseDatabaseDown",
    )


def volume(database: Servers) -> Panel:
    """At a glance."""
    return servers.volume(
        database,
        title="Database volume used",
        description=(
            "Share of the volume that is used. PostgreSQL stops when it is full: grow the claim "
            "before. Not every storage driver reports it."
        ),
    )


def space(database: Servers) -> Panel:
    return servers.space(
        database,
        description=(
            "Free space and the volume's size. A steady slope tells when it is full; a sudden fall "
            "is a large import, or a transaction log that nobody reads."
        ),
    )
