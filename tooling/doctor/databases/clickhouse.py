"""What ClickHouse's own tables say about it. Pure; imports no SDK."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from components.clickhouse import releases
from components.langfuse import versions
from components.langfuse.versions import Version
from components.langfuse.write_modes import BACKFILL
from tooling.doctor import statements
from tooling.doctor.databases.answers import Row, Told
from tooling.doctor.findings import Finding
from tooling.doctor.place import Place
from tooling.kit.masking import quote

_SUBJECT: Final = "ClickHouse"

_GIB: Final = 2**30
_LEAST_FREE: Final = 0.1
"""Part of the disk below which merges and inserts are near their end."""

_LOGS: Final = 0.2
"""Part of the disk that system tables may take without a word."""

_OLDER: Final = ("traces", "observations")
"""Tables of version 3, which are copied to those of version 4."""

_COPIES: Final = 2
"""How often the copy needs their size: once in the order of the new tables, once in them
(https://langfuse.com/self-hosting/upgrade/upgrade-guides/upgrade-v3-to-v4)."""


@dataclass(frozen=True, kw_only=True)
class Stack:
    """What is known of the stack beside the answers."""

    release: Version
    clustered: bool
    """Whether Langfuse is told that tables are replicated."""
    own_disk: bool
    """Whether the server's disk is what its tables are on: not in ClickHouse Cloud."""


def findings(told: Told, stack: Stack, place: Place) -> Iterator[Finding]:
    server = told.row("server")
    if server:
        yield from _suitable(told, server, stack, place)
    yield from _schema(told.row("schema"), stack, place)
    if stack.own_disk and server:
        yield from _disk(told, server, place)
    yield from _replicas(told, stack, place)
    for row in told.clickhouse.get("mutations", []):
        reason = f": {quote(row['reason'], 200)}" if row.get("reason") else ""
        yield Finding.warning(
            "clickhouse-mutations",
            f"Table {row['table']}",
            f"{row['count']} changes or deletions have not ended for more than an hour{reason}",
            place.ask_clickhouse(statements.MUTATIONS),
        )


def _suitable(told: Told, server: Row, stack: Stack, place: Place) -> Iterator[Finding]:
    zone, version = str(server["timezone"]), str(server["version"])
    if zone != "UTC":
        yield Finding.error(
            "clickhouse-unsuitable",
            _SUBJECT,
            f"Its time zone is {zone}, and with another one than UTC Langfuse finds the wrong rows "
            "or none",
            place.ask_clickhouse("SELECT timezone()"),
        )
    problem = releases.problem(f"clickhouse-server:{version}")
    # Set in the user's profile, as `compatibility` does, a newer one is fine.
    if problem is None or str(told.row("times").get("raw")).lower() in {"1", "true"}:
        return
    cause = f"Its release {version} {problem}"
    look = place.ask_clickhouse(statements.VERSION)
    older = tuple(int(part) for part in version.split(".")[:2]) < releases.OLDEST
    if older and stack.release.major < 4:
        yield Finding.warning("clickhouse-unsuitable", _SUBJECT, f"{cause}: upgrade it first", look)
    else:
        yield Finding.error("clickhouse-unsuitable", _SUBJECT, cause, look)


def _schema(last: Row, stack: Stack, place: Place) -> Iterator[Finding]:
    if not last:
        return
    version = int(last["version"])
    line = versions.line(stack.release)
    known = line.clickhouse_schema if line and stack.release == line.newest else None
    if int(last["dirty"]):
        yield Finding.error(
            "clickhouse-schema-dirty",
            _SUBJECT,
            f"Migration {version} stopped half-way, and no other one runs until that is repaired. "
            "See first what it did, finish or undo that by hand, and then mark the one before it "
            "as the last",
            place.ask_clickhouse(statements.mark_before(version)),
        )
    elif known is not None and version < known:
        yield Finding.error(
            "clickhouse-schema-older",
            _SUBJECT,
            f"Its schema is at {version}, and {stack.release} needs {known}: the migration did not "
            "run, or an older backup was restored",
            place.refresh_and_up(),
        )


def _disk(told: Told, server: Row, place: Place) -> Iterator[Finding]:
    free, size = int(server["free"]), int(server["size"])
    tables = told.clickhouse.get("tables", [])
    if size and free < size * _LEAST_FREE:
        yield Finding.warning(
            "clickhouse-disk",
            _SUBJECT,
            f"Its disk has {_gib(free)} of {_gib(size)} left",
            place.ask_clickhouse(statements.SIZES),
        )
    logs = [row for row in tables if row["database"] == "system" and "_log" in row["name"]]
    taken = sum(int(row["bytes"]) for row in logs)
    if size and taken > size * _LOGS:
        largest = max(logs, key=lambda row: int(row["bytes"]))
        yield Finding.warning(
            "clickhouse-log-tables",
            _SUBJECT,
            f"Its log tables take {_gib(taken)} of {_gib(size)}, {largest['name']} the most: one "
            "that keeps the name of before an upgrade, with a number, is not limited any more",
            place.ask_clickhouse(f"TRUNCATE TABLE system.{largest['name']}"),
        )
    yield from _room(told, free, tables, place)


def _room(told: Told, free: int, tables: list[Row], place: Place) -> Iterator[Finding]:
    """Whether the copy to version 4's tables fits, as long as it has not begun."""
    copies = [item for item in told.background or [] if item.gate == BACKFILL]
    begun = any(item.finished or item.progress or item.runs for item in copies)
    left_out = told.mode == "eventsOnly" and told.flags.get(BACKFILL) != "true"
    if not copies or begun or left_out:
        return
    older = sum(int(row["bytes"]) for row in tables if row["name"] in _OLDER)
    needed = older * _COPIES
    if free < needed:
        yield Finding.warning(
            "backfill-space",
            _SUBJECT,
            f"The copy of older traces to the tables of version 4 needs {_gib(needed)} beside "
            f"them, and {_gib(free)} are free",
            place.ask_clickhouse(statements.SIZES),
        )


def _replicas(told: Told, stack: Stack, place: Place) -> Iterator[Finding]:
    for row in told.clickhouse.get("read_only", []):
        reason = f": {quote(row['reason'], 200)}" if row.get("reason") else ""
        yield Finding.error(
            "clickhouse-read-only",
            f"Table {row['table']}",
            f"A replica takes no writes: it has lost Keeper, or what Keeper knows of it{reason}",
            place.look_at_clickhouse,
        )
    engines = {
        str(row["engine"])
        for row in told.clickhouse.get("tables", [])
        if row["name"] in {*_OLDER, "events_full"}
    }
    count = int(told.row("replicas").get("count", 0))
    plain = {engine for engine in engines if not engine.startswith(("Replicated", "Shared"))}
    if stack.clustered and plain and count > 1:
        yield Finding.error(
            "clickhouse-unsuitable",
            _SUBJECT,
            f"It has {count} replicas, and tables that are not replicated ({', '.join(plain)}): "
            "traces appear and disappear, as each server has some of them",
            place.ask_clickhouse(statements.ENGINES),
        )
    elif not stack.clustered and any(engine.startswith("Replicated") for engine in engines):
        yield Finding.warning(
            "clickhouse-unsuitable",
            _SUBJECT,
            "Its tables are replicated, and Langfuse is told that it is a single server: the next "
            "migrations would change one replica (clickhouse.kind)",
            place.ask_clickhouse(statements.ENGINES),
        )


def _gib(size: int) -> str:
    return f"{size / _GIB:.1f} GiB"
