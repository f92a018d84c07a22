"""Finds the pods that objects make, in every kind that has a pod template."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from ..model import UNKNOWN, Seen, at, items, mapping, mappings, spelled
from .objects import Manifest, manifests

_TEMPLATES: Final = {
    "Pod": "",
    "PodTemplate": "template",
    "Deployment": "spec.template",
    "StatefulSet": "spec.template",
    "DaemonSet": "spec.template",
    "ReplicaSet": "spec.template",
    "ReplicationController": "spec.template",
    "Job": "spec.template",
    "CronJob": "spec.jobTemplate.spec.template",
}
"""Where the kinds of Kubernetes have their pod template."""

_CONTAINERS: Final = (
    ("initContainers", "init container"),
    ("containers", "container"),
    ("ephemeralContainers", "ephemeral container"),
)


@dataclass(frozen=True, kw_only=True)
class Pod:
    """A pod that an object makes."""

    spec: Mapping[str, Any]
    labels: Any
    annotations: Mapping[str, Any]
    namespace: Any
    complete: bool
    """Whether what it does not say is left out. A patch adds to what is there already, but one that
    brings a container with its image says all about that container."""
    selectable: bool
    """Whether its labels are those that the object names."""
    place: str

    def containers(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Each container, with what it is called in a message."""
        for field, kind in _CONTAINERS:
            for container in items(self.spec.get(field)):
                yield kind, mapping(container)


def pods(seen: Seen) -> Iterator[Pod]:
    """Every pod that a resource makes."""
    for manifest in manifests(seen):
        if manifest.is_built_in:
            if (path := _TEMPLATES.get(manifest.kind)) is not None:
                template = manifest.get(path) if path else manifest.body
                yield from _of_template(template, manifest)
        elif manifest.group != "helm.sh":
            yield from _of_custom(manifest)


def _of_template(template: object, manifest: Manifest) -> Iterator[Pod]:
    spec = at(template, "spec")
    if spec is None or spec is UNKNOWN:
        return
    metadata = at(template, "metadata")
    yield Pod(
        spec=mapping(spec),
        labels=at(metadata, "labels"),
        annotations=mapping(at(metadata, "annotations")),
        namespace=manifest.get("metadata.namespace"),
        complete=not manifest.partial or _brings_image(mapping(spec)),
        selectable=not manifest.partial,
        place=manifest.place,
    )


def _of_custom(manifest: Manifest) -> Iterator[Pod]:
    """Pods of a custom resource: whatever has containers, or a template for one of them."""
    for path, found in mappings(manifest.body):
        spec: Mapping[str, Any] | None = None
        if isinstance(found.get("containers"), list):
            spec = found
        elif isinstance(found.get("containerTemplate"), Mapping):
            spec = {
                **mapping(found.get("podTemplate")),
                "containers": [_with_image(mapping(found["containerTemplate"]))],
            }
        if spec is not None:
            yield Pod(
                spec=spec,
                labels=UNKNOWN,
                annotations={},
                namespace=manifest.get("metadata.namespace"),
                complete=spec is found and _brings_image(spec),
                selectable=False,
                place=f"{spelled(path)}: ",
            )


def _with_image(container: Mapping[str, Any]) -> dict[str, Any]:
    """A container whose image is written in parts, as one."""
    image = container.get("image")
    return {"name": "containerTemplate", **container, "image": joined(image)}


def joined(image: object) -> Any:  # noqa: ANN401 - JSON
    """An image in one text: ``repository``, with ``tag``, ``hash`` or ``digest``."""
    if not isinstance(image, Mapping):
        return image
    parts = mapping(cast("object", image))
    registry, repository = parts.get("registry"), parts.get("repository") or parts.get("name")
    name = f"{registry}/{repository}" if registry else f"{repository}"
    digest = parts.get("digest") or parts.get("hash")
    if UNKNOWN in (digest, parts.get("tag")):
        return UNKNOWN
    if digest:
        return f"{name}@{digest}"
    return f"{name}:{parts.get('tag')}" if parts.get("tag") else name


def _brings_image(spec: Mapping[str, Any]) -> bool:
    return any(
        mapping(container).get("image") is not None
        for field, _ in _CONTAINERS
        for container in items(spec.get(field))
    )
