"""Finding a pulumi CLI, or installing one next to the other cached programs.

The installer was exercised on a machine without a way to its host only.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from pulumi.automation import InvalidVersionError, PulumiCommand

from tooling.cluster.download import reachable
from tooling.cluster.state import Say, cache_folder
from tooling.engineless.live import LiveError

HOST: Final = "https://get.pulumi.com"
PATH_VARIABLE: Final = "AGENT_OBSERVABILITY_PULUMI"
OFF_VARIABLE: Final = "AGENT_OBSERVABILITY_NO_CLI"
PLUGINS: Final = ("kubernetes", "random")

_INSTALL_SECONDS: Final = 180
_PLUGIN_SECONDS: Final = 300


@dataclass(frozen=True)
class Missing:
    """Why there is no CLI to use."""

    reason: str


def pulumi_home() -> Path:
    """Pulumi's folder for plugins, separate from the user's ``~/.pulumi``."""
    return cache_folder() / "pulumi" / "home"


def find(say: Say, *, install: bool = True) -> PulumiCommand | Missing:
    """The CLI to use, which is installed where none is found. Raises ``LiveError`` for a bad
    setting of $AGENT_OBSERVABILITY_PULUMI."""
    if os.environ.get(OFF_VARIABLE):
        return Missing(f"${OFF_VARIABLE} is set")
    if named := os.environ.get(PATH_VARIABLE):
        if not os.access(named, os.X_OK) or Path(named).name != "pulumi":
            raise LiveError(f"${PATH_VARIABLE} names {named}, which is no pulumi program")
        # The Automation API looks on PATH, and so does the CLI for its language host.
        folder = Path(named).absolute().parent
        os.environ["PATH"] = f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"
    if shutil.which("pulumi"):
        return _usable("the pulumi on PATH", None)
    root = cache_folder() / "pulumi" / version("pulumi")
    if not (root / "bin" / "pulumi").exists():
        if not install:
            return Missing("there is no pulumi on PATH")
        if (problem := _install(root, say)) is not None:
            return Missing(f"there is no pulumi on PATH, and {problem}")
    return _usable("the pulumi installed for the demo", root)


def install_plugins(command: PulumiCommand, say: Say) -> str | None:
    """Get the providers into our Pulumi home; why that failed, or None."""
    home = pulumi_home()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    environment = {**os.environ, "PULUMI_HOME": str(home), "PULUMI_SKIP_UPDATE_CHECK": "true"}
    for name in PLUGINS:
        release = version(f"pulumi-{name}")
        if (home / "plugins" / f"resource-{name}-v{release}").exists():
            continue
        say(f"getting pulumi's {name} provider {release} …")
        arguments = ["plugin", "install", "resource", name, release, "--non-interactive"]
        problem = _run([command.command, *arguments], _PLUGIN_SECONDS, environment)
        if problem is not None:
            return f"its {name} provider {release} cannot be had: {problem}"
    return None


def _usable(what: str, root: Path | None) -> PulumiCommand | Missing:
    """The CLI below ``root``, or on PATH, if it runs and is new enough for the Automation API."""
    try:
        return PulumiCommand(root=str(root) if root else None)
    except (OSError, subprocess.SubprocessError, InvalidVersionError) as error:
        return Missing(f"{what} cannot be used: {error}")


def _install(root: Path, say: Say) -> str | None:
    """Run the Automation API's own installer; why it failed, or None."""
    if not reachable(HOST):
        return f"{HOST} does not answer"
    say(f"installing the pulumi CLI {root.name} …")
    program = (
        "import sys; from pulumi.automation import PulumiCommand; "
        "PulumiCommand.install(root=sys.argv[1])"
    )
    problem = _run([sys.executable, "-c", program, str(root)], _INSTALL_SECONDS, {**os.environ})
    return f"its installation failed: {problem}" if problem else None


def _run(command: list[str], seconds: int, environment: dict[str, str]) -> str | None:
    """Run a program to its end; the end of its output if it fails, or None."""
    try:
        process = subprocess.Popen(  # noqa: S603 - our own arguments, no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
            start_new_session=True,  # so that its children can be ended with it
        )
    except OSError as error:
        return str(error)
    try:
        output, _ = process.communicate(timeout=seconds)
    except BaseException as error:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        if isinstance(error, subprocess.TimeoutExpired):
            return f"no end after {seconds} s"
        raise
    if process.returncode == 0:
        return None
    lines = output.strip().splitlines()
    return lines[-1] if lines else f"exit code {process.returncode}"
