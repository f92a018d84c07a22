"""The cache's command line, run by a real server: Redis 7, whose options Valkey has taken over."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from components.cache import pod

SERVER, CLIENT = shutil.which("redis-server"), shutil.which("redis-cli")
PASSWORD = "letters4and5digits"

pytestmark = [
    pytest.mark.programs,
    pytest.mark.skipif(
        SERVER is None or CLIENT is None,
        reason="Redis is not installed (Debian and Ubuntu: apt-get install redis-server)",
    ),
]


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Cache:
    """A server with its data in a folder."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        auth = folder / pod.AUTH_FILE
        auth.write_text(f"requirepass {PASSWORD}\n", encoding="utf-8")
        self.arguments = [
            word.replace(f"/etc/valkey-auth/{pod.AUTH_FILE}", str(auth)).replace(
                "/data", str(folder)
            )
            for word in pod.server("100Mi")[1:]
        ]

    @contextmanager
    def running(self) -> Generator[None]:
        assert SERVER is not None
        command = [SERVER, *self.arguments, "--port", str(self.port), "--bind", "127.0.0.1"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            try:
                end = time.monotonic() + 20
                while not self.answers():
                    assert time.monotonic() < end
                    time.sleep(0.02)
                yield
            finally:
                process.terminate()

    def ask(self, *words: str, password: str | None = PASSWORD) -> str:
        assert CLIENT is not None
        done = subprocess.run(
            [CLIENT, "-h", "127.0.0.1", "-p", str(self.port), *words],
            env={pod.AUTH_VARIABLE: password} if password else {},
            capture_output=True,
            text=True,
            check=False,
            timeout=10,
        )
        return done.stdout.strip()

    def answers(self, password: str | None = PASSWORD) -> bool:
        script = pod.ANSWERS.replace("valkey-cli", f"{CLIENT} -p {self.port}")
        environment = {"PATH": os.environ["PATH"]}
        if password:
            environment[pod.AUTH_VARIABLE] = password
        done = subprocess.run(
            ["sh", "-c", script],  # noqa: S607 - as the image has it
            env=environment,
            capture_output=True,
            check=False,
            timeout=10,
        )
        return done.returncode == 0


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path, _free_port())


def test_it_evicts_nothing_and_holds_three_fifths_of_its_memory(cache: Cache) -> None:
    with cache.running():
        assert cache.ask("config", "get", "maxmemory-policy").split() == [
            "maxmemory-policy",
            "noeviction",
        ]
        assert cache.ask("config", "get", "maxmemory").split() == [
            "maxmemory",
            str(100 * 2**20 * 3 // 5),
        ]


def test_what_was_written_is_there_after_a_restart(cache: Cache) -> None:
    with cache.running():
        assert cache.ask("set", "job", "one") == "OK"
    with cache.running():
        assert cache.ask("get", "job") == "one"


def test_only_the_password_of_the_file_is_let_in_and_it_is_in_no_argument(cache: Cache) -> None:
    with cache.running():
        assert "NOAUTH" in cache.ask("get", "job", password=None)
        assert "NOAUTH" in cache.ask("get", "job", password="another")
        assert (cache.answers(), cache.answers(None), cache.answers("another")) == (
            True,
            False,
            False,
        )
    assert PASSWORD not in " ".join(cache.arguments)
