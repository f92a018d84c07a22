"""What a stack's namespaces hold at one moment. Pure; imports no SDK."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from stacks.names import NAMES
from tooling.doctor import servers
from tooling.doctor.agents.way import Seen
from tooling.kubernetes.events import last_seen, newest_warning
from tooling.kubernetes.objects import (
    Object,
    is_ours,
    is_part_of_stack,
    items,
    labels,
    name,
    namespace,
    newest,
    part,
)


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The stack's own objects of each kind; what others run in its namespaces is left out."""

    now: datetime
    namespaces: Mapping[str, Object] = field(default_factory=dict[str, Object])
    """Those of the stack that exist, by name."""
    pods: Sequence[Object] = ()
    jobs: Sequence[Object] = ()
    deployments: Sequence[Object] = ()
    replica_sets: Sequence[Object] = ()
    stateful_sets: Sequence[Object] = ()
    autoscalers: Sequence[Object] = ()
    ingresses: Sequence[Object] = ()
    claims: Sequence[Object] = ()
    external_secrets: Sequence[Object] = ()
    secret_stores: Sequence[Object] = ()
    clusters: Sequence[Object] = ()
    """Custom resources of ClickHouse's operator."""
    storage_classes: Sequence[Object] = ()
    missing: Sequence[str] = ()
    """What the stack makes and is not there, as ``Kind namespace/name``."""
    least: Mapping[str, int] = field(default_factory=dict[str, int])
    """Pods that the stack wants at least, by the name of their Deployment; 0: it is
    paused."""
    agents: Seen = field(default_factory=Seen)
    """What there is in the namespaces of agents, and of their gateway."""
    events: Sequence[Object] = ()
    """Of the namespaces, whatever they are about."""
    logs: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """Ends of the logs of pods in trouble, by the pod's name."""
    running_logs: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """The last hour of the logs of some pods that are ready, by the pod's name."""
    complete: bool = True
    """Whether every kind could be read: only then is what is absent not there."""

    @property
    def deployed(self) -> bool:
        """Whether a run has created anything here."""
        made = (self.pods, self.jobs, self.deployments, self.stateful_sets, self.ingresses)
        return any(map(is_ours, self.namespaces.values())) or any(
            (*made, self.external_secrets, self.secret_stores)
        )

    def terminates(self, subject: str) -> bool:
        """Whether the namespace of ``Kind namespace/name`` is being deleted."""
        home = self.namespaces.get(subject.partition(" ")[2].partition("/")[0], {})
        return "deletionTimestamp" in part(home, "metadata")

    def warning(self, *about: Object) -> Object | None:
        """The newest Warning about some objects of one namespace."""
        where = {namespace(item) for item in about}
        events = (event for event in self.events if namespace(event) in where)
        return newest_warning(events, map(name, about))

    def newest_event(self, about: Object) -> Object | None:
        """The newest event about an object, good or bad."""
        found = (
            event
            for event in self.events
            if namespace(event) == namespace(about)
            and part(event, "involvedObject").get("name") == name(about)
            and part(event, "involvedObject").get("kind") == about["kind"]
        )
        return max(found, key=last_seen, default=None)

    @property
    def running(self) -> str:
        """Release of the web pods; empty where there are none."""
        for item in self.deployments:
            if name(item) == NAMES.langfuse:
                return str(labels(item).get("app.kubernetes.io/version", ""))
        return ""

    @property
    def job(self) -> Object | None:
        """The newest migration Job; older ones say nothing about now."""
        return newest([*self.jobs])

    def owned(self, objects: Iterable[Object], owner: Object) -> list[Object]:
        """Those of some objects that another one controls."""
        return [item for item in objects if name(owner) in owners(item)]


def owners(object_: Object) -> list[str]:
    """Names of what controls an object."""
    return [owner["name"] for owner in items(part(object_, "metadata"), "ownerReferences")]


def ours(objects: Iterable[Object]) -> list[Object]:
    """The stack's own objects among others, and what ClickHouse's operator made for it."""
    return [item for item in objects if is_part_of_stack(item) or servers.is_operated(item)]
