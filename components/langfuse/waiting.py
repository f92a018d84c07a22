"""Waiting for the databases from within Langfuse's image."""

from __future__ import annotations

from typing import Final

INTERVAL: Final = 5
"""Seconds between two tries, and for the answer to one."""

LIMIT: Final = 120
"""Seconds until the wait ends without an answer. A failover of RDS takes 60 to 120 s."""

# Eight bytes ask a server, or a pooler, whether it encrypts; it answers before it wants to know who
# asks (https://www.postgresql.org/docs/current/protocol-message-formats.html, SSLRequest).
_SCRIPT: Final = """
const { connect } = require("net");
const url = new URL(process.env.DIRECT_URL);
const [, interval, limit] = process.argv.map((text) => Number(text) * 1000);
const end = Date.now() + limit;
const ask = () =>
  new Promise((resolve) => {
    const socket = connect(Number(url.port || 5432), url.hostname.replace(/^\\[|\\]$/g, ""));
    const told = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(interval, () => told("no answer"));
    socket.once("error", (error) => told(error.code));
    socket.once("connect", () => socket.write(Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])));
    socket.once("data", () => told("answers"));
    socket.once("end", () => told("closed"));
  });
const pause = () => new Promise((resolve) => setTimeout(resolve, interval));
(async () => {
  for (let answers = 0; ; await pause()) {
    const answer = await ask();
    answers = answer === "answers" ? answers + 1 : 0;
    console.log(`database ${url.host}: ${answer}`);
    if (answers === 2 || Date.now() + interval > end) return;
  }
})();
"""


def for_database(*, interval: float = INTERVAL, limit: float = LIMIT) -> list[str]:
    """A command that ends when the database of DIRECT_URL has answered twice, ``interval`` apart.

    The first connection of a new pod can be dropped, or its first connection can be cut, while
    the cluster's network applies the policies (Amazon VPC CNI). The command ends well after
    ``limit`` seconds without an answer too: what runs next says what is wrong.
    """
    return ["node", "-e", _SCRIPT.strip(), str(interval), str(limit)]


_ASK_CLICKHOUSE: Final = """
const url = new URL("/ping", process.env.CLICKHOUSE_URL);
const [, interval, limit] = process.argv.map((text) => Number(text) * 1000);
const end = Date.now() + limit;
const ask = async () => {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(interval) });
    return answer.ok ? (await answer.text()).trim() : `status ${answer.status}`;
  } catch (error) {
    return error.cause?.code ?? error.name;
  }
};
(async () => {
  for (;;) {
    const answer = await ask();
    console.log(`ClickHouse ${url.host}: ${answer}`);
    if (answer === "Ok." || Date.now() + interval > end) return;
    await new Promise((resolve) => setTimeout(resolve, interval));
  }
})();
"""


def for_clickhouse(*, interval: float = INTERVAL, limit: float = LIMIT) -> list[str]:
    """A command that ends when ClickHouse answers at CLICKHOUSE_URL, or after ``limit`` seconds.

    A worker that starts without it does not look at its version, and takes no measures against
    the faults of some (packages/shared/src/server/clickhouse/compatibility.ts at v4.16.0).
    """
    return ["node", "-e", _ASK_CLICKHOUSE.strip(), str(interval), str(limit)]
