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


def first(target: str, sources: Sequence[str], function: str = "") -> list[str]:
    """Statements by which the first of the attributes that there is becomes the target, if that has
    no value yet. ``function`` converts it."""
    return [
        f"set({attribute(target)}, {_through(function, attribute(source))}) "
        f"where {attribute(target)} == nil and {attribute(source)} != nil"
        for source in sources
    ]


def _through(function: str, path: str) -> str:
    return f"{function}({path})" if function else path
