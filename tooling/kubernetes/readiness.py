"""When Pulumi's Kubernetes provider considers an object ready, or failed. Pure.

Services and Ingresses are not waited for: on a cluster without load balancers and containers
there is nothing to wait for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tooling.kubernetes.objects import annotations_of, conditions, containers, part, words

_REPLACE_UNREADY: Final = "pulumi.com/replaceUnready"


def readiness(object_: Mapping[str, Any]) -> str | None:
    """What an object still waits for, as text; None when it is ready."""
    rule = _RULES.get(object_["kind"])
    return rule(object_) if rule else None


def failure(object_: Mapping[str, Any]) -> str | None:
    """Why an object will never become ready; None as long as it may."""
    found = conditions(object_)
    match object_["kind"]:
        case "Job":
            failed = found.get("Failed", {})
            return words(failed) if failed.get("status") == "True" else None
        case "Deployment":
            progressing = found.get("Progressing", {})
            if _current(object_) and progressing.get("reason") == "ProgressDeadlineExceeded":
                return words(found.get("ReplicaFailure", progressing))
        case _:
            pass
    return None


def made_anew_after_failure(object_: Mapping[str, Any]) -> bool:
    """Whether an object has failed, and asks to be replaced then (as the provider's annotation
    ``pulumi.com/replaceUnready`` does)."""
    annotations = annotations_of(object_)
    return annotations.get(_REPLACE_UNREADY) == "true" and failure(object_) is not None


def pod_problem(pod: Mapping[str, Any]) -> str | None:
    """What is wrong with a pod, from its status; None when nothing is."""
    status = part(pod, "status")
    for container in containers(pod):
        state = part(container, "state")
        ended, waits = part(state, "terminated"), part(state, "waiting")
        if ended.get("exitCode"):
            code = f"container {container['name']} ended with exit code {ended['exitCode']}"
            return ": ".join(filter(None, (code, words(ended))))
        if waits.get("reason") not in {None, "PodInitializing", "ContainerCreating"}:
            return f"container {container['name']} waits: {words(waits)}"
    if (scheduled := conditions(pod).get("PodScheduled", {})).get("status") == "False":
        return words(scheduled)
    return words(status) if status.get("phase") == "Failed" else None


def _deployment(deployment: Mapping[str, Any]) -> str | None:
    if not _current(deployment):
        return "the controller to see the change"
    status = part(deployment, "status")
    desired = deployment["spec"].get("replicas", 1)
    updated = status.get("updatedReplicas", 0)
    if (refused := conditions(deployment).get("ReplicaFailure")) is not None:
        return f"pods, which are refused ({words(refused)})"
    if updated < desired:
        return f"new pods, {updated} of {desired} there"
    if status.get("replicas", 0) > updated:
        return f"{status['replicas'] - updated} old pods to go"
    if status.get("availableReplicas", 0) < desired:
        return f"available pods, {status.get('availableReplicas', 0)} of {desired}"
    return None


def _stateful_set(stateful_set: Mapping[str, Any]) -> str | None:
    if not _current(stateful_set):
        return "the controller to see the change"
    status = part(stateful_set, "status")
    desired = stateful_set["spec"].get("replicas", 1)
    if status.get("readyReplicas", 0) < desired:
        return f"ready pods, {status.get('readyReplicas', 0)} of {desired}"
    if status.get("currentRevision") != status.get("updateRevision"):
        return f"updated pods, {status.get('updatedReplicas', 0)} of {desired}"
    return None


def _job(job: Mapping[str, Any]) -> str | None:
    if conditions(job).get("Complete", {}).get("status") == "True":
        return None
    status = part(job, "status")
    wanted = job["spec"].get("completions", 1)
    return (
        f"success, {status.get('succeeded', 0)} of {wanted} "
        f"({status.get('active', 0)} active, {status.get('failed', 0)} failed)"
    )


def _namespace(namespace: Mapping[str, Any]) -> str | None:
    phase = part(namespace, "status").get("phase")
    return None if phase == "Active" else f"phase Active, now {phase}"


_RULES: Final = {
    "Deployment": _deployment,
    "Job": _job,
    "Namespace": _namespace,
    "StatefulSet": _stateful_set,
}


def _current(object_: Mapping[str, Any]) -> bool:
    """Whether the controller has seen the last change of the specification."""
    seen = part(object_, "status").get("observedGeneration", 0)
    return seen >= object_["metadata"].get("generation", 0)
