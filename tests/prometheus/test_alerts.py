"""What the alert rules say about series that Prometheus could have: Prometheus's own evaluation.

Does not prove that exporters write these series; their names and labels are from their sources.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest

from components.monitoring.alerts import rules
from components.monitoring.watched_workloads import (
    Watched,
    WatchedBackup,
    WatchedServers,
    WatchedWorker,
)
from tests.support.promtool import check_rules, needs_promtool, run_tests

pytestmark = [pytest.mark.programs, needs_promtool]

RUNBOOKS: Final = "https://git.example.com/platform/docs"


def operated(kind: str, sets: str) -> WatchedServers:
    """Three servers that ClickHouse's operator makes."""
    names = [f"langfuse-clickhouse-server-{sets}-{number}" for number in range(3)]
    return WatchedServers(
        stateful_sets=names,
        container=f"clickhouse-{kind}",
        claims=[f"clickhouse-storage-volume-{name}-0" for name in names],
    )


def single(name: str, container: str) -> WatchedServers:
    return WatchedServers(stateful_sets=[name], container=container, claims=[f"data-{name}-0"])


EVERYTHING: Final = Watched(
    stack="prod",
    namespace="observability",
    langfuse="langfuse",
    min_replicas=2,
    max_replicas=4,
    migration="langfuse-migration",
    postgres="langfuse-postgres",
    worker=WatchedWorker(
        name="langfuse-worker", container="worker", min_replicas=2, max_replicas=6
    ),
    clickhouse=operated("server", "clickhouse-0"),
    clickhouse_backup=WatchedBackup(cron_job="langfuse-clickhouse-server-backup", hours=6),
    keeper=operated("keeper", "keeper"),
    clickhouse_scraped=True,
    cache=single("langfuse-valkey", "valkey"),
    cache_bytes=1000,
    storage=single("langfuse-seaweedfs", "seaweedfs"),
    secret_namespaces=("observability", "ai-agents"),
    probe_job="observability/langfuse",
)
OF_VERSION_2: Final = replace(
    EVERYTHING,
    worker=None,
    clickhouse=None,
    clickhouse_backup=None,
    keeper=None,
    clickhouse_scraped=False,
    cache=None,
    cache_bytes=None,
    storage=None,
)
NOTHING_MORE: Final = replace(
    OF_VERSION_2,
    min_replicas=2,
    max_replicas=2,
    postgres=None,
    secret_namespaces=(),
    probe_job=None,
)

DAY: Final = 86_400
LONG: Final = 600
"""Samples of a healthy series: more than any test looks at."""

Values = str
Series = Mapping[str, Values]


def of_ksm(metric: str, labels: str) -> str:
    return f'{metric}{{namespace="observability", {labels}, instance="10.0.0.7:8080"}}'


def secret(
    status: str, *, name: str = "langfuse-app-4f1c", namespace: str = "observability"
) -> str:
    """As a scrape gives it that does not honour labels."""
    return (
        f'externalsecret_status_condition{{exported_namespace="{namespace}", name="{name}", '
        f'namespace="external-secrets", condition="Ready", status="{status}"}}'
    )


def of_probe(metric: str) -> str:
    labels = 'job="observability/langfuse", instance="https://langfuse.example.com/health"'
    return f'{metric}{{namespace="observability", {labels}}}'


def restarts(pod: str, container: str = "langfuse") -> str:
    labels = f'pod="{pod}", container="{container}"'
    return of_ksm("kube_pod_container_status_restarts_total", labels)


BACKUP: Final = 'cronjob="langfuse-clickhouse-server-backup"'
MADE: Final = of_ksm("kube_cronjob_created", BACKUP)
BEGUN: Final = of_ksm("kube_cronjob_status_last_schedule_time", BACKUP)
SUCCEEDED: Final = of_ksm("kube_cronjob_status_last_successful_time", BACKUP)
POD: Final = 'pod="langfuse-5d8f7c9b6d-x2x9k", container="langfuse"'
AVAILABLE: Final = of_ksm("kube_deployment_status_replicas_available", 'deployment="langfuse"')
WANTED: Final = of_ksm("kube_deployment_spec_replicas", 'deployment="langfuse"')
AUTOSCALER: Final = 'horizontalpodautoscaler="langfuse"'
OTHER: Final = (
    'kube_deployment_status_replicas_available{namespace="shop", deployment="cart", '
    'instance="10.0.0.7:8080"}'
)
STUCK: Final = of_ksm(
    "kube_deployment_status_condition",
    'deployment="langfuse", condition="Progressing", status="false"',
)
CURRENT: Final = of_ksm("kube_horizontalpodautoscaler_status_current_replicas", AUTOSCALER)
MAXIMUM: Final = of_ksm("kube_horizontalpodautoscaler_spec_max_replicas", AUTOSCALER)


def scaling(condition: str, status: str, name: str = "langfuse") -> str:
    labels = f'horizontalpodautoscaler="{name}", condition="{condition}", status="{status}"'
    return of_ksm("kube_horizontalpodautoscaler_status_condition", labels)


BLIND: Final = scaling("ScalingActive", "false")
RESTARTS: Final = restarts("langfuse-5d8f7c9b6d-x2x9k")
TERMINATED: Final = "kube_pod_container_status_last_terminated_reason"
KILLED: Final = of_ksm(TERMINATED, f'{POD}, reason="OOMKilled"')
PERIODS: Final = of_ksm("container_cpu_cfs_periods_total", POD)
THROTTLED: Final = of_ksm("container_cpu_cfs_throttled_periods_total", POD)
FAILED: Final = "kube_job_failed"
MIGRATION: Final = 'job_name="langfuse-migration-1a2b3c4d"'


def server(stateful_set: str) -> str:
    return of_ksm("kube_statefulset_status_replicas_ready", f'statefulset="{stateful_set}"')


def worker(metric: str) -> str:
    return of_ksm(metric, 'deployment="langfuse-worker"')


WORKERS: Final = worker("kube_deployment_status_replicas_available")
WORKERS_WANTED: Final = worker("kube_deployment_spec_replicas")
WORKER_POD: Final = 'pod="langfuse-worker-6f5d4c3b2a-x2x9k", container="worker"'
DATABASE: Final = server("langfuse-postgres")
CLICKHOUSE: Final = [server(f"langfuse-clickhouse-server-clickhouse-0-{n}") for n in range(3)]
KEEPERS: Final = [server(f"langfuse-clickhouse-server-keeper-{n}") for n in range(3)]
CACHE: Final = server("langfuse-valkey")
STORE: Final = server("langfuse-seaweedfs")


