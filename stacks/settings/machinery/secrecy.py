"""Keeps secrets out of problems: out of the value found, the rule and the fix."""

from __future__ import annotations

import functools
import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import replace
from typing import cast

from pydantic import JsonValue
from pydantic.fields import FieldInfo

from components.secrets.forms import form_of, secret_in
from components.secrets.masking import MASK, masked
from stacks.settings.machinery.problems import Problem, set_command, show, top_level
from stacks.settings.machinery.section import Section
from stacks.settings.machinery.shape import literals, metadata, models_of

_SHORTEST = 4
"""Characters of a text that is searched for in a rule: shorter ones are part of any sentence."""
_CUT = "..."
"""How ``show`` ends a long value."""


class Secrecy:
    """The texts of one configuration that are secret.

    Those are encrypted, or have a name or a form that tells (``components/secrets``). Of an
    encrypted section each text counts: the engine does not say which of them it decrypted.
    """

    def __init__(
        self, values: Mapping[str, str], secret_keys: Set[str], model: type[Section]
    ) -> None:
        documents = {key: decoded(value) for key, value in values.items()}
        encrypted, clear = set[str](), set[str]()
        for key, document in documents.items():
            for name, text in _texts(document, key):
                if key in secret_keys:
                    encrypted.add(text)
                elif name is None or secret_in(name, text) is not None:
                    clear.add(text)
        self._encrypted_keys = secret_keys
        # A number or a switch is encrypted only as a whole: inside of a section it is text.
        self._whole = {key for key in secret_keys if not _is_container(documents.get(key))}
        encrypted |= {values[key] for key in self._whole & values.keys()}
        self._public, self._public_runs = _public(model)
        self._encrypted = encrypted - self._public
        secret = self._encrypted | (clear - self._public)
        self._texts = sorted(secret, key=len, reverse=True)

    def masked(self, problem: Problem) -> Problem:
        """The problem without a secret.

        A fix that would hold one asks for the value at a prompt, or there is none.
        """
        return replace(
            problem,
            key=masked(problem.key),
            found=self._found(problem),
            rule=self._rule(problem.rule),
            fix=self._fix(problem.fix),
        )

    def _found(self, problem: Problem) -> str:
        found, top = problem.found, top_level(problem.key)
        if found in {MASK, show(None)} or found.startswith("("):
            return found
        if problem.key in self._whole or (top in self._encrypted_keys and found[0] in '"[{'):
            return MASK
        if any(show(text) == found for text in self._texts):
            return MASK
        if found.endswith(_CUT) and any(_ends_within(found, text) for text in self._texts):
            return MASK
        if found[0] not in "[{":
            return found
        for text in self._texts:
            found = found.replace(show(text), f'"{MASK}"')
        return found

    def _rule(self, rule: str) -> str:
        for text in (*self._texts, *self._parts):
            if len(text) >= _SHORTEST and text in rule:
                rule = re.sub(rf"(?<![\w-]){re.escape(text)}(?![\w-])", lambda _: MASK, rule)
        return rule

    @functools.cached_property
    def _parts(self) -> list[str]:
        """The words of secret texts that have a digit, longest first."""
        parts = {part for text in self._texts for part in re.split(r"[^\w-]+", text)}
        told = {part for part in parts if re.search(r"\d", part)} - self._public_runs
        return sorted(told, key=len, reverse=True)

    def _fix(self, fix: str) -> str:
        commands = [list[str]()]
        for word in shlex.split(fix):
            if word == "&&":
                commands.append([])
            else:
                commands[-1].append(word)
        shown = [self._command(words) for words in commands]
        return " && ".join(map(shlex.join, shown)) if all(shown) else ""

    def _command(self, words: list[str]) -> list[str]:
        """One command of a fix; nothing where it cannot be had without a secret."""
        if "set" not in words or "--secret" in words:
            return words if list(map(masked, words)) == words else []
        *words_before, value = words
        key = words_before[-2] if words_before[-1] == "--" else words_before[-1]
        if masked(key) != key:
            return []
        if self._is_of(self._encrypted, value):
            if "--type" not in words and not isinstance(decoded(value), str):
                return []  # inside of a section it would be text again
            return shlex.split(set_command(key, "", secret=True))
        return [] if self._is_of(self._texts, value) or masked(value) != value else words

    def _is_of(self, texts: Iterable[str], value: str) -> bool:
        """Whether a value is made of one of the texts, or of a part of one."""
        return value not in self._public and any(
            text.lower() == value.lower() or (_runs([text]) - self._public_runs) & _runs([value])
            for text in texts
        )


def decoded(text: str) -> JsonValue:
    """A value as it was configured: objects and numbers arrive as JSON, strings as they are."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # no JSON, or too long or deep to be intended as such
        return text


def _is_container(value: JsonValue) -> bool:
    return isinstance(value, dict | list)


def _texts(value: JsonValue, name: str) -> Iterator[tuple[str | None, str]]:
    """Every text with the name of its value; a key that is a secret itself has none.

    The name of ``{"name": …, "value": …}`` is that of its value.
    """
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, name)
    elif isinstance(value, dict):
        title = value.get("name")
        for key, item in value.items():
            if form_of(key) is not None:
                yield None, key
            yield from _texts(item, title if key == "value" and isinstance(title, str) else key)


@functools.cache
def _public(model: type[Section]) -> tuple[frozenset[str], frozenset[str]]:
    """What anyone can read in the documentation, and its words. The models do not change."""
    texts = frozenset(_documented(model)) | {"true", "false"}
    return texts, frozenset(_runs(texts))


def _documented(model: type[Section]) -> Iterator[str]:
    """Choices, defaults and examples of a model and of those inside of it."""
    for field in model.model_fields.values():
        said = [field, *(f for f in metadata(field.annotation) if isinstance(f, FieldInfo))]
        known = [field.default, *literals(field.annotation)]
        for extra in said:
            known += [*(extra.examples or ()), *_enum(extra)]
        yield from (text for text in known if isinstance(text, str))
        for inner in models_of(field.annotation):
            yield from _documented(inner)


def _enum(field: FieldInfo) -> list[JsonValue]:
    """The choices that a field's schema lists."""
    schema = field.json_schema_extra
    if not isinstance(schema, dict):
        return []
    values = cast("Mapping[str, JsonValue]", schema).get("enum")
    return values if isinstance(values, list) else []


def _runs(texts: Iterable[str]) -> set[str]:
    """The words in texts, in lower case, that are long enough to reveal a secret."""
    return {run for text in texts for run in re.findall("[a-z0-9]{3,}", text.lower())}


def _ends_within(found: str, text: str) -> bool:
    """Whether a value that was cut ends inside of a secret."""
    kept = found.removesuffix(_CUT)
    start = json.dumps(text, ensure_ascii=False)[1:-1]
    return any(kept.endswith(start[:length]) for length in range(_SHORTEST, len(start) + 1))
