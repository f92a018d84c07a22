"""The database's dashboard: its load and its free capacity."""

from __future__ import annotations

from collections.abc import Mapping

from grafana_foundation_sdk.models import dashboard as model

from components.monitoring.dashboards.layout import Frame, Row, build, spread
from components.monitoring.dashboards.panels import pods, postgres_pod, workloads
from components.monitoring.dashboards.panels.cloudwatch import rds
from components.monitoring.dashboards.panels.workloads import Servers
from components.monitoring.dashboards.subject import Subject


def dashboard(subject: Subject, *, uid: str, links: Mapping[str, str]) -> model.Dashboard:
    """The dashboard of a database on RDS or in the cluster.

    ``links``: uid of other dashboards by the title of the link. Raises ValueError for an external
    database, which has no metrics here.
    """
    if subject.aws and subject.rds:
        instance = rds.Instance(
            region=subject.aws.region, identifier=subject.rds, limits=subject.database_limits
        )
        rows = _on_rds(instance)
    elif subject.watched.postgres:
        rows = _in_cluster(workloads.database(subject.watched, subject.watched.postgres))
    else:
        raise ValueError("an external database has no dashboard")
    frame = Frame(
        uid=uid,
        title=f"Langfuse {subject.watched.stack}: database",
        description="What the database has to do, and what it has left.",
        subject=subject,
        links=links,
    )
    return build(frame, rows)


def _on_rds(instance: rds.Instance) -> list[Row]:
    return [
        Row("At a glance", spread(instance.glance())),
        Row("Load", spread(instance.load())),
        Row("Storage", list(instance.storage())),
    ]


def _in_cluster(database: Servers) -> list[Row]:
    server = workloads.containers(database)
    glance = [
        postgres_pod.ready(database),
        postgres_pod.volume(database),
        pods.fullest_memory(server),
    ]
    cpu, memory, *trouble = pods.usage(server)
    return [
        Row("At a glance", spread(glance)),
        Row("Load", [cpu, memory, postgres_pod.space(database)]),
        Row("Trouble", trouble),
    ]
