"""Fixtures of the contract tests: each variant is run once."""

import pytest

from tests.support import stacks


@pytest.fixture(scope="session", params=list(stacks.VARIANTS))
def variant(request: pytest.FixtureRequest) -> str:
    """The name of a stack file or of a case beyond them."""
    return request.param


@pytest.fixture(scope="session", params=stacks.STACKS)
def stack(request: pytest.FixtureRequest) -> str:
    """The name of a stack file."""
    return request.param
