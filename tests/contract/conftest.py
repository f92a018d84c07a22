"""Fixtures of the contract tests: each variant is run once."""

import pytest

from tests.support import stacks
from tests.support.bases import BASES


@pytest.fixture(scope="session", params=list(stacks.VARIANTS))
def variant(request: pytest.FixtureRequest) -> str:
    """The name of a base or of a case beyond them."""
    return request.param


@pytest.fixture(scope="session", params=list(BASES))
def base(request: pytest.FixtureRequest) -> str:
    """The name of a stack file in the tests."""
    return request.param
