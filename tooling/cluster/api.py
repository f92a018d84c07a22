"""Starting and stopping: the same steps whichever provider runs the cluster."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import tempfile
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Final

from . import kind, kwok
from .binaries import cached_binaries, ensure_binaries
from .reaper import Reaper, clean_up, cluster_processes
from .state import (
    PROVIDERS,
    Cluster,
    ClusterError,
    Say,
    Stopwatch,
    cache_folder,
    cluster_folder,
    clusters_folder,
    describe,
    locked,
    recall,
    remember,
    say,
)

DEMO: Final = "demo"
"""Name of the demo's cluster."""


def start(
    name: str = DEMO, provider: str = "kwok", base: Path | None = None, say: Say = say
) -> Cluster:
    """Start the named cluster, or return it if it runs already.

    Raises ClusterError, and then leaves nothing running. The same holds if the process is
    interrupted or killed while the cluster is being made.
    """
    cluster = describe(name, provider, cluster_folder(name, base))
    programs = _prepare(provider, say)
    with _folder_lock(cluster.folder, say) as lock:
        existing = recall(name, cluster.folder)
        if existing and healthy(existing):
            if existing.provider != provider:
                raise ClusterError(
                    f"cluster {name} runs already with provider {existing.provider}. Stop it "
                    f"first (`python -m tooling cluster down --name {name}`) or choose "
                    "another --name."
                )
            say(f"cluster {name} is already up")
            return existing
        if existing or cluster_processes(cluster.folder):
            say(f"cluster {name} is incomplete or damaged: removing it, then starting again")
            _remove(existing or cluster)
        reaper = _create(cluster, programs, lock, say)
        reaper.keep()
    return cluster


def stop(name: str = DEMO, base: Path | None = None, say: Say = say) -> bool:
    """Remove the named cluster, whatever state it is in; False if there was none."""
    folder = cluster_folder(name, base)
    with _folder_lock(folder, say):
        cluster = recall(name, folder)
        if cluster is None and not cluster_processes(folder):
            return False
        _remove(cluster or describe(name, "kwok", folder))
    return True


def clusters(base: Path | None = None) -> list[Cluster]:
    """Every named cluster that has a folder, running or not."""
    folder = clusters_folder(base)
    names = sorted(entry.name for entry in folder.iterdir()) if folder.exists() else []
    return [cluster for name in names if (cluster := recall(name, folder / name))]


def demo() -> Cluster:
    """The demo's cluster, running or not; raises ``ClusterError`` if there is none."""
    for cluster in clusters():
        if cluster.name == DEMO:
            return cluster
    raise ClusterError("there is no demo: `make demo` makes one")


def healthy(cluster: Cluster) -> bool:
    """Whether the cluster runs and answers."""
    if cluster.provider == "kind":
        return kind.healthy(cluster)
    kubectl = cached_binaries().get("kubectl")
    return kubectl is not None and kwok.healthy(cluster, kubectl)


@contextlib.contextmanager
def temporary_cluster(provider: str = "kwok", say: Say = say) -> Generator[Cluster]:
    """A separate cluster for the duration of a `with` block, such as a test session.

    It is gone afterwards, also when the process is interrupted or killed.
    """
    programs = _prepare(provider, say)
    name = f"test-{secrets.token_hex(3)}"
    folder = Path(tempfile.mkdtemp(prefix=f"agent-observability-{name}-")).resolve()
    reaper = _create(describe(name, provider, folder), programs, None, say)
    try:
        yield describe(name, provider, folder)
    finally:
        reaper.clean()


def _prepare(provider: str, say: Say) -> dict[str, Path]:
    if provider not in PROVIDERS:
        raise ClusterError(f"unknown provider {provider!r}: choose one of {', '.join(PROVIDERS)}")
    if provider == "kind":
        kind.require()
        return {}
    return ensure_binaries(say)


def _create(cluster: Cluster, programs: Mapping[str, Path], lock: int | None, say: Say) -> Reaper:
    """Make the cluster. The caller decides with the reaper whether it stays."""
    watch = Stopwatch()
    say(f"starting cluster {cluster.name} …")
    provider = kind if cluster.provider == "kind" else kwok
    reaper = provider.watch(cluster, lock)
    try:
        remember(cluster)
        if cluster.provider == "kind":
            kind.create(cluster)
        else:
            kwok.create(cluster, programs, say)
    except BaseException:
        reaper.clean()
        raise
    say(f"cluster {cluster.name} is up after {watch}")
    return reaper


def _remove(cluster: Cluster) -> None:
    delete: list[str] = []
    if cluster.provider == "kind":
        kind.require()
        delete = kind.delete_command(cluster)
    clean_up(cluster.folder, delete=delete)
    if cluster.folder.exists() or cluster_processes(cluster.folder):
        raise ClusterError(
            f"cluster {cluster.name} could not be removed completely: something in "
            f"{cluster.folder} belongs to another user or is in use. Remove that folder by hand."
        )


def _folder_lock(folder: Path, say: Say) -> contextlib.AbstractContextManager[int]:
    """Lock for one start or stop at a time per folder. Not in the folder, which a stop removes."""
    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:16]
    return locked(
        cache_folder() / "locks" / digest,
        lambda: say(f"waiting for another start or stop of {folder.name} to finish …"),
    )
