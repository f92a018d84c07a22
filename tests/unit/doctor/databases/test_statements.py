"""What the doctor asks PostgreSQL, answered by a real server on tables as Langfuse has them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest

from components.langfuse import guard
from tests.support.postgres_server import PostgresError, Server, needs_postgres, running
from tooling.doctor import statements

pytestmark = [pytest.mark.programs, needs_postgres]

# The columns of packages/shared/prisma/schema.prisma that are asked about.
TABLES: Final = """
CREATE TABLE _prisma_migrations (
  migration_name text, finished_at timestamptz, rolled_back_at timestamptz
);
CREATE TABLE background_migrations (
  id text, name text, script text, args jsonb, state jsonb DEFAULT '{}',
  finished_at timestamp(3), failed_at timestamp(3), failed_reason text, locked_at timestamp(3)
);
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as server:
        yield server


def answer(server: Server, question: str, *given: str) -> Any:  # noqa: ANN401 - JSON
    server.empty("langfuse")
    server.run("langfuse", TABLES, *given)
    statement = statements.POSTGRES[question]
    return json.loads(server.run("langfuse", "SET TRANSACTION READ ONLY;", f"{statement};"))


def test_the_newest_migration_and_those_that_stopped_are_named(server: Server) -> None:
    rows = f"""
    INSERT INTO _prisma_migrations VALUES
      ('20260101_a', now(), NULL), ('20260201_b', now(), NULL), ('20260301_c', now(), now()),
      ('20260401_d', NULL, NULL), ('20260402_e', NULL, now()), ('{guard.REPAIRED[0]}', NULL, NULL);
    """  # noqa: S608 - of this file

    assert answer(server, "schema", rows) == {"newest": "20260201_b", "broken": ["20260401_d"]}
    assert answer(server, "schema") == {"newest": None, "broken": None}


def test_background_migrations_come_in_the_order_of_their_names_with_how_far_they_are(
    server: Server,
) -> None:
    rows = """
    INSERT INTO background_migrations (name, args, state, finished_at, failed_at, failed_reason,
        locked_at) VALUES
      ('b', '{"envGate": "X"}', '{"todos": [{"status": "completed"}, {"status": "pending"}]}',
        NULL, NULL, NULL, now() AT TIME ZONE 'UTC' - interval '90 seconds'),
      ('a', '{}', '{"maxDate": "2025-03-01T10:00:00.000Z"}', NULL, now(), 'socket hang up', NULL),
      ('c', '{}', '{}', now(), NULL, NULL, NULL);
    """
    a, b, c = answer(server, "background", rows)

    assert a == {
        "name": "a",
        "finished": False,
        "failed": True,
        "reason": "socket hang up",
        "locked": None,
        "gate": None,
        "down_to": "2025-03-01T10:00:00.000Z",
        "chunks": None,
        "done": None,
    }
    assert (b["gate"], b["chunks"], b["done"]) == ("X", 2, 1)
    assert b["locked"] == pytest.approx(90, abs=5)
    assert (c["finished"], c["failed"], c["gate"]) == (True, False, None)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo"])
def test_how_old_a_lock_is_does_not_depend_on_the_time_zone(server: Server, zone: str) -> None:
    row = """
    INSERT INTO background_migrations (name, args, locked_at)
      VALUES ('a', '{}', now() AT TIME ZONE 'UTC');
    """
    server.empty("langfuse")
    server.run("langfuse", TABLES, row)
    asked = f"SET LOCAL timezone TO '{zone}'; {statements.POSTGRES['background']};"
    (found,) = json.loads(server.run("langfuse", asked))

    assert found["locked"] == pytest.approx(0, abs=5)


def test_a_state_of_another_form_is_none(server: Server) -> None:
    row = """
    INSERT INTO background_migrations (name, args, state) VALUES ('a', '{}', '{"todos": 7}');
    """
    (found,) = answer(server, "background", row)

    assert (found["chunks"], found["done"]) == (None, None)


def test_no_rows_are_an_empty_list_and_no_table_is_an_error(server: Server) -> None:
    assert answer(server, "background") == []
    server.empty("langfuse")
    with pytest.raises(PostgresError, match="background_migrations"):
        server.run("langfuse", f"{statements.POSTGRES['background']};")


def test_a_background_migration_that_failed_is_made_one_that_waits(server: Server) -> None:
    row = """
    INSERT INTO background_migrations (name, args, failed_at, failed_reason) VALUES
      ('a', '{}', now(), 'x'), ('b', '{}', now(), 'y');
    """
    retry = f"{statements.retry_background_migration('a')};"

    a, b = answer(server, "background", row, retry)

    assert (a["failed"], a["reason"], b["failed"], b["reason"]) == (False, None, True, "y")
