"""Alerts about Langfuse's own pods and migrations.

From kube-state-metrics (https://github.com/kubernetes/kube-state-metrics/tree/main/docs/metrics)
and cAdvisor (https://github.com/google/cadvisor/blob/master/docs/storage/prometheus.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from components.monitoring.alerts import autoscaling
from components.monitoring.alerts.deployments import available, deployments, of_deployment
from components.monitoring.definition import Alert, one_of, series
from components.monitoring.watched_workloads import Watched

_DOWN_MINUTES: Final = 5
"""If all pods move to other nodes, they are ready again within a minute or two."""

_WORKER_DOWN_MINUTES: Final = 10
"""What agents send meanwhile waits in the queue. A worker starts when the migration, PostgreSQL and
ClickHouse are there."""

_REMEMBERED: Final = "6h"
"""How long a deleted Deployment counts as down."""

_MISSING_MINUTES: Final = 15
"""Longer than the deadline of a new pod (``langfuse.lifecycle.PROGRESS_DEADLINE``, 9 minutes), with
time to start a node before."""

RESTARTS: Final = 3
"""One restart can be a transient problem of a node; three within the window are not."""

WINDOW: Final = "30m"
"""How far back restarts count. A crash loop waits at most five minutes between two restarts."""

_SMOOTHED_MINUTES: Final = 1
"""Short, because the window already smooths the value."""

THROTTLED: Final = 0.25
"""Of the periods in which a container ran. kubernetes-mixin's own number
(https://github.com/kubernetes-monitoring/kubernetes-mixin)."""

_THROTTLED_MINUTES: Final = 15
"""A start uses much CPU for a minute or two."""

_POSTGRES_CONTAINER: Final = "postgresql"


def alerts(watched: Watched) -> Iterator[Alert]:
    """Of every stack; an autoscaler's only if it can scale, and no pod's while none may run."""
    if not watched.paused:
        yield from _replicas(watched)
        yield from autoscaling.alerts(watched)
    yield from _containers(watched)
    yield _migration(watched)


def _down(watched: Watched, deployment: str) -> str:
    """No pod of a Deployment is ready.

    A deleted one has no series that could be 0. It is down if kube-state-metrics reported it before
    and still reports others. If it reports none, LangfuseNotMeasured fires.
    """
    ready = available(watched, deployment)
    before = of_deployment(
        "kube_deployment_status_replicas_available", watched, [deployment], _REMEMBERED
    )
    return (
        f"{ready} == 0\n"
        f"or {before}\n"
        f"unless {ready}\n"
        "and on () count(kube_deployment_status_replicas_available)"
    )


def _replicas(watched: Watched) -> Iterator[Alert]:
    every = deployments(watched)
    ready = available(watched, *every)
    wanted = of_deployment("kube_deployment_spec_replicas", watched, every)
    yield Alert(
        name="LangfuseDown",
        severity="critical",
        minutes=_DOWN_MINUTES,
        expression=_down(watched, watched.langfuse),
        summary="Langfuse is down: no pod serves",
        description=(
            f"For {_DOWN_MINUTES} minutes no pod of "
            "{{ $labels.namespace }}/{{ $labels.deployment }} has been ready. Nobody can log in, "
            "and traces that agents send do not arrive."
        ),
    )
    if watched.worker:
        yield _no_worker(watched, watched.worker.name)
    yield _stuck(watched)
    yield Alert(
        name="LangfuseReplicasMissing",
        severity="warning",
        minutes=_MISSING_MINUTES,
        # If no pod is ready, LangfuseDown or LangfuseWorkerDown fires.
        expression=f"{wanted}\n- {ready} > 0\nand {ready} > 0",
        summary="Langfuse runs with fewer pods than wanted",
        description=(
            f"For {_MISSING_MINUTES} minutes pods of "
            "{{ $labels.namespace }}/{{ $labels.deployment }} have been missing, {{ $value }} "
            "now. The others serve; another failure or a peak is not covered."
        ),
    )


def _no_worker(watched: Watched, worker: str) -> Alert:
    return Alert(
        name="LangfuseWorkerDown",
        severity="critical",
        minutes=_WORKER_DOWN_MINUTES,
        expression=_down(watched, worker),
        summary="No worker of Langfuse works",
        description=(
            f"For {_WORKER_DOWN_MINUTES} minutes no pod of "
            "{{ $labels.namespace }}/{{ $labels.deployment }} has been ready. Traces are accepted "
            "and wait in the cache; none appears, and when the cache is full agents get errors."
        ),
    )


def _stuck(watched: Watched) -> Alert:
    """No pod is missing then: old pods are removed only when new ones are ready."""
    condition = series(
        "kube_deployment_status_condition",
        watched.namespace,
        one_of("deployment", deployments(watched)),
        'condition="Progressing"',
        'status="false"',
    )
    return Alert(
        name="LangfuseRolloutStuck",
        severity="warning",
        minutes=1,
        expression=f"max by (namespace, deployment) ({condition}) == 1",
        summary="New pods of Langfuse do not become ready",
        description=(
            "A rollout of {{ $labels.namespace }}/{{ $labels.deployment }} has given up waiting "
            "for a new pod. The old ones serve with the old release and the old settings."
        ),
    )


def _containers(watched: Watched) -> Iterator[Alert]:
    lost = "Requests that they were answering are lost."
    if watched.worker:
        lost += " So is what a worker had taken and not yet written."
    counted = _in_pods("kube_pod_container_status_restarts_total", watched)
    # Two instances of kube-state-metrics report the same: `max` per pod, then `sum` over pods.
    by_pod = f"max by (namespace, pod, container) (increase({counted}[{WINDOW}]))"
    killed = _in_pods(
        "kube_pod_container_status_last_terminated_reason", watched, 'reason="OOMKilled"'
    )
    yield Alert(
        name="LangfusePodRestarts",
        severity="warning",
        minutes=_SMOOTHED_MINUTES,
        expression=f"sum by (namespace, container) ({by_pod}) >= {RESTARTS}",
        summary="Containers {{ $labels.container }} restart again and again",
        description=(
            "Containers {{ $labels.container }} in {{ $labels.namespace }} restarted "
            f'{{{{ printf "%.0f" $value }}}} times in half an hour. {lost}'
        ),
    )
    yield Alert(
        name="LangfuseOutOfMemory",
        severity="warning",
        minutes=_SMOOTHED_MINUTES,
        # The reason stays until the pod is deleted, so a recent restart is required as well.
        expression=(
            f"count by (namespace, container) ({by_pod} > 0\n"
            f"and max by (namespace, pod, container) ({killed}) == 1)"
        ),
        summary="Containers {{ $labels.container }} need more memory than their limit",
        description=(
            "In half an hour the kernel killed {{ $labels.container }} at its memory limit in "
            f"{{{{ $value }}}} of the pods in {{{{ $labels.namespace }}}}. {lost}"
        ),
    )
    throttled, periods = (
        f"sum by (namespace, container) (rate({_in_pods(metric, watched)}[5m]))"
        for metric in (
            "container_cpu_cfs_throttled_periods_total",
            "container_cpu_cfs_periods_total",
        )
    )
    yield Alert(
        name="LangfuseCpuThrottled",
        severity="warning",
        minutes=_THROTTLED_MINUTES,
        # The stack sets no CPU limit; without one these series do not exist.
        expression=f"{throttled}\n/ {periods} > {THROTTLED}",
        summary="A CPU limit slows {{ $labels.container }} down",
        description=(
            f"For {_THROTTLED_MINUTES} minutes a CPU limit has held "
            "{{ $labels.container }} in {{ $labels.namespace }} back, now in "
            "{{ $value | humanizePercentage }} of the periods in which it runs. The stack sets no "
            "such limit: a LimitRange of the namespace or an admission webhook does."
        ),
    )


def _in_pods(metric: str, watched: Watched, *matchers: str) -> str:
    """A container metric of Langfuse and of its services in the cluster. Not of migrations, whose
    pods never restart: the status of their Job is enough."""
    # <Deployment>-<hash of its template>-<five random characters>
    template = "{}-[a-z0-9]+-[a-z0-9]{{5}}"
    pods, containers = [template.format(watched.langfuse)], [watched.langfuse]
    if watched.worker:
        pods.append(template.format(watched.worker.name))
        containers.append(watched.worker.container)
    if watched.postgres:
        pods.append(f"{watched.postgres}-0")
        containers.append(_POSTGRES_CONTAINER)
    for service in watched.servers:
        pods += service.pods
        containers.append(service.container)
    return series(
        metric,
        watched.namespace,
        f'pod=~"{"|".join(pods)}"',
        f'container=~"{"|".join(containers)}"',
        *matchers,
    )


def _migration(watched: Watched) -> Alert:
    failed = series(
        "kube_job_failed",
        watched.namespace,
        f'job_name=~"{watched.migration}-.+"',
        # Not kube_job_status_failed, which also counts a failed attempt of a Job that succeeded.
        'condition="true"',
    )
    return Alert(
        name="LangfuseMigrationFailed",
        severity="warning",
        minutes=1,
        expression=f"max by (namespace, job_name) ({failed}) == 1",
        summary="A database migration of Langfuse failed",
        description=(
            "The migration Job {{ $labels.namespace }}/{{ $labels.job_name }} gave up. Pods of "
            "the release before go on serving; the new release does not start until a migration "
            "has succeeded."
        ),
    )
