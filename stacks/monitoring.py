"""Monitoring of a stack: turns settings into the arguments of dashboards and alerts."""

from __future__ import annotations

import pulumi

from components.langfuse import versions
from components.langfuse.versions import Version
from components.monitoring.alerts.prometheus_alerts import (
    BlackboxProbe,
    PrometheusAlerts,
    PrometheusAlertsArgs,
)
from components.monitoring.dashboards.cloudwatch_source import CloudWatchSource
from components.monitoring.watched_workloads import Watched
from components.project import PROJECT
from stacks import translation
from stacks.names import Names
from stacks.platforms.platform import Managed, Platform
from stacks.settings import Settings
from stacks.settings.sections.database import StatefulSetDatabase
from stacks.settings.sections.monitoring import Dashboards, Monitoring, PrometheusRules


def watch(
    settings: Settings,
    names: Names,
    platform: Platform,
    managed: Managed,
    *,
    namespace: pulumi.Input[str],
    service_url: pulumi.Output[str],
    opts: pulumi.ResourceOptions,
) -> pulumi.Output[str] | None:
    """Dashboards, alert rules and alarms where the settings ask for them; ARN of the alarms' topic.

    ``service_url``: where the probe finds a Langfuse without a public URL.
    """
    section = settings.monitoring
    if section is None:
        return None
    by_platform = platform.watch(names.alarms, section, managed, opts)
    watched = _watched(settings, names)
    if section.dashboards is not None:
        _dashboards(
            names.dashboards,
            section,
            section.dashboards,
            watched,
            namespace=namespace,
            source=by_platform.source,
            opts=opts,
        )
    if section.prometheus_rules is not None:
        PrometheusAlerts(
            names.alerts,
            PrometheusAlertsArgs(
                namespace=namespace,
                watched=watched,
                runbooks=section.runbooks,
                certificate_days=section.certificate_days,
                labels=section.prometheus_rules.labels,
                alert_labels=section.prometheus_rules.alert_labels,
                probe=_probe(settings, section.prometheus_rules, service_url),
            ),
            opts,
        )
    return by_platform.alarm_topic


def _watched(settings: Settings, names: Names) -> Watched:
    """The stack's workloads by the names that their metrics carry."""
    namespace = settings.cluster.namespace
    by_operator = settings.secrets.delivery == "secretsManager"
    in_cluster = isinstance(settings.database, StatefulSetDatabase)
    return Watched(
        stack=settings.stack,
        namespace=namespace,
        langfuse=names.langfuse,
        min_replicas=settings.langfuse.min_replicas,
        max_replicas=settings.langfuse.max_replicas,
        paused=settings.langfuse.paused,
        migration=names.migration,
        postgres=names.postgres if in_cluster else None,
        secret_namespaces=((namespace, *settings.agents.every_namespace) if by_operator else ()),
        # In one Prometheus no other stack has it: no two are in one namespace.
        probe_job=f"{namespace}/{names.langfuse}" if translation.prober(settings) else None,
        probe_sees_certificate=translation.public_url(settings).startswith("https:")
        and not translation.has_local_url(settings),
    )


def _dashboards(
    name: str,
    section: Monitoring,
    dashboards: Dashboards,
    watched: Watched,
    *,
    namespace: pulumi.Input[str],
    source: CloudWatchSource | None,
    opts: pulumi.ResourceOptions,
) -> None:
    # Grafana's SDK takes a tenth of a second, which stacks without dashboards save.
    from components.monitoring.dashboards.grafana_dashboards import (  # noqa: PLC0415
        GrafanaDashboards,
        GrafanaDashboardsArgs,
    )

    GrafanaDashboards(
        name,
        GrafanaDashboardsArgs(
            namespace=namespace,
            watched=watched,
            identity=f"{PROJECT}/{watched.stack}",
            runbooks=section.runbooks,
            certificate_days=section.certificate_days,
            alerts=section.prometheus_rules is not None,
            labels=dashboards.labels,
            folder=dashboards.folder,
            aws=source,
        ),
        opts,
    )


def _probe(
    settings: Settings, rules: PrometheusRules, service_url: pulumi.Output[str]
) -> BlackboxProbe | None:
    """The probe of what people open, or of the Service where its URL is local."""
    if rules.prober is None:
        return None
    path = versions.health_path(Version.parse(settings.langfuse.version))
    local = translation.has_local_url(settings)
    base = service_url if local else translation.public_url(settings)
    return BlackboxProbe(
        url=pulumi.Output.concat(base, path), prober=rules.prober, module=rules.module
    )
