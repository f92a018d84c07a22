"""What every tier shares: a folder for each run, and a collector that leaves the SDKs alone."""

from __future__ import annotations

import gc
from collections.abc import Generator

import pytest

from stacks.collector import collect_less
from tests.support import run_folder, started_programs
from tests.support.brief_workers import send_less


def pytest_configure(config: pytest.Config) -> None:
    collect_less()
    run_folder.begin()
    send_less(config.pluginmanager.get_plugins())
    started_programs.watch()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove what the processes of the run shared, in the one that began it."""
    if not hasattr(config, "workerinput"):
        run_folder.end()


def pytest_collection_finish() -> None:
    """Exclude what collection imported from every later search for garbage."""
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None]:
    started_programs.begin()
    yield


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    yield
    if (fault := started_programs.fault(item)) is not None:
        pytest.fail(fault, pytrace=False)
