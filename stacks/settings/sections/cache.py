"""Section ``cache``: Valkey in the cluster, on Amazon ElastiCache, or an existing server."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from components.cache import releases
from stacks.settings.machinery.fields.aws import KeyArn, SecurityGroupId, SubnetId
from stacks.settings.machinery.fields.images import ImageReference
from stacks.settings.machinery.fields.kubernetes import CpuQuantity, DnsSubdomain, MemoryQuantity
from stacks.settings.machinery.fields.network import Server
from stacks.settings.machinery.fields.text import SecretText
from stacks.settings.machinery.fields.windows import DailyWindow, WeeklyWindow
from stacks.settings.machinery.rule import Meant, matching
from stacks.settings.machinery.section import Section
from stacks.settings.sections.resources import Resources


def _node_type(text: str) -> Iterator[str]:
    """Without the prefix that tells it from a type of EC2, and with other separators."""
    parts = re.split(r"[-_.\s]+", text.lower())
    yield ".".join(parts if parts[0] == "cache" else ["cache", *parts])


def _version(text: str) -> Iterator[str]:
    """With a patch level, or the product before it."""
    match = re.fullmatch(r"(?:v|valkey)?[\s:_-]*(\d+\.\d+)(?:\.\d+)*", text.lower())
    yield from [match[1]] if match else []


NodeType = Annotated[
    str,
    matching(
        "must be an ElastiCache node type such as 'cache.t4g.medium'",
        r"cache\.[a-z0-9]+\.[a-z0-9]+",
    ),
    Meant(_node_type),
]

# https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/supported-engine-versions.html
ValkeyVersion = Annotated[
    str,
    matching(
        "must be '8.0', '8.1' or '8.2' in quotes, the releases of Valkey 8 that ElastiCache has: "
        "it chooses the patch level, and Langfuse was not tried with another major version",
        r"8\.[0-2]",
    ),
    Meant(_version),
]

_SLOTS: Final = (
    "Langfuse's queues use several keys in one command, which fails with CROSSSLOT where keys are "
    "spread over slots"
)
_NO_IAM: Final = "Langfuse sends one password for ever, and a token of IAM is valid for 15 minutes"
_NO_EVICTION: Final = "nothing is evicted: an evicted job is a lost event"
_OWN_PARAMETERS: Final = (
    "the parameter group is the stack's own, with noeviction: an evicted job is a lost event"
)


class CacheResources(Resources):
    """Requests and limits of the cache's pod."""

    cpu: CpuQuantity = "100m"
    """CPU request."""
    memory: MemoryQuantity = "256Mi"
    """Memory request."""
    memory_limit: MemoryQuantity = "512Mi"
    """Memory limit. Three fifths of it hold queues and caches; when they are full, Langfuse answers
    agents with errors, and nothing is evicted."""


class StatefulSetCache(Section):
    """Valkey in the cluster: one pod with an append-only file. While it is away, Langfuse accepts
    nothing. For development and small installations."""

    refused: ClassVar[Mapping[str, str]] = {
        "replicas": "it is one pod; engine elastiCache keeps copies",
        "evictionPolicy": _NO_EVICTION,
        "maxmemoryPolicy": _NO_EVICTION,
        "password": "it is generated",
    }

    engine: Literal["statefulSet"]
    """Selects this kind of cache."""
    image: ImageReference = releases.IMAGE
    """Valkey image of the Debian variant, version 7.2 or newer."""
    storage_gib: Annotated[int, Field(ge=1, le=1024)] = 5
    """Volume size in GiB, decided when the volume is made."""
    storage_class: DnsSubdomain | None = None
    """StorageClass of the volume; none takes the cluster's default."""
    resources: CacheResources = CacheResources()
    """Requests and limits of the pod."""


class ElastiCacheCache(Section):
    """Valkey on Amazon ElastiCache: a replication group with one shard, encrypted, which evicts
    nothing."""

    refused: ClassVar[Mapping[str, str]] = {
        "serverless": f"{_SLOTS}, and what ElastiCache Serverless evicts cannot be changed",
        "clusterMode": f"{_SLOTS}; a larger cache.nodeType holds more",
        "shards": f"{_SLOTS}; a larger cache.nodeType holds more",
        "iamAuthentication": _NO_IAM,
        "userGroupIds": _NO_IAM,
        "evictionPolicy": _OWN_PARAMETERS,
        "maxmemoryPolicy": _OWN_PARAMETERS,
        "parameterGroup": _OWN_PARAMETERS,
        "dataTiering": "it moves what is rarely read to disks, and jobs that wait are",
    }

    engine: Literal["elastiCache"]
    """Selects this kind of cache."""
    node_type: NodeType = "cache.t4g.medium"
    """Node type of the primary and its replicas."""
    version: ValkeyVersion = "8.0"
    """Major and minor version of Valkey. A higher one upgrades in place; a lower one than before
    would replace the cache, which `protect` refuses."""
    replicas: Annotated[int, Field(ge=0, le=5)] = 1
    """Copies in other zones, one of which takes over when the primary fails. To do without one,
    with `protect`, has to be acknowledged: `singleZone`."""
    snapshot_days: Annotated[int, Field(ge=0, le=35)] = 7
    """Days that daily snapshots are kept. With `protect` not 0, and fewer than 7 have to be
    acknowledged: `shortBackups`."""
    snapshot_window: DailyWindow = "17:00-18:00"
    """Daily snapshot window in UTC, hh24:mi-hh24:mi, of 60 minutes at least."""
    maintenance_window: WeeklyWindow = "sun:18:30-sun:19:30"
    """Weekly maintenance window in UTC, ddd:hh24:mi-ddd:hh24:mi, of 60 minutes at least and less
    than 24 hours, outside of `snapshotWindow`."""
    kms_key_arn: KeyArn | None = None
    """Key for encryption at rest; none takes one that ElastiCache owns. Another key would replace
    the cache, which `protect` refuses."""
    subnet_ids: tuple[SubnetId, ...] = ()
    """Private subnets in at least two zones; none takes the cluster's."""
    client_security_group_ids: tuple[SecurityGroupId, ...] = ()
    """Security groups of nodes that do not carry the cluster's own: their pods may connect too."""
    apply_immediately: bool = False
    """Apply changes at once instead of in the maintenance window. Another number of replicas and
    another password are always applied at once."""
    protect: bool = True
    """Refuse deletion and replacement in Pulumi; ElastiCache has no protection of its own. To do
    without has to be acknowledged: `noProtection`."""


class ExternalCache(Section):
    """A Redis 7 or Valkey server that exists and that this program does not manage. Not in cluster
    mode, and with the policy `noeviction`."""

    refused: ClassVar[Mapping[str, str]] = {
        "clusterMode": _SLOTS,
        "sentinel": "Langfuse would need the names of its nodes; give the primary's address",
        "iamAuthentication": _NO_IAM,
        "url": "it is made from host, port, username and password, which are encoded in it",
    }

    engine: Literal["external"]
    """Selects this kind of cache."""
    host: Annotated[Server, Field(examples=["redis.example.com"])]
    """Host name."""
    port: Annotated[int, Field(ge=1, le=65535)] = 6379
    """TCP port."""
    username: Annotated[str, Field(min_length=1)] = "default"
    """User to log in as."""
    password: SecretText
    """Password of the user."""
    tls: bool = True
    """Whether connections are encrypted, and the server's certificate is verified."""


Cache = Annotated[
    StatefulSetCache | ElastiCacheCache | ExternalCache, Field(discriminator="engine")
]
