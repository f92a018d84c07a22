"""Turns pydantic's errors into problems of this configuration."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Set
from itertools import groupby

from pydantic import JsonValue, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from components.secrets.masking import MASK
from components.secrets.names import may_be_secret_name
from stacks.settings.machinery import moves, repairs
from stacks.settings.machinery.places import Place, locate
from stacks.settings.machinery.problems import (
    Problem,
    is_path,
    join,
    placeholder,
    set_command,
    show,
    top_level,
)
from stacks.settings.machinery.section import Section
from stacks.settings.machinery.shape import (
    Annotation,
    Variants,
    fields,
    holds_secret,
    variants,
)

_OBJECT = "must be an object of keys and values"
_RULES = {
    "bool_type": "must be true or false, not in quotes",
    "dict_type": _OBJECT,
    "float_type": "must be a number, not in quotes",
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


def suggestion(name: str, known: Iterable[str]) -> str:
    """A suggestion for an unknown key, and the known keys."""
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
    suspicious = beside_secret or isinstance(value, dict | list) or may_be_secret_name(name)
    return _shown(value, encrypted=masked, secret=suspicious and not isinstance(value, bool))


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


def problems(
    key: str,
    error: ValidationError,
    root: Annotation,
    document: JsonValue,
    secret_keys: Set[str],
) -> Iterator[Problem]:
    """One problem for each finding in the section ``root`` at ``key``, which is the ``document``.

    ``secret_keys`` are the full keys that hold an encrypted value: their texts are not shown.
    """
    section = moves.Section(key, root, document)
    found = error.errors(include_url=False)
    # What is below a key that there is not means nothing.
    unknown = [f["loc"][:-1] for f in found if f["type"] == "literal_error" and _is_of_key(f)]
    told = [f for f in found if _is_of_key(f) or not any(_below(f["loc"], loc) for loc in unknown)]
    for _, items in groupby(told, key=_list_of):
        # The last item first: a command that removes one renumbers those behind it.
        for finding in reversed(list(items)):
            yield _problem(section, finding, secret_keys)


def _is_of_key(finding: ErrorDetails) -> bool:
    """Whether it is about a key of a mapping, and not about its value."""
    return finding["loc"][-1:] == ("[key]",)


def _below(place: tuple[int | str, ...], other: tuple[int | str, ...]) -> bool:
    return place[: len(other)] == other


def _list_of(finding: ErrorDetails) -> tuple[int | str, ...]:
    """The place of a finding; for an item of a list that of the list, so that items group."""
    place = finding["loc"]
    return place[:-1] if place and isinstance(place[-1], int) else place


def _problem(section: moves.Section, finding: ErrorDetails, secret_keys: Set[str]) -> Problem:
    kind: str = finding["type"]
    given: JsonValue = finding["input"]
    place = locate(section.root, finding["loc"])
    full = join(section.key, place.path)
    masked = top_level(full) in secret_keys
    union = variants(place.annotation)
    if kind in {"union_tag_invalid", "union_tag_not_found"} and union is not None:
        return _no_variant(full, given, union, masked=masked)
    if kind == "extra_forbidden" and place.model is not None:
        name = str(place.path[-1])
        if (reason := place.model.refused.get(name)) is not None:
            return Problem(
                full,
                shown_unknown(name, given, masked=masked, model=place.model),
                f"is not offered: {reason}",
                "",
            )
        rule = f"unknown key{_other_variants(name, place)}{suggestion(name, fields(place.model))}"
        found = shown_unknown(name, given, masked=masked, model=place.model)
        return Problem(full, found, rule, section.renamed(place, given))
    rule = _rule(finding, nested=is_path(full))
    if _is_of_key(finding):
        return Problem(full, _shown(given, encrypted=masked), rule, section.respelt(place))
    if kind == "missing":
        fix = repairs.missing(full, place.annotation)
        return Problem(full, show(None), rule, fix)
    secret = kind == "json_invalid" or holds_secret(place.annotation)
    found = _shown(given, encrypted=masked, secret=secret)
    return Problem(full, found, rule, repairs.command(full, given, place.field, place.annotation))


def _no_variant(full: str, given: JsonValue, union: Variants, *, masked: bool) -> Problem:
    """The problem of a union whose key is missing or selects nothing."""
    key, tags = join(full, [union.key]), list(union.by_tag)
    document = given if isinstance(given, dict) else {}
    tag = document.get(union.key)
    meant = repairs.closest(tag, tags) if tag is not None else _only_variant(document, union)
    if meant is not None:
        fix = set_command(key, meant)
    else:
        fix = "" if tag is not None else set_command(key, placeholder(key))
    return Problem(key, _shown(tag, encrypted=masked), f"must be one of {', '.join(tags)}", fix)


def _only_variant(document: dict[str, JsonValue], union: Variants) -> str | None:
    """The one variant that has all the keys given."""
    able = [tag for tag, model in union.by_tag.items() if document.keys() <= fields(model).keys()]
    return able[0] if document and len(able) == 1 else None


def _rule(finding: ErrorDetails, *, nested: bool) -> str:
    if finding["type"] == "literal_error":
        return f"must be {finding.get('ctx', {}).get('expected')}"
    rule = _RULES.get(finding["type"]) or re.sub(
        r"^(Input|String) should|^Value should", "must", finding["msg"]
    )
    # A key without a path is stored as text, with or without quotes.
    return rule if nested else rule.removesuffix(", not in quotes")


def _other_variants(name: str, place: Place) -> str:
    """Which other variants of the section have the key."""
    if place.union is None:
        return ""
    key, by_tag = place.union.key, place.union.by_tag
    others = [tag for tag, model in by_tag.items() if name in fields(model)]
    if not others:
        return ""
    have = "have" if len(others) > 1 else "has"
    return f" of {key} {place.tag} ({key} {' and '.join(others)} {have} it)"
