"""Reads objects of Kubernetes: of every kind, as patches of them, and in lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..model import Seen, at, items, mapping

BUILT_IN: Final = frozenset({"core", "apps", "batch", "extensions", "policy", "autoscaling"})
"""Groups of Kubernetes itself, as far as they matter here; so are those that end in ``.k8s.io``."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """One object."""

    group: str
    """``core``, ``apps``, ``networking.k8s.io``"""
    kind: str
    """Without ``Patch``."""
    body: Mapping[str, Any]
    partial: bool = False
    """A patch: what it does not say stays as it is."""
    place: str = ""
    """Where it is in its resource, with a colon, if it is not the resource itself."""

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """The field at a path of keys joined by dots; None if there is none."""
        return at(self.body, path)

    @property
    def is_built_in(self) -> bool:
        return self.group in BUILT_IN or self.group.endswith(".k8s.io")


def manifests(seen: Seen) -> Iterator[Manifest]:
    """The objects that a resource is: itself, or the items of a list."""
    if not seen.type.startswith("kubernetes:"):
        return
    module, _, kind = seen.type.removeprefix("kubernetes:").rpartition(":")
    group = module.partition("/")[0]
    if kind.endswith("List") and isinstance(seen.inputs.get("items"), list):
        for index, item in enumerate(items(seen.inputs.get("items"))):
            body = mapping(item)
            version = body.get("apiVersion")
            yield Manifest(
                group=_group(version) if isinstance(version, str) else group,
                kind=str(body.get("kind") or kind.removesuffix("List")),
                body=body,
                place=f"items[{index}]: ",
            )
        return
    yield Manifest(
        group=group,
        kind=kind.removesuffix("Patch"),
        body=seen.inputs,
        partial=kind.endswith("Patch"),
    )


def _group(version: str) -> str:
    """``apps/v1`` is of ``apps``, ``v1`` of ``core``."""
    return version.partition("/")[0] if "/" in version else "core"
