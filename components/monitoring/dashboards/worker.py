"""The dashboard of the pods that work on queues."""

from __future__ import annotations

from collections.abc import Mapping

from grafana_foundation_sdk.models import dashboard as model

from components.monitoring.dashboards.layout import Frame, Row, build, lines, spread
from components.monitoring.dashboards.panels import pods, workers, workloads
from components.monitoring.dashboards.subject import Subject


def dashboard(subject: Subject, *, uid: str, links: Mapping[str, str]) -> model.Dashboard:
    """The dashboard of workers, from Langfuse 3 on. Raises ValueError for an older release."""
    watched = subject.watched
    if watched.worker is None:
        raise ValueError("a Langfuse without workers has no dashboard of them")
    container = workloads.workers(watched, watched.worker)
    deployment = workloads.worker_deployment(watched, watched.worker)
    glance = [workers.available(deployment)]
    if watched.worker.min_replicas < watched.worker.max_replicas:
        glance.append(workers.of_maximum(deployment))
    glance.append(pods.fullest_memory(container))
    rows: list[Row] = []
    if queues := subject.queues:
        glance += queues.glance()
        rows.append(Row("Queues", lines(queues.graphs(), 2)))
    rows.append(Row("Pods", [pods.replicas(deployment), *pods.usage(container, deployment)]))
    frame = Frame(
        uid=uid,
        title=f"Langfuse {watched.stack}: workers",
        description="Do workers keep up with what agents send, and can they write it.",
        subject=subject,
        links=links,
    )
    return build(frame, [Row("At a glance", spread(glance)), *rows])
