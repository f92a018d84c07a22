"""One stack's settings: all sections together."""

from __future__ import annotations

from stacks.settings.machinery.section import Section
from stacks.settings.sections.acknowledge import Acknowledgement
from stacks.settings.sections.agents import Agents
from stacks.settings.sections.aws import Aws
from stacks.settings.sections.cache import Cache
from stacks.settings.sections.clickhouse import (
    Backups,
    ClickHouse,
    OperatorClickHouse,
    StatefulSetClickHouse,
)
from stacks.settings.sections.cluster import Cluster
from stacks.settings.sections.database import Database
from stacks.settings.sections.endpoint import Endpoint
from stacks.settings.sections.gateway import Gateway
from stacks.settings.sections.langfuse import Langfuse
from stacks.settings.sections.langsmith import LangSmith
from stacks.settings.sections.monitoring import Monitoring
from stacks.settings.sections.object_storage import ObjectStorage, S3ObjectStorage
from stacks.settings.sections.secrets import Secrets


class Settings(Section):
    """One stack's configuration, checked."""

    stack: str
    cluster: Cluster
    langfuse: Langfuse
    database: Database
    """PostgreSQL: in the cluster, on Amazon RDS, or an existing one."""
    clickhouse: ClickHouse | None = None
    """ClickHouse, from Langfuse 3 on: in the cluster, or an existing one."""
    cache: Cache | None = None
    """Redis or Valkey, from Langfuse 3 on: in the cluster, on Amazon ElastiCache, or an existing
    one."""
    secrets: Secrets = Secrets()
    endpoint: Endpoint | None = None
    object_storage: ObjectStorage | None = None
    """Amazon S3, a store in the cluster, or an existing one: for exports and media, and from
    Langfuse 3 on for events."""
    agents: Agents = Agents()
    langsmith: LangSmith | None = None
    gateway: Gateway | None = None
    monitoring: Monitoring | None = None
    acknowledge: tuple[Acknowledgement, ...] = ()
    """Risks that this stack accepts by name. One that the stack does not take is refused too: it
    would hide a later mistake.

    - `openToTheWorld`: an internet-facing endpoint lets every address in, or so many that they
      are as good as the world: a public /8 or more, all networks together. Anyone can reach,
      and attack, the login page and the ingestion API.
    - `openSignUp`: beside that, `langfuse.signUp` is open. Anyone can register, make projects and
      fill the database.
    - `noProtection`: the RDS database, the credentials that its encrypted data needs, the
      ElastiCache cache, ClickHouse's servers by the operator, or buckets that the stack makes can
      be deleted or replaced by one command.
    - `shortBackups`: the protected RDS database or ElastiCache cache keeps fewer than 7 days of
      backups.
    - `singleZone`: the protected RDS database or ElastiCache cache has no copy in another zone.
    - `vulnerableRelease`: the Langfuse release has a known hole (CVE-2025-65107 in 2.95.0 to
      2.95.11)."""
    aws: Aws = Aws()

    @property
    def s3(self) -> S3ObjectStorage | None:
        """Object storage in Amazon S3, if it is there."""
        storage = self.object_storage
        return storage if isinstance(storage, S3ObjectStorage) else None

    @property
    def backups(self) -> Backups | None:
        """ClickHouse's backups, if they are asked for."""
        servers = (StatefulSetClickHouse, OperatorClickHouse)
        return self.clickhouse.backups if isinstance(self.clickhouse, servers) else None

    @property
    def services(self) -> list[str]:
        """Roles of what has a secret beside Langfuse and the database: backing services, and the
        gateway."""
        keys = self.object_storage is not None and self.s3 is None
        return [
            *(role for role in ("clickhouse", "cache") if getattr(self, role) is not None),
            *(["storage"] if keys else []),
            *(["gateway"] if self.gateway is not None else []),
        ]
