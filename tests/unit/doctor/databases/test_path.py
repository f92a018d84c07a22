"""Where a stack is on the way to version 4, as the report says it."""

from __future__ import annotations

from typing import Any

import pytest

from components.langfuse.versions import Version
from components.langfuse.write_modes import BACKFILL
from stacks.stack_files import ROOT
from tests.support.databases import COPIED, DROP, STEP_1, STEP_3, chain, migration, told
from tests.support.doctor import PLACE, warning
from tooling.doctor import statements
from tooling.doctor.databases.answers import Told
from tooling.doctor.databases.path import STEPS, Known, findings, state

V2 = Version(2, 95, 12)
V3 = Version(3, 225, 4)
V4 = Version(4, 16, 0)

MODE = "LANGFUSE_MIGRATION_V4_WRITE_MODE"


def lines(answers: Told, release: Version = V4, **known: bool) -> list[str]:
    return [*state(answers, Known(release=release, **known))]


@pytest.mark.parametrize("heading", STEPS.values())
def test_each_step_has_a_heading_in_the_page(heading: str) -> None:
    assert f"\n#### {heading}\n" in (ROOT / "docs/upgrade.md").read_text(encoding="utf-8")


def test_what_is_installed_is_said_in_one_line() -> None:
    answers = told(
        flags={MODE: "dual"},
        history={"newest": "20260801010101_add_x", "broken": None},
        server=[{"version": "26.4.5.143"}],
    )

    assert lines(answers)[0] == (
        "Langfuse 4.16.0; writes dual; PostgreSQL's schema 20260801010101; ClickHouse 26.4.5.143"
    )
    assert lines(answers, paused=True)[0].startswith("Langfuse 4.16.0, paused; ")
    assert lines(told(flags={MODE: "legacy"}), V3)[0] == "Langfuse 3.225.4"


@pytest.mark.parametrize(("dirty", "told_as"), [(0, "37"), (1, "37, dirty")])
def test_the_schema_of_clickhouse_is_said_with_whether_it_is_dirty(
    dirty: int, told_as: str
) -> None:
    answers = told(schema=[{"version": "37", "dirty": dirty}])

    assert lines(answers, V3)[0] == f"Langfuse 3.225.4; its schema {told_as}"


@pytest.mark.parametrize(
    ("release", "known", "following"),
    [
        (Version(2, 78, 0), {"prepared": False}, "Langfuse 2.95.12"),
        (V2, {"prepared": False}, '"1. Prepare" in docs/upgrade.md'),
        (V2, {}, '"2. Pause" in docs/upgrade.md'),
        (V2, {"paused": True}, '"3. Migrate to version 3" in docs/upgrade.md'),
        (V3, {"paused": True}, "langfuse.paused false, when the migration has completed"),
        (V4, {"paused": True}, "langfuse.paused false, when the migration has completed"),
    ],
)
def test_before_pods_of_version_3_run_the_settings_say_what_comes_next(
    release: Version, known: dict[str, bool], following: str
) -> None:
    assert lines(told(), release, **known)[1:] == [f"next: {following}"]


def test_version_3_names_what_has_to_be_copied_before_version_4() -> None:
    rows = [
        migration("20240101_a", finished=True),
        migration(COPIED, locked=3.0, down_to="2025-03-01T10:00:00Z"),
        migration("20250417_1737_migrate_event_log_to_blob_storage"),
        migration("20260101_other", failed=True),
        *chain(),
    ]

    assert lines(told(background=rows), V3)[1:] == [
        f"background migrations: 1 of 7 finished; {COPIED} runs (down to 2025-03-01); 1 wait; 1 "
        "failed; 3 for a later step",
        f'next: "5. Version 4 as version 3" in docs/upgrade.md, when these are finished: {COPIED}, '
        "20250417_1737_migrate_event_log_to_blob_storage",
    ]


def test_version_3_with_everything_copied_may_go_on() -> None:
    rows = [migration(COPIED, finished=True), *chain()]

    assert lines(told(background=rows), V3)[1:] == [
        "background migrations: 1 of 4 finished; 3 for a later step",
        'next: "5. Version 4 as version 3" in docs/upgrade.md',
    ]


LEAVE = '"8. Leave the old tables" in docs/upgrade.md, when '
AGENTS = "every agent has an SDK that it takes"
DONE = [
    migration(STEP_1, finished=True, gate=BACKFILL),
    migration(STEP_3, finished=True, gate=BACKFILL),
    chain()[2],
]


