"""The PromQL of the dashboards: one function for each query.

Metrics and their labels:
https://github.com/kubernetes/kube-state-metrics/tree/main/docs/metrics (kube_*),
https://github.com/google/cadvisor/blob/master/docs/storage/prometheus.md (container_*),
https://kubernetes.io/docs/reference/instrumentation/metrics/ (kubelet_*),
https://github.com/prometheus/blackbox_exporter (probe_*),
https://external-secrets.io/latest/api/metrics/ (externalsecret_*).

``max`` over the series of one object: two replicas of kube-state-metrics report it twice.
"""

from __future__ import annotations

from dataclasses import dataclass

from components.kubernetes import claims
from components.monitoring.alerts import dependencies, probe
from components.monitoring.alerts.definition import series
from components.monitoring.alerts.workload import WINDOW
from components.monitoring.watched_workloads import Watched


@dataclass(frozen=True, kw_only=True)
class Workload:
    """One container of a stack, in all its pods."""

    namespace: str
    pods: str
    """Matcher of the label ``pod``."""
    container: str

    def restarts(self) -> str:
        return f"sum by (pod) ({self._restarts()})"

    def out_of_memory(self) -> str:
        """Restarts after an out-of-memory kill. The reason alone stays until the pod is deleted."""
        killed = self._series(
            "kube_pod_container_status_last_terminated_reason", 'reason="OOMKilled"'
        )
        reason = f"max by (namespace, pod, container) ({killed})"
        return f"sum by (pod) ({self._restarts()} * {reason}) or {self._none()}"

    def cpu_of_request(self) -> str:
        used = self._series("container_cpu_usage_seconds_total")
        return (
            f"sum by (pod) (rate({used}[$__rate_interval])) / {self._quantity('requests', 'cpu')}"
        )

    def throttled(self) -> str:
        """Share of periods in which the container was throttled; 0 without a CPU limit."""

        def rate(metric: str) -> str:
            selected = self._series(f"container_cpu_cfs_{metric}_total")
            return f"sum by (pod) (rate({selected}[$__rate_interval]))"

        return f"{rate('throttled_periods')} / {rate('periods')} or {self._none()}"

    def memory_of_limit(self) -> str:
        used = self._series("container_memory_working_set_bytes")
        return f"max by (pod) ({used}) / {self._quantity('limits', 'memory')}"

    def fullest_memory(self) -> str:
        return f"max({self.memory_of_limit()})"

    def _series(self, metric: str, *matchers: str) -> str:
        container = f'container="{self.container}"'
        return series(metric, self.namespace, self.pods, container, *matchers)

    def _restarts(self) -> str:
        restarts = self._series("kube_pod_container_status_restarts_total")
        # Whole numbers: increase() extrapolates to the ends of the window.
        return f"max by (namespace, pod, container) (round(increase({restarts}[{WINDOW}])))"

    def _quantity(self, kind: str, resource: str) -> str:
        selected = self._series(f"kube_pod_container_resource_{kind}", f'resource="{resource}"')
        return f"max by (pod) ({selected})"

    def _none(self) -> str:
        return f"0 * max by (pod) ({self._series('kube_pod_container_info')})"


def web(watched: Watched) -> Workload:
    """Langfuse's pods: <Deployment>-<hash of its template>-<five random characters>."""
    return Workload(
        namespace=watched.namespace,
        pods=f'pod=~"{watched.langfuse}-[a-z0-9]+-[a-z0-9]{{5}}"',
        container=watched.langfuse,
    )


def database(watched: Watched) -> Workload:
    """The server's container of the in-cluster database's only pod."""
    return Workload(
        namespace=watched.namespace, pods=f'pod="{watched.postgres}-0"', container="postgresql"
    )


def available(watched: Watched) -> str:
    return _deployment(watched, "status_replicas_available")


def wanted(watched: Watched) -> str:
    return _deployment(watched, "spec_replicas")


def availability(watched: Watched) -> str:
    return f"{available(watched)} / clamp_min({wanted(watched)}, 1)"


def minimum(watched: Watched) -> str:
    return _autoscaler(watched, "spec_min_replicas")


