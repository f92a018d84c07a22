"""Ways into a stack's cluster: its API, and a port-forward to Langfuse."""

from __future__ import annotations

import contextlib
import io
import logging
import queue
import re
import subprocess
import tempfile
import threading
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TextIO

from stacks.names import NAMES
from stacks.settings import Settings
from tooling.cluster.binaries import find_kubectl
from tooling.doctor.findings import Unanswerable
from tooling.kit.commands import Commands
from tooling.kit.deadline import Deadline, OverdueError, within
from tooling.kit.masking import last_line, quote
from tooling.kubernetes import kubeconfig
from tooling.kubernetes.api import Api, ApiError, KubeconfigError, LiveError
from tooling.kubernetes.kubeconfig import UNUSABLE, AccessError
from tooling.smoke.keys import PUBLIC, SECRET
from tooling.smoke.web import allowed

CONNECT_SECONDS: Final = 15.0
"""For the cluster to answer at all; an EKS token alone takes some seconds."""

SERVICE: Final = f"service/{NAMES.langfuse}"

_FORWARDING: Final = re.compile(r"^Forwarding from 127\.0\.0\.1:(\d+) -> ")

_UNREACHABLE: Final = "cluster-unreachable"

_INSTEAD: Final = f"Or set {PUBLIC} and {SECRET}, or give --kubeconfig and --context"


@dataclass(frozen=True, kw_only=True)
class Access:
    """A cluster that answers."""

    api: Api
    options: Sequence[str]
    """kubectl's options that name it."""


@contextlib.contextmanager
def connected(settings: Settings, deadline: Deadline, commands: Commands) -> Generator[Access]:
    """The cluster that ``commands`` are about. Raises ``AccessError``."""
    with contextlib.ExitStack() as stack:
        if commands.login:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="smoke-"))
            where = _eks(settings, Path(folder), deadline, commands)
            # The file is deleted after the run: the commands that are shown log in instead.
            reached = replace(commands, kubeconfig=str(where))
        else:
            where, reached = kubeconfig.files(commands.kubeconfig), commands
            kubeconfig.check(where, commands.context)
        with _api(where, deadline, commands) as api:
            yield Access(api=api, options=reached.options)


def _api(where: kubeconfig.Files, deadline: Deadline, commands: Commands) -> Api:
    """A connection to the context's cluster."""
    context = commands.context
    seconds = allowed(deadline, CONNECT_SECONDS)
    version = commands.kubectl("version")
    with _client_log() as said:
        try:
            return within(seconds, lambda: Api(str(where), context, seconds=allowed(deadline)))
        except TimeoutError:
            text, section = f"the cluster did not answer within {seconds:.0f} s", _UNREACHABLE
        except ApiError as error:
            text, section = f"context {context}: {quote(str(error))}", _UNREACHABLE
        except KubeconfigError as error:
            text, section = quote(str(error)), UNUSABLE
        except LiveError as error:
            text, section = f"context {context}: {_reason(str(error))}", _UNREACHABLE
    if log := said.getvalue():
        text += f"; its credentials could not be had: {last_line(log)}"
    raise AccessError(text, section=section, command=version)


def _reason(text: str) -> str:
    """The client's message about a connection, without the names of its objects."""
    for words, reason in (
        ("Connection refused", "the API server refuses the connection"),
        ("timed out", "the API server does not answer"),
        ("certificate verify failed", "the API server's certificate is not to be trusted"),
        ("Failed to resolve", "the name of the API server does not resolve"),
        ("Name or service not known", "the name of the API server does not resolve"),
    ):
        if words in text:
            return reason
    return quote(text)


@contextlib.contextmanager
def _client_log() -> Generator[io.StringIO]:
    """What the Kubernetes client logs of a credential plugin that fails, instead of raising."""
    said, root = io.StringIO(), logging.getLogger()
    collector = logging.StreamHandler(said)
    # With a handler, logging sets up none of its own, which would write to the screen.
    root.addHandler(collector)
    try:
        yield said
    finally:
        root.removeHandler(collector)


@contextlib.contextmanager
def forwarded(
    access: Access, namespace: str, deadline: Deadline, target: str = SERVICE, port: int = 80
) -> Generator[str]:
    """The URL of a port-forward, by itself to Langfuse's Service. Raises ``LiveError``."""
    kubectl = find_kubectl()
    if kubectl is None:
        raise LiveError("there is no kubectl on PATH to open a port-forward with")
    words = ["port-forward", "--address", "127.0.0.1", target, f":{port}"]
    process = subprocess.Popen(  # noqa: S603 - kubectl, with the arguments above
        [kubectl, *access.options, "-n", namespace, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield f"http://127.0.0.1:{_port(process, allowed(deadline))}"
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _port(process: subprocess.Popen[str], seconds: float) -> int:
    """The local port that kubectl chose."""
    lines: queue.Queue[str | None] = queue.Queue()
    if process.stdout is not None:
        threading.Thread(target=_read, args=(process.stdout, lines), daemon=True).start()
    said: list[str] = []
    try:
        while (line := lines.get(timeout=seconds)) is not None:
            if match := _FORWARDING.match(line):
                return int(match[1])
            said.append(line)
    except queue.Empty:
        raise LiveError(f"kubectl port-forward was not ready within {seconds:.0f} s") from None
    raise LiveError(f"kubectl port-forward ended: {last_line(''.join(said)) or 'without output'}")


def _read(stream: TextIO, lines: queue.Queue[str | None]) -> None:
    """Reads until kubectl ends, even when the lines are no longer used: kubectl writes a line for
    each connection, and would block without a reader."""
    with stream:
        for line in stream:
            lines.put(line)
    lines.put(None)


def _eks(
    settings: Settings, folder: Path, deadline: Deadline, commands: Commands
) -> kubeconfig.Files:
    """A kubeconfig for the stack's EKS cluster, as the doctor makes it."""
    from tooling.doctor import aws  # noqa: PLC0415 - boto3 takes a second that others save

    seconds = allowed(deadline, CONNECT_SECONDS)
    try:
        made = within(seconds, lambda: aws.kubeconfig(settings, folder))
        where = kubeconfig.files(str(made))
        kubeconfig.check(where, commands.context)
    except OverdueError:
        why, section, command = f"AWS did not answer within {seconds:.0f} s.", "eks-cluster", ""
    except Unanswerable as error:
        found = error.finding
        why, section, command = found.cause, found.section, found.command
    except AccessError as error:
        why, section, command = f"{error}.", error.section, error.command
    else:
        return where
    raise AccessError(f"{why} {_INSTEAD}", section=section, command=command or commands.login)
