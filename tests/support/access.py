"""The project `access/` as a program, recorded without an engine."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any, Final

from stacks import stack_files
from stacks.stack_files import ROOT, StackConfiguration
from tooling.engineless import offline
from tooling.engineless.recording import Recording

FOLDER: Final = ROOT / "access"


def read(stack: str = "prod", overrides: Mapping[str, Any] | None = None) -> StackConfiguration:
    """The project's configuration of a stack."""
    return stack_files.read(stack, overrides, project=FOLDER)


def recorded(overrides: Mapping[str, Any] | None = None, *, preview: bool = False) -> Recording:
    """What the program registers for its example file with ``overrides``. Not to be changed."""
    return _recorded(json.dumps(overrides or {}, sort_keys=True), preview)


@functools.cache
def _recorded(overrides: str, preview: bool) -> Recording:
    return record(read("prod", json.loads(overrides)), preview=preview)


def record(configuration: StackConfiguration, *, preview: bool = False) -> Recording:
    """What the program registers for a configuration of stack ``prod``."""
    return offline.record_configuration("prod", configuration, preview=preview, project=FOLDER)
