"""What the doctor asks ClickHouse, answered by its own engine for the user of a single server.

Does not prove that Langfuse's tables have these columns, except where ``LANGFUSE_SOURCE`` names a
clone of https://github.com/langfuse/langfuse; nor anything about replicas, which need Keeper.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from tests.clickhouse.test_migrations import FOLDER, SOURCE, git
from tests.support import clickhouse_engine
from tests.support.clickhouse_engine import Answer, ask, ours
from tooling.doctor import statements

pytestmark = pytest.mark.skipif(
    not clickhouse_engine.PYTHON.exists(), reason=clickhouse_engine.ABSENT
)

EVENTS: Final = """
CREATE TABLE events_core (start_time DateTime64(6), source String, environment String,
  ingestion_sdk_name String, ingestion_sdk_version String) ENGINE = MergeTree ORDER BY start_time
"""
OBSERVATIONS: Final = """
CREATE TABLE observations (start_time DateTime64(3), environment String,
  metadata Map(String, String)) ENGINE = MergeTree ORDER BY start_time
"""
STAGING: Final = """
CREATE TABLE observations_batch_staging (at DateTime, id String) ENGINE = MergeTree
  PARTITION BY toStartOfInterval(at, INTERVAL 3 MINUTE) ORDER BY id
"""
RECORD: Final = """
CREATE TABLE schema_migrations (version Int64, dirty UInt8, sequence UInt64) ENGINE = MergeTree
  ORDER BY sequence
"""


def rows(answer: Answer) -> list[dict[str, Any]]:
    """The rows of a question in the form in which the program asks for them."""
    assert answer.error == ""
    return [json.loads(str(row[0])) for row in answer.rows]


def of(question: str) -> str:
    """The question, each row as one JSON document in a column."""
    statement = {**statements.CLICKHOUSE, **statements.CLUSTERED}[question]
    return f"SELECT formatRow('JSONEachRow', *) FROM ({statement})"  # noqa: S608


def asked(
    folder: Path, question: str, given: Sequence[str], *, everything: bool = False
) -> list[dict[str, Any]]:
    *_, last = ask(ours(folder, everything=everything), [*given, of(question)])
    return rows(last)


def test_the_server_tells_its_release_its_time_zone_and_its_disk(tmp_path: Path) -> None:
    (row,) = asked(tmp_path, "server", [])

    assert re.fullmatch(r"\d+\.\d+\.\d+\.\d+", row["version"])
    assert 0 < int(row["free"]) < int(row["size"])
    assert row.keys() == {"version", "timezone", "free", "size"}


def test_how_it_reads_times_is_a_setting_of_the_user(tmp_path: Path) -> None:
    # This engine is newer than 26.8; the profile is that of 26.4.
    assert asked(tmp_path, "times", []) == [{"raw": True}]


def test_the_last_record_of_the_schema_counts(tmp_path: Path) -> None:
    given = [
        RECORD,
        "INSERT INTO schema_migrations VALUES (35, 1, 1), (35, 0, 2), (36, 1, 3)",
    ]

    assert asked(tmp_path, "schema", given) == [{"version": 36, "dirty": 1}]


def test_tables_are_told_with_their_engine_and_size(tmp_path: Path) -> None:
    found = asked(tmp_path, "tables", [RECORD, "INSERT INTO schema_migrations VALUES (1, 0, 1)"])
    (row,) = (row for row in found if row["name"] == "schema_migrations")

    assert (row["database"], row["engine"]) == ("default", "MergeTree")
    assert int(row["bytes"]) > 0


def test_a_change_that_ended_is_none_of_those_that_do_not_end(tmp_path: Path) -> None:
    given = [
        RECORD,
        "INSERT INTO schema_migrations VALUES (1, 0, 1)",
        "ALTER TABLE schema_migrations UPDATE dirty = 1 WHERE version = 1",
    ]

    assert asked(tmp_path, "mutations", given) == []


def test_of_what_waits_to_be_copied_only_what_is_older_than_an_hour_counts(tmp_path: Path) -> None:
    given = [
        STAGING,
        "INSERT INTO observations_batch_staging VALUES "
        "(toDateTime('2026-01-01 10:04:00'), 'a'), (now(), 'b')",
    ]

    assert asked(tmp_path, "staging", given) == [{"newest": "2026-01-01 10:03:00"}]


def test_sdks_are_counted_that_came_by_the_old_api_in_the_last_days(tmp_path: Path) -> None:
    given = [
        EVENTS,
        "INSERT INTO events_core VALUES "
        "(now64(), 'ingestion-api-dual-write', 'default', 'python', '2.60.10'), "
        "(now64(), 'ingestion-api-dual-write', 'default', 'python', '2.60.10'), "
        "(now64(), 'ingestion-api-dual-write', 'langfuse-eval', 'python', '2.60.10'), "
        "(now64(), 'ingestion-api-dual-write', 'default', 'langfuse-internal-ai-sdk', '1'), "
        "(now64(), 'otel', 'default', 'python', '4.1.0'), "
        "(now64() - INTERVAL 8 DAY, 'ingestion-api-dual-write', 'default', 'js', '3.0.0')",
    ]

    assert asked(tmp_path, "sdks", given) == [{"name": "python", "version": "2.60.10", "count": 2}]


def test_observations_without_a_scope_came_by_the_old_api(tmp_path: Path) -> None:
    given = [
        OBSERVATIONS,
        "INSERT INTO observations VALUES (now64(), 'default', map()), "
        "(now64(), 'default', map('team', 'a')), (now64(), 'default', map('scope', '{}')), "
        "(now64(), 'langfuse-eval', map()), (now64() - INTERVAL 2 DAY, 'default', map())",
    ]

    assert asked(tmp_path, "legacy", given) == [{"count": 2}]


@pytest.mark.parametrize("question", statements.CLUSTERED)
def test_questions_about_replicas_are_understood(tmp_path: Path, question: str) -> None:
    found = asked(tmp_path, question, [], everything=True)

    assert found == ([] if question == "read_only" else [{"count": 0}])


@pytest.mark.parametrize("statement", [statements.SIZES, statements.ENGINES, statements.MUTATIONS])
def test_what_is_suggested_to_look_at_may_be_asked(tmp_path: Path, statement: str) -> None:
    (answer,) = ask(ours(tmp_path), [statement.removesuffix(" FORMAT Vertical")])

    assert answer.error == ""


def migrations(release: str) -> list[str]:
    names = git("ls-tree", "-r", "--name-only", release, FOLDER).split()
    files = sorted(name for name in names if name.endswith(".up.sql"))
    texts = (re.sub(r"^\s*--.*$", "", git("show", f"{release}:{f}"), flags=re.M) for f in files)
    return [query.strip() for text in texts for query in text.split(";") if query.strip()]


@pytest.mark.skipif(not SOURCE, reason="LANGFUSE_SOURCE names no clone of Langfuse")
@pytest.mark.parametrize(("release", "unknown"), [("v3.225.4", {"sdks"}), ("v4.16.0", set[str]())])
def test_every_question_fits_langfuses_own_tables(
    tmp_path: Path, release: str, unknown: set[str]
) -> None:
    questions = [of(name) for name in statements.CLICKHOUSE]
    given = [RECORD, *migrations(release), statements.OLD_API_BEFORE]

    answers = ask(ours(tmp_path), [*given, *questions])

    told = dict(zip(statements.CLICKHOUSE, answers[len(given) :], strict=True))
    assert {name for name, answer in told.items() if answer.error} == unknown
    assert answers[len(given) - 1].error == ""
