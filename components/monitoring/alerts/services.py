"""Alerts about the services of Langfuse 3 and 4 that run in the cluster: ClickHouse, cache, store.

From kube-state-metrics and cAdvisor, which know whether a server is ready and how much memory it
has, and nothing of what it does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from components.monitoring.definition import Alert, one_of, series
from components.monitoring.watched_workloads import Watched, WatchedBackup, WatchedServers

_DOWN_MINUTES: Final = 5
"""The pod can move to another node with its volume in less."""

_MISSING_MINUTES: Final = 15
"""One server after the other is replaced by another release: each is ready again in less."""

_BACKUP_LATE_MINUTES: Final = 15
"""A pod that has to wait for a node starts in less."""

CACHE_FULL: Final = 0.75
"""Share of what the cache may hold. The rest is for the backlog of an hour in which workers are
away. Its process has more memory than its data, so that this is early rather than late."""

_CACHE_MINUTES: Final = 15
"""The append-only file is rewritten in less, which takes memory for what changes meanwhile."""


def alerts(watched: Watched) -> Iterator[Alert]:
    """Of the services that a stack has in the cluster."""
    if watched.clickhouse:
        yield _clickhouse(watched, watched.clickhouse)
        if replicated := _replicated(watched):
            yield _replica(watched, replicated)
    if watched.clickhouse_backup:
        yield _backup(watched, watched.clickhouse_backup)
    if watched.keeper:
        yield _quorum(watched, watched.keeper)
    if watched.cache:
        yield _cache(watched, watched.cache)
        if watched.cache_bytes is not None:
            yield _memory(watched, watched.cache, watched.cache_bytes)
    if watched.storage:
        yield _storage(watched, watched.storage)


def ready(watched: Watched, stateful_sets: Sequence[str]) -> str:
    """By StatefulSet, whether its pod accepts connections."""
    names = one_of("statefulset", stateful_sets)
    selected = series("kube_statefulset_status_replicas_ready", watched.namespace, names)
    return f"max by (namespace, statefulset) ({selected})"


def _number(watched: Watched, servers: WatchedServers) -> str:
    """How many servers are ready. None is reported of one that does not exist."""
    return f"sum by (namespace) ({ready(watched, servers.stateful_sets)})"


def _replicated(watched: Watched) -> list[str]:
    """StatefulSets of servers of which one may be missing."""
    services = [service for service in (watched.clickhouse, watched.keeper) if service]
    return [
        name
        for service in services
        if len(service.stateful_sets) > 1
        for name in service.stateful_sets
    ]


def _clickhouse(watched: Watched, clickhouse: WatchedServers) -> Alert:
    return Alert(
        name="LangfuseClickHouseDown",
        severity="critical",
        minutes=_DOWN_MINUTES,
        expression=f"{_number(watched, clickhouse)} == 0",
        summary="Langfuse's ClickHouse is down",
        description=(
            f"For {_DOWN_MINUTES} minutes no server of ClickHouse in "
            "{{ $labels.namespace }} has been ready. Pages show errors in place of traces. Agents "
            "are told that theirs are accepted; workers hold them in memory, and lose them if they "
            "are restarted."
        ),
    )


def _replica(watched: Watched, stateful_sets: Sequence[str]) -> Alert:
    return Alert(
        name="LangfuseClickHouseReplicaMissing",
        severity="warning",
        minutes=_MISSING_MINUTES,
        expression=f"{ready(watched, stateful_sets)} == 0",
        summary="A server of Langfuse's ClickHouse is missing",
        description=(
            f"For {_MISSING_MINUTES} minutes "
            "{{ $labels.namespace }}/{{ $labels.statefulset }} has not been ready. The others do "
            "its work; the next failure may stop ClickHouse."
        ),
    )


def _backup(watched: Watched, backup: WatchedBackup) -> Alert:
    """The last one that began has not succeeded in the time that it has. Before the first success
    its CronJob's own time counts."""

    def at(metric: str) -> str:
        cron_job = one_of("cronjob", [backup.cron_job])
        return f"max by (namespace, cronjob) ({series(metric, watched.namespace, cron_job)})"

    succeeded = f"{at('kube_cronjob_status_last_successful_time')} or {at('kube_cronjob_created')}"
    return Alert(
        name="LangfuseClickHouseBackupFailed",
        severity="warning",
        minutes=backup.hours * 60 + _BACKUP_LATE_MINUTES,
        expression=f"{at('kube_cronjob_status_last_schedule_time')} > ({succeeded})",
        summary="ClickHouse has no backup of the last time that was scheduled",
        description=(
            f"For more than {backup.hours} hours "
            "{{ $labels.namespace }}/{{ $labels.cronjob }} has begun backups, and none has "
            "succeeded. Traces that came since the last good one are in ClickHouse alone."
        ),
    )


def _quorum(watched: Watched, keeper: WatchedServers) -> Alert:
    """A Keeper is ready while it knows a leader, which more than half of them elect."""
    least = len(keeper.stateful_sets) // 2 + 1
    return Alert(
        name="LangfuseKeeperQuorumLost",
        severity="critical",
        minutes=_DOWN_MINUTES,
        expression=f"{_number(watched, keeper)} < {least}",
        summary="ClickHouse's Keepers have no quorum",
        description=(
            f"For {_DOWN_MINUTES} minutes fewer than {least} of ClickHouse's "
            f"{len(keeper.stateful_sets)} Keepers have been ready, "
            "{{ $value }} now. All tables are read-only: no trace is written, and workers hold in "
            "memory what they cannot write."
        ),
    )


def _cache(watched: Watched, cache: WatchedServers) -> Alert:
    return Alert(
        name="LangfuseCacheDown",
        severity="critical",
        minutes=_DOWN_MINUTES,
        expression=f"{ready(watched, cache.stateful_sets)} == 0",
        summary="Langfuse's cache is down",
        description=(
            f"For {_DOWN_MINUTES} minutes "
            "{{ $labels.namespace }}/{{ $labels.statefulset }} has accepted no connections. "
            "Langfuse accepts no traces, and workers do nothing."
        ),
    )


def _memory(watched: Watched, cache: WatchedServers, most: int) -> Alert:
    # Resident, not the working set: that includes pages of the append-only file.
    used = series(
        "container_memory_rss",
        watched.namespace,
        one_of("pod", cache.pods),
        f'container="{cache.container}"',
    )
    return Alert(
        name="LangfuseCacheFilling",
        severity="warning",
        minutes=_CACHE_MINUTES,
        expression=f"max by (namespace, pod) ({used})\n/ {most} > {CACHE_FULL}",
        summary="Langfuse's cache fills up",
        description=(
            f"For {_CACHE_MINUTES} minutes "
            "{{ $labels.namespace }}/{{ $labels.pod }} has needed more than "
            f"{CACHE_FULL:.0%} of what it may hold, now "
            "{{ $value | humanizePercentage }}. It evicts nothing: when it is full, Langfuse "
            "answers agents with errors."
        ),
    )


def _storage(watched: Watched, storage: WatchedServers) -> Alert:
    return Alert(
        name="LangfuseStorageDown",
        severity="critical",
        minutes=_DOWN_MINUTES,
        expression=f"{ready(watched, storage.stateful_sets)} == 0",
        summary="Langfuse's object store is down",
        description=(
            f"For {_DOWN_MINUTES} minutes "
            "{{ $labels.namespace }}/{{ $labels.statefulset }} has accepted no connections. "
            "Langfuse accepts no traces, and says on no health page that it does not."
        ),
    )
