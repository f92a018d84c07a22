"""What watches a stack: settings turned into the arguments of dashboards and alerts.

Imported by stacks with a `monitoring` section alone: Grafana's SDK takes time to load.
"""

from __future__ import annotations

import pulumi

from components.langfuse import versions
from components.langfuse.versions import Version
from components.monitoring.alerts.prometheus_alerts import (
    BlackboxProbe,
    PrometheusAlerts,
    PrometheusAlertsArgs,
)
from components.monitoring.dashboards.grafana_dashboards import (
    CloudWatchSource,
    GrafanaDashboards,
    GrafanaDashboardsArgs,
)
from components.monitoring.watched_workloads import Watched
from stacks import translation
from stacks.settings import Settings
from stacks.settings.sections.database import StatefulSetDatabase
from stacks.settings.sections.monitoring import Monitoring


def watched(stack_name: str, settings: Settings) -> Watched:
    """The stack's workloads by the names that their metrics carry."""
    namespace = settings.cluster.namespace
    agents = (*settings.agents.namespaces, *settings.agents.existing_namespaces)
    by_operator = settings.secrets.delivery == "secretsManager"
    in_cluster = isinstance(settings.database, StatefulSetDatabase)
    return Watched(
        stack=settings.stack,
        namespace=namespace,
        langfuse=stack_name,
        min_replicas=settings.langfuse.min_replicas,
        max_replicas=settings.langfuse.max_replicas,
        migration=f"{stack_name}-migration",
        postgres=f"{stack_name}-postgres" if in_cluster else None,
        secret_namespaces=(namespace, *agents) if by_operator else (),
        # In one Prometheus no other stack has it: no two are in one namespace.
        probe_job=f"{namespace}/{stack_name}" if translation.prober(settings) else None,
        probe_sees_certificate=translation.public_url(settings).startswith("https:")
        and not translation.has_local_url(settings),
    )


def alerts(
    name: str,
    watched: Watched,
    settings: Settings,
    *,
    namespace: pulumi.Input[str],
    service_url: pulumi.Output[str],
    opts: pulumi.ResourceOptions,
) -> None:
    """Alert rules and the probe, where the settings ask for them."""
    monitoring = settings.monitoring
    if monitoring is None or monitoring.prometheus_rules is None:
        return
    rules = monitoring.prometheus_rules
    probe = None
    if rules.prober is not None:
        url = probe_url(settings, service_url)
        probe = BlackboxProbe(url=url, prober=rules.prober, module=rules.module)
    PrometheusAlerts(
        name,
        PrometheusAlertsArgs(
            namespace=namespace,
            watched=watched,
            runbooks=monitoring.runbooks,
            certificate_days=monitoring.certificate_days,
            labels=rules.labels,
            alert_labels=rules.alert_labels,
            probe=probe,
        ),
        opts,
    )


def dashboards(
    name: str,
    watched: Watched,
    monitoring: Monitoring,
    *,
    namespace: pulumi.Input[str],
    aws: CloudWatchSource | None,
    opts: pulumi.ResourceOptions,
) -> None:
    """Grafana's dashboards, where the settings ask for them."""
    if monitoring.dashboards is None:
        return
    GrafanaDashboards(
        name,
        GrafanaDashboardsArgs(
            namespace=namespace,
            watched=watched,
            identity=f"{pulumi.get_project()}/{watched.stack}",
            runbooks=monitoring.runbooks,
            certificate_days=monitoring.certificate_days,
            alerts=monitoring.prometheus_rules is not None,
            labels=monitoring.dashboards.labels,
            folder=monitoring.dashboards.folder,
            aws=aws,
        ),
        opts,
    )


def probe_url(settings: Settings, service_url: pulumi.Output[str]) -> pulumi.Output[str]:
    """What the blackbox exporter asks for."""
    path = versions.health_path(Version.parse(settings.langfuse.version))
    local = translation.has_local_url(settings)
    return pulumi.Output.concat(service_url if local else translation.public_url(settings), path)
