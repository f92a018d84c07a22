"""Section ``cache``: Valkey or Redis in the cluster, or an existing server."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from stacks.settings.machinery.fields.images import ImageReference
from stacks.settings.machinery.fields.kubernetes import CpuQuantity, DnsSubdomain, MemoryQuantity
from stacks.settings.machinery.fields.network import Server
from stacks.settings.machinery.fields.text import SecretText
from stacks.settings.machinery.section import Section
from stacks.settings.sections.resources import Resources


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

    engine: Literal["statefulSet"]
    """Selects this kind of cache."""
    image: ImageReference = "docker.io/valkey/valkey:8.1.4-bookworm"
    """Valkey image of the Debian variant, version 7.2 or newer."""
    storage_gib: Annotated[int, Field(ge=1, le=1024)] = 5
    """Volume size in GiB, decided when the volume is made."""
    storage_class: DnsSubdomain | None = None
    """StorageClass of the volume; none takes the cluster's default."""
    resources: CacheResources = CacheResources()
    """Requests and limits of the pod."""


class ExternalCache(Section):
    """A Redis 7 or Valkey server that exists and that this program does not manage. Not in cluster
    mode, and with the policy `noeviction`."""

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


Cache = Annotated[StatefulSetCache | ExternalCache, Field(discriminator="engine")]
