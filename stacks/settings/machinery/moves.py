"""The commands that move a value from a key that is not read to the one that was meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, get_args

from pydantic import JsonValue
from pydantic.fields import FieldInfo

from stacks.settings.machinery import repairs
from stacks.settings.machinery.places import Place, locate
from stacks.settings.machinery.problems import join, remove_command, set_command
from stacks.settings.machinery.shape import Annotation, bare, fields, is_secret, type_of

_ALIKE: Final = 0.75
"""Similarity of a key to the one that is meant by it: `kubeContext` and `context` have 0.78."""

_APART: Final = 0.05
"""How much more it resembles that one than any other: `replicas` may be fewest or most."""

_MOST: Final = 10
"""Values that one fix moves."""

_STEP: Final = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")


@dataclass(frozen=True)
class Section:
    """A section as it is configured."""

    key: str
    """Its full key, or a namespace with its colon."""
    root: Annotation
    document: JsonValue

    def renamed(self, place: Place, value: JsonValue) -> str:
        """The commands for an unknown key that resembles one which is not given."""
        known = fields(place.model) if place.model is not None else {}
        *parent, name = place.path
        meant = closest(str(name), known)
        if meant is None or meant in keys_of(self._at(parent)):
            return ""
        old, new = join(self.key, place.path), join(self.key, (*parent, meant))
        field = known[meant]
        return command(remove_command(old), new, value, field, type_of(field))

    def respelt(self, place: Place) -> str:
        """The commands for a key of a mapping that is spelt otherwise, where that one is free."""
        *parent, name = place.path
        mapping = self._at(parent)
        if not isinstance(mapping, dict):
            return ""
        names = get_args(bare(locate(self.root, parent).annotation))[0]
        for meant in repairs.respelt(str(name), None, names):
            if meant not in mapping and repairs.accepts(None, names, meant):
                old, new = (join(self.key, (*parent, n)) for n in (name, meant))
                return command(remove_command(old), new, mapping[str(name)], None, place.annotation)
        return ""

    def put(self, path: str, values: Sequence[JsonValue], removal: str) -> str:
        """The commands for a value that was set without ``--path``, where the path is free.

        ``values``: what it may be, the text of a number or the number.
        """
        steps = [int(index) if index else name for name, index in _STEP.findall(path)]
        place = locate(self.root, steps)
        *parent, name = steps
        if place.annotation is None or self._at(steps) is not None:
            return ""
        items = self._at(parent)
        there = len(items) if isinstance(items, list) else 0
        if isinstance(name, int) and name > there:  # it would leave a gap
            return ""
        new = join(self.key, steps)
        options = (command(removal, new, v, place.field, place.annotation) for v in values)
        return next(filter(None, options), "")

    def _at(self, path: Iterable[int | str]) -> JsonValue:
        """What is configured at a path; None for nothing."""
        value = self.document
        for part in path:
            if isinstance(value, dict) and isinstance(part, str):
                value = value.get(part)
            elif isinstance(value, list) and isinstance(part, int) and part < len(value):
                value = value[part]
            else:
                return None
        return value


def keys_of(value: JsonValue) -> Iterable[str]:
    """The keys of an object; none of anything else."""
    return value.keys() if isinstance(value, dict) else ()


def closest(name: str, known: Iterable[str]) -> str | None:
    """The one key that is meant by an unknown one, or None where that is not certain."""
    alike = sorted(
        ((difflib.SequenceMatcher(None, key.lower(), name.lower()).ratio(), key) for key in known),
        reverse=True,
    )
    (best, key), (second, _) = (*alike, (0.0, ""), (0.0, ""))[:2]
    return key if best >= _ALIKE and best - second >= _APART else None


def command(
    removal: str, new: str, value: JsonValue, field: FieldInfo | None, annotation: Annotation
) -> str:
    """The commands that give ``new`` a value that it accepts, and then remove the old key."""
    if is_secret(annotation) and isinstance(value, str):
        return f"{set_command(new, '', secret=True)} && {removal}"
    leaves = list(_leaves((), value))
    fit = all(isinstance(leaf, bool | int | str) for _, leaf in leaves)
    if not (0 < len(leaves) <= _MOST and fit and repairs.accepts(field, annotation, value)):
        return ""
    commands = [set_command(join(new, path), leaf) for path, leaf in leaves]
    return " && ".join((*commands, removal))


def _leaves(
    path: tuple[int | str, ...], value: JsonValue
) -> Iterator[tuple[tuple[int | str, ...], JsonValue]]:
    """What an object or a list holds, with the way there; an empty one is a leaf itself."""
    if isinstance(value, dict) and value:
        for key, part in value.items():
            yield from _leaves((*path, key), part)
    elif isinstance(value, list) and value:
        for index, part in enumerate(value):
            yield from _leaves((*path, index), part)
    else:
        yield path, value
