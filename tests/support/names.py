"""Names, labels and ports as the API server accepts them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from tests.support.manifests import Cluster, title

_LABEL: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_SERVICE: Final = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?")
_PORT: Final = re.compile(r"(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?")
_LABEL_VALUE: Final = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LONGEST: Final = {"StatefulSet": 52, "CronJob": 52}
"""The controllers append a hash or a time, and the result has to be a label value."""


def names_are_valid(cluster: Cluster) -> Iterator[str]:
    for manifest in cluster.manifests:
        name = manifest["metadata"]["name"]
        pattern = _SERVICE if manifest["kind"] == "Service" else _LABEL
        if not pattern.fullmatch(name):
            yield f"{title(manifest)}: its name is no DNS label"
        elif len(name) > _LONGEST.get(manifest["kind"], 63):
            yield f"{title(manifest)}: its name has {len(name)} characters"
        for key, value in _label_values(manifest):
            if not _LABEL_VALUE.fullmatch(value):
                yield f"{title(manifest)}: label {key} cannot be {value!r}"
        for port in manifest["spec"].get("ports", []) if manifest["kind"] == "Service" else []:
            if not _PORT.fullmatch(port.get("name", "a")):
                yield f"{title(manifest)}: {port['name']!r} is no port name"
    for pod in cluster.pods():
        parts = [*pod.containers, *pod.spec.get("volumes", [])]
        for part in parts:
            if not _LABEL.fullmatch(part["name"]):
                yield f"{title(pod.owner)}: {part['name']!r} is no DNS label"
        for port in pod.ports:
            if not _PORT.fullmatch(port.get("name", "a")):
                yield f"{title(pod.owner)}: {port['name']!r} is no port name"
        for container in pod.containers:
            for variable in container.get("env", []):
                if not _VARIABLE.fullmatch(variable["name"]):
                    yield f"{title(pod.owner)}: {variable['name']!r} is no variable name"


def _label_values(value: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON
    """All labels in a manifest, those of selectors and templates included."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in {"labels", "matchLabels"}:
                yield from item.items()
            else:
                yield from _label_values(item)
    elif isinstance(value, list):
        for item in value:
            yield from _label_values(item)
