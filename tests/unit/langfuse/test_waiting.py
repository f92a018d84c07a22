"""The command that waits for a database, run by a real Node.js against a real socket."""

from __future__ import annotations

import http.server
import shutil
import socketserver
import subprocess
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

import pytest

from components.langfuse import waiting

pytestmark = pytest.mark.programs

_NODE = shutil.which("node")
_SSL_REQUEST = bytes([0, 0, 0, 8, 4, 210, 22, 47])

Answer = Callable[[int], bytes | None]
"""What a server answers to the n-th connection; None closes it without a word."""


@contextmanager
def _server(answer: Answer) -> Generator[tuple[int, list[bytes]]]:
    """Port of a server, and what it was asked."""
    asked: list[bytes] = []

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            asked.append(self.request.recv(64))
            if (said := answer(len(asked))) is not None:
                self.request.sendall(said)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_address[1], asked
        server.shutdown()


def _wait(host: str, *, limit: float) -> list[str]:
    """The lines that the command prints."""
    if _NODE is None:
        pytest.skip("needs node")
    _, *arguments = waiting.for_database(interval=0.05, limit=limit)
    done = subprocess.run(
        [_NODE, *arguments],
        env={"DIRECT_URL": f"postgresql://user:secret-word@{host}/langfuse?sslmode=require"},
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_it_runs_in_every_image_and_tries_for_as_long_as_a_failover_takes() -> None:
    command = waiting.for_database()

    assert (command[0], command[1], command[3:]) == ("node", "-e", ["5", "120"])


@pytest.mark.parametrize("said", [b"S", b"N"])
def test_it_ends_when_the_database_has_answered_twice(said: bytes) -> None:
    with _server(lambda _: said) as (port, asked):
        lines = _wait(f"127.0.0.1:{port}", limit=10)

    assert lines == 2 * [f"database 127.0.0.1:{port}: answers"]
    assert asked == 2 * [_SSL_REQUEST]


def test_an_answer_between_two_dropped_connections_is_not_enough() -> None:
    answers = [None, b"S", None, b"S", b"S"]
    with _server(lambda number: answers[number - 1]) as (port, asked):
        lines = _wait(f"127.0.0.1:{port}", limit=10)

    assert [line.rsplit(": ", 1)[1] == "answers" for line in lines] == [
        answer is not None for answer in answers
    ]
    assert len(asked) == len(answers)


def test_it_gives_up_without_a_failure_so_that_the_migration_says_what_is_wrong() -> None:
    with _server(lambda _: None) as (port, _):
        pass  # nothing listens on the port any more

    lines = _wait(f"127.0.0.1:{port}", limit=0.3)

    assert set(lines) == {f"database 127.0.0.1:{port}: ECONNREFUSED"}
    assert 2 <= len(lines) <= 7


def test_a_connection_that_hangs_is_ended() -> None:
    held = threading.Event()

    def hold(_: int) -> None:
        held.wait(5)

    with _server(hold) as (port, _):
        lines = _wait(f"127.0.0.1:{port}", limit=0.3)
        held.set()

    assert set(lines) == {f"database 127.0.0.1:{port}: no answer"}


def test_it_reads_an_address_of_ip_6_and_takes_the_port_of_postgresql_for_none() -> None:
    assert _wait("[::1]:1", limit=0) == ["database [::1]:1: ECONNREFUSED"]
    assert _wait("127.0.0.2", limit=0) == ["database 127.0.0.2: ECONNREFUSED"]


@contextmanager
def _clickhouse(*answers: tuple[int, str]) -> Generator[tuple[str, list[str]]]:
    """URL of a server with an answer to each question in turn, and the paths that were asked."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            status, text = answers[min(len(asked), len(answers)) - 1]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as it is there
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()


def _wait_for_clickhouse(url: str, *, limit: float) -> list[str]:
    if _NODE is None:
        pytest.skip("needs node")
    _, *arguments = waiting.for_clickhouse(interval=1, limit=limit)
    done = subprocess.run(
        [_NODE, *arguments],
        env={"CLICKHOUSE_URL": url},
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_it_ends_when_clickhouse_answers() -> None:
    with _clickhouse((503, "starting"), (200, "a page"), (200, "Ok.\n"), (200, "late")) as (
        url,
        asked,
    ):
        lines = _wait_for_clickhouse(url, limit=20)

    host = url.removeprefix("http://")
    assert lines == [
        f"ClickHouse {host}: status 503",
        f"ClickHouse {host}: a page",
        f"ClickHouse {host}: Ok.",
    ]
    assert asked == ["/ping"] * 3


def test_without_clickhouse_it_ends_after_a_while_and_says_what_it_saw() -> None:
    with _clickhouse((200, "Ok.")) as (url, _):
        pass  # nothing listens on the port any more

    lines = _wait_for_clickhouse(url, limit=2)

    assert {*lines} == {f"ClickHouse {url.removeprefix('http://')}: ECONNREFUSED"}
    assert 2 <= len(lines) <= 4
