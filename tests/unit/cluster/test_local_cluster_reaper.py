"""The local cluster leaves no process behind, and ends no process of others.

Stand-ins with the names and command lines of a cluster's processes take their place.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tooling.cluster import api, reaper, state

pytestmark = pytest.mark.programs


def silent(_line: str) -> None:
    """Discards progress messages."""


def eventually(condition: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


@dataclass
class Processes:
    """Stand-ins for a cluster's processes: same name, same kind of command line, no work."""

    started: list[subprocess.Popen[bytes]] = field(default_factory=list[subprocess.Popen[bytes]])

    def start(self, name: str, folder: Path) -> subprocess.Popen[bytes]:
        sleep = "import time; time.sleep(60)"
        process = subprocess.Popen(
            [name, "-c", sleep, f"--data-dir={folder}/data"], executable=sys.executable
        )
        self.started.append(process)
        return process


@pytest.fixture
def processes() -> Generator[Processes]:
    made = Processes()
    yield made
    for process in made.started:
        process.kill()
        process.wait()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "demo"
    (path / "data").mkdir(parents=True)
    return path.resolve()


def test_a_closed_pipe_ends_the_cluster_and_nothing_else(
    processes: Processes, folder: Path
) -> None:
    etcd = processes.start("etcd", folder)
    neighbour = processes.start("etcd", folder.with_name("demo2"))
    editor = processes.start("vim", folder)
    assert eventually(lambda: len(reaper.cluster_processes(folder)) == 1)
    reaper.Reaper(folder).clean()
    assert etcd.wait(5) == -signal.SIGKILL
    assert not folder.exists()
    assert (neighbour.poll(), editor.poll()) == (None, None)


def test_the_message_keep_leaves_everything(processes: Processes, folder: Path) -> None:
    etcd = processes.start("etcd", folder)
    reaper.Reaper(folder).keep()
    assert etcd.poll() is None
    assert folder.exists()


PARENT = """
import signal, subprocess, sys, time
from pathlib import Path
from tooling.cluster.reaper import Reaper
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a shell's background
watcher = Reaper(Path(sys.argv[1]))
group = subprocess.Popen(["sleep", "60"], start_new_session=True)
watcher.watch_group(group.pid)
print(group.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_parent_that_dies_takes_everything_with_it(
    processes: Processes, folder: Path, number: signal.Signals
) -> None:
    etcd = processes.start("etcd", folder)
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(folder)],
        cwd=state.REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        group = int(parent.stdout.readline())
        parent.send_signal(number)
    assert etcd.wait(10) == -signal.SIGKILL
    assert eventually(lambda: not folder.exists())
    assert eventually(lambda: not alive(group)), "its process group lives on"


def alive(pid: int) -> bool:
    """Whether the process runs; one that ended and waits for its parent does not."""
    listing = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)],  # noqa: S607
        check=False,
        capture_output=True,
        text=True,
    )
    return listing.stdout.strip()[:1] not in {"", "Z"}


def test_a_killed_watcher_does_not_prevent_the_clean_up(processes: Processes, folder: Path) -> None:
    etcd = processes.start("etcd", folder)
    watcher = reaper.Reaper(folder)
    watcher._process.kill()  # pyright: ignore[reportPrivateUsage]
    watcher.clean()
    assert etcd.wait(5) == -signal.SIGKILL
    assert not folder.exists()


def test_the_watcher_holds_the_lock_until_it_is_done(tmp_path: Path, folder: Path) -> None:
    with state.locked(tmp_path / "lock") as lock:
        watcher = reaper.Reaper(folder, lock=lock)
    heard: list[str] = []

    def waiting() -> None:
        heard.append("waiting")
        watcher.clean()

    with state.locked(tmp_path / "lock", waiting):
        assert heard == ["waiting"]


def test_stop_removes_a_half_made_cluster_and_then_finds_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, processes: Processes
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = state.cluster_folder("demo", tmp_path)
    folder.mkdir(parents=True)
    (folder / "cluster.json").write_text("half a li", encoding="utf-8")
    processes.start("kube-apiserver", folder)
    assert api.stop("demo", tmp_path, silent)
    assert not folder.exists()
    assert not api.stop("demo", tmp_path, silent)
