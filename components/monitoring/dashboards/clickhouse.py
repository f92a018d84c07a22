"""The dashboard of ClickHouse in the cluster, which holds the traces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from grafana_foundation_sdk.models import dashboard as model

from components.monitoring.dashboards.layout import Frame, Row, build, lines, spread
from components.monitoring.dashboards.panels import clickhouse, pods, promql, servers, workloads
from components.monitoring.dashboards.panels.clickhouse_metrics import ClickHouse
from components.monitoring.dashboards.panels.panel import Panel
from components.monitoring.dashboards.panels.queries import Prometheus
from components.monitoring.dashboards.panels.workloads import Servers
from components.monitoring.dashboards.subject import Subject
from components.monitoring.watched_workloads import Watched, WatchedBackup, WatchedServers


def dashboard(subject: Subject, *, uid: str, links: Mapping[str, str]) -> model.Dashboard:
    """The dashboard. Raises ValueError for an external ClickHouse, which has no metrics here."""
    watched = subject.watched
    if watched.clickhouse is None:
        raise ValueError("an external ClickHouse has no dashboard")
    glance = [*_health(watched, watched.clickhouse), *_room(watched, watched.clickhouse)]
    rows = [Row("At a glance", lines(glance, 1 if len(glance) <= 6 else 2))]
    if watched.clickhouse_scraped:
        rows += _own(watched, watched.clickhouse)
    rows += _pods(watched, watched.clickhouse)
    frame = Frame(
        uid=uid,
        title=f"Langfuse {watched.stack}: ClickHouse",
        description="Does ClickHouse take what workers write, and what has it left.",
        subject=subject,
        links=links,
    )
    return build(frame, rows)


def up(of_clickhouse: Servers) -> Panel:
    """At a glance."""
    return servers.up(
        of_clickhouse,
        title="ClickHouse",
        description=(
            "Servers that accept connections. While none does, pages show errors, and workers "
            "hold in memory what they cannot write; events and logs of the pods say why."
        ),
        alert="LangfuseClickHouseDown",
    )


def quorum(keepers: Servers) -> Panel:
    """At a glance."""
    return servers.up(
        keepers,
        title="Keepers",
        description=(
            "Keepers that know a leader. More than half of them are needed: with fewer all tables "
            "are read-only, and no trace is written."
        ),
        alert="LangfuseKeeperQuorumLost",
        least=keepers.count // 2 + 1,
    )


def _health(watched: Watched, of_clickhouse: WatchedServers) -> Iterator[Panel]:
    """Availability, and whether it writes."""
    yield up(workloads.servers(watched, of_clickhouse))
    if watched.keeper:
        yield quorum(workloads.servers(watched, watched.keeper))
    if watched.clickhouse_scraped:
        metrics = ClickHouse(watched=watched, servers=of_clickhouse)
        yield clickhouse.failed_inserts(metrics)
        if watched.keeper:
            yield clickhouse.read_only(metrics)


def _room(watched: Watched, of_clickhouse: WatchedServers) -> Iterator[Panel]:
    """Distance from limits."""
    each = workloads.servers(watched, of_clickhouse)
    yield servers.volume(
        each,
        title="ClickHouse volume used",
        description=(
            "Share of the fullest volume that is used. When it is full inserts fail: grow the "
            "claim, or keep traces for less time. Not every storage driver reports it."
        ),
    )
    yield pods.fullest_memory(workloads.containers(each))
    if watched.clickhouse_scraped:
        metrics = ClickHouse(watched=watched, servers=of_clickhouse)
        yield clickhouse.most_parts(metrics)
        if watched.keeper:
            yield clickhouse.lag(metrics)
    if watched.clickhouse_backup:
        yield _backup(watched, watched.clickhouse_backup)


def _backup(watched: Watched, backup: WatchedBackup) -> Panel:
    return Panel(
        kind="stat",
        title="Since the last backup",
        description=(
            "Since a backup last succeeded, which is less than the time between two of them. "
            "Traces that came later are in ClickHouse alone."
        ),
        queries=[Prometheus(promql.since_backup(watched, backup.cron_job))],
        unit="s",
        alert="LangfuseClickHouseBackupFailed",
        decimals=0,
        no_value="none yet",
        height=4,
    )


def _own(watched: Watched, of_clickhouse: WatchedServers) -> Iterator[Row]:
    """What ClickHouse and its Keepers say themselves."""
    metrics = ClickHouse(watched=watched, servers=of_clickhouse)
    yield Row("Writes", clickhouse.writes(metrics))
    yield Row("Parts and merges", clickhouse.merges(metrics))
    yield Row("Queries", clickhouse.queries(metrics))
    yield Row("Memory and disk", spread([clickhouse.memory(metrics), clickhouse.disk(metrics)]))
    if watched.keeper:
        keepers = ClickHouse(watched=watched, servers=watched.keeper)
        yield Row(
            "Replication",
            [*clickhouse.replication(metrics), *clickhouse.agreement(metrics, keepers)],
        )


def _pods(watched: Watched, of_clickhouse: WatchedServers) -> Iterator[Row]:
    """What the cluster says about their pods."""
    services = {"Servers": of_clickhouse, "Keepers": watched.keeper}
    for title, service in services.items():
        if service is None:
            continue
        each = workloads.servers(watched, service)
        if each.count > 1:
            yield Row(f"{title}: ready", spread([_each(each)]))
        cpu, memory, *trouble = pods.usage(workloads.containers(each))
        space = servers.space(
            each,
            description=(
                "Free space and the size of the smallest volume. A steady slope tells when it is "
                "full; a fall and a rise of many GiB is a large merge."
            ),
        )
        yield Row(title, [cpu, memory, space, *trouble])


def _each(of_service: Servers) -> Panel:
    return servers.each(
        of_service,
        title="Ready",
        description=(
            "When each of them accepted connections. One after the other is restarted by another "
            "release; two that are missing at once may stop ClickHouse."
        ),
        alert="LangfuseClickHouseReplicaMissing",
    )