def of_clickhouse(metric: str, replica: int = 0) -> str:
    """As a PodMonitor names it."""
    pod = f"langfuse-clickhouse-server-clickhouse-0-{replica}-0"
    labels = f'pod="{pod}", container="clickhouse-server", job="observability/langfuse-alerts"'
    return f'{metric}{{namespace="observability", {labels}, instance="10.0.1.{replica}:9363"}}'


FAILED_INSERTS: Final = "ClickHouseProfileEvents_FailedInsertQuery"
FAILED_ASYNC: Final = "ClickHouseProfileEvents_FailedAsyncInsertQuery"
READ_ONLY: Final = of_clickhouse("ClickHouseMetrics_ReadonlyReplica", 1)
PARTS: Final = of_clickhouse("ClickHouseAsyncMetrics_MaxPartCountForPartition")
LAG: Final = of_clickhouse("ClickHouseAsyncMetrics_ReplicasMaxAbsoluteDelay", 2)
EXCEEDED: Final = of_clickhouse("ClickHouseProfileEvents_QueryMemoryLimitExceeded")
RESIDENT: Final = of_ksm("container_memory_rss", 'pod="langfuse-valkey-0", container="valkey"')
CLAIM: Final = 'persistentvolumeclaim="data-langfuse-postgres-0"'
FREE: Final = of_ksm("kubelet_volume_stats_available_bytes", CLAIM)
CAPACITY: Final = of_ksm("kubelet_volume_stats_capacity_bytes", CLAIM)
SUCCESS: Final = of_probe("probe_success")
DURATION: Final = of_probe("probe_duration_seconds")
EXPIRY: Final = of_probe("probe_ssl_earliest_cert_expiry")

HEALTHY: Final[Series] = {
    AVAILABLE: f"2x{LONG}",
    WANTED: f"2x{LONG}",
    CURRENT: f"2x{LONG}",
    MAXIMUM: f"4x{LONG}",
    BLIND: f"0x{LONG}",
    scaling("ScalingActive", "true"): f"1x{LONG}",
    scaling("ScalingLimited", "false"): f"1x{LONG}",
    RESTARTS: f"0x{LONG}",
    WORKERS: f"2x{LONG}",
    WORKERS_WANTED: f"2x{LONG}",
    scaling("ScalingActive", "false", "langfuse-worker"): f"0x{LONG}",
    DATABASE: f"1x{LONG}",
    **dict.fromkeys([*CLICKHOUSE, *KEEPERS, CACHE, STORE], f"1x{LONG}"),
    **{
        of_clickhouse(metric, replica): f"0x{LONG}"
        for metric in (FAILED_INSERTS, FAILED_ASYNC)
        for replica in range(3)
    },
    READ_ONLY: f"0x{LONG}",
    PARTS: f"40x{LONG}",
    LAG: f"0x{LONG}",
    EXCEEDED: f"0x{LONG}",
    RESIDENT: f"600x{LONG}",
    FREE: f"60x{LONG}",
    CAPACITY: f"100x{LONG}",
    MADE: f"1000x{LONG}",
    BEGUN: f"2000x{LONG}",
    SUCCEEDED: f"2300x{LONG}",
    secret("True"): f"1x{LONG}",
    secret("False"): f"0x{LONG}",
    SUCCESS: f"1x{LONG}",
    DURATION: f"0.2x{LONG}",
    EXPIRY: f"{90 * DAY}x{LONG}",
}
"""Every series that the alerts need, with nothing wrong. No CPU limit, no failed Job."""


@dataclass(frozen=True, kw_only=True)
class Firing:
    """Series that make one alert fire, and none of the others."""

    series: Series
    """What differs from ``HEALTHY``."""
    minute: int
    """The first in which the alert fires."""
    labels: Mapping[str, str]
    summary: str
    description: str
    severity: str = "warning"
    interval: str = "1m"
    """Between two samples."""

    def expected(self, name: str) -> dict[str, Any]:
        return {
            "exp_labels": {
                "namespace": "observability",
                "stack": "prod",
                "team": "platform",
                "severity": self.severity,
                **self.labels,
            },
            "exp_annotations": {
                "summary": self.summary,
                "description": self.description,
                "runbook_url": f"{RUNBOOKS}/troubleshooting.md#{name.lower()}",
            },
        }


@dataclass(frozen=True, kw_only=True)
class Quiet:
    """Series close to those of a firing alert, with which it does not fire."""

    why: str
    series: Series
    minutes: Iterable[int]
    interval: str = "1m"


