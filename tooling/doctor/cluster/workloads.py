"""Pods that are not created, and rollouts that nothing else explains.

Pure; imports no SDK.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from typing import Final

from stacks.names import NAMES
from tooling.doctor.cluster import migrations
from tooling.doctor.cluster.snapshot import Snapshot
from tooling.doctor.findings import Finding
from tooling.doctor.patterns.known import explain
from tooling.doctor.place import Place
from tooling.doctor.pods import reasons
from tooling.kit.masking import quote
from tooling.kubernetes.events import in_words
from tooling.kubernetes.objects import (
    Object,
    conditions,
    name,
    namespace,
    part,
    subject,
)
from tooling.kubernetes.readiness import readiness

_NOT_DEPLOYED: Final = (
    "It is not there: the stack was not deployed to this cluster, or was removed. Deleted by hand, "
    "it comes back only after a `pulumi refresh`"
)
_AFTER_ROLLOUT: Final = "HorizontalPodAutoscaler "
"""Kind that `up` makes after the Deployment is ready."""


def refused(snapshot: Snapshot, place: Place) -> Iterator[Finding]:
    """Workloads whose pods the API server does not admit."""
    for workload in (*snapshot.deployments, *snapshot.stateful_sets, *migrations.current(snapshot)):
        if "deletionTimestamp" in part(workload, "metadata"):
            continue
        message = _refusal(workload, snapshot)
        if message is None:
            continue
        about = subject(workload)
        explanations = [*explain(message, place, {"pods-refused"})]
        if explanations:
            yield explanations[0].about(about)
        else:
            yield Finding.error(
                "pods-refused",
                about,
                f"The API server refuses its pods: {quote(message)}",
                reasons.describe(workload, place),
            )


def _refusal(workload: Object, snapshot: Snapshot) -> str | None:
    failure = conditions(workload).get("ReplicaFailure", {})
    if failure.get("status") == "True":
        return str(failure.get("message"))
    if readiness(workload) is None or snapshot.owned(snapshot.pods, workload):
        return None
    event = snapshot.warning(workload)
    refused = event is not None and event.get("reason") == "FailedCreate"
    return str(event.get("message")) if event is not None and refused else None


def unexplained(snapshot: Snapshot, place: Place) -> Iterator[Finding]:
    """Differences from the expected state, for a stack without other findings."""
    for workload in (*snapshot.stateful_sets, *migrations.current(snapshot), *snapshot.deployments):
        missing = readiness(workload)
        if missing is None or "deletionTimestamp" in part(workload, "metadata"):
            continue
        replica_sets = snapshot.owned(snapshot.replica_sets, workload)
        owned = snapshot.owned(snapshot.pods, workload)
        event = snapshot.warning(workload, *replica_sets, *owned)
        yield Finding(
            section="unknown-error" if event else "not-ready",
            severity="error" if event else "warning",
            subject=subject(workload),
            cause=f"It waits for {missing}" + (f". {quote(in_words(event))}" if event else ""),
            command=reasons.describe(workload, place),
        )
    if place.namespace not in snapshot.namespaces:
        yield Finding.warning(
            "namespace-missing", f"Namespace {place.namespace}", _NOT_DEPLOYED, place.up()
        )
    elif not snapshot.deployments:
        about = f"Deployment {place.namespace}/{NAMES.langfuse}"
        if snapshot.deployed:
            yield _gone([about, *(item for item in snapshot.missing if item != about)], place)
        else:
            yield Finding.warning("not-ready", about, _NOT_DEPLOYED, place.up())


def missing(snapshot: Snapshot, place: Place, undelivered: Container[str]) -> Iterator[Finding]:
    """What was deleted from a stack that was deployed. ``undelivered``: Secrets that External
    Secrets has not made yet, which is said by itself."""
    deployments = snapshot.deployments
    if not deployments:
        return
    rolling = any(readiness(item) is not None for item in deployments)
    gone = [
        item
        for item in snapshot.missing
        if not (rolling and item.startswith(_AFTER_ROLLOUT))
        and not snapshot.terminates(item)
        and not (item.startswith("Secret ") and item.rpartition("/")[2] in undelivered)
    ]
    if gone:
        yield _gone(gone, place)


def _gone(objects: Sequence[str], place: Place) -> Finding:
    several = len(objects) > 1
    only_read = all(item.startswith(("Secret ", "ConfigMap ")) for item in objects)
    them = "they were" if several else "it was"
    return Finding.error(
        "secret-missing" if only_read else "not-ready",
        f"{len(objects)} objects of the stack" if several else objects[0],
        (f"Not there: {', '.join(objects)}" if several else "It is not there")
        + f". Either the last `up` did not get that far, or {them} deleted by hand: then Pulumi "
        "makes again only what a refresh has taken out of its state",
        place.refresh_and_up(),
    )


def scaled_to_zero(snapshot: Snapshot, place: Place) -> Iterator[Finding]:
    """Workloads that were scaled to zero by hand."""
    for workload in (*snapshot.deployments, *snapshot.stateful_sets):
        least = snapshot.least.get(name(workload), 1)
        if part(workload, "spec").get("replicas") != 0 or not least:
            continue
        yield Finding.error(
            "not-ready",
            subject(workload),
            f"It is scaled to 0 pods, and the stack wants {least} at least. It was scaled down "
            "by hand, and neither an autoscaler nor `up` scales it up again",
            place.kubectl(
                "scale",
                workload["kind"].lower(),
                name(workload),
                f"--replicas={least}",
                namespace=namespace(workload),
            ),
        )
