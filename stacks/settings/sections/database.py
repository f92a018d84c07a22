"""Section ``database``: PostgreSQL in the cluster, on Amazon RDS, or an existing server."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from components.postgres import url
from components.postgres.rds import certificates as rds_certificates
from stacks.settings.machinery.fields.aws import KeyArn, SecurityGroupId, SubnetId
from stacks.settings.machinery.fields.images import ImageReference
from stacks.settings.machinery.fields.kubernetes import CpuQuantity, DnsSubdomain, MemoryQuantity
from stacks.settings.machinery.fields.network import Server
from stacks.settings.machinery.fields.rds import (
    InstanceClass,
    InstanceIdentifier,
    Instant,
    PostgresMajor,
    SnapshotIdentifier,
)
from stacks.settings.machinery.fields.text import SecretText
from stacks.settings.machinery.fields.windows import DailyWindow, WeeklyWindow
from stacks.settings.machinery.rule import NUMBER, Rule
from stacks.settings.machinery.section import Section
from stacks.settings.sections.resources import Resources


class PostgresResources(Resources):
    """Requests and limits of the database's pod."""

    cpu: CpuQuantity = "250m"
    """CPU request."""
    memory: MemoryQuantity = "512Mi"
    """Memory request."""
    memory_limit: MemoryQuantity = "1Gi"
    """Memory limit. Shared memory for parallel queries, up to 256Mi, counts against it."""


RootCertificates = Annotated[
    str,
    Rule(
        "must be PEM certificates, one of them of the authority "
        f"{rds_certificates.AUTHORITY} (Amazon RDS REGION Root CA RSA2048 G1)",
        lambda value: rds_certificates.root_in(value) is not None,
    ),
]

AlwaysFalse = Annotated[
    bool,
    Rule(
        "must be false: nothing in the cluster backs this database up; "
        "a protected one needs engine rds",
        lambda value: value is False,
    ),
    Field(json_schema_extra={"const": False}),
]

ConnectionLimit = Annotated[int, Field(ge=1, le=100)]


class StatefulSetDatabase(Section):
    """PostgreSQL in the cluster: one pod, no backup. For development."""

    engine: Literal["statefulSet"]
    """Selects this kind of database."""
    image: ImageReference = "docker.io/library/postgres:16.15-alpine"
    """PostgreSQL image. The data of one major version cannot be read by another."""
    storage_gib: Annotated[int, Field(ge=1, le=16384)] = 20
    """Volume size in GiB, decided when the volume is made."""
    storage_class: DnsSubdomain | None = None
    """StorageClass of the volume; none takes the cluster's default."""
    create_storage_class: bool = False
    """Create an encrypted gp3 StorageClass (EBS CSI driver) and use it."""
    resources: PostgresResources = PostgresResources()
    """Requests and limits of the pod."""
    max_connections: Annotated[int, Field(ge=10, le=1000)] = url.DEFAULT_MAX_CONNECTIONS
    """PostgreSQL's `max_connections`."""
    connection_limit: ConnectionLimit = 5
    """Connections that each Langfuse pod may hold."""
    protect: AlwaysFalse = False
    """Only false: what is worth protecting needs a backup, and this database has none."""


class RestoreFrom(Section):
    """What a new RDS instance starts from: `snapshot` or `instance`. Read once, when the instance
    is created."""

    snapshot: SnapshotIdentifier | None = None
    """Identifier or ARN of a DB snapshot."""
    instance: InstanceIdentifier | None = None
    """Identifier of the instance to copy at a point in time."""
    time: Instant | None = None
    """Point in time in UTC, with `instance`; none takes the latest restorable time."""


