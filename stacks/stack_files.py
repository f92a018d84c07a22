"""Stack configuration as the engine passes it to the program, read without the engine."""

from __future__ import annotations

import copy
import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from stacks import engine_yaml
from stacks.engine_scalars import json_value, number_text
from stacks.engine_yaml import EngineYamlError, Located

ROOT: Final = Path(__file__).resolve().parent.parent

_PLACEHOLDERS: Final = {
    "apiKey": "lsv2_sk_placeholder",
    "licenseKey": "langfuse_ee_placeholder",
}
"""Replaces an encrypted value whose form is checked."""

_PLACEHOLDER: Final = "placeholder"


_OF_THE_ENGINE: Final = ("secretsprovider", "encryptedkey", "encryptionsalt")
"""Keys of a stack file beside ``config`` whose values the engine takes as text."""


class StackFileError(Exception):
    """A stack file that cannot be read; the message says which and why."""


@dataclass(frozen=True)
class StackConfiguration:
    """Configuration by full key, as text (JSON for objects), and the keys that are secret."""

    values: Mapping[str, str]
    secret_keys: frozenset[str]


def document(path: Path) -> dict[str, Any]:
    """A project's or a stack's file as the engine reads it; raises ``StackFileError``."""
    content = _document(path)
    mapping = {} if content is None else _mapping(content)
    if mapping is None:
        raise StackFileError(f"{path.name} has to be a mapping.")
    return copy.deepcopy(mapping)


def project_name(project: Path | None = None) -> str:
    """The name of the project in a folder, from its ``Pulumi.yaml``."""
    return _project(project)["name"]


def stacks(project: Path | None = None) -> list[str]:
    """The stacks that the project in a folder has files for."""
    files = (project or ROOT).glob("Pulumi.*.yaml")
    return sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in files)


def read(
    stack: str, overrides: Mapping[str, Any] | None = None, *, project: Path | None = None
) -> StackConfiguration:
    """The configuration of ``stack`` with ``overrides`` (by full key; objects are merged).

    ``project``: the folder of the project, with its ``Pulumi.yaml``; else the program's own.

    Encrypted values cannot be read without the stack's key: placeholders of the right form stand
    for them. Raises ``StackFileError``.
    """
    project_name(project)
    path = (project or ROOT) / f"Pulumi.{stack}.yaml"
    if not path.is_file():
        known = ", ".join(stacks(project)) or "none"
        raise StackFileError(f"There is no stack file {path.name}; stacks are {known}.")
    return assemble(configuration(path, project), overrides)


def configuration(path: Path, project: Path | None = None) -> dict[str, Any]:
    """What a stack file gives by full key, wherever it stands, and the project's defaults."""
    return {**_defaults(project), **_given(path, project_name(project))}


def assemble(
    config: Mapping[str, Any], overrides: Mapping[str, Any] | None = None
) -> StackConfiguration:
    """Configuration from a stack file's ``config`` mapping."""
    values: dict[str, str] = {}
    secret_keys: set[str] = set()
    for key, value in merge(config, overrides or {}).items():
        plain, secret = _decrypt(key, value)
        values[key] = _text(plain)
        if secret:
            secret_keys.add(key)
    return StackConfiguration(values, frozenset(secret_keys))


