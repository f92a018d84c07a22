"""When an object is ready, when it has failed, and what its pods say."""

from __future__ import annotations

from typing import Any

import pytest

from tooling.kubernetes.readiness import (
    failure,
    made_anew_after_failure,
    pod_problem,
    readiness,
)

PROGRESSING = {"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated"}
STUCK = {
    "type": "Progressing",
    "status": "False",
    "reason": "ProgressDeadlineExceeded",
    "message": 'ReplicaSet "web-1" has timed out progressing.',
}
REFUSED = {
    "type": "ReplicaFailure",
    "status": "True",
    "reason": "FailedCreate",
    "message": "pods are forbidden",
}


def workload(kind: str, *, generation: int = 2, spec: Any = None, **status: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "kind": kind,
        "metadata": {"name": "web", "generation": generation},
        "spec": {"replicas": 2, **(spec or {})},
        "status": {"observedGeneration": 2, **status},
    }


ROLLED_OUT = {"replicas": 2, "updatedReplicas": 2, "availableReplicas": 2, "readyReplicas": 2}


@pytest.mark.parametrize(
    ("item", "missing"),
    [
        (workload("Deployment", **ROLLED_OUT), None),
        (workload("Deployment", spec={"replicas": 0}), None),
        (workload("Deployment", generation=3, **ROLLED_OUT), "the controller to see the change"),
        (
            workload("Deployment", **{**ROLLED_OUT, "updatedReplicas": 1}),
            "new pods, 1 of 2 there",
        ),
        (workload("Deployment", **{**ROLLED_OUT, "replicas": 3}), "1 old pods to go"),
        (
            workload("Deployment", **{**ROLLED_OUT, "availableReplicas": 1}),
            "available pods, 1 of 2",
        ),
        (
            workload("Deployment", conditions=[PROGRESSING, REFUSED]),
            "pods, which are refused (FailedCreate: pods are forbidden)",
        ),
        ({"kind": "Deployment", "metadata": {"generation": 1}, "spec": {}}, "the controller"),
        (workload("StatefulSet", currentRevision="b", updateRevision="b", **ROLLED_OUT), None),
        (workload("StatefulSet"), "ready pods, 0 of 2"),
        (
            workload("StatefulSet", currentRevision="a", updateRevision="b", **ROLLED_OUT),
            "updated pods, 2 of 2",
        ),
        (workload("StatefulSet", generation=3), "the controller to see the change"),
        (
            workload("Job", conditions=[{"type": "Complete", "status": "True"}]),
            None,
        ),
        (workload("Job", active=1, failed=1), "success, 0 of 1 (1 active, 1 failed)"),
        ({"kind": "Namespace", "status": {"phase": "Active"}}, None),
        ({"kind": "Namespace"}, "phase Active, now None"),
        ({"kind": "ConfigMap"}, None),
        ({"kind": "Service", "status": {}}, None),
        ({"kind": "PersistentVolumeClaim", "status": {"phase": "Pending"}}, None),
    ],
)
def test_what_an_object_waits_for(item: dict[str, Any], missing: str | None) -> None:
    found = readiness(item)

    if missing == "the controller":
        assert found is not None
        assert found.startswith(missing)
    else:
        assert found == missing


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (workload("Job"), None),
        (
            workload(
                "Job",
                conditions=[
                    {"type": "Failed", "status": "True", "reason": "DeadlineExceeded"},
                ],
            ),
            "DeadlineExceeded",
        ),
        (workload("Job", conditions=[{"type": "Failed", "status": "False"}]), None),
        (workload("Deployment", conditions=[PROGRESSING, REFUSED]), None),
        (
            workload("Deployment", conditions=[STUCK]),
            'ProgressDeadlineExceeded: ReplicaSet "web-1" has timed out progressing.',
        ),
        (
            workload("Deployment", conditions=[STUCK, REFUSED]),
            "FailedCreate: pods are forbidden",
        ),
        (workload("Deployment", generation=3, conditions=[STUCK]), None),
        (workload("StatefulSet"), None),
    ],
)
def test_why_an_object_has_failed(item: dict[str, Any], reason: str | None) -> None:
    assert failure(item) == reason


@pytest.mark.parametrize("annotated", [True, False])
@pytest.mark.parametrize("failed", [True, False])
def test_only_a_failed_object_that_asks_for_it_is_replaced(
    annotated: bool,
    failed: bool,
) -> None:
    status = "True" if failed else "False"
    job = workload("Job", conditions=[{"type": "Failed", "status": status}])
    if annotated:
        job["metadata"]["annotations"] = {"pulumi.com/replaceUnready": "true"}

    assert made_anew_after_failure(job) is (annotated and failed)


def container(name: str, **state: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"name": name, "state": state}


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        ({"phase": "Running", "containerStatuses": [container("web", running={})]}, None),
        (
            {"containerStatuses": [container("web", terminated={"exitCode": 0})]},
            None,
        ),
        (
            {
                "containerStatuses": [
                    container("web", terminated={"exitCode": 137, "reason": "OOMKilled"})
                ]
            },
            "container web ended with exit code 137: OOMKilled",
        ),
        (
            {
                "containerStatuses": [
                    container("web", waiting={"reason": "ImagePullBackOff", "message": "not found"})
                ]
            },
            "container web waits: ImagePullBackOff: not found",
        ),
        (
            {"containerStatuses": [container("web", waiting={"reason": "ContainerCreating"})]},
            None,
        ),
        (
            {
                "initContainerStatuses": [container("init", terminated={"exitCode": 2})],
                "containerStatuses": [container("web", waiting={"reason": "PodInitializing"})],
            },
            "container init ended with exit code 2",
        ),
        (
            {
                "conditions": [
                    {
                        "type": "PodScheduled",
                        "status": "False",
                        "reason": "Unschedulable",
                        "message": "0/3 nodes are available",
                    }
                ]
            },
            "Unschedulable: 0/3 nodes are available",
        ),
        ({"phase": "Failed", "reason": "Evicted"}, "Evicted"),
        ({}, None),
    ],
)
def test_what_is_wrong_with_a_pod(status: dict[str, Any], problem: str | None) -> None:
    assert pod_problem({"kind": "Pod", "status": status}) == problem
