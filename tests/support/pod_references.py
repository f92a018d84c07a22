"""The Secrets, ConfigMaps, accounts and claims that pods name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.manifests import Cluster, Pod, title


@dataclass(frozen=True)
class Reference:
    """An object that a pod needs before it can start."""

    kind: str
    name: str
    key: str | None = None
    optional: bool = False


def references_exist(cluster: Cluster) -> Iterator[str]:
    for pod in cluster.pods():
        for reference in references(pod):
            if reference.optional:
                continue
            problem = _problem(cluster, pod.namespace, reference)
            if problem is not None:
                yield f"{title(pod.owner)}: {problem}"


def references(pod: Pod) -> Iterator[Reference]:
    """What a pod names, in its own namespace."""
    yield Reference("ServiceAccount", pod.spec.get("serviceAccountName", "default"))
    for secret in pod.spec.get("imagePullSecrets", []):
        yield Reference("Secret", secret["name"])
    for container in pod.containers:
        for source in container.get("envFrom", []):
            yield from _sources(source)
        for variable in container.get("env", []):
            yield from _sources(variable.get("valueFrom", {}))
    for volume in pod.spec.get("volumes", []):
        yield from _volume(volume)


def _problem(cluster: Cluster, namespace: str, reference: Reference) -> str | None:
    what = f"{reference.kind} {reference.name}"
    delivered = (
        reference.kind == "Secret"
        and cluster.delivered_secret(namespace, reference.name) is not None
    )
    if not delivered and not cluster.exists(reference.kind, namespace, reference.name):
        return f"there is no {what} in namespace {namespace}"
    keys = cluster.keys(reference.kind, namespace, reference.name)
    if reference.key is not None and keys is not None and reference.key not in keys:
        return f"{what} has no key {reference.key}"
    return None


def _sources(source: Mapping[str, Any]) -> Iterator[Reference]:
    for field, kind in (
        ("secretRef", "Secret"),
        ("configMapRef", "ConfigMap"),
        ("secretKeyRef", "Secret"),
        ("configMapKeyRef", "ConfigMap"),
    ):
        if (named := source.get(field)) is not None:
            optional = named.get("optional", False)
            yield Reference(kind, named["name"], named.get("key"), optional)


def _volume(volume: Mapping[str, Any]) -> Iterator[Reference]:
    if "persistentVolumeClaim" in volume:
        yield Reference("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"])
    for part in [volume, *volume.get("projected", {}).get("sources", [])]:
        for field, kind in (("secret", "Secret"), ("configMap", "ConfigMap")):
            if (named := part.get(field)) is None:
                continue
            name = named.get("secretName") or named["name"]
            optional = named.get("optional", False)
            yield Reference(kind, name, optional=optional)
            for item in named.get("items", []):
                yield Reference(kind, name, item["key"], optional)
