"""The rule of requests and limits, for each section that has them."""

from __future__ import annotations

from collections.abc import Iterator

from components.kubernetes import quantities
from stacks.settings.machinery.problems import (
    Problem,
    full_key,
    set_command,
    show,
    to_change,
    to_decide,
)
from stacks.settings.sections.resources import Resources


def within_limit(path: str, resources: Resources) -> Iterator[Problem]:
    """The problem of a memory request above its limit, in the resources at ``path``."""
    memory, limit = resources.memory, resources.memory_limit
    if quantities.parse(memory) <= quantities.parse(limit):
        return
    rule = f"must not be above the limit, {path}.memoryLimit, which is {limit}"
    key = f"{path}.memory"
    given = resources.model_fields_set & {"memory", "memory_limit"}
    # What was not given follows from what was.
    if given == {"memory"}:
        fix = set_command(full_key(f"{key}Limit"), memory)
        yield Problem(full_key(key), show(memory), rule, fix)
    elif given == {"memory_limit"}:
        yield to_change(key, memory, rule, limit)
    else:
        yield to_decide(key, memory, rule)
