"""The backing services of a stack that run in the cluster. Pure; imports no SDK."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from components.clickhouse import operator_resources
from components.kubernetes.claims import claims_begin
from stacks.names import NAMES
from stacks.settings import Settings
from stacks.settings.sections.cache import StatefulSetCache
from stacks.settings.sections.clickhouse import OperatorClickHouse, StatefulSetClickHouse
from stacks.settings.sections.database import StatefulSetDatabase
from stacks.settings.sections.object_storage import StatefulSetObjectStorage
from tooling.kubernetes.objects import Object, labels, name, role

_ROLES: Final = {"clickhouse-server": "clickhouse", "clickhouse-keeper": "clickhouse-keeper"}
"""Roles of the operator's pods, by their label ``clickhouse.com/role``."""

_APPS: Final = {
    "ClickHouseCluster": operator_resources.server_selector(NAMES.clickhouse)["app"],
    "KeeperCluster": operator_resources.keeper_selector(NAMES.clickhouse)["app"],
}
"""Label ``app`` of what the operator makes, by the kind that it makes it for."""

CLUSTERS: Final = (*_APPS,)
"""Kinds of ClickHouse's operator."""

_MEMORY: Final = {
    "web": "langfuse.resources.memoryLimit",
    "worker": "langfuse.worker.resources.memoryLimit",
    "database": "database.resources.memoryLimit",
    "clickhouse": "clickhouse.resources.memoryLimit",
    "clickhouse-keeper": "clickhouse.keeper.resources.memoryLimit",
    "cache": "cache.resources.memoryLimit",
    "storage": "objectStorage.resources.memoryLimit",
}


@dataclass(frozen=True, kw_only=True)
class Server:
    """One service, and where its data are."""

    role: str
    """As the label of its pods says."""
    key: str
    """Section of the configuration."""
    what: str
    """What people call it."""
    name: str
    """Name of its StatefulSet, Service and NetworkPolicy; of ClickHouse's operator that of its
    custom resources."""
    storage_class: str | None
    """None: the cluster's default class."""
    create_storage_class: bool = False
    by_operator: bool = False
    """Whether ClickHouse's operator makes its StatefulSets."""
    needs_block_storage: bool = False
    """Whether it does not work on a network file system at all."""

    @property
    def claims_begin(self) -> str:
        """What the names of its claims begin with."""
        volume = "clickhouse-storage-volume-"
        return f"{volume}{self.name}-" if self.by_operator else claims_begin(self.name)


def in_cluster(settings: Settings) -> Iterator[Server]:
    """Those of a stack, the database first."""
    if isinstance(database := settings.database, StatefulSetDatabase):
        yield Server(
            role="database",
            key="database",
            what="the database",
            name=NAMES.postgres,
            storage_class=database.storage_class,
            create_storage_class=database.create_storage_class,
        )
    clickhouse = settings.clickhouse
    if isinstance(clickhouse, StatefulSetClickHouse | OperatorClickHouse):
        yield Server(
            role="clickhouse",
            key="clickhouse",
            what="ClickHouse",
            name=NAMES.clickhouse,
            storage_class=clickhouse.storage_class,
            create_storage_class=clickhouse.create_storage_class,
            by_operator=isinstance(clickhouse, OperatorClickHouse),
            needs_block_storage=True,
        )
    if isinstance(cache := settings.cache, StatefulSetCache):
        yield Server(
            role="cache",
            key="cache",
            what="the cache",
            name=NAMES.valkey,
            storage_class=cache.storage_class,
        )
    if isinstance(store := settings.object_storage, StatefulSetObjectStorage):
        yield Server(
            role="storage",
            key="objectStorage",
            what="the object store",
            name=NAMES.seaweedfs,
            storage_class=store.storage_class,
        )


def has_operator(settings: Settings) -> bool:
    """Whether the stack's ClickHouse is made by its operator."""
    return isinstance(settings.clickhouse, OperatorClickHouse)


def is_operated(object_: Object) -> bool:
    """Whether ClickHouse's operator made it for a stack: it has no labels of the stack."""
    return labels(object_).get("app") in _APPS.values()


def app(cluster: Object) -> str:
    """Label ``app`` of the pods of a custom resource of the operator."""
    return _APPS[cluster["kind"]]


def component(pod: Object) -> str:
    """The role of a pod, an operator's too; empty where it has none."""
    return role(pod) or _ROLES.get(str(labels(pod).get("clickhouse.com/role")), "")


def memory_key(pod: Object) -> str | None:
    """The setting with the memory limit of a pod; None where it is fixed."""
    return _MEMORY.get(component(pod))


def is_claim(claim: Object) -> bool:
    """Whether a claim is of a service that a stack may have: a StatefulSet gives its claims its
    selector's labels, which do not say "part of"."""
    servers = (NAMES.postgres, NAMES.clickhouse, NAMES.valkey, NAMES.seaweedfs)
    begins = (*map(claims_begin, servers),)
    operated = (f"-{app}-" for app in _APPS.values())
    return name(claim).startswith(begins) or any(part in name(claim) for part in operated)
