"""Time and memory of the program, measured as ratios within one run.

``python -m tooling.bench [--runs N]``. Each figure is the median of N fresh processes, which
alternate with the process that they are compared with: the speed of a machine varies, a ratio
varies less. No test reads these figures.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from stacks.stack_files import ROOT, stacks

_AGENTS: Final = (1, 10, 100)

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

_CHAIN: Final = """
import json, sys
from tooling import render
from tooling.engineless import offline
from tooling.render import summary
print(json.dumps(summary.chain(render.collect(offline.record(sys.argv[1])))))
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
    printed = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"a measured process failed: {' '.join(arguments[:4])}")
    # Kibibytes on Linux, bytes on macOS.
    scale = 2**20 if sys.platform == "darwin" else 2**10
    return Run(time.perf_counter() - start, usage.ru_maxrss / scale, printed)


def _median(values: Sequence[float]) -> float:
    return statistics.median(values)


def _provider_modules(stack: str) -> list[str]:
    """The modules of Pulumi's packages that rendering a stack imports."""
    code = (
        "import json, sys\nfrom tooling import offline\noffline.record(sys.argv[1])\n"
        "print(json.dumps([m for m in sys.modules if m.split('.')[0].startswith('pulumi')]))"
    )
    return json.loads(_run(["-c", code, stack]).printed)


def _stack(stack: str, runs: int) -> None:
    modules = json.dumps(_provider_modules(stack))
    floors: list[Run] = []
    renders: list[Run] = []
    for _ in range(runs):
        floors.append(_run(["-c", _IMPORTS, modules]))
        renders.append(_run(["-m", "tooling.render", "--stack", stack]))
    seconds = _median([r.seconds for r in renders])
    ratio = _median([r.seconds / f.seconds for r, f in zip(renders, floors, strict=True)])
    memory = _median([r.memory for r in renders])
    floor = _median([f.memory for f in floors])
    # Not in this process: a child's peak is never below what its parent had when it was forked.
    chain: list[str] = json.loads(_run(["-c", _CHAIN, stack]).printed)
    print(
        f"  {stack:<6} render {seconds:5.2f} s, {ratio:4.2f} x importing its providers "
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


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="processes for each figure")
    runs = parser.parse_args().runs
    print(f"Stacks, medians of {runs} processes:")
    for stack in stacks():
        _stack(stack, runs)
    print(f"\nGrowth of dev with agent namespaces, medians of {runs} processes:")
    _agents(runs)


if __name__ == "__main__":
    main()
