"""The RDS instance of a stack: whether it answers, what AWS has changed in it, its backups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from components.postgres.rds.certificates import AUTHORITY
from stacks.names import UNIQUE, AccountNames
from stacks.settings.sections.database import RdsDatabase
from tooling.doctor.aws.session.account import Account
from tooling.doctor.findings import Finding

_WORKING: Final = {
    "available",
    "backing-up",
    "configuring-enhanced-monitoring",
    "configuring-log-exports",
    "storage-config-upgrade",
    "storage-initialization",
    "storage-optimization",
}
"""Statuses in which the database answers
(https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html)."""

_BROKEN: Final = {
    "failed": "RDS could not recover it: restore a snapshot or a point in time",
    "inaccessible-encryption-credentials": "its KMS key is disabled, deleted or not accessible",
    "inaccessible-encryption-credentials-recoverable": (
        "its KMS key is disabled or not accessible: enable the key, then start the instance"
    ),
    "incompatible-network": "its subnets have no free address, or its network does not fit",
    "incompatible-option-group": "its option group does not fit the version",
    "incompatible-parameters": "its parameter group does not fit the version or the class",
    "incompatible-restore": "what it was restored from does not fit",
    "insufficient-capacity": "AWS has no capacity for the instance class in its zones now",
    "restore-error": "the restore failed",
    "stopped": "it was stopped by hand; RDS starts it again after seven days",
    "storage-full": "its storage is full: raise database.storageGiB, or set maxStorageGiB",
}


_LATE: Final = 1800.0
"""Seconds that the restorable time may lie behind: RDS keeps the log every five minutes
(https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIT.html)."""

Instance = Mapping[str, Any]


def status(account: Account) -> Iterator[Finding]:
    """Whether the instance is in a status in which it answers."""
    for instance in _instances(account):
        identifier = instance["DBInstanceIdentifier"]
        found = instance.get("DBInstanceStatus", "unknown")
        if found in _WORKING:
            continue
        told = f": {_BROKEN[found]}" if found in _BROKEN else ""
        waits = "" if found in _BROKEN else "; it may not answer until it is available again"
        yield Finding(
            section="database-unreachable",
            severity="error" if found in _BROKEN else "warning",
            subject=f"RDS instance {identifier}",
            cause=f"It is {found}{told}{waits}.",
            command=account.aws.command(
                *("rds", "describe-events", "--source-type", "db-instance"),
                *("--source-identifier", identifier, "--duration", "1440"),
            ),
        )


def changed(account: Account) -> Iterator[Finding]:
    """What differs from the stack file: by AWS (autoscaling of storage, maintenance), or by hand.

    A minor version is no setting. What only a restored or replaced instance would lack is said too:
    it starts from the stack file.
    """
    database = account.settings.database
    if not isinstance(database, RdsDatabase):
        return
    for instance in _instances(account):
        yield from _storage(account, database, instance)
        yield from _version(account, database, instance)
        yield from _others(account, database, instance)
        if pending := instance.get("PendingModifiedValues"):
            yield _differs(
                account,
                instance,
                f"Changes wait for its maintenance window: {', '.join(sorted(pending))} "
                "(database.applyImmediately applies them with the next `up`)",
            )


def _storage(account: Account, database: RdsDatabase, instance: Instance) -> Iterator[Finding]:
    size = instance.get("AllocatedStorage", 0)
    if size > database.storage_gib:
        yield _differs(
            account,
            instance,
            f"Its storage has grown to {size} GiB, and database.storageGiB is "
            f"{database.storage_gib}: a restored or replaced instance would start too small, and "
            "RDS makes none smaller",
            _grow(account, database, size),
        )
    elif 0 < size < database.storage_gib:
        yield _differs(
            account,
            instance,
            f"Its storage has {size} GiB, and database.storageGiB is {database.storage_gib}: `up` "
            "enlarges it, and RDS allows no other change of it for six hours",
        )


def _grow(account: Account, database: RdsDatabase, size: int) -> str:
    """The command that writes the size down, and a limit that leaves the room it has to."""
    commands = [account.commands.config_set("database.storageGiB", size)]
    limit = -(-size * 11 // 10)
    if database.max_storage_gib is not None and database.max_storage_gib < limit:
        commands.append(account.commands.config_set("database.maxStorageGiB", limit))
    return " && ".join(commands)


def _version(account: Account, database: RdsDatabase, instance: Instance) -> Iterator[Finding]:
    found = str(instance.get("EngineVersion", ""))
    major = found.partition(".")[0]
    if not found or major == database.version:
        return
    newer = int(major) > int(database.version)
    why = (
        "RDS takes no version back: `up` would fail"
        if newer
        else "`up` upgrades it, with an outage, where database.allowMajorUpgrade is on"
    )
    identifier = instance["DBInstanceIdentifier"]
    yield Finding(
        section="changed-in-aws",
        severity="error" if newer else "warning",
        subject=f"RDS instance {identifier}",
        cause=f"It runs PostgreSQL {found}, and database.version is {database.version}: {why}.",
        command=account.commands.config_set("database.version", major)
        if newer
        else _show(account, instance),
    )


def _others(account: Account, database: RdsDatabase, instance: Instance) -> Iterator[Finding]:
    """What `up` sets back, and what that costs."""
    rows = (
        ("DBInstanceClass", database.instance_class, "database.instanceClass", "with a restart"),
        ("MultiAZ", database.multi_az, "database.multiAz", "which takes minutes"),
        ("BackupRetentionPeriod", database.backup_days, "database.backupDays", ""),
        ("DeletionProtection", database.protect, "database.protect", ""),
        ("MaxAllocatedStorage", database.max_storage_gib, "database.maxStorageGiB", ""),
        ("CACertificateIdentifier", AUTHORITY, "the stack's authority", "with a restart"),
    )
    for field, wanted, key, cost in rows:
        found = instance.get(field)
        if found is None or found == wanted:
            continue
        yield _differs(
            account,
            instance,
            f"Its {field} is {_word(found)}, and {key} is {_word(wanted)}: `up` sets it back"
            + (f", {cost}" if cost else ""),
        )


def _word(value: object) -> str:
    if value is None:
        return "not set"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _differs(
    account: Account, instance: Instance, cause: str, command: str | None = None
) -> Finding:
    identifier = instance["DBInstanceIdentifier"]
    return Finding.warning(
        "changed-in-aws",
        f"RDS instance {identifier}",
        f"{cause}.",
        command or _show(account, instance),
    )


def _show(account: Account, instance: Instance) -> str:
    identifier = instance["DBInstanceIdentifier"]
    words = ("rds", "describe-db-instances", "--db-instance-identifier", identifier)
    return account.aws.command(*words)


def restorable(account: Account) -> Iterator[Finding]:
    """Whether the time to which the instance can be restored goes on."""
    for instance in _instances(account):
        latest: datetime | None = instance.get("LatestRestorableTime")
        if instance.get("DBInstanceStatus") not in _WORKING or latest is None:
            continue
        late = (datetime.now(UTC) - latest).total_seconds()
        if late > _LATE:
            identifier = instance["DBInstanceIdentifier"]
            yield Finding.warning(
                "restore-window-stale",
                f"RDS instance {identifier}",
                f"It can be restored to {latest:%Y-%m-%d %H:%M} UTC at the latest, "
                f"{late / 60:.0f} minutes ago: RDS has kept no log of transactions since then, and "
                "what was written since would be lost.",
                account.aws.command(
                    *("rds", "describe-events", "--source-type", "db-instance"),
                    *("--source-identifier", identifier, "--duration", "1440"),
                ),
            )


def _instances(account: Account) -> Iterator[Instance]:
    """Those with a name of the stack: one, or two while one replaces the other."""
    if not isinstance(account.settings.database, RdsDatabase):
        return
    listed = account.aws.pages("rds", "DescribeDBInstances", "DBInstances")
    begins = f"{AccountNames(account.settings.stack).database}-"
    for instance in listed:
        identifier = instance["DBInstanceIdentifier"]
        if identifier.startswith(begins) and len(identifier) == len(begins) + UNIQUE:
            yield instance
