"""The guard of a migration, run by a real PostgreSQL in every state that a database can be in."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from components.langfuse import guard
from components.langfuse.versions import Version
from tests.support.langfuse_database import (
    BACKGROUND,
    HISTORY,
    LEGACY,
    MODES,
    NEWEST,
    ONE_TRACE,
    TRACES,
    V3,
    V4,
    copied,
    migrated,
    said,
)
from tests.support.postgres_server import Server, needs_postgres, running

pytestmark = pytest.mark.programs

OLDER = "20260701000000_older"
VIEW = "CREATE VIEW traces AS SELECT 'a' AS id;"


REPAIRED = (
    "20240530212419_model_price_anthropic_via_google_vertex",
    "20240604133340_backfill_manual_scores",
    "20240606090858_pricings_add_latest_gemini_models",
    "20260203220622_pending_deletions_object_id_idx",
)
"""What the image of 4.16.0 deletes from the history (packages/shared/scripts/cleanup.sql)."""


def test_the_failed_migrations_that_are_let_pass_are_those_that_the_image_clears() -> None:
    assert guard.REPAIRED == REPAIRED


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as server:
        yield server


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
        HISTORY + migrated(OLDER) + "".join(migrated(m, finished="NULL") for m in REPAIRED),
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
        "failed migrations that the image repairs",
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
