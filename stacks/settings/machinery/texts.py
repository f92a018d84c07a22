"""What no text of a configuration may be: in clear, with control characters, a placeholder."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Set
from typing import Final, TypeAlias

from pydantic.fields import FieldInfo

from components.secrets.masking import MASK
from stacks.settings.machinery import repairs
from stacks.settings.machinery.places import Place
from stacks.settings.machinery.problems import (
    Problem,
    join,
    placeholder,
    set_command,
    show,
    top_level,
)
from stacks.settings.machinery.rule import Rule
from stacks.settings.machinery.shape import is_secret, metadata

Texts: TypeAlias = Iterable[tuple[Place, str]]
"""What ``places.texts`` finds in a section."""

_LINES: Final = frozenset("\t\n\r")
"""What a certificate has, and what variables and secrets may be."""


def unencrypted(place: str, said: Texts, secret_keys: Set[str]) -> Iterator[Problem]:
    """Secret settings in clear text, which would get into Git and into the state file."""
    for found, _ in said:
        full = join(place, found.path)
        if is_secret(found.annotation) and top_level(full) not in secret_keys:
            rule = "is a secret and has to be stored encrypted"
            yield Problem(full, MASK, rule, set_command(full, "", secret=True))


def unusable(
    place: str, said: Texts, secret_keys: Set[str], refused: Set[str]
) -> Iterator[Problem]:
    """Texts that no server takes, and words that were to be replaced, of keys not yet ``refused``.

    PostgreSQL, Kubernetes and AWS refuse control characters, each in its own words and some only
    when most of an `up` is done.
    """
    for found, text in said:
        full = join(place, found.path)
        if full in refused:
            continue
        hidden = is_secret(found.annotation) or top_level(full) in secret_keys
        if _has_control_characters(text, found):
            rule = "must not hold control characters"
            fix = _without(full, text, found) if not hidden else ""
            yield Problem(full, MASK if hidden else show(text), rule, fix)
        elif text == placeholder(full) and _has_examples(found):
            rule = "is a word in place of a value that only you know"
            yield Problem(full, show(text), rule, "")


def _has_control_characters(text: str, found: Place) -> bool:
    """A lone surrogate is none, and no text either. Lines are for a type's own rule to refuse."""
    if text.isprintable():
        return False
    rules = (rule for rule in _said(found) if isinstance(rule, Rule))
    has_lines = is_secret(found.annotation) or found.field is None or any(rules)
    allowed = _LINES if has_lines else frozenset[str]()
    return any(unicodedata.category(c) in {"Cc", "Cs"} and c not in allowed for c in text)


def _without(full: str, text: str, found: Place) -> str:
    """The command for a text with a line break at its end, as a file has one."""
    meant = text.strip()
    fits = meant.isprintable() and repairs.accepts(found.field, found.annotation, meant)
    return set_command(full, meant) if fits else ""


def _has_examples(found: Place) -> bool:
    return any(isinstance(known, FieldInfo) and known.examples for known in _said(found))


def _said(found: Place) -> Iterator[object]:
    """What a field and its type are annotated with."""
    yield from metadata(found.annotation)
    if found.field is not None:
        yield from (found.field, *found.field.metadata)
