"""A backend that invents what providers would compute: repeatable, recognisable, never real."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stacks.stack_files import StackConfiguration, read
from tooling.engineless import replacement, running
from tooling.engineless.aws import lookups, resources
from tooling.engineless.recording import (
    UNKNOWN,
    Recording,
    Resource,
    UnsupportedResourceError,
    reveal,
)


def is_kubernetes(resource: Resource) -> bool:
    """Whether a resource is one Kubernetes object."""
    return resource.custom and {"apiVersion", "kind"} <= resource.inputs.keys()


def kubernetes_name(resource: Resource) -> str:
    """The object's name; where the program gives none, as the provider would invent it.

    The invented part follows from the URN and from the inputs that replace the object: so a
    rendered stack shows by a changed name what the engine would replace.
    """
    name = reveal(resource.inputs.get("metadata", {})).get("name")
    if name is not None:
        return name
    fixed = replacement.identity(reveal(resource.inputs), resource.request.replaceOnChanges)
    seed = resource.urn + json.dumps(fixed, sort_keys=True)
    return f"{resource.name}-{hashlib.sha256(seed.encode()).hexdigest()[:8]}"


class OfflineBackend:
    """Answers for the Kubernetes, AWS and random providers without any of them.

    ``preview``: generated values are unknown, as they are in the first preview of a stack.
    ``auto_mode``: EKS clusters are in Auto Mode.
    """

    waits = False

    def __init__(self, *, preview: bool = False, auto_mode: bool = False) -> None:
        self._preview = preview
        self._auto_mode = auto_mode

    def create(self, resource: Resource) -> tuple[str, Mapping[str, Any]]:
        if resource.type.startswith("pulumi:providers:"):
            return f"{resource.name}-id", resource.inputs
        if is_kubernetes(resource):
            metadata = reveal(resource.inputs.get("metadata", {}))
            metadata = {**metadata, "name": kubernetes_name(resource)}
            namespace = metadata.get("namespace")
            id_ = f"{namespace}/{metadata['name']}" if namespace else metadata["name"]
            state = {**resource.inputs, "metadata": metadata}
            if resource.inputs["kind"] == "Ingress":
                status = resources.ingress_status(resource)
                state["status"] = UNKNOWN if self._preview else status
            return id_, state
        if resource.type == "kubernetes:helm.sh/v3:Release":
            name = resource.inputs.get("name") or resource.name
            return name, {**resource.inputs, "status": {"status": "deployed"}}
        if resource.type.startswith("aws:"):
            return resources.create(resource, preview=self._preview)
        if resource.type.startswith("random:"):
            return "none", {**resource.inputs, **self._random(resource)}
        raise UnsupportedResourceError(
            f"{resource.type} '{resource.name}' cannot be shown without its provider: "
            "add it to tooling/engineless/offline.py, or use a resource that can be."
        )

    def invoke(self, token: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        if token.startswith("aws:"):
            return lookups.invoke(token, arguments, auto_mode=self._auto_mode)
        raise UnsupportedResourceError(f"function {token} cannot be called without its provider")

    def _random(self, resource: Resource) -> dict[str, str]:
        length = resource.inputs.get("length", 0)
        if resource.type == "random:index/randomBytes:RandomBytes":
            data = hashlib.shake_256(resource.urn.encode()).digest(length)
            state = {"hex": data.hex(), "base64": base64.b64encode(data).decode()}
        elif resource.type == "random:index/randomPassword:RandomPassword":
            text = hashlib.shake_256(resource.urn.encode()).hexdigest(length)
            state = {"result": text[:length]}
        elif resource.type == "random:index/randomId:RandomId":
            data = hashlib.shake_256(resource.urn.encode()).digest(resource.inputs["byteLength"])
            state = {"hex": data.hex()}
        else:
            raise UnsupportedResourceError(f"{resource.type} '{resource.name}' is not known here")
        return dict.fromkeys(state, UNKNOWN) if self._preview else state


def record(
    stack: str,
    overrides: Mapping[str, Any] | None = None,
    *,
    preview: bool = False,
    auto_mode: bool = False,
    project: Path | None = None,
) -> Recording:
    """What a project's program registers for a stack file, with ``overrides`` by full key."""
    configuration = read(stack, overrides, project=project)
    return record_configuration(
        stack, configuration, preview=preview, auto_mode=auto_mode, project=project
    )


def record_configuration(
    stack: str,
    configuration: StackConfiguration,
    *,
    preview: bool = False,
    auto_mode: bool = False,
    project: Path | None = None,
) -> Recording:
    """What a project's program registers for a configuration."""
    backend = OfflineBackend(preview=preview, auto_mode=auto_mode)
    return running.run_program(stack, configuration, backend, preview=preview, project=project)
