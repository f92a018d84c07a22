"""One folder for each collector, and the collector itself: built before the first test."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from components.agents.gateway.settings import GatewaySettings
from tests.support.collector import program
from tests.support.trace_recorder import TraceRecorder


@pytest.fixture(scope="session", autouse=True)
def otelcol() -> Path:
    return program()


@pytest.fixture
def langfuse() -> Generator[TraceRecorder]:
    with TraceRecorder() as recorder:
        yield recorder


@pytest.fixture
def langsmith() -> Generator[TraceRecorder]:
    with TraceRecorder() as recorder:
        yield recorder


@pytest.fixture
def settings(langfuse: TraceRecorder) -> GatewaySettings:
    """A gateway as small as one can be."""
    return GatewaySettings(
        langfuse_url=langfuse.url, memory_limit=256 * 2**20, queue_bytes=100 * 2**20
    )
