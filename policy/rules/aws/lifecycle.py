"""Rules about the protection of data that has to be kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ..model import UNKNOWN, Rule, Seen, StackRule, accepted, is_asked, is_off, is_on

_FEWEST_DAYS: Final = 7
"""Days of backups of a protected store."""
_SHORTEST_WINDOW: Final = 7
"""Days in which a deleted key can be restored: the fewest that AWS knows."""
_DATABASES: Final = ("aws:rds/instance:Instance", "aws:rds/cluster:Cluster")
_CACHE: Final = "aws:elasticache/replicationGroup:ReplicationGroup"
_STORES: Final = {
    **dict.fromkeys(_DATABASES, ("database.protect", "backupRetentionPeriod")),
    _CACHE: ("cache.protect", "snapshotRetentionLimit"),
}
"""Resources with data that is backed up: the setting that protects them, and the input with the
days of backups."""
_ENTRY: Final = "aws:secretsmanager/secret:Secret"
_BUCKETS: Final = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
_SERVERS: Final = tuple(
    f"kubernetes:clickhouse.com/v1alpha1:{kind}" for kind in ("ClickHouseCluster", "KeeperCluster")
)
_OF_LOGS: Final = "-access-logs-"
"""Part of the name of the bucket of a load balancer's logs, which nothing needs."""
_OF_AGENTS: Final = "-agents-"
"""Part of the names of entries that are generated again from the stack's own."""
_RISK: Final = "noProtection"


def protected_data(seen: Seen) -> Iterator[str]:
    if seen.type == "aws:kms/key:Key":
        days = seen.get("deletionWindowInDays")
        if isinstance(days, int | float) and days < _SHORTEST_WINDOW:
            yield f"deletionWindowInDays is {days:g}: leave time to notice"
    if seen.protect:
        yield from _way_back(seen)


def _way_back(seen: Seen) -> Iterator[str]:
    """What a deletion of a protected resource would leave nothing of."""
    if seen.type in _DATABASES:
        if not is_on(seen.get("deletionProtection")):
            yield "deletionProtection is not true: the console would delete what Pulumi protects"
        if is_asked(seen.get("skipFinalSnapshot")):
            yield "skipFinalSnapshot is true: a deletion would leave nothing to restore"
        kept = seen.get("deleteAutomatedBackups")
        if kept is None:
            yield "deleteAutomatedBackups is missing, which is true: its backups would go with it"
        elif not is_off(kept):
            yield "deleteAutomatedBackups is true: its backups would go with it"
    elif seen.type == _CACHE:
        if not seen.get("finalSnapshotIdentifier"):
            yield "finalSnapshotIdentifier is missing: a deletion would leave nothing to restore"
    elif seen.type in _BUCKETS:
        if is_asked(seen.get("forceDestroy")):
            yield "forceDestroy is true: a protected bucket would be emptied to be deleted"
    elif seen.type == _ENTRY and seen.get("recoveryWindowInDays") == 0:
        yield "recoveryWindowInDays is 0: a deleted entry could not be restored"


def protection(stack: Sequence[Seen]) -> Iterator[tuple[Seen, str]]:
    """Without it the other rules about data that is kept would have nothing to judge."""
    if _RISK in accepted(stack):
        return
    with_database = any(seen.type in _DATABASES for seen in stack)
    for seen in stack:
        if seen.protect:
            continue
        if seen.type in _STORES:
            key, _ = _STORES[seen.type]
            yield seen, f"is not protected: set {key}, or acknowledge {_RISK}"
        elif seen.type in _SERVERS:
            yield seen, f"is not protected: set clickhouse.protect, or acknowledge {_RISK}"
        elif _is_emptied(seen):
            yield seen, f"is not protected: set objectStorage.protect, or acknowledge {_RISK}"
        elif with_database and seen.type == _ENTRY and _OF_AGENTS not in seen.name:
            yield seen, f"is not protected: set secrets.protect, or acknowledge {_RISK}"


def _is_emptied(seen: Seen) -> bool:
    """Whether it is a bucket of data that is deleted with all that it holds."""
    empties = seen.type in _BUCKETS and is_asked(seen.get("forceDestroy"))
    return empties and _OF_LOGS not in seen.name


def backups(stack: Sequence[Seen]) -> Iterator[tuple[Seen, str]]:
    fewest = 1 if "shortBackups" in accepted(stack) else _FEWEST_DAYS
    for seen in stack:
        if seen.type not in _STORES or not seen.protect:
            continue
        _, name = _STORES[seen.type]
        days = seen.get(name)
        if days is UNKNOWN:
            continue
        if not isinstance(days, int | float):
            yield seen, f"{name} is missing: keep {fewest} days or more"
        elif days < fewest:
            yield seen, f"{name} is {days:g}: keep {fewest} days or more"


RULES: Final = (
    Rule(
        name="protected-data-is-kept",
        protects="Deleting a protected resource is refused, or leaves a way to restore its data.",
        check=protected_data,
    ),
)
STACK_RULES: Final = (
    StackRule(
        name="data-is-protected",
        protects="An RDS database, the entries with the keys for its data, an ElastiCache cache, "
        "ClickHouse's servers and buckets of data are protected, unless the stack acknowledges "
        "noProtection.",
        check=protection,
    ),
    StackRule(
        name="backups-of-a-protected-database",
        protects="A mistake that is found within a week can be undone (within a day with "
        "shortBackups acknowledged).",
        check=backups,
    ),
)
