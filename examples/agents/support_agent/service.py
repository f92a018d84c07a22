"""Runs an agent: for one question, or as a service until it is told to stop."""

from __future__ import annotations

import argparse
import contextlib
import json
import signal
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol

from support_agent.environment import ConfigurationError, UnreachableError, optional
from support_agent.model import ModelError


class Agent(Protocol):
    """What the three examples have in common."""

    def check(self) -> None:
        """Whether its traces will be taken. Raises ConfigurationError, UnreachableError."""
        ...

    def answer(self, question: str, *, user: str, session: str) -> str:
        """An answer. Raises ModelError."""
        ...

    def close(self) -> None:
        """Send what is still in memory."""
        ...


def main(start: Callable[[], Agent], arguments: Sequence[str] | None = None) -> int:
    """Answer one question, or serve. Returns the exit code: 2 for a wrong environment."""
    parser = argparse.ArgumentParser()
    parser.add_argument("question", nargs="?", help="without one, the agent serves on PORT")
    parser.add_argument("--user", default="unknown")
    parser.add_argument("--session", default="none")
    given = parser.parse_args(arguments)
    try:
        with _closing(start()) as agent:
            if given.question is None:
                return _serve(agent)
            agent.check()
            print(agent.answer(given.question, user=given.user, session=given.session))
            return 0
    except ConfigurationError as error:
        return _fail(error, 2)
    except (UnreachableError, ModelError) as error:
        return _fail(error, 1)


@contextlib.contextmanager
def _closing(agent: Agent) -> Generator[Agent]:
    """Spans wait in memory for some seconds. SDKs for Python send them at a regular end too, but
    not when a signal ends the process: see ``_serve``."""
    try:
        yield agent
    finally:
        agent.close()


def _fail(error: Exception, code: int) -> int:
    print(f"error: {error}", file=sys.stderr)
    return code


def _serve(agent: Agent) -> int:
    try:
        agent.check()
    except UnreachableError as error:
        # People are answered all the same: tracing comes back by itself.
        print(f"warning: {error}", file=sys.stderr)
    server = ThreadingHTTPServer(("", int(optional("PORT", "8080"))), _handler(agent))
    stop = threading.Event()
    # Kubernetes sends SIGTERM and waits for 30 seconds: enough to send what is in memory. Without
    # a handler Python ends at once.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"listening on {server.server_port}", flush=True)
    stop.wait()
    server.shutdown()
    return 0


def _handler(agent: Agent) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """`POST /ask` takes and gives JSON; `GET /healthz` is for probes."""

        def do_GET(self) -> None:
            self._send(200 if self.path == "/healthz" else 404, {})

        def do_POST(self) -> None:
            if self.path != "/ask":
                self._send(404, {})
                return
            try:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                question, user, session = asked["question"], asked["user"], asked["session"]
            except (KeyError, TypeError, ValueError):
                self._send(400, {"error": "needs JSON with question, user and session"})
                return
            try:
                self._send(200, {"answer": agent.answer(question, user=user, session=session)})
            except ModelError as error:
                self._send(502, {"error": str(error)})

        def _send(self, status: int, body: dict[str, str]) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: probes would fill the log."""

    return Handler
