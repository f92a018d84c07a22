"""Section ``clickhouse``: ClickHouse in the cluster, by its operator, or an existing server."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, SecretStr

from components.clickhouse import releases
from components.clickhouse.connection import UNENCODED
from stacks.settings.machinery.fields.images import ImageReference
from stacks.settings.machinery.fields.kubernetes import (
    CpuQuantity,
    DnsLabel,
    DnsSubdomain,
    MemoryQuantity,
    WeeklySchedule,
)
from stacks.settings.machinery.fields.network import Server, Url
from stacks.settings.machinery.rule import Rule, matching
from stacks.settings.machinery.section import Section
from stacks.settings.sections.resources import Resources

_CHARACTERS: Final = (
    "must consist of printable ASCII characters except '#', '%', '&', '+' and ';': Langfuse's "
    "migrations put it into a URL without encoding it"
)

StorageGib = Annotated[int, Field(ge=1, le=65536)]

AlwaysFalse = Annotated[
    bool,
    Rule(
        "must be false: this server has no replica and no backup; a protected one needs engine "
        "operator",
        lambda value: value is False,
    ),
    Field(json_schema_extra={"const": False}),
]


class Backups(Section):
    """Backups on a schedule, which the server writes to the bucket of media in S3
    (`objectStorage.engine: s3`), with a role of its own. Each is a full one: with one a day, the
    bucket holds `days` and seven times ClickHouse's data, compressed as it is."""

    schedule: WeeklySchedule = "0 2 * * *"
    """When one begins, in UTC: minute, hour, day, month and weekday, as cron has them. At least one
    a week."""
    days: Annotated[int, Field(ge=8, le=3650)] = 14
    """Days until a backup expires; it can be brought back for seven more."""


class ClickHouseResources(Resources):
    """Requests and limits of the server's pod."""

    cpu: CpuQuantity = "250m"
    """CPU request."""
    memory: MemoryQuantity = "2Gi"
    """Memory request."""
    memory_limit: MemoryQuantity = "3Gi"
    """Memory limit, at least 2Gi. The server uses four fifths of it at most, and lets a query that
    needs more than two fifths continue on the disk."""


_ONE_SHARD: Final = "Langfuse works with one shard alone"
_FOLLOWS: Final = "it follows from the engine"


class StatefulSetClickHouse(Section):
    """ClickHouse in the cluster: one server, no replica. For development, and for what may be
    lost. Its tables cannot become those of a replicated server: that is a copy."""

    refused: ClassVar[Mapping[str, str]] = {
        "replicas": "a second server would hold other data than the first; engine operator has "
        "three that hold the same",
        "shards": _ONE_SHARD,
        **dict.fromkeys(("cluster", "database", "password", "username"), _FOLLOWS),
    }

    engine: Literal["statefulSet"]
    """Selects this kind of server."""
    image: ImageReference = releases.IMAGE
    """ClickHouse image, from 25.12 on and before 26.8."""
    storage_gib: StorageGib = 20
    """Volume size in GiB, decided when the volume is made."""
    storage_class: DnsSubdomain | None = None
    """StorageClass of the volume, of block storage; none takes the cluster's default."""
    create_storage_class: bool = False
    """Create an encrypted gp3 StorageClass (EBS CSI driver) and use it."""
    resources: ClickHouseResources = ClickHouseResources()
    """Requests and limits of the pod."""
    backups: Backups | None = None
    """Backups in S3; none makes no backup."""
    protect: AlwaysFalse = False
    """Only false: what is worth protecting needs a replica or a backup, and this server has
    neither."""


class ReplicaResources(Resources):
    """Requests and limits of each server's pod."""

    cpu: CpuQuantity = "2"
    """CPU request."""
    memory: MemoryQuantity = "8Gi"
    """Memory request."""
    memory_limit: MemoryQuantity = "8Gi"
    """Memory limit, at least 4Gi; Langfuse advises 8Gi, and 16Gi for large installations."""


class KeeperResources(Resources):
    """Requests and limits of each Keeper's pod."""

    cpu: CpuQuantity = "250m"
    """CPU request."""
    memory: MemoryQuantity = "512Mi"
    """Memory request."""
    memory_limit: MemoryQuantity = "1Gi"
    """Memory limit."""


