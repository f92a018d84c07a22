"""Building the programs of the local cluster from pinned Go modules."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .reaper import Reaper
from .state import ClusterError, Say, Stopwatch, clean_environment

MODULES = Path(__file__).with_name("gomod")
REPORT_SECONDS = 60
ERROR_LINES = 15


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a program's source is, and what to set in it."""

    module: str
    """Folder in `gomod/` whose go.mod and go.sum pin it."""
    package: str
    """Go package of the main function."""
    stamp: Mapping[str, str] = field(default_factory=dict[str, str])
    """Go variables set at build time, so that the program reports its version."""


def build(source: Source, target: Path, reaper: Reaper, say: Say) -> None:
    """Build one Go program to `target`; `reaper` ends the compiler if this process dies."""
    flags = " ".join(["-s", "-w", *(f"-X {key}={value}" for key, value in source.stamp.items())])
    command = ["go", "build", "-trimpath", "-ldflags", flags, "-o", str(target), source.package]
    if shutil.which("nice"):
        command.insert(0, "nice")
    # `readonly`: what go.mod and go.sum say is built, or nothing.
    environment = clean_environment(
        CGO_ENABLED="0", GOFLAGS="-mod=readonly -buildvcs=false", GOWORK="off"
    )
    watch = Stopwatch()
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
        process = subprocess.Popen(  # noqa: S603 - constants, no shell
            command,
            cwd=MODULES / source.module,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            # A group of its own, so that the compiler's many processes end with it.
            start_new_session=True,
        )
        reaper.watch_group(process.pid)
        while True:
            try:
                code = process.wait(timeout=REPORT_SECONDS)
                break
            except subprocess.TimeoutExpired:
                say(f"still building, {watch}")
        reaper.watch_group(None)
        if code != 0:
            output.seek(0)
            tail = "\n".join(output.read().strip().splitlines()[-ERROR_LINES:])
            raise ClusterError(
                f"building {source.package} failed. It needs a Go module proxy (see `go env "
                f"GOPROXY`) and the Go version named in {MODULES / source.module / 'go.mod'}. "
                f"Go says:\n{tail}"
            )