def merge(config: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """``config`` with ``overrides`` by full key; objects are merged, None takes a key away."""
    result = copy.deepcopy(dict(config))
    for key, value in overrides.items():
        result[key] = _merge(result.get(key), value)
    return result


def placeholder(name: str) -> str:
    """What replaces an encrypted value under a key called ``name``."""
    return _PLACEHOLDERS.get(name, _PLACEHOLDER)


def _project(project: Path | None) -> Mapping[str, Any]:
    folder = project or ROOT
    path = folder / "Pulumi.yaml"
    if not path.is_file():
        raise StackFileError(f"There is no project in the folder {folder.name}: no {path.name}.")
    content = document(path)
    if not isinstance(content.get("name"), str):
        raise StackFileError(f"{path.name} has to have the key 'name', whose value is text.")
    return content


def _given(path: Path, project: str) -> dict[str, Any]:
    """The configuration in a stack file by full key. As the engine: a key without a namespace is
    the project's, and ``aws:config:region`` is ``aws:region``."""
    whole = _document(path)
    mapping = {} if whole is None else _mapping(whole)
    content: object = None if mapping is None else mapping.get("config")
    config = {} if content is None else _mapping(content)
    if mapping is None or config is None:
        raise StackFileError(
            f"{path.name} has to be a mapping with the key 'config', which is a mapping of keys."
        )
    for table in (mapping, config):
        if isinstance(table, Located) and table.not_text:
            raise _in_line(path, table, table.not_text[0], "a key has to be text: quote it")
    for key in _OF_THE_ENGINE:
        if isinstance(mapping.get(key), dict | list):
            raise _in_line(path, mapping, key, f"the value of '{key}' has to be text")
    given: dict[str, Any] = {}
    for key, value in config.items():
        namespace, separator, name = key.partition(":")
        full = f"{namespace}:{name.removeprefix('config:')}" if separator else f"{project}:{key}"
        if full.count(":") != 1:
            rule = "a key under 'config' is NAMESPACE:NAME, or NAME alone"
            raise _in_line(path, config, key, rule)
        if full in given:
            raise _in_line(path, config, key, "the key is given twice, in two forms")
        try:
            inner = json_value(value)
        except ValueError:
            rule = "the value has an infinite number, or one that is none (.nan)"
            raise _in_line(path, config, key, rule) from None
        # A number alone is passed as it is, with all its digits.
        given[full] = inner if isinstance(value, dict | list) else value
    return given


def _in_line(path: Path, mapping: Mapping[str, object], key: str, reason: str) -> StackFileError:
    """An error that names the line of a key, and not what is there."""
    line = mapping.lines.get(key) if isinstance(mapping, Located) else None
    return StackFileError(f"{path.name}: {f'line {line}: ' if line else ''}{reason}.")


def _text(value: object) -> str:
    """A value as the engine passes it to the program."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number_text(value)
    return json.dumps(value)


def _document(path: Path) -> object:
    """The YAML document in a file; raises ``StackFileError``, which quotes nothing of it."""
    try:
        return _parsed(path.read_bytes())
    except EngineYamlError as error:
        raise StackFileError(f"{path.name} is not valid YAML: {error}") from None


@functools.lru_cache(maxsize=8)
def _parsed(data: bytes) -> object:
    """A YAML document, which callers do not change: parsing is slower than the rest of a read."""
    return engine_yaml.load(data)


def _defaults(project: Path | None) -> dict[str, Any]:
    """What ``Pulumi.yaml`` gives every stack."""
    content = _project(project)
    declarations: Mapping[str, Any] = content.get("config") or {}
    return {
        key if ":" in key else f"{content['name']}:{key}": declared.get(
            "value", declared.get("default")
        )
        for key, declared in declarations.items()
    }


def _mapping(value: object) -> dict[str, Any] | None:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _merge(base: object, over: object) -> object:
    below, above = _mapping(base), _mapping(over)
    if below is None or above is None:
        return over
    merged = {**below, **{key: _merge(below.get(key), value) for key, value in above.items()}}
    return {key: value for key, value in merged.items() if value is not None}


def _decrypt(name: str, value: object) -> tuple[object, bool]:
    """``value`` without encryption, and whether it held any."""
    if (mapping := _mapping(value)) is not None:
        if set(mapping) == {"secure"} and isinstance(mapping["secure"], str):
            # Another ciphertext, another placeholder: a comparison shows what a new one reaches.
            digest = hashlib.sha256(mapping["secure"].encode()).hexdigest()
            return placeholder(name) + digest[:8], True
        parts = {key: _decrypt(key, part) for key, part in mapping.items()}
        return {k: part for k, (part, _) in parts.items()}, any(s for _, s in parts.values())
    if isinstance(value, list):
        items = [_decrypt(name, item) for item in cast("list[object]", value)]
        return [item for item, _ in items], any(secret for _, secret in items)
    return value, False
