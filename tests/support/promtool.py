"""Prometheus's own tool: checks rules, and evaluates expressions on series that a test gives.

https://prometheus.io/docs/prometheus/latest/configuration/unit_testing_rules/
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

_SECONDS: Final = 60


def promtool_is_there() -> bool:
    return shutil.which("promtool") is not None


needs_promtool = pytest.mark.skipif(
    not promtool_is_there(),
    reason="promtool is not installed (Debian and Ubuntu: apt-get install prometheus)",
)


def check_rules(groups: Sequence[Mapping[str, Any]]) -> str:
    """What promtool has against rule groups; empty if nothing."""
    return _run("check", groups, [], "1m")


def run_tests(
    groups: Sequence[Mapping[str, Any]],
    tests: Sequence[Mapping[str, Any]],
    *,
    every: str = "1m",
) -> str:
    """What failed of promtool ``tests`` (its own format) of rule groups; empty if nothing did.

    ``every``: how often the rules are evaluated. A test over days needs no minutes.
    """
    return _run("test", groups, tests, every)


def _run(
    command: str,
    groups: Sequence[Mapping[str, Any]],
    tests: Sequence[Mapping[str, Any]],
    every: str,
) -> str:
    with tempfile.TemporaryDirectory() as folder:
        rules, cases = Path(folder) / "rules.yaml", Path(folder) / "tests.yaml"
        # JSON is YAML, and is written in a tenth of the time.
        rules.write_text(json.dumps({"groups": list(groups)}), encoding="utf-8")
        content = {"rule_files": [rules.name], "evaluation_interval": every, "tests": list(tests)}
        cases.write_text(json.dumps(content), encoding="utf-8")
        file = rules if command == "check" else cases
        done = subprocess.run(
            ["promtool", command, "rules", str(file)],  # noqa: S607 - found by needs_promtool
            # A process of a second: garbage is cheaper than its collection.
            env={**os.environ, "GOGC": "400"},
            check=False,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
    return "" if done.returncode == 0 else f"{done.stdout}{done.stderr}"
