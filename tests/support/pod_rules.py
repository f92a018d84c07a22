"""What has to fit together within one pod: volumes, ports, variables, quantities."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from tests.support.manifests import Cluster, Manifest, Pod, entries, title
from tooling.kit.json_values import as_mapping

_PROBES: Final = ("startupProbe", "readinessProbe", "livenessProbe")

_QUANTITY: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?")
_FACTORS: Final = {
    "": Decimal(1),
    "n": Decimal(10) ** -9,
    "u": Decimal(10) ** -6,
    "m": Decimal(10) ** -3,
    **{letter: Decimal(1000) ** power for power, letter in enumerate("kMGTPE", 1)},
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", 1)},
}


def quantity(text: object) -> Decimal | None:
    """The value of a Kubernetes quantity; None for what is none."""
    match = _QUANTITY.fullmatch(str(text))
    if match is None:
        return None
    suffix = match[2] or ""
    factor = _FACTORS.get(suffix)
    return Decimal(match[1]) * (Decimal(f"1{suffix}") if factor is None else factor)


def volumes_are_there(cluster: Cluster) -> Iterator[str]:
    for pod in cluster.pods():
        volumes = [volume["name"] for volume in pod.spec.get("volumes", [])]
        for claim in pod.owner.get("spec", {}).get("volumeClaimTemplates", []):
            volumes.append(claim["metadata"]["name"])
        for name, count in Counter(volumes).items():
            if count > 1:
                yield f"{title(pod.owner)}: {count} volumes are called {name}"
        mounted = set[str]()
        for container in pod.containers:
            mounts = container.get("volumeMounts", [])
            mounted |= {mount["name"] for mount in mounts}
            for name in {mount["name"] for mount in mounts} - set(volumes):
                yield f"{_of(pod, container)} mounts {name}, which is no volume"
            for path, count in Counter(mount["mountPath"] for mount in mounts).items():
                if count > 1:
                    yield f"{_of(pod, container)} mounts {count} volumes at {path}"
        for name in set(volumes) - mounted:
            yield f"{title(pod.owner)}: volume {name} is not mounted"


def probe_ports_exist(cluster: Cluster) -> Iterator[str]:
    for pod in cluster.pods():
        for container in pod.containers:
            declared = {
                value
                for port in container.get("ports", [])
                for value in (port.get("name"), port["containerPort"])
            }
            for where, action in _actions(container):
                for kind in ("httpGet", "tcpSocket", "grpc"):
                    port = action.get(kind, {}).get("port")
                    if port is not None and port not in declared:
                        yield f"{_of(pod, container)}: {where} asks port {port}, which it has not"


def environment_is_set_once(cluster: Cluster) -> Iterator[str]:
    for pod in cluster.pods():
        for container in pod.containers:
            counted = Counter(variable["name"] for variable in container.get("env", []))
            sources = [
                (f"{kind} {name}", {prefix + key for key in keys})
                for kind, name, prefix, keys in _bulk(cluster, pod, container)
            ]
            for name, count in counted.items():
                if count > 1:
                    yield f"{_of(pod, container)} sets {name} {count} times"
                for source, keys in sources:
                    if name in keys:
                        yield f"{_of(pod, container)} sets {name}, and so does {source}"
            for index, (source, keys) in enumerate(sources):
                for other, others in sources[index + 1 :]:
                    for name in sorted(keys & others):
                        yield f"{_of(pod, container)}: {source} and {other} both set {name}"


def resources_are_quantities(cluster: Cluster) -> Iterator[str]:
    for manifest in cluster.manifests:
        for path, text in _quantities(manifest):
            if quantity(text) is None:
                yield f"{title(manifest)}: {path} is {text!r}, which is no quantity"
    for pod in cluster.pods():
        for container in pod.containers:
            resources: Mapping[str, Any] = container.get("resources", {})
            limits = resources.get("limits", {})
            for name, text in resources.get("requests", {}).items():
                request, limit = quantity(text), quantity(limits.get(name, "none"))
                if request is not None and limit is not None and request > limit:
                    yield f"{_of(pod, container)} requests more {name} than its limit"


def tolerations_are_accepted(cluster: Cluster) -> Iterator[str]:
    for pod in cluster.pods():
        for toleration in pod.spec.get("tolerations", []):
            exists = toleration.get("operator", "Equal") == "Exists"
            if not toleration.get("key") and not exists:
                yield f"{title(pod.owner)}: a toleration without a key needs operator Exists"
            if exists and toleration.get("value"):
                yield f"{title(pod.owner)}: a toleration with operator Exists has a value"


def _of(pod: Pod, container: Mapping[str, Any]) -> str:
    return f"{title(pod.owner)}: container {container['name']}"


def _actions(container: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for probe in _PROBES:
        yield probe, container.get(probe, {})
    yield from container.get("lifecycle", {}).items()


def _bulk(
    cluster: Cluster, pod: Pod, container: Mapping[str, Any]
) -> Iterator[tuple[str, str, str, frozenset[str]]]:
    for source in container.get("envFrom", []):
        for field, kind in (("secretRef", "Secret"), ("configMapRef", "ConfigMap")):
            if field in source:
                name = source[field]["name"]
                keys = cluster.keys(kind, pod.namespace, name)
                yield kind, name, source.get("prefix", ""), keys or frozenset()


def _quantities(manifest: Manifest) -> Iterator[tuple[str, object]]:
    for path, key, value in entries(manifest):
        if key in {"requests", "limits"}:
            yield from (
                (f"{path}.{name}", text) for name, text in (as_mapping(value) or {}).items()
            )
        elif key in {"sizeLimit", "averageValue"}:
            yield path, value
