"""Waiting for a database from within Langfuse's image."""

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
