"""Names, labels and ports as the API server accepts them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tests.support.manifests import Cluster, Manifest, Pod, entries, title

_LABEL: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_SERVICE: Final = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
_PORT: Final = re.compile(r"(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?")
_LABEL_VALUE: Final = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LONGEST: Final = {"StatefulSet": 52, "CronJob": 52}
"""The controllers append a hash or a time, and the result has to be a label value."""


def names_are_valid(cluster: Cluster) -> Iterator[str]:
    for manifest in cluster.manifests:
        yield from (f"{title(manifest)}: {problem}" for problem in _of_object(manifest))
    for pod in cluster.pods():
        yield from (f"{title(pod.owner)}: {problem}" for problem in _of_pod(pod))


def _of_object(manifest: Manifest) -> Iterator[str]:
    name, kind = manifest["metadata"]["name"], manifest["kind"]
    if not (_SERVICE if kind == "Service" else _LABEL).fullmatch(name):
        yield "its name is no DNS label"
    elif len(name) > _LONGEST.get(kind, 63):
        yield f"its name has {len(name)} characters"
    # Those of selectors and templates included.
    for _, where, labels in entries(manifest):
        for key, value in labels.items() if where in {"labels", "matchLabels"} else ():
            if not _LABEL_VALUE.fullmatch(value):
                yield f"label {key} cannot be {value!r}"
    if kind == "Service":
        yield from _port_names(manifest["spec"].get("ports", []))


def _of_pod(pod: Pod) -> Iterator[str]:
    for part in (*pod.containers, *pod.spec.get("volumes", [])):
        if not _LABEL.fullmatch(part["name"]):
            yield f"{part['name']!r} is no DNS label"
    yield from _port_names(pod.ports)
    for container in pod.containers:
        for variable in container.get("env", []):
            if not _VARIABLE.fullmatch(variable["name"]):
                yield f"{variable['name']!r} is no variable name"


def _port_names(ports: list[Mapping[str, Any]]) -> Iterator[str]:
    for port in ports:
        if not _PORT.fullmatch(port.get("name", "a")):
            yield f"{port['name']!r} is no port name"
