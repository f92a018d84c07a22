"""Stacks whose dashboards the tests build, and what they read from them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Final

from components.monitoring.dashboards import database, overview
from components.monitoring.dashboards.layout import to_json
from components.monitoring.dashboards.panels import limits
from components.monitoring.dashboards.subject import Subject
from components.monitoring.watched_workloads import Watched, WatchedInAws

_WATCHED: Final = Watched(
    stack="prod",
    namespace="observability",
    langfuse="langfuse",
    min_replicas=2,
    max_replicas=6,
    migration="langfuse-migration",
)

LIMITS: Final = limits.of_database(
    instance_class="db.t4g.medium", storage_gib=100, max_storage_gib=None
)

IN_CLUSTER: Final = Subject(
    watched=replace(_WATCHED, postgres="langfuse-postgres"),
    runbooks="https://git.example.com/docs",
    certificate_days=21,
    alerts=False,
)
ON_AWS: Final = Subject(
    watched=replace(
        _WATCHED, secret_namespaces=("observability", "agents"), probe_job="langfuse-probe"
    ),
    aws=WatchedInAws(
        region="ap-northeast-2", database="langfuse-1a2b", load_balancer="app/k8s-langfuse/50dc"
    ),
    runbooks="https://git.example.com/docs",
    certificate_days=21,
    alerts=True,
    database_limits=LIMITS,
)
WITHOUT_ENDPOINT: Final = replace(
    ON_AWS,
    watched=replace(ON_AWS.watched, probe_job=None),
    aws=WatchedInAws(region="ap-northeast-2", database="langfuse-1a2b"),
    database_limits=limits.of_database(
        instance_class="db.m7g.large", storage_gib=100, max_storage_gib=None
    ),
)
EXTERNAL: Final = Subject(
    watched=replace(_WATCHED, probe_job="langfuse-probe", min_replicas=2, max_replicas=2),
    runbooks="https://git.example.com/docs",
    certificate_days=21,
    alerts=False,
)
SUBJECTS: Final = {
    "in-cluster": IN_CLUSTER,
    "on-aws": ON_AWS,
    "without-endpoint": WITHOUT_ENDPOINT,
    "external": EXTERNAL,
}


@dataclass(frozen=True)
class Built:
    """A dashboard as Grafana reads it."""

    content: dict[str, Any]

    @property
    def rows(self) -> dict[str, list[str]]:
        """The titles of the panels under each headline."""
        found = dict[str, list[str]]()
        for panel in self.content["panels"]:
            if panel["type"] == "row":
                found[panel["title"]] = []
            else:
                found[[*found][-1]].append(panel["title"])
        return found

    @property
    def panels(self) -> list[dict[str, Any]]:
        """All but headlines."""
        return [panel for panel in self.content["panels"] if panel["type"] != "row"]

    def panel(self, title: str) -> dict[str, Any]:
        """The first panel of a title: the one at a glance, where there is one."""
        return next(panel for panel in self.panels if panel["title"] == title)

    def targets(self, type_: str) -> list[dict[str, Any]]:
        """The queries of one type of data source."""
        return [
            target
            for panel in self.panels
            for target in panel["targets"]
            if target["datasource"]["type"] == type_
        ]


def built(name: str) -> dict[str, Built]:
    """The dashboards of one of ``SUBJECTS``, by what they are."""
    subject = SUBJECTS[name]
    made = {"overview": overview.dashboard(subject, uid="overview-uid", links={})}
    if subject.has_database:
        made["database"] = database.dashboard(subject, uid="database-uid", links={})
    return {kind: Built(json.loads(to_json(dashboard))) for kind, dashboard in made.items()}


def every() -> dict[str, Built]:
    """The dashboards of all of them."""
    return {
        f"{name} {kind}": dashboard for name in SUBJECTS for kind, dashboard in built(name).items()
    }
