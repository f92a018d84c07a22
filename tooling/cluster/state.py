"""The folder of a local cluster, and helpers that every module here uses."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import sys
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

from tooling.kit.errors import ExplainedError
from tooling.kit.private import private_folder

REPOSITORY = Path(__file__).resolve().parents[2]
STATE_VARIABLE = "AGENT_OBSERVABILITY_STATE"
PROVIDERS = ("kwok", "kind")

# A cluster's name becomes part of its context name, its folder and, with kind, of
# container names.
NAME_PATTERN = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")

Say = Callable[[str], None]


class ClusterError(ExplainedError):
    """A failure the person can act on; its text says what, why and how to fix it."""


@dataclass(frozen=True)
class Cluster:
    """A running local cluster and how to reach it."""

    name: str
    provider: str
    folder: Path
    """Everything about the cluster; gone after `stop`."""
    kubeconfig: Path
    context: str


def say(line: str) -> None:
    """Report progress on standard error, so that standard output stays for results."""
    print(line, file=sys.stderr, flush=True)


def cluster_folder(name: str, base: Path | None = None) -> Path:
    """The folder of the named cluster; `base` defaults to $AGENT_OBSERVABILITY_STATE or .local."""
    if not NAME_PATTERN.fullmatch(name):
        raise ClusterError(
            f"cluster name {name!r} is not usable: it must be 1 to 32 lower-case letters, "
            "digits and dashes, and begin and end with a letter or digit. "
            "Choose another, for example: --name demo"
        )
    return clusters_folder(base) / name


def clusters_folder(base: Path | None = None) -> Path:
    """The folder that holds one folder per named cluster."""
    if base is None:
        base = Path(os.environ.get(STATE_VARIABLE) or REPOSITORY / ".local")
    # Resolved, because leftover processes are found by this path in their command line.
    return base.expanduser().resolve() / "cluster"


def cache_folder() -> Path:
    """What is kept between clusters: binaries by version, and lock files."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root).expanduser().resolve() / "agent-observability"


def describe(name: str, provider: str, folder: Path) -> Cluster:
    """The cluster that belongs to this folder, whether it runs or not."""
    return Cluster(
        name=name,
        provider=provider,
        folder=folder,
        kubeconfig=folder / "kubeconfig",
        context=f"{provider}-{name}",
    )


def remember(cluster: Cluster) -> None:
    """Note the provider in the folder before anything starts, so that `stop` knows it."""
    private_folder(cluster.folder)
    text = json.dumps({"name": cluster.name, "provider": cluster.provider})
    (cluster.folder / "cluster.json").write_text(text, encoding="utf-8")


def recall(name: str, folder: Path) -> Cluster | None:
    """The cluster noted in this folder; None without a folder, kwok without a readable note."""
    if not folder.exists():
        return None
    try:
        note = json.loads((folder / "cluster.json").read_text(encoding="utf-8"))
        provider = str(note["provider"])
    except (OSError, ValueError, KeyError, TypeError):
        provider = "kwok"
    return describe(name, provider if provider in PROVIDERS else "kwok", folder)


@contextlib.contextmanager
def locked(path: Path, waiting: Callable[[], None] | None = None) -> Generator[int]:
    """Hold the lock file; `waiting` is called once if another process holds it.

    Yields the file descriptor: a child that inherits it holds the lock too, until both
    have closed it. The kernel releases it when they end, for whatever reason.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if waiting:
                waiting()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


class Stopwatch:
    """Elapsed time as text, in whole or tenth seconds."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def __str__(self) -> str:
        seconds = time.monotonic() - self._start
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def clean_environment(**extra: str) -> dict[str, str]:
    """This process's environment, without the user's own cluster and Go settings."""
    unwanted = ("KUBECONFIG", "GOOS", "GOARCH", "GOFLAGS", "GOWORK")
    kept = {
        key: value
        for key, value in os.environ.items()
        if key not in unwanted and not key.startswith("KWOK_")
    }
    return {**kept, **extra}
