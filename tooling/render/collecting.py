"""A recording as a rendered stack."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from tooling.engineless.offline import is_kubernetes, kubernetes_name
from tooling.engineless.recording import UNKNOWN, Recording, Resource, holds_secret, short_type
from tooling.render import graph
from tooling.render.model import (
    Graph,
    Group,
    KubernetesObject,
    Node,
    ProviderResource,
    RenderedStack,
    RenderError,
)
from tooling.render.values import opened, plain, unknown_paths

CLUSTER_SCOPED: Final = frozenset(
    {
        *("Namespace", "Node", "PersistentVolume", "StorageClass", "VolumeAttributesClass"),
        *("CSIDriver", "IngressClass", "PriorityClass", "RuntimeClass", "FlowSchema"),
        *("ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "APIService"),
        *("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"),
        *("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"),
        *("ClusterSecretStore", "ClusterExternalSecret", "ClusterIssuer"),
        *("IngressClassParams", "NodeClass", "NodePool"),
    }
)
"""Kinds that have no namespace; any other without one goes to ``default``."""

_RELEASE: Final = "kubernetes:helm.sh/v3:Release"
_SHOWN: Final = (
    "a Kubernetes object, a Helm release, an AWS or random resource, a provider, a local component"
)


def collect(
    recording: Recording, *, keep_secrets: bool = False, allow_unknown: bool = False
) -> RenderedStack:
    """What a recording holds, in plain values; raises ``RenderError`` for what has no such form.

    ``keep_secrets``: for checks that need the values; never written anywhere.
    ``allow_unknown``: values that only the provider will know are written as ``[unknown]``.
    """
    resources = sorted(recording.resources.values(), key=lambda r: (r.type, r.name, r.urn))
    _refuse(filter(None, map(_obstacle, resources)))
    objects = [r for r in resources if is_kubernetes(r)]
    if not allow_unknown:
        _refuse(
            f"{r.type} '{r.name}' cannot be shown: {path} is known only after a deployment"
            for r in objects
            for path in unknown_paths(r.inputs)
        )
    manifests = [_object(resource, keep_secrets) for resource in objects]
    _refuse(_duplicates(manifests))

    def of(prefix: str) -> tuple[ProviderResource, ...]:
        return tuple(_resource(r, keep_secrets) for r in resources if r.type.startswith(prefix))

    return RenderedStack(
        stack=recording.stack,
        objects=tuple(sorted(manifests, key=lambda o: (o.namespace or "", o.kind, o.name))),
        releases=of(_RELEASE),
        aws=of("aws:"),
        generated=of("random:"),
        providers=of("pulumi:providers:"),
        outputs={
            key: plain(value, keep_secrets=keep_secrets)
            for key, value in sorted(recording.exports.items())
        },
        graph=_graph(recording, manifests),
    )


def _refuse(problems: Iterable[str]) -> None:
    if listing := "\n".join(problems):
        raise RenderError(listing)


def _obstacle(resource: Resource) -> str | None:
    """Why a resource cannot be shown."""
    what = f"{resource.type} '{resource.name}' cannot be shown:"
    if not resource.custom:
        remote = "it is a remote component, whose resources only its provider knows"
        return f"{what} {remote}" if resource.request.remote else None
    if resource.type.startswith("kubernetes:") and resource.type.endswith(("Patch", "List")):
        return f"{what} it is no whole object"
    if is_kubernetes(resource):
        secret = holds_secret(resource.inputs.get("metadata"))
        return f"{what} its metadata holds a secret, for all to read" if secret else None
    if resource.type.startswith((_RELEASE, "aws:", "random:", "pulumi:providers:")):
        return None
    return f"{what} it is none of {_SHOWN}"


def _object(resource: Resource, keep_secrets: bool) -> KubernetesObject:
    manifest: dict[str, Any] = plain(resource.inputs, keep_secrets=keep_secrets)
    metadata = {**manifest.get("metadata", {}), "name": kubernetes_name(resource)}
    if manifest["kind"] not in CLUSTER_SCOPED:
        metadata.setdefault("namespace", "default")
    return KubernetesObject(
        urn=resource.urn,
        logical_name=resource.name,
        manifest={**manifest, "metadata": metadata},
    )


def _duplicates(objects: Iterable[KubernetesObject]) -> Iterable[str]:
    first: dict[tuple[str, str, str, str], str] = {}
    for item in objects:
        other = first.setdefault(item.key, item.logical_name)
        if other != item.logical_name:
            place = f"{item.namespace}/{item.name}" if item.namespace else item.name
            yield f"'{other}' and '{item.logical_name}' are one object: {item.kind} {place}"


def _resource(resource: Resource, keep_secrets: bool) -> ProviderResource:
    inputs: dict[str, Any] = dict(resource.inputs)
    if resource.type == "pulumi:providers:kubernetes":
        kubeconfig = inputs.get("kubeconfig")
        # A path is about the machine that renders; a document is about the cluster.
        if (
            isinstance(kubeconfig, str)
            and kubeconfig != UNKNOWN
            and not re.search(r"[\n{]", kubeconfig)
        ):
            inputs["kubeconfig"] = "[file of the caller]"
    return ProviderResource(
        urn=resource.urn,
        type=resource.type,
        logical_name=resource.name,
        inputs=plain(opened(inputs), keep_secrets=keep_secrets),
        protect=resource.protect,
    )


def _graph(recording: Recording, objects: Iterable[KubernetesObject]) -> Graph:
    resources = recording.resources
    places = {o.urn: f"{o.namespace}/{o.name}" if o.namespace else o.name for o in objects}
    groups = [
        Group(urn=r.urn, kind=short_type(r.type), name=r.name, parent=_component(resources, r))
        for r in resources.values()
        if not r.custom
    ]
    nodes = [
        Node(
            urn=r.urn,
            kind=r.inputs["kind"] if r.urn in places else short_type(r.type),
            name=r.name,
            place=places.get(r.urn, r.name),
            group=_component(resources, r),
            protect=r.protect,
        )
        for r in resources.values()
        if r.custom and not r.type.startswith("pulumi:providers:")
    ]
    dependencies = {r.urn: r.dependencies for r in resources.values() if r.custom}
    return graph.build(nodes, groups, dependencies)


def _component(resources: Mapping[str, Resource], resource: Resource) -> str:
    """URN of the component around a resource; empty if it has none."""
    parent = resources.get(resource.parent)
    while parent is not None and parent.custom:
        parent = resources.get(parent.parent)
    return parent.urn if parent else ""
