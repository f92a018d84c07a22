"""Kubernetes manifests as one cluster: what is where, which pods exist, what a selector selects."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from components.clickhouse import operator_resources
from components.clickhouse.connection import HTTP_PORT, NATIVE_PORT
from tooling.kit.json_values import as_list, as_mapping

Manifest = Mapping[str, Any]

_TEMPLATES: Final = {
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "Pod": (),
}
"""Where the pods of a workload are described."""

NAMESPACE_NAME: Final = "kubernetes.io/metadata.name"


@dataclass(frozen=True)
class Pod:
    """The pods of one workload."""

    owner: Manifest
    namespace: str
    labels: Mapping[str, str]
    spec: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def containers(self) -> list[Mapping[str, Any]]:
        return [*self.spec.get("initContainers", []), *self.spec.get("containers", [])]

    @property
    def ports(self) -> list[Mapping[str, Any]]:
        return [port for container in self.containers for port in container.get("ports", [])]

    def port_number(self, port: int | str) -> int | None:
        """The number of a declared port; None if the pod does not declare it."""
        for declared in self.ports:
            if port in {declared.get("name"), declared["containerPort"]}:
                return declared["containerPort"]
        return None


@dataclass(frozen=True)
class Cluster:
    """All manifests of a stack, and what exists beside them."""

    manifests: tuple[Manifest, ...]
    adopted: frozenset[str] = frozenset()
    """Namespaces that exist already."""
    external: frozenset[tuple[str, str, str]] = frozenset()
    """Objects that exist already: kind, namespace, name."""

    @staticmethod
    def of(
        manifests: Iterable[Manifest],
        *,
        adopted: Collection[str] = (),
        external: Collection[tuple[str, str, str]] = (),
    ) -> Cluster:
        return Cluster(tuple(manifests), frozenset(adopted), frozenset(external))

    def kind(self, kind: str) -> list[Manifest]:
        return [manifest for manifest in self.manifests if manifest["kind"] == kind]

    def find(self, kind: str, namespace: str | None, name: str) -> Manifest | None:
        for manifest in self.kind(kind):
            if namespace_of(manifest) == namespace and manifest["metadata"]["name"] == name:
                return manifest
        return None

    def exists(self, kind: str, namespace: str, name: str) -> bool:
        return (
            (kind, namespace, name) in self.external
            or self.find(kind, namespace, name) is not None
            or (kind == "ServiceAccount" and name == "default")
        )

    def pods(self, namespace: str | None = None) -> list[Pod]:
        """The pods of every workload, or of those in one namespace."""
        found = (pod for manifest in self.manifests for pod in _pods(manifest))
        return [pod for pod in found if namespace in {None, pod.namespace}]

    def selected(self, namespace: str, selector: Mapping[str, Any]) -> list[Pod]:
        return [pod for pod in self.pods(namespace) if matches(selector, pod.labels)]

    def namespace_labels(self, namespace: str) -> dict[str, str]:
        """The labels of a namespace, with the one that the API server sets."""
        manifest = self.find("Namespace", None, namespace) or {"metadata": {}}
        return {**manifest["metadata"].get("labels", {}), NAMESPACE_NAME: namespace}

    def keys(self, kind: str, namespace: str, name: str) -> frozenset[str] | None:
        """The keys of a Secret or ConfigMap; None if they cannot be known from here."""
        manifest = self.find(kind, namespace, name)
        if manifest is None:
            return self._delivered_keys(namespace, name) if kind == "Secret" else None
        parts = (as_mapping(manifest.get(part)) for part in ("data", "stringData", "binaryData"))
        return frozenset(key for part in parts for key in part or ())

    def delivered_secret(self, namespace: str, name: str) -> Manifest | None:
        """The ExternalSecret that makes a Secret."""
        for manifest in self.kind("ExternalSecret"):
            target = manifest["spec"].get("target", {}).get("name", manifest["metadata"]["name"])
            if (namespace_of(manifest), target) == (namespace, name):
                return manifest
        return None

    def _delivered_keys(self, namespace: str, name: str) -> frozenset[str] | None:
        source = self.delivered_secret(namespace, name)
        if source is None:
            return None
        template = source["spec"].get("target", {}).get("template", {})
        if template.get("data") and template.get("mergePolicy") != "Merge":
            return frozenset(template["data"])
        if source["spec"].get("dataFrom"):
            return None
        keys = (entry["secretKey"] for entry in source["spec"].get("data", []))
        return frozenset([*keys, *template.get("data", {})])


def namespace_of(manifest: Manifest) -> str | None:
    return manifest["metadata"].get("namespace")


def entries(value: object, path: str = "") -> Iterator[tuple[str, str, Any]]:
    """Path, key and value of every entry of every mapping, at any depth."""
    for key, item in (as_mapping(value) or {}).items():
        inner = f"{path}.{key}" if path else key
        yield inner, key, item
        yield from entries(item, inner)
    for index, item in enumerate(as_list(value) or []):
        yield from entries(item, f"{path}[{index}]")


def title(manifest: Manifest) -> str:
    """How messages call an object."""
    place = f"{namespace_of(manifest)}/" if namespace_of(manifest) else ""
    return f"{manifest['kind']} {place}{manifest['metadata']['name']}"


def matches(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a label selector selects labels; the empty one selects everything."""
    exact = selector.get("matchLabels", {}).items()
    expressions: list[Mapping[str, Any]] = selector.get("matchExpressions", [])
    return all(labels.get(key) == value for key, value in exact) and all(
        _expression(expression, labels) for expression in expressions
    )


def _expression(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    value = labels.get(expression["key"])
    match expression["operator"]:
        case "In":
            return value in expression["values"]
        case "NotIn":
            return value not in expression["values"]
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case operator:
            raise ValueError(operator)


_OPERATED: Final[Mapping[str, tuple[Callable[[str], dict[str, str]], tuple[int, ...]]]] = {
    "ClickHouseCluster": (
        operator_resources.replica_selector,
        (HTTP_PORT, NATIVE_PORT, operator_resources.MANAGEMENT_PORT),
    ),
    "KeeperCluster": (operator_resources.keeper_selector, (operator_resources.KEEPER_PORT,)),
}
"""What ClickHouse's operator gives the pods of its kinds: labels, and ports of their container."""


def _operated(manifest: Manifest) -> Iterator[Pod]:
    """One of the pods that ClickHouse's operator makes."""
    if manifest["apiVersion"] != operator_resources.API_VERSION:
        return
    labels, ports = _OPERATED[manifest["kind"]]
    container = manifest["spec"]["containerTemplate"]
    image = container["image"]
    spec = {
        "automountServiceAccountToken": False,
        **manifest["spec"]["podTemplate"],
        "containers": [
            {
                **container,
                "name": "server",
                "image": f"{image['repository']}:{image['tag']}",
                "ports": [{"containerPort": port} for port in ports],
            }
        ],
    }
    namespace = namespace_of(manifest) or "default"
    yield Pod(manifest, namespace, labels(manifest["metadata"]["name"]), spec)


def _pods(manifest: Manifest) -> Iterator[Pod]:
    yield from _operated(manifest)
    steps = _TEMPLATES.get(manifest["kind"])
    if steps is None or "." in manifest["apiVersion"].partition("/")[0]:
        return
    template: Mapping[str, Any] = manifest
    for step in steps:
        template = template[step]
    labels = template.get("metadata", {}).get("labels", {})
    yield Pod(manifest, namespace_of(manifest) or "default", labels, template["spec"])
