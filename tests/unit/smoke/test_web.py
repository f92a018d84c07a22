"""Requests have an end, whatever a server does."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Generator

import pytest

from tests.support.loopback import Response, serving
from tooling.kit.deadline import Deadline
from tooling.smoke import web
from tooling.smoke.web import UnreachableError, Web

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"


@contextlib.contextmanager
def dribbling(first: bytes) -> Generator[tuple[str, threading.Thread]]:
    """A server that answers ``first``, and then a byte every twentieth of a second for as long as
    somebody reads: its URL, and the thread in which it does."""
    over = threading.Event()

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            connection.recv(65536)
            connection.sendall(first)
            while not over.wait(0.05):
                connection.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", thread
        over.set()
        thread.join()


@pytest.mark.parametrize("first", [HEAD, b"HTTP/1.1 200 OK\r\nX-Long: ", b""])
def test_an_answer_that_comes_byte_by_byte_ends_with_the_time(first: bytes) -> None:
    with dribbling(first) as (url, _):
        start = time.monotonic()
        with pytest.raises(UnreachableError, match=r"^no answer within 0 s$") as caught:
            Web(Deadline(0.3)).get(url)

        assert 0.25 < time.monotonic() - start < 1
    assert caught.value.kind == "timeout"


def test_a_connection_that_is_given_up_is_ended() -> None:
    with dribbling(HEAD) as (url, server):
        with pytest.raises(UnreachableError):
            Web(Deadline(0.2)).get(url)
        server.join(2)

        assert not server.is_alive()


@pytest.mark.parametrize("more", [0, 1])
def test_an_answer_has_a_longest_length(more: int) -> None:
    content = "x" * (web.LONGEST_ANSWER + more)
    with serving(lambda _: Response(200, content)) as port:
        asked = Web(Deadline(5))
        if not more:
            assert len(asked.get(f"http://127.0.0.1:{port}/").body) == web.LONGEST_ANSWER
            return
        with pytest.raises(UnreachableError, match=r"^the answer is longer than 1 MiB$"):
            asked.get(f"http://127.0.0.1:{port}/")
