"""Ways into a stack's cluster: its API, and a port-forward to Langfuse."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO, TypeVar

from stacks.settings import Settings
from tooling.cluster.binaries import cached_binaries
from tooling.doctor.text import last_line
from tooling.live.api import Api, LiveError
from tooling.smoke.keys import PUBLIC, SECRET
from tooling.smoke.stack import NAME
from tooling.smoke.web import Deadline

CONNECT_SECONDS: Final = 15.0
"""For the cluster to answer at all; an EKS token alone takes some seconds."""

_FORWARDING: Final = re.compile(r"^Forwarding from 127\.0\.0\.1:(\d+) -> ")

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Access:
    """A cluster that answers."""

    api: Api
    options: Sequence[str]
    """kubectl's options that name it."""
    shown: Sequence[str]
    """The same for commands that people paste, who have no temporary kubeconfig."""


@contextlib.contextmanager
def connected(
    settings: Settings, kubeconfig: Path | None, context: str | None, deadline: Deadline
) -> Generator[Access]:
    """The stack's cluster, or the one of ``kubeconfig`` and ``context``. Raises ``LiveError``."""
    with contextlib.ExitStack() as stack:
        cluster = settings.cluster
        file = str(kubeconfig) if kubeconfig else cluster.kubeconfig
        shown = [f"--kubeconfig={file}"] if file else []
        if context is None and cluster.eks_name is not None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="smoke-"))
            file, context = _eks(settings, Path(folder) / "kubeconfig", deadline)
            options, shown = [f"--kubeconfig={file}", f"--context={context}"], []
        else:
            context = context or cluster.context or ""
            shown.append(f"--context={context}")
            options = shown
        path = Path(file).expanduser() if file else None
        # Without one, all files that kubectl itself would read.
        where = path or os.environ.get("KUBECONFIG") or Path("~/.kube/config").expanduser()
        seconds = deadline.seconds(CONNECT_SECONDS)
        try:
            api = _within(seconds, lambda: Api(where, context, seconds=deadline.seconds()))
        except (ValueError, TypeError, KeyError, AttributeError):
            # Discovery takes what answers for an API server, whatever it says.
            message = f"context {context}: what answers is no Kubernetes API server"
            raise LiveError(message) from None
        with api:
            yield Access(api=api, options=options, shown=shown)


@contextlib.contextmanager
def forwarded(access: Access, namespace: str, deadline: Deadline) -> Generator[str]:
    """The URL of a port-forward to Langfuse's Service. Raises ``LiveError``."""
    found = shutil.which("kubectl")
    kubectl = Path(found) if found else cached_binaries().get("kubectl")
    if kubectl is None:
        raise LiveError("there is no kubectl on PATH to open a port-forward with; --url needs none")
    words = ["port-forward", "--address", "127.0.0.1", f"service/{NAME}", ":80"]
    process = subprocess.Popen(  # noqa: S603 - kubectl, with the arguments above
        [str(kubectl), *access.options, "-n", namespace, *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield f"http://127.0.0.1:{_port(process, deadline.seconds())}"
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
    raise LiveError(f"kubectl port-forward ended: {last_line(''.join(said)) or 'without a word'}")


def _read(stream: TextIO, lines: queue.Queue[str | None]) -> None:
    """To the end, also when nobody asks any more: kubectl writes a line for each connection, and
    would wait for a reader."""
    with stream:
        for line in stream:
            lines.put(line)
    lines.put(None)


def _eks(settings: Settings, file: Path, deadline: Deadline) -> tuple[str, str]:
    """A kubeconfig for the stack's EKS cluster and its context, made by the AWS CLI."""
    instead = f"set {PUBLIC} and {SECRET}, or give --kubeconfig and --context"
    aws = shutil.which("aws")
    if aws is None:
        raise LiveError(f"there is no aws on PATH to reach the EKS cluster with; {instead}")
    name, region, profile = settings.cluster.eks_name, settings.aws.region, settings.aws.profile
    words = ["eks", "update-kubeconfig", f"--name={name}", f"--region={region}"]
    words += [f"--profile={profile}"] if profile else []
    words += [f"--kubeconfig={file}", "--alias=smoke"]
    seconds = deadline.seconds(CONNECT_SECONDS)
    try:
        done = subprocess.run(  # noqa: S603 - the AWS CLI, with the arguments above
            [aws, *words],
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        raise LiveError(f"aws did not answer within {seconds:.0f} s; {instead}") from None
    except OSError as error:
        raise LiveError(f"aws cannot be run ({error.strerror}); {instead}") from None
    if done.returncode != 0:
        raise LiveError(f"aws refused: {last_line(done.stderr) or 'without a word'}; {instead}")
    return str(file), "smoke"


def _within(seconds: float, call: Callable[[], T]) -> T:
    """``call`` with an end: discovery has no limit of its own, and an API server behind a firewall
    keeps it for minutes."""
    answers: queue.Queue[T | Exception] = queue.Queue()

    def run() -> None:
        try:
            answers.put(call())
        except Exception as error:
            answers.put(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except queue.Empty:
        raise LiveError(f"the cluster did not answer within {seconds:.0f} s") from None
    if isinstance(answer, Exception):
        raise answer
    return answer
