"""The PromQL of one workload of a stack: a container, a Deployment, servers with volumes.

Metrics and their labels: https://github.com/kubernetes/kube-state-metrics/tree/main/docs/metrics
(kube_*), https://github.com/google/cadvisor/blob/master/docs/storage/prometheus.md (container_*),
https://kubernetes.io/docs/reference/instrumentation/metrics/ (kubelet_*).

``max`` over the series of one object: two replicas of kube-state-metrics report it twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from components.kubernetes import claims
from components.monitoring.alerts.workload import WINDOW
from components.monitoring.definition import one_of, series
from components.monitoring.watched_workloads import Watched, WatchedServers, WatchedWorker


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

    def resident_of(self, most: int) -> str:
        """Share of ``most`` bytes that the process itself takes, without pages of its files."""
        return f"max by (pod) ({self._series('container_memory_rss')}) / {most}"

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


@dataclass(frozen=True, kw_only=True)
class Scaled:
    """A Deployment and its autoscaler, which have one name."""

    namespace: str
    name: str

    def available(self) -> str:
        return self._deployment("status_replicas_available")

    def wanted(self) -> str:
        return self._deployment("spec_replicas")

    def availability(self) -> str:
        return f"{self.available()} / clamp_min({self.wanted()}, 1)"

    def minimum(self) -> str:
        return self._autoscaler("spec_min_replicas")

    def maximum(self) -> str:
        return self._autoscaler("spec_max_replicas")

    def of_maximum(self) -> str:
        return f"{self._autoscaler('status_current_replicas')} / {self.maximum()}"

    def target_cpu(self) -> str:
        """The share of its request at which the autoscaler adds a pod."""
        matchers = ('metric_name="cpu"', 'metric_target_type="utilization"')
        return f"{self._autoscaler('spec_target_metric', *matchers)} / 100"

    def _deployment(self, metric: str) -> str:
        name = f'deployment="{self.name}"'
        return f"max({series(f'kube_deployment_{metric}', self.namespace, name)})"

    def _autoscaler(self, metric: str, *matchers: str) -> str:
        name = f'horizontalpodautoscaler="{self.name}"'
        metric = f"kube_horizontalpodautoscaler_{metric}"
        return f"max({series(metric, self.namespace, name, *matchers)})"


@dataclass(frozen=True, kw_only=True)
class Servers:
    """Servers of one service, each pod with a volume. What is said of one has no label."""

    namespace: str
    servers: WatchedServers

    @property
    def count(self) -> int:
        return len(self.servers.stateful_sets)

    @property
    def volumes(self) -> int:
        return len(self.servers.claims)

    def ready(self) -> str:
        """How many of them accept connections."""
        each = self.each_ready()
        return each if self.count == 1 else f"sum({each})"

    def each_ready(self) -> str:
        sets = self.servers.stateful_sets
        return self._of_each("max", "kube_statefulset_status_replicas_ready", "statefulset", sets)

    def volume_used(self) -> str:
        """Share of the fullest volume that is not available for writing; space that the file system
        reserves counts as used."""
        used = f"1 - {self.volume_available()} / {self._volume('capacity')}"
        return used if self.volumes == 1 else f"max({used})"

    def volume_available(self) -> str:
        return self._volume("available")

    def volume_capacity(self) -> str:
        """Of the smallest."""
        capacity = self._volume("capacity")
        return capacity if self.volumes == 1 else f"min({capacity})"

    def _volume(self, kind: str) -> str:
        metric, claim = f"kubelet_volume_stats_{kind}_bytes", "persistentvolumeclaim"
        return self._of_each("min", metric, claim, self.servers.claims)

    def _of_each(self, function: str, metric: str, label: str, names: Sequence[str]) -> str:
        by = "" if len(names) == 1 else f" by ({label}) "
        return f"{function}{by}({series(metric, self.namespace, one_of(label, names))})"


def web(watched: Watched) -> Workload:
    """Langfuse's pods."""
    return _of_deployment(watched, watched.langfuse, watched.langfuse)


def web_deployment(watched: Watched) -> Scaled:
    """Langfuse's Deployment."""
    return Scaled(namespace=watched.namespace, name=watched.langfuse)


def workers(watched: Watched, worker: WatchedWorker) -> Workload:
    """The pods that work on queues."""
    return _of_deployment(watched, worker.name, worker.container)


def worker_deployment(watched: Watched, worker: WatchedWorker) -> Scaled:
    """The workers' Deployment."""
    return Scaled(namespace=watched.namespace, name=worker.name)


def servers(watched: Watched, of_service: WatchedServers) -> Servers:
    """The servers of a service."""
    return Servers(namespace=watched.namespace, servers=of_service)


def containers(of_service: Servers) -> Workload:
    """The servers' own containers."""
    return Workload(
        namespace=of_service.namespace,
        pods=one_of("pod", of_service.servers.pods),
        container=of_service.servers.container,
    )


def database(watched: Watched, postgres: str) -> Servers:
    """The database in the cluster."""
    return servers(
        watched,
        WatchedServers(
            stateful_sets=(postgres,), container="postgresql", claims=(claims.claim(postgres),)
        ),
    )


def _of_deployment(watched: Watched, name: str, container: str) -> Workload:
    """Pods are named <Deployment>-<hash of its template>-<five random characters>."""
    return Workload(
        namespace=watched.namespace,
        pods=f'pod=~"{name}-[a-z0-9]+-[a-z0-9]{{5}}"',
        container=container,
    )
