"""Where pods run and what they request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pulumi_kubernetes.core.v1 import TolerationArgsDict


@dataclass(frozen=True, kw_only=True)
class Placement:
    """What a cluster asks of every pod: where it may run, how its images are pulled, its marks."""

    node_selector: Mapping[str, str] = field(default_factory=dict[str, str])
    tolerations: Sequence[TolerationArgsDict] = ()
    image_pull_secrets: Sequence[str] = ()
    """Names of Secrets in the namespace."""
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    """Further labels, which no selector uses."""
    annotations: Mapping[str, str] = field(default_factory=dict[str, str])
    """Further annotations."""


ANYWHERE: Final = Placement()


@dataclass(frozen=True, kw_only=True)
class ContainerResources:
    """Requests and limits of a container, as Kubernetes quantities. CPU has no limit."""

    cpu: str
    memory: str
    memory_limit: str
