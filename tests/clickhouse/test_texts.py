"""What the doctor recognises in the words of ClickHouse's own engine.

Does not prove how Langfuse's log quotes them, nor what a server with Keeper says.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import clickhouse_engine
from tests.support.clickhouse_engine import ask, ours
from tests.support.doctor import PLACE
from tooling.doctor import statements
from tooling.doctor.patterns.known import explain
from tooling.doctor.pods import logs

pytestmark = pytest.mark.skipif(
    not clickhouse_engine.PYTHON.exists(), reason=clickhouse_engine.ABSENT
)

RECORD = "schema_migrations (version Int64, dirty UInt8, sequence UInt64)"
TABLE = "CREATE TABLE events (id UInt64) ENGINE = MergeTree ORDER BY id"


def sections(text: str) -> list[str]:
    return [found.section for found in explain(text, PLACE, logs.OF_RUNNING)]


@pytest.mark.parametrize(
    ("statements", "section"),
    [
        (["TRUNCATE TABLE events"], "clickhouse-grants"),
        (["SELECT name FROM system.users"], "clickhouse-grants"),
        (["SELECT missing FROM events"], "clickhouse-schema-older"),
        (["SELECT 1 FROM missing"], "clickhouse-schema-older"),
        (
            [
                "SELECT groupArray(number) FROM numbers(100000000) "
                "SETTINGS max_memory_usage = 10000000"
            ],
            "clickhouse-memory",
        ),
        (
            [
                "CREATE TABLE small (id UInt64) ENGINE = MergeTree ORDER BY id "
                "SETTINGS parts_to_throw_insert = 1, parts_to_delay_insert = 1",
                *3 * ["INSERT INTO small VALUES (1)"],
            ],
            "clickhouse-parts",
        ),
    ],
)
def test_an_error_of_the_engine_is_recognised(
    tmp_path: Path, statements: list[str], section: str
) -> None:
    *_, last = ask(ours(tmp_path), [TABLE, *statements])

    assert sections(last.error) == [section]


def test_a_dirty_record_of_the_schema_is_repaired_by_the_suggested_statement(
    tmp_path: Path,
) -> None:
    # As golang-migrate asks: database/clickhouse/clickhouse.go, Version.
    last = "SELECT version, dirty FROM schema_migrations ORDER BY sequence DESC LIMIT 1"

    *_, dirty, _, repaired, _, none = ask(
        ours(tmp_path),
        [
            f"CREATE TABLE {RECORD} ENGINE = MergeTree ORDER BY sequence",
            "INSERT INTO schema_migrations VALUES (36, 1, toUnixTimestamp64Nano(now64(9)))",
            last,
            statements.mark_before(36),
            last,
            statements.mark_before(1),
            last,
        ],
    )

    assert [answer.rows for answer in (dirty, repaired, none)] == [[[36, 1]], [[35, 0]], [[-1, 0]]]


@pytest.mark.parametrize(
    "statement",
    [
        statements.VERSION,
        statements.GRANTS,
        statements.TIMES,
        statements.PARTS,
        statements.DISK,
    ],
)
def test_our_user_may_run_the_suggested_statements(tmp_path: Path, statement: str) -> None:
    (answer,) = ask(ours(tmp_path), [statement])

    assert answer.error == ""


@pytest.mark.parametrize("statement", [statements.CLUSTERS, statements.DATABASES])
def test_what_the_suggested_statements_need(tmp_path: Path, statement: str) -> None:
    (answer,) = ask(ours(tmp_path, everything=True), [statement])

    assert answer.error == ""
