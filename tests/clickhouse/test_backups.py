"""Backups in ClickHouse's own engine: with our grants, into an empty database and into a full one.

The destination is a folder, in place of S3: the engine has no network that a role would lead to.
Does not prove what a server with replicas does, nor that S3 takes a backup.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest

from components.clickhouse import configuration
from tests.support import clickhouse_engine
from tests.support.clickhouse_engine import Answer, ask, ours

pytestmark = pytest.mark.skipif(
    not clickhouse_engine.PYTHON.exists(), reason=clickhouse_engine.ABSENT
)

TABLES: Final = (
    "CREATE TABLE core (id String, at DateTime64(3)) ENGINE = ReplacingMergeTree ORDER BY id",
    "CREATE TABLE sizes (size UInt64) ENGINE = MergeTree ORDER BY size",
    "CREATE MATERIALIZED VIEW measured TO sizes AS SELECT length(id) AS size FROM core",
)
ROWS: Final = "INSERT INTO core SELECT toString(number), now64() FROM numbers(1000)"
COUNTS: Final = "SELECT (SELECT count() FROM core), (SELECT count() FROM sizes)"
MUST_EXIST: Final = "SETTINGS create_database = 'must-exist'"
"""The user may make no database, and the one to restore is there."""

_PROFILE: Final = "<compatibility>26.4</compatibility>"
_LAST_GRANT: Final = f"<query>GRANT {configuration.GRANTS[-1]}</query>"


def config(folder: Path, backups: Path, grants: Sequence[str]) -> Path:
    """Our files in an empty ``folder``, with more grants and a folder in place of S3."""
    folder.mkdir()
    more = [grant.replace("S3", "FILE") for grant in grants]
    queries = "".join(f"<query>GRANT {grant}</query>" for grant in more)
    place = f"<backups><allowed_path>{backups}/</allowed_path></backups>"
    changes: Mapping[str, str] = {
        _LAST_GRANT: _LAST_GRANT + queries,
        "<default_profile>": f"{place}<default_profile>",
    }
    return ours(folder, changes=changes)


def made(tmp_path: Path) -> str:
    """Where a backup of the tables with their rows is."""
    place = f"File('{tmp_path}/backups/1')"
    answers = ask(
        config(tmp_path / "source", tmp_path / "backups", configuration.BACKUP_GRANTS),
        [*TABLES, ROWS, f"BACKUP DATABASE default TO {place}", COUNTS],
    )
    assert [answer.error for answer in answers] == [""] * 6
    assert answers[-2].rows[0][1] == "BACKUP_CREATED"
    assert answers[-1].rows == [[1000, 1000]]
    return place


def restored(tmp_path: Path, queries: Sequence[str]) -> list[Answer]:
    """Answers of another server, with the same folder of backups."""
    grants = configuration.BACKUP_GRANTS
    return ask(config(tmp_path / "target", tmp_path / "backups", grants), queries)


def test_an_empty_server_has_tables_views_and_rows_after_a_restore(tmp_path: Path) -> None:
    place = made(tmp_path)
    restore, counts, _, later = restored(
        tmp_path,
        [
            f"RESTORE DATABASE default FROM {place} {MUST_EXIST}",
            COUNTS,
            "INSERT INTO core (id, at) VALUES ('later', now64())",
            COUNTS,
        ],
    )

    assert (restore.error, restore.rows[0][1]) == ("", "RESTORED")
    assert counts.rows == [[1000, 1000]]
    # The view works again.
    assert later.rows == [[1001, 1001]]


def test_rows_that_are_there_are_not_mixed_with_those_of_a_backup(tmp_path: Path) -> None:
    place = made(tmp_path)
    restore = f"RESTORE DATABASE default FROM {place} {MUST_EXIST}"
    answers = restored(
        tmp_path,
        [
            TABLES[0],
            "INSERT INTO core (id, at) VALUES ('mine', now64())",
            restore,
            "SELECT count() FROM core",
            *(f"DROP TABLE IF EXISTS {name} SYNC" for name in ("measured", "sizes", "core")),
            restore,
            COUNTS,
        ],
    )

    assert "CANNOT_RESTORE_TABLE" in answers[2].error
    assert answers[3].rows == [[1]]
    assert [answer.error for answer in answers[4:]] == [""] * 5
    assert answers[-1].rows == [[1000, 1000]]


def test_one_table_can_be_looked_at_beside_the_one_that_is_there(tmp_path: Path) -> None:
    place = made(tmp_path)
    answers = restored(
        tmp_path,
        [
            TABLES[0],
            f"RESTORE TABLE default.core AS default.core_before FROM {place}",
            "SELECT (SELECT count() FROM core), (SELECT count() FROM core_before)",
        ],
    )

    assert [answer.error for answer in answers] == [""] * 3
    assert answers[-1].rows == [[0, 1000]]


@pytest.mark.parametrize("missing", configuration.BACKUP_GRANTS)
def test_each_grant_is_needed(tmp_path: Path, missing: str) -> None:
    grants = [grant for grant in configuration.BACKUP_GRANTS if grant != missing]
    (answer,) = ask(
        config(tmp_path / "source", tmp_path / "backups", grants),
        [f"BACKUP DATABASE default TO File('{tmp_path}/backups/1')"],
    )

    assert answer.refused


@pytest.mark.parametrize(("changes", "allowed"), [({}, True), ({_PROFILE: ""}, False)])
def test_a_statement_may_use_the_servers_role_because_the_profile_keeps_older_defaults(
    tmp_path: Path, changes: Mapping[str, str], allowed: bool
) -> None:
    (answer,) = ask(
        ours(tmp_path, everything=True, changes=changes),
        ["SELECT getSetting('s3_allow_server_credentials_in_user_queries')"],
    )

    assert answer.rows == [[allowed]]
