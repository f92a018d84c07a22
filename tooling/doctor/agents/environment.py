"""Whether agents have the variables that they need. Pure; imports no SDK."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from components.agents.environment import SECRET_NAME
from tooling.doctor.agents.way import Seen, connected, reads_secret, runs
from tooling.doctor.findings import Finding
from tooling.doctor.place import Place
from tooling.kubernetes.objects import Object, containers, items, moment, name, namespace, part

_SHOWN: Final = 5
"""Pods that are named."""


def findings(seen: Seen, place: Place) -> Iterator[Finding]:
    yield from _incomplete(seen, place)
    yield from _unconnected(seen, place)
    yield from _before_their_secret(seen, place)


def state(seen: Seen, namespaces: Iterable[str]) -> Iterator[str]:
    """A line for each namespace: how many of its pods have the Secret."""
    for where in namespaces:
        pods = _of(seen, where)
        count = sum(map(connected, pods))
        yield f"agents in {where}: " + (
            f"{count} of {len(pods)} pods have the Secret {SECRET_NAME} in their environment"
            if pods
            else "no pod runs there"
        )


def _incomplete(seen: Seen, place: Place) -> Iterator[Finding]:
    """Secrets without a variable that the stack writes. Values are not read."""
    for where, found in seen.variables.items():
        if absent := sorted(seen.needs.variables - found):
            yield Finding.error(
                "agents-variables",
                f"Secret {where}/{SECRET_NAME}",
                f"It lacks {', '.join(absent)}: it is of an earlier deployment, External Secrets "
                "has not written it since, or something else writes it",
                place.up(),
            )


def _unconnected(seen: Seen, place: Place) -> Iterator[Finding]:
    """Namespaces in which pods run, and none with the Secret."""
    for where in sorted({namespace(pod) for pod in seen.pods}):
        pods = _of(seen, where)
        if pods and not any(map(connected, pods)):
            yield Finding.warning(
                "agents-unconnected",
                f"Namespace {where}",
                f"{len(pods)} pods run there, and none has the Secret {SECRET_NAME} in its "
                "environment (envFrom): without it an SDK does not know where to send traces, and "
                "most say nothing",
                place.kubectl("get", "pods", "-o", "wide", namespace=where),
            )


def _of(seen: Seen, where: str) -> list[Object]:
    return [pod for pod in seen.pods if namespace(pod) == where and runs(pod)]


def _before_their_secret(seen: Seen, place: Place) -> Iterator[Finding]:
    """Pods of agents whose environment is older than the Secret that it comes from.

    The values of a Secret are not read: when its data were written says enough.
    """
    for where, changed in seen.written.items():
        old = [name(pod) for pod in _of(seen, where) if any(_started(pod, changed))]
        if not old:
            continue
        at = f"{changed:%Y-%m-%d %H:%M} UTC"
        yield Finding.warning(
            "agents-refused",
            f"Namespace {where}",
            f"{listed(old)} started before the Secret {SECRET_NAME} was last written ({at}), and a "
            "container reads its environment at the start only: if the keys were rotated, Langfuse "
            "answers these agents with 401",
            place.kubectl("rollout", "restart", "deployments", namespace=where),
        )


def listed(pods: list[str]) -> str:
    """The first of some pods, and how many more there are."""
    others = len(pods) - _SHOWN
    return ", ".join(pods[:_SHOWN]) + (f" and {others} more" if others > 0 else "")


def _started(pod: Object, changed: datetime) -> Iterator[bool]:
    """For each container with the Secret in its environment, whether it is older."""
    reads = {item["name"] for item in items(part(pod, "spec"), "containers") if reads_secret(item)}
    for status in containers(pod):
        started = moment(part(part(status, "state"), "running").get("startedAt"))
        yield status["name"] in reads and started is not None and started < changed
