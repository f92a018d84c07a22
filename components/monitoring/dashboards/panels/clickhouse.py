"""Panels of ClickHouse's own metrics: what it writes, merges, answers and copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from components.monitoring.dashboards.panels import limits
from components.monitoring.dashboards.panels.clickhouse_metrics import ClickHouse
from components.monitoring.dashboards.panels.panel import (
    CRITICAL,
    GOOD,
    NEUTRAL,
    WARNING,
    Limit,
    Line,
    Panel,
    State,
)
from components.monitoring.dashboards.panels.queries import Prometheus


def failed_inserts(servers: ClickHouse) -> Panel:
    """At a glance."""
    return _failed_inserts(servers).at_a_glance()


def most_parts(servers: ClickHouse) -> Panel:
    """At a glance."""
    return _parts(servers).at_a_glance(Prometheus(servers.most_parts()))


def read_only(servers: ClickHouse) -> Panel:
    """At a glance."""
    return _read_only(servers).at_a_glance(Prometheus(servers.most_read_only()))


def lag(servers: ClickHouse) -> Panel:
    """At a glance."""
    return _lag(servers).at_a_glance(Prometheus(servers.most_lag()))


def writes(servers: ClickHouse) -> list[Panel]:
    return [
        _graph(
            "Rows written",
            "Rows that inserts bring in a second, of all tables. It follows what agents send; none "
            "while they send means that workers do not write: look at their queues.",
            [Prometheus(servers.written_rows(), "rows")],
            unit="wps",
        ),
        _failed_inserts(servers),
        _graph(
            "Inserts slowed and refused",
            "Inserts within five minutes that had to wait, or were refused, because a partition "
            "has too many parts. 0 is normal; otherwise merges do not keep up.",
            [
                Prometheus(servers.delayed_inserts(), "slowed"),
                Prometheus(servers.refused_inserts(), "refused"),
            ],
            unit="none",
            alert="LangfuseClickHouseManyParts",
            limits=[Limit(value=1)],
            decimals=0,
        ),
    ]


def merges(servers: ClickHouse) -> list[Panel]:
    return [
        _parts(servers),
        _graph(
            "Merges and changes",
            "Merges of parts, and changes of rows that are stored, that run now. Some are normal; "
            "at a level for hours while parts grow, disk or CPU is too slow.",
            [
                Prometheus(servers.merges(), "merges"),
                Prometheus(servers.mutations(), "changes"),
            ],
            unit="none",
            decimals=0,
        ),
        _graph(
            "All parts",
            "Parts of all tables, also of those in which ClickHouse keeps its own logs. It grows "
            "slowly with each month of traces; a climb is a merge that does not end.",
            [Prometheus(servers.parts(), "{{pod}}")],
            unit="short",
        ),
    ]


def queries(servers: ClickHouse) -> list[Panel]:
    return [
        _graph(
            "Queries",
            "Queries in a second, of pages, exports and workers, and those of them that failed. "
            "None fails normally; system.query_log says which did, and why.",
            [
                Prometheus(servers.queries(), "queries"),
                Prometheus(servers.failed_queries(), "failed"),
            ],
            unit="reqps",
        ),
        _graph(
            "Time of a query",
            "The mean of all queries. Below a second is normal; long ones are pages over much time "
            "or over large traces, or a server without memory for its caches.",
            [Prometheus(servers.query_seconds(), "mean")],
            unit="s",
        ),
        _graph(
            "Queries without memory",
            "Queries within half an hour that ended at ClickHouse's limit of memory. 0 is normal; "
            "their pages show errors: give it more memory, or ask for less time.",
            [Prometheus(servers.queries_without_memory(), "queries")],
            unit="none",
            alert="LangfuseClickHouseOutOfMemory",
            limits=[Limit(value=limits.MEMORY_FAILURES)],
            decimals=0,
        ),
    ]


def replication(servers: ClickHouse) -> list[Panel]:
    """Between servers."""
    return [
        _lag(servers),
        _graph(
            "Replication queue",
            "Parts that a server has yet to copy or to merge. It falls to near 0 after each peak; "
            "a climb on one server means that it cannot reach the others, or has no space.",
            [Prometheus(servers.replication_queue(), "{{pod}}")],
            unit="none",
            decimals=0,
        ),
        _read_only(servers),
    ]


def agreement(servers: ClickHouse, keepers: ClickHouse) -> list[Panel]:
    """Between servers and Keepers."""
    return [
        _graph(
            "Connections to Keepers lost",
            "Within five minutes. 0 is normal, some while a Keeper restarts; more means a Keeper "
            "that is too slow, or a network that loses packets.",
            [Prometheus(servers.keeper_failures(), "lost")],
            unit="none",
            decimals=0,
        ),
        _graph(
            "Answer time of Keepers",
            "The mean since the last restart. A few milliseconds are normal; more means a slow "
            "disk, because a Keeper answers when it has written.",
            [Prometheus(keepers.keeper_milliseconds(), "{{pod}}")],
            unit="ms",
        ),
        Panel(
            kind="states",
            title="Leader of Keepers",
            description=(
                "Which Keeper decides. One leads at any time; without any, all tables are "
                "read-only. It changes when the leader restarts."
            ),
            queries=[Prometheus(keepers.leaders(), "{{pod}}")],
            unit="none",
            states={
                1: State(text="Leader", colour=GOOD),
                0: State(text="Follower", colour=NEUTRAL),
            },
        ),
    ]


def memory(servers: ClickHouse) -> Panel:
    return _graph(
        "Memory of ClickHouse",
        "What ClickHouse counts as its own: queries, merges, inserts and caches. Queries fail "
        "at its own limit, which is below that of the container.",
        [Prometheus(servers.memory(), "{{pod}}")],
        unit="bytes",
        alert="LangfuseClickHouseOutOfMemory",
    )


def disk(servers: ClickHouse) -> Panel:
    panel = _graph(
        "Disk",
        "Free space on the disk of the data and its size, as ClickHouse sees them, whatever the "
        "storage driver reports. A merge of large parts needs their size once more.",
        [
            Prometheus(servers.disk_free(), "free {{pod}}"),
            Prometheus(servers.disk_size(), "size"),
        ],
        unit="bytes",
        alert="LangfuseVolumeFilling",
    )
    return replace(panel, lines={"size": Line(colour=WARNING)})


def _failed_inserts(servers: ClickHouse) -> Panel:
    return _graph(
        "Failed inserts",
        "Within five minutes. 0 is normal; agents are told that their traces are accepted, and "
        "workers lose what they cannot write. ClickHouse's log says why.",
        [Prometheus(servers.failed_inserts(), "failed")],
        unit="none",
        alert="LangfuseClickHouseInsertsFail",
        limits=[Limit(value=1, colour=CRITICAL)],
        decimals=0,
    )


def _parts(servers: ClickHouse) -> Panel:
    return _graph(
        "Parts of a partition",
        "Parts of the partition with the most. Below a hundred is normal; from 1000 on inserts "
        "wait, and from 3000 on they are refused.",
        [Prometheus(servers.parts_of_fullest_partition(), "{{pod}}")],
        unit="none",
        alert="LangfuseClickHouseManyParts",
        limits=[Limit(value=limits.PARTS)],
        decimals=0,
    )


def _read_only(servers: ClickHouse) -> Panel:
    return _graph(
        "Read-only tables",
        "Tables that take no inserts, because the server has no session with a Keeper. 0 is "
        "normal, some while a server starts.",
        [Prometheus(servers.read_only(), "{{pod}}")],
        unit="none",
        alert="LangfuseClickHouseReadOnly",
        limits=[Limit(value=1, colour=CRITICAL)],
        decimals=0,
    )


def _lag(servers: ClickHouse) -> Panel:
    return _graph(
        "Replication lag",
        "How far the slowest table of a server is behind the others. Seconds are normal; pages "
        "that a server far behind answers lack the newest traces.",
        [Prometheus(servers.lag(), "{{pod}}")],
        unit="s",
        alert="LangfuseClickHouseReplicationLag",
        limits=[Limit(value=limits.LAG_SECONDS)],
    )


def _graph(
    title: str,
    description: str,
    queries: Sequence[Prometheus],
    *,
    unit: str,
    alert: str | None = None,
    limits: Sequence[Limit] = (),
    decimals: int | None = None,
) -> Panel:
    return Panel(
        kind="graph",
        title=title,
        description=description,
        queries=queries,
        unit=unit,
        alert=alert,
        limits=limits,
        decimals=decimals,
        stepped=decimals == 0,
    )
