"""What a change of an object's inputs means: nothing, an update, or another object. Pure."""

from __future__ import annotations

import base64
import copy
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, Final

from tooling.kit.json_values import at

_JOB: Final = ("spec.completions", "spec.parallelism", "spec.selector", "spec.template")
_STATEFUL_SET: Final = (
    "spec.podManagementPolicy",
    "spec.revisionHistoryLimit",
    "spec.selector",
    "spec.serviceName",
    "spec.volumeClaimTemplates",
)

# As the provider has it:
# https://github.com/pulumi/pulumi-kubernetes/blob/master/provider/pkg/provider/diff.go
_REPLACED_BY: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("apps", "Deployment"): ("spec.selector",),
    ("apps", "StatefulSet"): _STATEFUL_SET,
    ("batch", "Job"): _JOB,
    ("", "Secret"): ("type",),
    ("", "Service"): ("spec.clusterIP",),
    ("storage.k8s.io", "StorageClass"): ("parameters", "provisioner"),
}
_IDENTITY: Final = ("kind", "metadata.name", "metadata.namespace")
_CONTENT: Final = ("binaryData", "data", "immutable", "stringData")
"""Of a ConfigMap or Secret that says ``immutable``."""


class Change(Enum):
    NONE = "unchanged"
    UPDATE = "updated"
    REPLACE = "replaced"


class UnsupportedPathError(Exception):
    """An ``ignore_changes`` path that is more than names and dots."""


def change(old: Mapping[str, Any], new: Mapping[str, Any]) -> Change:
    """What has to happen to an object made from ``old`` so that it matches ``new``."""
    if old == new:
        return Change.NONE
    group = new["apiVersion"].rpartition("/")[0]
    paths = (*_IDENTITY, *_REPLACED_BY.get((group, new["kind"]), ()))
    if old.get("immutable"):
        paths += _CONTENT
    replaced = any(at(old, path) != at(new, path) for path in paths)
    return Change.REPLACE if replaced else Change.UPDATE


def ignoring(
    new: Mapping[str, Any], old: Mapping[str, Any], paths: Iterable[str]
) -> dict[str, Any]:
    """``new`` with what it had in ``old`` at the ignored ``paths``."""
    result = copy.deepcopy(dict(new))
    for path in paths:
        if not all(part.isidentifier() for part in path.split(".")):
            raise UnsupportedPathError(f"ignore_changes path {path} is not supported here")
        *parents, last = path.split(".")
        holder = result
        for part in parents:
            holder = holder.setdefault(part, {})
        if (kept := at(old, path)) is not None:
            holder[last] = copy.deepcopy(kept)
        else:
            holder.pop(last, None)
    return result


def manifest(inputs: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The object to send. A Secret's ``stringData`` is sent as ``data``: server-side apply does
    not notice a key that is gone from ``stringData``."""
    sent = copy.deepcopy(dict(inputs))
    sent["metadata"] = {**sent.get("metadata", {}), "name": name}
    if sent["kind"] == "Secret" and (texts := sent.pop("stringData", None)):
        encoded = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
        sent["data"] = {**sent.get("data", {}), **encoded}
    return sent
