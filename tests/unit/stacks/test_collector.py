"""What a program says to the garbage collector."""

from __future__ import annotations

import subprocess
import sys

import pytest

from stacks.stack_files import ROOT

pytestmark = pytest.mark.programs

_PROGRAM = """
import atexit, gc
from stacks.collector import collect_less

atexit.register(lambda: print(gc.get_freeze_count() > 1000))
collect_less()
print(gc.isenabled(), gc.get_threshold()[0] > 10_000, gc.get_freeze_count())
"""


def test_it_collects_less_often_and_walks_through_nothing_at_the_end() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", _PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert ran.stdout.split() == ["True", "True", "0", "True"]
