"""What a run of the program registered, and the marks of secret and unknown values in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from pulumi.runtime import rpc

from components.secrets.masking import MASK
from tooling.kit.errors import ExplainedError
from tooling.kit.json_values import as_list, as_mapping

UNKNOWN: Final = rpc.UNKNOWN
"""Marks a value in a state that only the provider will know."""


@dataclass(frozen=True)
class Secret:
    """A value that the program marked as secret. Its text form shows nothing."""

    value: Any

    def __repr__(self) -> str:
        return MASK


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One registration, as the engine would receive it."""

    urn: str
    type: str
    name: str
    parent: str
    custom: bool
    inputs: Mapping[str, Any]
    """Inputs in the provider's spelling; secret ones are ``Secret``, unknown ones ``UNKNOWN``."""
    dependencies: tuple[str, ...]
    """URNs of every resource that has to be complete before."""
    property_dependencies: Mapping[str, tuple[str, ...]]
    provider: str
    protect: bool
    ignore_changes: tuple[str, ...]
    additional_secret_outputs: tuple[str, ...]
    request: Any = field(repr=False)
    """The registration request itself, for what is not named here."""


class Backend(Protocol):
    """Answers for the providers."""

    @property
    def waits(self) -> bool:
        """Whether an answer takes time: the program then asks for several at once, on threads."""
        ...

    def create(self, resource: Resource) -> tuple[str, Mapping[str, Any]]:
        """The id and the output state of a resource, created or already there."""
        ...

    def invoke(self, token: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """The result of a provider function."""
        ...


@dataclass
class Recording:
    """What one run of the program registered, in order."""

    stack: str
    resources: dict[str, Resource] = field(default_factory=dict[str, Resource])
    """By URN, in the order of registration. Providers and components included."""
    registered_outputs: dict[str, Mapping[str, Any]] = field(
        default_factory=dict[str, Mapping[str, Any]]
    )
    exports: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Stack outputs; secret ones are ``Secret``."""

    def of_type(self, type_: str) -> list[Resource]:
        """The resources of one type token."""
        return [r for r in self.resources.values() if r.type == type_]

    def named(self, name: str, type_: str | None = None) -> Resource:
        """The one resource with a logical name, and type where the name alone is not enough."""
        (found,) = (
            r for r in self.resources.values() if r.name == name and type_ in {None, r.type}
        )
        return found


class DuplicateUrnError(ExplainedError):
    """Two resources with one identity, which the engine would refuse."""


class UnsupportedResourceError(ExplainedError):
    """A resource or function of a kind that a backend cannot answer for."""


def short_type(type_: str) -> str:
    """``rds.Instance`` for AWS, ``provider aws`` for a provider; else the last part of the type."""
    package, _, rest = type_.partition(":")
    module, _, name = rest.rpartition(":")
    if package == "aws":
        return f"{module.partition('/')[0]}.{name}"
    return f"provider {name}" if package == "pulumi" else name


def convert(value: Any, leaf: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - JSON
    """A copy of a JSON-like value with ``leaf`` applied to everything that is no container."""
    if (mapping := as_mapping(value)) is not None:
        return {key: convert(item, leaf) for key, item in mapping.items()}
    if (items := as_list(value)) is not None:
        return [convert(item, leaf) for item in items]
    return leaf(value)


def holds_secret(value: object) -> bool:
    """Whether a value is secret, or has a secret anywhere in it."""
    if isinstance(value, Secret):
        return True
    parts = as_list(value) or list((as_mapping(value) or {}).values())
    return any(holds_secret(part) for part in parts)


def holds_unknown(value: object) -> bool:
    """Whether a value is unknown, or has an unknown value anywhere in it."""
    if value == UNKNOWN:
        return True
    parts = as_list(value) or list((as_mapping(value) or {}).values())
    return any(holds_unknown(part) for part in parts)


def reveal(value: Any) -> Any:  # noqa: ANN401 - JSON
    """The value without secret marks."""
    return convert(value, lambda leaf: reveal(leaf.value) if isinstance(leaf, Secret) else leaf)


def secret_texts(value: object, *, secret: bool = False) -> Iterator[str]:
    """Every text below a secret mark."""
    if isinstance(value, Secret):
        yield from secret_texts(value.value, secret=True)
    elif secret and isinstance(value, str) and value != UNKNOWN:
        yield value
    for part in as_list(value) or list((as_mapping(value) or {}).values()):
        yield from secret_texts(part, secret=secret)
