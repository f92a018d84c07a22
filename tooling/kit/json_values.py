"""JSON values: whether one is a mapping or a list, and what is at a path inside one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, cast

Path = tuple[str | int, ...]
"""Keys, list positions, and names of list items in brackets: ``("env", "[PORT]")``."""


def as_mapping(value: object) -> Mapping[str, Any] | None:
    """``value`` if it is a mapping. Configuration and inputs are JSON: keys are text."""
    # Most values are one of these two, and are told apart in a tenth of the time.
    if isinstance(value, dict):
        return cast("dict[str, Any]", value)
    if isinstance(value, str):
        return None
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else None


def as_list(value: object) -> list[Any] | None:
    """``value`` if it is a list."""
    return cast("list[Any]", value) if isinstance(value, list) else None


def parsed(value: object) -> Any:  # noqa: ANN401 - JSON
    """What a text says that is a JSON object or array; None for any other value."""
    if not isinstance(value, str) or value[:1] not in {"{", "["}:
        return None
    try:
        return json.loads(value)
    except ValueError:
        return None


def at(value: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401 - JSON
    """The value at a property path; None where the path ends early."""
    found: Any = value
    for part in _keys(path):
        found = (as_mapping(found) or {}).get(part)
    return found


def covers(pattern: str, path: Path) -> bool:
    """Whether a path is the one that a property path names, or below it. ``*`` is any."""
    parts = [] if pattern == "*" else _keys(pattern)
    keys = [part for part in path if isinstance(part, str) and not part.startswith("[")]
    return keys[: len(parts)] == parts


def _keys(path: str) -> list[str]:
    """The keys of a property path: ``metadata.labels["app.kubernetes.io/name"]`` has three
    (https://www.pulumi.com/docs/iac/concepts/miscellaneous/property-paths/)."""
    return [quoted or plain for quoted, plain in re.findall(r'\["([^"]*)"\]|([^.\[\]]+)', path)]
