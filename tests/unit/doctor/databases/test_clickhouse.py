"""What ClickHouse's own tables say: each thing that is wrong, and at which figure."""

from __future__ import annotations

from typing import Any

import pytest

from components.langfuse.versions import Version
from components.langfuse.write_modes import BACKFILL, WRITES
from tests.support.databases import GIB, chain, migration, told
from tests.support.doctor import IN_NAMESPACE, PLACE, error, warning
from tooling.doctor import statements
from tooling.doctor.databases.answers import Told
from tooling.doctor.databases.clickhouse import Stack, findings
from tooling.doctor.findings import Finding

V4 = Version(4, 16, 0)
V3 = Version(3, 225, 4)


def stack(**changed: Any) -> Stack:  # noqa: ANN401 - fields of Stack
    known: dict[str, Any] = {"release": V4, "clustered": False, "own_disk": True}
    return Stack(**{**known, **changed})


def server(**changed: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON
    # As ClickHouse writes numbers of 64 bits in JSON.
    row = {"version": "26.4.5.143", "timezone": "UTC", "free": str(60 * GIB), "size": str(99 * GIB)}
    return [{**row, **changed}]


def table(name: str, size: int = 0, engine: str = "MergeTree", database: str = "default") -> Any:  # noqa: ANN401
    return {"database": database, "name": name, "engine": engine, "bytes": str(size)}


def said(answers: Told, **changed: Any) -> list[Finding]:  # noqa: ANN401 - fields of Stack
    return [*findings(answers, stack(**changed), PLACE)]


def ask(statement: str) -> str:
    return PLACE.ask_clickhouse(statement)


def test_a_sound_server_has_nothing_to_complain_of() -> None:
    assert said(told(server=server(), schema=[], mutations=[], tables=[table("traces", GIB)])) == []
    assert said(told()) == []


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Etc/UTC"])
def test_another_time_zone_than_utc_is_refused(zone: str) -> None:
    assert said(told(server=server(timezone=zone))) == [
        error(
            "clickhouse-unsuitable",
            "ClickHouse",
            f"Its time zone is {zone}, and with another one than UTC Langfuse finds the wrong rows "
            "or none",
            ask("SELECT timezone()"),
        )
    ]


def unsuitable(version: str, problem: str) -> Finding:
    cause = f"Its release {version} {problem}"
    return error("clickhouse-unsuitable", "ClickHouse", cause, ask("SELECT version()"))


@pytest.mark.parametrize(
    ("version", "problem"),
    [
        ("25.11.1.1", "is older than 25.12, the oldest release that Langfuse 4 runs on"),
        ("26.5.2.1", "crashes or gives wrong results on Langfuse's joins before 26.5.6.70"),
        (
            "26.8.1.2",
            "is, or moves to, 26.8 or newer: it reads the times that Langfuse sends as others, and "
            "loses events",
        ),
    ],
)
def test_a_release_that_langfuse_does_not_work_on_is_refused(version: str, problem: str) -> None:
    assert said(told(server=server(version=version))) == [unsuitable(version, problem)]


def test_an_old_release_is_a_warning_as_long_as_langfuse_is_version_3() -> None:
    (found,) = said(told(server=server(version="25.3.1.1")), release=V3)

    assert (found.severity, found.cause) == (
        "warning",
        "Its release 25.3.1.1 is older than 25.12, the oldest release that Langfuse 4 runs on: "
        "upgrade it first",
    )


def test_for_version_3_one_that_is_too_new_is_an_error_all_the_same() -> None:
    (found,) = said(told(server=server(version="26.8.1.2")), release=V3)

    assert found.severity == "error"


def test_a_disk_whose_size_is_not_told_is_no_full_one() -> None:
    unknown = server(free="0", size="0")

    assert said(told(server=unknown, tables=[table("trace_log", 0, database="system")])) == []


@pytest.mark.parametrize("raw", [True, 1, "1", "true"])
def test_a_newer_release_that_is_told_how_to_read_times_is_fine(raw: object) -> None:
    newer = server(version="26.8.1.2")

    assert said(told(server=newer, times=[{"raw": raw}])) == []
    assert len(said(told(server=newer, times=[{"raw": "0"}]))) == 1


def test_a_dirty_schema_is_told_with_the_statement_that_marks_the_migration_before() -> None:
    assert said(told(schema=[{"version": "36", "dirty": 1}])) == [
        error(
            "clickhouse-schema-dirty",
            "ClickHouse",
            "Migration 36 stopped half-way, and no other one runs until that is repaired. See "
            "first what it did, finish or undo that by hand, and then mark the one before it as "
            "the last",
            ask(statements.mark_before(36)),
        )
    ]


@pytest.mark.parametrize(
    ("release", "version", "found"),
    [(V4, 46, 0), (V4, 45, 1), (V4, 47, 0), (V3, 37, 0), (V3, 36, 1), (Version(4, 3, 0), 40, 0)],
)
def test_a_schema_that_is_older_than_the_release_is_found_where_the_release_is_known(
    release: Version, version: int, found: int
) -> None:
    answers = told(schema=[{"version": str(version), "dirty": 0}])
    older = said(answers, release=release)

    assert [f.section for f in older] == found * ["clickhouse-schema-older"]


def test_an_older_schema_says_what_is_needed() -> None:
    (found,) = said(told(schema=[{"version": "37", "dirty": 0}]))

    assert (found.cause, found.command) == (
        "Its schema is at 37, and 4.16.0 needs 46: the migration did not run, or an older backup "
        "was restored",
        "pulumi refresh --stack dev && make up STACK=dev",
    )


@pytest.mark.parametrize(("free", "found"), [(9.8, 1), (10.0, 0)])
def test_a_disk_with_less_than_a_tenth_free_is_a_warning(free: float, found: int) -> None:
    answers = told(server=server(free=str(int(free * GIB)), size=str(99 * GIB)))

    assert said(answers) == found * [
        warning(
            "clickhouse-disk",
            "ClickHouse",
            "Its disk has 9.8 GiB of 99.0 GiB left",
            ask(statements.SIZES),
        )
    ]
    assert said(answers, own_disk=False) == []


def test_log_tables_that_take_a_fifth_of_the_disk_are_named_with_the_largest() -> None:
    logs = [
        table("trace_log_0", 15 * GIB, database="system"),
        table("query_log", 6 * GIB, database="system"),
        table("event_log", 50 * GIB),
        table("numbers", 50 * GIB, database="system"),
    ]

    assert said(told(server=server(), tables=logs)) == [
        warning(
            "clickhouse-log-tables",
            "ClickHouse",
            "Its log tables take 21.0 GiB of 99.0 GiB, trace_log_0 the most: one that keeps the "
            "name of before an upgrade, with a number, is not limited any more",
            ask("TRUNCATE TABLE system.trace_log_0"),
        )
    ]
    assert said(told(server=server(), tables=logs[1:])) == []


OLDER = [table("traces", 10 * GIB), table("observations", 25 * GIB), table("scores", 90 * GIB)]


@pytest.mark.parametrize(("free", "found"), [(69, 1), (70, 0)])
def test_the_copy_of_older_traces_needs_twice_their_size(free: int, found: int) -> None:
    answers = told(server=server(free=str(free * GIB)), tables=OLDER, background=chain())

    assert said(answers) == found * [
        warning(
            "backfill-space",
            "ClickHouse",
            "The copy of older traces to the tables of version 4 needs 70.0 GiB beside them, and "
            "69.0 GiB are free",
            ask(statements.SIZES),
        )
    ]


@pytest.mark.parametrize(
    "background",
    [None, [], chain(finished=True), chain(locked=5.0), chain(chunks=9, done=1)],
)
def test_room_for_a_copy_that_has_begun_or_that_is_not_known_is_not_asked_for(
    background: list[dict[str, Any]] | None,
) -> None:
    low = server(free=str(20 * GIB))

    assert said(told(server=low, tables=OLDER, background=background)) == []


@pytest.mark.parametrize(
    ("mode", "copies", "found"),
    [("dual", "false", 1), ("events_only", "false", 0), ("events_only", "true", 1)],
)
def test_a_copy_that_was_left_out_needs_no_room(mode: str, copies: str, found: int) -> None:
    answers = told(
        server=server(free=str(20 * GIB)),
        tables=OLDER,
        background=[migration("other", finished=True), *chain()],
        flags={WRITES: mode, BACKFILL: copies},
    )

    assert [f.section for f in said(answers)] == found * ["backfill-space"]


def test_changes_that_do_not_end_are_told_with_the_reason_of_the_last_failure() -> None:
    rows = [
        {"table": "observations", "count": "2", "reason": "Code: 241. Memory limit exceeded"},
        {"table": "traces", "count": "1", "reason": ""},
    ]
    told_of = "have not ended for more than an hour"

    assert said(told(mutations=rows)) == [
        warning(
            "clickhouse-mutations",
            "Table observations",
            f"2 changes or deletions {told_of}: Code: 241. Memory limit exceeded",
            ask(statements.MUTATIONS),
        ),
        warning(
            "clickhouse-mutations",
            "Table traces",
            f"1 changes or deletions {told_of}",
            ask(statements.MUTATIONS),
        ),
    ]


def test_a_replica_that_takes_no_writes_is_an_error() -> None:
    rows = [{"table": "traces", "reason": "Session expired"}]

    assert said(told(read_only=rows), clustered=True) == [
        error(
            "clickhouse-read-only",
            "Table traces",
            "A replica takes no writes: it has lost Keeper, or what Keeper knows of it: Session "
            "expired",
            f"{IN_NAMESPACE} get pods -l app.kubernetes.io/component=clickhouse -o wide",
        )
    ]


@pytest.mark.parametrize(
    ("engine", "clustered", "replicas", "sections"),
    [
        ("ReplacingMergeTree", True, 3, ["clickhouse-unsuitable"]),
        ("ReplacingMergeTree", True, 1, []),
        ("ReplacingMergeTree", True, 2, ["clickhouse-unsuitable"]),
        ("ReplicatedReplacingMergeTree", True, 3, []),
        ("SharedReplacingMergeTree", True, 3, []),
        ("ReplacingMergeTree", False, 0, []),
        ("ReplacingMergeTree", False, 3, []),
        ("SharedReplacingMergeTree", False, 0, []),
        ("ReplicatedReplacingMergeTree", False, 0, ["clickhouse-unsuitable"]),
    ],
)
def test_tables_and_servers_have_to_be_replicated_both_or_neither(
    engine: str, *, clustered: bool, replicas: int, sections: list[str]
) -> None:
    # Of a driver, not of Langfuse: its engine says nothing.
    others = table("schema_migrations", 1, "MergeTree")
    answers = told(tables=[table("traces", 1, engine), others], replicas=[{"count": replicas}])

    assert [f.section for f in said(answers, clustered=clustered)] == sections


def test_tables_without_replicas_on_several_servers_are_told_in_words() -> None:
    answers = told(tables=[table("events_full", 1)], replicas=[{"count": 3}])

    assert said(answers, clustered=True) == [
        error(
            "clickhouse-unsuitable",
            "ClickHouse",
            "It has 3 replicas, and tables that are not replicated (MergeTree): traces appear and "
            "disappear, as each server has some of them",
            ask(statements.ENGINES),
        )
    ]
