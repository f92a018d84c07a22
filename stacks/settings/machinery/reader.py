"""Reads a program's configuration into the sections of its model, with every problem at once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from pulumi.runtime import config as runtime_config
from pydantic import JsonValue, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from stacks.settings.machinery import dispatch, explain, moves, texts
from stacks.settings.machinery.dispatch import Check
from stacks.settings.machinery.places import texts as section_texts
from stacks.settings.machinery.problems import (
    Problem,
    remove_command,
    top_level,
)
from stacks.settings.machinery.secrecy import Secrecy, decoded
from stacks.settings.machinery.section import Section
from stacks.settings.machinery.shape import (
    Annotation,
    fields,
    is_text,
    models_of,
    type_of,
)


@dataclass(frozen=True)
class Configuration:
    """What the engine passes to a program."""

    values: Mapping[str, str]
    """By full key; JSON for objects and lists."""
    secret_keys: Set[str]
    """The full keys that hold an encrypted value."""


def running() -> Configuration:
    """The configuration of the running program."""
    values = dict(runtime_config.CONFIG.get())  # all keys, which pulumi.Config cannot list
    return Configuration(values, {k for k in values if runtime_config.is_config_secret(k)})


@dataclass(frozen=True)
class Found:
    """What was read."""

    sections: Mapping[str, Any]
    """By field of the model: None for what is left out, no entry for what is not valid."""
    problems: Sequence[Problem]


class Reader:
    """Reads the fields of ``model``, each from its place in the configuration.

    ``places`` says where by name of the field: a full key (``project:section``), whose value is the
    section, or a namespace with its colon (``aws:``), whose keys are those of the section.
    ``elsewhere`` has the rule for each namespace that people expect to be read.
    """

    def __init__(
        self,
        model: type[Section],
        places: Mapping[str, str],
        *,
        checks: Sequence[Check] = (),
        elsewhere: Mapping[str, str] | None = None,
    ) -> None:
        self._model = model
        self._fields = {place: (name, model.model_fields[name]) for name, place in places.items()}
        self._types = {place: type_of(field) for place, (_, field) in self._fields.items()}
        self._checks = checks
        self._elsewhere = elsewhere or {}
        self._known: dict[str, set[str]] = {}
        for place, (_, field) in self._fields.items():
            namespace, _, key = place.partition(":")
            keys = {key} if key else {k for m in models_of(field.annotation) for k in fields(m)}
            self._known.setdefault(namespace, set()).update(keys)
        self._adapters: dict[str, TypeAdapter[Any]] = {}

    def read(self, given: Configuration) -> Found:
        """The valid sections, and every problem: foreign keys, each section, the rules between."""
        secrecy = Secrecy(given.values, given.secret_keys, self._model)
        problems = list(self._foreign_keys(given))
        sections: dict[str, Any] = {}
        for place, (name, field) in self._fields.items():
            document = _document(place, field, given.values)
            if document in ("", None, {}, []) and not field.is_required():
                sections[name] = field.get_default()
                continue
            document = {} if document in ("", None) else document
            try:
                sections[name] = self._validated(place, document)
            except ValidationError as error:
                problems += explain.problems(
                    place, error, self._types[place], document, given.secret_keys
                )
            said = tuple(section_texts(self._types[place], document))
            problems += texts.unencrypted(place, said, given.secret_keys)
            refused = {problem.key for problem in problems}
            problems += texts.unusable(place, said, given.secret_keys, refused)
        problems += dispatch.run(self._checks, sections)
        return Found(sections, [secrecy.masked(problem) for problem in problems])

    def _validated(self, place: str, document: JsonValue) -> Any:  # noqa: ANN401
        if place not in self._adapters:  # building one costs more than a validation
            self._adapters[place] = TypeAdapter(self._types[place])
        text = json.dumps(document, ensure_ascii=False).encode(errors="replace")
        return self._adapters[place].validate_json(text, strict=True)

    def _foreign_keys(self, given: Configuration) -> Iterator[Problem]:
        """Keys that the program does not read. The engine does not report them: it cannot know."""
        for key, value in given.values.items():
            namespace, _, name = key.partition(":")
            known = self._known.get(namespace, set[str]())
            if namespace == "pulumi" or name in known:
                continue
            fix, top = "", top_level(name)
            removal = remove_command(key, path=False)
            if top in known:
                rule = f"was set without --path; with it, the value goes into '{top}'"
                path = name.removeprefix(top).removeprefix(".")
                fix = self._section(namespace, top, given).put(
                    path, [decoded(value), value], removal
                )
            elif known:
                rule = f"unknown key{explain.suggestion(name, known)}"
                meant = moves.closest(name, known)
                if meant is not None and not given.values.get(f"{namespace}:{meant}"):
                    fix = self._renamed(removal, f"{namespace}:{meant}", value)
            else:
                rule = self._elsewhere.get(namespace, "is not read by this program")
            masked = key in given.secret_keys
            found = explain.shown_unknown(key, decoded(value), masked=masked)
            yield Problem(key, found, rule, fix)

    def _renamed(self, removal: str, new: str, text: str) -> str:
        """The commands that move a value to the key that was meant."""
        field, annotation = self._field_of(new)
        value = text if is_text(annotation) else decoded(text)
        return moves.command(removal, new, value, field, annotation)

    def _section(self, namespace: str, top: str, given: Configuration) -> moves.Section:
        """What is configured at a key, with its type."""
        key = f"{namespace}:{top}"
        return moves.Section(key, self._field_of(key)[1], decoded(given.values.get(key, "")))

    def _field_of(self, key: str) -> tuple[FieldInfo, Annotation]:
        """The field that a full key without a path is read into."""
        if key in self._fields:
            field = self._fields[key][1]
        else:
            namespace, _, name = key.partition(":")
            (model,) = models_of(self._fields[f"{namespace}:"][1].annotation)
            field = fields(model)[name]
        return field, type_of(field)


def _document(place: str, field: FieldInfo, values: Mapping[str, str]) -> JsonValue:
    """The section at a place, as JSON."""
    if not place.endswith(":"):
        return decoded(values.get(place, ""))
    (model,) = models_of(field.annotation)
    # A scalar comes without its quotes: `5` may be text.
    return {
        key: text if is_text(type_of(inner)) else decoded(text)
        for key, inner in fields(model).items()
        if (text := values.get(f"{place}{key}"))
    }
