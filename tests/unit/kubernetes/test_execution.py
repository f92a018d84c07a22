"""A command in a container: its end, and every way in which it has none."""

from __future__ import annotations

import socket

import pytest
from kubernetes.client import Configuration

from tests.support.exec_server import Answer, failed, serving
from tooling.kubernetes.api import ApiError, LiveError
from tooling.kubernetes.execution import Container, Ran, run

WORKER = Container(namespace="observability", pod="langfuse-worker-1", name="worker")
SAYING = "running node in observability/langfuse-worker-1"


def ran(answer: Answer, *, seconds: float = 5) -> Ran:
    with serving(lambda _: answer) as server:
        return run(server.configuration, WORKER, ["node", "-e", "a b"], seconds=seconds)


def refusal(answer: Answer, *, seconds: float = 5) -> LiveError:
    with pytest.raises(LiveError) as caught:
        ran(answer, seconds=seconds)
    return caught.value


def test_what_a_command_writes_comes_back_with_its_exit_code() -> None:
    long = 300 * "x"

    assert ran(Answer("out\n", "err")) == Ran(code=0, output="out\n", errors="err")
    assert ran(Answer(long, status=failed(3))) == Ran(code=3, output=long, errors="")


def test_the_command_runs_in_the_container_that_is_meant() -> None:
    with serving(lambda _: Answer()) as server:
        run(server.configuration, WORKER, ["node", "-e", "a b"], seconds=5)

    path = "/api/v1/namespaces/observability/pods/langfuse-worker-1/exec"
    query = {"container": ["worker"], "command": ["node", "-e", "a b"]}
    channels = {"stdin": ["false"], "stdout": ["true"], "stderr": ["true"], "tty": ["false"]}
    assert server.asked == [(path, {**query, **channels})]


def test_a_refusal_is_told_in_the_words_of_the_api_server() -> None:
    words = 'pods "langfuse-worker-1" is forbidden: User "ann" cannot create resource "pods/exec"'
    refused = refusal(Answer(refusal=(403, {"kind": "Status", "message": words})))

    assert isinstance(refused, ApiError)
    assert str(refused) == f"{SAYING} was refused: {words}"


def test_a_refusal_of_something_before_the_api_server_is_told_by_its_code() -> None:
    assert str(refusal(Answer(refusal=(502, {"error": "x"})))) == f"{SAYING} was refused: 502"


def test_a_container_that_is_gone_is_told_in_the_words_of_the_kubelet() -> None:
    status = {"status": "Failure", "reason": "InternalError", "message": "container not found"}

    assert str(refusal(Answer(status=status))) == f"{SAYING} failed: container not found"


def test_a_command_whose_code_is_not_told_has_failed() -> None:
    status = {"status": "Failure", "reason": "NonZeroExitCode"}
    empty: dict[str, str] = {}

    assert ran(Answer(status={**status, "details": {"causes": [empty]}})).code == 1
    assert ran(Answer(status={**status, "details": None})).code == 1


def test_a_connection_that_breaks_off_is_said_so() -> None:
    with pytest.raises(LiveError, match=f"^{SAYING} was interrupted: ."):
        ran(Answer("out", broken=True))


def test_a_connection_that_ends_without_a_result_is_none() -> None:
    assert str(refusal(Answer(status=None))) == f"{SAYING} ended without a result"


def test_a_command_that_takes_too_long_is_given_up() -> None:
    assert str(refusal(Answer(silent=True), seconds=0.2)) == f"{SAYING} took longer than 0 s"


def test_a_server_that_is_not_there_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    configuration = Configuration()
    configuration.host = f"http://127.0.0.1:{port}"

    with pytest.raises(LiveError, match=f"^{SAYING} failed: .*refused"):
        run(configuration, WORKER, ["node"], seconds=5)
