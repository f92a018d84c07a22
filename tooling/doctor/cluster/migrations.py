"""Why the migration Job failed, or does not end. Pure; imports no SDK."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tooling.doctor.cluster.snapshot import Snapshot
from tooling.doctor.findings import Finding
from tooling.doctor.patterns.known import explain
from tooling.doctor.place import Place
from tooling.doctor.pods import reasons
from tooling.kit.masking import last_line, quote
from tooling.kubernetes.objects import (
    Object,
    age,
    conditions,
    containers,
    items,
    name,
    namespace,
    part,
    role,
    subject,
    words,
)

_OF_LOGS: Final = {
    "clickhouse-disk",
    "clickhouse-grants",
    "clickhouse-memory",
    "clickhouse-password",
    "clickhouse-read-only",
    "clickhouse-schema-dirty",
    "clickhouse-schema-newer",
    "clickhouse-unreachable",
    "clickhouse-unsuitable",
    "database-password",
    "database-unreachable",
    "database-url",
    "guard-refused",
    "migration-broken",
    "migration-lock",
    "out-of-memory",
}

_DISRUPTIONS: Final = {
    "DeletionByPodGC": "its node is gone",
    "DeletionByTaintManager": "its node was tainted, as one that does not answer is",
    "EvictionByEvictionAPI": "its node was drained, by hand, by an autoscaler or by Karpenter",
    "PreemptionByScheduler": "it had to make room for a pod of higher priority",
    "TerminationByKubelet": "its node ran short of memory, disk or processes, or shut down",
}
"""Reasons of the condition ``DisruptionTarget``:
https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions"""

_ENDINGS: Final = {
    "Evicted": "TerminationByKubelet",
    "NodeLost": "DeletionByPodGC",
    "NodeShutdown": "TerminationByKubelet",
    "Preempting": "PreemptionByScheduler",
    "Shutdown": "TerminationByKubelet",
    "Terminated": "TerminationByKubelet",
}
"""Reasons of a failed pod that mean the same."""

_EVENTS: Final = {
    "Evicted": "EvictionByEvictionAPI",
    "Preempted": "PreemptionByScheduler",
    "TaintManagerEviction": "DeletionByTaintManager",
}
"""Reasons of events about a pod that is gone by now, those of Karpenter included."""

_SIDECARS: Final = {
    "consul-dataplane": ("Consul", 'annotation consul.hashicorp.com/connect-inject: "false"'),
    "daprd": ("Dapr", 'annotation dapr.io/enabled: "false"'),
    "istio-proxy": ("Istio", 'label sidecar.istio.io/inject: "false"'),
    "kuma-sidecar": ("Kuma", "label kuma.io/sidecar-injection: disabled"),
    "linkerd-proxy": ("Linkerd", "annotation linkerd.io/inject: disabled"),
    "otc-container": (
        "The OpenTelemetry operator",
        'annotation sidecar.opentelemetry.io/inject: "false"',
    ),
    "vault-agent": ("Vault", 'annotation vault.hashicorp.com/agent-inject: "false"'),
}
"""Containers that are injected: by whom, and what in a pod's metadata keeps them out."""


def current(snapshot: Snapshot) -> list[Object]:
    """The newest Job, unless it is complete."""
    job = snapshot.job
    complete = job is not None and _is(job, "Complete")
    return [] if job is None or complete else [job]


def findings(snapshot: Snapshot, place: Place) -> Iterator[Finding]:
    """What is wrong with the newest migration: its log, its node, what else is in its pod."""
    for job in current(snapshot):
        for finding in _in_order(job, snapshot, place):
            yield finding
            break


def _in_order(job: Object, snapshot: Snapshot, place: Place) -> Iterator[Finding]:
    owned = snapshot.owned(snapshot.pods, job)
    for pod in sorted(owned, key=lambda item: age(item, snapshot.now)):  # the newest first
        for container in containers(pod):
            if part(part(container, "state"), "terminated").get("exitCode"):
                yield from _failed(job, pod, container, snapshot, place)
        if (why := _disruption(pod)) is not None:
            yield _evicted(job, why, place)
        yield from _kept_alive(job, pod, place)
    if _is(job, "Failed"):
        if not owned and (why := _evicted_before(job, snapshot)) is not None:
            yield _evicted(job, why, place)
        failed = conditions(job)["Failed"]
        yield _finding(job, f"It failed: {quote(words(failed))}", reasons.describe(job, place))


