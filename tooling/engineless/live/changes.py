"""What a change of an object's inputs means: nothing, an update, or another object. Pure."""

from __future__ import annotations

import base64
import copy
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

from tooling.engineless import replacement
from tooling.kit.json_values import at


class Change(Enum):
    NONE = "unchanged"
    UPDATE = "updated"
    REPLACE = "replaced"


class UnsupportedPathError(Exception):
    """An ``ignore_changes`` path that is more than names and dots."""


def change(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    *,
    provider: Mapping[str, Any],
    declared: Iterable[str] = (),
) -> Change:
    """What has to happen to an object made from ``old`` so that it matches ``new``.

    ``provider``: the inputs of its provider. ``declared``: its ``replace_on_changes``.
    """
    if old == new:
        return Change.NONE
    rules = replacement.rules(
        replacement.object_type(new), new, old, provider=provider, declared=declared
    )
    return Change.REPLACE if replacement.replaces(old, new, rules) else Change.UPDATE


def ignoring(
    new: Mapping[str, Any], old: Mapping[str, Any], paths: Iterable[str]
) -> dict[str, Any]:
    """``new`` with what it had in ``old`` at the ignored ``paths``."""
    result = copy.deepcopy(dict(new))
    for path in paths:
        if not all(part.isidentifier() for part in path.split(".")):
            raise UnsupportedPathError(f"ignore_changes path {path} is not supported here")
        *parents, last = path.split(".")
        holder = result
        for part in parents:
            holder = holder.setdefault(part, {})
        if (kept := at(old, path)) is not None:
            holder[last] = copy.deepcopy(kept)
        else:
            holder.pop(last, None)
    return result


def manifest(inputs: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The object to send. A Secret's ``stringData`` is sent as ``data``: server-side apply does
    not notice a key that is gone from ``stringData``."""
    sent = copy.deepcopy(dict(inputs))
    sent["metadata"] = {**sent.get("metadata", {}), "name": name}
    if sent["kind"] == "Secret" and (texts := sent.pop("stringData", None)):
        encoded = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
        sent["data"] = {**sent.get("data", {}), **encoded}
    return sent
