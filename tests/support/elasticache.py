"""``CacheElastiCache`` by itself, recorded, with an object that holds its URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

import pulumi

from components.cache.elasticache.replication_group import CacheElastiCache, CacheElastiCacheArgs
from components.secrets.kubernetes_secret import KubernetesSecret, KubernetesSecretArgs
from tests.support.component_run import run_component
from tests.support.eks import SUBNETS, cluster, output
from tooling.engineless.recording import Recording, Resource

GROUP: Final = "cache-group"
IDENTIFIER: Final = "langfuse-prod"
PREFIX: Final = "langfuse-prod-cache"


def arguments(*, unknown: bool = False) -> CacheElastiCacheArgs:
    """A protected group; ``unknown``: in a cluster that nothing is known of yet."""
    return CacheElastiCacheArgs(
        cluster=cluster(unknown=unknown),
        identifier_prefix=IDENTIFIER,
        name_prefix=PREFIX,
        subnet_ids=output(SUBNETS, unknown=unknown),
        version="8.0",
        node_type="cache.t4g.medium",
        replicas=1,
        snapshot_days=7,
        snapshot_window="17:00-18:00",
        maintenance_window="sun:18:30-sun:19:30",
        protect=True,
    )


def record(
    changes: Mapping[str, Any] | None = None, *, preview: bool = False, unknown: bool = False
) -> Recording:
    """The component ``cache`` with changed arguments."""

    def body() -> None:
        cache = CacheElastiCache("cache", replace(arguments(unknown=unknown), **(changes or {})))
        values = cache.backing.secret_environment
        pulumi.export("nodes", cache.nodes)
        KubernetesSecret("url", KubernetesSecretArgs(namespace="observability", values=values))

    return run_component(body, preview=preview)


@lru_cache
def recorded() -> Recording:
    """The component with the arguments as they are."""
    return record()


def children(recording: Recording) -> list[Resource]:
    """What the component consists of."""
    return [r for r in recording.resources.values() if r.custom and r.name.startswith("cache-")]
