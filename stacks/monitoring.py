"""What watches a stack: settings turned into the arguments of dashboards, alerts and alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import pulumi

from components import langfuse_versions
from components.langfuse_versions import Version
from components.prometheus_alerts import BlackboxProbe, PrometheusAlerts, PrometheusAlertsArgs
from components.watched import Watched
from stacks import translation
from stacks.settings import Settings
from stacks.settings.models import StatefulSetDatabase

if TYPE_CHECKING:
    from collections.abc import Sequence

_THIS_MACHINE: Final = {"localhost", "127.0.0.1", "::1"}


def watched(name: str, settings: Settings) -> Watched:
    """The stack's workloads by the names that their metrics carry."""
    namespace = settings.cluster.namespace
    agents = (*settings.agents.namespaces, *settings.agents.existing_namespaces)
    by_operator = settings.secrets.delivery == "secretsManager"
    in_cluster = isinstance(settings.database, StatefulSetDatabase)
    return Watched(
        stack=settings.stack,
        namespace=namespace,
        langfuse=name,
        min_replicas=settings.langfuse.min_replicas,
        max_replicas=settings.langfuse.max_replicas,
        migration=f"{name}-migration",
        postgres=f"{name}-postgres" if in_cluster else None,
        secret_namespaces=(namespace, *agents) if by_operator else (),
        probe_job=f"{namespace}/{name}" if _prober(settings) else None,
    )


def alerts(
    name: str,
    settings: Settings,
    *,
    stack_name: str,
    namespace: pulumi.Input[str],
    service_url: pulumi.Output[str],
    opts: pulumi.ResourceOptions,
) -> PrometheusAlerts | None:
    """Alert rules and the probe, where the settings ask for them."""
    monitoring = settings.monitoring
    if monitoring is None or monitoring.prometheus_rules is None:
        return None
    rules = monitoring.prometheus_rules
    return PrometheusAlerts(
        name,
        PrometheusAlertsArgs(
            namespace=namespace,
            watched=watched(stack_name, settings),
            runbooks=monitoring.runbooks,
            certificate_days=monitoring.certificate_days,
            labels=rules.labels,
            alert_labels=rules.alert_labels,
            probe=BlackboxProbe(
                url=probe_url(settings, service_url), prober=rules.prober, module=rules.module
            )
            if rules.prober
            else None,
        ),
        opts,
    )


def probed_by_service(settings: Settings) -> bool:
    """Whether the probe goes to the Service: the public URL leads to nobody but its reader."""
    return urlsplit(translation.public_url(settings)).hostname in _THIS_MACHINE


def probe_url(settings: Settings, service_url: pulumi.Output[str]) -> pulumi.Output[str]:
    """What the blackbox exporter asks for."""
    path = langfuse_versions.health_path(Version.parse(settings.langfuse.version))
    base = service_url if probed_by_service(settings) else translation.public_url(settings)
    return pulumi.Output.concat(base, path)


def client_namespaces(settings: Settings) -> Sequence[str]:
    """Namespaces whose pods probe Langfuse directly."""
    prober = _prober(settings)
    return [prober.split(".")[1]] if prober and probed_by_service(settings) else []


def _prober(settings: Settings) -> str | None:
    monitoring = settings.monitoring
    rules = monitoring.prometheus_rules if monitoring else None
    return rules.prober if rules else None
