"""Alerts that read ClickHouse's own metrics.

They see what no health page of Langfuse sees: that a worker's inserts fail. Names of metrics:
``ClickHouseMetrics_`` and ``system.metrics``, ``ClickHouseProfileEvents_`` and ``system.events``,
``ClickHouseAsyncMetrics_`` and ``system.asynchronous_metrics``
(src/Server/PrometheusMetricsWriter.cpp and src/Interpreters/ServerAsynchronousMetrics.cpp in
ClickHouse/ClickHouse).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from components.monitoring.definition import Alert, one_of, series
from components.monitoring.watched_workloads import Watched, WatchedServers

_FAILING: Final = "5m"
_FAILING_MINUTES: Final = 10
"""Longer than the window: one failed insert, which a worker repeats with success, does not fire. A
worker repeats each second what fails."""

_READ_ONLY_MINUTES: Final = 5
"""A replica is read-only while it starts, and when it has lost its session for some seconds."""

PARTS: Final = 500
"""In one partition. From 1000 on ClickHouse makes each insert wait, and from 3000 on it refuses
them (``parts_to_delay_insert`` and ``parts_to_throw_insert``)."""

_PARTS_MINUTES: Final = 15
"""A large import makes many parts, and merges follow."""

LAG_SECONDS: Final = 300
"""A replica that is back after minutes catches up; this is one that does not."""

_LAG_MINUTES: Final = 15

MEMORY_FAILURES: Final = 3
"""One page over too long a time may need too much memory; three within the window are a server that
is too small."""

MEMORY_WINDOW: Final = "30m"

_SMOOTHED_MINUTES: Final = 1
"""Short, because the window already smooths the value."""


def alerts(watched: Watched) -> Iterator[Alert]:
    """Of a stack whose Prometheus reads the metrics."""
    if watched.clickhouse is None or not watched.clickhouse_scraped:
        return
    yield _inserts(watched, watched.clickhouse)
    if watched.keeper:
        yield _read_only(watched, watched.clickhouse)
    yield _parts(watched, watched.clickhouse)
    if watched.keeper:
        yield _lag(watched, watched.clickhouse)
    yield _memory(watched, watched.clickhouse)


def of_servers(metric: str, watched: Watched, servers: WatchedServers) -> str:
    """A metric of each server."""
    return f"max by (namespace, pod) ({selected(metric, watched, servers)})"


def selected(metric: str, watched: Watched, servers: WatchedServers) -> str:
    """The selector of a metric of all servers."""
    return series(metric, watched.namespace, one_of("pod", servers.pods))


def _inserts(watched: Watched, servers: WatchedServers) -> Alert:
    """Both kinds: a worker's inserts wait for the asynchronous one that carries them."""
    failed, carried = (
        f"sum by (namespace) (rate({selected(metric, watched, servers)}[{_FAILING}]))"
        for metric in (
            "ClickHouseProfileEvents_FailedInsertQuery",
            "ClickHouseProfileEvents_FailedAsyncInsertQuery",
        )
    )
    return Alert(
        name="LangfuseClickHouseInsertsFail",
        severity="critical",
        minutes=_FAILING_MINUTES,
        expression=f"{failed}\n+ {carried} > 0",
        summary="ClickHouse refuses what Langfuse writes",
        description=(
            f"For {_FAILING_MINUTES} minutes inserts into ClickHouse in "
            "{{ $labels.namespace }} have failed. Agents are told that their traces are accepted. "
            "Workers hold them in memory and try again; what they hold is lost when they end, and "
            "when they give up."
        ),
    )


def _read_only(watched: Watched, servers: WatchedServers) -> Alert:
    tables = of_servers("ClickHouseMetrics_ReadonlyReplica", watched, servers)
    return Alert(
        name="LangfuseClickHouseReadOnly",
        severity="critical",
        minutes=_READ_ONLY_MINUTES,
        expression=f"{tables} > 0",
        summary="Tables of ClickHouse are read-only",
        description=(
            f"For {_READ_ONLY_MINUTES} minutes "
            "{{ $value }} tables of {{ $labels.namespace }}/{{ $labels.pod }} have been read-only: "
            "the server has no session with a Keeper, or its record there is gone. Inserts that "
            "reach it fail."
        ),
    )


def _parts(watched: Watched, servers: WatchedServers) -> Alert:
    most = of_servers("ClickHouseAsyncMetrics_MaxPartCountForPartition", watched, servers)
    return Alert(
        name="LangfuseClickHouseManyParts",
        severity="warning",
        minutes=_PARTS_MINUTES,
        expression=f"{most} > {PARTS}",
        summary="ClickHouse does not merge as fast as Langfuse writes",
        description=(
            f"For {_PARTS_MINUTES} minutes a partition of "
            "{{ $labels.namespace }}/{{ $labels.pod }} has had more than "
            f"{PARTS} parts, "
            "{{ $value }} now. From 1000 on inserts wait, and from 3000 on they are refused."
        ),
    )


def _lag(watched: Watched, servers: WatchedServers) -> Alert:
    delay = of_servers("ClickHouseAsyncMetrics_ReplicasMaxAbsoluteDelay", watched, servers)
    return Alert(
        name="LangfuseClickHouseReplicationLag",
        severity="warning",
        minutes=_LAG_MINUTES,
        expression=f"{delay} > {LAG_SECONDS}",
        summary="A replica of ClickHouse lags behind",
        description=(
            f"For {_LAG_MINUTES} minutes "
            "{{ $labels.namespace }}/{{ $labels.pod }} has not caught up, "
            "{{ $value | humanizeDuration }} behind now. Pages that it answers lack the newest "
            "traces, and it is no replacement for another server."
        ),
    )


def _memory(watched: Watched, servers: WatchedServers) -> Alert:
    exceeded = selected("ClickHouseProfileEvents_QueryMemoryLimitExceeded", watched, servers)
    return Alert(
        name="LangfuseClickHouseOutOfMemory",
        severity="warning",
        minutes=_SMOOTHED_MINUTES,
        expression=(
            f"sum by (namespace) (increase({exceeded}[{MEMORY_WINDOW}])) >= {MEMORY_FAILURES}"
        ),
        summary="Queries of Langfuse need more memory than ClickHouse has",
        description=(
            '{{ printf "%.0f" $value }} queries in half an hour ended at the memory limit of '
            "ClickHouse in {{ $labels.namespace }}. Their pages show errors; inserts may fail too."
        ),
    )
