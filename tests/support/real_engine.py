"""Pulumi's engine for tests: found, installed or built."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from pulumi import automation
from pulumi.automation import EngineEvent

from tests.support.own_stacks import STACKS
from tooling.demo import cli
from tooling.demo.engine import Engine

TIMES: Final[list[tuple[str, float]]] = []
"""Each step of this session, and its seconds."""

_POLL: Final = 0.02


def say(line: str) -> None:
    """To the terminal itself: a build takes minutes, and pytest would keep its lines."""
    print(line, file=sys.__stderr__, flush=True)


def real_engine(folder: Path, stack: str) -> Engine:
    """The engine with its providers for one stack, in a folder of its own."""
    command = cli.find(say)
    if isinstance(command, cli.Missing):
        pytest.skip(f"engine tier: {command.reason}")
    providers = cli.get_providers(command, say)
    if isinstance(providers, cli.Missing):
        pytest.skip(f"engine tier: {providers.reason}")
    return Engine(command, folder, stack, providers, STACKS[stack])


@contextmanager
def timed(step: str) -> Generator[None]:
    start = time.monotonic()
    yield
    TIMES.append((step, time.monotonic() - start))


@dataclass
class RealStack:
    """One stack on the engine, on a cluster."""

    engine: Engine
    overrides: dict[str, Any]
    """What every command is given, by full key."""
    said: list[str] = field(default_factory=list[str])
    steps: dict[str, str] = field(default_factory=dict[str, str])
    """What the command that runs, or ran last, has begun to do, by logical name."""

    def with_(self, **sections: Mapping[str, Any]) -> RealStack:
        """The same stack with other settings, by section."""
        changed = {f"agent-observability:{name}": value for name, value in sections.items()}
        merged = dict(self.overrides)
        for key, value in changed.items():
            merged[key] = {**merged.get(key, {}), **value}
        return RealStack(self.engine, merged, self.said, self.steps)

    def preview(self, step: str, *, replace: list[str] | None = None) -> dict[str, str]:
        """What `up` would do, by logical name; what stays the same is left out."""
        return self._run(step, lambda stack, rest: stack.preview(replace=replace, **rest))

    def up(self, step: str, *, replace: list[str] | None = None) -> dict[str, str]:
        """What `up` did, by logical name; what stayed the same is left out."""
        return self._run(
            step, lambda stack, rest: stack.up(replace=replace, suppress_progress=True, **rest)
        )

    def refresh(self, step: str, *, clear_pending_creates: bool = False) -> dict[str, str]:
        """What differed from the state, by logical name."""
        return self._run(
            step,
            lambda stack, rest: stack.refresh(
                clear_pending_creates=clear_pending_creates, suppress_progress=True, **rest
            ),
        )

    def destroy(self, step: str) -> dict[str, str]:
        return self._run(step, lambda stack, rest: stack.destroy(**rest))

    def outputs(self) -> dict[str, Any]:
        return {k: v.value for k, v in self._selected().outputs().items()}

    def exported(self) -> dict[str, Any]:
        """The state, secrets encrypted."""
        return dict(self._selected().export_stack().deployment or {})

    def resources(self) -> dict[str, dict[str, Any]]:
        """The entries of the state by logical name, but for providers that the engine adds."""
        found = {item["urn"].rpartition("::")[2]: item for item in self.exported()["resources"]}
        return {name: item for name, item in found.items() if not name.startswith("default_")}

    def pending(self) -> dict[str, str]:
        """Operations that the state holds as unfinished, by logical name."""
        found: list[dict[str, Any]] = self.exported().get("pending_operations") or []
        return {item["resource"]["urn"].rpartition("::")[2]: item["type"] for item in found}

    def urn(self, name: str) -> str:
        return self.resources()[name]["urn"]

    def command(self, *words: str) -> str:
        """What the CLI prints for one command, as a person without a terminal runs it."""
        done = self.engine.command.run(
            [*words, "--stack", self.engine.stack],
            str(self.engine.project),
            self.engine.environment(),
        )
        return f"{done.stdout}\n{done.stderr}"

    def after_a_kill(self) -> dict[str, str]:
        """What the guide to interrupted updates says to do, up to the next `up`; what the state had
        as unfinished is given, by logical name."""
        for file in (self.engine.folder / "backend").rglob("*.attrs"):
            if not file.stat().st_size:
                file.unlink()
        self.command("cancel", "--yes")
        pending = self.pending()
        self.refresh("refresh that clears", clear_pending_creates=True)
        assert self.pending() == {}
        return pending

    def killed(
        self,
        step: str,
        when: Callable[[Mapping[str, str]], bool],
        *,
        replace: list[str] | None = None,
    ) -> None:
        """`up`, killed with its providers as soon as ``when`` is true: no process says a word."""
        ended = threading.Event()
        hit = threading.Event()

        def watch() -> None:
            while not ended.is_set():
                if when(self.steps):
                    hit.set()
                    kill_engines()
                    return
                time.sleep(_POLL)

        self.steps.clear()
        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            with warnings.catch_warnings():
                # The SDK's, about the stream of events that has broken off.
                warnings.simplefilter("ignore", UserWarning)
                with pytest.raises(automation.CommandError):
                    self.up(step, replace=replace)
        finally:
            ended.set()
            watcher.join()
        assert hit.is_set(), f"{step}: it ended by itself: {self.said[-20:]}"

    def _selected(self) -> automation.Stack:
        return self.engine.select(self.overrides)

    def _run(
        self,
        step: str,
        work: Callable[[automation.Stack, Mapping[str, Any]], object],
    ) -> dict[str, str]:
        def heard(event: EngineEvent) -> None:
            if event.resource_pre_event is not None:
                metadata = event.resource_pre_event.metadata
                operation = str(getattr(metadata.op, "value", metadata.op))
                if operation not in {"same", "read", "refresh"}:
                    name = metadata.urn.rpartition("::")[2]
                    self.steps[name] = "replace" if "replace" in operation else operation

        stack = self._selected()
        self.said.clear()
        self.steps.clear()
        rest = {"color": "never", "on_output": self.said.append, "on_event": heard}
        with timed(f"{self.engine.stack}: {step}"):
            work(stack, rest)
        # Shown with a test that fails.
        print(f"-- {step}", *self.said, sep="\n")
        return dict(self.steps)


def kill_engines() -> None:
    """SIGKILL for every pulumi that this process has started, and for what these have started."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                text = (entry / "stat").read_text(encoding="utf-8")
            except OSError:
                continue
            parent = int(text.rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(entry.name))
    left = [pid for pid in children.get(os.getpid(), []) if _is_engine(pid)]
    while left:
        pid = left.pop(0)
        left += children.get(pid, [])
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _is_engine(pid: int) -> bool:
    try:
        command = (Path("/proc") / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return Path(command[0].decode()).name == "pulumi"
