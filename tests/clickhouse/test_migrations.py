"""Langfuse's own migrations, run by our user in ClickHouse's own engine.

Their text is not here: ``LANGFUSE_SOURCE`` names a clone of https://github.com/langfuse/langfuse.
Does not prove anything of the variant for replicas, which needs Keeper.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.support import clickhouse_engine
from tests.support.clickhouse_engine import ask, ours

FOLDER: Final = "packages/shared/clickhouse/migrations/unclustered"

SOURCE: Final = os.environ.get("LANGFUSE_SOURCE", "")

pytestmark = [
    pytest.mark.skipif(not clickhouse_engine.PYTHON.exists(), reason=clickhouse_engine.ABSENT),
    pytest.mark.skipif(not SOURCE, reason="LANGFUSE_SOURCE names no clone of Langfuse"),
]


@pytest.mark.parametrize(
    ("release", "migrations", "statements"), [("v3.225.4", 37, 75), ("v4.16.0", 46, 94)]
)
def test_every_migration_of_a_release_is_done_by_our_user(
    tmp_path: Path, release: str, migrations: int, statements: int
) -> None:
    files = [
        name
        for name in git("ls-tree", "-r", "--name-only", release, FOLDER).split()
        if name.endswith(".up.sql")
    ]
    # golang-migrate runs one statement at a time (x-multi-statement).
    queries = [
        query.strip()
        for name in sorted(files)
        for query in re.sub(r"^\s*--.*$", "", git("show", f"{release}:{name}"), flags=re.M).split(
            ";"
        )
        if query.strip()
    ]
    record = "schema_migrations (version Int64, dirty UInt8, sequence UInt64)"
    own = [
        f"CREATE TABLE IF NOT EXISTS {record} ENGINE = MergeTree ORDER BY sequence",
        "SHOW TABLES FROM default LIKE 'schema_migrations'",
        "INSERT INTO schema_migrations VALUES (1, 0, 1)",
    ]

    answers = ask(ours(tmp_path), [*own, *queries])
    assert (len(files), len(queries)) == (migrations, statements)
    assert [answer.error for answer in answers if answer.error] == []


def git(*words: str) -> str:
    return subprocess.run(
        ["git", "-C", SOURCE, *words],  # noqa: S607 - the user's own git
        capture_output=True,
        text=True,
        check=True,
    ).stdout