class Keeper(Section):
    """ClickHouse Keeper, which the replicas agree by: three servers."""

    image: ImageReference = releases.KEEPER_IMAGE
    """Image of ClickHouse Keeper, of the servers' release."""
    storage_gib: StorageGib = 10
    """Volume size of each in GiB."""
    resources: KeeperResources = KeeperResources()
    """Requests and limits of each pod."""


class OperatorClickHouse(Section):
    """ClickHouse by its own operator, which the cluster must have, with cert-manager: three
    replicas of one shard, and three Keepers. For production.

    Each of the three needs a node of its own, and the nodes the label
    `topology.kubernetes.io/zone`: replicas are spread over zones, or wait.
    """

    refused: ClassVar[Mapping[str, str]] = {
        "replicas": "there are three: with one fewer the loss of another would stop all writes",
        "shards": _ONE_SHARD,
        **dict.fromkeys(("cluster", "database", "password", "username"), _FOLLOWS),
    }

    engine: Literal["operator"]
    """Selects this kind of server."""
    image: ImageReference = releases.SERVER_IMAGE
    """ClickHouse image, from 25.12 on and before 26.8."""
    storage_gib: StorageGib = 100
    """Volume size of each replica in GiB. Every replica has all data."""
    storage_class: DnsSubdomain | None = None
    """StorageClass of all volumes, of block storage; none takes the cluster's default."""
    create_storage_class: bool = False
    """Create an encrypted gp3 StorageClass (EBS CSI driver) and use it."""
    resources: ReplicaResources = ReplicaResources()
    """Requests and limits of each replica's pod."""
    operator_namespace: DnsLabel = "clickhouse-operator-system"
    """Namespace that the operator runs in. Only its pods, beside Langfuse's, reach the servers."""
    keeper: Keeper = Keeper()
    """The three Keepers."""
    backups: Backups | None = None
    """Backups in S3; none makes no backup."""
    protect: bool = True
    """Refuse deletion and replacement of servers and Keepers, in Pulumi. To do without has to be
    acknowledged: `noProtection`."""


class ExternalClickHouse(Section):
    """ClickHouse Cloud, or another server that this program does not manage.

    The database is `default`. The user needs [Langfuse's
    grants](https://langfuse.com/self-hosting/deployment/infrastructure/clickhouse#user-permissions),
    and the server has to be in UTC.
    """

    refused: ClassVar[Mapping[str, str]] = {
        "database": "Langfuse's own migrations are made for the database `default`",
        "cluster": "it follows from kind; a cluster has to be named `default`",
        "port": "it is a part of url",
        "tls": "it follows from url",
    }

    engine: Literal["external"]
    """Selects this kind of server."""
    kind: Literal["cloud", "server", "cluster"]
    """`cloud`: ClickHouse Cloud, encrypted, queries on port 8443 and migrations on 9440. `server`:
    one server. `cluster`: replicas of one shard in a cluster named `default`. Migrations of the
    latter two use port 9000, or 9440 where `url` begins with https."""
    url: Annotated[Url, Field(examples=["https://abc.eu-central-1.aws.clickhouse.cloud:8443"])]
    """URL for queries, with its port and no path."""
    migration_host: Server | None = None
    """Host name, or IPv4 address, of one replica of a `cluster`, for migrations, which must not be
    spread over replicas."""
    username: Annotated[str, matching(_CHARACTERS, UNENCODED)] = "default"
    """User to log in as."""
    password: Annotated[
        SecretStr,
        Rule(
            _CHARACTERS,
            lambda value: re.fullmatch(UNENCODED, value.get_secret_value()) is not None,
        ),
        Field(examples=["example-value"]),
    ]
    """Password of the user."""
    memory: MemoryQuantity | None = None
    """Memory of each server. Langfuse lets a query that needs more than two fifths of it continue
    on the disk; without it that begins at 32 GB."""


ClickHouse = Annotated[
    StatefulSetClickHouse | OperatorClickHouse | ExternalClickHouse,
    Field(discriminator="engine"),
]
