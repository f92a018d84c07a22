"""The program that asks the databases, run by Node.js with stand-ins for its two libraries.

Does not prove that the libraries are where the worker's image has them, nor how they connect.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.loopback import Request, Response, serving
from tooling.doctor import statements
from tooling.doctor.databases import questions
from tooling.doctor.databases.answers import read

pytestmark = pytest.mark.programs

NODE: Final = shutil.which("node")

PRISMA: Final = """
exports.PrismaClient = class {
  async $transaction(work) {
    const log = [];
    return await work({
      $executeRawUnsafe: async (statement) => log.push(statement),
      $queryRawUnsafe: async (statement) => {
        log.push(statement);
        if (process.env.BROKEN) throw new Error(`relation ${process.env.BROKEN} does not exist`);
        return [{ answer: JSON.stringify({ log, to: process.env.DATABASE_URL }) }];
      },
    });
  }
  async $disconnect() {}
};
"""

REDIS: Final = """
module.exports = class {
  constructor(url, options) { this.url = url; this.options = options; }
  on() {}
  async connect() { if (this.url === "redis://away") throw new Error("connect ECONNREFUSED"); }
  async lindex(key) { return key.includes(":ingestion-queue:") ? "7" : null; }
  async hget(key, field) { return key.endsWith(":7") && field === "timestamp" ? "1000" : null; }
  async llen(key) { return { wait: 3, paused: 2, active: 1 }[key.split(":").pop()]; }
  async zcard(key) { return key.startsWith("bull:") ? 4 : 5; }
  async info() { return `# Server\\r\\nurl:${this.url}\\r\\nlazy:${this.options.lazyConnect}`; }
  disconnect() {}
};
"""


@pytest.fixture
def modules(tmp_path: Path) -> str:
    for name, text in (("@prisma/client", PRISMA), ("ioredis", REDIS)):
        folder = tmp_path / "node_modules" / name
        folder.mkdir(parents=True)
        (folder / "index.js").write_text(text, encoding="utf-8")
    return str(tmp_path / "package.json")


class ClickHouse:
    """Answers with what it was asked; the health page of the worker is here too."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        statement = request.body.decode()
        if "getSetting" in statement:
            return Response(500, "Code: 115. DB::Exception: Unknown setting (UNKNOWN_SETTING)\n")
        return Response(200, '{"a":1}\n{"a":2}\n')


@pytest.fixture
def clickhouse() -> Iterator[tuple[int, ClickHouse]]:
    server = ClickHouse()
    with serving(server) as port:
        yield port, server


def run(command: list[str], **variables: str) -> dict[str, Any]:
    if NODE is None:
        pytest.skip("needs node")
    environment = {"PATH": os.environ["PATH"], **variables}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    return json.loads(ran.stdout)


def variables(port: int) -> dict[str, str]:
    return {
        "DATABASE_URL": "postgresql://db",
        "CLICKHOUSE_URL": f"http://127.0.0.1:{port}",
        "CLICKHOUSE_DB": "default",
        "CLICKHOUSE_USER": "langfuse",
        "CLICKHOUSE_PASSWORD": "not-a-secret",
        "REDIS_CONNECTION_STRING": "redis://cache",
        "LANGFUSE_MIGRATION_V4_WRITE_MODE": "dual",
        "SALT": "not-to-be-told",
    }


def test_postgresql_is_asked_in_transactions_that_only_read(
    modules: str, clickhouse: tuple[int, ClickHouse]
) -> None:
    found = run(questions.of_worker(clustered=False, modules=modules), **variables(clickhouse[0]))

    assert found["postgres"] == {
        "answer": {
            name: {
                "answer": {
                    "log": ["SET TRANSACTION READ ONLY", statement],
                    "to": "postgresql://db",
                }
            }
            for name, statement in statements.POSTGRES.items()
        }
    }


def test_a_question_that_fails_does_not_hide_the_others(
    modules: str, clickhouse: tuple[int, ClickHouse]
) -> None:
    broken = {**variables(clickhouse[0]), "BROKEN": "background_migrations"}
    told = read(json.dumps(run(questions.of_worker(clustered=False, modules=modules), **broken)))

    assert told.postgres == {}
    assert "times" not in told.clickhouse
    assert told.clickhouse["server"] == [{"a": 1}, {"a": 2}]
    assert set(told.problems) == {"health"}  # nothing listens on the worker's port here


