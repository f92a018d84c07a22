"""Turns pydantic's findings into problems in the words of this configuration."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import get_origin

from pydantic import JsonValue, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from stacks.settings.machinery import repairs
from stacks.settings.machinery.problems import (
    MASK,
    Problem,
    join,
    remove_command,
    set_command,
    show,
)
from stacks.settings.machinery.section import Section
from stacks.settings.machinery.shape import ENGINES, Annotation, fields, is_secret, item, model_of
from stacks.settings.sections.database import Database

_OBJECT = "must be an object of keys and values"
_RULES = {
    "bool_type": "must be true or false, not in quotes",
    "dict_type": _OBJECT,
    "int_from_float": "must be a whole number",
    "int_type": "must be a whole number, not in quotes",
    "int_parsing_size": "must be a whole number",
    "json_invalid": "is nested too deeply",
    "missing": "is required",
    "model_attributes_type": _OBJECT,
    "model_type": _OBJECT,
    "string_type": "must be text; numbers, true and false go in quotes",
    "tuple_type": "must be a list",
}
_SECRET_NAMES = ("apikey", "credential", "key", "password", "secret", "token")


def suggestion(name: str, known: Iterable[str]) -> str:
    """What an unknown key may have meant, and what is known."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    meant = f", did you mean '{close[0]}'?" if close else ";"
    return f"{meant} known here: {', '.join(names)}"


def shown_unknown(
    name: str, value: JsonValue, *, masked: bool, model: type[Section] | None = None
) -> str:
    """The value of an unknown key, unless it may be a misspelt secret."""
    beside_secret = model is not None and any(
        field.annotation is SecretStr for field in model.model_fields.values()
    )
    suspicious = (
        beside_secret
        or isinstance(value, dict | list)
        or re.search("|".join(_SECRET_NAMES), name, re.IGNORECASE)
        or any(difflib.get_close_matches(word, _SECRET_NAMES) for word in _words(name))
    )
    return _shown(value, encrypted=masked, secret=bool(suspicious) and not isinstance(value, bool))


def _words(name: str) -> list[str]:
    """A camelCase name and its parts, in small letters."""
    return [name.lower(), *map(str.lower, re.findall("[A-Z]?[a-z]+", name))]


def _shown(value: JsonValue, *, encrypted: bool, secret: bool = False) -> str:
    """The value, unless it is secret or, being text, may have been decrypted."""
    if value is None or not (secret or (encrypted and isinstance(value, str | dict | list))):
        return show(value)
    return (
        "(an object)"
        if isinstance(value, dict)
        else "(a list)"
        if isinstance(value, list)
        else MASK
    )


def _holds_secret(annotation: Annotation) -> bool:
    """Whether a value of this type has a secret somewhere inside."""
    model = model_of(annotation)
    inside = [f.annotation for f in model.model_fields.values()] if model is not None else []
    return is_secret(annotation) or annotation == Database or any(map(_holds_secret, inside))


def secret_paths(root: Annotation, document: JsonValue) -> Iterator[tuple[str, ...]]:
    """Where secret values stand in what is configured for a section of type ``root``."""
    if not isinstance(document, dict):
        return
    engine = document.get("engine")
    model = ENGINES.get(str(engine)) if root == Database else model_of(root)
    for name, field in fields(model).items() if model is not None else ():
        value = document.get(name)
        if not is_secret(field.annotation):
            yield from ((name, *below) for below in secret_paths(field.annotation, value))
        elif isinstance(value, dict):
            yield from ((name, str(key)) for key, secret in value.items() if secret is not None)
        elif isinstance(value, str):
            yield (name,)


def problems(
    key: str, error: ValidationError, root: Annotation, *, masked: bool
) -> Iterator[Problem]:
    """One problem for each finding in the section ``root`` at ``key``; ``masked`` hides texts."""
    for _, items in groupby(error.errors(include_url=False), key=_list_of):
        # The last item first: a command that removes one renumbers those behind it.
        for finding in reversed(list(items)):
            yield _problem(key, finding, root, masked=masked)


def _list_of(finding: ErrorDetails) -> tuple[int | str, ...]:
    """The place of a finding; for an item of a list that of the list, so that items group."""
    place = finding["loc"]
    return place[:-1] if place and isinstance(place[-1], int) else place


def _problem(key: str, finding: ErrorDetails, root: Annotation, *, masked: bool) -> Problem:
    kind: str = finding["type"]
    given: JsonValue = finding["input"]
    path = [part for part in finding["loc"] if part != "[key]"]
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        engine = given["engine"] if isinstance(given, dict) and "engine" in given else None
        rule = f"must be one of {', '.join(ENGINES)}"
        fix = set_command(f"{key}.engine", repairs.closest(engine, ENGINES) or "statefulSet")
        return Problem(f"{key}.engine", _shown(engine, encrypted=masked), rule, fix)
    engine = ""
    if path and root == Database:
        engine = str(path.pop(0))
        root = ENGINES[engine]
    full = join(key, path) if key != "aws" else join(f"aws:{path[0]}", path[1:])
    model, field, annotation = _locate(root, path)
    if kind == "extra_forbidden" and model is not None:
        name = str(path[-1])
        rule = f"unknown key{_other_engine(name, engine)}{suggestion(name, fields(model))}"
        found = shown_unknown(name, given, masked=masked, model=model)
        return Problem(full, found, rule, remove_command(full))
    if finding["loc"] and finding["loc"][-1] == "[key]":
        return Problem(full, _shown(given, encrypted=masked), _rule(finding), remove_command(full))
    if kind == "missing":
        given = None
    secret = kind == "json_invalid" or _holds_secret(annotation)
    found = _shown(given, encrypted=masked, secret=secret)
    fix = repairs.command(full, given if found == show(given) else None, field, annotation)
    return Problem(full, found, _rule(finding), fix)


def _rule(finding: ErrorDetails) -> str:
    if finding["type"] == "literal_error":
        return f"must be {finding.get('ctx', {}).get('expected')}"
    return _RULES.get(finding["type"]) or re.sub(
        r"^(Input|String) should|^Value should", "must", finding["msg"]
    )


def _other_engine(name: str, engine: str) -> str:
    """Which other database engine has the key."""
    others = [other for other, model in ENGINES.items() if engine and name in fields(model)]
    return f" of engine {engine} (engine {' and '.join(others)} has it)" if others else ""


def _locate(
    root: Annotation, path: Sequence[int | str]
) -> tuple[type[Section] | None, FieldInfo | None, Annotation]:
    """Where ``path`` leads below ``root``: the model around it, the field, and its type."""
    model, field, annotation = model_of(root), None, root
    for part in path:
        if isinstance(part, str) and get_origin(annotation) is not dict:
            model = model_of(annotation)
            field = fields(model).get(part) if model else None
            annotation = field.annotation if field else None
        else:  # an item of a list or a dictionary
            field = None
            annotation = item(annotation)
    return model, field, annotation