class RdsDatabase(Section):
    """Amazon RDS for PostgreSQL."""

    engine: Literal["rds"]
    """Selects this kind of database."""
    instance_class: InstanceClass = "db.t4g.medium"
    """Instance class of a burstable, general or memory family whose connections are known."""
    version: PostgresMajor = "16"
    """Major version only: an exact minor would be downgraded again after AWS upgrades it."""
    storage_gib: Annotated[int, Field(ge=20, le=65536)] = 100
    """Allocated gp3 storage in GiB."""
    max_storage_gib: Annotated[int, Field(ge=22, le=65536)] | None = None
    """Limit of storage autoscaling in GiB, at least 10 % above `storageGiB`; none turns it off."""
    iops: Annotated[int, Field(ge=12000, le=64000)] | None = None
    """Provisioned gp3 IOPS, from 400 GiB on."""
    throughput_mibps: Annotated[int, Field(ge=500, le=4000)] | None = None
    """Provisioned gp3 throughput in MiB/s, from 400 GiB on; at most a quarter of the IOPS."""
    multi_az: bool = True
    """Keep a standby in another zone. To do without one, with `protect`, has to be acknowledged:
    `singleZone`."""
    backup_days: Annotated[int, Field(ge=0, le=35)] = 14
    """Days of automated backups and point-in-time recovery. With `protect` not 0, and fewer than 7
    have to be acknowledged: `shortBackups`."""
    backup_window: DailyWindow = "17:00-18:00"
    """Daily backup window in UTC, hh24:mi-hh24:mi, of 30 minutes at least."""
    maintenance_window: WeeklyWindow = "sun:18:30-sun:19:30"
    """Weekly maintenance window in UTC, ddd:hh24:mi-ddd:hh24:mi, of 30 minutes at least and less
    than 24 hours, outside of `backupWindow`."""
    root_certificates: RootCertificates | None = None
    """Certificates of RDS in the region as PEM text, for example AWS's bundle, from which the one
    of rds-ca-rsa2048-g1 is taken; none takes what is shipped for most regions
    (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html)."""
    kms_key_arn: KeyArn | None = None
    """Key for storage encryption; none takes the account's aws/rds key."""
    subnet_ids: tuple[SubnetId, ...] = ()
    """Private subnets in at least two zones; none takes the cluster's."""
    client_security_group_ids: tuple[SecurityGroupId, ...] = ()
    """Security groups of nodes that do not carry the cluster's own: their pods may connect too."""
    insights: Literal["standard", "advanced"] = "standard"
    """CloudWatch Database Insights mode."""
    monitoring_seconds: Annotated[Literal[0, 1, 5, 10, 15, 30, 60], NUMBER] = 60
    """Interval of Enhanced Monitoring; 0 turns it off."""
    apply_immediately: bool = False
    """Apply changes at once instead of in the maintenance window."""
    connection_limit: ConnectionLimit = 5
    """Connections that each Langfuse pod may hold."""
    allow_major_upgrade: bool = False
    """Let a changed `version` upgrade the data. There is no way back but a restore."""
    restore_from: RestoreFrom | None = None
    """Create the instance from a snapshot or a point in time."""
    protect: bool = True
    """Refuse deletion and replacement, in Pulumi and in RDS. To do without has to be acknowledged:
    `noProtection`."""


class Pooler(Section):
    """PgBouncer or Amazon RDS Proxy in front of an external database."""

    host: Annotated[Server, Field(examples=["pooler.example.com"])]
    """Host name, or IPv4 address."""
    port: Annotated[int, Field(ge=1, le=65535)] = 6432
    """TCP port: PgBouncer's own; RDS Proxy listens on 5432."""


class ExternalDatabase(Section):
    """A PostgreSQL database that exists and that this program does not manage."""

    engine: Literal["external"]
    """Selects this kind of database."""
    host: Server
    """Host name, or IPv4 address."""
    port: Annotated[int, Field(ge=1, le=65535)] = 5432
    """TCP port."""
    database: Annotated[str, Field(min_length=1, max_length=63)] = "langfuse"
    """Database name."""
    username: Annotated[str, Field(min_length=1, max_length=63)] = "langfuse"
    """Role to log in as."""
    password: SecretText
    """Password of the role."""
    tls: Literal["require", "disable"] = "require"
    """Whether connections are encrypted. The server's certificate is not verified."""
    max_connections: Annotated[int, Field(ge=10, le=5000)] = url.DEFAULT_MAX_CONNECTIONS
    """The server's `max_connections`, as far as Langfuse may use them; with `pooler`, the number of
    clients that the pooler accepts."""
    pooler: Pooler | None = None
    """Pooler that Langfuse's pods connect through, with the same user, password and database.
    Migrations connect to `host` itself."""
    connection_limit: ConnectionLimit = 5
    """Connections that each Langfuse pod may hold."""


Database = Annotated[
    StatefulSetDatabase | RdsDatabase | ExternalDatabase, Field(discriminator="engine")
]
