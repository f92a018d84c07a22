"""Panels of the database in the cluster."""

from __future__ import annotations

from components.monitoring.dashboards.panels import limits, promql
from components.monitoring.dashboards.panels.panel import (
    CRITICAL,
    GOOD,
    WARNING,
    Limit,
    Line,
    Panel,
    State,
)
from components.monitoring.dashboards.panels.queries import Prometheus
from components.monitoring.watched_workloads import Watched


def ready(watched: Watched) -> Panel:
    """At a glance."""
    return Panel(
        kind="stat",
        title="Database",
        description=(
            "Whether the database's pod accepts connections. While it is down Langfuse answers "
            "with errors; its events and its log say why."
        ),
        queries=[Prometheus(promql.database_ready(watched))],
        unit="none",
        alert="LangfuseDatabaseDown",
        states={1: State(text="Up", colour=GOOD), 0: State(text="Down", colour=CRITICAL)},
        height=4,
    )


def volume(watched: Watched, postgres: str) -> Panel:
    """At a glance."""
    return Panel(
        kind="stat",
        title="Database volume used",
        description=(
            "Share of the volume that is used. PostgreSQL stops when it is full: grow the claim "
            "before. Not every storage driver reports it."
        ),
        queries=[Prometheus(promql.volume_used(watched, postgres))],
        unit="percentunit",
        alert="LangfuseVolumeFilling",
        limits=[Limit(value=limits.VOLUME_USED)],
        maximum=1,
        decimals=0,
        no_value="not reported",
        height=4,
    )


def space(watched: Watched, postgres: str) -> Panel:
    return Panel(
        kind="graph",
        title="Volume",
        description=(
            "Free space and the volume's size. A steady slope tells when it is full; a sudden fall "
            "is a large import, or a transaction log that nobody reads."
        ),
        queries=[
            Prometheus(promql.volume_available(watched, postgres), "free"),
            Prometheus(promql.volume_capacity(watched, postgres), "size"),
        ],
        unit="bytes",
        alert="LangfuseVolumeFilling",
        lines={"size": Line(colour=WARNING)},
        no_value="not reported",
    )
