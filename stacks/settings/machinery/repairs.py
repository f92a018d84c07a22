"""The command that fixes a value, with the value that was most likely intended."""

from __future__ import annotations

import contextlib
import difflib
import ipaddress
import json
import re
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, get_origin

from pydantic import Field, JsonValue, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from stacks.settings.machinery.problems import is_path, remove_command, set_command
from stacks.settings.machinery.shape import (
    Annotation,
    is_secret,
    item,
    literals,
    metadata,
    models_of,
)

_BOOLEANS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


def command(key: str, given: JsonValue, field: FieldInfo | None, annotation: Annotation) -> str:
    """The command that gives ``key`` a value it accepts, close to the one ``given``."""
    origin = get_origin(annotation)
    if origin is tuple and isinstance(given, str) and _accepts(None, item(annotation), given):
        # A text where a list belongs: the path below it can only be set once it is gone.
        return f"{remove_command(key)} && {set_command(f'{key}[0]', given)}"
    if origin in {dict, tuple} or models_of(annotation):
        return remove_command(key)
    if is_secret(annotation):
        return set_command(key, "", secret=True)
    values = [*_meant(given, annotation), *_known(field, annotation)]
    value = next((v for v in values if _accepts(field, annotation, v)), None)
    if value is None:
        return remove_command(key)
    typed = isinstance(value, str) or isinstance(given, bool | int | float)
    if is_path(key) and not typed:
        # `pulumi config set --path` keeps the quotes of the text that a number replaces.
        return f"{remove_command(key)} && {set_command(key, value)}"
    return set_command(key, value)


def _accepts(field: FieldInfo | None, annotation: Annotation, value: object) -> bool:
    said = field.metadata if field is not None else []
    accepted = TypeAdapter[Any](Annotated[annotation, Field(), *said])
    try:
        accepted.validate_python(value, strict=True)
    except ValidationError:
        return False
    return True


def _meant(given: JsonValue, annotation: Annotation) -> Iterator[object]:
    """The likely intended values for the one given."""
    if isinstance(given, str):
        if given.lower() in _BOOLEANS:
            yield _BOOLEANS[given.lower()]
        if re.fullmatch(r"\d{1,18}", given):
            yield int(given)
        yield from _respelt(given)
    elif isinstance(given, bool | int | float):
        yield json.dumps(given)
    choices = [choice for choice in literals(annotation) if isinstance(choice, str)]
    if given is not None and (choice := closest(given, choices)) is not None:
        yield choice


def _known(field: FieldInfo | None, annotation: Annotation) -> Iterator[object]:
    """The default, or an example for what has to be given; nothing for what may be left out."""
    if field is not None and not field.is_required():
        yield field.default
    elif field is not None:
        said = [field, *metadata(annotation)]
        examples = [known.examples for known in said if isinstance(known, FieldInfo)]
        yield from (values[0] for values in reversed(examples) if values)


def _respelt(given: str) -> Iterator[str]:
    """Other spellings of a text, for a field that refuses this one."""
    lower = given.lower()
    yield from (lower, given.rstrip("/"))
    if (
        url := re.fullmatch(r"[a-z][a-z0-9+.-]*://([^/]*)/?(.*?)(\.git)?/?", given, re.I)
    ) is not None:
        host, path, _ = url.groups()
        yield from (f"{host}/{path}".rstrip("/"), host.lower().partition(":")[0], path)
    yield re.sub("[^a-z0-9]+", "-", lower).strip("-")
    yield re.sub("[:/].*", "", lower)  # the host name of an address
    with contextlib.suppress(ValueError):
        yield str(ipaddress.ip_network(given, strict=False))


def closest(given: JsonValue, choices: Iterable[str]) -> str | None:
    """The choice most similar to ``given``, ignoring case."""
    by_lower = {choice.lower(): choice for choice in choices}
    close = difflib.get_close_matches(str(given).lower(), by_lower, n=1)
    return by_lower[close[0]] if close else None
