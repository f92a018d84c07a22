"""Grafana dashboards of a stack, as ConfigMaps that Grafana's sidecar loads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pulumi
from grafana_foundation_sdk.models.dashboard import Dashboard
from pulumi_kubernetes.core.v1 import ConfigMap

from components.kubernetes.labels import labels
from components.monitoring.dashboards import database, overview
from components.monitoring.dashboards.cloudwatch_source import CloudWatchSource
from components.monitoring.dashboards.layout import to_json
from components.monitoring.dashboards.subject import Subject, uid
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


class GrafanaDashboards(pulumi.ComponentResource):
    """An overview, and a dashboard of the database unless it is an external one."""

    overview_uid: str
    """The overview's uid in Grafana: its path is ``/d/<uid>``."""

    def __init__(
        self, name: str, args: GrafanaDashboardsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        self._prefix = name
        self._args = args
        self.overview_uid = uid("overview", args.identity)
        database_uid = uid("database", args.identity)
        on_rds = args.aws is not None and args.aws.database is not None
        has_database = on_rds or args.watched.postgres is not None

        to_database = {"Database": database_uid} if has_database else {}
        self._config_map(
            "overview",
            self.overview_uid,
            lambda subject: overview.dashboard(subject, uid=self.overview_uid, links=to_database),
        )
        if has_database:
            to_overview = {"Overview": self.overview_uid}
            self._config_map(
                "database",
                database_uid,
                lambda subject: database.dashboard(subject, uid=database_uid, links=to_overview),
            )
        self.register_outputs({"overviewUid": self.overview_uid})

    def _config_map(self, role: str, file: str, dashboard: Callable[[Subject], Dashboard]) -> None:
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
            data={f"{file}.json": _text(args, dashboard)},
            opts=pulumi.ResourceOptions(parent=self),
        )


def _text(
    args: GrafanaDashboardsArgs, dashboard: Callable[[Subject], Dashboard]
) -> pulumi.Output[str]:
    """The dashboard's JSON; unknown until the names of the AWS resources are known."""
    known = pulumi.Output.all(
        database=args.aws.database if args.aws else None,
        load_balancer=args.aws.load_balancer if args.aws else None,
    )

    def text(names: Mapping[str, str | None]) -> str:
        return to_json(dashboard(_subject(args, names)))

    return known.apply(text)


def _subject(args: GrafanaDashboardsArgs, names: Mapping[str, str | None]) -> Subject:
    aws = args.aws
    return Subject(
        watched=args.watched,
        aws=WatchedInAws(region=aws.region, **names) if aws else None,
        runbooks=args.runbooks,
        certificate_days=args.certificate_days,
        alerts=args.alerts,
        database_limits=aws.database_limits if aws else None,
    )
