"""What a pod answers over a port-forward, and every way in which it does not."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from kubernetes.client import Configuration

from tests.support.forward_server import forwarding
from tests.support.loopback import Request, Response, serving
from tooling.kubernetes.api import ApiError, LiveError
from tooling.kubernetes.forwarding import get

SAYING = "asking observability/langfuse-gateway-0 at port 8888"


def unused() -> int:
    """A port at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def asked(configuration: Configuration, *, seconds: float = 5) -> str:
    pod = ("observability", "langfuse-gateway-0")
    return get(configuration, *pod, 8888, "/metrics", seconds=seconds)


def refusal(configuration: Configuration, *, seconds: float = 5) -> LiveError:
    with pytest.raises(LiveError) as caught:
        asked(configuration, seconds=seconds)
    return caught.value


@pytest.mark.parametrize("size", [1, 200, 200_000])
def test_what_a_pod_answers_at_a_port_comes_back_whole(size: int) -> None:
    requests: list[Request] = []

    def answer(request: Request) -> Response:
        requests.append(request)
        return Response(200, size * "x")

    with serving(answer) as port, forwarding({8888: port}) as server:
        assert asked(server.configuration) == size * "x"

    path = "/api/v1/namespaces/observability/pods/langfuse-gateway-0/portforward"
    assert server.asked == [(path, 8888)]
    assert [(request.method, request.path) for request in requests] == [("GET", "/metrics")]


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "up 1\n"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "up 1\n"),
    ],
)
def test_an_answer_is_whole_before_the_connection_ends(answer: bytes, body: str) -> None:
    """Some nodes keep it as long as the client does."""
    parts = [b"up ", b"1\n"]
    if b"chunked" in answer:
        parts = [b"%x\r\n%s\r\n" % (len(part), part) for part in parts] + [b"0\r\n\r\n"]

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            for part in (answer, *parts):
                connection.sendall(part)
                time.sleep(0.05)
            connection.recv(65536)  # until the client goes

    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        forwarding({8888: listener.getsockname()[1]}) as server,
    ):
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        start = time.monotonic()
        assert asked(server.configuration) == body
        assert time.monotonic() - start < 3
        thread.join(5)


def test_another_status_than_ok_is_an_error() -> None:
    with (
        serving(lambda _: Response(404)) as port,
        forwarding({8888: port}) as server,
    ):
        assert str(refusal(server.configuration)) == f"{SAYING} was answered with 404"


def test_who_may_not_forward_ports_is_told_so() -> None:
    status = {"kind": "Status", "message": "pods is forbidden"}

    with forwarding({}, (403, status)) as server:
        error = refusal(server.configuration)

    assert isinstance(error, ApiError)
    assert str(error) == f"{SAYING} was refused: pods is forbidden"


@pytest.mark.parametrize("closes", [True, False])
def test_a_port_at_which_nothing_listens_is_an_interruption(closes: bool) -> None:
    start = time.monotonic()
    with forwarding({8888: unused()}, closes=closes) as server:
        said = str(refusal(server.configuration))

    assert said == f"{SAYING} was interrupted: connect to port 8888: Connection refused"
    assert time.monotonic() - start < 3


def test_a_pod_that_says_nothing_is_not_waited_for() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        forwarding({8888: silent.getsockname()[1]}) as server,
    ):
        said = str(refusal(server.configuration, seconds=0.3))

    assert said == f"{SAYING} took longer than 0 s"


def test_a_server_that_is_not_there_is_a_failure() -> None:
    configuration = Configuration()
    configuration.host = f"http://127.0.0.1:{unused()}"

    assert str(refusal(configuration)).startswith(f"{SAYING} failed: ")
