"""One local control plane for the session, and a stack of version 2 and one of version 4 on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.live_stack import LiveStack
from tests.support.own_stacks import own_stacks
from tooling.cluster import Cluster, temporary_cluster
from tooling.kubernetes.api import Api


@pytest.fixture(scope="session", autouse=True)
def stack_files_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with own_stacks(tmp_path_factory.mktemp("stacks")):
        yield


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with temporary_cluster() as started:
        yield started


@pytest.fixture(scope="session")
def api(cluster: Cluster) -> Iterator[Api]:
    with Api(cluster.kubeconfig, cluster.context) as connected:
        yield connected


@pytest.fixture(scope="session")
def dev(cluster: Cluster, api: Api, tmp_path_factory: pytest.TempPathFactory) -> LiveStack:
    return LiveStack(cluster, api, tmp_path_factory.mktemp("dev") / "state.json")


@pytest.fixture
def stack(dev: LiveStack) -> LiveStack:
    """The dev stack as its stack file has it, whatever the test before did to it."""
    dev.up()
    return dev


@pytest.fixture
def small(cluster: Cluster, api: Api, tmp_path: Path) -> Iterator[LiveStack]:
    """A stack for a program of the test's own, which is removed after it."""
    stack = LiveStack(cluster, api, tmp_path / "state.json")
    yield stack
    stack.destroy()
