"""Time and memory of the program, measured as ratios within one run.

Each figure is the median of some fresh processes, taken in turn with the process that it is
compared with: machines drift, ratios drift less. No test looks at these figures.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from stacks.stack_files import ROOT, stacks
from tooling.kit.errors import ExplainedError, UsageError
from tooling.kit.exit_codes import FINE

_AGENTS: Final = (1, 10, 100)
PLATFORM: Final = "platform"
"""Folder of the project whose stacks are measured beside the program's."""

# What the stack's program imports of Pulumi's packages, and nothing else: the floor.
_IMPORTS: Final = """
import importlib, json, sys
for module in json.loads(sys.argv[1]):
    importlib.import_module(module)
"""

_RECORD: Final = """
import json, sys, time
from tooling.engineless import offline
overrides = json.loads(sys.argv[2])
offline.record(sys.argv[1], overrides)
start = time.perf_counter()
recording = offline.record(sys.argv[1], overrides)
print(json.dumps([time.perf_counter() - start, len(recording.resources)]))
"""

_MODULES: Final = """
import json, pathlib, sys
from tooling.engineless import offline
offline.record(sys.argv[1], project=pathlib.Path(sys.argv[2]))
print(json.dumps([name for name in sys.modules if name.split(".")[0].startswith("pulumi")]))
"""

_CHAIN: Final = """
import json, pathlib, sys
from tooling import render
from tooling.engineless import offline
from tooling.render import summary
recording = offline.record(sys.argv[1], project=pathlib.Path(sys.argv[2]))
print(json.dumps(summary.chain(render.collect(recording))))
"""


@dataclass(frozen=True)
class Run:
    """One process: wall-clock seconds, peak memory in MiB, and what it printed."""

    seconds: float
    memory: float
    printed: str


def _run(arguments: Sequence[str]) -> Run:
    start = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - this interpreter, with the arguments above
        [sys.executable, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with process.stdout or io.StringIO() as stdout:
        printed = stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise ExplainedError(f"a measured process failed: {' '.join(arguments[:4])}")
    # Kibibytes on Linux, bytes on macOS.
    scale = 2**20 if sys.platform == "darwin" else 2**10
    return Run(time.perf_counter() - start, usage.ru_maxrss / scale, printed)


def _median(values: Sequence[float]) -> float:
    return statistics.median(values)


def _provider_modules(stack: str, project: str) -> list[str]:
    """The modules of Pulumi's packages that rendering a stack imports."""
    return json.loads(_run(["-c", _MODULES, stack, project]).printed)


def _stack(stack: str, runs: int, project: str = ".") -> None:
    modules = json.dumps(_provider_modules(stack, project))
    named = str(PurePosixPath(project, stack))
    render = ["-m", "tooling", "render", "--project", project, "--stack", stack]
    floors: list[Run] = []
    renders: list[Run] = []
    for _ in range(runs):
        floors.append(_run(["-c", _IMPORTS, modules]))
        renders.append(_run(render))
    seconds = _median([r.seconds for r in renders])
    ratio = _median([r.seconds / f.seconds for r, f in zip(renders, floors, strict=True)])
    memory = _median([r.memory for r in renders])
    floor = _median([f.memory for f in floors])
    # Not in this process: a child's peak is never below what its parent had when it was forked.
    chain: list[str] = json.loads(_run(["-c", _CHAIN, stack, project]).printed)
    print(
        f"  {named:<13} render {seconds:5.2f} s, {ratio:4.2f} x importing its providers "
        f"(import share {100 / ratio:3.0f} %); peak {memory:4.0f} MiB, {memory / floor:4.2f} x"
    )
    print(f"         longest chain, {len(chain)}: {' > '.join(chain)}")


def _agents(runs: int) -> None:
    seconds: dict[int, list[float]] = {count: [] for count in _AGENTS}
    memory: dict[int, list[float]] = {count: [] for count in _AGENTS}
    resources: dict[int, int] = {}
    for _ in range(runs):
        for count in _AGENTS:
            namespaces = [f"agents-{i}" for i in range(count)]
            overrides = {"agent-observability:agents": {"namespaces": namespaces}}
            run = _run(["-c", _RECORD, "dev", json.dumps(overrides)])
            duration, resources[count] = json.loads(run.printed)
            seconds[count].append(duration)
            memory[count].append(run.memory)
    base = _AGENTS[0]
    for count in _AGENTS:
        program = _median(seconds[count])
        per_resource = _median(
            [
                (a / resources[count]) / (b / resources[base])
                for a, b in zip(seconds[count], seconds[base], strict=True)
            ]
        )
        print(
            f"  {count:>3} namespaces: {resources[count]:>4} resources, "
            f"program {program * 1000:6.0f} ms after import, "
            f"{per_resource:4.2f} x per resource of {base}; "
            f"peak {_median(memory[count]):4.0f} MiB"
        )


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--runs", type=int, default=5, help="processes for each figure")


def run(given: argparse.Namespace) -> int:
    """Print the figures. Raises ``ExplainedError`` if what is measured fails."""
    if given.runs < 1:
        raise UsageError("--runs has to be 1 or more")
    print(f"Stacks, medians of {given.runs} processes:")
    for stack in stacks():
        _stack(stack, given.runs)
    for stack in stacks(ROOT / PLATFORM):
        _stack(stack, given.runs, PLATFORM)
    print(f"\nGrowth of dev with agent namespaces, medians of {given.runs} processes:")
    _agents(given.runs)
    return FINE
