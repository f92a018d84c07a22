"""The configuration's keys, as the models have them, and another value for each."""

from __future__ import annotations

import copy
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import NoneType
from typing import Annotated, Any, Final, Literal, get_args, get_origin

import annotated_types
from pydantic import Field, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from stacks.settings import Section, Settings
from stacks.settings.machinery.shape import fields, is_secret, item, literals, metadata

Configuration = Mapping[str, Any]
"""A stack file's sections by key, and AWS's keys."""

ABSENT: Final = "(absent)"
"""The value of what is not there."""

PLAIN_NAME: Final = "AUTH_IGNORE_ACCOUNT_FIELDS"
SECRET_NAME: Final = "ADMIN_API_KEY"
"""The one name in a mapping of free names, such as labels, and in one of secrets: as Langfuse's
variables they are read in every release, and take every text."""

_FIRST: Final = "[]"
_THAT_HAS_IT: Final = "{}"
_NO_SECTION: Final = {"stack", "aws"}
"""The stack's name is not configured; AWS's keys have a namespace of their own."""


@dataclass(frozen=True, kw_only=True)
class Key:
    """A key of the configuration that has no keys below it, or a section that can be left out."""

    name: str
    """As ``database.rds.iops``: the kind of a section of several kinds follows its name."""
    path: tuple[str, ...]
    """Where its value is in a stack file; ``[]`` is the first item of a list, and ``{}`` the first
    object of a mapping that has the key."""
    field: FieldInfo


def keys() -> dict[str, Key]:
    """Every key of a stack file by name."""
    sections = {key: f for key, f in fields(Settings).items() if key not in _NO_SECTION}
    (aws,) = _models(Settings.model_fields["aws"].annotation)
    sections |= {f"aws:{key}": field for key, field in fields(aws).items()}
    return {key.name: key for key in _keys("", (), sections)}


def _keys(prefix: str, path: tuple[str, ...], known: Mapping[str, FieldInfo]) -> Iterator[Key]:
    for key, field in known.items():
        models = list(_models(field.annotation))
        if not models or NoneType in get_args(field.annotation):
            yield Key(name=prefix + key, path=(*path, key), field=field)
        origin = get_origin(field.annotation)
        holder = _FIRST if origin is tuple else _THAT_HAS_IT if origin is dict else ""
        inside = (*path, key, holder) if holder else (*path, key)
        for model in models:
            kind = f".{_kind(model)}" if len(models) > 1 else ""
            name = f"{prefix}{key}{holder}{kind}."
            yield from _keys(name, inside, fields(model))


def _models(annotation: Any) -> Iterator[type[Section]]:  # noqa: ANN401 - a type
    """The sections that a type holds; several for a section of several kinds."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
        return
    for part in get_args(annotation):
        yield from _models(part)


def _kind(model: type[Section]) -> str:
    """The one value of the key that selects this kind of a section."""
    (kind,) = (
        get_args(field.annotation)[0]
        for name, field in model.model_fields.items()
        if name == "engine" and get_origin(field.annotation) is Literal
    )
    return kind


def other_value(key: Key, now: object) -> object:
    """A valid value of ``key`` that is not ``now``; ``ABSENT`` where the type tells none.

    Of a section that is there, None, which leaves it out.
    A text names its key, so that no two keys have the same one.
    """
    field = key.field
    if any(_models(field.annotation)) and now is not ABSENT:
        return None
    annotation: Any = Annotated[(field.annotation, *field.metadata, Field(examples=field.examples))]
    given = field.get_default() if now is ABSENT else now
    words = re.sub(r"[^a-z]+", "-", key.name.lower()).strip("-")
    for value in _candidates(annotation, words, given):
        if value != given and _is_valid(annotation, value):
            return value
    return ABSENT


def _is_valid(annotation: Any, value: object) -> bool:  # noqa: ANN401 - a type
    if is_secret(annotation):
        return True  # it is encrypted, and a placeholder replaces it
    try:
        TypeAdapter[Any](annotation).validate_json(json.dumps(value), strict=True)
    except ValidationError:
        return False
    return True


def _candidates(annotation: Any, words: str, now: object) -> Iterator[object]:  # noqa: ANN401
    said = list(metadata(annotation))
    holder = next((t for t in _parts(annotation) if get_origin(t) in {dict, tuple}), None)
    if holder is not None:
        free = SECRET_NAME if is_secret(holder) else PLAIN_NAME
        name = next(iter(literals(get_args(holder)[0])), free)
        for value in _candidates(item(holder), words, None):
            yield {name: value} if get_origin(holder) is dict else [value]
    elif is_secret(annotation):
        yield {"secure": words}
    elif choices := literals(annotation):
        yield choices[(choices.index(now) + 1) % len(choices) if now in choices else 0]
    elif isinstance(now, bool):
        yield not now
    elif isinstance(now, int):
        yield from (now + 1, now - 1)
    else:
        examples = [e for m in said if isinstance(m, FieldInfo) for e in m.examples or ()]
        for text in (now, *examples):
            if isinstance(text, str):
                yield from (f"{text}-{words}", text)
        yield from (m.ge for m in said if isinstance(m, annotated_types.Ge))
        yield words


def _parts(annotation: Any) -> Iterator[Any]:  # noqa: ANN401 - types
    yield annotation
    for part in get_args(annotation):
        yield from _parts(part)


def value_at(configuration: Configuration, key: Key) -> object:
    """The value of a key; ``ABSENT`` where there is none."""
    value: Any = configuration
    for part, following in zip(key.path, (*key.path[1:], ""), strict=True):
        index = _index(value, part, following) if value else None
        if index is None or (isinstance(index, str) and index not in value):
            return ABSENT
        value = value[index]
    return value


def _index(value: Any, part: str, following: str) -> int | str | None:  # noqa: ANN401 - JSON
    """What a part of a path is in a value; None for nothing."""
    if part == _THAT_HAS_IT:
        return next((name for name, inside in value.items() if following in inside), None)
    return 0 if part == _FIRST else part


def put(configuration: Configuration, key: Key, value: object) -> Configuration:
    """A configuration with another value of a key."""
    changed = copy.deepcopy(dict(configuration))
    place: Any = changed
    for part, following in itertools.pairwise(key.path):
        index = _index(place, part, following)
        place = place.setdefault(index, {}) if isinstance(index, str) else place[index]
    place[key.path[-1]] = value
    return changed
