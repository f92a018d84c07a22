"""YAML as Pulumi's engine reads it: libyaml's syntax, and the scalars of go-yaml 3.

Neither YAML 1.1 nor 1.2: `yes` is text, `010` is 8, a date is a time. Read from gopkg.in/yaml.v3
3.0.1 (resolve.go, decode.go); ``tests/unit/stacks/engine_yaml.json`` has the engine's own answers.
"""

from __future__ import annotations

import base64
import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, cast

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from yaml.reader import ReaderError

from stacks.engine_scalars import BINARY, STR, NotOfTagError, key_text, resolve, short_tag

_LOADER: Final = getattr(yaml, "CLoader", yaml.Loader)
"""libyaml itself, of which go-yaml is a translation, where PyYAML was built with it."""

_DEEPEST: Final = 100
_MOST_VALUES: Final = 400_000
"""With what aliases repeat. The engine refuses a file of which 99 % is repeated."""


_SLASH: Final = re.compile(r"(?<!\\)(?:\\\\)*\\/")
"""JSON's escape, which libyaml knows and go-yaml does not."""


class EngineYamlError(Exception):
    """The engine does not read the document. The message quotes nothing of it: a secret may be
    there. ``line`` counts from 1; None where it is not known."""

    def __init__(self, reason: str, line: int | None = None, column: int | None = None) -> None:
        self.reason, self.line, self.column = reason, line, column
        where = "" if line is None else f"line {line}, "
        where += "" if line is None or column is None else f"column {column}, "
        super().__init__(f"{where.removesuffix(', ')}: {reason}" if where else reason)


def load(data: bytes) -> object:
    """The first document of a file: None, bool, int, float, str, lists and ``Located`` mappings.

    The engine reads no further. A value that an alias repeats is the same object. Raises
    ``EngineYamlError``.
    """
    # The engine takes the mark away first, and the parser one more.
    data = data.removeprefix(codecs.BOM_UTF8).removeprefix(codecs.BOM_UTF8)
    if inside := re.search(rb"^\xef\xbb\xbf", data, re.MULTILINE):
        raise EngineYamlError(
            "a byte order mark inside of the file", _line_at(data, inside.start())
        )
    try:
        return _Document(data).value()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (None, None) if mark is None else (mark.line + 1, mark.column + 1)
        raise EngineYamlError(error.problem or "it cannot be parsed", *place) from None
    except ReaderError as error:
        raise EngineYamlError(error.reason, _line_at(data, error.position)) from None


