"""Rules of the data that a stack keeps only if it is protected, copied and backed up.

What is less has to be acknowledged by name; the command that is offered is the safe one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

from stacks.settings.machinery.dispatch import Check
from stacks.settings.machinery.problems import Problem, to_change
from stacks.settings.sections.acknowledge import Acknowledgement
from stacks.settings.sections.cache import ElastiCacheCache
from stacks.settings.sections.clickhouse import OperatorClickHouse
from stacks.settings.sections.database import RdsDatabase
from stacks.settings.sections.object_storage import S3ObjectStorage
from stacks.settings.sections.secrets import Secrets

Acknowledged: TypeAlias = tuple[Acknowledgement, ...]

_FEWEST_DAYS: Final = 7


def accept(risk: Acknowledgement) -> str:
    """How a stack accepts a risk, as the end of a rule."""
    return f"'{risk}' in acknowledge accepts that"


def is_short(store: RdsDatabase | ElastiCacheCache) -> bool:
    days = store.backup_days if isinstance(store, RdsDatabase) else store.snapshot_days
    return store.protect and 0 < days < _FEWEST_DAYS


def is_single(store: RdsDatabase | ElastiCacheCache) -> bool:
    copied = store.multi_az if isinstance(store, RdsDatabase) else store.replicas > 0
    return store.protect and not copied


def no_protection(
    database: RdsDatabase, secrets: Secrets, acknowledge: Acknowledged
) -> Iterator[Problem]:
    if "noProtection" in acknowledge:
        return
    if not database.protect:
        rule = (
            "lets one `pulumi up` or `destroy` delete the database, or replace it by an empty one, "
            f"and leave a snapshot to restore by hand; {accept('noProtection')}"
        )
        yield to_change("database.protect", database.protect, rule, value=True)
    elif not secrets.protect:
        rule = (
            "lets the encryption key be deleted or replaced, and what the protected database holds "
            f"encrypted is lost with it; {accept('noProtection')}"
        )
        yield to_change("secrets.protect", secrets.protect, rule, value=True)


def short_backups(database: RdsDatabase, acknowledge: Acknowledged) -> Iterator[Problem]:
    if is_short(database) and "shortBackups" not in acknowledge:
        rule = (
            f"leaves fewer than {_FEWEST_DAYS} days to notice a mistake: from then on no backup "
            f"is from before it; {accept('shortBackups')}"
        )
        yield to_change("database.backupDays", database.backup_days, rule, _FEWEST_DAYS)


def single_zone(database: RdsDatabase, acknowledge: Acknowledged) -> Iterator[Problem]:
    if is_single(database) and "singleZone" not in acknowledge:
        rule = (
            "keeps no standby: when its zone or its host fails, Langfuse is down until the "
            f"instance is back or restored; {accept('singleZone')}"
        )
        yield to_change("database.multiAz", database.multi_az, rule, value=True)


def no_protection_of_cache(cache: ElastiCacheCache, acknowledge: Acknowledged) -> Iterator[Problem]:
    if not cache.protect and "noProtection" not in acknowledge:
        rule = (
            "lets one `pulumi up` or `destroy` delete the cache, or replace it by an empty one: "
            f"events that were accepted and not yet processed are lost; {accept('noProtection')}"
        )
        yield to_change("cache.protect", cache.protect, rule, value=True)


def no_protection_of_clickhouse(
    clickhouse: OperatorClickHouse, acknowledge: Acknowledged
) -> Iterator[Problem]:
    if not clickhouse.protect and "noProtection" not in acknowledge:
        rule = (
            "lets one `pulumi up` or `destroy` delete the servers that hold all traces, and with "
            f"the namespace their volumes; {accept('noProtection')}"
        )
        yield to_change("clickhouse.protect", clickhouse.protect, rule, value=True)


def no_protection_of_buckets(
    object_storage: S3ObjectStorage, acknowledge: Acknowledged
) -> Iterator[Problem]:
    if has_free_buckets(object_storage) and "noProtection" not in acknowledge:
        rule = (
            "lets one `pulumi up` or `destroy` delete the buckets with everything in them; "
            f"{accept('noProtection')}"
        )
        yield to_change("objectStorage.protect", object_storage.protect, rule, value=True)


def has_free_buckets(storage: S3ObjectStorage) -> bool:
    """Whether the program makes a bucket, and may delete it with what it holds."""
    return not storage.protect and storage.bucket is None


def short_snapshots(cache: ElastiCacheCache, acknowledge: Acknowledged) -> Iterator[Problem]:
    if is_short(cache) and "shortBackups" not in acknowledge:
        rule = (
            f"leaves fewer than {_FEWEST_DAYS} days to notice a mistake: from then on no snapshot "
            f"is from before it; {accept('shortBackups')}"
        )
        yield to_change("cache.snapshotDays", cache.snapshot_days, rule, _FEWEST_DAYS)


def single_zone_of_cache(cache: ElastiCacheCache, acknowledge: Acknowledged) -> Iterator[Problem]:
    if is_single(cache) and "singleZone" not in acknowledge:
        rule = (
            "keeps no copy: when its zone or its node fails, Langfuse accepts nothing until the "
            "node is replaced, and what waited in the queues is lost; "
            f"{accept('singleZone')}"
        )
        yield to_change("cache.replicas", cache.replicas, rule, 1)


CHECKS: Final[tuple[Check, ...]] = (
    no_protection,
    short_backups,
    single_zone,
    no_protection_of_cache,
    short_snapshots,
    single_zone_of_cache,
    no_protection_of_clickhouse,
    no_protection_of_buckets,
)
