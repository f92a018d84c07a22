"""Statements of ``docs/scaling.md`` that delete old data, in ClickHouse's own engine.

The tables have the columns, keys and partitions that the statements name, and no others. Does not
prove what a server with replicas does.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from stacks.stack_files import ROOT
from tests.support import clickhouse_engine
from tests.support.clickhouse_engine import ask, ours

pytestmark = pytest.mark.skipif(
    not clickhouse_engine.PYTHON.exists(), reason=clickhouse_engine.ABSENT
)

MONTHS, DAYS, TTL = (
    [statement for statement in block.split(";\n") if statement]
    for block in re.findall(
        r"```sql\n(.*?)```", (ROOT / "docs/scaling.md").read_text(encoding="utf-8"), re.DOTALL
    )
)
TABLES: Final = {"events_full": "start_time", "events_core": "start_time", "scores": "timestamp"}
GIVEN: Final = [
    query
    for table, time in TABLES.items()
    for query in (
        f"CREATE TABLE {table} (id String, {time} DateTime64(3), event_ts DateTime64(3), "
        "is_deleted UInt8) ENGINE = ReplacingMergeTree(event_ts, is_deleted) "
        f"PARTITION BY toYYYYMM({time}) ORDER BY id",
        f"INSERT INTO {table} VALUES ('old', '2026-01-15 00:00:00', now64(), 0)",  # noqa: S608
        f"INSERT INTO {table} VALUES ('new', now64(), now64(), 0)",  # noqa: S608
    )
]
LEFT: Final = [f"SELECT id FROM {table} ORDER BY id" for table in TABLES]  # noqa: S608


@pytest.mark.parametrize("statements", [MONTHS, DAYS], ids=["a month", "by day"])
def test_our_user_deletes_what_is_old_and_keeps_what_is_new(
    tmp_path: Path, statements: list[str]
) -> None:
    answers = ask(ours(tmp_path), [*GIVEN, *statements, *LEFT])

    assert len(statements) == len(TABLES)
    assert [answer.error for answer in answers] == [""] * len(answers)
    assert [answer.rows for answer in answers[-3:]] == [[["new"]]] * 3


def test_a_ttl_deletes_what_is_old_and_our_user_may_not_set_one(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("all", "ours")]
    for folder in folders:
        folder.mkdir()
    merged = [f"OPTIMIZE TABLE {table} FINAL" for table in TABLES]
    allowed = ask(ours(folders[0], everything=True), [*GIVEN, *TTL, *merged, *LEFT])
    refused = ask(ours(folders[1]), [*GIVEN, *TTL])[-3:]

    assert [answer.error for answer in allowed] == [""] * len(allowed)
    assert [answer.rows for answer in allowed[-3:]] == [[["new"]]] * 3
    assert [answer.refused for answer in refused] == [True] * 3
