"""A stack with several keys changed at once, and whether each change arrives where it should."""

from __future__ import annotations

import fnmatch
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from components.project import PROJECT
from stacks import stack_files
from tests.support.wiring.changes import Changes, changes, leaves
from tests.support.wiring.keys import Configuration, Key, put, value_at
from tooling.engineless import offline
from tooling.engineless.recording import Recording

SAME: Final = object()
"""Expected at a place: the key's own value, or each part of it."""

ANY: Final = object()
"""Expected at a place: some other value than before."""


@dataclass(frozen=True)
class Holds:
    """Expected at a place: a text with this in it."""

    text: str


Row = Mapping[str, object]
"""Where a key's value has to arrive, and as what.

A place is ``Kind/name path``. In it ``*`` is any text, and ``{a,b}`` is two places.
"""


def to(*places: str) -> Row:
    """The row of a value that arrives as it is."""
    return dict.fromkeys(places, SAME)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A stack, and what the change of each of some keys has to reach there."""

    base: Configuration
    rows: Mapping[str, Row]
    """By the name of the key. What no row names must not change."""
    beside: Configuration = field(default_factory=dict[str, Any])
    """What the new values need beside them; None takes a key away."""


def changed(scene: Scene, known: Mapping[str, Key], values: Mapping[str, object]) -> Configuration:
    """The scene's stack with the new ``values`` of its keys."""
    configuration = scene.base
    for name in scene.rows:
        configuration = put(configuration, known[name], values[name])
    return stack_files.merge(configuration, scene.beside)


def record(configuration: Configuration) -> Recording:
    """What the program registers for a configuration."""
    return offline.record_configuration("test", _assembled(configuration))


def _assembled(configuration: Configuration) -> stack_files.StackConfiguration:
    full = {k if ":" in k else f"{PROJECT}:{k}": v for k, v in configuration.items()}
    return stack_files.assemble(full)


def mistakes(
    scene: Scene, known: Mapping[str, Key], after: Configuration, runs: tuple[Recording, Recording]
) -> list[str]:
    """What a run before and one ``after`` the change do not show of the scene's rows."""
    found = changes(*runs)
    given = _plain(after)
    unexplained = dict(found)
    missing: list[str] = []
    for name, row in scene.rows.items():
        for place, expected in _places(row):
            pattern = re.compile(fnmatch.translate(place))
            there = {p: value for p, value in found.items() if pattern.match(p)}
            for wanted in _wanted(expected, value_at(given, known[name])):
                met = [p for p, value in there.items() if _is(value, wanted)]
                for met_place in met:
                    unexplained.pop(met_place, None)
                if not met:
                    seen = _shown(there) or "nothing changes there"
                    missing.append(f"{name} does not reach {place} as {_words(wanted)}: {seen}")
    unasked = [f"no key of the scene should change {p} = {v!r}" for p, v in unexplained.items()]
    return [*missing, *sorted(unasked)]


def _plain(configuration: Configuration) -> Configuration:
    """A configuration as the program reads it, with placeholders for encrypted values."""
    values: dict[str, Any] = {}
    for key, text in _assembled(configuration).values.items():
        try:
            value: Any = json.loads(text)
        except ValueError:
            value = text
        values[key.removeprefix(f"{PROJECT}:")] = value
    return values


def _places(row: Row) -> Iterator[tuple[str, object]]:
    for places, expected in row.items():
        parts = [part.split(",") for part in re.split(r"[{}]", places)]
        # Text outside of braces may have commas too.
        parts = [p if index % 2 else [",".join(p)] for index, p in enumerate(parts)]
        for place in itertools.product(*parts):
            yield "".join(place), expected


def _wanted(expected: object, given: object) -> Iterator[object]:
    if expected is SAME:
        yield from leaves(given).values()
    else:
        yield expected


def _is(value: object, wanted: object) -> bool:
    if isinstance(wanted, Holds):
        return isinstance(value, str) and wanted.text in value
    return wanted is ANY or (value == wanted and isinstance(value, type(wanted)))


def _words(wanted: object) -> str:
    return "another value" if wanted is ANY else repr(wanted)


def _shown(there: Changes) -> str:
    return "; ".join(sorted({repr(value)[:120] for value in there.values()})[:4])
