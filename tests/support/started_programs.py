"""Holds that only tests with the mark ``programs`` start another program.

They are a tier of their own, ``make test-programs``: what they take depends on that program.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import pytest

MARK: Final = "programs"
_FOLDERS: Final = frozenset({"unit", "contract", "prometheus"})
"""Folders of tests that ``make test`` and ``make test-programs`` share."""

_started: Final[list[str]] = []


def watch() -> None:
    """Take note of each process that is started from now on, for good."""
    sys.addaudithook(_note)


def begin() -> None:
    """Forget what was started before this test."""
    _started.clear()


def fault(item: pytest.Item) -> str | None:
    """What a test has started without being marked."""
    parts = item.path.relative_to(item.config.rootpath).parts
    if not _started or parts[1] not in _FOLDERS or item.get_closest_marker(MARK):
        return None
    names = ", ".join(sorted({Path(program).name for program in _started}))
    return f"it starts {names}: mark it with @pytest.mark.{MARK} (docs/testing.md)"


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event == "subprocess.Popen":
        _started.append(str(arguments[0]))
