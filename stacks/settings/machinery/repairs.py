"""The command that fixes a value by the one that was meant, or none where that is not certain."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, get_origin

from pydantic import Field, JsonValue, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from stacks.settings.machinery import units
from stacks.settings.machinery.problems import (
    is_path,
    placeholder,
    remove_command,
    set_command,
)
from stacks.settings.machinery.rule import Meant
from stacks.settings.machinery.shape import (
    Annotation,
    bare,
    is_secret,
    item,
    literals,
    metadata,
    models_of,
)

_BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}

_DECIMAL = re.compile(r"\d{1,9}(\.\d{1,9})?|\.\d{1,9}", re.ASCII)
_SHORTEST = 3
"""Letters of a choice that was not written to its end."""


def command(key: str, given: JsonValue, field: FieldInfo | None, annotation: Annotation) -> str:
    """The command that gives ``key`` the value that was meant by the one ``given``, or nothing.

    The given value keeps its meaning: only units, letter case, separators, quotes and what was
    written around it change. Where that makes nothing valid of it, the decision is the reader's.
    """
    if is_secret(annotation) or given is None:
        is_left_out = field is not None and not field.is_required() and given is None
        return remove_command(key) if is_left_out else missing(key, annotation)
    kind = bare(annotation)
    if get_origin(kind) is tuple:
        return _as_list(key, given, kind)
    if get_origin(kind) is dict or models_of(annotation) or given == placeholder(key):
        return ""
    return _as_value(key, given, field, annotation)


def _as_value(key: str, given: JsonValue, field: FieldInfo | None, annotation: Annotation) -> str:
    """The command for one value where one belongs."""
    values = _meant(key, given, field, annotation)
    value = next((v for v in values if accepts(field, annotation, v)), None)
    if value is None:
        return ""
    typed = isinstance(value, str) or isinstance(given, bool | int | float)
    if is_path(key) and not typed:
        # `pulumi config set --path` keeps the quotes of the text that a number replaces.
        return f"{remove_command(key)} && {set_command(key, value)}"
    return set_command(key, value)


def missing(key: str, annotation: Annotation) -> str:
    """The command that gives ``key`` a first value, with a word in place of what is not known."""
    if is_secret(annotation):
        return set_command(key, "", secret=True)
    if models_of(annotation) or get_origin(bare(annotation)) in {dict, tuple}:
        return ""
    if bare(annotation) is float:
        return ""  # an amount, in a mapping whose names say nothing about it
    return set_command(key, placeholder(key))


def accepts(field: FieldInfo | None, annotation: Annotation, value: JsonValue) -> bool:
    """Whether a value of the configuration is valid for a field."""
    said = field.metadata if field is not None else []
    accepted = TypeAdapter[Any](Annotated[annotation, Field(), *said])
    try:
        accepted.validate_json(json.dumps(value), strict=True)
    except ValidationError:
        return False
    return True


def _as_list(key: str, given: JsonValue, kind: Annotation) -> str:
    """The commands for one value, or several in one text, where a list belongs."""
    inner = item(kind)
    parts: list[JsonValue] = [given]
    if isinstance(given, str) and not accepts(None, inner, given):
        parts = [part for part in re.split(r"[,;\s]+", given) if part]
    meant = [
        next((v for v in (part, *_meant(key, part, None, inner)) if accepts(None, inner, v)), None)
        for part in parts
        if not isinstance(part, dict | list)
    ]
    if not meant or None in meant or len(meant) != len(parts):
        return ""
    # The path below a text can only be set once the text is gone.
    commands = [set_command(f"{key}[{index}]", value) for index, value in enumerate(meant)]
    return " && ".join((remove_command(key), *commands))


def _meant(
    key: str, given: JsonValue, field: FieldInfo | None, annotation: Annotation
) -> Iterator[JsonValue]:
    """The values that may have been meant by the one given."""
    choices = [choice for choice in literals(annotation) if isinstance(choice, str)]
    if isinstance(given, float) and given.is_integer():
        yield int(given)
    # Of a number with a point its text may have had more: 1.30 is 1.3. A closed list tells.
    if isinstance(given, bool | int) or (isinstance(given, float) and choices):
        yield json.dumps(given)
    if isinstance(given, bool | int | float):
        yield from respelt(json.dumps(given), field, annotation)
    if not isinstance(given, str):
        return
    bare_text = given.strip().strip("\"'").strip()
    if bool in _kinds(annotation) and bare_text.lower() in _BOOLEANS:
        yield _BOOLEANS[bare_text.lower()]
    if float in _kinds(annotation) and _DECIMAL.fullmatch(bare_text):
        yield float(bare_text)
    if int in _kinds(annotation):
        yield from units.numbers(bare_text, key)
    if choices and (choice := closest(bare_text, choices)) is not None:
        yield choice
    yield bare_text
    yield from respelt(bare_text, field, annotation)


def _kinds(annotation: Annotation) -> set[type]:
    """The types that a value may have, those of a closed list included."""
    return {bare(annotation), *map(type, literals(annotation))}


def respelt(given: str, field: FieldInfo | None, annotation: Annotation) -> Iterator[str]:
    """Other spellings of a text, by the field's own type."""
    for known in (*metadata(annotation), *(field.metadata if field is not None else ())):
        if isinstance(known, Meant):
            yield from known.spellings(given)


def closest(given: JsonValue, choices: Iterable[str]) -> str | None:
    """The one choice that is written so but for case and separators, or that begins so."""
    if not isinstance(given, str):
        return None
    known, letters = list(choices), _letters(given)
    begun = [choice for choice in known if _letters(choice).startswith(letters)]
    is_begun = len(begun) == 1 and len(letters) >= _SHORTEST
    return same_letters(given, known) or (begun[0] if is_begun else None)


def same_letters(given: str | None, choices: Iterable[str]) -> str | None:
    """The one choice that differs from the text in case and separators alone."""
    same = {choice for choice in choices if _letters(choice) == _letters(given or "")}
    return same.pop() if len(same) == 1 else None


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).lower()
