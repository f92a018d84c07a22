"""Objects as the API server returns them, and a place to find them in, for the doctor's tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from stacks import stack_files
from stacks.settings import Settings
from tests.support import bases
from tooling.doctor.cluster.snapshot import Snapshot
from tooling.doctor.findings import Finding
from tooling.doctor.place import Place

NOW: Final = datetime(2026, 11, 1, 12, 0, 0, tzinfo=UTC)
LONG_AGO: Final = "2026-11-01T11:00:00Z"
JUST_NOW: Final = "2026-11-01T11:59:50Z"

Object = dict[str, Any]

PLACE: Final = Place(stack="dev", namespace="observability", context="kind-langfuse")
KUBECTL: Final = "kubectl --context=kind-langfuse"
IN_NAMESPACE: Final = f"{KUBECTL} -n observability"
PART_OF: Final = {"app.kubernetes.io/part-of": "agent-observability"}


def stack(base: str = "version 2 dev", **sections: Mapping[str, Any] | None) -> Settings:
    """The settings of a base with changes by section."""
    project = stack_files.project_name()
    return bases.read_settings(
        base, {f"{project}:{section}": change for section, change in sections.items()}
    )


def obj(
    kind: str,
    name: str,
    *,
    namespace: str | None = "observability",
    created: str = LONG_AGO,
    labels: Mapping[str, str] | None = None,
    owner: str | None = None,
    **rest: Any,  # noqa: ANN401 - JSON
) -> Object:
    """One object of the stack."""
    metadata: Object = {
        "name": name,
        "namespace": namespace,
        "creationTimestamp": created,
        "labels": {**PART_OF, **(labels or {})},
        **rest.pop("metadata", {}),
    }
    if owner is not None:
        metadata["ownerReferences"] = [{"name": owner}]
    return {"kind": kind, "metadata": metadata, **rest}


def pod(
    name: str = "langfuse-1",
    *containers: Object,
    phase: str = "Pending",
    conditions: Sequence[Object] = (),
    role: str = "web",
    owner: str = "langfuse-6f",
    **metadata: Any,  # noqa: ANN401 - JSON
) -> Object:
    return obj(
        "Pod",
        name,
        labels={"app.kubernetes.io/component": role},
        owner=owner,
        metadata=metadata,
        spec={"containers": [{"name": "langfuse", "image": "docker.io/langfuse/langfuse:2.95.12"}]},
        status={
            "phase": phase,
            "containerStatuses": list(containers),
            "conditions": list(conditions),
        },
    )


def container(
    *, name: str = "langfuse", ready: bool = False, restarts: int = 0, **states: Object
) -> Object:
    """A container's status: ``waiting``, ``running`` or ``terminated``, and ``last``."""
    last = states.pop("last", None)
    status: Object = {"name": name, "ready": ready, "restartCount": restarts, "state": states}
    return {**status, "lastState": {"terminated": last}} if last else status


def waiting(reason: str, message: str = "", **more: Any) -> Object:  # noqa: ANN401 - JSON
    return container(waiting={"reason": reason, "message": message}, **more)


def terminated(exit_code: int = 1, **more: Any) -> Object:  # noqa: ANN401 - JSON
    return {"exitCode": exit_code, "reason": "Error", **more}


def event(
    about: Object,
    reason: str,
    message: str,
    *,
    type: str = "Warning",  # noqa: A002 - the API's name
    at: str = LONG_AGO,
) -> Object:
    metadata = about["metadata"]
    return {
        "kind": "Event",
        "metadata": {"name": "e", "namespace": metadata["namespace"]},
        "type": type,
        "reason": reason,
        "message": message,
        "lastTimestamp": at,
        "involvedObject": {"kind": about["kind"], "name": metadata["name"]},
    }


def condition(type_: str, status: str, reason: str = "", message: str = "") -> Object:
    return {"type": type_, "status": status, "reason": reason, "message": message}


def snapshot(**fields: Any) -> Snapshot:  # noqa: ANN401 - fields of Snapshot
    namespaces = {"observability": obj("Namespace", "observability", namespace=None)}
    known: dict[str, Any] = {"now": NOW, "namespaces": namespaces, **fields}
    return Snapshot(**known)


def error(section: str, subject: str, cause: str, command: str) -> Finding:
    return Finding(section=section, severity="error", subject=subject, cause=cause, command=command)


def warning(section: str, subject: str, cause: str, command: str) -> Finding:
    return Finding(
        section=section, severity="warning", subject=subject, cause=cause, command=command
    )
