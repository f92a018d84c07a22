"""What a place offers the stacks that go there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pulumi

from components.kubernetes.cluster_mode import ClusterMode
from components.monitoring.dashboards.cloudwatch_source import CloudWatchSource
from components.secrets.delivery import Delivery
from stacks.settings.sections.cache import ElastiCacheCache
from stacks.settings.sections.database import RdsDatabase
from stacks.settings.sections.endpoint import Endpoint
from stacks.settings.sections.monitoring import Monitoring
from stacks.settings.sections.object_storage import S3ObjectStorage as ObjectStorageSection
from stacks.settings.sections.secrets import Secrets

if TYPE_CHECKING:
    # AWS's SDK, which a stack without AWS does not load.
    from components.cache.elasticache.replication_group import CacheElastiCache
    from components.endpoint.public_endpoint import PublicEndpoint
    from components.postgres.rds.instance import PostgresRds
    from components.storage.object_storage import ObjectStorage


@dataclass(frozen=True, kw_only=True)
class Managed:
    """What a stack got from its platform. What is None it did not ask for."""

    database: PostgresRds | None = None
    cache: CacheElastiCache | None = None
    endpoint: PublicEndpoint | None = None
    storage: ObjectStorage | None = None


@dataclass(frozen=True, kw_only=True)
class Watch:
    """How a platform watches what it manages."""

    source: CloudWatchSource | None = None
    """Where dashboards find its metrics; None if it has none."""
    alarm_topic: pulumi.Output[str] | None = None
    """ARN of the topic that its alarms go to; None without alarms."""


class Platform(Protocol):
    """A cluster and what is beside it.

    Every stack has the providers. The other methods are called with the section of the settings
    that asks for what they make; the settings' rules refuse a section that the platform does not
    offer, and so does the method (``pulumi.RunError``). What runs in any cluster is not here.
    """

    @property
    def providers(self) -> list[pulumi.ProviderResource]:
        """For the stack to inherit."""
        ...

    @property
    def kubectl(self) -> pulumi.Input[str]:
        """kubectl for the cluster, whichever context happens to be current: a command's start."""
        ...

    @property
    def mode(self) -> ClusterMode:
        """What runs the cluster's load balancers and volumes."""
        ...

    def delivery(self, name: str, section: Secrets, opts: pulumi.ResourceOptions) -> Delivery:
        """Delivery of secrets by a store outside of the cluster.

        ``name`` is that of the operator, if the section asks for one.
        """
        ...

    def database(
        self, name: str, section: RdsDatabase, opts: pulumi.ResourceOptions
    ) -> PostgresRds:
        """A managed PostgreSQL."""
        ...

    def cache(
        self, name: str, section: ElastiCacheCache, opts: pulumi.ResourceOptions
    ) -> CacheElastiCache:
        """A managed Valkey."""
        ...

    def storage(
        self,
        name: str,
        section: ObjectStorageSection,
        *,
        namespace: pulumi.Input[str],
        service_accounts: Sequence[str],
        origin: str,
        clickhouse: str,
        backup_days: int | None,
        opts: pulumi.ResourceOptions,
    ) -> ObjectStorage:
        """Buckets that the pods of some service accounts reach, and pages of a web origin.

        ``backup_days``: how long they keep what the service account ``clickhouse`` writes there;
        None for no backups.
        """
        ...

    def endpoint(
        self,
        name: str,
        section: Endpoint,
        *,
        namespace: pulumi.Input[str],
        service_name: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
    ) -> PublicEndpoint:
        """A public name for a Service."""
        ...

    def readiness_gates(self, section: Endpoint) -> Mapping[str, str]:
        """Labels of a namespace whose pods are ready when the public endpoint sends to them."""
        ...

    def endpoint_networks(self, section: Endpoint) -> pulumi.Output[Sequence[str]]:
        """The networks that the public endpoint connects to pods from, in CIDR notation."""
        ...

    def watch(
        self, name: str, section: Monitoring, managed: Managed, opts: pulumi.ResourceOptions
    ) -> Watch:
        """Alarms about what the platform manages, and where dashboards find its metrics."""
        ...
