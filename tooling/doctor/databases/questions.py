"""What is asked of a stack's databases, and the program that asks it in a container of Langfuse.

Pure; imports no SDK. Everything that is sent only reads.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from components.langfuse import versions, write_modes
from components.langfuse.environment import WORKER_PORT
from tooling.doctor import statements

SECONDS: Final = 5
"""For each of the servers; they are asked at the same time."""

MODULES: Final = "/app/worker/package.json"
"""What the worker's image resolves the clients of PostgreSQL and Redis from
(worker/Dockerfile and worker/package.json at v3.225.4 and v4.16.0)."""

QUEUES: Final = (
    "batch-export-queue",
    "event-propagation-queue",
    "ingestion-queue",
    "otel-ingestion-queue",
    "trace-delete",
    "trace-upsert",
)
"""Queues in which traces wait, or that change them (packages/shared/src/server/queues.ts)."""

_FLAGS: Final = (
    *write_modes.flags(write_modes.mode(versions.LINES[4].newest)),
    "LANGFUSE_BACKGROUND_MIGRATION_V4_DROP_PID_TID_SORTING_TABLES",
    "LANGFUSE_ENABLE_BACKGROUND_MIGRATIONS",
)
"""Variables of the worker that decide what it does with older data."""

_HEALTH: Final = (
    f"http://127.0.0.1:{WORKER_PORT}{versions.WORKER_LIVENESS}"
    "?failIfEventPropagationStuck=true&failIfQueueConsumptionStuck=true"
)

_PROGRAM: Final = """
const [, modules, text] = process.argv;
const asked = JSON.parse(text);
const load = require("module").createRequire(modules);
const limit = asked.seconds * 1000;
const words = (error) => [error?.message ?? error, error?.cause?.code].filter(Boolean).join(": ");
const signal = () => AbortSignal.timeout(limit);
const within = (work) =>
  Promise.race([
    work,
    new Promise((_, no) => setTimeout(() => no(new Error("no answer in time")), limit).unref()),
  ]);
const each = async (questions, ask) => {
  const told = {};
  for (const [name, question] of Object.entries(questions)) {
    try {
      told[name] = { answer: await ask(question) };
    } catch (error) {
      told[name] = { error: words(error) };
    }
  }
  return told;
};
const postgres = async (questions) => {
  const { PrismaClient } = load("@prisma/client");
  const client = new PrismaClient({ log: [] });
  try {
    return await each(questions, (statement) =>
      client.$transaction(async (transaction) => {
        await transaction.$executeRawUnsafe("SET TRANSACTION READ ONLY");
        const rows = await transaction.$queryRawUnsafe(statement);
        return JSON.parse(rows[0].answer);
      }),
    );
  } finally {
    await client.$disconnect();
  }
};
const clickhouse = (questions) =>
  each(questions, async (statement) => {
    const url = new URL(process.env.CLICKHOUSE_URL);
    const settings = { readonly: "2", max_execution_time: String(asked.seconds) };
    url.search = new URLSearchParams({ database: process.env.CLICKHOUSE_DB, ...settings });
    const headers = {
      "X-ClickHouse-User": process.env.CLICKHOUSE_USER,
      "X-ClickHouse-Key": process.env.CLICKHOUSE_PASSWORD,
    };
    const request = { method: "POST", body: `${statement} FORMAT JSONEachRow`, headers };
    const answer = await fetch(url, { ...request, signal: signal() });
    const body = await answer.text();
    if (!answer.ok) throw new Error(body.slice(0, 500));
    return body.split("\\n").filter(Boolean).map((line) => JSON.parse(line));
  });
const redis = async (names) => {
  const Redis = load("ioredis");
  const options = { maxRetriesPerRequest: 0, retryStrategy: () => null, lazyConnect: true };
  const client = new Redis(process.env.REDIS_CONNECTION_STRING, options);
  client.on("error", () => {});
  try {
    await client.connect();
    const queues = {};
    for (const name of names) {
      const key = `${process.env.REDIS_KEY_PREFIX ?? "bull"}:${name}`;
      const oldest = await client.lindex(`${key}:wait`, -1);
      queues[name] = {
        waiting: (await client.llen(`${key}:wait`)) + (await client.llen(`${key}:paused`)),
        active: await client.llen(`${key}:active`),
        failed: await client.zcard(`${key}:failed`),
        oldest: oldest && Number(await client.hget(`${key}:${oldest}`, "timestamp")),
      };
    }
    return { info: await client.info(), now: Date.now(), queues };
  } finally {
    client.disconnect();
  }
};
const health = async (url) => (await fetch(url, { signal: signal() })).json();
const parts = { postgres, clickhouse, redis, health };
(async () => {
  const told = { flags: Object.fromEntries(asked.flags.map((name) => [name, process.env[name]])) };
  await Promise.all(
    Object.entries(parts).map(async ([part, ask]) => {
      if (asked[part] === undefined) return;
      try {
        told[part] = { answer: await within(ask(asked[part])) };
      } catch (error) {
        told[part] = { error: words(error) };
      }
    }),
  );
  process.stdout.write(JSON.stringify(told), () => process.exit(0));
})();
"""


def of_worker(*, clustered: bool, modules: str = MODULES) -> list[str]:
    """The command that asks all of them, in the worker's container."""
    return _command(
        {
            "postgres": statements.POSTGRES,
            "clickhouse": clickhouse(clustered=clustered),
            "redis": QUEUES,
            "health": _HEALTH,
        },
        modules,
    )


def of_web(*, clustered: bool) -> list[str]:
    """The command that asks ClickHouse alone, in the web container, which has no other clients."""
    return _command({"clickhouse": clickhouse(clustered=clustered)}, "/app/package.json")


def of_database(statement: str) -> list[str]:
    """The command that asks one question in PostgreSQL's own container."""
    options = f"-c default_transaction_read_only=on -c statement_timeout={SECONDS}s"
    client = ("psql", "-X", "-A", "-t", "-q", "-U", "langfuse", "-c", statement)
    return ["env", f"PGOPTIONS={options}", *client]


def clickhouse(*, clustered: bool) -> Mapping[str, str]:
    """The questions to ClickHouse, by name."""
    return {**statements.CLICKHOUSE, **(statements.CLUSTERED if clustered else {})}


def _command(questions: Mapping[str, Any], modules: str) -> list[str]:
    asked = {"seconds": SECONDS, "flags": _FLAGS, **questions}
    # Its own limit: what Langfuse itself holds is not this process's.
    return [
        *("env", "NODE_OPTIONS=--max-old-space-size=128", "NODE_NO_WARNINGS=1"),
        *("node", "-e", _PROGRAM.strip(), modules, json.dumps(asked, separators=(",", ":"))),
    ]
