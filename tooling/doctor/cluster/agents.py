"""Agents that run with the keys of before a rotation. Pure; imports no SDK."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from components.agents.environment import SECRET_NAME
from tooling.doctor.cluster.snapshot import Snapshot
from tooling.doctor.findings import Finding
from tooling.doctor.place import Place
from tooling.kubernetes.objects import Object, containers, items, moment, name, namespace, part

_SHOWN: Final = 5
"""Pods that are named."""


def before_their_secret(snapshot: Snapshot, place: Place) -> Iterator[Finding]:
    """Pods of agents whose environment is older than the Secret that it comes from.

    The values of a Secret are not read: when its data were written says enough.
    """
    for where, changed in snapshot.agents_secrets.items():
        old = [
            name(pod)
            for pod in snapshot.agents
            if namespace(pod) == where and any(_started(pod, changed))
        ]
        if not old:
            continue
        others = len(old) - _SHOWN
        named = ", ".join(old[:_SHOWN]) + (f" and {others} more" if others > 0 else "")
        at = f"{changed:%Y-%m-%d %H:%M} UTC"
        yield Finding.warning(
            "agents-refused",
            f"Namespace {where}",
            f"{named} started before the Secret {SECRET_NAME} was last written ({at}), and a "
            "container reads its environment at the start only: if the keys were rotated, Langfuse "
            "answers these agents with 401",
            place.kubectl("rollout", "restart", "deployments", namespace=where),
        )


def _started(pod: Object, changed: datetime) -> Iterator[bool]:
    """For each container with the Secret in its environment, whether it is older."""
    reads = {item["name"] for item in items(part(pod, "spec"), "containers") if _reads(item)}
    for status in containers(pod):
        started = moment(part(part(status, "state"), "running").get("startedAt"))
        yield status["name"] in reads and started is not None and started < changed


def _reads(container: Object) -> bool:
    sources = [part(source, "secretRef") for source in items(container, "envFrom")]
    variables = (part(variable, "valueFrom") for variable in items(container, "env"))
    sources += [part(source, "secretKeyRef") for source in variables]
    return any(source.get("name") == SECRET_NAME for source in sources)


def written(secrets: Iterable[Object]) -> datetime | None:
    """When the data of the agents' Secret were written last, by the metadata of the Secrets of a
    namespace; None without one."""
    for secret in secrets:
        if name(secret) == SECRET_NAME:
            times = [
                moment(entry.get("time"))
                for entry in items(part(secret, "metadata"), "managedFields")
                if "f:data" in part(entry, "fieldsV1")
            ]
            return max((time for time in times if time is not None), default=None)
    return None