FIRING: Final = {
    "LangfuseDown": Firing(
        series={AVAILABLE: "0x30"},
        minute=5,
        severity="critical",
        labels={"deployment": "langfuse"},
        summary="Langfuse is down: no pod serves",
        description=(
            "For 5 minutes no pod of observability/langfuse has been ready. Nobody can log in, "
            "and traces that agents send do not arrive."
        ),
    ),
    "LangfuseWorkerDown": Firing(
        series={WORKERS: "0x30"},
        minute=10,
        severity="critical",
        labels={"deployment": "langfuse-worker"},
        summary="No worker of Langfuse works",
        description=(
            "For 10 minutes no pod of observability/langfuse-worker has been ready. Traces are "
            "accepted and wait in the cache; none appears, and when the cache is full agents get "
            "errors."
        ),
    ),
    "LangfuseRolloutStuck": Firing(
        series={STUCK: "0x3 1x30"},
        minute=5,
        labels={"deployment": "langfuse"},
        summary="New pods of Langfuse do not become ready",
        description=(
            "A rollout of observability/langfuse has given up waiting for a new pod. The old ones "
            "serve with the old release and the old settings."
        ),
    ),
    "LangfuseReplicasMissing": Firing(
        series={AVAILABLE: "1x30"},
        minute=15,
        labels={"deployment": "langfuse"},
        summary="Langfuse runs with fewer pods than wanted",
        description=(
            "For 15 minutes pods of observability/langfuse have been missing, 1 now. The others "
            "serve; another failure or a peak is not covered."
        ),
    ),
    "LangfuseAutoscalerAtMaximum": Firing(
        series={CURRENT: "4x30", AVAILABLE: "4x30", WANTED: "4x30"},
        minute=15,
        labels={"horizontalpodautoscaler": "langfuse"},
        summary="Langfuse cannot scale out any further",
        description=(
            "For 15 minutes observability/langfuse has had 4 pods, its maximum. More load makes "
            "Langfuse slower."
        ),
    ),
    "LangfuseAutoscalerBlind": Firing(
        series={BLIND: "1x30", scaling("ScalingActive", "true"): "0x30"},
        minute=15,
        labels={"horizontalpodautoscaler": "langfuse"},
        summary="Langfuse's autoscaler has no metrics",
        description=(
            "For 15 minutes observability/langfuse has not been able to compute how many pods are "
            "needed. It keeps their number, whatever the load."
        ),
    ),
    "LangfusePodRestarts": Firing(
        series={RESTARTS: "0x5 1x5 2x5 3x30"},
        minute=19,
        labels={"container": "langfuse"},
        summary="Containers langfuse restart again and again",
        description=(
            "Containers langfuse in observability restarted 3 times in half an hour. Requests "
            "that they were answering are lost. So is what a worker had taken and not yet written."
        ),
    ),
    "LangfuseOutOfMemory": Firing(
        series={RESTARTS: "0x9 1x30", KILLED: "_x10 1x30"},
        minute=11,
        labels={"container": "langfuse"},
        summary="Containers langfuse need more memory than their limit",
        description=(
            "In half an hour the kernel killed langfuse at its memory limit in 1 of the pods in "
            "observability. Requests that they were answering are lost. So is what a worker had "
            "taken and not yet written."
        ),
    ),
    "LangfuseCpuThrottled": Firing(
        series={PERIODS: "0+600x60", THROTTLED: "0+180x60"},
        minute=16,
        labels={"container": "langfuse"},
        summary="A CPU limit slows langfuse down",
        description=(
            "For 15 minutes a CPU limit has held langfuse in observability back, now in 30% of the "
            "periods in which it runs. The stack sets no such limit: a LimitRange of the namespace "
            "or an admission webhook does."
        ),
    ),
    "LangfuseMigrationFailed": Firing(
        series={of_ksm(FAILED, f'{MIGRATION}, condition="true"'): "1x30"},
        minute=1,
        labels={"job_name": "langfuse-migration-1a2b3c4d"},
        summary="A database migration of Langfuse failed",
        description=(
            "The migration Job observability/langfuse-migration-1a2b3c4d gave up. Pods of the "
            "release before go on serving; the new release does not start until a migration has "
            "succeeded."
        ),
    ),
    "LangfuseDatabaseDown": Firing(
        series={DATABASE: "0x30"},
        minute=5,
        severity="critical",
        labels={"statefulset": "langfuse-postgres"},
        summary="Langfuse's database is down",
        description=(
            "For 5 minutes observability/langfuse-postgres has accepted no connections. Langfuse "
            "answers with errors, and traces that agents send do not arrive."
        ),
    ),
    "LangfuseVolumeFilling": Firing(
        series={FREE: "19x30"},
        minute=15,
        labels={"persistentvolumeclaim": "data-langfuse-postgres-0"},
        summary="The volume data-langfuse-postgres-0 fills up",
        description=(
            "observability/data-langfuse-postgres-0 has 19% of its space left. It is nearly full, "
            "or will be in 3 days at the pace of the last one; the server stops when it is."
        ),
    ),
    "LangfuseSecretNotReady": Firing(
        series={secret("True"): "0x30", secret("False"): "1x30"},
        minute=10,
        labels={"name": "langfuse-app-4f1c"},
        summary="A secret does not arrive in observability",
        description=(
            "For 10 minutes External Secrets has not delivered observability/langfuse-app-4f1c. "
            "Pods that run keep what they have; a changed value does not arrive, and where the "
            "Secret is gone no new pod starts."
        ),
    ),
    "LangfuseClickHouseDown": Firing(
        series=dict.fromkeys(CLICKHOUSE, "0x13"),
        minute=5,
        severity="critical",
        labels={},
        summary="Langfuse's ClickHouse is down",
        description=(
            "For 5 minutes no server of ClickHouse in observability has been ready. Pages show "
            "errors in place of traces. Agents are told that theirs are accepted; workers hold "
            "them in memory, and lose them if they are restarted."
        ),
    ),
    "LangfuseClickHouseReplicaMissing": Firing(
        series={CLICKHOUSE[1]: "0x30"},
        minute=15,
        labels={"statefulset": "langfuse-clickhouse-server-clickhouse-0-1"},
        summary="A server of Langfuse's ClickHouse is missing",
        description=(
            "For 15 minutes observability/langfuse-clickhouse-server-clickhouse-0-1 has not been "
            "ready. The others do its work; the next failure may stop ClickHouse."
        ),
    ),
    "LangfuseClickHouseBackupFailed": Firing(
        series={BEGUN: "9000x400"},
        minute=375,
        labels={"cronjob": "langfuse-clickhouse-server-backup"},
        summary="ClickHouse has no backup of the last time that was scheduled",
        description=(
            "For more than 6 hours observability/langfuse-clickhouse-server-backup has begun "
            "backups, and none has succeeded. Traces that came since the last good one are in "
            "ClickHouse alone."
        ),
    ),
    "LangfuseKeeperQuorumLost": Firing(
        series=dict.fromkeys(KEEPERS[:2], "0x13"),
        minute=5,
        severity="critical",
        labels={},
        summary="ClickHouse's Keepers have no quorum",
        description=(
            "For 5 minutes fewer than 2 of ClickHouse's 3 Keepers have been ready, 1 now. All "
            "tables are read-only: no trace is written, and workers hold in memory what they "
            "cannot write."
        ),
    ),
    "LangfuseCacheDown": Firing(
        series={CACHE: "0x30"},
        minute=5,
        severity="critical",
        labels={"statefulset": "langfuse-valkey"},
        summary="Langfuse's cache is down",
        description=(
            "For 5 minutes observability/langfuse-valkey has accepted no connections. Langfuse "
            "accepts no traces, and workers do nothing."
        ),
    ),
    "LangfuseCacheFilling": Firing(
        series={RESIDENT: "760x30"},
        minute=15,
        labels={"pod": "langfuse-valkey-0"},
        summary="Langfuse's cache fills up",
        description=(
            "For 15 minutes observability/langfuse-valkey-0 has needed more than 75% of what it "
            "may hold, now 76%. It evicts nothing: when it is full, Langfuse answers agents with "
            "errors."
        ),
    ),
    "LangfuseStorageDown": Firing(
        series={STORE: "0x30"},
        minute=5,
        severity="critical",
        labels={"statefulset": "langfuse-seaweedfs"},
        summary="Langfuse's object store is down",
        description=(
            "For 5 minutes observability/langfuse-seaweedfs has accepted no connections. Langfuse "
            "accepts no traces, and says on no health page that it does not."
        ),
    ),
    "LangfuseClickHouseInsertsFail": Firing(
        series={of_clickhouse(FAILED_INSERTS, 2): "0x9 0+60x30"},
        minute=21,
        severity="critical",
        labels={},
        summary="ClickHouse refuses what Langfuse writes",
        description=(
            "For 10 minutes inserts into ClickHouse in observability have failed. Agents are told "
            "that their traces are accepted. Workers hold them in memory and try again; what they "
            "hold is lost when they end, and when they give up."
        ),
    ),
    "LangfuseClickHouseReadOnly": Firing(
        series={READ_ONLY: "12x30"},
        minute=5,
        severity="critical",
        labels={"pod": "langfuse-clickhouse-server-clickhouse-0-1-0"},
        summary="Tables of ClickHouse are read-only",
        description=(
            "For 5 minutes 12 tables of observability/langfuse-clickhouse-server-clickhouse-0-1-0 "
            "have been read-only: the server has no session with a Keeper, or its record there is "
            "gone. Inserts that reach it fail."
        ),
    ),
    "LangfuseClickHouseManyParts": Firing(
        series={PARTS: "501x30"},
        minute=15,
        labels={"pod": "langfuse-clickhouse-server-clickhouse-0-0-0"},
        summary="ClickHouse does not merge as fast as Langfuse writes",
        description=(
            "For 15 minutes a partition of "
            "observability/langfuse-clickhouse-server-clickhouse-0-0-0 has had more than 500 "
            "parts, 501 now. From 1000 on inserts wait, and from 3000 on they are refused."
        ),
    ),
    "LangfuseClickHouseReplicationLag": Firing(
        series={LAG: "600x30"},
        minute=15,
        labels={"pod": "langfuse-clickhouse-server-clickhouse-0-2-0"},
        summary="A replica of ClickHouse lags behind",
        description=(
            "For 15 minutes observability/langfuse-clickhouse-server-clickhouse-0-2-0 has not "
            "caught up, 10m 0s behind now. Pages that it answers lack the newest traces, and it is "
            "no replacement for another server."
        ),
    ),
    "LangfuseClickHouseOutOfMemory": Firing(
        series={EXCEEDED: "0x5 1x5 2x5 3x30"},
        minute=19,
        labels={},
        summary="Queries of Langfuse need more memory than ClickHouse has",
        description=(
            "3 queries in half an hour ended at the memory limit of ClickHouse in observability. "
            "Their pages show errors; inserts may fail too."
        ),
    ),
    "LangfuseProbeFailing": Firing(
        # Down from the tenth minute on: more than half of five minutes' probes at the 13th.
        series={SUCCESS: "1x19 0x60"},
        interval="30s",
        minute=15,
        severity="critical",
        labels={"instance": "https://langfuse.example.com/health"},
        summary="Langfuse cannot be reached at https://langfuse.example.com/health",
        description=(
            "Of five minutes' requests to https://langfuse.example.com/health 0% succeeded. People "
            "and agents who come the same way get errors, whatever the pods say of themselves."
        ),
    ),
    "LangfuseProbeSlow": Firing(
        series={DURATION: "2.5x60"},
        minute=15,
        labels={"instance": "https://langfuse.example.com/health"},
        summary="Langfuse answers slowly at https://langfuse.example.com/health",
        description=(
            "For 15 minutes a page that does next to nothing has been slow, now 2.5s at "
            "https://langfuse.example.com/health. Writing traces takes longer: agents' SDKs give "
            "up after 10 or 20 seconds, and what they could not send is lost."
        ),
    ),
    "LangfuseCertificateExpires": Firing(
        series={EXPIRY: f"{20 * DAY}x60"},
        minute=15,
        labels={"instance": "https://langfuse.example.com/health"},
        summary="The certificate of https://langfuse.example.com/health expires",
        description=(
            "The certificate of https://langfuse.example.com/health ends in 19d 23h 45m 0s. It "
            "should have been renewed by now; when it ends, browsers and SDKs refuse to connect."
        ),
    ),
    "LangfuseNotMeasured": Firing(
        series={AVAILABLE: "_x60"},
        minute=15,
        labels={"source": "kube-state-metrics"},
        summary="Prometheus has no metrics of Langfuse from kube-state-metrics",
        description=(
            "For 15 minutes Prometheus has had nothing from kube-state-metrics about Langfuse in "
            "observability. Alerts that read it say nothing, whatever happens."
        ),
    ),
}

