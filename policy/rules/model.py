"""What a rule is, and what it sees."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast


class Unknown:
    """Marks a value that only the provider will know. Rules do not judge it."""

    def __repr__(self) -> str:
        return "[unknown]"


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A resource as a rule sees it: inputs in the provider's spelling."""

    type: str
    name: str
    """Logical name."""
    urn: str
    inputs: Mapping[str, Any]
    protect: bool = False
    provider: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Inputs of its provider."""

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """The input at a path of keys joined by dots; None if there is none."""
        return at(self.inputs, path)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule about each resource."""

    name: str
    protects: str
    """What the rule protects, in one sentence."""
    check: Callable[[Seen], Iterator[str]]
    """Yields one message for each violation: what it is, and what to do."""


@dataclass(frozen=True, kw_only=True)
class StackRule:
    """A rule about all resources together."""

    name: str
    protects: str
    check: Callable[[Sequence[Seen]], Iterator[tuple[Seen, str]]]


def at(value: object, path: str) -> Any:  # noqa: ANN401 - JSON
    """The value at a path below ``value``; None if there is none, UNKNOWN if that is not known."""
    for key in path.split("."):
        if value is UNKNOWN:
            return UNKNOWN
        value = mapping(value).get(key)
    return value


def mapping(value: object) -> Mapping[str, Any]:
    """``value`` if it is a mapping, else an empty one."""
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def items(value: object) -> list[Any]:
    """``value`` if it is a list; a single value as a list of one; nothing as none."""
    if isinstance(value, list):
        return cast("list[Any]", value)
    return [] if value is None or value is UNKNOWN else [value]


def document(value: object) -> Mapping[str, Any]:
    """A JSON document; empty if it is unknown or none."""
    if isinstance(value, str):
        try:
            return mapping(json.loads(value))
        except (ValueError, RecursionError):
            return {}
    return mapping(value)


def is_on(value: object) -> bool:
    """Whether a switch is on, or not known yet; the wire has booleans of providers as text."""
    return value is UNKNOWN or value is True or value == "true"


def is_off(value: object) -> bool:
    """Whether a switch is off, or not known yet."""
    return value is UNKNOWN or value is False or value == "false"


def is_asked(value: object) -> bool:
    """Whether a switch is known to be on."""
    return value is True or value == "true"


def leaves(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[Path, Any]]:
    """Every value below ``value`` that is neither a mapping nor a list, with the path to it."""
    if isinstance(value, Mapping):
        for key, item in cast("Mapping[Any, Any]", value).items():
            yield from leaves(item, (*path, str(key)))
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[Any]", value)):
            yield from leaves(item, (*path, index))
    else:
        yield path, value


def mappings(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[Path, Any]]:
    """``value`` and every mapping below it, with the path to it."""
    if isinstance(value, Mapping):
        yield path, value
        for key, item in cast("Mapping[Any, Any]", value).items():
            yield from mappings(item, (*path, str(key)))
    elif isinstance(value, list):
        for index, item in enumerate(cast("list[Any]", value)):
            yield from mappings(item, (*path, index))


def spelled(path: Path) -> str:
    """A path as people write it: ``spec.containers[0].image``."""
    parts = (f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return "".join(parts).removeprefix(".")


def accepted(stack: Sequence[Seen]) -> frozenset[str]:
    """The risks that the stack accepts by name (``acknowledge`` in its configuration).

    They are in the outputs of its component, because a policy pack in Python is not told the
    stack's configuration (pulumi-policy 1.21, ``ConfigureStack``).
    """
    stacks = [resource for resource in stack if resource.type in (STACK_TYPE, PLATFORM_TYPE)]
    return frozenset(str(risk) for s in stacks for risk in items(s.inputs.get("acknowledged")))


Path = tuple[str | int, ...]
"""Keys and positions from a value down to one of its parts."""

STACK_TYPE: Final = "agent-observability:index:ObservabilityStack"
PLATFORM_TYPE: Final = "agent-observability:index:Platform"
