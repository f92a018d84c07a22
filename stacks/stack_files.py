"""Stack configuration as the engine passes it to the program, read without the engine."""

from __future__ import annotations

import copy
import functools
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import yaml
from yaml.reader import ReaderError

from components.secrets.masking import MASK

ROOT: Final = Path(__file__).resolve().parent.parent

_PLACEHOLDERS: Final = {"apiKey": "lsv2_sk_placeholder"}
"""Replaces an encrypted value whose form is checked."""

_PLACEHOLDER: Final = "placeholder"


class StackFileError(Exception):
    """A stack file that cannot be read; the message says which and why."""


@dataclass(frozen=True)
class StackConfiguration:
    """Configuration by full key, as text (JSON for objects), and the keys that are secret."""

    values: Mapping[str, str]
    secret_keys: frozenset[str]


def project_name(project: Path | None = None) -> str:
    """The name of the project in a folder, from its ``Pulumi.yaml``."""
    return str(_project(project)["name"])


def stacks(project: Path | None = None) -> list[str]:
    """The stacks that the project in a folder has files for."""
    return sorted(path.name.split(".")[1] for path in (project or ROOT).glob("Pulumi.*.yaml"))


def read(
    stack: str, overrides: Mapping[str, Any] | None = None, *, project: Path | None = None
) -> StackConfiguration:
    """The configuration of ``stack`` with ``overrides`` (by full key; objects are merged).

    ``project``: the folder of the project, with its ``Pulumi.yaml``; else the program's own.

    Encrypted values cannot be read without the stack's key: placeholders of the right form stand
    for them. Raises ``StackFileError``.
    """
    name = project_name(project)
    path = (project or ROOT) / f"Pulumi.{stack}.yaml"
    if not path.is_file():
        known = ", ".join(stacks(project)) or "none"
        raise StackFileError(f"There is no stack file {path.name}; stacks are {known}.")
    document = _document(path)
    mapping = {} if document is None else _mapping(document)
    content: object = {} if mapping is None else mapping.get("config") or {}
    config = _mapping(content)
    if mapping is None or config is None:
        raise StackFileError(
            f"{path.name} has to be a mapping with the key 'config', which is a mapping of keys."
        )
    # As the engine: a key without a namespace is the project's.
    given = {
        key if ":" in key else f"{name}:{key}": value
        for key, value in ((str(k), v) for k, v in config.items())
    }
    return assemble({**_defaults(project), **given}, overrides)


def assemble(
    config: Mapping[str, Any], overrides: Mapping[str, Any] | None = None
) -> StackConfiguration:
    """Configuration from a stack file's ``config`` mapping."""
    values: dict[str, str] = {}
    secret_keys: set[str] = set()
    for key, value in merge(config, overrides or {}).items():
        plain, secret = _decrypt(key, value)
        values[key] = plain if isinstance(plain, str) else json.dumps(plain)
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
    return cast("Mapping[str, Any]", _document(path))


def _document(path: Path) -> object:
    """The YAML document in a file; raises ``StackFileError``, which quotes nothing of it.

    YAML's own message quotes the line, where a secret may be. So no cause is kept either.
    """
    try:
        return _parsed(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise StackFileError(f"{path.name} is not valid YAML: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return str(error)
    if isinstance(error, ReaderError):
        return f"position {error.position}: {error.reason}"
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem is None:
        return "a value is not what it looks like, such as a date that does not exist"
    # What the file names itself is quoted: an alias, a tag. A token of YAML's may be.
    problem = re.sub(r"\b(alias|anchor|tag|handle) '.*'", rf"\1 '{MASK}'", error.problem)
    mark = error.problem_mark or error.context_mark
    place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark is not None else ""
    return f"{place}{problem}"


@functools.lru_cache(maxsize=8)
def _parsed(text: str) -> object:
    """A YAML document, which callers do not change: parsing is slower than the rest of a read."""
    return yaml.safe_load(text)


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
        if set(mapping) == {"secure"}:
            # Another ciphertext, another placeholder: a comparison shows what a new one reaches.
            digest = hashlib.sha256(str(mapping["secure"]).encode()).hexdigest()
            return placeholder(name) + digest[:8], True
        parts = {key: _decrypt(key, part) for key, part in mapping.items()}
        return {k: part for k, (part, _) in parts.items()}, any(s for _, s in parts.values())
    if isinstance(value, list):
        items = [_decrypt(name, item) for item in cast("list[object]", value)]
        return [item for item, _ in items], any(secret for _, secret in items)
    return value, False
