"""Recorded values as plain ones: secrets masked, JSON documents opened."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pulumi

from components.secrets.masking import MASK, masked_tree
from tooling.engineless.recording import UNKNOWN, Secret, convert
from tooling.kit.json_values import as_list, as_mapping, parsed
from tooling.render.model import RenderError

UNKNOWN_TEXT: Final = "[unknown]"


def plain(value: object, *, keep_secrets: bool = False) -> Any:  # noqa: ANN401 - JSON
    """A recorded value without marks. Secrets are masked: their keys stay, their values do not.

    A secret is what is marked as one, and what looks like one or has the name of one.
    """

    def leaf(item: object) -> object:
        if isinstance(item, Secret):
            if keep_secrets:
                return plain(item.value, keep_secrets=True)
            return convert(item.value, _masked)
        return UNKNOWN_TEXT if item == UNKNOWN else _scalar(item)

    found = convert(value, leaf)
    return found if keep_secrets else masked_tree(found)


def opened(value: object) -> Any:  # noqa: ANN401 - JSON
    """The value with each text that is a JSON object or array replaced by what it says."""

    def leaf(item: object) -> object:
        if isinstance(item, Secret):
            return Secret(opened(item.value))
        document = parsed(item)
        return item if document is None else document

    return convert(value, leaf)


def unknown_paths(value: object, path: str = "") -> Iterator[str]:
    """Where a value has parts that only the provider will know."""
    if isinstance(value, Secret):
        yield from unknown_paths(value.value, path)
    elif value == UNKNOWN:
        yield path
    for key, item in (as_mapping(value) or {}).items():
        yield from unknown_paths(item, f"{path}.{key}" if path else key)
    for index, item in enumerate(as_list(value) or []):
        yield from unknown_paths(item, f"{path}[{index}]")


def _masked(item: object) -> str:
    if isinstance(item, Secret):
        return convert(item.value, _masked)
    return UNKNOWN_TEXT if item == UNKNOWN else MASK


def _scalar(item: object) -> object:
    if item is None or isinstance(item, str | bool | int | float):
        return item
    if isinstance(item, pulumi.FileAsset | pulumi.FileArchive):
        return f"[file {item.path}]"
    raise RenderError(f"a value of type {type(item).__name__} cannot be shown")
