"""The overview: is Langfuse up, is it fast, is it near a limit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from grafana_foundation_sdk.models import dashboard as model

from components.monitoring.alerts.agents.telemetry import Telemetry
from components.monitoring.dashboards import cache, clickhouse, storage
from components.monitoring.dashboards.layout import Frame, Row, build, spread
from components.monitoring.dashboards.panels import (
    pods,
    postgres_pod,
    probe,
    promql,
    workers,
    workloads,
)
from components.monitoring.dashboards.panels.agents import gateway
from components.monitoring.dashboards.panels.agents.promql import Gateway
from components.monitoring.dashboards.panels.cloudwatch import rds
from components.monitoring.dashboards.panels.cloudwatch.load_balancer import LoadBalancer
from components.monitoring.dashboards.panels.panel import (
    GOOD,
    NEUTRAL,
    WARNING,
    Limit,
    Panel,
    State,
)
from components.monitoring.dashboards.panels.queries import Prometheus
from components.monitoring.dashboards.subject import Subject

_IN_ONE_LINE: Final = 6
"""Maximum number of panels in one line that leaves room for their titles."""


def dashboard(subject: Subject, *, uid: str, links: Mapping[str, str]) -> model.Dashboard:
    """The overview. ``links``: uid of other dashboards by the title of the link."""
    watched = subject.watched
    frame = Frame(
        uid=uid,
        title=f"Langfuse {watched.stack}: overview",
        description="Is Langfuse up, is it fast, is it near a limit.",
        subject=subject,
        links=links,
    )
    rows = [Row("At a glance", _glance(subject))]
    if services := list(_services(subject)):
        rows.append(Row("Services", spread(services)))
    if traffic := _traffic(subject):
        rows.append(Row("Traffic and latency", traffic))
    web, deployment = workloads.web(watched), workloads.web_deployment(watched)
    rows.append(Row("Pods", [pods.replicas(deployment), *pods.usage(web, deployment)]))
    rows.append(Row("Deliveries", spread(list(_deliveries(subject)))))
    return build(frame, rows)


def _glance(subject: Subject) -> list[Panel]:
    health, room = list(_health(subject)), list(_room(subject))
    if len(health) + len(room) <= _IN_ONE_LINE:
        return spread([*health, *room])
    return [*spread(health), *spread(room)]


def _health(subject: Subject) -> Iterator[Panel]:
    """Availability and latency."""
    watched, balancer = subject.watched, _load_balancer(subject)
    if subject.alerts:
        yield Panel(
            kind="stat",
            title="Firing alerts",
            description=(
                "Alerts of this stack that fire now, of any severity; Alertmanager says which. 0 "
                "is normal."
            ),
            queries=[Prometheus(promql.firing(watched))],
            unit="none",
            limits=[Limit(value=1)],
            height=4,
        )
    if watched.probe_job:
        yield probe.answers(watched)
    yield pods.available(workloads.web_deployment(watched))
    if watched.postgres:
        yield postgres_pod.ready(workloads.database(watched, watched.postgres))
    if balancer:
        yield balancer.latency()
        yield balancer.errors()
    elif watched.probe_job:
        yield probe.duration(watched)
        yield probe.answered(watched)


def _services(subject: Subject) -> Iterator[Panel]:
    """What Langfuse needs from version 3 on, beside the database."""
    watched = subject.watched
    if watched.worker:
        yield workers.available(workloads.worker_deployment(watched, watched.worker))
    if subject.queues:
        yield subject.queues.all_waiting()
    if watched.clickhouse:
        yield clickhouse.up(workloads.servers(watched, watched.clickhouse))
    if watched.keeper:
        yield clickhouse.quorum(workloads.servers(watched, watched.keeper))
    if watched.cache:
        yield cache.up(workloads.servers(watched, watched.cache))
    if subject.cache:
        yield subject.cache.memory()
    if watched.storage:
        yield storage.up(workloads.servers(watched, watched.storage))
    if watched.gateway:
        yield gateway.up(Gateway(telemetry=Telemetry(watched=watched, gateway=watched.gateway)))


def _room(subject: Subject) -> Iterator[Panel]:
    """Distance from limits."""
    watched = subject.watched
    if watched.min_replicas < watched.max_replicas:
        yield pods.of_maximum(workloads.web_deployment(watched))
    yield pods.fullest_memory(workloads.web(watched))
    if watched.postgres:
        yield postgres_pod.volume(workloads.database(watched, watched.postgres))
    if subject.aws and subject.rds:
        yield rds.Instance(
            region=subject.aws.region, identifier=subject.rds, limits=subject.database_limits
        ).free_storage()
    if watched.probe_job and watched.probe_sees_certificate:
        yield probe.certificate(watched, subject.certificate_days)


def _traffic(subject: Subject) -> list[Panel]:
    balancer = _load_balancer(subject)
    first = balancer.graphs() if balancer else []
    then = probe.graphs(subject.watched) if subject.watched.probe_job else []
    return [*spread(first), *spread(then)]


def _deliveries(subject: Subject) -> Iterator[Panel]:
    watched = subject.watched
    yield Panel(
        kind="states",
        title="Migrations",
        description=(
            "The Job that migrates the database before each new release. Complete is normal; after "
            "a failed one the release before goes on serving, and `up` tries again."
        ),
        queries=[Prometheus(promql.migrations(watched), "{{job_name}}")],
        unit="none",
        alert="LangfuseMigrationFailed",
        states={
            0: State(text="Running", colour=NEUTRAL),
            1: State(text="Complete", colour=GOOD),
            2: State(text="Failed", colour=WARNING),
        },
        height=6,
    )
    if watched.secret_namespaces:
        yield Panel(
            kind="states",
            title="Secrets",
            description=(
                "What External Secrets brings from Secrets Manager. When one is not ready, pods "
                "keep what they have, and new ones may not start; its events say why."
            ),
            queries=[Prometheus(promql.secrets(watched), "{{namespace}}/{{name}}")],
            unit="none",
            alert="LangfuseSecretNotReady",
            states={
                1: State(text="Ready", colour=GOOD),
                0: State(text="Not ready", colour=WARNING),
            },
            height=6,
        )


def _load_balancer(subject: Subject) -> LoadBalancer | None:
    if subject.aws is None or subject.load_balancer is None:
        return None
    return LoadBalancer(region=subject.aws.region, dimension=subject.load_balancer)
