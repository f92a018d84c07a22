"""What a migration must not do to a database, as SQL that stops before it does.

The first start of a Langfuse 4 image drops the tables of version 2 and deletes the records of
version 3's background migrations, whether these have copied everything or not
(https://github.com/langfuse/langfuse/pull/15369; packages/shared/prisma/migrations and
worker/src/backgroundMigrations at v4.0.0). Nothing in the image asks first.
"""

from __future__ import annotations

from typing import Final

from components.langfuse.versions import Version

MARK: Final = "LANGFUSE_GUARD"
"""What each refusal begins with, before the name of the state and a colon."""

COPIES: Final = (
    "20241024_1216_add_generations_cost_backfill",
    "20241024_1730_migrate_traces_from_pg_to_ch",
    "20241024_1737_migrate_observations_from_pg_to_ch",
    "20241024_1738_migrate_scores_from_pg_to_ch",
)
"""Background migrations of version 3 that copy version 2's data to ClickHouse."""

DELETED: Final = (
    *COPIES,
    "20250417_1737_migrate_event_log_to_blob_storage",
    "20250731_1001_migrate_dataset_run_items_pg_to_ch",
    "20250814_1001_migrate_dataset_run_items_rmt_pg_to_ch",
)
"""Background migrations whose records, and whose sources, version 4 deletes."""

REPAIRED: Final = (
    "20240530212419_model_price_anthropic_via_google_vertex",
    "20240604133340_backfill_manual_scores",
    "20240606090858_pricings_add_latest_gemini_models",
    "20260203220622_pending_deletions_object_id_idx",
)
"""Failed schema migrations that the image itself clears before it migrates
(packages/shared/scripts/cleanup.sql)."""

NEWEST: Final = "@NEWEST@"
"""Placeholder of the image's newest schema migration, which ``command`` reads from its files."""

_SCHEMA: Final = "./packages/shared/prisma/schema.prisma"
_MIGRATIONS: Final = "./packages/shared/prisma/migrations"

STATES: Final = ("no_history", "failed_migration", "newer_schema", "not_copied", "unfinished")
"""Every reason to refuse."""


def command(version: Version) -> list[str]:
    """Run the SQL by the image's Prisma, against the database of DIRECT_URL.

    By the schema's own data source: a URL as an argument would show in the list of processes.
    """
    script = (
        "set -eu\n"
        f"newest=$(ls {_MIGRATIONS} | grep '^[0-9]' | sort | tail -n 1)\n"
        f"sed \"s/{NEWEST}/$newest/\" <<'SQL' | prisma db execute --stdin --schema {_SCHEMA}\n"
        f"{sql(version)}"
        "SQL\n"
    )
    return ["sh", "-c", script]


def sql(version: Version) -> str:
    """One statement that changes nothing, and raises an error if ``version`` must not migrate.

    Any role may run it that may read the tables, such as their owner. It waits 15 s for a lock.
    """
    copied = _COPIED if version.major >= 4 else ""
    # Nothing in it comes from outside: constants, and a version that was parsed.
    return f"""\
DO $guard$
DECLARE
  newest text; names text; held bigint := 0; found bigint; known text;
BEGIN
  PERFORM set_config('lock_timeout', '15s', true);
  IF to_regclass('_prisma_migrations') IS NULL THEN
    IF to_regclass('projects') IS NULL AND to_regclass('traces') IS NULL THEN
      RETURN;
    END IF;
    RAISE EXCEPTION '{MARK} no_history: the database has tables of Langfuse but no record of its '
      'migrations (_prisma_migrations). Restore the record from a backup, or take an empty '
      'database.';
  END IF;
  SELECT string_agg(migration_name, ', ' ORDER BY migration_name) INTO names
    FROM _prisma_migrations
    WHERE finished_at IS NULL AND rolled_back_at IS NULL
      AND migration_name NOT IN ({_list(REPAIRED)});
  IF names IS NOT NULL THEN
    RAISE EXCEPTION '{MARK} failed_migration: % did not finish. Repair it as the page on upgrades '
      'says, and mark it with "prisma migrate resolve".', names;
  END IF;
  SELECT max(migration_name COLLATE "C") INTO newest
    FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL;
  IF newest COLLATE "C" > '{NEWEST}' COLLATE "C" THEN
    RAISE EXCEPTION '{MARK} newer_schema: the database is at %, and {version} ends at {NEWEST}. '
      'Set langfuse.version to the release that the database was migrated by, or restore a backup.',
      newest;
  END IF;
{copied}\
END
$guard$;
"""  # noqa: S608


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)


_COPIED: Final = f"""\
  FOREACH known IN ARRAY ARRAY['traces', 'observations', 'scores', 'dataset_run_items'] LOOP
    IF (SELECT relkind FROM pg_class WHERE oid = to_regclass(known)) IN ('r', 'p') THEN
      EXECUTE format('SELECT count(*) FROM (SELECT 1 FROM %I LIMIT 1) AS one', known) INTO found;
      held := held + found;
    END IF;
  END LOOP;
  IF to_regclass('background_migrations') IS NULL THEN
    IF held > 0 THEN
      RAISE EXCEPTION '{MARK} not_copied: version 4 would drop the traces of version 2, which no '
        'version 3 has copied to ClickHouse. Nothing was changed. Set langfuse.version to the one '
        'before, then upgrade over version 3 (docs/upgrade.md).';
    END IF;
    RETURN;
  END IF;
  SELECT string_agg(name || CASE WHEN failed_at IS NULL THEN '' ELSE ' (failed)' END, ', '
      ORDER BY name) INTO names
    FROM background_migrations WHERE finished_at IS NULL AND name IN ({_list(DELETED)});
  IF names IS NOT NULL THEN
    RAISE EXCEPTION '{MARK} unfinished: version 4 would delete what these background migrations of '
      'version 3 have not copied: %. Nothing was changed. Let version 3 finish them.', names;
  END IF;
  SELECT count(*) INTO found
    FROM background_migrations WHERE finished_at IS NOT NULL AND name IN ({_list(COPIES)});
  IF held > 0 AND found < {len(COPIES)} THEN
    RAISE EXCEPTION '{MARK} not_copied: version 4 would drop the traces of version 2, and only % '
      'of {len(COPIES)} copies to ClickHouse are recorded as finished. Nothing was changed. Let '
      'version 3 finish them (docs/upgrade.md).', found;
  END IF;
"""  # noqa: S608
