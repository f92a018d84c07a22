"""The dashboard of the gateway that agents send to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from grafana_foundation_sdk.models import dashboard as model

from components.monitoring.alerts.agents.telemetry import Telemetry
from components.monitoring.dashboards.layout import Frame, Row, build, lines, spread
from components.monitoring.dashboards.panels import pods, servers, workloads
from components.monitoring.dashboards.panels.agents import gateway as panels
from components.monitoring.dashboards.panels.agents.promql import Gateway
from components.monitoring.dashboards.panels.panel import Panel
from components.monitoring.dashboards.panels.queries import Prometheus
from components.monitoring.dashboards.subject import Subject
from components.monitoring.watched_workloads import Watched, WatchedGateway


def dashboard(subject: Subject, *, uid: str, links: Mapping[str, str]) -> model.Dashboard:
    """The dashboard. Raises ValueError for a stack without a gateway."""
    watched = subject.watched
    if watched.gateway is None:
        raise ValueError("a stack without a gateway has no dashboard of it")
    gateway = Gateway(telemetry=Telemetry(watched=watched, gateway=watched.gateway))
    glance = list(_glance(gateway, watched))
    rows = [Row("At a glance", lines(glance, 1 if len(glance) <= 6 else 2))]
    if watched.gateway.scraped:
        rows += _own(gateway)
    frame = Frame(
        uid=uid,
        title=f"Langfuse {watched.stack}: gateway",
        description="Does the gateway take what agents send, and does Langfuse get it.",
        subject=subject,
        links=links,
    )
    return build(frame, [*rows, *_pods(watched, watched.gateway)])


def _glance(gateway: Gateway, watched: Watched) -> Iterator[Panel]:
    yield panels.up(gateway)
    if gateway.telemetry.gateway.scraped:
        yield panels.lost(gateway).at_a_glance()
        yield panels.refused(gateway).at_a_glance(Prometheus(gateway.refused()))
        yield panels.queue(gateway).at_a_glance(Prometheus(gateway.fullest_queue()))
    each = workloads.servers(watched, gateway.telemetry.gateway.servers)
    yield pods.fullest_memory(workloads.containers(each))
    if each.servers.claims:
        yield servers.volume(
            each,
            title="Gateway volume used",
            description=(
                "Share of the fullest volume that is used. Its queue takes four fifths of it at "
                "most by default. Not every storage driver reports it."
            ),
        )


def _own(gateway: Gateway) -> Iterator[Row]:
    """What the gateway says itself."""
    yield Row("Traces", spread(panels.traces(gateway)))
    yield Row("Queue and answers", spread(panels.waiting(gateway)))
    yield Row("Metrics of agents", spread(panels.series(gateway)))


def _pods(watched: Watched, gateway: WatchedGateway) -> Iterator[Row]:
    """What the cluster says about its pods."""
    each = workloads.servers(watched, gateway.servers)
    cpu, memory, *trouble = pods.usage(workloads.containers(each))
    space = (
        [
            servers.space(
                each,
                description=(
                    "Free space and the size of the smallest volume. The file of the queue gets "
                    "smaller again when it was emptied, not at once."
                ),
            )
        ]
        if gateway.servers.claims
        else []
    )
    yield Row("Pods", spread([cpu, memory, *space]))
    yield Row("Trouble", trouble)