OTHER_JOB: Final = 'job_name="backup-1a2b3c4d"'

QUIET: Final = {
    "LangfuseDown": [
        Quiet(why="one pod serves", series={AVAILABLE: "1x30"}, minutes=[5, 14]),
        Quiet(why="back in time", series={AVAILABLE: "0x4 2x30"}, minutes=[4, 5, 10]),
        Quiet(
            why="gone with every other Deployment: none is reported",
            series={AVAILABLE: "2x3 stale", WORKERS: "2x3 stale"},
            minutes=[9, 14],
        ),
        Quiet(
            why="gone for longer than a shift",
            series={AVAILABLE: "2x3 stale", OTHER: "1x600"},
            minutes=[370],
        ),
    ],
    "LangfuseWorkerDown": [
        Quiet(why="waits for a migration", series={WORKERS: "0x9 2x30"}, minutes=[9, 10, 20]),
        Quiet(why="no web pod serves", series={AVAILABLE: "0x30"}, minutes=[10, 20]),
    ],
    "LangfuseRolloutStuck": [
        Quiet(why="a rollout that goes on", series={STUCK: "0x30"}, minutes=[5, 20]),
        Quiet(why="one look at it", series={STUCK: "0x3 1 0x30"}, minutes=[4, 5]),
    ],
    "LangfuseReplicasMissing": [
        Quiet(why="none at all is LangfuseDown", series={AVAILABLE: "0x30"}, minutes=[15, 20]),
        Quiet(
            why="scaled out slowly", series={WANTED: "4x30", AVAILABLE: "2x14 4x15"}, minutes=[15]
        ),
    ],
    "LangfuseAutoscalerAtMaximum": [
        Quiet(why="one below", series={CURRENT: "3x60"}, minutes=[15, 60]),
        Quiet(why="a short peak", series={CURRENT: "4x14 3x30"}, minutes=[14, 15, 30]),
    ],
    "LangfuseAutoscalerBlind": [
        Quiet(why="metrics-server restarts", series={BLIND: "1x13 0x30"}, minutes=[13, 15, 30]),
        Quiet(
            why="another autoscaler of the namespace",
            series={scaling("ScalingActive", "false", "cart"): "1x60"},
            minutes=[15, 60],
        ),
        Quiet(
            why="it is at its limit, which is another condition",
            series={scaling("ScalingLimited", "true"): "1x60"},
            minutes=[15, 60],
        ),
        Quiet(
            why="people scaled it to none",
            series={BLIND: "1x60", WANTED: "0x60"},
            minutes=[15, 60],
        ),
        Quiet(
            why="people scaled workers to none",
            series={
                scaling("ScalingActive", "false", "langfuse-worker"): "1x60",
                WORKERS_WANTED: "0x60",
            },
            minutes=[15, 60],
        ),
    ],
    "LangfusePodRestarts": [
        Quiet(why="twice", series={RESTARTS: "0x5 1x5 2x60"}, minutes=[13, 20, 40]),
        Quiet(why="an hour apart", series={RESTARTS: "0x5 1x60 2x60 3x60"}, minutes=[66, 128, 140]),
        Quiet(
            why="another workload of the namespace",
            series={restarts("langfuse-proxy-6f5d4c3b2a-x2x9k"): "0x5 9x60"},
            minutes=[10, 20],
        ),
        Quiet(
            why="a migration's pods are retried by their Job",
            series={
                restarts("langfuse-migration-1a2b3c4d-x2x9k", "migration"): "0x5 9x60",
            },
            minutes=[10, 20],
        ),
    ],
    "LangfuseOutOfMemory": [
        Quiet(
            why="an hour after the last kill",
            series={RESTARTS: "0x9 1x200", KILLED: "_x10 1x200"},
            minutes=[71, 200],
        ),
        Quiet(
            why="a restart for another reason",
            series={
                RESTARTS: "0x9 1x30",
                of_ksm(TERMINATED, f'{POD}, reason="Error"'): "_x10 1x30",
            },
            minutes=[11, 30],
        ),
        Quiet(
            why="killed long ago, and another pod restarts now",
            series={
                KILLED: "1x30",
                restarts("langfuse-5d8f7c9b6d-abcde"): "0x9 1x30",
            },
            minutes=[11, 30],
        ),
    ],
    "LangfuseCpuThrottled": [
        Quiet(
            why="a little", series={PERIODS: "0+600x60", THROTTLED: "0+149x60"}, minutes=[16, 60]
        ),
        Quiet(
            why="while it starts",
            series={PERIODS: "0+600x60", THROTTLED: "0+600x5 3000x50"},
            minutes=[6, 16, 30],
        ),
    ],
    "LangfuseMigrationFailed": [
        Quiet(
            why="it may still succeed",
            series={
                of_ksm(FAILED, f'{MIGRATION}, condition="true"'): "0x30",
                of_ksm(FAILED, f'{MIGRATION}, condition="false"'): "1x30",
            },
            minutes=[1, 30],
        ),
        Quiet(
            why="another Job of the namespace",
            series={of_ksm(FAILED, f'{OTHER_JOB}, condition="true"'): "1x30"},
            minutes=[1, 30],
        ),
    ],
    "LangfuseDatabaseDown": [
        Quiet(why="moved to another node", series={DATABASE: "0x4 1x30"}, minutes=[4, 5, 10]),
    ],
    "LangfuseVolumeFilling": [
        Quiet(why="a fifth is free", series={FREE: "20x60"}, minutes=[15, 60]),
        Quiet(
            why="an import into a new volume is no trend",
            series={FREE: "60-0.5x50 35x300"},
            minutes=[60, 120, 300],
        ),
        Quiet(
            # 6 % in twelve hours, then nothing. By the pace of the working hours alone it would be
            # full in three days, and not any more at night.
            why="agents work by day",
            series={FREE: "39.5-0.0416x143 33.5x143 33.5-0.0416x143 27.5x143"},
            interval="5m",
            minutes=range(0, 48 * 60, 60),
        ),
        Quiet(
            why="busy since it moved to another node",
            series={
                FREE: "38x287 stale",
                FREE.replace("10.0.0.7", "10.0.0.8"): "_x288 38-0.0833x24 36x100",
            },
            interval="5m",
            minutes=range(24 * 60, 34 * 60, 15),
        ),
    ],
    "LangfuseSecretNotReady": [
        Quiet(
            why="delivered at last",
            series={secret("False"): "1x9 0x30", secret("True"): "0x9 1x30"},
            minutes=[9, 10, 20],
        ),
        Quiet(
            why="another team's, in a namespace that is shared",
            series={secret("False", name="research-key", namespace="ai-agents"): "1x30"},
            minutes=[10, 30],
        ),
        Quiet(
            why="another stack's, in a namespace of its own",
            series={secret("False", namespace="observability-dev"): "1x30"},
            minutes=[10, 30],
        ),
        Quiet(
            why="another namespace's, which the operator's own is called like",
            series={
                secret("False", namespace="elsewhere").replace(
                    'namespace="external-secrets"', 'namespace="observability"'
                ): "1x30"
            },
            minutes=[10, 30],
        ),
    ],
    "LangfuseClickHouseDown": [
        Quiet(why="one of three", series=dict.fromkeys(CLICKHOUSE[:2], "0x30"), minutes=[5, 20]),
        Quiet(
            why="all are back in time",
            series=dict.fromkeys(CLICKHOUSE, "0x4 1x30"),
            minutes=[4, 5, 20],
        ),
    ],
    "LangfuseClickHouseReplicaMissing": [
        Quiet(why="replaced", series={CLICKHOUSE[0]: "0x14 1x30"}, minutes=[14, 15, 30]),
        Quiet(
            why="one after the other",
            series={
                CLICKHOUSE[0]: "0x9 1x60",
                CLICKHOUSE[1]: "1x9 0x9 1x60",
                KEEPERS[2]: "1x19 0x9 1x60",
            },
            minutes=range(0, 60, 5),
        ),
    ],
    "LangfuseClickHouseBackupFailed": [
        Quiet(
            why="one that takes all its time",
            series={BEGUN: "9000x500", SUCCEEDED: "2300x359 30000x140"},
            minutes=[360, 376, 450],
        ),
        Quiet(
            why="another CronJob's",
            series={BEGUN.replace("server-backup", "other"): "9000x400"},
            minutes=[375, 400],
        ),
    ],
    "LangfuseKeeperQuorumLost": [
        Quiet(why="one is away", series={KEEPERS[2]: "0x30"}, minutes=[5, 20]),
        Quiet(why="an election", series=dict.fromkeys(KEEPERS, "0x2 1x30"), minutes=[2, 5]),
    ],
    "LangfuseCacheDown": [
        Quiet(why="moved to another node", series={CACHE: "0x4 1x30"}, minutes=[4, 5, 10]),
        Quiet(why="the store is away", series={STORE: "0x30"}, minutes=[5, 10]),
    ],
    "LangfuseCacheFilling": [
        Quiet(why="three quarters", series={RESIDENT: "750x30"}, minutes=[15, 30]),
        Quiet(why="while it writes", series={RESIDENT: "900x14 600x30"}, minutes=[14, 15, 30]),
        Quiet(
            why="another pod's",
            series={RESIDENT.replace("valkey-0", "valkey-1"): "2000x30"},
            minutes=[15, 30],
        ),
    ],
    "LangfuseStorageDown": [
        Quiet(why="moved to another node", series={STORE: "0x4 1x30"}, minutes=[4, 5, 10]),
    ],
    "LangfuseClickHouseInsertsFail": [
        Quiet(
            why="one, and its repetition succeeds",
            series={of_clickhouse(FAILED_INSERTS): "0x9 1x60"},
            minutes=range(5, 40),
        ),
        Quiet(
            why="a short outage",
            series={of_clickhouse(FAILED_ASYNC): "0x9 0+60x4 240x60"},
            minutes=range(5, 40),
        ),
        Quiet(
            why="a server that restarts counts from zero",
            series={of_clickhouse(FAILED_INSERTS): "5000x9 0x60"},
            minutes=range(5, 40),
        ),
    ],
    "LangfuseClickHouseReadOnly": [
        Quiet(why="while it starts", series={READ_ONLY: "12x4 0x30"}, minutes=[4, 5, 20]),
    ],
    "LangfuseClickHouseManyParts": [
        Quiet(why="half of what makes inserts wait", series={PARTS: "500x60"}, minutes=[15, 60]),
        Quiet(why="an import", series={PARTS: "900x14 200x30"}, minutes=[14, 15, 30]),
    ],
    "LangfuseClickHouseReplicationLag": [
        Quiet(why="it catches up", series={LAG: "3600-300x14 0x30"}, minutes=[10, 15, 30]),
        Quiet(why="five minutes", series={LAG: "300x60"}, minutes=[15, 60]),
    ],
    "LangfuseClickHouseOutOfMemory": [
        Quiet(why="two", series={EXCEEDED: "0x5 1x5 2x60"}, minutes=[13, 30]),
        Quiet(why="an hour apart", series={EXCEEDED: "0x5 1x60 2x60 3x60"}, minutes=[66, 128, 140]),
    ],
    "LangfuseProbeFailing": [
        Quiet(
            why="a failover of two minutes",
            series={SUCCESS: "1x19 0x3 1x60"},
            interval="30s",
            minutes=range(10, 25),
        ),
        Quiet(
            why="one probe in three fails",
            series={SUCCESS: " ".join(["1 1 0"] * 40)},
            interval="30s",
            minutes=range(5, 60),
        ),
    ],
    "LangfuseProbeSlow": [
        Quiet(why="not yet", series={DURATION: "1.9x60"}, minutes=[15, 60]),
        Quiet(why="for a while", series={DURATION: "9x9 0.2x60"}, minutes=range(10, 40)),
    ],
    "LangfuseCertificateExpires": [
        Quiet(why="an hour too early", series={EXPIRY: f"{21 * DAY + 3600}x60"}, minutes=[15, 59]),
    ],
    "LangfuseNotMeasured": [
        Quiet(
            why="an exporter restarts", series={AVAILABLE: "2x5 _x10 2x60"}, minutes=[15, 20, 25]
        ),
        Quiet(
            why="no CPU limit, and a volume without metrics",
            series={FREE: "_x60", CAPACITY: "_x60"},
            minutes=[15, 60],
        ),
    ],
}


