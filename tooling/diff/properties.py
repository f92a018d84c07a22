"""Which values of two JSON trees differ, and where. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tooling.diff.model import ABSENT, PropertyChange
from tooling.diff.snapshot import SECRET, UNKNOWN
from tooling.kit.json_values import Path, as_list, as_mapping, parsed

_NAMES: Final = ("name", "Sid", "key", "id", "alert", "title")
"""What items of a list are told apart by, where every item has it: not by their position."""


def changes(before: Any, after: Any, path: Path = ()) -> Iterator[PropertyChange]:  # noqa: ANN401
    """Every value that differs, deepest path each."""
    before, after = _opened(before, after)
    if before == after:
        return
    old, new = as_mapping(before), as_mapping(after)
    if old is not None and new is not None and not (_is_mark(old) or _is_mark(new)):
        for key in sorted(old.keys() | new.keys()):
            yield from changes(old.get(key, ABSENT), new.get(key, ABSENT), (*path, key))
        return
    olds, news = as_list(before), as_list(after)
    if olds is not None and news is not None:
        yield from _in_lists(olds, news, path)
        return
    yield PropertyChange(path=path, before=before, after=after)


def text(path: Path) -> str:
    """A path as Pulumi writes it: ``metadata.annotations["a.b/c"]``, ``containers[langfuse]``."""
    words = ""
    for part in path:
        if isinstance(part, int):
            words += f"[{part}]"
        elif part.startswith("["):
            words += part
        elif part.replace("_", "").replace("-", "").isalnum():
            words += f".{part}" if words else part
        else:
            words += f"[{json.dumps(part)}]"
    return words


def is_secret(value: object) -> bool:
    """Whether a value is the fingerprint of a secret."""
    mapping = as_mapping(value)
    return mapping is not None and list(mapping) == [SECRET]


def is_unknown(value: object) -> bool:
    """Whether a value is one that only the provider knows."""
    mapping = as_mapping(value)
    return mapping is not None and list(mapping) == [UNKNOWN]


def _is_mark(value: Mapping[str, Any]) -> bool:
    return is_secret(value) or is_unknown(value)


def _in_lists(olds: list[Any], news: list[Any], path: Path) -> Iterator[PropertyChange]:
    for name in _NAMES:
        old, new = _by(name, olds), _by(name, news)
        if old is not None and new is not None:
            for key in sorted(old.keys() | new.keys()):
                item = (*path, f"[{key}]")
                yield from changes(old.get(key, ABSENT), new.get(key, ABSENT), item)
            if old == new:
                yield PropertyChange(path=path, before=list(old), after=list(new))
            return
    if all(isinstance(item, str | int) for item in (*olds, *news)):
        yield PropertyChange(path=path, before=olds, after=news)
        return
    for index in range(max(len(olds), len(news))):
        yield from changes(
            olds[index] if index < len(olds) else ABSENT,
            news[index] if index < len(news) else ABSENT,
            (*path, index),
        )


def _by(name: str, items: list[Any]) -> dict[str, Any] | None:
    """Items by a value that all of them have and no two share."""
    found: dict[str, Any] = {}
    for item in items:
        key = (as_mapping(item) or {}).get(name)
        if not isinstance(key, str) or key in found:
            return None
        found[key] = item
    return found


def _opened(before: Any, after: Any) -> tuple[Any, Any]:  # noqa: ANN401 - JSON
    """The values of two texts that are JSON documents."""
    old, new = parsed(before), parsed(after)
    return (before, after) if old is None or new is None else (old, new)
