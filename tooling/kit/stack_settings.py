"""The settings of a stack file, read without the engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stacks import settings, stack_files
from stacks.settings import Settings


def read_settings(stack: str, overrides: Mapping[str, Any] | None = None) -> Settings:
    """The settings of ``stack`` with ``overrides`` by full key, and placeholders for what is
    encrypted; raises ``StackFileError`` or ``ConfigurationError``."""
    found = stack_files.read(stack, overrides)
    return settings.read(stack, found.values, set(found.secret_keys))