def groups(watched: Watched = EVERYTHING) -> list[dict[str, Any]]:
    return rules.groups(
        watched, runbooks=RUNBOOKS, certificate_days=21, alert_labels={"team": "platform"}
    )


def assert_fires(
    series: Series,
    expected: Mapping[int, Mapping[str, Firing]],
    *,
    interval: str = "1m",
) -> None:
    """That exactly the ``expected`` alerts fire, by minute and name, where ``series`` differ from
    those of a healthy stack."""
    assert_passes(
        {
            "interval": interval,
            "input_series": inputs(series),
            "alert_rule_test": [
                {
                    "eval_time": f"{minute}m",
                    "alertname": name,
                    "exp_alerts": [alerts[name].expected(name)] if name in alerts else [],
                }
                for minute, alerts in expected.items()
                for name in rules.NAMES
            ],
        }
    )


def inputs(series: Series) -> list[dict[str, str]]:
    return [{"series": name, "values": values} for name, values in {**HEALTHY, **series}.items()]


def only(name: str) -> list[dict[str, Any]]:
    """The rule of one alert; none depends on another."""
    (found,) = (rule for group in groups() for rule in group["rules"] if rule["alert"] == name)
    return [{"name": name, "rules": [found]}]


def assert_passes(test: Mapping[str, Any], of: Sequence[Mapping[str, Any]] | None = None) -> None:
    """That a test of the rules ``of`` some groups passes; of all of them if none are given."""
    # A test over days has a sample each five minutes, and nothing happens between two.
    every = "5m" if test["interval"] == "5m" else "1m"
    # Not compared: promtool's own report says what was expected and what came.
    if report := run_tests(of or groups(), [test], every=every):
        pytest.fail(report, pytrace=False)


