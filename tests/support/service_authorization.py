"""AWS's service authorization data: the actions, their resource types and their condition keys.

From the package `parliament`, of which the data file alone is read
(https://docs.aws.amazon.com/service-authorization/latest/reference/).
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final


@dataclass(frozen=True, kw_only=True)
class Action:
    """What AWS says of one action."""

    required: frozenset[str]
    """Types of resources that every request is judged on."""
    types: frozenset[str]
    """These, and the types that a request may name. None: it takes no resource."""
    dependent: frozenset[str]
    """Further actions that a request may need."""
    keys: frozenset[str]
    """Condition keys of the action, and of its types as they are named with it."""


def action(name: str) -> Action | None:
    """An action by its name, ``service:Verb``, spelled exactly; None if AWS has none."""
    service, _, verb = name.partition(":")
    found = _privileges(service).get(verb)
    if found is None:
        return None
    named: list[Mapping[str, Any]] = found["resource_types"]
    types = {entry["resource_type"]: entry for entry in named}
    return Action(
        required=frozenset(kind.rstrip("*") for kind in types if kind.endswith("*")),
        types=frozenset(kind.rstrip("*") for kind in types if kind),
        dependent=frozenset(a for entry in named for a in entry["dependent_actions"]),
        keys=frozenset(key for entry in named for key in entry["condition_keys"]),
    )


def names(service: str) -> frozenset[str]:
    """All actions of a service."""
    return frozenset(f"{service}:{verb}" for verb in _privileges(service))


def types_of(service: str, arn: str) -> frozenset[str]:
    """The types of a service's resources that an ARN, or a pattern of ARNs, can be of."""
    return frozenset(
        kind for kind, entry in _resources(service).items() if _form(entry["arn"]).fullmatch(arn)
    )


def keys_of(service: str, kind: str) -> frozenset[str]:
    """Condition keys of a type of resource."""
    return frozenset(_resources(service)[kind]["condition_keys"])


def service_keys(service: str) -> frozenset[str]:
    """All condition keys of a service."""
    return frozenset(entry["condition"] for entry in _services()[service]["conditions"])


_IN_ARN: Final = {"BucketName": "[^/]+"}
"""Parts of an ARN that are not just anything."""


@functools.cache
def _form(arn: str) -> re.Pattern[str]:
    """The form of an ARN, as the data writes it: with ``${Part}`` for what a request names."""
    text = ""
    for literal, part in re.findall(r"([^$]*)(?:\$\{(\w+)\})?", arn):
        text += re.escape(literal) + (_IN_ARN.get(part, ".+") if part else "")
    return re.compile(text)


@functools.cache
def _privileges(service: str) -> Mapping[str, Mapping[str, Any]]:
    return {entry["privilege"]: entry for entry in _services()[service]["privileges"]}


@functools.cache
def _resources(service: str) -> Mapping[str, Mapping[str, Any]]:
    return {entry["resource"]: entry for entry in _services()[service]["resources"]}


@functools.cache
def _services() -> Mapping[str, Mapping[str, Any]]:
    spec = find_spec("parliament")
    assert spec is not None, "parliament, with the data, is not installed"
    assert spec.origin is not None
    text = (Path(spec.origin).parent / "iam_definition.json").read_text(encoding="utf-8")
    return {entry["prefix"]: entry for entry in json.loads(text)}
