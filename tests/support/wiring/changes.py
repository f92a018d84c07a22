"""What two runs of the program register differently."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tests.support.wiring.keys import ABSENT
from tooling.engineless import offline
from tooling.engineless.recording import Recording, Resource, Secret, reveal
from tooling.kit.json_values import as_list, as_mapping

CREATED: Final = "(created)"
REMOVED: Final = "(removed)"
"""In place of a path: the resource is there only after, or only before."""

Changes = dict[str, object]
"""Values of the second run by place, ``Kind/name path``; for a stack output, ``outputs path``."""


def changes(before: Recording, after: Recording) -> Changes:
    """Every input, option and stack output that differs, leaf by leaf, also of JSON in a text.

    A name that the provider invents is compared as the logical name that it is invented for: it
    changes with the content of what it names.
    """
    old, new = _resources(before), _resources(after)
    found: Changes = {f"{node} {REMOVED}": REMOVED for node in old.keys() - new.keys()}
    found |= {f"{node} {CREATED}": CREATED for node in new.keys() - old.keys()}
    invented = {**_invented_names(before), **_invented_names(after)}
    pairs = [(n, _registered(r), _registered(new[n])) for n, r in old.items() if n in new]
    for node, one, two in (*pairs, ("outputs", before.exports, after.exports)):
        if one != two:
            was, now = leaves(one, invented), leaves(two, invented)
            found |= {
                f"{node} {path}": now.get(path, ABSENT)
                for path in was.keys() | now.keys()
                if was.get(path, ABSENT) != now.get(path, ABSENT)
            }
    return found


def leaves(value: object, invented: Mapping[str, str] | None = None) -> dict[str, object]:
    """What is in a value and holds nothing else, by path; JSON in a text is read."""
    known = invented or {}
    pattern = re.compile("|".join(map(re.escape, known))) if known else None

    def named(text: str) -> str:
        return pattern.sub(lambda m: known[m[0]], text) if pattern else text

    return {
        path: named(leaf) if isinstance(leaf, str) else leaf for path, leaf in _leaves(value, "")
    }


def _leaves(value: object, path: str) -> Iterator[tuple[str, object]]:
    value = value.value if isinstance(value, Secret) else value
    value = _decoded(value) if isinstance(value, str) else value
    parts = as_mapping(value)
    if parts is None and (items := as_list(value)) is not None:
        parts = {_identity(item) or str(index): item for index, item in enumerate(items)}
    if parts is None:
        yield path, value
        return
    for key, part in parts.items():
        yield from _leaves(part, f"{path}.{key}" if path else key)


def _identity(item: object) -> str | None:
    """What tells an item of a list from the others wherever it is: the name of alerts' groups and
    of an alert."""
    mapping = as_mapping(item) or {}
    return mapping.get("name") if "rules" in mapping else mapping.get("alert")


def _decoded(text: str) -> object:
    if text[:1] not in {"{", "["}:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _resources(recording: Recording) -> dict[str, Resource]:
    nodes = {_node(resource): resource for resource in recording.resources.values()}
    assert len(nodes) == len(recording.resources), "two resources of one kind and name"
    return nodes


def _node(resource: Resource) -> str:
    return f"{resource.type.rpartition(':')[2]}/{resource.name}"


def _registered(resource: Resource) -> Mapping[str, Any]:
    """Inputs and options."""
    request = resource.request
    return {
        **resource.inputs,
        "@protect": resource.protect,
        "@dependencies": {urn.rpartition("::")[2]: True for urn in resource.dependencies},
        "@provider": resource.provider.split("::")[-2] if resource.provider else "",
        "@ignoreChanges": dict.fromkeys(resource.ignore_changes, True),
        "@replaceOnChanges": dict.fromkeys(request.replaceOnChanges, True),
        "@deleteBeforeReplace": request.deleteBeforeReplace,
        "@retainOnDelete": request.retainOnDelete,
        "@timeouts": str(request.customTimeouts),
    }


def _invented_names(recording: Recording) -> dict[str, str]:
    """Logical names by the names that the provider invents."""
    return {
        offline.kubernetes_name(resource): f"<{resource.name}>"
        for resource in recording.resources.values()
        if offline.is_kubernetes(resource)
        and "name" not in reveal(resource.inputs.get("metadata", {}))
    }