def test_clickhouse_is_asked_as_langfuse_and_may_only_read(
    modules: str, clickhouse: tuple[int, ClickHouse]
) -> None:
    port, server = clickhouse
    run(questions.of_worker(clustered=True, modules=modules), **variables(port))
    asked = {
        request.body.decode().removesuffix(" FORMAT JSONEachRow") for request in server.requests
    }
    queries = {urlsplit(request.path).query for request in server.requests}

    assert asked == {*statements.CLICKHOUSE.values(), *statements.CLUSTERED.values()}
    assert [parse_qs(query) for query in queries] == [
        {"database": ["default"], "readonly": ["2"], "max_execution_time": ["5"]}
    ]
    assert {
        (r.headers["x-clickhouse-user"], r.headers["x-clickhouse-key"]) for r in server.requests
    } == {("langfuse", "not-a-secret")}


def test_a_single_server_is_not_asked_about_replicas(
    modules: str, clickhouse: tuple[int, ClickHouse]
) -> None:
    port, server = clickhouse
    run(questions.of_worker(clustered=False, modules=modules), **variables(port))

    assert len(server.requests) == len(statements.CLICKHOUSE)


def test_queues_are_counted_by_the_keys_of_their_library(
    modules: str, clickhouse: tuple[int, ClickHouse]
) -> None:
    told = run(questions.of_worker(clustered=False, modules=modules), **variables(clickhouse[0]))
    answer = told["redis"]["answer"]

    assert answer["info"] == "# Server\r\nurl:redis://cache\r\nlazy:true"
    assert answer["queues"].keys() == set(questions.QUEUES)
    counts = {"waiting": 5, "active": 1, "failed": 4}
    assert answer["queues"]["ingestion-queue"] == {**counts, "oldest": 1000}
    assert answer["queues"]["trace-upsert"] == {**counts, "oldest": None}
    assert answer["now"] > 1_700_000_000_000


def test_keys_have_the_prefix_that_langfuse_is_given(
    modules: str, clickhouse: tuple[int, ClickHouse]
) -> None:
    prefixed = {**variables(clickhouse[0]), "REDIS_KEY_PREFIX": "team"}
    told = run(questions.of_worker(clustered=False, modules=modules), **prefixed)

    assert told["redis"]["answer"]["queues"]["trace-delete"]["failed"] == 5


def test_a_cache_that_is_away_is_said_in_its_own_words(
    modules: str, clickhouse: tuple[int, ClickHouse]
) -> None:
    away = {**variables(clickhouse[0]), "REDIS_CONNECTION_STRING": "redis://away"}
    told = read(json.dumps(run(questions.of_worker(clustered=False, modules=modules), **away)))

    assert told.problems["redis"] == "connect ECONNREFUSED"
    assert told.redis == {}


def test_of_the_environment_only_the_modes_are_told(
    modules: str, clickhouse: tuple[int, ClickHouse]
) -> None:
    told = run(questions.of_worker(clustered=False, modules=modules), **variables(clickhouse[0]))

    assert told["flags"] == {"LANGFUSE_MIGRATION_V4_WRITE_MODE": "dual"}
    assert "not-a-secret" not in json.dumps(told)
    assert "not-to-be-told" not in json.dumps(told)


def test_a_web_pod_is_asked_about_clickhouse_alone(clickhouse: tuple[int, ClickHouse]) -> None:
    told = run(questions.of_web(clustered=False), **variables(clickhouse[0]))

    assert told.keys() == {"flags", "clickhouse"}
    assert told["clickhouse"]["answer"]["schema"] == {"answer": [{"a": 1}, {"a": 2}]}


def test_without_a_library_that_part_is_not_asked(
    tmp_path: Path, clickhouse: tuple[int, ClickHouse]
) -> None:
    nowhere = str(tmp_path / "package.json")
    told = read(
        json.dumps(
            run(questions.of_worker(clustered=False, modules=nowhere), **variables(clickhouse[0]))
        )
    )

    assert told.problems["postgres"].startswith("Cannot find module '@prisma/client'")
    assert told.clickhouse["schema"] == [{"a": 1}, {"a": 2}]


def test_postgresqls_own_client_only_reads_and_ends_in_time() -> None:
    assert questions.of_database("SELECT 1") == [
        *("env", "PGOPTIONS=-c default_transaction_read_only=on -c statement_timeout=5s"),
        *("psql", "-X", "-A", "-t", "-q", "-U", "langfuse", "-c", "SELECT 1"),
    ]


def test_the_process_has_a_limit_of_its_own() -> None:
    command = questions.of_worker(clustered=False)

    assert command[:3] == [
        "env",
        "NODE_OPTIONS=--max-old-space-size=128",
        "NODE_NO_WARNINGS=1",
    ]
    assert command[-2] == "/app/worker/package.json"