def test_every_alert_has_a_case_that_fires_and_one_that_does_not() -> None:
    of_agents = [name for name in rules.NAMES if name.startswith("Agent")]
    assert list(FIRING) == list(QUIET) == [n for n in rules.NAMES if n not in of_agents]
    assert all(QUIET.values())


@pytest.mark.parametrize("name", FIRING)
def test_it_fires_alone_and_not_a_minute_earlier(name: str) -> None:
    case = FIRING[name]

    assert_fires(
        case.series, {case.minute - 1: {}, case.minute: {name: case}}, interval=case.interval
    )


@pytest.mark.parametrize(
    ("name", "case"),
    [
        pytest.param(name, case, id=f"{name}: {case.why}")
        for name, cases in QUIET.items()
        for case in cases
    ],
)
def test_it_does_not_fire(name: str, case: Quiet) -> None:
    none: list[dict[str, Any]] = [
        {"eval_time": f"{minute}m", "alertname": name, "exp_alerts": []} for minute in case.minutes
    ]

    assert_passes(
        {"interval": case.interval, "input_series": inputs(case.series), "alert_rule_test": none},
        only(name),
    )


def test_nothing_fires_while_everything_works() -> None:
    assert_fires({}, {minute: {} for minute in (0, 1, 30, 240)})


