"""The guard of a migration, run by a real PostgreSQL in every state that a database can be in."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from components.langfuse import guard, write_modes
from components.langfuse.args import Step
from components.langfuse.versions import Version
from components.langfuse.write_modes import Mode
from tests.support.postgres_server import PostgresError, Server, needs_postgres, running

V3 = Version(3, 225, 4)
V4 = Version(4, 16, 0)
NEWEST = "20260801000000_newest"
OLDER = "20260701000000_older"

AT_2 = "20241125124029_add_chatgpt_4o_prices"
AT_3 = "20260721120000_add_boolean_score_widget_views"
AT_4 = "20260723150000_drop_legacy_tracing_tables"

LEGACY = Mode("legacy", backfill=False)
DUAL = Mode("dual", backfill=False)
COPYING = Mode("dual", backfill=True)
EVENTS = Mode("eventsOnly", backfill=True)
WITHOUT = Mode("eventsOnly", backfill=False)
MODES = (LEGACY, DUAL, COPYING, EVENTS, WITHOUT)

HISTORY = """
CREATE TABLE projects (id text);
CREATE TABLE _prisma_migrations (
  migration_name text, finished_at timestamptz, rolled_back_at timestamptz
);
"""
TRACES = "CREATE TABLE traces (id text); CREATE TABLE observations (id text);"
ONE_TRACE = "INSERT INTO traces VALUES ('a');"
BACKGROUND = """
CREATE TABLE background_migrations (
  name text, finished_at timestamptz, failed_at timestamptz, state jsonb NOT NULL DEFAULT '{}'
);
"""
VIEW = "CREATE VIEW traces AS SELECT 'a' AS id;"


def row(table: str, *values: str) -> str:
    return f"INSERT INTO {table} VALUES ({', '.join(values)});"  # noqa: S608 - of this file


def migrated(name: str, *, finished: str = "now()", rolled_back: str = "NULL") -> str:
    return row("_prisma_migrations", f"'{name}'", finished, rolled_back)


def copied(*names: str, finished: str = "now()", failed: str = "NULL") -> str:
    return "".join(row("background_migrations", f"'{name}'", finished, failed) for name in names)


def changed(what: str, name: str) -> str:
    return f"UPDATE background_migrations SET {what} WHERE name = '{name}';"  # noqa: S608


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as server:
        yield server


def said(
    server: Server,
    state: str,
    version: Version,
    mode: Mode | None = None,
    *,
    paused: bool = False,
    step: str = "",
) -> str | None:
    """The refusal of a state, without where in the statement it was made; None if it passes."""
    sql = guard.sql(version, mode or write_modes.mode(version))
    told = {guard.NEWEST: NEWEST, guard.PAUSED: str(paused).lower(), guard.STEP: step}
    for word, value in told.items():
        sql = sql.replace(word, value)
    server.empty("langfuse")
    server.run("langfuse", state)
    before = server.run("langfuse", DUMP)
    refusal: list[str] = []
    try:
        server.run("langfuse", sql)
    except PostgresError as error:
        refusal = re.findall(rf"{guard.MARK} (.*)", str(error)) or [str(error)]
    assert server.run("langfuse", DUMP) == before
    return refusal[0] if refusal else None


DUMP = "SELECT count(*), sum(reltuples) FROM pg_class WHERE relkind IN ('r', 'v');"

OLD = HISTORY + TRACES + migrated(OLDER)
FINISHED = HISTORY + BACKGROUND + migrated(NEWEST) + copied(*guard.DELETED)


@needs_postgres
@pytest.mark.parametrize("version", [V3, V4], ids=str)
@pytest.mark.parametrize(
    "state",
    [
        "",
        HISTORY + migrated(NEWEST),
        HISTORY + TRACES + migrated(OLDER),
        HISTORY + migrated(OLDER) + migrated(guard.REPAIRED[0], finished="NULL"),
        HISTORY + migrated(OLDER) + migrated("2_gone", finished="NULL", rolled_back="now()"),
        HISTORY + migrated(NEWEST) + migrated("9_gone", rolled_back="now()"),
        HISTORY + BACKGROUND + migrated(NEWEST),
        FINISHED,
        FINISHED + TRACES + ONE_TRACE,
        FINISHED + VIEW,
        FINISHED + copied("20260101_harmless", finished="NULL"),
    ],
    ids=[
        "empty",
        "migrated by the same release",
        "of version 2, without a trace",
        "a failed migration that the image repairs",
        "a failed migration that was rolled back",
        "a newer migration that was rolled back",
        "of version 3, new",
        "copied",
        "copied, and the traces are still there",
        "a view in place of the table",
        "a background migration that deletes nothing is not finished",
    ],
)
def test_it_passes(server: Server, state: str, version: Version) -> None:
    assert said(server, state, version) is None


@needs_postgres
@pytest.mark.parametrize("version", [V3, V4], ids=str)
@pytest.mark.parametrize(
    ("state", "refusal"),
    [
        (
            "CREATE TABLE projects (id text);",
            "no_history: the database has tables of Langfuse but no record of its migrations "
            "(_prisma_migrations). Restore the record from a backup, or take an empty database.",
        ),
        (
            HISTORY + migrated("2_half", finished="NULL") + migrated("1_half", finished="NULL"),
            "failed_migration: 1_half, 2_half did not finish. Repair it as the page on upgrades "
            'says, and mark it with "prisma migrate resolve".',
        ),
        (
            HISTORY + migrated(OLDER) + migrated("20260901000000_later"),
            "newer_schema: the database is at 20260901000000_later, and {version} ends at "
            f"{NEWEST}. Set langfuse.version to the release that the database was migrated by, "
            "or restore a backup.",
        ),
    ],
    ids=["no history", "half a migration", "newer"],
)
def test_no_version_migrates(server: Server, state: str, refusal: str, version: Version) -> None:
    assert said(server, state, version) == refusal.format(version=version)


NOT_COPIED = (
    "not_copied: version 4 would drop the traces of version 2, which no version 3 has copied to "
    "ClickHouse. Nothing was changed. Set langfuse.version to the one before, then upgrade over "
    "version 3 (docs/upgrade.md)."
)
THREE = (
    "not_copied: version 4 would drop the traces of version 2, and only 3 of 4 copies to "
    "ClickHouse are recorded as finished. Nothing was changed. Let version 3 finish them "
    "(docs/upgrade.md)."
)


@needs_postgres
@pytest.mark.parametrize(
    ("state", "refusal"),
    [
        *(
            (HISTORY + migrated(OLDER) + f"CREATE TABLE {t} AS SELECT 1 AS id;", NOT_COPIED)
            for t in ("traces", "observations", "scores", "dataset_run_items")
        ),
        (
            OLD
            + BACKGROUND
            + copied(*guard.DELETED[:-1])
            + copied(guard.DELETED[-1], finished="NULL"),
            "unfinished: version 4 would delete what these background migrations of version 3 "
            f"have not copied: {guard.DELETED[-1]}. Nothing was changed. Let version 3 finish "
            "them.",
        ),
        (
            HISTORY
            + BACKGROUND
            + migrated(OLDER)
            + copied(guard.COPIES[1], finished="NULL", failed="now()")
            + copied(guard.COPIES[0], finished="NULL"),
            "unfinished: version 4 would delete what these background migrations of version 3 "
            f"have not copied: {guard.COPIES[0]}, {guard.COPIES[1]} (failed). Nothing was changed. "
            "Let version 3 finish them.",
        ),
        (OLD + ONE_TRACE + BACKGROUND + copied(*guard.COPIES[1:]), THREE),
    ],
    ids=[
        "traces",
        "observations",
        "scores",
        "dataset_run_items",
        "one unfinished",
        "one failed",
        "a record is missing",
    ],
)
def test_version_4_does_not_migrate_and_version_3_does(
    server: Server, state: str, refusal: str
) -> None:
    assert said(server, state, V4) == refusal
    assert said(server, state, V3) is None


def test_every_reason_is_listed() -> None:
    every = (guard.sql(V3, LEGACY), *(guard.sql(V4, mode) for mode in MODES))
    reasons = re.findall(rf"{guard.MARK} (\w+):", "".join(every))

    assert sorted({*reasons}) == sorted(guard.STATES)


PROJECT = "INSERT INTO projects VALUES ('default');"
USED = HISTORY + TRACES + ONE_TRACE + PROJECT + BACKGROUND
TWO = USED + migrated(AT_2) + copied(*guard.COPIES, finished="NULL")
"""As 2.95.12 leaves it: the copies of version 3 are recorded, and nothing does them."""
ASLEEP = copied(*guard.BACKFILL, finished="NULL")
THREE_DONE = USED + migrated(AT_3) + copied(*guard.DELETED) + ASLEEP
"""As 3.225.4 leaves it, with every copy finished; those of version 4 are asleep."""
FOUR = HISTORY + PROJECT + BACKGROUND + migrated(AT_4) + ASLEEP
"""As version 4 leaves it, before it has copied anything."""
FOUR_COPIED = HISTORY + PROJECT + BACKGROUND + migrated(AT_4) + copied(*guard.BACKFILL)
FOUR_COPIES = FOUR + changed('state = \'{"phase": "backfill"}\'', guard.BACKFILL[0])

NOT_PAUSED_3 = (
    "not_paused: version 3 copies the traces of version 2 once, and what pods of version 2 write "
    "meanwhile would be lost. Nothing was changed. Set langfuse.paused to true, and to false when "
    "this Job has completed."
)
NO_BACKUP_3 = (
    "no_backup: version 2 does not work on the schema of version 3, and only a backup leads back. "
    "Nothing was changed. Take one of PostgreSQL, and name it in langfuse.upgrade "
    "(docs/upgrade.md)."
)
NO_BACKUP_4 = (
    "no_backup: version 4 drops tables, and version 3 does not work without them. Nothing was "
    "changed. Take backups of PostgreSQL and of ClickHouse, and name them in langfuse.upgrade "
    "(docs/upgrade.md)."
)
NOT_PAUSED_4 = (
    "not_paused: what is in the tables of version 3 is copied once, and what workers write there "
    "meanwhile would be lost. Nothing was changed. Set langfuse.paused to true, and to false when "
    "this Job has completed; or copy in dual first."
)


@needs_postgres
@pytest.mark.parametrize(
    ("paused", "step", "refusal"),
    [
        (False, "", NOT_PAUSED_3),
        (False, "3", NOT_PAUSED_3),
        (True, "", NO_BACKUP_3),
        (True, "4", NO_BACKUP_3),
        (True, "3", None),
    ],
)
def test_version_2_becomes_3_while_nothing_writes_and_with_a_backup(
    server: Server, *, paused: bool, step: str, refusal: str | None
) -> None:
    assert said(server, TWO, V3, paused=paused, step=step) == refusal


@needs_postgres
@pytest.mark.parametrize("mode", MODES)
def test_version_2_with_traces_becomes_4_in_no_way(server: Server, mode: Mode) -> None:
    assert said(server, TWO, V4, mode, paused=True, step="4") == NOT_COPIED


@needs_postgres
@pytest.mark.parametrize("mode", MODES)
def test_version_3_becomes_4_with_backups_in_any_state(server: Server, mode: Mode) -> None:
    paused = mode == EVENTS

    assert said(server, THREE_DONE, V4, mode, paused=paused) == NO_BACKUP_4
    assert said(server, THREE_DONE, V4, mode, paused=paused, step="3") == NO_BACKUP_4
    assert said(server, THREE_DONE, V4, mode, paused=paused, step="4") is None


@needs_postgres
def test_version_3_that_still_copies_becomes_4_in_no_way(server: Server) -> None:
    copying = THREE_DONE + changed("finished_at = NULL", guard.COPIES[3])

    for mode in MODES:
        assert said(server, copying, V4, mode, paused=True, step="4") == (
            "unfinished: version 4 would delete what these background migrations of version 3 "
            f"have not copied: {guard.COPIES[3]}. Nothing was changed. Let version 3 finish them."
        )


@needs_postgres
def test_a_version_3_without_any_project_needs_no_backup(server: Server) -> None:
    new = HISTORY + BACKGROUND + migrated(AT_3) + copied(*guard.DELETED)

    assert said(server, new, V4) is None


@needs_postgres
@pytest.mark.parametrize("state", [THREE_DONE, FOUR], ids=["from 3", "within 4"])
def test_the_copy_of_everything_starts_while_nothing_writes(server: Server, state: str) -> None:
    assert said(server, state, V4, EVENTS, step="4") == NOT_PAUSED_4
    assert said(server, state, V4, EVENTS, step="4", paused=True) is None
    assert said(server, state, V4, WITHOUT, step="4") is None
    assert said(server, state, V4, COPYING, step="4") is None


@needs_postgres
@pytest.mark.parametrize(
    ("state", "refused"),
    [(FOUR, False), (FOUR_COPIES, True), (FOUR_COPIED, True)],
    ids=["not begun", "begun", "done"],
)
def test_nothing_writes_as_before_once_the_copy_has_begun(
    server: Server, state: str, *, refused: bool
) -> None:
    names = guard.BACKFILL[:1] if state == FOUR_COPIES else guard.BACKFILL
    refusal = (
        "backfilled: what legacy writes from now on would never be copied to the tables of version "
        f"4: these copies run once, and have begun: {', '.join(names)}. Nothing was changed. Set "
        "langfuse.writeMode to dual or eventsOnly."
    )

    assert said(server, state, V4, LEGACY, paused=True) == (refusal if refused else None)
    assert {said(server, state, V4, mode) for mode in (DUAL, COPYING, WITHOUT)} == {None}
    assert said(server, state, V4, EVENTS) == (None if refused else NOT_PAUSED_4)


@needs_postgres
def test_a_copy_that_failed_at_once_has_begun_as_far_as_a_pause_is_asked_for(
    server: Server,
) -> None:
    failed = FOUR + changed("failed_at = now()", guard.BACKFILL[0])

    assert said(server, failed, V4, EVENTS) is None
    assert said(server, failed, V4, LEGACY) is None


@needs_postgres
@pytest.mark.parametrize(
    ("state", "paused", "step", "passes"),
    [
        (FOUR + migrated("20260901000000_later"), True, "3", True),
        (FOUR + migrated("20260901000000_later"), False, "3", False),
        (FOUR + migrated("20260901000000_later"), True, "", False),
        (HISTORY + migrated("20260901000000_later"), True, "3", False),
    ],
    ids=["said", "not paused", "not said", "by a newer version 3"],
)
def test_the_way_back_from_4_to_3_is_open_to_who_says_so(
    server: Server, state: str, *, paused: bool, step: str, passes: bool
) -> None:
    refusal = said(server, state, V3, paused=paused, step=step)

    assert (refusal is None) == passes
    assert passes or str(refusal).startswith(
        "newer_schema: the database is at 20260901000000_later"
    )


def test_the_command_fills_in_what_the_guard_is_told() -> None:
    shell, option, script = guard.command(V4, DUAL)

    assert (shell, option) == ("sh", "-c")
    assert (
        'sed -e "s/@NEWEST@/$newest/g" -e "s/@PAUSED@/$LANGFUSE_PAUSED/g"'
        " -e \"s/@STEP@/$LANGFUSE_STEP/g\" <<'SQL' | prisma db execute --stdin"
    ) in script
    assert guard.said(paused=True, step=Step(to=4, database_backup="a", clickhouse_backup="b")) == {
        "LANGFUSE_PAUSED": "true",
        "LANGFUSE_STEP": "4",
        "LANGFUSE_STEP_CLICKHOUSE_BACKUP": "b",
        "LANGFUSE_STEP_DATABASE_BACKUP": "a",
    }
    assert guard.said(paused=False, step=None) == {
        "LANGFUSE_PAUSED": "false",
        "LANGFUSE_STEP": "",
        "LANGFUSE_STEP_CLICKHOUSE_BACKUP": "",
        "LANGFUSE_STEP_DATABASE_BACKUP": "",
    }
