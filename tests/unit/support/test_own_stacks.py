"""The stack files of the tiers that deploy."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacks import settings, stack_files
from tests.support.own_stacks import STACKS, own_stacks


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_file_of_the_repository_is_not_read(tmp_path: Path, stack: str) -> None:
    repository = stack_files.ROOT

    with own_stacks(tmp_path):
        found = stack_files.read(stack)
        known = stack_files.stacks()

    assert known == ["dev", "four", "prod"]
    own = stack_files.assemble(STACKS[stack]).values
    assert {key: found.values[key] for key in own} == own
    settings.read(stack, found.values, set(found.secret_keys))
    assert repository == stack_files.ROOT
