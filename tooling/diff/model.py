"""Both sides of a comparison, and what differs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final, Self

from tooling.engineless.recording import short_type
from tooling.kit.errors import ExplainedError
from tooling.kit.json_values import Path


class DiffError(ExplainedError):
    """Something that keeps two trees from being compared; the message says what, and what to do."""


def stack_file(project: str, stack: str) -> str:
    """The path of a stack's file; ``project`` is its folder, ``.`` for the program itself."""
    return str(PurePosixPath(project, f"Pulumi.{stack}.yaml"))


class Absent:
    """Marks a missing value, because None is a value."""

    def __repr__(self) -> str:
        return "(none)"


ABSENT: Final = Absent()


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One registration. Secret inputs are fingerprints: ``{"$secret": …}``."""

    urn: str
    type: str
    name: str
    inputs: Mapping[str, Any]
    protect: bool
    provider: str
    """URN of its provider; empty for none."""
    ignored: tuple[str, ...]
    """Paths of which the engine ignores a change."""
    replace_on_changes: tuple[str, ...]
    """Paths that the program itself makes replace the resource."""
    uses: Mapping[str, tuple[str, ...]]
    """By top-level input: URNs of the resources that its value comes from."""
    invented_name: str | None
    """The name of a Kubernetes object that the provider invents."""

    @property
    def kind(self) -> str:
        """Short type, such as ``Deployment`` or ``rds.Instance``."""
        return short_type(self.type)

    @property
    def title(self) -> str:
        return f"{self.kind} `{self.name}`"


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What one tree registers for one stack."""

    resources: Mapping[str, Resource]
    """By URN: custom resources and providers, no components."""
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])
    acknowledged: tuple[str, ...] = ()

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> Self:
        """What ``tooling/diff/snapshot.py`` wrote."""
        return cls(
            resources={
                urn: Resource(
                    urn=urn,
                    type=item["type"],
                    name=item["name"],
                    inputs=item["inputs"],
                    protect=item["protect"],
                    provider=item["provider"],
                    ignored=tuple(item["ignored"]),
                    replace_on_changes=tuple(item["replaceOnChanges"]),
                    uses={name: tuple(urns) for name, urns in item["uses"].items()},
                    invented_name=item["inventedName"],
                )
                for urn, item in raw["resources"].items()
            },
            outputs=raw["outputs"],
            acknowledged=tuple(raw["acknowledged"]),
        )


@dataclass(frozen=True, kw_only=True)
class PropertyChange:
    """One value that differs."""

    path: Path
    before: Any
    after: Any
    replaces: str | None = None
    """Why this replaces the resource: the source that says so."""
    unsure: bool = False
    """Whether the provider may replace the resource for it, as far as the table knows."""
    danger: str | None = None
    """Why a reviewer should look at it."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What happens to one resource."""

    resource: Resource
    """As it will be; of a removed one, as it was."""
    changes: tuple[PropertyChange, ...] = ()
    dangers: tuple[str, ...] = ()
    """About the resource as a whole."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Everything that differs in one stack."""

    stack: str
    project: str = "."
    """The folder of its program."""
    refused: tuple[Difference, ...] = ()
    """Protected, and would be deleted or replaced."""
    replaced: tuple[Difference, ...] = ()
    removed: tuple[Difference, ...] = ()
    changed: tuple[Difference, ...] = ()
    created: tuple[Difference, ...] = ()
    follows: tuple[tuple[Resource, str], ...] = ()
    """Unchanged here, but it uses what is replaced; and what that means."""
    ignored: tuple[tuple[Resource, str], ...] = ()
    """What the program tells the engine to leave as it is: a resource and the path."""
    outputs: tuple[PropertyChange, ...] = ()
    acknowledged: tuple[str, ...] = ()
    """Risks that are accepted now and were not before."""
    withdrawn: tuple[str, ...] = ()
    """Risks that are no longer accepted."""
    added_stack: bool = False
    removed_stack: bool = False
    invented: Mapping[str, str] = field(default_factory=dict[str, str])
    """Names that the offline run invented, with what they name."""
    unknown_types: tuple[str, ...] = ()
    """Types with changes of which the table of replacements knows nothing."""

    @property
    def title(self) -> str:
        """The stack, with its project if that is not the program itself."""
        return str(PurePosixPath(self.project, self.stack))

    @property
    def file(self) -> str:
        return stack_file(self.project, self.stack)

    @property
    def empty(self) -> bool:
        """Whether nothing differs."""
        parts = (self.refused, self.replaced, self.removed, self.changed, self.created)
        return not (
            any(parts)
            or self.ignored
            or self.outputs
            or self.acknowledged
            or self.withdrawn
            or self.added_stack
            or self.removed_stack
        )