def _is(job: Object, condition: str) -> bool:
    return conditions(job).get(condition, {}).get("status") == "True"


def _failed(
    job: Object, pod: Object, container: Object, snapshot: Snapshot, place: Place
) -> Iterator[Finding]:
    end = reasons.ended(container)
    text = f"{snapshot.logs.get(name(pod), '')}\n{end.get('message') or ''}\n{end.get('reason')}"
    for explanation in explain(text, place, _OF_LOGS):
        yield explanation.about(subject(job))
    if (why := _disruption(pod)) is not None:
        yield _evicted(job, why, place)
    said = last_line(text.rpartition("\n")[0])
    yield _finding(
        job,
        f"Its container ended with exit code {end.get('exitCode')}"
        + (f". Its last line: {said}" if said else ""),
        place.kubectl("logs", f"job/{name(job)}", "--tail=100", namespace=namespace(job)),
    )


def _disruption(pod: Object) -> str | None:
    """Why Kubernetes ended the pod; None if it did not."""
    target = conditions(pod).get("DisruptionTarget", {})
    reason = target.get("reason") if target.get("status") == "True" else None
    status = part(pod, "status")
    if reason is None and status.get("phase") == "Failed":
        reason = _ENDINGS.get(str(status.get("reason")))
    if reason is None:
        return None
    message = str(target.get("message") or status.get("message") or "")
    known = _DISRUPTIONS.get(str(reason), str(reason))
    return f"{known} ({quote(message, 200)})" if message else known


def _evicted_before(job: Object, snapshot: Snapshot) -> str | None:
    """Why a pod of the Job that is gone by now was ended, by its events."""
    for event in snapshot.events:
        about = part(event, "involvedObject")
        reason = _EVENTS.get(str(event.get("reason")))
        of_job = str(about.get("name")).startswith(f"{name(job)}-")
        if reason is not None and of_job and namespace(event) == namespace(job):
            return f"{_DISRUPTIONS[reason]} ({quote(str(event.get('message')), 200)})"
    return None


def _evicted(job: Object, why: str, place: Place) -> Finding:
    if _is(job, "Failed"):
        cause = f"Its pod was evicted: {why}. The migration itself is not wrong; `up` runs it again"
        return Finding.error("pod-evicted", subject(job), cause, place.up())
    cause = f"Its pod was evicted: {why}. The Job tries again"
    return Finding.warning("pod-evicted", subject(job), cause, reasons.describe(job, place))


def _kept_alive(job: Object, pod: Object, place: Place) -> Iterator[Finding]:
    """A container beside the finished migration, without whose end the Job does not complete."""
    # An init container that restarts always, which Kubernetes itself ends, is not among them.
    statuses = items(part(pod, "status"), "containerStatuses")
    states = {item["name"]: part(item, "state") for item in statuses}
    done = part(states.get(role(pod), {}), "terminated").get("exitCode") == 0
    others = [item for item, state in states.items() if item != role(pod) and "running" in state]
    if not done or not others:
        return
    known = [(who, what) for item, (who, what) in _SIDECARS.items() if item in others]
    told = (
        f". {known[0][0]} injects it; the {known[0][1]} keeps it out (cluster.podLabels, "
        "cluster.podAnnotations)"
        if known
        else ""
    )
    yield Finding.error(
        "sidecar-keeps-job",
        subject(job),
        f"The migration is done, and the container {', '.join(others)} keeps its pod alive, so the "
        f"Job never completes{told}",
        reasons.describe(pod, place),
    )


def _finding(job: Object, cause: str, command: str) -> Finding:
    return Finding.error("migration-failed", subject(job), cause, command)
