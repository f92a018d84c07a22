"""Stack files of the tests' own, and the time that each step on the engine took."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.support import real_engine
from tests.support.own_stacks import own_stacks


@pytest.fixture(scope="session", autouse=True)
def stack_files_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with own_stacks(tmp_path_factory.mktemp("stacks")):
        yield


@pytest.fixture(scope="session", autouse=True)
def _unheard() -> None:
    """The program of an engine that was killed is left in the middle of its work, and says so when
    its parts are collected: in whichever test that is, or after the last. So for good."""
    sys.unraisablehook = lambda _unraisable: None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if real_engine.TIMES:
        terminalreporter.section("times on the engine")
        for step, seconds in real_engine.TIMES:
            terminalreporter.write_line(f"{seconds:6.1f} s  {step}")
