"""What components hand to one another: a database, a delivered secret, where pods run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pulumi

if TYPE_CHECKING:
    from pulumi_kubernetes.core.v1 import TolerationArgsDict


@dataclass(frozen=True, kw_only=True)
class DatabaseConnection:
    """A database that is ready when ``url`` resolves, wherever it runs."""

    url: pulumi.Output[str]
    """PostgreSQL URL for Prisma; secret."""
    address: pulumi.Output[str]
    """Host and port, to show to people."""
    port: int
    """TCP port."""
    pods: Mapping[str, str] | None = None
    """Labels of the database's pods, when it runs in Langfuse's namespace."""


@dataclass(frozen=True, kw_only=True)
class DeliveredSecret:
    """A Kubernetes Secret whose values are in place when ``name`` resolves.

    A change of the values changes the name, so that pods which name it are rolled, and none
    starts on old values under the new name.
    """

    name: pulumi.Output[str]


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where pods may run."""

    node_selector: Mapping[str, str] = field(default_factory=dict[str, str])
    tolerations: Sequence[TolerationArgsDict] = ()


ANYWHERE: Final = Placement()


@dataclass(frozen=True, kw_only=True)
class ContainerResources:
    """Requests and limits of a container, as Kubernetes quantities. CPU has no limit."""

    cpu: str
    memory: str
    memory_limit: str
