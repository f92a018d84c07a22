"""A watcher process that cleans up when the process that started it has ended.

The watcher is a child in a session of its own, so neither Ctrl-C nor a closed terminal
reaches it. It reads a pipe that only its parent holds. When the pipe closes without the
word "keep" (the parent failed, was interrupted, or was killed without a chance to act),
it ends what the parent had started and removes the folder.

Run as a script with only the standard library: it must work whatever state the parent
was in.

Processes are found by command line, not by the process ids that kwokctl notes in the
folder: after a reboot those numbers may belong to other processes, and `kwokctl delete cluster`
would kill them. Otherwise it does the same: kill, then remove the folder.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import IO, cast

# The messages in the pipe: "group 123" as often as that changes, and "keep" at the end.
KEEP = "keep"
GROUP = "group"

# Killed first, because they start others.
STARTERS = frozenset({"kwokctl", "kind", "kubectl"})
SERVERS = frozenset(
    {
        "etcd",
        "kube-apiserver",
        "kube-controller-manager",
        "kube-scheduler",
        "kwok-controller",
    }
)


class Reaper:
    """The parent's end of the watcher. Call `keep` or `clean` exactly once."""

    def __init__(
        self,
        folder: Path,
        *,
        lock: int | None = None,
        delete: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Watch over `folder`.

        `delete` is a command to run before the folder goes. `lock` is the descriptor of a
        held lock file: the watcher inherits it, so no other process gets the lock before the
        clean-up is over.
        """
        command = [sys.executable, "-I", __file__, str(folder), *delete]
        self._folder, self._delete = folder, delete
        self._group: int | None = None
        self._process = subprocess.Popen(  # noqa: S603 - own script, no shell
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=environment,
            start_new_session=True,
            pass_fds=() if lock is None else (lock,),
            text=True,
        )
        self._pipe = cast("IO[str]", self._process.stdin)

    def watch_group(self, group: int | None) -> None:
        """Kill this process group too; None once it has ended by itself."""
        self._group = group
        self._tell(f"{GROUP} {group or 0}\n")

    def keep(self) -> None:
        """The start is complete: keep the cluster."""
        self._tell(KEEP)
        self._close()

    def clean(self) -> None:
        """End and remove everything, and wait until that is done."""
        if self._close() != 0:
            # The watcher was killed. Its work still has to be done.
            clean_up(self._folder, group=self._group, delete=self._delete)

    def _tell(self, words: str) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._pipe.write(words)
            self._pipe.flush()

    def _close(self) -> int:
        with contextlib.suppress(BrokenPipeError):
            self._pipe.close()
        return self._process.wait()


def clean_up(folder: Path, *, group: int | None = None, delete: Sequence[str] = ()) -> None:
    """End what belongs to the folder, run the delete command, remove the folder."""
    if group is not None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
    end_processes(folder)
    if delete:
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            subprocess.run(  # noqa: S603 - the provider's own delete command, no shell
                delete,
                check=False,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=120,
            )
    # A process that was being killed may have written one more file meanwhile.
    for _ in range(20):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            break
        time.sleep(0.1)


def end_processes(folder: Path, seconds: float = 20) -> None:
    """Kill every process of this folder's cluster, until none is left."""
    deadline = time.monotonic() + seconds
    quiet = 0
    # Looks twice, because a process has no command line at the moment when it starts.
    while quiet < 2 and time.monotonic() < deadline:
        found = cluster_processes(folder)
        quiet = 0 if found else quiet + 1
        starters = [pid for pid, program in found if program in STARTERS]
        for pid in starters or [pid for pid, _ in found]:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


def cluster_processes(folder: Path) -> list[tuple[int, str]]:
    """Id and program of each process whose command line names a file of this folder."""
    found: list[tuple[int, str]] = []
    for pid, arguments in _command_lines():
        program = Path(arguments[0]).name
        # Its own programs only: an editor or `tail -f` on a file in there is left alone.
        if program in STARTERS | SERVERS and f"{folder}/" in " ".join(arguments):
            found.append((pid, program))
    return found


def _command_lines() -> Iterator[tuple[int, list[str]]]:
    if Path("/proc/self/cmdline").exists():
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    line = (entry / "cmdline").read_bytes().rstrip(b"\0")
                    if line:
                        yield int(entry.name), os.fsdecode(line).split("\0")
        return
    listing = subprocess.run(
        ["ps", "-axww", "-o", "pid=,args="],  # noqa: S607 - macOS, always in /bin
        check=False,
        capture_output=True,
        text=True,
    )
    for line in listing.stdout.splitlines():
        pid, _, command = line.strip().partition(" ")
        if pid.isdigit() and command.strip():
            yield int(pid), command.strip().split(" ")


def main(arguments: Sequence[str]) -> int:
    """Wait for the parent's word, or for its end."""
    folder, delete = Path(arguments[0]), arguments[1:]

    def ignore(_number: int, _frame: FrameType | None) -> None:
        """Only the pipe decides. A handler, not SIG_IGN, which the children would inherit."""

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ignore)
    words = sys.stdin.read().split()
    if words[-1:] != [KEEP]:
        group = int(words[-1]) if words else 0
        clean_up(folder, group=group or None, delete=delete)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
