"""Which tests may start a program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support import started_programs

ROOT = Path("/repository")


def item(file: str, *marks: str) -> Any:  # noqa: ANN401 - a stand-in
    """A test in a file, with marks."""
    config = SimpleNamespace(rootpath=ROOT)
    found = dict.fromkeys(marks, True).get
    return SimpleNamespace(path=ROOT / file, config=config, get_closest_marker=found)


@pytest.mark.programs
def test_a_process_is_seen_with_the_name_of_its_program() -> None:
    subprocess.run([sys.executable, "-c", ""], check=True)

    assert started_programs.fault(item("tests/unit/a/test_a.py")) == (
        f"it starts {Path(sys.executable).name}: mark it with @pytest.mark.programs "
        "(docs/testing.md)"
    )
    started_programs.begin()
    assert started_programs.fault(item("tests/unit/a/test_a.py")) is None


@pytest.mark.programs
@pytest.mark.parametrize(
    ("file", "marks", "refused"),
    [
        ("tests/unit/a/test_a.py", (), True),
        ("tests/contract/test_a.py", ("engine",), True),
        ("tests/prometheus/test_a.py", (), True),
        ("tests/prometheus/test_a.py", ("programs",), False),
        ("tests/cluster/test_a.py", (), False),
        ("tests/engine/test_a.py", (), False),
        ("tests/clickhouse/test_a.py", (), False),
    ],
)
def test_who_may_start_one(file: str, marks: tuple[str, ...], *, refused: bool) -> None:
    subprocess.run([sys.executable, "-c", ""], check=True)

    assert (started_programs.fault(item(file, *marks)) is not None) is refused
