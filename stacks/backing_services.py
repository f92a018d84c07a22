"""The services that Langfuse keeps its data in.

The type of a section decides which one: in the cluster, managed by the platform, or external.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from components.cache.stateful_set import CacheStatefulSet, CacheStatefulSetArgs
from components.clickhouse.backups import Backups
from components.clickhouse.operator import OperatedClickHouse, OperatedClickHouseArgs
from components.clickhouse.stateful_set import ClickHouseStatefulSet, ClickHouseStatefulSetArgs
from components.kubernetes import labels
from components.kubernetes.backing import Backing
from components.postgres.stateful_set import PostgresStatefulSet, PostgresStatefulSetArgs
from components.storage.stateful_set import (
    ObjectStorageStatefulSet,
    ObjectStorageStatefulSetArgs,
)
from stacks import translation
from stacks.names import Names
from stacks.platforms.platform import Platform
from stacks.settings import Settings
from stacks.settings.sections.cache import (
    Cache,
    ElastiCacheCache,
    ExternalCache,
    StatefulSetCache,
)
from stacks.settings.sections.clickhouse import (
    ClickHouse,
    ExternalClickHouse,
    OperatorClickHouse,
    StatefulSetClickHouse,
)
from stacks.settings.sections.database import ExternalDatabase, RdsDatabase, StatefulSetDatabase
from stacks.settings.sections.object_storage import (
    ExternalObjectStorage,
    StatefulSetObjectStorage,
)

if TYPE_CHECKING:
    # AWS's SDK, which a stack without AWS does not load.
    from components.cache.elasticache.replication_group import CacheElastiCache
    from components.postgres.rds.instance import PostgresRds
    from components.storage.object_storage import ObjectStorage


def database(
    settings: Settings,
    names: Names,
    platform: Platform,
    *,
    namespace: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> tuple[Backing, PostgresRds | None]:
    """How Langfuse reaches PostgreSQL, and the instance of a managed one."""
    match settings.database:
        case StatefulSetDatabase() as section:
            args = PostgresStatefulSetArgs(
                namespace=namespace,
                image=section.image,
                storage_gib=section.storage_gib,
                storage_class=section.storage_class,
                create_storage_class=section.create_storage_class,
                mode=platform.mode,
                clients=_clients(settings, names),
                connection_limit=section.connection_limit,
                max_connections=section.max_connections,
                resources=translation.resources(section.resources),
                placement=translation.placement(settings.cluster),
            )
            return PostgresStatefulSet(names.postgres, args, opts).backing, None
        case RdsDatabase() as section:
            instance = platform.database(names.postgres, section, opts)
            return instance.backing, instance
        case ExternalDatabase() as section:
            return translation.external_database(section), None


def others(
    settings: Settings,
    names: Names,
    platform: Platform,
    *,
    namespace: pulumi.Input[str],
    storage: ObjectStorage | None,
    opts: pulumi.ResourceOptions,
) -> tuple[list[Backing], CacheElastiCache | None]:
    """What a release needs beside the database, and the group of a managed cache; nothing for
    version 2. ``storage``: where backups go."""
    backings: list[Backing] = []
    group: CacheElastiCache | None = None
    if (section := settings.clickhouse) is not None:
        backings.append(
            _clickhouse(
                section,
                settings,
                names,
                platform,
                namespace=namespace,
                backups=_backups(settings, storage),
                opts=opts,
            )
        )
    if (section := settings.cache) is not None:
        backing, group = _cache(section, settings, names, platform, namespace=namespace, opts=opts)
        backings.append(backing)
    backings += _storage(settings, names, namespace=namespace, opts=opts)
    return backings, group


def _clickhouse(
    section: ClickHouse,
    settings: Settings,
    names: Names,
    platform: Platform,
    *,
    namespace: pulumi.Input[str],
    backups: Backups | None,
    opts: pulumi.ResourceOptions,
) -> Backing:
    match section:
        case StatefulSetClickHouse():
            args = ClickHouseStatefulSetArgs(
                namespace=namespace,
                image=section.image,
                storage_gib=section.storage_gib,
                storage_class=section.storage_class,
                create_storage_class=section.create_storage_class,
                mode=platform.mode,
                clients=_clients(settings, names),
                migrations=labels.selector(names.langfuse, "migration"),
                resources=translation.resources(section.resources),
                placement=translation.placement(settings.cluster),
                metrics_namespace=translation.clickhouse_scraper(settings),
                backups=backups,
            )
            return ClickHouseStatefulSet(names.clickhouse, args, opts).backing
        case OperatorClickHouse():
            operated = OperatedClickHouseArgs(
                namespace=namespace,
                image=section.image,
                keeper_image=section.keeper.image,
                storage_gib=section.storage_gib,
                keeper_storage_gib=section.keeper.storage_gib,
                resources=translation.resources(section.resources),
                keeper_resources=translation.resources(section.keeper.resources),
                clients=_clients(settings, names),
                migrations=labels.selector(names.langfuse, "migration"),
                operator_namespace=section.operator_namespace,
                storage_class=section.storage_class,
                create_storage_class=section.create_storage_class,
                mode=platform.mode,
                placement=translation.placement(settings.cluster),
                protect=section.protect,
                metrics_namespace=translation.clickhouse_scraper(settings),
                backups=backups,
            )
            return OperatedClickHouse(names.clickhouse, operated, opts).backing
        case ExternalClickHouse():
            return translation.external_clickhouse(section)


def _backups(settings: Settings, storage: ObjectStorage | None) -> Backups | None:
    """When ClickHouse is backed up, and where to; the settings refuse backups without S3."""
    wanted = settings.backups
    if wanted is None or storage is None or storage.backup_folder is None:
        return None
    return Backups(
        schedule=wanted.schedule,
        folder=storage.backup_folder,
        account_annotations=storage.backup_account_annotations,
    )


def _clients(settings: Settings, names: Names) -> dict[str, dict[str, str]]:
    """Labels of the pods that connect to a database, by role."""
    roles = translation.database_clients(settings)
    return {role: labels.selector(names.langfuse, role) for role in roles}


def _cache(
    section: Cache,
    settings: Settings,
    names: Names,
    platform: Platform,
    *,
    namespace: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> tuple[Backing, CacheElastiCache | None]:
    match section:
        case StatefulSetCache():
            args = CacheStatefulSetArgs(
                namespace=namespace,
                image=section.image,
                storage_gib=section.storage_gib,
                storage_class=section.storage_class,
                clients={role: labels.selector(names.langfuse, role) for role in ("web", "worker")},
                resources=translation.resources(section.resources),
                placement=translation.placement(settings.cluster),
            )
            return CacheStatefulSet(names.valkey, args, opts).backing, None
        case ElastiCacheCache():
            group = platform.cache(names.valkey, section, opts)
            return group.backing, group
        case ExternalCache():
            return translation.external_cache(section), None


def _storage(
    settings: Settings,
    names: Names,
    *,
    namespace: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> list[Backing]:
    """A store that Langfuse reaches with keys; none in S3, which it reaches by role."""
    match settings.object_storage:
        case StatefulSetObjectStorage() as section:
            args = ObjectStorageStatefulSetArgs(
                namespace=namespace,
                image=section.image,
                storage_gib=section.storage_gib,
                storage_class=section.storage_class,
                event_days=section.event_days,
                export_days=section.export_days,
                media=section.media,
                links=section.public_endpoint,
                clients={role: labels.selector(names.langfuse, role) for role in ("web", "worker")},
                media_namespaces=[
                    *settings.agents.every_namespace,
                    *settings.langfuse.allowed_namespaces,
                ],
                resources=translation.resources(section.resources),
                placement=translation.placement(settings.cluster),
            )
            return [ObjectStorageStatefulSet(names.seaweedfs, args, opts).backing]
        case ExternalObjectStorage() as section:
            return [translation.external_storage(section)]
        case _:
            return []
