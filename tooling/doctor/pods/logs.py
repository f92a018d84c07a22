"""Which logs of a stack's pods say something, and what. Pure; imports no SDK."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tooling.doctor.cluster.snapshot import Snapshot
from tooling.doctor.findings import Finding
from tooling.doctor.patterns.known import explain
from tooling.doctor.place import Place
from tooling.kubernetes.objects import (
    Object,
    conditions,
    containers,
    name,
    namespace,
    part,
    subject,
)

OF_RUNNING: Final = frozenset(
    {
        "agents-refused",
        "background-migration-failed",
        "cache-full",
        "cache-password",
        "cache-unsuitable",
        "clickhouse-disk",
        "clickhouse-grants",
        "clickhouse-memory",
        "clickhouse-parts",
        "clickhouse-password",
        "clickhouse-read-only",
        "clickhouse-schema-older",
        "clickhouse-unsuitable",
        "cpu-starved",
        "events-lost",
        "sdk-too-old",
        "storage-bucket",
        "storage-full",
        "storage-refused",
    }
)
"""What the log of a pod that is ready can say: no health page sees ClickHouse or object storage."""

OF_TROUBLED: Final = OF_RUNNING | {
    "cache-data",
    "cache-unreachable",
    "clickhouse-data",
    "clickhouse-unreachable",
    "data-directory",
    "database-password",
    "database-slow",
    "database-unreachable",
    "database-url",
    "environment-invalid",
    "migration-broken",
    "migration-lock",
    "out-of-memory",
    "start-failed",
    "storage-unreachable",
}
"""What a container's own log can say about it."""


def has_log(pod: Object) -> tuple[str, bool] | None:
    """The container whose log explains the pod's trouble, and whether it is the log of the run
    before; None without one."""
    for container in containers(pod):
        state = part(container, "state")
        waiting = part(state, "waiting").get("reason")
        if waiting == "CrashLoopBackOff":
            return container["name"], True
        if part(state, "terminated").get("exitCode"):
            return container["name"], False
        if "running" in state and not container.get("ready"):
            # If it was just restarted, the run before is the one that failed.
            return container["name"], bool(container.get("restartCount"))
    return None


def is_ready(pod: Object) -> bool:
    """Whether a pod serves, or works on queues."""
    return conditions(pod).get("Ready", {}).get("status") == "True"


def from_running(pod: Object, snapshot: Snapshot, place: Place) -> Iterator[Finding]:
    """What the log of a ready pod says that none of its probes shows."""
    for explanation in explain(snapshot.running_logs.get(name(pod), ""), place, OF_RUNNING):
        yield explanation.about(subject(pod))


def command(pod: Object, container: Object, place: Place) -> str:
    """The command that shows the log that matters."""
    previous = ("--previous",) if container.get("restartCount") else ()
    words = ("logs", name(pod), "-c", str(container["name"]), "--tail=100", *previous)
    return place.kubectl(*words, namespace=namespace(pod))
