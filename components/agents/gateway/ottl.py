"""Statements of the collector's transformation language (OTTL). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def text(value: str) -> str:
    """A text in a statement, with its quotes."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def attribute(name: str, of: str = "span") -> str:
    """The path of an attribute."""
    return f"{of}.attributes[{text(name)}]"


def group(
    context: str, statements: Sequence[str], conditions: Sequence[str] = ()
) -> dict[str, Any]:
    """Statements about one kind of thing: ``resource``, ``scope``, ``span`` or ``spanevent``."""
    only = {"conditions": [*conditions]} if conditions else {}
    return {"context": context, **only, "statements": [*statements]}
