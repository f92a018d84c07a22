"""A folder that the processes of one test run share. Imports nothing of the product."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

_NAME: Final = "PYTEST_SHARED_FOLDER"
"""The variable that names it: the first process of a run makes the folder, others inherit it."""


def begin() -> None:
    """Make the folder of this run, unless another process of it has."""
    if _NAME not in os.environ:
        os.environ[_NAME] = tempfile.mkdtemp(prefix="agent-observability-tests-")


def end() -> None:
    """Remove the folder of this run."""
    shutil.rmtree(os.environ.pop(_NAME, ""), ignore_errors=True)


def folder() -> Path:
    """The folder of this run."""
    return Path(os.environ[_NAME])
