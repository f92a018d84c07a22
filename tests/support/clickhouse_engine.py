"""ClickHouse's own engine in another process, with our configuration or a change of it.

It is ``clickhouse-local`` as a Python package. It reads the server's files and keeps to profile,
grants and log tables. It has no network, no Keeper and no password: its only session is that of the
user ``default``, so that our user gets that name. It does not apply the time zone.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from components.clickhouse import configuration
from stacks.stack_files import ROOT

PYTHON: Final = ROOT / ".venv-clickhouse/bin/python"

ABSENT: Final = "ClickHouse's engine is not installed: make test-clickhouse installs it"

_SESSION: Final = """
import json, sys
from chdb.session import Session

session, answers = Session(sys.argv[1]), []
for query in json.load(sys.stdin):
    try:
        answers.append([str(session.query(query, "JSONCompactEachRow")), ""])
    except Exception as error:
        answers.append(["", str(error)])
print("\\n" + json.dumps(answers))
"""

_OVERLAY: Final = "<query>GRANT READ ON FILE</query>"
"""The engine's own database shows the files of its folder too, which takes a grant to look up."""

_EVERYTHING: Final = "<query>GRANT ALL ON *.*</query>"


@dataclass(frozen=True)
class Answer:
    """What the engine says to one query."""

    rows: Sequence[Sequence[object]]
    error: str
    """Empty for a query that succeeded."""

    @property
    def refused(self) -> bool:
        """Whether the user may not do this."""
        return "ACCESS_DENIED" in self.error


class EngineError(Exception):
    """The engine did not start."""


def ours(
    folder: Path, *, everything: bool = False, changes: Mapping[str, str] | None = None
) -> Path:
    """Our files in ``folder``, with changed texts. ``everything``: the user may do everything."""
    users = (
        configuration.USERS.replace(f"{configuration.USER}>", "default>")
        .replace(f'<password_sha256_hex from_env="{configuration.PASSWORD_HASH}"/>', "<password/>")
        .replace("<grants>", f"<grants>{_EVERYTHING if everything else _OVERLAY}")
    )
    server = configuration.SERVER.replace("/var/lib/clickhouse/", f"{folder}/data/")
    for old, new in (changes or {}).items():
        assert (server + users).count(old) == 1, old
        server, users = server.replace(old, new), users.replace(old, new)
    (folder / "config.xml").write_text(server, encoding="utf-8")
    (folder / "users.xml").write_text(users, encoding="utf-8")
    return folder / "config.xml"


def ask(config: Path, queries: Sequence[str]) -> list[Answer]:
    """The answers of one session. Raises ``EngineError``."""
    ran = subprocess.run(
        [str(PYTHON), "-c", _SESSION, f"{config.parent}/session?config-file={config}"],
        input=json.dumps(queries),
        capture_output=True,
        text=True,
        check=False,
        # The engine reads a config.xml of the folder that it starts in.
        cwd=config.parent.parent,
        env={**os.environ, "TZ": "UTC"},
        timeout=300,
    )
    if ran.returncode != 0:
        raise EngineError(ran.stderr)
    return [
        Answer([json.loads(line) for line in text.splitlines()], error)
        for text, error in json.loads(ran.stdout.splitlines()[-1])
    ]
