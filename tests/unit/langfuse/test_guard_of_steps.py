"""The guard at each step from one major version to the next, run by a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from components.langfuse import guard
from components.langfuse.args import Step
from components.langfuse.write_modes import Mode
from tests.support.langfuse_database import (
    AT_3,
    BACKGROUND,
    COPYING,
    DUAL,
    EVENTS,
    FOUR,
    FOUR_COPIED,
    FOUR_COPIES,
    HISTORY,
    LEGACY,
    MODES,
    THREE_DONE,
    TWO,
    V3,
    V4,
    WITHOUT,
    changed,
    copied,
    migrated,
    said,
)
from tests.support.postgres_server import Server, needs_postgres, running

pytestmark = pytest.mark.programs

NOT_COPIED = (
    "not_copied: version 4 would drop the traces of version 2, which no version 3 has copied to "
    "ClickHouse. Nothing was changed. Set langfuse.version to the one before, then upgrade over "
    "version 3 (docs/upgrade.md)."
)
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


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as server:
        yield server


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
