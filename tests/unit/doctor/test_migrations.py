"""A migration that Kubernetes ended, and one that something else keeps alive."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.doctor import (
    IN_NAMESPACE,
    PLACE,
    Object,
    condition,
    container,
    error,
    event,
    obj,
    pod,
    snapshot,
    terminated,
    warning,
)
from tooling.doctor.cluster.migrations import findings
from tooling.doctor.cluster.snapshot import Snapshot
from tooling.doctor.findings import Finding

NAME = "langfuse-migration-1"
JOB = f"Job observability/{NAME}"
FAILED = [condition("Failed", "True", "BackoffLimitExceeded", "Job has reached the limit")]
AGAIN = "make up STACK=dev"
LOOK = f"{IN_NAMESPACE} describe job {NAME}"
TARGET = "DisruptionTarget"


def migration_pod(*containers: Object, phase: str = "Failed", **status: Any) -> Object:  # noqa: ANN401
    made = pod(f"{NAME}-x", *containers, phase=phase, role="migration", owner=NAME)
    return {**made, "status": {**made["status"], **status}}


def said(*pods: Object, conditions: Any = FAILED, **more: Any) -> list[Finding]:  # noqa: ANN401
    job = obj("Job", NAME, spec={}, status={"conditions": conditions})
    seen: Snapshot = snapshot(jobs=[job], pods=pods, **more)
    return [*findings(seen, PLACE)]


def evicted(why: str) -> list[Finding]:
    cause = f"Its pod was evicted: {why}. The migration itself is not wrong; `up` runs it again"
    return [error("pod-evicted", JOB, cause, AGAIN)]


ENDED = container(name="migration", terminated=terminated(143))


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        (
            "EvictionByEvictionAPI",
            "its node was drained, by hand, by an autoscaler or by Karpenter",
        ),
        ("PreemptionByScheduler", "it had to make room for a pod of higher priority"),
        ("DeletionByTaintManager", "its node was tainted, as one that does not answer is"),
        ("DeletionByPodGC", "its node is gone"),
        (
            "TerminationByKubelet",
            "its node ran short of memory, disk or processes, or shut down",
        ),
        ("SomethingNew", "SomethingNew"),
    ],
)
def test_a_migration_that_was_disrupted_is_named_so_and_not_by_its_exit_code(
    reason: str, why: str
) -> None:
    disrupted = migration_pod(ENDED, conditions=[condition(TARGET, "True", reason)])

    assert said(disrupted) == evicted(why)


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        ("Evicted", "its node ran short of memory, disk or processes, or shut down"),
        ("Preempting", "it had to make room for a pod of higher priority"),
        ("Terminated", "its node ran short of memory, disk or processes, or shut down"),
        ("NodeLost", "its node is gone"),
    ],
)
def test_an_evicted_pod_without_containers_is_named_by_its_own_reason(
    reason: str, why: str
) -> None:
    message = "The node was low on resource: memory."

    assert said(migration_pod(reason=reason, message=message)) == evicted(f"{why} ({message})")


def test_a_disruption_that_did_not_happen_is_none() -> None:
    (found,) = said(migration_pod(ENDED, conditions=[condition(TARGET, "False", "x")]))

    assert (found.section, found.cause) == (
        "migration-failed",
        "Its container ended with exit code 143",
    )


def test_what_its_log_says_counts_more_than_a_disruption() -> None:
    disrupted = migration_pod(ENDED, conditions=[condition(TARGET, "True", "DeletionByPodGC")])

    (found,) = said(disrupted, logs={f"{NAME}-x": "Error: P3018\nMigration name: 20240104210051_a"})

    assert found.section == "migration-broken"


def test_a_migration_that_goes_on_after_an_eviction_is_a_warning() -> None:
    disrupted = migration_pod(reason="Evicted")

    assert said(disrupted, conditions=[]) == [
        warning(
            "pod-evicted",
            JOB,
            "Its pod was evicted: its node ran short of memory, disk or processes, or shut down. "
            "The Job tries again",
            LOOK,
        )
    ]


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        ("Evicted", "its node was drained, by hand, by an autoscaler or by Karpenter"),
        ("Preempted", "it had to make room for a pod of higher priority"),
        ("TaintManagerEviction", "its node was tainted, as one that does not answer is"),
    ],
)
def test_a_pod_that_is_gone_is_explained_by_its_events(reason: str, why: str) -> None:
    events = [event(migration_pod(), reason, "Evicted pod: Underutilized")]

    assert said(events=events) == evicted(f"{why} (Evicted pod: Underutilized)")


@pytest.mark.parametrize(
    "other",
    [
        event(obj("Pod", "langfuse-6f-x"), "Evicted", "x"),
        event(obj("Pod", "langfuse-migration-12-x"), "Evicted", "x"),
        event(obj("Pod", f"{NAME}-x", namespace="elsewhere"), "Evicted", "x"),
        event(migration_pod(), "Killing", "x"),
    ],
)
def test_events_about_others_explain_no_migration(other: Object) -> None:
    assert said(events=[other]) == [
        error(
            "migration-failed",
            JOB,
            "It failed: BackoffLimitExceeded: Job has reached the limit",
            LOOK,
        )
    ]


DONE = container(name="migration", terminated={"exitCode": 0, "reason": "Completed"})


def beside(name: str) -> Object:
    return container(name=name, ready=True, running={})


@pytest.mark.parametrize(
    ("sidecar", "told"),
    [
        (
            "istio-proxy",
            '. Istio injects it; the label sidecar.istio.io/inject: "false" keeps it out '
            "(cluster.podLabels, cluster.podAnnotations)",
        ),
        (
            "linkerd-proxy",
            ". Linkerd injects it; the annotation linkerd.io/inject: disabled keeps it out "
            "(cluster.podLabels, cluster.podAnnotations)",
        ),
        ("team-agent", ""),
    ],
)
def test_a_sidecar_that_keeps_the_job_alive_is_named(sidecar: str, told: str) -> None:
    running = migration_pod(DONE, beside(sidecar), phase="Running")

    assert said(running, conditions=[]) == [
        error(
            "sidecar-keeps-job",
            JOB,
            f"The migration is done, and the container {sidecar} keeps its pod alive, so the Job "
            f"never completes{told}",
            f"{IN_NAMESPACE} describe pod {NAME}-x",
        )
    ]


@pytest.mark.parametrize(
    "containers",
    [
        [container(name="migration", running={}), beside("istio-proxy")],
        [DONE],
        [DONE, container(name="istio-proxy", terminated={"exitCode": 0})],
    ],
)
def test_a_migration_that_still_runs_or_is_alone_is_silence(containers: list[Object]) -> None:
    assert said(migration_pod(*containers, phase="Running"), conditions=[]) == []


def test_a_native_sidecar_keeps_no_job_alive() -> None:
    running = migration_pod(DONE, phase="Running", initContainerStatuses=[beside("istio-proxy")])

    assert said(running, conditions=[]) == []


def test_the_newest_pod_counts_whatever_the_order() -> None:
    def made(at: str, *containers: Object, **status: Any) -> Object:  # noqa: ANN401
        one = migration_pod(*containers, **status)
        return {**one, "metadata": {**one["metadata"], "creationTimestamp": at}}

    old = made("2026-11-01T10:00:00Z", reason="Evicted")
    new = made("2026-11-01T11:00:00Z", container(name="migration", terminated=terminated(1)))

    for order in ((old, new), (new, old)):
        assert [item.cause for item in said(*order)] == ["Its container ended with exit code 1"]


def test_events_count_only_where_no_pod_is_left() -> None:
    left = migration_pod(phase="Failed")

    (found,) = said(left, events=[event(left, "Evicted", "x")])

    assert found.section == "migration-failed"