class Located(dict[str, object]):
    """A mapping that knows the line of each of its own keys, from 1.

    ``not_text``: the keys that are written as something else, such as a number, or have a tag."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, int] = {}
        self.not_text: list[str] = []


@dataclass
class _Anchor:
    """What an alias repeats. ``size``: the values in it."""

    value: object = None
    size: int = 0
    complete: bool = False


@dataclass
class _Key:
    """A key as it is written; an alias is compared by its name, as in go-yaml."""

    event: Event
    value: object
    same_as: tuple[type[Event], str] = field(init=False)

    def __post_init__(self) -> None:
        event = self.event
        text = event.value if isinstance(event, ScalarEvent) else getattr(event, "anchor", "")
        self.same_as = type(event), text if isinstance(event, ScalarEvent | AliasEvent) else ""

    @property
    def tagged(self) -> bool:
        return short_tag(getattr(self.event, "tag", None)) not in ("", STR)

    @property
    def merges(self) -> bool:
        """Quoted or not: the engine writes the file once more, without the quotes."""
        return self.value == "<<"


class _Document:
    def __init__(self, data: bytes) -> None:
        self._events: Iterator[Event] = cast("Any", yaml).parse(data, Loader=_LOADER)
        self._text = data.decode(errors="replace") if rb"\/" in data else ""
        self._anchors: dict[str, _Anchor] = {}
        self._size = 0
        self._depth = 0
        self._in_brackets = 0

    def value(self) -> object:
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                if event.version not in (None, (1, 1)):
                    raise _error(event, "the engine reads %YAML 1.1 alone")
                result = self._node(next(self._events))
                next(self._events)  # the document's end: what stands behind a value is refused
                return result
        return None

    def _node(self, event: Event) -> object:
        self._count(event, 1)
        if isinstance(event, AliasEvent):
            return self._repeated(event)
        anchor = _Anchor()
        if name := getattr(event, "anchor", None):
            self._anchors[name] = anchor
        before = self._size
        if isinstance(event, ScalarEvent):
            self._known_to_the_engine(event)
            anchor.value = _scalar(event)
        elif isinstance(event, SequenceStartEvent):
            anchor.value = self._sequence(event)
        else:
            anchor.value = self._mapping(cast("MappingStartEvent", event))
        anchor.size, anchor.complete = self._size - before + 1, True
        return anchor.value

    def _known_to_the_engine(self, event: ScalarEvent) -> None:
        """What libyaml reads since 0.2.1, and its translation to Go does not."""
        if event.style == '"' and _SLASH.search(self._text[_span(event)]):
            raise _error(event, "a slash is escaped, which the engine does not know")
        if self._in_brackets and not event.style and "?" in event.value:
            raise _error(event, "text with a '?' has to be quoted inside of brackets")

    def _repeated(self, event: AliasEvent) -> object:
        anchor = self._anchors.get(cast("str", event.anchor))
        if anchor is None:
            raise _error(event, "an alias has no anchor before it")
        if not anchor.complete:
            raise _error(event, "an alias repeats what it is a part of")
        self._count(event, anchor.size)
        return anchor.value

    def _sequence(self, event: SequenceStartEvent) -> list[object]:
        result: list[object] = []
        self._enter(event)
        while not isinstance(inner := next(self._events), SequenceEndEvent):
            result.append(self._node(inner))
        self._leave(event)
        return result

    def _mapping(self, event: MappingStartEvent) -> Located:
        pairs: list[tuple[_Key, Event, object]] = []
        lines: dict[tuple[type[Event], str], int] = {}
        self._enter(event)
        while not isinstance(inner := next(self._events), MappingEndEvent):
            key = _Key(inner, self._node(inner))
            if (first := lines.get(key.same_as)) is not None:
                raise _error(inner, f"the key is given twice, first in line {first}")
            lines[key.same_as] = _line(inner)
            value = next(self._events)
            pairs.append((key, value, self._node(value)))
        self._leave(event)
        return _merged(pairs)

    def _enter(self, event: MappingStartEvent | SequenceStartEvent) -> None:
        self._depth += 1
        self._in_brackets += bool(event.flow_style)
        if self._depth > _DEEPEST:
            raise _error(event, f"it is nested more than {_DEEPEST} deep")

    def _leave(self, event: MappingStartEvent | SequenceStartEvent) -> None:
        self._depth -= 1
        self._in_brackets -= bool(event.flow_style)

    def _count(self, event: Event, values: int) -> None:
        self._size += values
        if self._size > _MOST_VALUES:
            raise _error(event, f"aliases repeat more than {_MOST_VALUES} values")


def _merged(pairs: list[tuple[_Key, Event, object]]) -> Located:
    """The mapping's own keys, then those that it takes over with ``<<``."""
    result = Located()
    for key, _, value in pairs:
        if key.merges:
            continue
        if isinstance(key.value, dict | list) or key.value != key.value:  # not a number
            raise _error(key.event, "a key has to be text")
        name = key.value if isinstance(key.value, str) else key_text(key.value)
        if not isinstance(key.value, str) or key.tagged:
            result.not_text.append(name)
        if name in result:
            raise _error(key.event, "the key is given twice, in two forms")
        result[name] = value
        result.lines[name] = _line(key.event)
    for key, event, value in pairs:
        for source in _sources(event, value) if key.merges else ():
            for name, inner in source.items():
                result.setdefault(name, inner)
    return result


def _sources(event: Event, value: object) -> list[dict[str, object]]:
    items: list[object] = [value]
    if isinstance(event, SequenceStartEvent):
        items = cast("list[object]", value)
    if not all(isinstance(item, dict) for item in items):
        raise _error(event, "only a mapping, or a list of mappings, can be merged with <<")
    return cast("list[dict[str, object]]", items)


def _scalar(event: ScalarEvent) -> object:
    tag, text = short_tag(event.tag), event.value
    if tag == "" and event.style:  # libyaml's parser has an empty one for plain text
        tag = STR
    try:
        if tag == BINARY:
            plain = text.replace("\n", "").replace("\r", "")
            return base64.b64decode(plain, validate=True).decode(errors="replace")
        return resolve(tag, text)
    except NotOfTagError:
        raise _error(event, "the value is not of the type that its tag names") from None
    except ValueError:  # binascii's error is one, and so is that for other letters
        raise _error(event, "the value is not valid base64") from None


def _span(event: Event) -> slice:
    marked = cast("Any", event)
    return slice(marked.start_mark.index, marked.end_mark.index)


def _line_at(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1


def _line(event: Event) -> int:
    return int(cast("Any", event).start_mark.line) + 1


def _error(event: Event, reason: str) -> EngineYamlError:
    return EngineYamlError(reason, _line(event), int(cast("Any", event).start_mark.column) + 1)
