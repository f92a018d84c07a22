"""The configuration of a stack: read once, checked as a whole, frozen.

This package is the only reader of ``pulumi.Config``. ``load()`` raises ``ConfigurationError``
with every problem at once: key, value found, rule, and the command that mends it.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, get_origin

import pulumi
from pulumi.runtime import config as runtime_config
from pydantic import JsonValue, TypeAdapter, ValidationError

from stacks.settings.machinery import explain
from stacks.settings.machinery.problems import (
    MASK,
    NAMESPACE,
    ConfigurationError,
    Problem,
    join,
    remove_command,
    set_command,
)
from stacks.settings.machinery.section import Section
from stacks.settings.machinery.shape import Annotation, alias, fields
from stacks.settings.rules import langfuse_and_agents
from stacks.settings.sections.aws import Aws
from stacks.settings.sections.database import Database
from stacks.settings.settings import Settings

__all__ = ["ConfigurationError", "Problem", "Section", "Settings", "load", "read"]

_SECTIONS: dict[str, tuple[str, Any]] = {
    # A union's discriminator is on the field, not in its type.
    alias(Settings, name): (name, Database if name == "database" else field.annotation)
    for name, field in Settings.model_fields.items()
    if name not in {"stack", "aws"}
}
_REQUIRED = {"cluster", "langfuse", "database"}


def load() -> Settings:
    """The settings of the running stack."""
    values = dict(runtime_config.CONFIG.get())  # all keys, which pulumi.Config cannot list
    secret = {key for key in values if runtime_config.is_config_secret(key)}
    return read(pulumi.get_stack(), values, secret)


def read(stack: str, values: Mapping[str, str], secret_keys: set[str]) -> Settings:
    """Settings from configuration as the engine passes it.

    ``values`` maps full keys to text (JSON for objects); ``secret_keys`` are those that hold an
    encrypted value. Raises ``ConfigurationError``.
    """
    problems = list(_foreign_keys(values, secret_keys))
    sections: dict[str, Any] = {}
    for heading, (name, annotation) in _SECTIONS.items():
        key = f"{NAMESPACE}:{heading}"
        document = _decode(values.get(key, ""))
        if document in ("", None, {}, []) and name not in _REQUIRED:
            sections[name] = Settings.model_fields[name].get_default()
            continue
        document = {} if document in ("", None) else document
        section, found = _section(key, annotation, document, encrypted=key in secret_keys)
        sections |= {name: section} if section is not None else {}
        problems += found
    section, found = _section("aws", Aws, _aws(values), encrypted=False)
    sections |= {"aws": section} if section is not None else {}
    problems += found
    problems += (_masked(problem, secret_keys) for problem in langfuse_and_agents.run(sections))
    if problems:
        raise ConfigurationError(stack, problems)
    return Settings.model_construct(stack=stack, **sections)


def _decode(text: str) -> JsonValue:
    """Objects and numbers arrive as JSON, strings as they are."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # no JSON, or too long or deep to be meant
        return text


def _aws(values: Mapping[str, str]) -> dict[str, JsonValue]:
    """The AWS provider's keys. A scalar arrives without its quotes: ``5`` is text all the same."""
    return {
        name: _decode(raw) if get_origin(field.annotation) in {dict, tuple} else raw
        for name, field in fields(Aws).items()
        if (raw := values.get(f"aws:{name}"))
    }


def _section(
    key: str, annotation: Annotation, document: JsonValue, *, encrypted: bool
) -> tuple[Any, list[Problem]]:
    """The section at ``key`` (None if it is not valid) and its problems."""
    section, found = None, list[Problem]()
    text = json.dumps(document, ensure_ascii=False).encode(errors="replace")
    try:
        section = _validator(annotation).validate_json(text, strict=True)
    except ValidationError as error:
        found += explain.problems(key, error, annotation, masked=encrypted)
    if not encrypted:
        found += _unencrypted(key, explain.secret_paths(annotation, document))
    return section, found


@functools.cache
def _validator(annotation: Annotation) -> TypeAdapter[Any]:
    return TypeAdapter[Any](annotation)


def _unencrypted(key: str, paths: Iterable[Sequence[str]]) -> Iterator[Problem]:
    """A secret setting in clear text would stand in Git and in the state file."""
    for path in paths:
        full = join(key, path)
        rule = "is a secret and has to be stored encrypted"
        yield Problem(full, MASK, rule, set_command(full, "", secret=True))


def _masked(problem: Problem, secret_keys: set[str]) -> Problem:
    """Hides texts of a section that has encrypted values: which ones they are is not told."""
    section = re.split(r"[.\[]", problem.key)[0]
    is_text = problem.found.startswith(('"', "["))
    return replace(problem, found=MASK) if section in secret_keys and is_text else problem


def _foreign_keys(values: Mapping[str, str], secret_keys: set[str]) -> Iterator[Problem]:
    """Keys that nothing reads. The engine does not report them (it cannot know)."""
    known = {NAMESPACE: set(_SECTIONS), "aws": set(fields(Aws))}
    for key, value in values.items():
        namespace, _, name = key.partition(":")
        section = re.split(r"[.\[]", name)[0]
        if namespace == "pulumi" or name in known.get(namespace, ()):
            continue
        if section in known.get(namespace, ()):
            rule = f"was set without --path; with it, the value goes into '{section}'"
        elif namespace in known:
            rule = f"unknown key{explain.suggestion(name, known[namespace])}"
        elif namespace == "kubernetes":
            rule = f"is not read: the cluster is named by {NAMESPACE}:cluster"
        else:
            rule = "is not read by this program"
        found = explain.shown_unknown(key, _decode(value), masked=key in secret_keys)
        yield Problem(key, found, rule, remove_command(key, path=False))
