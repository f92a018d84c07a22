"""What a rendered stack consists of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tooling.kit.errors import ExplainedError


class RenderError(ExplainedError):
    """Something that cannot be shown; the message names it."""


@dataclass(frozen=True, kw_only=True)
class KubernetesObject:
    """One object, as it would be applied."""

    urn: str
    logical_name: str
    manifest: Mapping[str, Any]
    """The object with its physical name."""

    @property
    def kind(self) -> str:
        return self.manifest["kind"]

    @property
    def name(self) -> str:
        return self.manifest["metadata"]["name"]

    @property
    def namespace(self) -> str | None:
        """None for an object of the whole cluster."""
        return self.manifest["metadata"].get("namespace")

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What no two objects share: API group, kind, namespace, name."""
        group, _, _version = self.manifest["apiVersion"].rpartition("/")
        return (group, self.kind, self.namespace or "", self.name)


@dataclass(frozen=True, kw_only=True)
class ProviderResource:
    """A resource of which the inputs are shown: of AWS or Helm, random values, a provider."""

    urn: str
    type: str
    logical_name: str
    inputs: Mapping[str, Any]
    protect: bool


@dataclass(frozen=True, kw_only=True)
class Node:
    """A resource in the graph."""

    urn: str
    kind: str
    """Short type, such as ``Deployment`` or ``rds.Instance``."""
    name: str
    """Logical name."""
    place: str
    """Where it is found: ``namespace/name`` of an object, else the logical name."""
    group: str
    """URN of the component it belongs to; empty for none."""
    protect: bool = False


@dataclass(frozen=True, kw_only=True)
class Group:
    """A component in the graph."""

    urn: str
    kind: str
    """Its class."""
    name: str
    parent: str
    """URN of the component around it; empty for none."""


@dataclass(frozen=True, kw_only=True)
class Graph:
    """Resources, the components they belong to, and what has to be complete before what."""

    nodes: Mapping[str, Node]
    """By URN, sorted by component and name."""
    groups: Mapping[str, Group]
    edges: tuple[tuple[str, str], ...]
    """From a resource to one that waits for it, without those that follow from others."""
    longest_chain: tuple[str, ...]
    """URNs, first to last."""


@dataclass(frozen=True, kw_only=True)
class RenderedStack:
    """Everything that a stack consists of, sorted, in plain values."""

    stack: str
    objects: tuple[KubernetesObject, ...]
    releases: tuple[ProviderResource, ...]
    """Of Helm: the chart and its values. What the chart makes of them, only Helm knows."""
    aws: tuple[ProviderResource, ...]
    generated: tuple[ProviderResource, ...]
    providers: tuple[ProviderResource, ...]
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    graph: Graph
