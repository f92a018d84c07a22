"""Every SQL statement that the doctor runs or suggests. Pure; imports no SDK.

What version 4 must not delete is in ``components.langfuse.guard``.
"""

# What is filled in is a constant, a number, or a name of letters, digits and underscores.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from components.langfuse import guard

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
SIZES: Final = (
    "SELECT database, table, formatReadableSize(sum(bytes_on_disk)) FROM system.parts WHERE active "
    "GROUP BY ALL ORDER BY sum(bytes_on_disk) DESC LIMIT 15"
)
ENGINES: Final = "SELECT name, engine FROM system.tables WHERE database = currentDatabase()"
MUTATIONS: Final = (
    "SELECT table, command, create_time, parts_to_do, latest_fail_reason FROM system.mutations "
    "WHERE NOT is_done FORMAT Vertical"
)
OLD_API: Final = (
    "SELECT project_id, ingestion_api_key, ingestion_sdk_name, ingestion_sdk_version, count() FROM "
    "events_core WHERE start_time > now() - INTERVAL 7 DAY AND source = 'ingestion-api-dual-write' "
    "GROUP BY ALL ORDER BY count() DESC"
)
"""Whose SDKs use the old API, once the tables of version 4 are written too."""

OLD_API_BEFORE: Final = (
    "SELECT project_id, name, count() FROM observations WHERE start_time > now() - INTERVAL 1 DAY "
    "AND NOT mapContains(metadata, 'scope') GROUP BY ALL ORDER BY count() DESC LIMIT 20"
)
"""The same before: what comes by OpenTelemetry has its scope in the metadata."""


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)


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


POSTGRES: Final[Mapping[str, str]] = {
    "schema": f"""\
SELECT json_build_object(
  'newest', (SELECT max(migration_name COLLATE "C") FROM _prisma_migrations
    WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL),
  'broken', (SELECT json_agg(migration_name ORDER BY migration_name) FROM _prisma_migrations
    WHERE finished_at IS NULL AND rolled_back_at IS NULL
      AND migration_name NOT IN ({_list(guard.REPAIRED)}))
)::text AS answer""",
    "background": """\
SELECT coalesce(json_agg(json_build_object(
  'name', name,
  'finished', finished_at IS NOT NULL,
  'failed', failed_at IS NOT NULL,
  'reason', failed_reason,
  'locked', extract(epoch FROM (now() AT TIME ZONE 'UTC') - locked_at),
  'gate', args->>'envGate',
  'down_to', state->>'maxDate',
  'chunks', CASE WHEN jsonb_typeof(state->'todos') = 'array'
    THEN jsonb_array_length(state->'todos') END,
  'done', CASE WHEN jsonb_typeof(state->'todos') = 'array' THEN (
    SELECT count(*) FROM jsonb_array_elements(state->'todos') AS chunk
    WHERE chunk->>'status' = 'completed') END
) ORDER BY name), '[]')::text AS answer FROM background_migrations""",
}
"""Questions to PostgreSQL, by name; each answers with one JSON document. The columns are those of
packages/shared/prisma/schema.prisma, the state that of worker/src/backgroundMigrations."""

CLICKHOUSE: Final[Mapping[str, str]] = {
    "server": (
        "SELECT version() AS version, timezone() AS timezone, toUInt64(filesystemAvailable()) AS "
        "free, toUInt64(filesystemCapacity()) AS size"
    ),
    "times": "SELECT getSetting('input_format_read_datetime_number_as_raw_value') AS raw",
    "schema": ("SELECT version, dirty FROM schema_migrations ORDER BY sequence DESC LIMIT 1"),
    "tables": (
        "SELECT database, name, engine, toUInt64(coalesce(total_bytes, 0)) AS bytes FROM "
        "system.tables WHERE database IN (currentDatabase(), 'system') AND total_bytes > 0"
    ),
    "mutations": (
        "SELECT table, count() AS count, max(latest_fail_reason) AS reason FROM system.mutations "
        "WHERE database = currentDatabase() AND NOT is_done AND create_time < now() - INTERVAL 1 "
        "HOUR GROUP BY table ORDER BY table"
    ),
    "staging": (
        "SELECT max(toDateTimeOrNull(partition)) AS newest FROM system.parts WHERE database = "
        "currentDatabase() AND table = 'observations_batch_staging' AND active AND "
        "toDateTimeOrNull(partition) < now() - INTERVAL 1 HOUR"
    ),
    "sdks": (
        "SELECT ingestion_sdk_name AS name, ingestion_sdk_version AS version, count() AS count "
        "FROM events_core WHERE start_time > now() - INTERVAL 7 DAY AND source = "
        "'ingestion-api-dual-write' AND NOT startsWith(environment, 'langfuse-') AND "
        "ingestion_sdk_name NOT IN ('langfuse-internal-ai-sdk', 'langfuse-internal-otel-writer') "
        "GROUP BY name, version ORDER BY count DESC LIMIT 20"
    ),
    "legacy": (
        "SELECT count() AS count FROM observations WHERE start_time > now() - INTERVAL 1 DAY AND "
        "NOT startsWith(environment, 'langfuse-') AND NOT mapContains(metadata, 'scope')"
    ),
}
"""Questions to ClickHouse, by name. Langfuse's own user may ask them."""

CLUSTERED: Final[Mapping[str, str]] = {
    "read_only": (
        "SELECT table, any(zookeeper_exception) AS reason FROM system.replicas WHERE is_readonly "
        "GROUP BY table ORDER BY table"
    ),
    "replicas": "SELECT toUInt32(count()) AS count FROM system.clusters WHERE cluster = 'default'",
}
"""Further ones to a server with replicas."""
