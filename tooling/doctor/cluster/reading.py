"""Reads a snapshot of a stack, all kinds in parallel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from components.clickhouse.operator_resources import API_VERSION
from stacks.names import NAMES
from stacks.settings import Settings
from stacks.settings.sections.langfuse import Langfuse
from tooling.doctor import servers
from tooling.doctor.agents import reading as agents
from tooling.doctor.asking import unanswered
from tooling.doctor.cluster import presence
from tooling.doctor.cluster.presence import Names
from tooling.doctor.cluster.server import Server
from tooling.doctor.cluster.snapshot import Snapshot, ours
from tooling.doctor.findings import Finding
from tooling.doctor.place import Place
from tooling.doctor.pods import logs
from tooling.kit.deadline import Deadline, OverdueError, Question
from tooling.kit.masking import quote
from tooling.kubernetes.api import LiveError, UnknownKindError
from tooling.kubernetes.objects import Object, items, name, namespace, part

_LOGS: Final = 6
"""Pods whose logs are read: those of one rollout fail for one reason."""

_RUNNING: Final = 2
"""Ready pods of each workload whose logs are read: they write of the same services."""

_TELLING: Final = ("web", "worker", "clickhouse", "cache", "storage", "gateway")
"""Roles whose logs say what no probe shows."""

_OWN: Final = {
    "pods": ("v1", "Pod"),
    "jobs": ("batch/v1", "Job"),
    "deployments": ("apps/v1", "Deployment"),
    "replica_sets": ("apps/v1", "ReplicaSet"),
    "stateful_sets": ("apps/v1", "StatefulSet"),
    "autoscalers": ("autoscaling/v2", "HorizontalPodAutoscaler"),
    "ingresses": ("networking.k8s.io/v1", "Ingress"),
}
_CLUSTERS: Final = "clusters"
_ENTRIES: Final = {
    "external_secrets": ("external-secrets.io/v1", "ExternalSecret"),
    "secret_stores": ("external-secrets.io/v1", "SecretStore"),
}


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What was read, and what could not be."""

    snapshot: Snapshot
    unread: list[Finding]


def namespaces_of(settings: Settings) -> list[str]:
    """Every namespace of a stack, its own first."""
    return [settings.cluster.namespace, *settings.agents.every_namespace]


def read(
    server: Server, settings: Settings, place: Place, deadline: Deadline, now: datetime | None
) -> Reading:
    """The stack's objects and, for pods in trouble, their logs. ``now``: what ages count from."""
    names = namespaces_of(settings)
    own = names[0]
    questions: dict[str, list[Question[list[dict[str, Any]]]]] = {
        field: [_list(server, *kind, own)] for field, kind in _OWN.items()
    }
    if settings.secrets.delivery == "secretsManager":
        for field, kind in _ENTRIES.items():
            questions[field] = [_list(server, *kind, where) for where in names]
    if servers.has_operator(settings):
        questions[_CLUSTERS] = [_list(server, API_VERSION, kind, own) for kind in servers.CLUSTERS]
    questions["claims"] = [_list(server, "v1", "PersistentVolumeClaim", own)]
    questions["storage_classes"] = [_list(server, "storage.k8s.io/v1", "StorageClass", None)]
    questions["events"] = [_list(server, "v1", "Event", where) for where in names]
    questions["namespaces"] = [_list(server, "v1", "Namespace", None)]
    unread: list[Finding] = []
    found: dict[str, list[Object]] = {}
    for field, asked in questions.items():
        found[field] = []
        for question in asked:
            try:
                found[field] += question.answer(deadline)
            except UnknownKindError:
                pass  # reported by the preconditions
            except (OverdueError, LiveError) as error:
                title = field.replace("_", " ")
                unread.append(unanswered(title, quote(str(error)), place.doctor()))
    snapshot = _snapshot(found, names, now or datetime.now(UTC), complete=not unread)
    of_agents, unread_agents = agents.read(server, settings, snapshot.pods, place, deadline)
    troubled = _logs(server, snapshot.pods, deadline)
    running = _running_logs(server, snapshot.pods, deadline)
    wanted = presence.fixed(settings)
    for kind, read_by_pods in presence.read_by(
        [*snapshot.deployments, *snapshot.stateful_sets]
    ).items():
        wanted[kind] = wanted.get(kind, set()) | read_by_pods
    there, unknown = _names(server, wanted, deadline, place)
    gone = {f"Namespace {where}" for where in names[1:] if where not in snapshot.namespaces} - {
        f"Namespace {where}" for where in settings.agents.existing_namespaces
    }
    snapshot = replace(
        snapshot,
        agents=of_agents,
        logs=troubled,
        running_logs=running,
        missing=[*(sorted(gone) if snapshot.complete else ()), *presence.absent(wanted, there)],
        least=_least(settings.langfuse),
    )
    return Reading(snapshot=snapshot, unread=[*unread, *unknown, *unread_agents])


