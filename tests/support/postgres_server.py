"""A PostgreSQL server for one test module, on a socket in a folder of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

_SECONDS: Final = 60


def _found() -> Path | None:
    """Folder of the newest server's programs; Debian has them outside of PATH."""
    folders = [*Path("/usr/lib/postgresql").glob("*/bin")]
    on_path = shutil.which("initdb")
    newest = max(folders, key=lambda folder: int(folder.parent.name), default=None)
    return newest or (Path(on_path).resolve().parent if on_path else None)


PROGRAMS: Final = _found()

needs_postgres = pytest.mark.skipif(
    PROGRAMS is None,
    reason="PostgreSQL is not installed (Debian and Ubuntu: apt-get install postgresql)",
)


@dataclass(frozen=True)
class Server:
    """A running server. Its role ``langfuse`` is no superuser and owns the database `langfuse`."""

    socket: str

    def run(self, database: str, *statements: str) -> str:
        """What the statements print, run in one transaction. Raises ``PostgresError``."""
        done = _program(
            ["psql", "-X", "-q", "-A", "-t", "-1", "-v", "ON_ERROR_STOP=1"],
            ["-h", self.socket, "-U", "langfuse", "-d", database],
            given="\n".join(statements),
        )
        if done.returncode:
            raise PostgresError(done.stderr)
        return done.stdout.strip()

    def empty(self, database: str) -> None:
        """Take away all that a database holds; a new database would take ten times as long."""
        statement = "DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION langfuse"
        options = ["-d", database, "-c", "SET client_min_messages = warning", "-c", statement]
        _checked(["psql", "-X", "-q", "-h", self.socket, "-U", "postgres", *options])


class PostgresError(Exception):
    """What the server said of a statement that failed."""


@contextmanager
def running() -> Generator[Server]:
    """A new server, which ends with the context."""
    with tempfile.TemporaryDirectory(prefix="postgres-") as name:
        folder = Path(name)
        if os.geteuid() == 0:
            # The server refuses to run as root.
            shutil.chown(folder, *_account())
        data = folder / "data"
        _checked(["initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-N"])
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        control = ["pg_ctl", "-D", str(data), "-w", "-s"]
        _checked([*control, "-o", options, "-l", str(folder / "log"), "start"])
        try:
            server = Server(str(folder))
            _checked(
                ["psql", "-X", "-q", "-h", server.socket, "-U", "postgres"],
                ["-c", "CREATE ROLE langfuse LOGIN"],
                ["-c", "CREATE DATABASE langfuse OWNER langfuse"],
            )
            yield server
        finally:
            _checked([*control, "-m", "immediate", "stop"])


def _account() -> tuple[str, str]:
    user = pwd.getpwnam("postgres")
    return user.pw_name, user.pw_name


def _checked(*words: Sequence[str]) -> None:
    done = _program(*words)
    if done.returncode:
        raise PostgresError(done.stderr or done.stdout)


def _program(*words: Sequence[str], given: str = "") -> subprocess.CompletedProcess[str]:
    assert PROGRAMS is not None
    name, *arguments = [word for part in words for word in part]
    user = _account()[0] if os.geteuid() == 0 else None
    return subprocess.run(
        [str(PROGRAMS / name), *arguments],
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
        cwd="/",
        user=user,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
    )
