"""Finding a pulumi CLI and its providers, or getting them next to the other cached programs.

The official ones come first. Where their host does not answer, the engine and the Kubernetes
provider are built from the Go modules pinned in `cluster/gomod`. The installer was exercised on a
machine without a way to its host only.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Final

from pulumi.automation import InvalidVersionError, PulumiCommand

from tooling.cluster.binaries import cached, ensure
from tooling.cluster.download import reachable
from tooling.cluster.programs import CLI, KUBERNETES_PROVIDER
from tooling.cluster.state import ClusterError, Say, cache_folder
from tooling.engineless.live import LiveError

HOST: Final = "https://get.pulumi.com"
PATH_VARIABLE: Final = "AGENT_OBSERVABILITY_PULUMI"
OFF_VARIABLE: Final = "AGENT_OBSERVABILITY_NO_CLI"
PLUGINS: Final = ("kubernetes", "random")
LANGUAGE_HOST: Final = "pulumi-language-python"

_INSTALL_SECONDS: Final = 180
_PLUGIN_SECONDS: Final = 300


@dataclass(frozen=True)
class Missing:
    """Why there is no CLI to use."""

    reason: str


@dataclass(frozen=True)
class Providers:
    """Where the engine finds its providers."""

    on_path: dict[str, Path] = field(default_factory=dict[str, Path])
    """Programs by name that have to be on PATH: built ones. The others are where the engine looks
    anyway."""
    stand_ins: tuple[str, ...] = ()
    """Providers that cannot be had, which `standins/` plays."""


def pulumi_home() -> Path:
    """Pulumi's folder for plugins, separate from the user's ``~/.pulumi``."""
    return cache_folder() / "pulumi" / "home"


def find(say: Say) -> PulumiCommand | Missing:
    """The CLI to use, which is installed or built where none is found. Raises ``LiveError`` for a
    bad setting of $AGENT_OBSERVABILITY_PULUMI."""
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
    if (root / "bin" / "pulumi").exists() or (problem := _install(root, say)) is None:
        return _usable("the pulumi installed for the demo", root)
    try:
        ensure([CLI], "pulumi", "three to six", say)
    except ClusterError as error:
        return Missing(f"there is no pulumi on PATH, {problem}, and it cannot be built: {error}")
    return _usable("the pulumi built for the demo", _linked())


def get_providers(command: PulumiCommand, say: Say) -> Providers | Missing:
    """Get the providers into our Pulumi home, or what takes their place."""
    home = pulumi_home()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    on_path: dict[str, Path] = {}
    stand_ins: list[str] = []
    for name in PLUGINS:
        problem = _install_plugin(command, name, home, say)
        if problem is None:
            continue
        say(f"pulumi's {name} provider cannot be had: {problem}")
        if name == "random":
            stand_ins.append(name)
            continue
        try:
            on_path |= ensure([KUBERNETES_PROVIDER], "pulumi", "six to ten", say)
        except ClusterError as error:
            return Missing(f"its {name} provider cannot be had ({problem}), nor built: {error}")
    return Providers(on_path, tuple(stand_ins))


def has_language_host(command: PulumiCommand) -> bool:
    """Whether the CLI can start Python programs: from PATH, or from its own folder."""
    beside = Path(shutil.which(command.command) or command.command).resolve().parent
    path = os.pathsep.join([str(beside), os.environ.get("PATH", "")])
    return shutil.which(LANGUAGE_HOST, path=path) is not None


def _install_plugin(command: PulumiCommand, name: str, home: Path, say: Say) -> str | None:
    """Have the engine find a provider; why that failed, or None."""
    release = version(f"pulumi-{name}")
    # As the engine does: one on PATH comes first, of whatever release.
    ambient = shutil.which(f"pulumi-resource-{name}")
    if ambient and not os.environ.get("PULUMI_IGNORE_AMBIENT_PLUGINS"):
        return None
    if (home / "plugins" / f"resource-{name}-v{release}").exists():
        return None
    if not reachable(HOST):
        return f"{HOST} does not answer"
    say(f"getting pulumi's {name} provider {release} …")
    arguments = ["plugin", "install", "resource", name, release, "--non-interactive"]
    environment = {**os.environ, "PULUMI_HOME": str(home), "PULUMI_SKIP_UPDATE_CHECK": "true"}
    return _run([command.command, *arguments], _PLUGIN_SECONDS, environment)


def _linked() -> Path:
    """The built engine as the Automation API wants it: `bin/pulumi` below a folder."""
    root = cache_folder() / "pulumi" / f"built-{CLI.version}"
    link = root / "bin" / "pulumi"
    target = cached([CLI])[CLI.name]
    if not link.is_symlink() or link.readlink() != target:
        link.parent.mkdir(parents=True, exist_ok=True)
        link.unlink(missing_ok=True)
        link.symlink_to(target)
    return root


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
