"""The examples for agents, as processes in the environment of their own requirements."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from stacks.stack_files import ROOT
from tests.support.collector import until
from tests.support.loopback import free_ports

FOLDER: Final = ROOT / "examples" / "agents"
KINDS: Final = ("langfuse", "langsmith", "opentelemetry")
_PYTHON: Final = ROOT / ".venv-examples" / "bin" / "python"

needs_examples = pytest.mark.skipif(not _PYTHON.exists(), reason=".venv-examples is not installed")


@dataclass(frozen=True)
class Ended:
    """What a process left behind."""

    code: int
    output: str
    errors: str


def running(
    module: str, environment: Mapping[str, str], *arguments: str
) -> contextlib.AbstractContextManager[subprocess.Popen[str]]:
    """A module of the examples with this environment and nothing else of the tests' own."""
    return _running(environment, "-m", f"support_agent.{module}", *arguments)


def running_code(
    code: str, environment: Mapping[str, str]
) -> contextlib.AbstractContextManager[subprocess.Popen[str]]:
    """Lines of Python with the examples' packages."""
    return _running(environment, "-c", code)


@contextlib.contextmanager
def _running(environment: Mapping[str, str], *arguments: str) -> Generator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [_PYTHON, *arguments],
        cwd=FOLDER,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def ended(process: subprocess.Popen[str]) -> Ended:
    """Wait for it."""
    output, errors = process.communicate(timeout=60)
    return Ended(process.returncode, output, errors)


@contextlib.contextmanager
def fake_model() -> Generator[str]:
    """The base URL of the model that comes with the examples."""
    [port] = free_ports(1)
    with running("fake_model", {}, str(port)):
        until(lambda: listens(port), "the model listens")
        yield f"http://127.0.0.1:{port}/v1"


def listens(port: int) -> bool:
    """Whether something takes connections there."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


def manifest(kind: str) -> Path:
    """The Deployment of an example."""
    return FOLDER / kind / "deployment.yaml"
