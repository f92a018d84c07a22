"""What a migration must not do to a database, as SQL that stops before it does.

The first start of a Langfuse 4 image drops the tables of version 2 and deletes the records of
version 3's background migrations, whether these have copied everything or not
(https://github.com/langfuse/langfuse/pull/15369; packages/shared/prisma/migrations and
worker/src/backgroundMigrations at v4.0.0). Nothing in the image asks first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from components.langfuse.versions import LINES, Version
from components.langfuse.write_modes import Mode

if TYPE_CHECKING:
    from components.langfuse.args import Step

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

BACKFILL: Final = (
    "20260701_v4_step_1_create_root_spans_from_traces",
    "20260701_v4_step_2_rewrite_observations_to_pid_tid_sorting",
    "20260701_v4_step_3_backfill_events_full_from_observations",
    "20260701_v4_step_4_backfill_events_full_from_dataset_run_items",
)
"""Background migrations of version 4 that copy version 3's tables in ClickHouse to its own."""

_LAST_OF_2: Final = "20241125124029_add_chatgpt_4o_prices"
"""The newest schema migration of 2.95.12."""

_ONLY_IN_4: Final = "20260723150000_drop_legacy_tracing_tables"
"""A schema migration that no release of version 3 has."""

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

PAUSED: Final = "@PAUSED@"
"""Placeholder of `true` where no pod of Langfuse runs."""

STEP: Final = "@STEP@"
"""Placeholder of the major version that a step with a backup is made to; empty if none is."""

_SCHEMA: Final = "./packages/shared/prisma/schema.prisma"
_MIGRATIONS: Final = "./packages/shared/prisma/migrations"

STATES: Final = (
    "no_history",
    "failed_migration",
    "newer_schema",
    "not_copied",
    "unfinished",
    "not_paused",
    "no_backup",
    "backfilled",
)
"""Every reason to refuse."""


def said(*, paused: bool, step: Step | None) -> dict[str, str]:
    """What the guard is told, as variables; the names of backups are for people, in its log."""
    return {
        "LANGFUSE_PAUSED": "true" if paused else "false",
        "LANGFUSE_STEP": str(step.to) if step else "",
        "LANGFUSE_STEP_CLICKHOUSE_BACKUP": step.clickhouse_backup if step else "",
        "LANGFUSE_STEP_DATABASE_BACKUP": step.database_backup if step else "",
    }


def command(version: Version, mode: Mode) -> list[str]:
    """Run the SQL by the image's Prisma, against the database of DIRECT_URL.

    By the schema's own data source: a URL as an argument would show in the list of processes.
    """
    values = {NEWEST: "$newest", PAUSED: "$LANGFUSE_PAUSED", STEP: "$LANGFUSE_STEP"}
    filled = "".join(f' -e "s/{word}/{value}/g"' for word, value in values.items())
    script = (
        "set -eu\n"
        'if [ -n "$LANGFUSE_STEP" ]; then\n'
        '  echo "Step to version $LANGFUSE_STEP, with backups of PostgreSQL'
        " ($LANGFUSE_STEP_DATABASE_BACKUP) and of ClickHouse"
        ' (${LANGFUSE_STEP_CLICKHOUSE_BACKUP:-none})"\n'
        "fi\n"
        f"newest=$(ls {_MIGRATIONS} | grep '^[0-9]' | sort | tail -n 1)\n"
        f"sed{filled} <<'SQL' | prisma db execute --stdin --schema {_SCHEMA}\n"
        f"{sql(version, mode)}"
        "SQL\n"
    )
    return ["sh", "-c", script]


