"""The project `access/` as a program, recorded without an engine."""

from __future__ import annotations

import functools
import json
import runpy
from collections.abc import Mapping
from typing import Any, Final

from stacks import stack_files
from stacks.stack_files import ROOT, StackConfiguration
from tooling.engineless import offline, recording
from tooling.engineless.recording import Recording

FOLDER: Final = ROOT / "access"


def recorded(overrides: Mapping[str, Any] | None = None, *, preview: bool = False) -> Recording:
    """What the program registers for its example file with ``overrides``. Not to be changed."""
    return _recorded(json.dumps(overrides or {}, sort_keys=True), preview)


@functools.cache
def _recorded(overrides: str, preview: bool) -> Recording:
    given = stack_files.read("prod", json.loads(overrides), folder=FOLDER)
    return record(given, preview=preview)


def record(configuration: StackConfiguration, *, preview: bool = False) -> Recording:
    """What the program registers for a configuration of stack ``prod``."""

    def body() -> None:
        runpy.run_path(str(FOLDER / "__main__.py"), run_name="__main__")

    backend = offline.OfflineBackend(preview=preview)
    return recording.run("prod", configuration, backend, body, preview=preview)
