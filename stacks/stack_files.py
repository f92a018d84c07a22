"""Stack configuration as the engine passes it to the program, read without the engine."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import yaml

ROOT: Final = Path(__file__).resolve().parent.parent

_PLACEHOLDERS: Final = {"apiKey": "lsv2_sk_placeholder"}
"""In place of an encrypted value that has to have a certain form."""

_PLACEHOLDER: Final = "placeholder"


class StackFileError(Exception):
    """A stack file that cannot be read; the message says which and why."""


@dataclass(frozen=True)
class StackConfiguration:
    """Configuration by full key, as text (JSON for objects), and the keys that are secret."""

    values: Mapping[str, str]
    secret_keys: frozenset[str]


def project_name(folder: Path = ROOT) -> str:
    """The project's name, from ``Pulumi.yaml`` in its folder."""
    return str(_project(folder)["name"])


def read(
    stack: str, overrides: Mapping[str, Any] | None = None, *, folder: Path = ROOT
) -> StackConfiguration:
    """The configuration of ``stack`` with ``overrides`` (by full key; objects are merged).

    ``folder`` is the project's. Encrypted values cannot be read without the stack's key: each is
    replaced by a placeholder of the right form. Raises ``StackFileError``.
    """
    path = folder / f"Pulumi.{stack}.yaml"
    if not path.is_file():
        known = sorted(p.name.split(".")[1] for p in folder.glob("Pulumi.*.yaml"))
        raise StackFileError(f"There is no stack file {path.name}; stacks are {', '.join(known)}.")
    try:
        document: object = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise StackFileError(f"{path.name} is not valid YAML: {error}") from error
    mapping = {} if document is None else _mapping(document)
    content: object = {} if mapping is None else mapping.get("config") or {}
    config = _mapping(content)
    if mapping is None or config is None:
        raise StackFileError(
            f"{path.name} has to be a mapping with the key 'config', which is a mapping of keys."
        )
    # As the engine: a key without a namespace is the project's.
    project = project_name(folder)
    given = {
        key if ":" in key else f"{project}:{key}": value
        for key, value in ((str(k), v) for k, v in config.items())
    }
    return assemble({**_defaults(folder), **given}, overrides)


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
    """The text in place of an encrypted value under a key called ``name``."""
    return _PLACEHOLDERS.get(name, _PLACEHOLDER)


def _project(folder: Path) -> Mapping[str, Any]:
    return yaml.safe_load((folder / "Pulumi.yaml").read_text(encoding="utf-8"))


def _defaults(folder: Path) -> dict[str, Any]:
    """What ``Pulumi.yaml`` gives every stack."""
    project = _project(folder)
    return {
        key if ":" in key else f"{project['name']}:{key}": declared.get(
            "value", declared.get("default")
        )
        for key, declared in project["config"].items()
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