def test_a_rollout_fires_nothing() -> None:
    """Two pods replaced one after the other, with a new Secret before them."""
    old, new = "langfuse-5d8f7c9b6d", "langfuse-7b9c8d5f4e"
    rollout = {
        AVAILABLE: "2x5 3x1 2x1 3x1 2x60",
        CURRENT: "2x5 3x4 2x60",
        restarts(f"{old}-aaaaa"): "7x6 _x60",
        restarts(f"{old}-bbbbb"): "0x8 _x60",
        restarts(f"{new}-ccccc"): "_x5 0x60",
        restarts(f"{new}-ddddd"): "_x7 0x60",
        secret("False", name="langfuse-app-9e0d"): "_x2 1x2 0x60",
        secret("True", name="langfuse-app-9e0d"): "_x2 0x2 1x60",
    }

    assert_fires(rollout, {minute: {} for minute in range(40)})


def test_a_restart_of_kube_state_metrics_does_not_start_the_minutes_again() -> None:
    moved = AVAILABLE.replace("10.0.0.7", "10.0.0.8")
    fires = {"LangfuseDown": FIRING["LangfuseDown"]}

    assert_fires({AVAILABLE: "0x2 stale", moved: "_x3 0x30"}, {4: {}, 5: fires})


def test_a_deleted_deployment_is_down() -> None:
    gone = {AVAILABLE: "2x2 stale", OTHER: "1x60"}

    assert_fires(gone, {7: {}, 8: {"LangfuseDown": FIRING["LangfuseDown"]}})


def test_two_instances_of_kube_state_metrics_do_not_count_twice() -> None:
    twice = {RESTARTS: "0x5 1x5 2x60", RESTARTS.replace("10.0.0.7", "10.0.0.8"): "0x5 1x5 2x60"}

    assert_fires(twice, {minute: {} for minute in range(40)})


def test_restarts_of_several_pods_count_together() -> None:
    pods = {restarts("langfuse-5d8f7c9b6d-aaaaa"): "0x5 1x60"}
    pods[restarts("langfuse-5d8f7c9b6d-bbbbb")] = "0x9 2x60"
    fires = {"LangfusePodRestarts": FIRING["LangfusePodRestarts"]}

    assert_fires(pods, {10: {}, 11: fires})


def test_the_database_out_of_memory_has_an_alert_of_its_own() -> None:
    name = "LangfuseOutOfMemory"
    container = 'pod="langfuse-postgres-0", container="postgresql"'
    case = FIRING[name]
    own = replace(
        case,
        labels={"container": "postgresql"},
        summary=case.summary.replace("langfuse", "postgresql"),
        description=case.description.replace("langfuse", "postgresql"),
    )
    series = {
        restarts("langfuse-postgres-0", "postgresql"): "0x9 1x30",
        of_ksm(TERMINATED, f'{container}, reason="OOMKilled"'): "_x10 1x30",
    }

    assert_fires(series, {10: {}, 11: {name: own}})


def test_workers_that_go_away_are_down() -> None:
    gone = {WORKERS: "2x2 stale"}

    assert_fires(gone, {12: {}, 13: {"LangfuseWorkerDown": FIRING["LangfuseWorkerDown"]}})


def test_workers_are_watched_as_web_pods_are() -> None:
    stuck = STUCK.replace('deployment="langfuse"', 'deployment="langfuse-worker"')
    named = {
        name: replace(
            case,
            labels={label: "langfuse-worker"},
            description=case.description.replace(
                "observability/langfuse", "observability/langfuse-worker"
            ),
        )
        for name, label, case in (
            ("LangfuseRolloutStuck", "deployment", FIRING["LangfuseRolloutStuck"]),
            ("LangfuseReplicasMissing", "deployment", FIRING["LangfuseReplicasMissing"]),
            (
                "LangfuseAutoscalerBlind",
                "horizontalpodautoscaler",
                FIRING["LangfuseAutoscalerBlind"],
            ),
        )
    }
    blind = scaling("ScalingActive", "false", "langfuse-worker")

    assert_fires({stuck: "1x30", WORKERS: "1x30", blind: "1x30"}, {0: {}, 16: named})


def test_a_worker_out_of_memory_has_an_alert_of_its_own() -> None:
    name = "LangfuseOutOfMemory"
    case = FIRING[name]
    own = replace(
        case,
        labels={"container": "worker"},
        summary=case.summary.replace("langfuse", "worker"),
        description=case.description.replace("langfuse", "worker"),
    )
    series = {
        restarts("langfuse-worker-6f5d4c3b2a-x2x9k", "worker"): "0x9 1x30",
        of_ksm(TERMINATED, f'{WORKER_POD}, reason="OOMKilled"'): "_x10 1x30",
    }

    assert_fires(series, {10: {}, 11: {name: own}})


@pytest.mark.parametrize(
    ("pod", "container"),
    [
        ("langfuse-clickhouse-server-clickhouse-0-2-0", "clickhouse-server"),
        ("langfuse-clickhouse-server-keeper-1-0", "clickhouse-keeper"),
        ("langfuse-valkey-0", "valkey"),
        ("langfuse-seaweedfs-0", "seaweedfs"),
    ],
)
def test_a_service_that_crashes_is_named_by_its_container(pod: str, container: str) -> None:
    name = "LangfusePodRestarts"
    case = FIRING[name]
    own = replace(
        case,
        labels={"container": container},
        summary=case.summary.replace("langfuse", container),
        description=case.description.replace("langfuse", container),
    )

    assert_fires({restarts(pod, container): "0x5 1x5 2x5 3x30"}, {18: {}, 19: {name: own}})


