"""An HTTP(S) server on a free port of the loopback interface, for a test's own handler."""

from __future__ import annotations

import contextlib
import http.server
import json
import secrets
import socket
import ssl
import threading
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from tests.support.certificates import Certificate


@dataclass(frozen=True)
class Request:
    """What a server was asked."""

    method: str
    path: str
    """With the query."""
    headers: Mapping[str, str]
    """By name in lower case."""
    body: bytes

    def document(self) -> dict[str, Any]:
        """The body, if it is a JSON object; empty otherwise."""
        try:
            content: object = json.loads(self.body)
        except ValueError:
            return {}
        return cast("dict[str, Any]", content) if isinstance(content, dict) else {}


@dataclass(frozen=True)
class Response:
    """What it answers: ``content`` as JSON, or as it is if it is text."""

    status: int
    content: object = field(default_factory=dict[str, Any])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@contextlib.contextmanager
def serving(
    answer: Callable[[Request], Response], certificate: Certificate | None = None, port: int = 0
) -> Generator[int]:
    """The port of a server that gives ``answer``, over TLS with a certificate.

    ``port``: one that the caller knows to be free; 0 takes any.
    """

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet: the client's system waits 40 ms before it asks for a second

        def handle_one_request(self) -> None:
            # A client that does not trust the certificate, or does not wait, goes away.
            with contextlib.suppress(ssl.SSLError, ConnectionError):
                super().handle_one_request()
                return
            self.close_connection = True

        def _answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            request = Request(
                self.command,
                self.path,
                {name.lower(): value for name, value in self.headers.items()},
                self.rfile.read(length),
            )
            given = answer(request)
            text = given.content if isinstance(given.content, str) else json.dumps(given.content)
            body = text.encode()
            self.send_response(given.status)
            for name, value in given.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def server_bind(self) -> None:
            # The base class asks the name service for the address's name.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.socket.bind(self.server_address)
            self.server_address = self.socket.getsockname()
            self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    with Server(("127.0.0.1", port), Handler) as server:
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate.certificate, certificate.key)
            # The handshake is the handler's, in its own thread.
            server.socket = context.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        thread = threading.Thread(target=server.serve_forever, args=(0.005,), daemon=True)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


_PORTS: Final = range(15_000, 32_000)
"""None that the kernel gives to a connection: between two looks it may have taken any of those."""


def free_ports(count: int) -> list[int]:
    """Ports that nothing listens on, and that nothing but a server takes."""
    found: dict[int, socket.socket] = {}
    with contextlib.ExitStack() as stack:
        while len(found) < count:
            port, held = secrets.choice(_PORTS), stack.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                held.bind(("127.0.0.1", port))
                found[port] = held
        return [*found]
