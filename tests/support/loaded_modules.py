"""The modules that a process has after it recorded stacks: one process, for all who ask."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Final

from stacks.stack_files import ROOT
from tests.support.shared import shared

_PROGRAM: Final = """
import json, sys
from tooling.engineless import offline

loaded = {}
def record(name, stack, monitoring):
    offline.record(stack, {"agent-observability:monitoring": monitoring})
    loaded[name] = sorted(sys.modules)

runbooks = {"runbooks": "https://git.example.com/docs"}
record("dev", "dev", None)
record("dev with alerts", "dev", {**runbooks, "prometheusRules": {}})
record("prod", "prod", None)
record("dev with dashboards", "dev", {**runbooks, "dashboards": {}})
print(json.dumps(loaded))
"""


@functools.cache
def loaded_modules() -> Mapping[str, frozenset[str]]:
    """All modules by the stack that was recorded last, in order: what one loaded stays."""
    return shared("loaded modules", _loaded)


def _loaded() -> dict[str, frozenset[str]]:
    ran = subprocess.run(
        [sys.executable, "-c", _PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )
    said = ran.stdout.splitlines()[-1]
    return {name: frozenset(modules) for name, modules in json.loads(said).items()}
