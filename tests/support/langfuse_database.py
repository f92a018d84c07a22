"""What releases of Langfuse leave in PostgreSQL, as far as the guard of a migration asks for it."""

from __future__ import annotations

import re
from typing import Final

from components.langfuse import guard, write_modes
from components.langfuse.versions import Version
from components.langfuse.write_modes import Mode
from tests.support.postgres_server import PostgresError, Server

AT_2: Final = "20241125124029_add_chatgpt_4o_prices"
AT_3: Final = "20260721120000_add_boolean_score_widget_views"
AT_4: Final = "20260723150000_drop_legacy_tracing_tables"

NEWEST: Final = "20260801000000_newest"
"""The newest migration of the image that asks."""

V3 = Version(3, 225, 4)
V4 = Version(4, 16, 0)

LEGACY = Mode("legacy", backfill=False)
DUAL = Mode("dual", backfill=False)
COPYING = Mode("dual", backfill=True)
EVENTS = Mode("eventsOnly", backfill=True)
WITHOUT = Mode("eventsOnly", backfill=False)
MODES = (LEGACY, DUAL, COPYING, EVENTS, WITHOUT)

HISTORY = """
CREATE TABLE projects (id text);
CREATE TABLE _prisma_migrations (
  migration_name text, finished_at timestamptz, rolled_back_at timestamptz
);
"""
TRACES = "CREATE TABLE traces (id text); CREATE TABLE observations (id text);"
ONE_TRACE = "INSERT INTO traces VALUES ('a');"
BACKGROUND = """
CREATE TABLE background_migrations (
  name text, finished_at timestamptz, failed_at timestamptz, state jsonb NOT NULL DEFAULT '{}'
);
"""


def row(table: str, *values: str) -> str:
    return f"INSERT INTO {table} VALUES ({', '.join(values)});"  # noqa: S608 - of this file


def migrated(name: str, *, finished: str = "now()", rolled_back: str = "NULL") -> str:
    return row("_prisma_migrations", f"'{name}'", finished, rolled_back)


def copied(*names: str, finished: str = "now()", failed: str = "NULL") -> str:
    return "".join(row("background_migrations", f"'{name}'", finished, failed) for name in names)


def changed(what: str, name: str) -> str:
    return f"UPDATE background_migrations SET {what} WHERE name = '{name}';"  # noqa: S608


PROJECT = "INSERT INTO projects VALUES ('default');"
USED = HISTORY + TRACES + ONE_TRACE + PROJECT + BACKGROUND
TWO = USED + migrated(AT_2) + copied(*guard.COPIES, finished="NULL")
"""As 2.95.12 leaves it: the copies of version 3 are recorded, and nothing does them."""
ASLEEP = copied(*guard.BACKFILL, finished="NULL")
THREE_DONE = USED + migrated(AT_3) + copied(*guard.DELETED) + ASLEEP
"""As 3.225.4 leaves it, with every copy finished; those of version 4 are asleep."""
FOUR = HISTORY + PROJECT + BACKGROUND + migrated(AT_4) + ASLEEP
"""As version 4 leaves it, before it has copied anything."""
FOUR_COPIED = HISTORY + PROJECT + BACKGROUND + migrated(AT_4) + copied(*guard.BACKFILL)
FOUR_COPIES = FOUR + changed('state = \'{"phase": "backfill"}\'', guard.BACKFILL[0])

DUMP = "SELECT count(*), sum(reltuples) FROM pg_class WHERE relkind IN ('r', 'v');"


def said(
    server: Server,
    state: str,
    version: Version,
    mode: Mode | None = None,
    *,
    paused: bool = False,
    step: str = "",
) -> str | None:
    """The refusal of a state, without where in the statement it was made; None if it passes."""
    sql = guard.sql(version, mode or write_modes.mode(version))
    told = {guard.NEWEST: NEWEST, guard.PAUSED: str(paused).lower(), guard.STEP: step}
    for word, value in told.items():
        sql = sql.replace(word, value)
    server.empty("langfuse")
    server.run("langfuse", state)
    before = server.run("langfuse", DUMP)
    refusal: list[str] = []
    try:
        server.run("langfuse", sql)
    except PostgresError as error:
        refusal = re.findall(rf"{guard.MARK} (.*)", str(error)) or [str(error)]
    assert server.run("langfuse", DUMP) == before
    return refusal[0] if refusal else None
