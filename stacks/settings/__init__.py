"""The configuration of a stack: read once, checked as a whole, frozen.

``load()`` raises ``ConfigurationError`` with every problem at once: key, value found, rule, and the
command that fixes it. ``access/settings.py`` reads its project's keys by the same machinery.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Final

import pulumi

from components.project import PROJECT
from stacks.settings import rules
from stacks.settings.machinery import reader
from stacks.settings.machinery.problems import ConfigurationError, Problem
from stacks.settings.machinery.section import Section
from stacks.settings.machinery.shape import alias
from stacks.settings.rules.aws import stack_name
from stacks.settings.settings import Settings

__all__ = ["ConfigurationError", "Problem", "Section", "Settings", "load", "read"]

_READER: Final = reader.Reader(
    Settings,
    {
        name: "aws:" if name == "aws" else f"{PROJECT}:{alias(Settings, name)}"
        for name in Settings.model_fields
        if name != "stack"
    },
    checks=rules.CHECKS,
    elsewhere={"kubernetes": f"is not read: the cluster is named by {PROJECT}:cluster"},
)


def load() -> Settings:
    """The settings of the running stack."""
    given = reader.running()
    return read(pulumi.get_stack(), given.values, given.secret_keys)


def read(stack: str, values: Mapping[str, str], secret_keys: Set[str]) -> Settings:
    """Settings from configuration as the engine passes it.

    ``values`` maps full keys to text (JSON for objects); ``secret_keys`` are those that hold an
    encrypted value. Raises ``ConfigurationError``.
    """
    found = _READER.read(reader.Configuration(values, secret_keys))
    problems = [*found.problems, *stack_name(stack, found.sections.get("cluster"))]
    if problems:
        raise ConfigurationError(stack, problems)
    return Settings.model_construct(stack=stack, **found.sections)
