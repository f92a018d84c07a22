"""A server in the place of Langfuse or LangSmith, which records the traces that it gets."""

from __future__ import annotations

import contextlib
import gzip
import threading
import time
from dataclasses import dataclass, field

from tests.support import otlp
from tests.support.loopback import Request, Response, free_ports, serving
from tests.support.otlp import Span

_ANSWER = {"Content-Type": "application/x-protobuf"}


@dataclass
class TraceRecorder:
    """Takes traces, or fails to. It can go away and return at the same address."""

    status: int = 200
    """What it answers. It keeps the spans of what it answers with 200."""
    seconds: float = 0
    """How long each answer takes."""
    port: int = field(default_factory=lambda: free_ports(1)[0])
    requests: list[Request] = field(default_factory=list[Request])
    """All, in their order."""
    spans: list[Span] = field(default_factory=list[Span])
    _open: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._open.enter_context(serving(self._answer, port=self.port))

    def stop(self) -> None:
        """From now on connections are refused."""
        self._open.close()

    def __enter__(self) -> TraceRecorder:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _answer(self, request: Request) -> Response:
        status = self.status
        time.sleep(self.seconds)
        body = request.body
        if request.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        with self._lock:
            self.requests.append(request)
            if status == 200:
                self.spans += otlp.spans(body)
        return Response(status, "", _ANSWER)
