"""The environment of each container of Langfuse's pods, with what its objects hold."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from components.langfuse.versions import Version
from tests.support.manifests import Cluster, Pod
from tooling.engineless.recording import Recording, reveal

_VERSION: Final = "app.kubernetes.io/version"


@dataclass(frozen=True, kw_only=True)
class Environment:
    """The variables of one container."""

    workload: str
    """What kind of pods it is in: ``web``, ``worker`` or ``migration``."""
    container: str
    version: Version
    own: Mapping[str, str]
    """Those of the container alone, by name."""
    shared: Mapping[str, str]
    """Those of the objects that it takes whole."""

    @property
    def names(self) -> set[str]:
        return {*self.own, *self.shared}

    @property
    def values(self) -> dict[str, str]:
        return {**self.shared, **self.own}


def environments(cluster: Cluster, recording: Recording) -> Iterator[Environment]:
    """Of every container of Langfuse's pods, those that run first included."""
    entries = _entries(recording)
    for pod in cluster.pods():
        if (version := pod.labels.get(_VERSION)) is None:
            continue
        for container in pod.containers:
            own = {v["name"]: _value(cluster, entries, pod, v) for v in container.get("env", [])}
            shared: dict[str, str] = {}
            for source in container.get("envFrom", []):
                shared |= _held(cluster, entries, pod, source)
            yield Environment(
                workload=pod.labels["app.kubernetes.io/component"],
                container=container["name"],
                version=Version.parse(version),
                own=own,
                shared=shared,
            )


def _value(
    cluster: Cluster, entries: Mapping[str, str], pod: Pod, variable: Mapping[str, Any]
) -> str:
    if "value" in variable:
        return variable["value"]
    source = variable["valueFrom"]["secretKeyRef"]
    return _held(cluster, entries, pod, {"secretRef": source})[source["key"]]


def _held(
    cluster: Cluster, entries: Mapping[str, str], pod: Pod, source: Mapping[str, Any]
) -> Mapping[str, str]:
    """What a ConfigMap or a Secret holds; a Secret that is delivered holds its entry."""
    ((reference, named),) = source.items()
    kind = {"configMapRef": "ConfigMap", "secretRef": "Secret"}[reference]
    manifest = cluster.find(kind, pod.namespace, named["name"])
    if manifest is not None:
        return {**manifest.get("data", {}), **manifest.get("stringData", {})}
    delivered = cluster.delivered_secret(pod.namespace, named["name"])
    assert delivered is not None, named
    (extracted,) = delivered["spec"]["dataFrom"]
    return json.loads(entries[extracted["extract"]["key"]])


def _entries(recording: Recording) -> dict[str, str]:
    """The text of each entry of Secrets Manager, by its ARN."""
    versions = (
        reveal(resource.inputs)
        for resource in recording.resources.values()
        if resource.type == "aws:secretsmanager/secretVersion:SecretVersion"
    )
    return {inputs["secretId"]: inputs["secretStringWo"] for inputs in versions}
