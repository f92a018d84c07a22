"""What the cluster's events say about an object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tooling.kit.json_values import as_mapping, at
from tooling.kubernetes.api import Api, LiveError, Object, Reference


def newest_warning(
    events: Iterable[Mapping[str, Any]], names: Iterable[str]
) -> Mapping[str, Any] | None:
    """The newest Warning about an object with one of the ``names``; None without any."""
    wanted = set(names)
    found = [
        event
        for event in events
        if event.get("type") == "Warning" and at(event, "involvedObject.name") in wanted
    ]
    return max(found, key=last_seen, default=None)


def last_seen(event: Mapping[str, Any]) -> str:
    """When an event happened last: RFC 3339 in UTC, so that texts sort as times do."""
    return (
        at(event, "series.lastObservedTime")
        or event.get("lastTimestamp")
        or event.get("eventTime")
        or at(event, "metadata.creationTimestamp")
        or ""
    )


def in_words(event: Mapping[str, Any]) -> str:
    """An event as one line."""
    object_ = as_mapping(event.get("involvedObject")) or {}
    message = " ".join(str(event.get("message") or "").split())
    return f"{object_.get('kind')} {object_.get('name')}: {event.get('reason')}: {message}"


def latest(api: Api, live: Object) -> str | None:
    """The newest Warning about an object, its ReplicaSets and its pods; None without any, or
    where events may not be read."""
    reference = Reference.of(live)
    names = [reference.name]
    labels = as_mapping(at(live, "spec.selector.matchLabels")) or {}
    selector = ",".join(f"{key}={value}" for key, value in labels.items())
    try:
        if selector:
            for version, kind in (("apps/v1", "ReplicaSet"), ("v1", "Pod")):
                items = api.list(version, kind, reference.namespace, selector=selector)
                names += [item["metadata"]["name"] for item in items]
        event = newest_warning(api.list("v1", "Event", reference.namespace), names)
    except LiveError:
        return None
    return in_words(event) if event else None