def sql(version: Version, mode: Mode) -> str:
    """One statement that changes nothing, and raises an error if ``version`` must not migrate.

    Any role may run it that may read the tables, such as their owner. It waits 15 s for a lock.
    """
    four = version.major >= LINES[4].first.major
    # Nothing in it comes from outside: constants, and a version that was parsed.
    return f"""\
DO $guard$
DECLARE
  newest text; names text; held bigint := 0; found bigint; known text;
  paused constant boolean := '{PAUSED}' = 'true'; step constant text := '{STEP}';
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
  IF newest COLLATE "C" > '{NEWEST}' COLLATE "C"{"" if four else _NOT_BACK} THEN
    RAISE EXCEPTION '{MARK} newer_schema: the database is at %, and {version} ends at {NEWEST}. '
      'Set langfuse.version to the release that the database was migrated by, or restore a backup.',
      newest;
  END IF;
  FOREACH known IN ARRAY ARRAY['traces', 'observations', 'scores', 'dataset_run_items'] LOOP
    IF (SELECT relkind FROM pg_class WHERE oid = to_regclass(known)) IN ('r', 'p') THEN
      EXECUTE format('SELECT count(*) FROM (SELECT 1 FROM %I LIMIT 1) AS one', known) INTO found;
      held := held + found;
    END IF;
  END LOOP;
{_COPIED + _FROM_3 + _FOR_MODE[mode] if four else _FROM_2}\
END
$guard$;
"""  # noqa: S608


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)


_AT_4: Final = f"""\
EXISTS (
    SELECT 1 FROM _prisma_migrations
      WHERE migration_name = '{_ONLY_IN_4}' AND finished_at IS NOT NULL AND rolled_back_at IS NULL
  )"""  # noqa: S608

_NOT_BACK: Final = f"""
  AND NOT (paused AND step = '3' AND {_AT_4})"""
"""The way back from 4 to 3, which is as deliberate as the way there."""

_FROM_2: Final = f"""\
  IF newest COLLATE "C" <= '{_LAST_OF_2}' COLLATE "C" AND held > 0 THEN
    IF NOT paused THEN
      RAISE EXCEPTION '{MARK} not_paused: version 3 copies the traces of version 2 once, and what '
        'pods of version 2 write meanwhile would be lost. Nothing was changed. Set langfuse.paused '
        'to true, and to false when this Job has completed.';
    ELSIF step <> '3' THEN
      RAISE EXCEPTION '{MARK} no_backup: version 2 does not work on the schema of version 3, and '
        'only a backup leads back. Nothing was changed. Take one of PostgreSQL, and name it in '
        'langfuse.upgrade (docs/upgrade.md).';
    END IF;
  END IF;
"""

_COPIED: Final = f"""\
  IF to_regclass('background_migrations') IS NULL
      OR newest COLLATE "C" <= '{_LAST_OF_2}' COLLATE "C" THEN
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

_FROM_3: Final = f"""\
  SELECT count(*) INTO found FROM (SELECT 1 FROM projects LIMIT 1) AS one;
  IF found > 0 AND step <> '4' AND NOT {_AT_4} THEN
    RAISE EXCEPTION '{MARK} no_backup: version 4 drops tables, and version 3 does not work without '
      'them. Nothing was changed. Take backups of PostgreSQL and of ClickHouse, and name them in '
      'langfuse.upgrade (docs/upgrade.md).';
  END IF;
"""  # noqa: S608

_BEGUN: Final = f"""\
  SELECT string_agg(name, ', ' ORDER BY name) INTO names FROM background_migrations
    WHERE name IN ({_list(BACKFILL)}) AND (finished_at IS NOT NULL OR state::text <> '{{}}'\
"""  # noqa: S608

_NO_MORE: Final = f"""\
{_BEGUN});
  IF names IS NOT NULL THEN
    RAISE EXCEPTION '{MARK} backfilled: what legacy writes from now on would never be copied to '
      'the tables of version 4: these copies run once, and have begun: %. Nothing was changed. Set '
      'langfuse.writeMode to dual or eventsOnly.', names;
  END IF;
"""

_ALL_AT_ONCE: Final = f"""\
{_BEGUN} OR failed_at IS NOT NULL);
  IF found > 0 AND names IS NULL AND NOT paused THEN
    RAISE EXCEPTION '{MARK} not_paused: what is in the tables of version 3 is copied once, and '
      'what workers write there meanwhile would be lost. Nothing was changed. Set langfuse.paused '
      'to true, and to false when this Job has completed; or copy in dual first.';
  END IF;
"""

_FOR_MODE: Final = {
    Mode("legacy", backfill=False): _NO_MORE,
    Mode("dual", backfill=False): "",
    Mode("dual", backfill=True): "",
    Mode("eventsOnly", backfill=False): "",
    Mode("eventsOnly", backfill=True): _ALL_AT_ONCE,
}
"""What a state of version 4 must not follow on."""
