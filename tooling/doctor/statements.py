"""Every SQL statement that the doctor suggests. Pure; imports no SDK.

What version 4 must not delete is in ``components.langfuse.guard``.
"""

# What is filled in is a number or a name of letters, digits and underscores.
# ruff: noqa: S608

from __future__ import annotations

from typing import Final

VERSION: Final = "SELECT version()"
GRANTS: Final = "SHOW GRANTS"
CLUSTERS: Final = "SELECT DISTINCT cluster FROM system.clusters"
DATABASES: Final = "SELECT name, engine FROM system.databases"
TIMES: Final = "SELECT version(), getSetting('input_format_read_datetime_number_as_raw_value')"
"""How ClickHouse reads a whole number as a time; the setting is there from 26.8 on."""

DISK: Final = (
    "SELECT formatReadableSize(filesystemAvailable()), formatReadableSize(filesystemCapacity())"
)
"""Free and whole size of the server's disk; system.disks would need a grant."""

PARTS: Final = (
    "SELECT table, count() FROM system.parts WHERE active GROUP BY table ORDER BY count() DESC"
)


def mark_before(version: int) -> str:
    """Marks the migration of ClickHouse's schema before this one as the last, and as complete.

    It is what ``migrate force`` of golang-migrate does (database/clickhouse/clickhouse.go,
    SetVersion). Before the first there is none, which it writes as -1.
    """
    before = version - 1 or -1
    return (
        "INSERT INTO schema_migrations (version, dirty, sequence) VALUES "
        f"({before}, 0, toUnixTimestamp64Nano(now64(9)))"
    )


def retry_background_migration(name: str) -> str:
    """Lets the next worker that starts run a failed background migration again."""
    return (
        "UPDATE background_migrations SET failed_at = NULL, failed_reason = NULL "
        f"WHERE name = '{name}'"
    )
