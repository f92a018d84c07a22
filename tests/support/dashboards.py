"""Stacks whose dashboards the tests build, and what they read from them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Final

from components.monitoring.alarms import thresholds
from components.monitoring.dashboards import overview
from components.monitoring.dashboards.grafana_dashboards import SERVICES
from components.monitoring.dashboards.layout import to_json
from components.monitoring.dashboards.panels import limits
from components.monitoring.dashboards.subject import Subject
from components.monitoring.watched_workloads import (
    Watched,
    WatchedBackup,
    WatchedInAws,
    WatchedServers,
    WatchedWorker,
)
from tests.support.watched_gateway import ALONE, GATEWAY, WITHOUT_PRICES

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
_WORKER: Final = WatchedWorker(
    name="langfuse-worker", container="worker", min_replicas=2, max_replicas=4
)


def _servers(name: str, container: str, number: int = 1) -> WatchedServers:
    sets = [name] if number == 1 else [f"{name}-{index}" for index in range(number)]
    return WatchedServers(
        stateful_sets=sets, container=container, claims=[f"data-{one}-0" for one in sets]
    )


VERSION_4_IN_CLUSTER: Final = replace(
    IN_CLUSTER,
    watched=replace(
        IN_CLUSTER.watched,
        worker=replace(_WORKER, min_replicas=1, max_replicas=1),
        clickhouse=_servers("langfuse-clickhouse", "clickhouse"),
        cache=_servers("langfuse-valkey", "valkey"),
        cache_bytes=1_000_000,
        storage=_servers("langfuse-seaweedfs", "seaweedfs"),
        gateway=ALONE,
    ),
)
VERSION_4_ON_AWS: Final = replace(
    ON_AWS,
    watched=replace(
        ON_AWS.watched,
        worker=_WORKER,
        clickhouse=_servers("langfuse-servers", "clickhouse-server", 3),
        clickhouse_backup=WatchedBackup(cron_job="langfuse-backup", hours=6),
        clickhouse_scraped=True,
        keeper=_servers("langfuse-keepers", "clickhouse-keeper", 3),
        gateway=GATEWAY,
    ),
    aws=WatchedInAws(
        region="ap-northeast-2",
        database="langfuse-1a2b",
        load_balancer="app/k8s-langfuse/50dc",
        cache=["langfuse-001", "langfuse-002"],
        buckets={"events and exports": "events-1a2b", "media": "media-1a2b"},
        queues=True,
    ),
    cache_thresholds=thresholds.of_cache("cache.t4g.medium"),
)
VERSION_4_MIXED: Final = replace(
    EXTERNAL,
    watched=replace(
        EXTERNAL.watched,
        worker=_WORKER,
        clickhouse=_servers("langfuse-clickhouse", "clickhouse"),
        clickhouse_scraped=True,
        gateway=WITHOUT_PRICES,
    ),
    aws=WatchedInAws(
        region="ap-northeast-2",
        cache=["langfuse-001"],
        buckets={"events and exports": "mine", "media": "mine"},
    ),
    cache_thresholds=thresholds.of_cache("cache.r7g.xlarge"),
)
"""ClickHouse of one server, a cache of one node, one bucket, and a gateway without prices; the rest
is external."""

SUBJECTS: Final = {
    "in-cluster": IN_CLUSTER,
    "on-aws": ON_AWS,
    "without-endpoint": WITHOUT_ENDPOINT,
    "external": EXTERNAL,
    "version 4 in-cluster": VERSION_4_IN_CLUSTER,
    "version 4 on-aws": VERSION_4_ON_AWS,
    "version 4 mixed": VERSION_4_MIXED,
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
    made |= {
        service: SERVICES[service].dashboard(subject, uid=f"{service}-uid", links={})
        for service in subject.services
    }
    return {kind: Built(json.loads(to_json(dashboard))) for kind, dashboard in made.items()}


def every() -> dict[str, Built]:
    """The dashboards of all of them."""
    return {
        f"{name} {kind}": dashboard for name in SUBJECTS for kind, dashboard in built(name).items()
    }
