"""The dashboard of the object store: buckets in S3, or the server in the cluster."""

from __future__ import annotations

from collections.abc import Mapping

from grafana_foundation_sdk.models import dashboard as model

from components.monitoring.dashboards.layout import Frame, Row, build, spread
from components.monitoring.dashboards.panels import pods, servers, workloads
from components.monitoring.dashboards.panels.panel import Panel
from components.monitoring.dashboards.panels.workloads import Servers
from components.monitoring.dashboards.subject import Subject


def dashboard(subject: Subject, *, uid: str, links: Mapping[str, str]) -> model.Dashboard:
    """The dashboard. Raises ValueError for a stack without an object store of its own."""
    watched = subject.watched
    if buckets := subject.buckets:
        rows = [Row("Buckets", spread(buckets.graphs()))]
    elif watched.storage:
        rows = _in_cluster(workloads.servers(watched, watched.storage))
    else:
        raise ValueError("an external object store has no dashboard")
    frame = Frame(
        uid=uid,
        title=f"Langfuse {watched.stack}: object storage",
        description="How much is stored, and how it grows.",
        subject=subject,
        links=links,
    )
    return build(frame, rows)


def up(store: Servers) -> Panel:
    """At a glance."""
    return servers.up(
        store,
        title="Object store",
        description=(
            "Whether the store's pod accepts connections. While it is down Langfuse accepts no "
            "traces, which no health page shows; its events and its log say why."
        ),
        alert="LangfuseStorageDown",
    )


def _in_cluster(store: Servers) -> list[Row]:
    container = workloads.containers(store)
    glance = [
        up(store),
        servers.volume(
            store,
            title="Object store volume used",
            description=(
                "Share of the volume that is used. When it is full Langfuse accepts no traces: "
                "grow the claim before. Not every storage driver reports it."
            ),
        ),
        pods.fullest_memory(container),
    ]
    cpu, memory, *trouble = pods.usage(container)
    space = servers.space(
        store,
        description=(
            "Free space and the volume's size. A steady slope tells when it is full; events level "
            "off when the first expire, media stay."
        ),
    )
    return [
        Row("At a glance", spread(glance)),
        Row("Load", [cpu, memory, space]),
        Row("Trouble", trouble),
    ]
