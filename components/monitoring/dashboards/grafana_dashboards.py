"""Grafana dashboards of a stack, as ConfigMaps that Grafana's sidecar loads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol, TypedDict, cast

import pulumi
from grafana_foundation_sdk.models.dashboard import Dashboard
from pulumi_kubernetes.core.v1 import ConfigMap

from components.kubernetes.labels import labels
from components.monitoring.dashboards import (
    agent_costs,
    agents,
    cache,
    clickhouse,
    database,
    gateway,
    overview,
    storage,
    worker,
)
from components.monitoring.dashboards.cloudwatch_source import CloudWatchSource
from components.monitoring.dashboards.layout import to_json
from components.monitoring.dashboards.subject import Service, Subject, uid
from components.monitoring.watched_workloads import Watched, WatchedInAws

TYPE = "agent-observability:index:GrafanaDashboards"

FOLDER_ANNOTATION = "grafana_folder"
"""Name that the sidecar of kube-prometheus-stack is given as ``folderAnnotation``."""


@dataclass(frozen=True, kw_only=True)
class GrafanaDashboardsArgs:
    namespace: pulumi.Input[str]
    """Namespace of the ConfigMaps. The sidecar has to search it."""
    watched: Watched
    """What the dashboards show."""
    identity: str
    """Distinguishes the stack from others with dashboards in the same Grafana, such as
    ``<project>/<stack>``."""
    runbooks: str
    """URL of the ``docs`` folder, without trailing slash."""
    certificate_days: int
    """Minimum number of days for which a certificate should be valid."""
    alerts: bool
    """Whether Prometheus has the stack's alert rules."""
    labels: Mapping[str, str]
    """Labels by which the sidecar selects ConfigMaps."""
    folder: str | None = None
    """Folder in Grafana; none takes the sidecar's default."""
    aws: CloudWatchSource | None = None
    """None for a stack without resources in AWS."""


class _Build(Protocol):
    def __call__(self, subject: Subject, *, uid: str, links: Mapping[str, str]) -> Dashboard: ...


class _Service(NamedTuple):
    title: str
    """Of the link to it."""
    dashboard: _Build


SERVICES: Final[dict[Service, _Service]] = {
    "database": _Service("Database", database.dashboard),
    "worker": _Service("Workers", worker.dashboard),
    "clickhouse": _Service("ClickHouse", clickhouse.dashboard),
    "cache": _Service("Cache", cache.dashboard),
    "storage": _Service("Object storage", storage.dashboard),
    "gateway": _Service("Gateway", gateway.dashboard),
    "agents": _Service("Agents", agents.dashboard),
    "agent-costs": _Service("Agent costs", agent_costs.dashboard),
}
"""In the order of the links to them."""


class GrafanaDashboards(pulumi.ComponentResource):
    """An overview, and a dashboard of each service that has metrics."""

    overview_uid: str
    """The overview's uid in Grafana: its path is ``/d/<uid>``."""

    def __init__(
        self, name: str, args: GrafanaDashboardsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        self._prefix = name
        self._args = args
        self.overview_uid = uid("overview", args.identity)
        services = _services(args)
        self._config_map(
            "overview",
            self.overview_uid,
            overview.dashboard,
            {SERVICES[service].title: uid(service, args.identity) for service in services},
        )
        for service in services:
            self._config_map(
                service,
                uid(service, args.identity),
                SERVICES[service].dashboard,
                {"Overview": self.overview_uid},
            )
        self.register_outputs({"overviewUid": self.overview_uid})

    def _config_map(
        self, role: str, file: str, dashboard: _Build, links: Mapping[str, str]
    ) -> None:
        args = self._args
        annotations = {FOLDER_ANNOTATION: args.folder} if args.folder else None
        ConfigMap(
            f"{self._prefix}-{role}",
            metadata={
                "namespace": args.namespace,
                # Fixed: with a new name there would be two dashboards of one uid until the old one
                # is gone.
                "name": f"{self._prefix}-{role}",
                "labels": {**args.labels, **labels(self._prefix, f"{role}-dashboard")},
                "annotations": annotations,
            },
            # The sidecar writes the files of all ConfigMaps into one folder, so their names have to
            # differ (https://github.com/grafana/helm-charts/pull/753).
            data={
                f"{file}.json": _known(args).apply(
                    lambda names: to_json(dashboard(_subject(args, names), uid=file, links=links))
                )
            },
            opts=pulumi.ResourceOptions(parent=self),
        )


class _Names(TypedDict):
    """What AWS names a stack's resources."""

    database: str | None
    load_balancer: str | None
    cache: Sequence[str]
    buckets: Mapping[str, str]


def _known(args: GrafanaDashboardsArgs) -> pulumi.Output[_Names]:
    """Unknown until all of them are known."""
    aws = args.aws or CloudWatchSource(region="")
    return pulumi.Output.all(
        database=aws.database,
        load_balancer=aws.load_balancer,
        cache=pulumi.Output.from_input(aws.cache),
        buckets=pulumi.Output.from_input(aws.buckets),
    ).apply(lambda names: cast("_Names", names))


def _services(args: GrafanaDashboardsArgs) -> list[Service]:
    """What has a dashboard, whatever its name will be."""
    aws = args.aws or CloudWatchSource(region="")
    return _subject(
        args,
        {
            "database": None if aws.database is None else "",
            "load_balancer": None,
            "cache": ["" for _ in aws.cache],
            "buckets": dict.fromkeys(aws.buckets, ""),
        },
    ).services


def _subject(args: GrafanaDashboardsArgs, names: _Names) -> Subject:
    aws = args.aws
    return Subject(
        watched=args.watched,
        aws=WatchedInAws(region=aws.region, queues=aws.queues, **names) if aws else None,
        runbooks=args.runbooks,
        certificate_days=args.certificate_days,
        alerts=args.alerts,
        database_limits=aws.database_limits if aws else None,
        cache_thresholds=aws.cache_thresholds if aws else None,
    )
