"""What agents of a stack need, and what was seen of it. Pure; imports no SDK."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from components.agents.environment import SECRET_NAME
from components.agents.gateway import settings as gateway
from components.langfuse.environment import PORT
from tooling.kit.exposition import Sample
from tooling.kubernetes.objects import Object, items, moment, name, part

GATEWAY: Final = "gateway"
"""Role of the gateway's pods."""


@dataclass(frozen=True, kw_only=True)
class Stop:
    """Pods that agents connect to."""

    what: str
    role: str
    port: int
    """The pods' own, which policies see; that of the Service may be another."""
    port_name: str


THROUGH_GATEWAY: Final = Stop(
    what="the gateway", role=GATEWAY, port=gateway.OTLP_PORT, port_name="otlp"
)
TO_LANGFUSE: Final = Stop(what="Langfuse", role="web", port=PORT, port_name="http")


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What agents of a stack need."""

    variables: frozenset[str] = frozenset()
    """Keys of their Secret."""
    stops: Sequence[Stop] = ()
    """What they connect to in the cluster."""

    @property
    def gateway(self) -> bool:
        return THROUGH_GATEWAY in self.stops


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What was read of agents."""

    needs: Needs = field(default_factory=Needs)
    pods: Sequence[Object] = ()
    """Pods in the namespaces of agents, whosever they are."""
    written: Mapping[str, datetime] = field(default_factory=dict[str, datetime])
    """When the data of their Secret were written, by namespace."""
    variables: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """Keys of their Secret, by namespace; without those that are not known."""
    policies: Sequence[Object] = ()
    """NetworkPolicies in their namespaces."""
    endpoints: Sequence[Object] | None = None
    """EndpointSlices of the gateway's Service; None if they are not known."""
    telemetry: Mapping[str, Sequence[Sample] | str] = field(
        default_factory=dict[str, Sequence[Sample] | str]
    )
    """The gateway's metrics about itself by pod, or why there are none."""


def reads_secret(container: Object) -> bool:
    """Whether a container has the agents' Secret in its environment."""
    sources = [part(source, "secretRef") for source in items(container, "envFrom")]
    variables = (part(variable, "valueFrom") for variable in items(container, "env"))
    sources += [part(source, "secretKeyRef") for source in variables]
    return any(source.get("name") == SECRET_NAME for source in sources)


def connected(pod: Object) -> bool:
    """Whether a container of a pod has the agents' Secret in its environment."""
    return any(map(reads_secret, items(part(pod, "spec"), "containers")))


def runs(pod: Object) -> bool:
    """Whether a pod has not ended."""
    return part(pod, "status").get("phase") not in {"Succeeded", "Failed"}


def written(secrets: Iterable[Object]) -> datetime | None:
    """When the data of the agents' Secret were written last, by the metadata of the Secrets of a
    namespace; None without one."""
    times = (moment(entry.get("time")) for entry, _ in _writers(secrets))
    return max((time for time in times if time is not None), default=None)


def variables(secrets: Iterable[Object]) -> frozenset[str]:
    """Keys of the agents' Secret, by the metadata alone: who wrote which field. None are known of a
    Secret whose writers left no record."""
    return frozenset(
        key.removeprefix("f:")
        for _, data in _writers(secrets)
        for key in data
        if key.startswith("f:")
    )


def _writers(secrets: Iterable[Object]) -> Iterator[tuple[Object, Object]]:
    """Each record of who wrote data of the agents' Secret, and what of the data."""
    for secret in secrets:
        if name(secret) != SECRET_NAME:
            continue
        for entry in items(part(secret, "metadata"), "managedFields"):
            fields = part(entry, "fieldsV1")
            if "f:data" in fields:
                yield entry, part(fields, "f:data")