def _least(langfuse: Langfuse) -> dict[str, int]:
    """Pods that are wanted at least; none of a stack that is paused."""
    wanted = {NAMES.langfuse: langfuse.min_replicas, NAMES.worker: langfuse.worker.min_replicas}
    return dict.fromkeys(wanted, 0) if langfuse.paused else wanted


def _names(
    server: Server, wanted: Names, deadline: Deadline, place: Place
) -> tuple[Names, list[Finding]]:
    """Names that are there, of each kind that could be read; and what could not be."""
    asked = {
        kind: Question(lambda k=kind: server.names(k.api_version, k.kind, k.namespace))
        for kind in wanted
    }
    found: Names = {}
    unread: list[Finding] = []
    for kind, question in asked.items():
        try:
            found[kind] = question.answer(deadline)
        except UnknownKindError:
            pass  # as above
        except (OverdueError, LiveError) as error:
            title = f"{kind.kind} in {kind.namespace}"
            unread.append(unanswered(title, quote(str(error)), place.doctor()))
    return found, unread


def _list(
    server: Server, api_version: str, kind: str, namespace: str | None
) -> Question[list[dict[str, Any]]]:
    return Question(lambda: server.list(api_version, kind, namespace))


def _snapshot(
    found: Mapping[str, list[Object]], names: Iterable[str], now: datetime, *, complete: bool
) -> Snapshot:
    own: dict[str, Any] = {
        field: ours(found[field]) for field in (*_OWN, *_ENTRIES, _CLUSTERS) if field in found
    }
    wanted = set(names)
    return Snapshot(
        now=now,
        namespaces={name(item): item for item in found["namespaces"] if name(item) in wanted},
        claims=[claim for claim in found["claims"] if servers.is_claim(claim)],
        storage_classes=found["storage_classes"],
        events=found["events"],
        complete=complete,
        **own,
    )


def _logs(server: Server, found: Iterable[Object], deadline: Deadline) -> dict[str, str]:
    """Of pods in trouble, by the pod's name."""
    asked: dict[str, Question[str]] = {}
    for pod in found:
        wanted = logs.has_log(pod)
        if wanted is None or len(asked) == _LOGS:
            continue
        container, previous = wanted
        asked[name(pod)] = _log(server, pod, container, previous=previous)
    return _answered(asked, deadline)


def _running_logs(server: Server, found: Iterable[Object], deadline: Deadline) -> dict[str, str]:
    """Of ready pods, by the pod's name."""
    asked: dict[str, Question[str]] = {}
    counted = Counter[str]()
    for pod in found:
        component = servers.component(pod)
        if component not in _TELLING or not logs.is_ready(pod) or counted[component] == _RUNNING:
            continue
        counted[component] += 1
        asked[name(pod)] = _last_hour(server, pod)
    return _answered(asked, deadline)


def _answered(asked: Mapping[str, Question[str]], deadline: Deadline) -> dict[str, str]:
    """A log that cannot be read is left out: the node may be gone."""
    found: dict[str, str] = {}
    for pod_name, question in asked.items():
        try:
            found[pod_name] = question.answer(deadline)
        except (LiveError, OverdueError):
            continue
    return found


def _log(server: Server, pod: Object, container: str, *, previous: bool) -> Question[str]:
    return Question(lambda: server.log(namespace(pod), name(pod), container, previous=previous))


def _last_hour(server: Server, pod: Object) -> Question[str]:
    container = items(part(pod, "spec"), "containers")[0]["name"]
    return Question(lambda: server.last_hour(namespace(pod), name(pod), container))
