"""Why a pod does not run, or does not serve. Pure; imports no SDK."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tooling.doctor import servers
from tooling.doctor.cluster.snapshot import Snapshot
from tooling.doctor.findings import Finding, Severity
from tooling.doctor.patterns.known import explain
from tooling.doctor.place import Place
from tooling.doctor.pods import images, logs, scheduling
from tooling.kit.masking import last_line, quote
from tooling.kubernetes.objects import (
    Object,
    conditions,
    containers,
    moment,
    name,
    namespace,
    part,
    subject,
)

FRESH: Final = 60.0
"""Seconds for which a container may be starting."""

RECENT: Final = 3600.0
"""Seconds for which a killed container is still reported."""

_CONFIGURATION: Final = {"CreateContainerConfigError", "CreateContainerError", "RunContainerError"}
_READINESS_GATE: Final = "target-health."
_WAITS_FOR: Final = {
    "wait-for-database": ("database-unreachable", "the database"),
    "wait-for-clickhouse": ("clickhouse-unreachable", "ClickHouse"),
}
"""Containers that wait before a pod starts (``components.langfuse.waiting``)."""


def diagnose(pod: Object, snapshot: Snapshot, place: Place) -> Finding | None:
    """The first thing that is wrong with a pod; None when nothing is, or nothing yet."""
    for finding in _in_order(pod, snapshot, place):
        return finding
    return None


def ended(container: Object) -> Object:
    """How a container ended: now, or the time before; empty if it never did."""
    return part(part(container, "state"), "terminated") or part(
        part(container, "lastState"), "terminated"
    )


def _in_order(pod: Object, snapshot: Snapshot, place: Place) -> Iterator[Finding]:
    status = part(pod, "status")
    scheduled = conditions(pod).get("PodScheduled", {})
    if scheduled.get("status") == "False" and scheduled.get("reason") == "Unschedulable":
        yield scheduling.unschedulable(pod, str(scheduled.get("message")), place)
        return
    for container in containers(pod):
        yield from _container(pod, container, snapshot, place)
    if status.get("phase") == "Pending":
        yield from _not_started(pod, snapshot, place)
    elif status.get("phase") == "Running":
        yield from _not_ready(pod, snapshot, place)


def _container(
    pod: Object, container: Object, snapshot: Snapshot, place: Place
) -> Iterator[Finding]:
    state, end = part(container, "state"), ended(container)
    waiting = part(state, "waiting")
    reason, message = str(waiting.get("reason")), str(waiting.get("message") or "")
    if reason in _CONFIGURATION:
        for explanation in explain(message, place, {"run-as-non-root", "secret-missing"}):
            yield explanation.about(subject(pod))
        yield _finding(pod, "unknown-error", f"{reason}: {quote(message)}", describe(pod, place))
    elif reason in images.REASONS:
        event = snapshot.warning(pod)
        more = str(event.get("message")) if event and event.get("reason") == "Failed" else ""
        yield images.not_pulled(pod, container, f"{reason}: {message} {more}", place)
    elif end.get("reason") == "OOMKilled":
        yield from _killed(pod, container, snapshot, place)
    elif reason == "CrashLoopBackOff" or part(state, "terminated").get("exitCode"):
        yield crashed(pod, container, snapshot, place)


def _killed(pod: Object, container: Object, snapshot: Snapshot, place: Place) -> Iterator[Finding]:
    end = ended(container)
    when = moment(end.get("finishedAt"))
    runs = "running" in part(container, "state")
    if runs and (when is None or (snapshot.now - when).total_seconds() > RECENT):
        return
    again = f"{container.get('restartCount', 0)} restarts so far"
    key = servers.memory_key(pod)
    lost = ". What it held and had not written to ClickHouse is lost"
    yield _finding(
        pod,
        "out-of-memory",
        f"Container {container['name']} was killed at its memory limit ({again})"
        + (f": raise {key}" if key else "")
        + (lost if servers.component(pod) == "worker" else ""),
        describe(pod, place),
        "warning" if runs else "error",
    )


def crashed(pod: Object, container: Object, snapshot: Snapshot, place: Place) -> Finding:
    """A container that ended with an error, with the last line of its log."""
    end = ended(container)
    log = snapshot.logs.get(name(pod), "")
    text = f"{log}\n{end.get('message') or ''}"
    for explanation in explain(text, place, logs.OF_TROUBLED):
        return explanation.about(subject(pod))
    said = last_line(text)
    return _finding(
        pod,
        "crash-loop",
        f"Container {container['name']} ends with exit code {end.get('exitCode')}"
        + (f". Its last line: {said}" if said else ""),
        logs.command(pod, container, place),
    )


def _not_started(pod: Object, snapshot: Snapshot, place: Place) -> Iterator[Finding]:
    """Containers that wait or are being created, and what the kubelet says of it."""
    for container in containers(pod):
        if container["name"] in _WAITS_FOR and "running" in part(container, "state"):
            if not _is_fresh(container, snapshot):
                yield _waits(pod, container, snapshot, place)
            return
    event = snapshot.warning(pod)
    if event is None:
        return
    message = str(event.get("message"))
    for explanation in explain(message, place, {"secret-missing"}):
        yield explanation.about(subject(pod))
    volume = event.get("reason") in {"FailedAttachVolume", "FailedMount", "FailedMapVolume"}
    yield _finding(
        pod,
        "claim-pending" if volume else "unknown-error",
        f"{event.get('reason')}: {quote(message)}",
        describe(pod, place),
    )


def _waits(pod: Object, container: Object, snapshot: Snapshot, place: Place) -> Finding:
    """A pod that does not start because a database has not answered for a while."""
    section, what = _WAITS_FOR[container["name"]]
    log = snapshot.logs.get(name(pod), "")
    for explanation in explain(log, place, {section}):
        return explanation.about(subject(pod))
    said = last_line(log)
    cause = f"It waits for {what}" + (f". The last line of its log: {said}" if said else "")
    return _finding(pod, section, cause, logs.command(pod, container, place))


def _not_ready(pod: Object, snapshot: Snapshot, place: Place) -> Iterator[Finding]:
    late = [item for item in containers(pod) if "running" in part(item, "state")]
    late = [item for item in late if not item.get("ready") and not _is_fresh(item, snapshot)]
    event = snapshot.warning(pod)
    probe = event if event is not None and event.get("reason") == "Unhealthy" else None
    if late:
        container = late[0]
        for explanation in explain(snapshot.logs.get(name(pod), ""), place, logs.OF_TROUBLED):
            yield explanation.about(subject(pod))
        said = quote(str(probe.get("message"))) if probe else "it runs, and no probe has passed"
        yield _finding(
            pod,
            "not-ready",
            f"Container {container['name']} is not ready: {said}",
            logs.command(pod, container, place),
        )
        return
    for type_, condition in conditions(pod).items():
        # https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/pod_readiness_gate/
        if type_.startswith(_READINESS_GATE) and condition.get("status") != "True":
            words = quote(str(condition.get("message") or condition.get("reason") or "unknown"))
            yield _finding(
                pod,
                "not-ready",
                f"The load balancer does not find it healthy: {words}",
                describe(pod, place),
            )


def _is_fresh(container: Object, snapshot: Snapshot) -> bool:
    started = moment(part(part(container, "state"), "running").get("startedAt"))
    return started is not None and (snapshot.now - started).total_seconds() < FRESH


def describe(object_: Object, place: Place) -> str:
    """The command that shows an object with its events."""
    kind = re.sub(r"\W", "", str(object_["kind"])).lower()
    return place.kubectl("describe", kind, name(object_), namespace=namespace(object_) or None)


def _finding(
    pod: Object, section: str, cause: str, command: str, severity: Severity = "error"
) -> Finding:
    return Finding(
        section=section, severity=severity, subject=subject(pod), cause=cause, command=command
    )
