"""The dashboard of the cache, which holds the queues: on ElastiCache, or in the cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from grafana_foundation_sdk.models import dashboard as model

from components.monitoring.dashboards.layout import Frame, Row, build, spread
from components.monitoring.dashboards.panels import limits, pods, servers, workloads
from components.monitoring.dashboards.panels.cloudwatch.elasticache import Nodes
from components.monitoring.dashboards.panels.panel import Limit, Panel
from components.monitoring.dashboards.panels.queries import Prometheus
from components.monitoring.dashboards.panels.workloads import Servers
from components.monitoring.dashboards.subject import Subject


def dashboard(subject: Subject, *, uid: str, links: Mapping[str, str]) -> model.Dashboard:
    """The dashboard. Raises ValueError for an external cache, which has no metrics here."""
    watched = subject.watched
    if nodes := subject.cache:
        rows = _on_elasticache(nodes)
    elif watched.cache:
        rows = _in_cluster(workloads.servers(watched, watched.cache), watched.cache_bytes)
    else:
        raise ValueError("an external cache has no dashboard")
    frame = Frame(
        uid=uid,
        title=f"Langfuse {watched.stack}: cache",
        description="What the cache has to do, and what it has left. It holds the queues.",
        subject=subject,
        links=links,
    )
    return build(frame, rows)


def up(cache: Servers) -> Panel:
    """At a glance."""
    return servers.up(
        cache,
        title="Cache",
        description=(
            "Whether the cache's pod accepts connections. While it is down Langfuse accepts no "
            "traces, and workers do nothing; its events and its log say why."
        ),
        alert="LangfuseCacheDown",
    )


def _on_elasticache(nodes: Nodes) -> list[Row]:
    rows = [
        Row("At a glance", spread(nodes.glance())),
        Row("Load", spread(nodes.load())),
        Row("Data", spread(nodes.data())),
    ]
    if len(nodes.nodes) > 1:
        rows.append(Row("Replication", spread(nodes.replication())))
    return rows


def _in_cluster(cache: Servers, most: int | None) -> list[Row]:
    container = workloads.containers(cache)
    filled = [] if most is None else [_filled(cache, most)]
    volume = servers.volume(
        cache,
        title="Cache volume used",
        description=(
            "Share of the volume that is used, by the log of what was written. When it is full the "
            "cache refuses writes: grow the claim before. Not every storage driver reports it."
        ),
    )
    space = servers.space(
        cache,
        description=(
            "Free space and the volume's size. A saw is normal: the log of what was written grows "
            "until it is rewritten, which takes its size once more."
        ),
    )
    cpu, memory, *trouble = pods.usage(container)
    glance = [up(cache), *(replace(panel, kind="stat", height=4) for panel in filled), volume]
    return [
        Row("At a glance", spread([*glance, pods.fullest_memory(container)])),
        Row("Load", spread([cpu, memory, *filled, space])),
        Row("Trouble", trouble),
    ]


def _filled(cache: Servers, most: int) -> Panel:
    return Panel(
        kind="graph",
        title="Cache filled",
        description=(
            "Memory of the process, of what it may hold. It evicts nothing: at 100% Langfuse "
            "answers agents with errors. A climb is a queue that workers do not empty."
        ),
        queries=[Prometheus(workloads.containers(cache).resident_of(most), "{{pod}}")],
        unit="percentunit",
        alert="LangfuseCacheFilling",
        limits=[Limit(value=limits.CACHE_FULL)],
    )