def maximum(watched: Watched) -> str:
    return _autoscaler(watched, "spec_max_replicas")


def of_maximum(watched: Watched) -> str:
    return f"{_autoscaler(watched, 'status_current_replicas')} / {maximum(watched)}"


def target_cpu(watched: Watched) -> str:
    """The share of its request at which the autoscaler adds a pod."""
    matchers = ('metric_name="cpu"', 'metric_target_type="utilization"')
    return f"{_autoscaler(watched, 'spec_target_metric', *matchers)} / 100"


def rollouts(watched: Watched) -> str:
    """1 for two minutes after a new ReplicaSet: a changed image, setting or secret."""
    names = f'replicaset=~"{watched.langfuse}-[a-z0-9]+"'
    created = series("kube_replicaset_created", watched.namespace, names)
    return f"time() - max({created}) < bool 120"


def migrations(watched: Watched) -> str:
    """Of each migration Job: 0 running or waiting, 1 complete, 2 failed."""
    names = f'job_name=~"{watched.migration}-.+"'

    def jobs(metric: str, *matchers: str) -> str:
        return f"max by (job_name) ({series(metric, watched.namespace, names, *matchers)})"

    true = 'condition="true"'
    return (
        f"2 * ({jobs('kube_job_failed', true)} == 1)"
        f" or ({jobs('kube_job_complete', true)} == 1)"
        f" or 0 * {jobs('kube_job_created')}"
    )


def secrets(watched: Watched) -> str:
    """Of each ExternalSecret: 1 ready, 0 not ready."""
    ready = dependencies.secret_conditions(watched, 'status="True"')
    return f"max by (namespace, name) ({ready})"


def firing(watched: Watched) -> str:
    matchers = f'alertname=~"Langfuse.+", alertstate="firing", stack="{watched.stack}"'
    return f"count(ALERTS{{{matchers}}}) or vector(0)"


def probe_answers(watched: Watched) -> str:
    return f"min({_probe(watched, 'probe_success')})"


def probe_answered(watched: Watched, window: str) -> str:
    """Share of ``window`` in which the probe was answered."""
    return f"avg(avg_over_time({_probe(watched, 'probe_success')}[{window}]))"


def probe_duration(watched: Watched) -> str:
    return f"max({_probe(watched, 'probe_duration_seconds')})"


def probe_phases(watched: Watched) -> str:
    return f"max by (phase) ({_probe(watched, 'probe_http_duration_seconds')})"


def certificate_days(watched: Watched) -> str:
    return f"(min({_probe(watched, 'probe_ssl_earliest_cert_expiry')}) - time()) / 86400"


def database_ready(watched: Watched) -> str:
    name = f'statefulset="{watched.postgres}"'
    return f"max({series('kube_statefulset_status_replicas_ready', watched.namespace, name)})"


def volume_used(watched: Watched, postgres: str) -> str:
    """Share that is not available for writing; space that the file system reserves counts as
    used."""
    return f"1 - {volume_available(watched, postgres)} / {volume_capacity(watched, postgres)}"


def volume_available(watched: Watched, postgres: str) -> str:
    return _volume(watched, postgres, "available_bytes")


def volume_capacity(watched: Watched, postgres: str) -> str:
    return _volume(watched, postgres, "capacity_bytes")


def _volume(watched: Watched, postgres: str, metric: str) -> str:
    claim = f'persistentvolumeclaim="{claims.claim(postgres)}"'
    return f"min({series(f'kubelet_volume_stats_{metric}', watched.namespace, claim)})"


def _deployment(watched: Watched, metric: str) -> str:
    name = f'deployment="{watched.langfuse}"'
    return f"max({series(f'kube_deployment_{metric}', watched.namespace, name)})"


def _autoscaler(watched: Watched, metric: str, *matchers: str) -> str:
    name = f'horizontalpodautoscaler="{watched.langfuse}"'
    metric = f"kube_horizontalpodautoscaler_{metric}"
    return f"max({series(metric, watched.namespace, name, *matchers)})"


def _probe(watched: Watched, metric: str) -> str:
    return probe.series_of_probe(metric, watched)
