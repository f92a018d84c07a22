"""What the dashboards of one stack are about."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from components.monitoring.alarms.thresholds import CacheThresholds
from components.monitoring.alerts.agents.telemetry import Telemetry
from components.monitoring.dashboards.panels.cloudwatch.buckets import Buckets
from components.monitoring.dashboards.panels.cloudwatch.elasticache import Nodes
from components.monitoring.dashboards.panels.cloudwatch.queues import Queues
from components.monitoring.dashboards.panels.limits import DatabaseLimits
from components.monitoring.watched_workloads import Watched, WatchedInAws

Service = Literal[
    "database", "worker", "clickhouse", "cache", "storage", "gateway", "agents", "agent-costs"
]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One stack, and the thresholds of its panels."""

    watched: Watched
    aws: WatchedInAws | None = None
    runbooks: str
    """URL of the ``docs`` folder, without trailing slash."""
    certificate_days: int
    """Minimum number of days for which a certificate should be valid."""
    alerts: bool
    """Whether Prometheus has the stack's alert rules."""
    database_limits: DatabaseLimits | None = None
    """Of the database on RDS; with None there are no thresholds and no CPU credits."""

    cache_thresholds: CacheThresholds | None = None
    """Of the cache on ElastiCache, if it is there."""

    @property
    def services(self) -> list[Service]:
        """What has a dashboard of its own. There are no metrics of what is external."""
        watched = self.watched
        found: dict[Service, object] = {
            "database": watched.postgres or self.rds is not None,
            "worker": watched.worker,
            "clickhouse": watched.clickhouse,
            "cache": watched.cache or self.cache,
            "storage": watched.storage or self.buckets,
            "gateway": watched.gateway,
            "agents": self.agents,
            "agent-costs": self.agents and self.agents.gateway.prices,
        }
        return [service for service, there in found.items() if there]

    @property
    def agents(self) -> Telemetry | None:
        """What the gateway counts of agents, where Prometheus reads it."""
        gateway = self.watched.gateway
        if gateway is None or not gateway.scraped:
            return None
        return Telemetry(watched=self.watched, gateway=gateway)

    @property
    def cache(self) -> Nodes | None:
        """The nodes of the cache, if it is on ElastiCache."""
        if self.aws is None or self.cache_thresholds is None or not self.aws.cache:
            return None
        return Nodes(region=self.aws.region, nodes=self.aws.cache, thresholds=self.cache_thresholds)

    @property
    def buckets(self) -> Buckets | None:
        """The buckets in S3, if there are any."""
        if self.aws is None or not self.aws.buckets:
            return None
        contents = dict[str, list[str]]()
        for content, name in self.aws.buckets.items():
            contents.setdefault(name, []).append(content)
        return Buckets(
            region=self.aws.region,
            names={", ".join(found): name for name, found in contents.items()},
        )

    @property
    def queues(self) -> Queues | None:
        """The metrics that workers send, if they do."""
        if self.aws is None or not self.aws.queues:
            return None
        return Queues(region=self.aws.region)

    @property
    def rds(self) -> str | None:
        """DBInstanceIdentifier, if the database is on RDS."""
        return self.aws.database if self.aws else None

    @property
    def load_balancer(self) -> str | None:
        """CloudWatch's dimension of the load balancer, if there is one."""
        return self.aws.load_balancer if self.aws else None


def uid(dashboard: str, identity: str) -> str:
    """A dashboard's identity in Grafana: 40 characters at most, of letters, digits and dashes.

    ``identity`` distinguishes the stack from others with dashboards in the same Grafana.
    """
    return f"langfuse-{dashboard}-{hashlib.sha256(identity.encode()).hexdigest()[:8]}"
