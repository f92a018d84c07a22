"""Lints workflows and their scripts: actionlint and zizmor, both in one version.

actionlint cannot be installed as a Python package without GitHub: it is built once from its
Go module and kept beside the programs of the local cluster.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tooling.cluster.state import (
    REPOSITORY,
    ClusterError,
    Say,
    cache_folder,
    clean_environment,
    locked,
)

ACTIONLINT: Final = "1.7.12"
MODULE: Final = f"github.com/rhysd/actionlint/cmd/actionlint@v{ACTIONLINT}"
BUILD_SECONDS: Final = 300
RUN_SECONDS: Final = 120
SCRIPTS: Final = ("tooling/ci/offline.sh", "tooling/ci/preview.sh")


def lint(say: Say, root: Path = REPOSITORY) -> bool:
    """Run every linter; whether none has a finding. Raises ClusterError if one cannot be had."""
    tools = Path(sys.executable).parent
    actionlint = ensure_actionlint(say)
    # actionlint looks for shellcheck on PATH, and is silent about scripts where it finds none.
    environment = dict(os.environ, PATH=f"{tools}{os.pathsep}{os.environ.get('PATH', '')}")
    shellcheck = _tool("shellcheck", environment)
    commands: Sequence[Sequence[str]] = (
        # pyflakes is for scripts in Python; ours are files, which ruff reads.
        (str(actionlint), "-no-color", "-shellcheck", shellcheck, "-pyflakes", ""),
        (shellcheck, *SCRIPTS),
        (_tool("zizmor", environment), "--offline", "--no-progress", "--quiet", ".github"),
    )
    codes = [
        subprocess.run(  # noqa: S603 - constants, no shell
            command, cwd=root, env=environment, check=False, timeout=RUN_SECONDS
        ).returncode
        for command in commands
    ]
    return not any(codes)


def ensure_actionlint(say: Say) -> Path:
    """The program; built where it is not in the cache yet."""
    path = cache_folder() / "bin" / f"actionlint-{ACTIONLINT}" / "actionlint"
    if path.exists():
        return path
    if not shutil.which("go"):
        raise ClusterError(
            f"actionlint {ACTIONLINT} is needed to lint the workflows, and there is no `go` on "
            "PATH to build it. Install Go 1.24 or newer from https://go.dev/dl/, or put the "
            f"program from https://github.com/rhysd/actionlint/releases at {path}."
        )
    with locked(path.parent.with_name(f".{path.parent.name}.lock")):
        if not path.exists():
            say(f"building actionlint {ACTIONLINT} (once, about ten seconds) …")
            _build(path)
    return path


def _build(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".actionlint-", dir=path.parent) as folder:
        try:
            done = subprocess.run(  # noqa: S603 - constants, no shell
                ["go", "install", MODULE],  # noqa: S607 - the Go on the user's PATH
                env=clean_environment(CGO_ENABLED="0", GOBIN=folder, GOWORK="off"),
                check=False,
                capture_output=True,
                text=True,
                timeout=BUILD_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise ClusterError(
                f"building actionlint took more than {BUILD_SECONDS} s. It needs a Go module "
                "proxy: see `go env GOPROXY`."
            ) from error
        if done.returncode:
            last = "\n".join(done.stderr.strip().splitlines()[-5:])
            raise ClusterError(
                "building actionlint failed. It needs a Go module proxy (see `go env GOPROXY`). "
                f"Go says:\n{last}"
            )
        (Path(folder) / "actionlint").replace(path)


def _tool(name: str, environment: dict[str, str]) -> str:
    found = shutil.which(name, path=environment["PATH"])
    if not found:
        raise ClusterError(f"{name} is missing: `make lint` installs it into .venv.")
    return found
