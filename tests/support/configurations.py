"""Stack configurations for tests: a small valid one, changed in one place at a time."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

import pytest
from _pytest.mark.structures import ParameterSet

from components.project import PROJECT
from stacks.settings import ConfigurationError, Problem, Settings, read

NAMESPACE: Final = f"{PROJECT}:"

ABSENT: Final = object()
"""In a change: take the key away."""

SMALL: Final[Mapping[str, Any]] = {
    "cluster": {"context": "kind-langfuse"},
    "langfuse": {"version": "2.95.12", "admin": {"email": "admin@example.com"}},
    "database": {"engine": "statefulSet"},
}

EKS: Final[Mapping[str, Any]] = {"eksName": "platform-prod", "context": ABSENT}
"""As a change of ``cluster``: an EKS cluster in place of a context."""

ON_EKS: Final[Mapping[str, Any]] = {"cluster": EKS, "aws:region": "ap-northeast-2"}
"""As a change: a stack in AWS."""

KEY: Final = "lsv2_sk_0123456789"
"""A LangSmith key of the right form."""


@dataclass(frozen=True)
class Encrypted:
    """A value that is encrypted in the stack file."""

    text: str


EXTERNAL: Final[Mapping[str, Any]] = {
    "engine": "external",
    "host": "db.example.com",
    "password": Encrypted("hunter2"),
}
"""As a change of ``database``: one that exists."""


VERSION_4_ELSEWHERE: Final[dict[str, Any]] = {
    "langfuse": {"version": "4.16.0"},
    "clickhouse": {
        "engine": "external",
        "kind": "cloud",
        "url": "https://abc.eu-central-1.aws.clickhouse.cloud:8443",
        "password": Encrypted("hunter2"),
    },
    "objectStorage": {
        "engine": "external",
        "endpoint": "https://objects.example.com",
        "bucket": "langfuse-events",
        "accessKeyId": Encrypted("AKIAEXAMPLE"),
        "secretAccessKey": Encrypted("hunter2"),
    },
}
"""As a change: version 4 with all of its services elsewhere but the cache, which it lacks."""


def small(change: Mapping[str, Any] | None = None) -> tuple[dict[str, str], set[str]]:
    """Values and secret keys, as the engine passes them, of ``SMALL`` with a ``change``.

    A key with a colon is a full key, any other a section of the project. Objects are merged.
    """
    config: dict[str, Any] = {NAMESPACE + key: copy.deepcopy(v) for key, v in SMALL.items()}
    for name, value in (change or {}).items():
        key = name if ":" in name else NAMESPACE + name
        config[key] = _merged(config.get(key), value)
    values: dict[str, str] = {}
    secret_keys: set[str] = set()
    for key, value in config.items():
        if value is ABSENT:
            continue
        plain, encrypted = _decrypted(value)
        values[key] = plain if isinstance(plain, str) else json.dumps(plain)
        secret_keys |= {key} if encrypted else set()
    return values, secret_keys


def settings(change: Mapping[str, Any] | None = None) -> Settings:
    return read("test", *small(change))


def rds(**database: Any) -> dict[str, Any]:  # noqa: ANN401 - configuration is any JSON
    """As a change: a stack in AWS with a protected database there, and what to say of it."""
    return {
        **ON_EKS,
        "database": {"engine": "rds", **database},
        "secrets": {"protect": True},
    }


def endpoint(**endpoint: Any) -> dict[str, Any]:  # noqa: ANN401
    """As a change: a stack in AWS with a public name, and what to say of it."""
    valid = {"host": "langfuse.example.com", "hostedZone": "example.com"}
    return {**ON_EKS, "endpoint": _merged(valid, endpoint)}


def problems(change: Mapping[str, Any] | None = None) -> list[Problem]:
    """The problems of ``SMALL`` with a ``change``; none if it is valid."""
    try:
        settings(change)
    except ConfigurationError as error:
        return list(error.problems)
    return []


def problem(path: str, found: str, rule: str, fix: str) -> Problem:
    """A problem in a section of the project; ``@`` stands for the namespace in ``fix``."""
    return Problem(NAMESPACE + path, found, rule, re.sub(r"(?<!\w)@", NAMESPACE, fix))


def bad(name: str, change: Mapping[str, Any], *expected: Problem) -> ParameterSet:
    """A row of a table: ``SMALL`` with a ``change`` has the ``expected`` problems, no others."""
    return pytest.param(change, list(expected), id=name)


def _merged(base: object, change: object) -> object:
    below, over = _mapping(base), _mapping(change)
    if below is None or over is None:
        return change
    merged = {**below, **{key: _merged(below.get(key), value) for key, value in over.items()}}
    return {key: value for key, value in merged.items() if value is not ABSENT}


def _decrypted(value: object) -> tuple[object, bool]:
    if isinstance(value, Encrypted):
        return value.text, True
    if (mapping := _mapping(value)) is not None:
        parts = {key: _decrypted(part) for key, part in mapping.items()}
        return {k: part for k, (part, _) in parts.items()}, any(e for _, e in parts.values())
    if isinstance(value, list):
        items = [_decrypted(item) for item in cast("list[object]", value)]
        return [item for item, _ in items], any(e for _, e in items)
    return value, False


def _mapping(value: object) -> Mapping[str, object] | None:
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else None
