"""Panels of servers in the cluster with volumes: whether they are ready, and what space is left."""

from __future__ import annotations

from components.monitoring.dashboards.panels import limits
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
from components.monitoring.dashboards.panels.workloads import Servers


def up(
    servers: Servers, *, title: str, description: str, alert: str | None, least: int = 1
) -> Panel:
    """At a glance: a state, or the number of several servers, of which ``least`` are needed."""
    several = servers.count > 1
    return Panel(
        kind="stat",
        title=title,
        description=description,
        queries=[Prometheus(servers.ready())],
        unit="none",
        alert=alert,
        states={}
        if several
        else {1: State(text="Up", colour=GOOD), 0: State(text="Down", colour=CRITICAL)},
        limits=[
            Limit(value=least, colour=CRITICAL, below=True),
            Limit(value=servers.count, below=True),
        ]
        if several
        else (),
        decimals=0 if several else None,
        height=4,
    )


def each(servers: Servers, *, title: str, description: str, alert: str) -> Panel:
    """When each of several servers was ready."""
    return Panel(
        kind="states",
        title=title,
        description=description,
        queries=[Prometheus(servers.each_ready(), "{{statefulset}}")],
        unit="none",
        alert=alert,
        states={
            1: State(text="Ready", colour=GOOD),
            0: State(text="Not ready", colour=WARNING),
        },
        height=6,
    )


def volume(servers: Servers, *, title: str, description: str) -> Panel:
    """At a glance."""
    return Panel(
        kind="stat",
        title=title,
        description=description,
        queries=[Prometheus(servers.volume_used())],
        unit="percentunit",
        alert="LangfuseVolumeFilling",
        limits=[Limit(value=limits.VOLUME_USED)],
        maximum=1,
        decimals=0,
        no_value="not reported",
        height=4,
    )


def space(servers: Servers, *, description: str) -> Panel:
    free = "free" if servers.volumes == 1 else "free {{persistentvolumeclaim}}"
    return Panel(
        kind="graph",
        title="Volume",
        description=description,
        queries=[
            Prometheus(servers.volume_available(), free),
            Prometheus(servers.volume_capacity(), "size"),
        ],
        unit="bytes",
        alert="LangfuseVolumeFilling",
        lines={"size": Line(colour=WARNING)},
        no_value="not reported",
    )
