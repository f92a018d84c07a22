"""Asks a pod over a port-forward, which no NetworkPolicy stops: it ends inside of the pod."""

from __future__ import annotations

import http.client
import io
import re
from collections.abc import Callable
from typing import Any, Final, cast

import kubernetes.client as _client
from kubernetes.client.exceptions import ApiException
from kubernetes.stream import stream as _stream  # pyright: ignore[reportUnknownVariableType]

from tooling.kit.deadline import Deadline
from tooling.kubernetes.api import ApiError, LiveError
from tooling.kubernetes.execution import REFUSED, message

_DATA: Final = 0
_ERRORS: Final = 1
"""Channels of the connection; the first two bytes of each are the port."""

_PORT: Final = 2

_LENGTH: Final = re.compile(rb"(?im)^content-length: *(\d+)")

_PAUSE: Final = 0.2
"""Seconds that are waited for more at once."""


class _Received:
    """What was received, in place of the socket of a response."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def makefile(self, *_: object) -> io.BytesIO:
        return io.BytesIO(self._content)


def get(
    configuration: _client.Configuration,
    namespace: str,
    pod: str,
    port: int,
    path: str,
    *,
    seconds: float,
) -> str:
    """The answer to a GET at a port of a pod. The user needs to be allowed to create
    ``pods/portforward``.

    Raises ``ApiError`` if that is refused, and ``LiveError`` if there is no answer in time.
    """
    action = f"asking {namespace}/{pod} at port {port}"
    # A client of its own: the library replaces its way to make requests meanwhile.
    with _client.ApiClient(configuration) as client:
        opened = _open(client, namespace, pod, port, action)
        try:
            request = f"GET {path} HTTP/1.1\r\nHost: {pod}\r\nConnection: close\r\n\r\n"
            opened.write_channel(_DATA, request.encode())
            received, said, ended = _received(opened, seconds)
        except Exception as error:  # of the connection, whichever library raises it
            raise LiveError(f"{action} was interrupted: {error}") from None
        finally:
            # At once: close() waits for an answer, and leaves a connection that the server ended.
            opened.sock.shutdown()
    if said:
        words = " ".join(said.decode(errors="replace").split())
        raise LiveError(f"{action} was interrupted: {words}")
    if not ended:
        raise LiveError(f"{action} took longer than {seconds:.0f} s")
    return _body(received, action)


def _received(opened: Any, seconds: float) -> tuple[bytes, bytes, bool]:  # noqa: ANN401 - has no types
    """What came, what was said of errors, and whether there is more to come.

    Not until the connection ends: some nodes keep it as long as the client does.
    """
    deadline = Deadline(seconds)
    received, said = b"", b""
    while True:
        opened.update(timeout=deadline.left(_PAUSE))
        received += opened.read_channel(_DATA)
        said += opened.read_channel(_ERRORS)
        ended = not opened.is_open() or len(said) > _PORT or _is_whole(received[_PORT:])
        if ended or not deadline.left():
            return received[_PORT:], said[_PORT:], ended


def _is_whole(received: bytes) -> bool:
    """Whether an answer is there to its end, as far as it says where that is."""
    head, found, body = received.partition(b"\r\n\r\n")
    if not found:
        return False
    length = _LENGTH.search(head)
    if length is not None:
        return len(body) >= int(length[1])
    return b"chunked" in head.lower() and body.endswith(b"0\r\n\r\n")


def _open(client: _client.ApiClient, namespace: str, pod: str, port: int, action: str) -> Any:  # noqa: ANN401 - has no types
    core: Any = _client.CoreV1Api(client)
    stream = cast("Callable[..., Any]", _stream)
    try:
        return stream(
            core.connect_get_namespaced_pod_portforward,
            pod,
            namespace,
            ports=str(port),
            binary=True,
            _preload_content=False,
        )
    except ApiException as error:
        reason = str(cast("Any", error).reason or "")
    refused = REFUSED.search(reason)
    if refused is None:
        raise LiveError(f"{action} failed: {reason}")
    raise ApiError(f"{action} was refused: {message(reason) or refused['status']}")


def _body(received: bytes, action: str) -> str:
    answer = http.client.HTTPResponse(cast("Any", _Received(received)))
    try:
        answer.begin()
        content = answer.read()
    except http.client.HTTPException as error:
        raise LiveError(f"{action} was interrupted: {type(error).__name__}") from None
    if answer.status != http.HTTPStatus.OK:
        raise LiveError(f"{action} was answered with {answer.status}")
    return content.decode(errors="replace")
