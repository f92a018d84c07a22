"""The rule of requests and limits, for each section that has them."""

from __future__ import annotations

from collections.abc import Iterator

from components.kubernetes import quantities
from stacks.settings.machinery.problems import (
    Problem,
    to_change,
)
from stacks.settings.sections.resources import Resources


def within_limit(path: str, resources: Resources) -> Iterator[Problem]:
    """The problem of a memory request above its limit, in the resources at ``path``."""
    if quantities.parse(resources.memory) > quantities.parse(resources.memory_limit):
        rule = f"must not be above the limit, {path}.memoryLimit, which is {resources.memory_limit}"
        yield to_change(f"{path}.memory", resources.memory, rule, resources.memory_limit)
