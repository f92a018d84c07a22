"""Parts of Kubernetes objects, as the API returns them. Pure; imports no SDK."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from components.kubernetes.labels import PART_OF
from tooling.kit.json_values import as_list, as_mapping

Object = Mapping[str, Any]


def part(holder: Object, key: str) -> Object:
    """The mapping under a key; an empty one where there is none."""
    return as_mapping(holder.get(key)) or {}


def items(holder: Object, key: str) -> list[Object]:
    """The list under a key; an empty one where there is none."""
    return as_list(holder.get(key)) or []


def name(object_: Object) -> str:
    return part(object_, "metadata")["name"]


def namespace(object_: Object) -> str:
    return part(object_, "metadata").get("namespace") or ""


def subject(object_: Object) -> str:
    """``Kind namespace/name``."""
    return called(object_["kind"], namespace(object_), name(object_))


def called(kind: str, namespace: str | None, name: str) -> str:
    """How people are told which object is meant."""
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"


def labels(object_: Object) -> Object:
    return part(part(object_, "metadata"), "labels")


def annotations_of(object_: Object) -> Object:
    return part(part(object_, "metadata"), "annotations")


def role(object_: Object) -> str:
    """The role of an object in a stack: ``web``, ``migration``, ``database``, ``secret``, …"""
    return labels(object_).get("app.kubernetes.io/component", "")


def is_part_of_stack(object_: Object) -> bool:
    return labels(object_).get("app.kubernetes.io/part-of") == PART_OF


def is_ours(namespace_: Object) -> bool:
    """Whether a stack of this program created a namespace."""
    managed = labels(namespace_).get("app.kubernetes.io/managed-by") == "pulumi"
    return managed and is_part_of_stack(namespace_)


def conditions(object_: Object) -> dict[str, Object]:
    """An object's conditions by type."""
    return {item["type"]: item for item in items(part(object_, "status"), "conditions")}


def words(condition: Object) -> str:
    """Reason and message of a condition."""
    said = (condition.get("reason"), condition.get("message"))
    return ": ".join(str(text) for text in said if text)


def containers(pod: Object) -> list[Object]:
    """Statuses of a pod's containers, in the order in which they start."""
    status = part(pod, "status")
    return [*items(status, "initContainerStatuses"), *items(status, "containerStatuses")]


def moment(text: object) -> datetime | None:
    """A time of the API; None where there is none."""
    if not isinstance(text, str) or not text:
        return None
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def age(object_: Object, now: datetime) -> float:
    """Seconds since an object was made."""
    created = moment(part(object_, "metadata").get("creationTimestamp"))
    return (now - created).total_seconds() if created else 0.0


def newest(objects: list[Object]) -> Object | None:
    """The object that was made last."""
    beginning = datetime.min.replace(tzinfo=UTC)

    def created(item: Object) -> datetime:
        return moment(part(item, "metadata").get("creationTimestamp")) or beginning

    return max(objects, key=created, default=None)