@pytest.mark.parametrize(
    "claim",
    [
        "clickhouse-storage-volume-langfuse-clickhouse-server-clickhouse-0-1-0",
        "clickhouse-storage-volume-langfuse-clickhouse-server-keeper-2-0",
        "data-langfuse-valkey-0",
        "data-langfuse-seaweedfs-0",
    ],
)
def test_every_volume_is_watched(claim: str) -> None:
    name = "LangfuseVolumeFilling"
    case = FIRING[name]
    own = replace(
        case,
        labels={"persistentvolumeclaim": claim},
        summary=case.summary.replace("data-langfuse-postgres-0", claim),
        description=case.description.replace("data-langfuse-postgres-0", claim),
    )
    series = {
        FREE.replace("data-langfuse-postgres-0", claim): "19x30",
        CAPACITY.replace("data-langfuse-postgres-0", claim): "100x30",
    }

    assert_fires(series, {14: {}, 15: {name: own}})


def test_an_alert_of_version_2_says_nothing_of_workers_and_other_servers() -> None:
    texts = {
        rule["alert"]: rule["annotations"]["summary"] + rule["annotations"]["description"]
        for group in groups(OF_VERSION_2)
        for rule in group["rules"]
    }

    assert [name for name in texts if name in {"LangfuseWorkerDown", "LangfuseCacheDown"}] == []
    assert [name for name, text in texts.items() if "worker" in text or "server" in text] == []
    assert texts["LangfuseVolumeFilling"].startswith("The volume of Langfuse's database fills up")
    assert texts["LangfuseVolumeFilling"].endswith("of the last one; PostgreSQL stops when it is.")


def test_inserts_that_fail_in_the_background_count_too() -> None:
    name = "LangfuseClickHouseInsertsFail"

    assert_fires(
        {of_clickhouse(FAILED_ASYNC, 1): "0x9 0+60x30"}, {20: {}, 21: {name: FIRING[name]}}
    )


PER_SAMPLE: Final = 20 / 288
"""A fifth of the volume in a day of samples, one each five minutes."""

PREDICTED: Final = 24 * 60 + 5 + 15
"""Minutes until ``LangfuseVolumeFilling`` fires at that pace, from 60 % free on: the first sample
below 40 % comes after a day and five minutes."""


@pytest.mark.parametrize(
    "series",
    [
        pytest.param({FREE: f"60-{PER_SAMPLE}x600"}, id="on one node"),
        pytest.param(
            {
                FREE: f"60-{PER_SAMPLE}x143 stale",
                FREE.replace("10.0.0.7", "10.0.0.8"): f"_x144 50-{PER_SAMPLE}x600",
            },
            id="on another node since noon",
        ),
    ],
)
def test_a_volume_that_will_be_full_in_three_days_fires_while_there_is_room(
    series: Series,
) -> None:
    name = "LangfuseVolumeFilling"
    case = FIRING[name]
    fires = replace(case, description=case.description.replace("19%", "39.72%"))

    assert_fires(series, {PREDICTED - 5: {}, PREDICTED: {name: fires}}, interval="5m")


def test_a_secret_is_found_where_the_scrape_honours_labels() -> None:
    honoured = secret("False").replace('namespace="external-secrets", ', "")
    honoured = honoured.replace("exported_namespace", "namespace")
    fires = {"LangfuseSecretNotReady": FIRING["LangfuseSecretNotReady"]}

    assert honoured.count("namespace") == 1
    assert_fires({honoured: "1x30"}, {9: {}, 10: fires})


def test_agents_secret_is_watched_in_the_namespace_of_the_agents() -> None:
    name = "LangfuseSecretNotReady"
    case = FIRING[name]
    entire = "observability/langfuse-app-4f1c"
    agents = replace(
        case,
        labels={"name": "agent-observability", "namespace": "ai-agents"},
        summary=case.summary.replace("observability", "ai-agents"),
        description=case.description.replace(entire, "ai-agents/agent-observability"),
    )
    series = {secret("False", name="agent-observability", namespace="ai-agents"): "1x30"}

    assert_fires(series, {9: {}, 10: {name: agents}})


@pytest.mark.parametrize(
    ("gone", "source"),
    [
        ([DATABASE], "kube-state-metrics"),
        ([WORKERS], "kube-state-metrics"),
        (CLICKHOUSE, "kube-state-metrics"),
        (KEEPERS, "kube-state-metrics"),
        ([CACHE], "kube-state-metrics"),
        ([STORE], "kube-state-metrics"),
        ([secret("True"), secret("False")], "External Secrets"),
        ([PARTS], "ClickHouse"),
        ([SUCCESS], "the blackbox exporter"),
    ],
)
def test_each_source_that_is_silent_is_named(gone: Sequence[str], source: str) -> None:
    name = "LangfuseNotMeasured"
    case = FIRING[name]
    named = replace(
        case,
        labels={"source": source},
        summary=case.summary.replace("kube-state-metrics", source),
        description=case.description.replace("kube-state-metrics", source),
    )

    assert_fires(dict.fromkeys(gone, "_x60"), {14: {}, 15: {name: named}})


@pytest.mark.parametrize(
    "watched",
    [
        EVERYTHING,
        NOTHING_MORE,
        OF_VERSION_2,
        replace(NOTHING_MORE, worker=EVERYTHING.worker),
        replace(NOTHING_MORE, clickhouse=single("langfuse-clickhouse-server", "clickhouse")),
        replace(
            NOTHING_MORE,
            clickhouse=single("langfuse-clickhouse-server", "clickhouse"),
            clickhouse_scraped=True,
        ),
        replace(NOTHING_MORE, postgres="langfuse-postgres"),
        replace(NOTHING_MORE, secret_namespaces=("observability",)),
        replace(NOTHING_MORE, probe_job="observability/langfuse"),
        replace(NOTHING_MORE, max_replicas=3),
    ],
)
def test_promtool_has_nothing_against_the_rules(watched: Watched) -> None:
    assert check_rules(groups(watched)) == ""


def test_promtool_would_find_a_wrong_expression() -> None:
    (first, *_) = groups()
    first["rules"][0]["expr"] += " =="

    assert "parse error" in check_rules([first])
