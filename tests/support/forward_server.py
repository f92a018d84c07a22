"""An API server that knows one thing: to forward a port of a pod, to a port of this machine.

The protocol is that of Kubernetes (``v4.channel.k8s.io``): each message of a WebSocket begins with
the number of its channel, 0 for data and 1 for errors; the first of each has the port.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from kubernetes.client import Configuration

from tests.support.exec_server import accepted, frame, refusal

_DATA, _ERRORS = 0, 1
_CLOSE = b"\x88\x00"


@dataclass
class ForwardServer:
    """Where it is, and what it was asked."""

    host: str
    asked: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    """Path and port of each request."""

    @property
    def configuration(self) -> Configuration:
        configuration = Configuration()
        configuration.host = self.host
        return configuration


@contextlib.contextmanager
def forwarding(
    ports: Mapping[int, int], refused: tuple[int, object] | None = None, *, closes: bool = True
) -> Generator[ForwardServer]:
    """A server that connects a pod's port with one of this machine. ``refused``: a status code and
    a document, in place of every connection; ``closes``: whether it ends a connection that it has
    told an error about."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = ForwardServer(f"http://127.0.0.1:{listener.getsockname()[1]}")

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    words = (connection, server, ports, refused, closes)
                    threading.Thread(target=_handle, args=words, daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield server


def _handle(
    connection: socket.socket,
    server: ForwardServer,
    ports: Mapping[int, int],
    refused: tuple[int, object] | None,
    closes: bool,
) -> None:
    with connection, contextlib.suppress(OSError):
        request = b""
        while b"\r\n\r\n" not in request:
            request += connection.recv(65536)
        first, *headers = request.decode().split("\r\n")
        parts = urlsplit(first.split(" ")[1])
        port = int(parse_qs(parts.query)["ports"][0])
        server.asked.append((parts.path, port))
        if refused is not None:
            connection.sendall(refusal(*refused))
            return
        key = next(h.split(": ")[1] for h in headers if h.lower().startswith("sec-websocket-key"))
        connection.sendall(accepted(key))
        for channel in (_DATA, _ERRORS):
            connection.sendall(frame(channel, struct.pack("<H", port)))
        try:
            inner = socket.create_connection(("127.0.0.1", ports[port]), timeout=5)
        except OSError as error:
            said = f"connect to port {port}: {error.strerror}"
            connection.sendall(frame(_ERRORS, said) + (_CLOSE if closes else b""))
            while connection.recv(65536):
                pass
            return
        with inner:
            threading.Thread(target=_up, args=(connection, inner), daemon=True).start()
            while content := inner.recv(65536):
                connection.sendall(frame(_DATA, content))
        connection.sendall(_CLOSE)


def _up(connection: socket.socket, inner: socket.socket) -> None:
    """What the client sends: masked, as every client has to."""
    with contextlib.suppress(OSError), connection.makefile("rb") as stream:
        while head := stream.read(2):
            size = head[1] & 0x7F
            if size >= 126:
                size = int.from_bytes(stream.read(2 if size == 126 else 8))
            mask, content = stream.read(4), stream.read(size)
            plain = bytes(byte ^ mask[index % 4] for index, byte in enumerate(content))
            if head[0] & 0x0F == 2 and plain[:1] == bytes([_DATA]):
                inner.sendall(plain[1:])
        inner.shutdown(socket.SHUT_RDWR)  # the client has gone
