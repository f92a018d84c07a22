"""Background migrations: which of them do not go on, and why."""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from components.langfuse.write_modes import BACKFILL
from tests.support.databases import COPIED, DROP, STEP_1, STEP_3, chain, migration, told
from tests.support.doctor import IN_NAMESPACE, PLACE, error, warning
from tooling.doctor import statements
from tooling.doctor.databases.answers import Told
from tooling.doctor.databases.background import findings
from tooling.doctor.findings import Finding

LONG = 3600.0
AGAIN = f"{IN_NAMESPACE} rollout restart deployment/langfuse-worker"
NONE_WORKS = (
    "no worker works on it{}: each looks for one at its start only, and not where another one has "
    "just ended without giving it up"
)


def said(answers: Told, *, age: float = LONG) -> list[Finding]:
    return [*findings(answers, PLACE, age)]


def of(
    *rows: dict[str, Any], age: float = LONG, flags: dict[str, str] | None = None
) -> list[Finding]:
    return said(told(background=[*rows], flags=flags), age=age)


def stalled(name: str, cause: str, command: str = AGAIN) -> list[Finding]:
    subject = f"Background migration {name}"
    return [warning("background-migration-stalled", subject, cause, command)]


def test_what_is_finished_or_worked_on_is_fine() -> None:
    assert of(migration("a", finished=True), migration("b", locked=12.0)) == []
    assert of() == []
    assert said(told()) == []


def test_one_that_failed_is_told_with_its_reason_and_the_statement_that_retries_it() -> None:
    assert of(migration(COPIED, failed=True, reason="socket hang up")) == [
        error(
            "background-migration-failed",
            f"Background migration {COPIED}",
            "It has failed, and no worker tries it again: socket hang up",
            f"{IN_NAMESPACE} exec langfuse-postgres-0 -c postgresql -- psql -U langfuse -c "
            f"{shlex.quote(statements.retry_background_migration(COPIED))} && {AGAIN}",
        )
    ]


def test_one_that_failed_and_was_finished_since_is_fine() -> None:
    assert of(migration("a", failed=True, finished=True)) == []


@pytest.mark.parametrize(
    ("locked", "since"), [(None, ""), (36_000.0, " since 600 minutes"), (120.0, " since 2 minutes")]
)
def test_one_that_no_worker_holds_waits_for_the_next_start(
    locked: float | None, since: str
) -> None:
    assert of(migration("a", locked=locked)) == stalled(
        "a", f"It is not finished: {NONE_WORKS.format(since)}"
    )


def test_one_that_failed_without_a_reason_says_so() -> None:
    (found,) = of(migration("a", failed=True))

    assert found.cause == "It has failed, and no worker tries it again: no reason"


def test_only_the_first_is_worked_on_and_the_others_wait_for_it() -> None:
    later = (migration("b"), migration("c"))

    assert of(migration("a", locked=119.0), *later) == []
    assert of(migration("a", down_to="2025-03-01T10:00:00.000Z"), *later) == stalled(
        "a",
        f"It is not finished (down to 2025-03-01), and 2 more wait for it: {NONE_WORKS.format('')}",
    )


def test_a_worker_that_has_just_started_has_not_looked_yet() -> None:
    assert of(migration("a"), age=120.0) == []
    assert len(of(migration("a"), age=121.0)) == 1


def test_one_whose_variable_is_not_set_is_for_a_later_step() -> None:
    assert of(*chain()) == []
    assert of(*chain(), flags={BACKFILL: "false", DROP: "false"}) == []


def test_one_whose_variable_is_set_is_to_be_done_and_says_how_far_it_is() -> None:
    rows = [migration(STEP_1, gate=BACKFILL, finished=True), *chain()[1:]]
    rows[1] = {**rows[1], "chunks": 40, "done": 12}

    (found,) = of(*rows, flags={BACKFILL: "true", DROP: "false"})

    assert found.subject == f"Background migration {STEP_3}"
    assert found.cause == f"It is not finished (12 of 40 parts): {NONE_WORKS.format('')}"


def test_workers_that_are_told_to_copy_nothing_are_no_reason_to_start_them_anew() -> None:
    switch = "LANGFUSE_ENABLE_BACKGROUND_MIGRATIONS"

    assert of(migration("a"), flags={switch: "false"}) == stalled(
        "a",
        f"It is not finished: {switch} is false, so that no worker runs it",
        "pulumi config --stack dev",
    )
    assert of(migration("a"), flags={switch: "true"})[0].command == AGAIN


def test_a_schema_migration_that_stopped_half_way_is_found_before_the_next_one() -> None:
    (found,) = said(told(history={"newest": "2", "broken": ["20260723124010_drop_x"]}))

    assert found == error(
        "migration-broken",
        "Migration 20260723124010_drop_x",
        "It stopped half-way, and Prisma goes no further until it is told how that ended. See what "
        "it did, undo that, and mark it as undone",
        PLACE.mark_rolled_back("20260723124010_drop_x"),
    )
    assert said(told(history={"newest": "2", "broken": None})) == []
