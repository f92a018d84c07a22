"""An API server that knows one thing: to answer a request to run a command in a container.

The protocol is that of Kubernetes (``v4.channel.k8s.io``): each message of a WebSocket begins with
the number of its channel.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import socket
import struct
import threading
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from kubernetes.client import Configuration

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_CLOSE = b"\x88\x00"


@dataclass(frozen=True)
class Answer:
    """What is sent for one command."""

    output: str = ""
    errors: str = ""
    status: object = field(default_factory=lambda: {"status": "Success"})
    """None: the connection ends without it."""
    refusal: tuple[int, object] | None = None
    """A status code and a document, in place of a connection."""
    broken: bool = False
    """The connection ends within a message."""
    silent: bool = False
    """Nothing is sent, and the connection stays."""


def failed(code: int) -> object:
    """The status of a command that ended with ``code``."""
    causes = [{"reason": "ExitCode", "message": str(code)}]
    return {"status": "Failure", "reason": "NonZeroExitCode", "details": {"causes": causes}}


@dataclass
class ExecServer:
    """Where it is, and what it was asked."""

    host: str
    asked: list[tuple[str, dict[str, list[str]]]] = field(
        default_factory=list[tuple[str, dict[str, list[str]]]]
    )
    """Path and query of each request."""

    @property
    def configuration(self) -> Configuration:
        configuration = Configuration()
        configuration.host = self.host
        return configuration


@contextlib.contextmanager
def serving(answer: Callable[[Sequence[str]], Answer]) -> Generator[ExecServer]:
    """A server that gives ``answer`` to each command."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = ExecServer(f"http://127.0.0.1:{listener.getsockname()[1]}")

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    threading.Thread(
                        target=_handle, args=(connection, server, answer), daemon=True
                    ).start()

        threading.Thread(target=serve, daemon=True).start()
        yield server


def _handle(
    connection: socket.socket, server: ExecServer, answer: Callable[[Sequence[str]], Answer]
) -> None:
    with connection, contextlib.suppress(OSError):
        request = b""
        while b"\r\n\r\n" not in request:
            request += connection.recv(65536)
        first, *headers = request.decode().split("\r\n")
        parts = urlsplit(first.split(" ")[1])
        query = parse_qs(parts.query)
        server.asked.append((parts.path, query))
        given = answer(query["command"])
        if given.refusal is not None:
            connection.sendall(refusal(*given.refusal))
            return
        key = next(h.split(": ")[1] for h in headers if h.lower().startswith("sec-websocket-key"))
        connection.sendall(accepted(key))
        if given.silent:
            connection.recv(65536)
            return
        if given.broken:
            connection.sendall(frame(1, given.output)[:-1])
            return
        said = frame(1, given.output) + frame(2, given.errors)
        if given.status is not None:
            said += frame(3, json.dumps(given.status))
        connection.sendall(said + _CLOSE)
        connection.recv(65536)


def accepted(key: str) -> bytes:
    """The answer that opens a WebSocket."""
    accept = base64.b64encode(hashlib.sha1(key.encode() + _GUID).digest()).decode()  # noqa: S324
    lines = (
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {accept}",
        "Sec-WebSocket-Protocol: v4.channel.k8s.io",
    )
    return "\r\n".join((*lines, "", "")).encode()


def refusal(status: int, document: object) -> bytes:
    """An answer in place of a connection."""
    body = json.dumps(document, separators=(",", ":")).encode()
    lines = (
        f"HTTP/1.1 {status} Refused",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join((*lines, "", "")).encode() + body


def frame(channel: int, content: str | bytes) -> bytes:
    """A message of one channel."""
    payload = bytes([channel]) + (content.encode() if isinstance(content, str) else content)
    size = len(payload)
    if size < 126:
        length = bytes([size])
    elif size < 2**16:
        length = b"\x7e" + struct.pack(">H", size)
    else:
        length = b"\x7f" + struct.pack(">Q", size)
    return b"\x82" + length + payload
