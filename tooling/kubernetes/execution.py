"""Runs a command in a container, as `kubectl exec` does."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import kubernetes.client as _client
from kubernetes.client.exceptions import ApiException
from kubernetes.stream import stream as _stream  # pyright: ignore[reportUnknownVariableType]
from kubernetes.stream.ws_client import ERROR_CHANNEL, STDERR_CHANNEL, STDOUT_CHANNEL

from tooling.kit.json_values import as_list, as_mapping
from tooling.kubernetes.api import ApiError, LiveError

REFUSED: Final = re.compile(r"Handshake status (?P<status>\d{3})")
"""How the client puts what the API server answers in place of opening a connection."""

_COMMAND_FAILED: Final = "NonZeroExitCode"


@dataclass(frozen=True, kw_only=True)
class Container:
    """Where a command runs."""

    namespace: str
    pod: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Ran:
    """How a command ended."""

    code: int
    output: str
    errors: str


def run(
    configuration: _client.Configuration,
    container: Container,
    command: Sequence[str],
    *,
    seconds: float,
) -> Ran:
    """The command's end, whatever its exit code. The user needs to be allowed to create
    ``pods/exec``.

    Raises ``ApiError`` if that is refused, and ``LiveError`` if the command cannot be run or does
    not end in time.
    """
    action = f"running {command[0]} in {container.namespace}/{container.pod}"
    # A client of its own: the library replaces its way to make requests meanwhile.
    with _client.ApiClient(configuration) as http:
        opened = _open(http, container, command, action)
        try:
            opened.run_forever(timeout=seconds)
            ended = not opened.is_open()
            channels = (ERROR_CHANNEL, STDOUT_CHANNEL, STDERR_CHANNEL)
            status, output, errors = (opened.read_channel(channel) for channel in channels)
        except Exception as error:  # of the connection, whichever library raises it
            raise LiveError(f"{action} was interrupted: {error}") from None
        finally:
            # At once: close() waits for an answer, and leaves a connection that the server ended.
            opened.sock.shutdown()
    if not ended:
        raise LiveError(f"{action} took longer than {seconds:.0f} s")
    return Ran(code=_code(action, status), output=output, errors=errors)


def _open(
    http: _client.ApiClient, container: Container, command: Sequence[str], action: str
) -> Any:  # noqa: ANN401 - has no types
    core: Any = _client.CoreV1Api(http)
    stream = cast("Callable[..., Any]", _stream)
    try:
        return stream(
            core.connect_get_namespaced_pod_exec,
            container.pod,
            container.namespace,
            container=container.name,
            command=[*command],
            stdin=False,
            stdout=True,
            stderr=True,
            tty=False,
            _preload_content=False,
        )
    except ApiException as error:
        reason = str(cast("Any", error).reason or "")
    refused = REFUSED.search(reason)
    if refused is None:
        raise LiveError(f"{action} failed: {reason}")
    raise ApiError(f"{action} was refused: {message(reason) or refused['status']}")


def message(text: str) -> str:
    """The API server's words in a text that ends with its answer."""
    try:
        document: object = json.loads(text[text.index('{"kind":"Status"') :])
    except ValueError:
        return ""
    return str((as_mapping(document) or {}).get("message", ""))


def _code(action: str, status: str) -> int:
    """The exit code in the last message of the connection."""
    try:
        document: object = json.loads(status)
    except ValueError:
        raise LiveError(f"{action} ended without a result") from None
    found = as_mapping(document) or {}
    if found.get("status") == "Success":
        return 0
    if found.get("reason") != _COMMAND_FAILED:
        raise LiveError(f"{action} failed: {found.get('message')}")
    causes: list[dict[str, Any]] = (
        as_list((as_mapping(found.get("details")) or {}).get("causes")) or []
    )
    return next((int(cause["message"]) for cause in causes if cause.get("message")), 1)
