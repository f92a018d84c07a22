"""Monitoring of a stack: turns settings into the arguments of dashboards and alerts."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from components.agents.gateway import pod as gateway_pod
from components.agents.gateway.gateway import COMPONENT as GATEWAY
from components.cache import pod as cache_pod
from components.clickhouse import backups, operator_resources
from components.clickhouse import pod as clickhouse_pod
from components.clickhouse.operator_resources import KEEPER, SERVER
from components.kubernetes import claims, labels
from components.langfuse import versions
from components.langfuse.environment import PROJECT_ID
from components.langfuse.pods import WORKER_CONTAINER
from components.langfuse.versions import Version
from components.monitoring.alerts.prometheus_alerts import (
    BlackboxProbe,
    PrometheusAlerts,
    PrometheusAlertsArgs,
    ScrapedPods,
)
from components.monitoring.dashboards.cloudwatch_source import CloudWatchSource
from components.monitoring.watched_agents import AgentLimits, ModelPrice
from components.monitoring.watched_workloads import (
    Watched,
    WatchedBackup,
    WatchedGateway,
    WatchedServers,
    WatchedWorker,
)
from components.project import PROJECT
from components.storage import pod as storage_pod
from stacks import translation
from stacks.names import Names
from stacks.platforms.platform import Managed, Platform
from stacks.settings import Settings
from stacks.settings.sections.cache import StatefulSetCache
from stacks.settings.sections.clickhouse import OperatorClickHouse, StatefulSetClickHouse
from stacks.settings.sections.database import StatefulSetDatabase
from stacks.settings.sections.monitoring import Dashboards, Monitoring, PrometheusRules
from stacks.settings.sections.object_storage import StatefulSetObjectStorage


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
                clickhouse=_scraped(settings, names) if watched.clickhouse_scraped else {},
                gateway=_scraped_gateway(names)
                if watched.gateway and watched.gateway.scraped
                else None,
            ),
            opts,
        )
    return by_platform.alarm_topic


def _watched(settings: Settings, names: Names) -> Watched:
    """The stack's workloads by the names that their metrics carry."""
    namespace = settings.cluster.namespace
    by_operator = settings.secrets.delivery == "secretsManager"
    in_cluster = isinstance(settings.database, StatefulSetDatabase)
    cache = settings.cache if isinstance(settings.cache, StatefulSetCache) else None
    has_store = isinstance(settings.object_storage, StatefulSetObjectStorage)
    return Watched(
        stack=settings.stack,
        namespace=namespace,
        langfuse=names.langfuse,
        min_replicas=settings.langfuse.min_replicas,
        max_replicas=settings.langfuse.max_replicas,
        paused=settings.langfuse.paused,
        migration=names.migration,
        postgres=names.postgres if in_cluster else None,
        worker=_worker(settings, names),
        clickhouse=_clickhouse(settings, names),
        clickhouse_backup=WatchedBackup(cron_job=names.clickhouse_backup, hours=backups.HOURS)
        if settings.backups
        else None,
        keeper=_keeper(settings, names),
        clickhouse_scraped=translation.clickhouse_scraper(settings) is not None,
        cache=cache and _single(names.valkey, cache_pod.CONTAINER),
        cache_bytes=cache and cache_pod.max_memory(cache.resources.memory_limit),
        storage=_single(names.seaweedfs, storage_pod.CONTAINER) if has_store else None,
        gateway=_gateway(settings, names),
        secret_namespaces=((namespace, *settings.agents.every_namespace) if by_operator else ()),
        # In one Prometheus no other stack has it: no two are in one namespace.
        probe_job=f"{namespace}/{names.langfuse}" if translation.prober(settings) else None,
        probe_sees_certificate=translation.public_url(settings).startswith("https:")
        and not translation.has_local_url(settings),
    )


def _worker(settings: Settings, names: Names) -> WatchedWorker | None:
    worker = translation.worker(settings)
    return worker and WatchedWorker(
        name=names.worker,
        container=WORKER_CONTAINER,
        min_replicas=worker.min_replicas,
        max_replicas=worker.max_replicas,
    )


def _clickhouse(settings: Settings, names: Names) -> WatchedServers | None:
    match settings.clickhouse:
        case StatefulSetClickHouse():
            return _single(names.clickhouse, clickhouse_pod.CONTAINER)
        case OperatorClickHouse():
            return _operated(operator_resources.server_sets(names.clickhouse), SERVER)
        case _:
            return None


def _keeper(settings: Settings, names: Names) -> WatchedServers | None:
    if not isinstance(settings.clickhouse, OperatorClickHouse):
        return None
    return _operated(operator_resources.keeper_sets(names.clickhouse), KEEPER)


def _scraped(settings: Settings, names: Names) -> dict[str, ScrapedPods]:
    """ClickHouse's pods in the cluster."""
    if isinstance(settings.clickhouse, OperatorClickHouse):
        port = operator_resources.METRICS
        return {
            "clickhouse": ScrapedPods(
                selector=operator_resources.server_selector(names.clickhouse), ports=[port]
            ),
            "keeper": ScrapedPods(
                selector=operator_resources.keeper_selector(names.clickhouse), ports=[port]
            ),
        }
    pods = labels.selector(names.clickhouse, "clickhouse")
    return {"clickhouse": ScrapedPods(selector=pods, ports=[clickhouse_pod.METRICS])}


def _gateway(settings: Settings, names: Names) -> WatchedGateway | None:
    section = settings.gateway
    if section is None:
        return None
    alerts = section.alerts
    return WatchedGateway(
        servers=WatchedServers(
            stateful_sets=[names.gateway],
            container=gateway_pod.CONTAINER,
            claims=[claims.claim(names.gateway, number) for number in range(section.replicas)],
            replicas=section.replicas,
        ),
        scraped=translation.metrics_reader(settings) is not None,
        langsmith=section.langsmith,
        prices={
            model: ModelPrice(
                input=price.input, output=price.output, cached_input=price.cached_input
            )
            for model, price in section.prices.items()
        },
        budgets=section.budgets,
        limits=AgentLimits(
            p99_seconds=alerts.p99_seconds,
            error_percent=alerts.error_percent,
            rate_limit_errors=alerts.rate_limit_errors,
            cost_per_day=alerts.cost_per_day,
            silent_hours=alerts.silent_hours,
        ),
        project_url=f"{translation.public_url(settings).rstrip('/')}/project/{PROJECT_ID}",
    )


def _scraped_gateway(names: Names) -> ScrapedPods:
    """What it says of itself, and what it counts of agents."""
    return ScrapedPods(
        selector=labels.selector(names.gateway, GATEWAY),
        ports=[gateway_pod.TELEMETRY, gateway_pod.METRICS],
    )


def _single(name: str, container: str) -> WatchedServers:
    """A server of one pod."""
    return WatchedServers(stateful_sets=[name], container=container, claims=[claims.claim(name)])


def _operated(stateful_sets: Sequence[str], container: str) -> WatchedServers:
    """What ClickHouse's operator makes."""
    return WatchedServers(
        stateful_sets=stateful_sets,
        container=container,
        claims=[operator_resources.claim_of(name) for name in stateful_sets],
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