@pytest.mark.parametrize(
    ("mode", "copies", "rows", "following"),
    [
        ("legacy", False, chain(), '"6. Write twice" in docs/upgrade.md'),
        ("dual", False, chain(), '"7. Copy the history" in docs/upgrade.md'),
        ("dual", True, chain(), f"{LEAVE}the copy has ended and {AGENTS}"),
        ("dual", True, DONE, f"{LEAVE}{AGENTS}"),
        ("dual", False, DONE, f"{LEAVE}{AGENTS}"),
        ("events_only", True, chain(), "the copy of older traces has to finish"),
    ],
)
def test_within_version_4_the_mode_and_the_copy_say_what_comes_next(
    mode: str, *, copies: bool, rows: list[dict[str, Any]], following: str
) -> None:
    flags = {MODE: mode, BACKFILL: "true" if copies else "false", DROP: "false"}

    assert lines(told(background=rows, flags=flags))[2:] == [f"next: {following}"]


@pytest.mark.parametrize(("copies", "rows"), [("true", DONE), ("false", DONE), ("false", chain())])
def test_nothing_comes_after_the_last_step(copies: str, rows: list[dict[str, Any]]) -> None:
    flags = {MODE: "events_only", BACKFILL: copies}

    assert len(lines(told(background=rows, flags=flags))) == 2


def test_how_far_a_copy_is_is_said_in_parts() -> None:
    rows = [
        migration(STEP_1, finished=True, gate=BACKFILL),
        migration(STEP_3, gate=BACKFILL, locked=2.0, chunks=40, done=12),
        chain()[2],
    ]

    assert lines(told(background=rows, flags={BACKFILL: "true"}))[1] == (
        f"background migrations: 1 of 3 finished; {STEP_3} runs (12 of 40 parts); 1 for a later "
        "step"
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"finished": True}, "1 of 1 finished"),
        ({"finished": True, "failed": True}, "1 of 1 finished"),
        ({"failed": True}, "0 of 1 finished; 1 failed"),
        ({"locked": 2.0}, "0 of 1 finished; a runs"),
        ({}, "0 of 1 finished; 1 wait"),
    ],
)
def test_of_what_there_is_none_nothing_is_said(row: dict[str, Any], said: str) -> None:
    answers = told(background=[migration("a", **row)])

    assert lines(answers, V3)[1] == f"background migrations: {said}"


def test_without_what_postgresql_knows_no_step_is_suggested() -> None:
    assert len(lines(told(server=[{"version": "26.4.1.1"}]))) == 1


# Agents.


def shut_out(answers: Told, release: Version = V4) -> list[Any]:
    return [*findings(answers, release, PLACE)]


SHUT_OUT = (
    "In the mode eventsOnly Langfuse refuses what it brings: Python SDKs below 3, JavaScript SDKs "
    "below 4, and what calls /api/public/ingestion itself"
)


@pytest.mark.parametrize(("count", "more"), [(5, ""), (6, " and 1 more")])
def test_sdks_of_the_old_api_are_named_with_how_much_they_send(count: int, more: str) -> None:
    rows = [
        {"name": "python", "version": f"2.60.{number}", "count": str(100 - number)}
        for number in range(count)
    ]
    listed = ", ".join(f"python 2.60.{number}: {100 - number}" for number in range(5))

    assert shut_out(told(flags={MODE: "dual"}, sdks=rows)) == [
        warning(
            "sdk-too-old",
            "Agents",
            f"In the last 7 days these came by the old API ({listed}{more}). {SHUT_OUT}",
            PLACE.ask_clickhouse(statements.OLD_API),
        )
    ]


def test_before_version_4_writes_its_tables_what_came_by_the_old_api_is_counted() -> None:
    assert shut_out(told(flags={MODE: "legacy"}, legacy=[{"count": "41"}]), V3) == [
        warning(
            "sdk-too-old",
            "Agents",
            f"On the last day 41 observations came by the old API. {SHUT_OUT}",
            PLACE.ask_clickhouse(statements.OLD_API_BEFORE),
        )
    ]


@pytest.mark.parametrize(
    ("mode", "release"), [("events_only", V4), ("", V2)], ids=["already refused", "version 2"]
)
def test_nobody_is_shut_out_by_a_step_that_is_done_or_far_away(mode: str, release: Version) -> None:
    answers = told(flags={MODE: mode}, legacy=[{"count": "41"}])

    assert shut_out(answers, release) == []
    assert shut_out(told(flags={MODE: "dual"}, sdks=[], legacy=[{"count": "0"}])) == []
    assert shut_out(told(flags={MODE: "dual"}, sdks=[])) == []
