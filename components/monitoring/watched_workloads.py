"""The names by which metrics identify a stack's workloads and AWS resources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from components.monitoring.watched_agents import AgentLimits, ModelPrice


@dataclass(frozen=True, kw_only=True)
class WatchedWorker:
    """The pods that work on queues."""

    name: str
    """Name of the Deployment, and of its autoscaler."""
    container: str
    min_replicas: int
    max_replicas: int


@dataclass(frozen=True, kw_only=True)
class WatchedServers:
    """Servers of one service that keep their data on volumes of the cluster."""

    stateful_sets: Sequence[str]
    """One for each server, unless they are ``replicas``. Its pods are ``<name>-0`` and so on."""
    container: str
    claims: Sequence[str]
    """The servers' volume claims, in the same order."""
    replicas: int = 1
    """Pods of each StatefulSet."""

    @property
    def pods(self) -> list[str]:
        return [f"{name}-{n}" for name in self.stateful_sets for n in range(self.replicas)]


@dataclass(frozen=True, kw_only=True)
class WatchedBackup:
    """Backups on a schedule."""

    cron_job: str
    """Name of the CronJob."""
    hours: int
    """How long one may take, with its repetitions."""


@dataclass(frozen=True, kw_only=True)
class WatchedGateway:
    """The agents' gateway, and what is known of the agents that send to it."""

    servers: WatchedServers
    """One StatefulSet of all replicas."""
    scraped: bool = False
    """Whether Prometheus reads its metrics: those of agents, and its own."""
    langsmith: bool = False
    """Whether LangSmith gets a copy."""
    prices: Mapping[str, ModelPrice] = field(default_factory=dict[str, ModelPrice])
    """By the model's name, as agents report it."""
    budgets: Mapping[str, float] = field(default_factory=dict[str, float])
    """USD within 24 hours, by agent namespace."""
    limits: AgentLimits
    project_url: str
    """Langfuse's pages of the project with the traces, as people open them, without trailing
    slash."""


@dataclass(frozen=True, kw_only=True)
class Watched:
    """One stack's workloads, as kube-state-metrics, cAdvisor and the kubelet name them."""

    stack: str
    """Distinguishes the dashboards and alerts of this stack from those of others."""
    namespace: str
    """Namespace of Langfuse."""
    langfuse: str
    """Name of the Deployment, and of its container and its autoscaler."""
    max_replicas: int
    min_replicas: int
    """Equal to ``max_replicas``: a fixed number of pods, so that no alert about the limit fires."""
    paused: bool = False
    """Whether no pod of Langfuse is meant to run, so that no alert about one fires."""
    migration: str
    """Prefix of the names of migration Jobs, before ``-`` and a random part."""
    postgres: str | None = None
    """Name of the database's StatefulSet, if it runs in the cluster. Its pod is ``<name>-0``, its
    volume claim ``data-<name>-0``."""
    worker: WatchedWorker | None = None
    """From Langfuse 3 on."""
    clickhouse: WatchedServers | None = None
    """ClickHouse, if it runs in the cluster."""
    clickhouse_backup: WatchedBackup | None = None
    """ClickHouse's backups, if it makes any."""
    keeper: WatchedServers | None = None
    """ClickHouse's Keepers, which it has if it has several servers."""
    clickhouse_scraped: bool = False
    """Whether Prometheus reads the metrics of both."""
    cache: WatchedServers | None = None
    """The cache, if it runs in the cluster."""
    cache_bytes: int | None = None
    """What that cache may hold."""
    storage: WatchedServers | None = None
    """The object store, if it runs in the cluster."""
    gateway: WatchedGateway | None = None
    """What agents send to, if they send to Langfuse through it."""
    secret_namespaces: Sequence[str] = ()
    """Namespaces with ExternalSecrets of this stack; none if Pulumi writes the Secrets."""
    probe_job: str | None = None
    """Job name of the blackbox probe's metrics; None without one."""
    probe_sees_certificate: bool = True
    """Whether the probe uses https."""

    @property
    def servers(self) -> list[WatchedServers]:
        """The services in the cluster beside the database."""
        gateway = self.gateway.servers if self.gateway else None
        services = (self.clickhouse, self.keeper, self.cache, self.storage, gateway)
        return [service for service in services if service is not None]


@dataclass(frozen=True, kw_only=True)
class WatchedInAws:
    """A stack's resources with metrics in CloudWatch, by the dimensions of these metrics."""

    region: str
    database: str | None = None
    """DBInstanceIdentifier."""
    load_balancer: str | None = None
    """LoadBalancer: ``app/<name>/<id>``."""
    cache: Sequence[str] = ()
    """CacheClusterId of each node; none if it is not on ElastiCache."""
    buckets: Mapping[str, str] = field(default_factory=dict[str, str])
    """BucketName by what is in it."""
    queues: bool = False
    """Whether workers send metrics of queues, which have no dimension."""
