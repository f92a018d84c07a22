"""Building the programs of the local cluster from pinned Go modules."""

from __future__ import annotations

import json
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
    embedded: Embedded | None = None


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """Files that the main package in `gomod/` embeds out of a module it requires."""

    module: str
    folder: str
    names: tuple[str, ...]


def build(source: Source, target: Path, reaper: Reaper, say: Say) -> None:
    """Build one Go program to `target`; `reaper` ends the compiler if this process dies."""
    flags = " ".join(["-s", "-w", *(f"-X {key}={value}" for key, value in source.stamp.items())])
    # `readonly`: what go.mod and go.sum say is built, or nothing.
    environment = clean_environment(
        CGO_ENABLED="0", GOFLAGS="-mod=readonly -buildvcs=false", GOWORK="off"
    )
    watch = Stopwatch()
    overlay: list[str] = []
    if source.embedded:
        overlay = ["-overlay", str(_overlay(source, source.embedded, target, environment))]
    command = ["go", "build", "-trimpath", *overlay, "-ldflags", flags]
    command += ["-o", str(target), source.package]
    if shutil.which("nice"):
        command.insert(0, "nice")
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
            raise _failed(source, tail)


def _overlay(
    source: Source, embedded: Embedded, target: Path, environment: Mapping[str, str]
) -> Path:
    """A file beside `target` that tells Go where the embedded files are: in the module cache."""
    command = ["go", "mod", "download", "-json", embedded.module]
    answer = subprocess.run(  # noqa: S603 - constants, no shell
        command,
        cwd=MODULES / source.module,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    try:
        downloaded = Path(json.loads(answer.stdout)["Dir"]) / embedded.folder
    except (ValueError, KeyError):
        raise _failed(source, answer.stderr.strip() or answer.stdout.strip()) from None
    here = (MODULES / source.module).resolve()
    replaced = {str(here / name): str(downloaded / name) for name in embedded.names}
    file = target.with_name("overlay.json")
    file.write_text(json.dumps({"Replace": replaced}), encoding="utf-8")
    return file


def _failed(source: Source, said: str) -> ClusterError:
    return ClusterError(
        f"building {source.package} failed. It needs a Go module proxy (see `go env "
        f"GOPROXY`) and the Go version named in {MODULES / source.module / 'go.mod'}. "
        f"Go says:\n{said}"
    )
