"""Alert rules, a probe of the public URL and pods to read metrics of: the Prometheus Operator's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from components.kubernetes.labels import labels
from components.monitoring.alerts import probe, rules
from components.monitoring.watched_workloads import Watched

TYPE = "agent-observability:index:PrometheusAlerts"

API_VERSION: Final = "monitoring.coreos.com/v1"
"""https://prometheus-operator.dev/docs/api-reference/api/"""

INTERVAL: Final = 30
"""Seconds between two reads of a pod's metrics."""


@dataclass(frozen=True, kw_only=True)
class BlackboxProbe:
    """The target of a blackbox exporter's periodic requests."""

    url: pulumi.Input[str]
    """URL that answers 200 while Langfuse is available."""
    prober: str
    """Address of the exporter, ``host:port``."""
    module: str
    """The exporter's module."""


@dataclass(frozen=True, kw_only=True)
class ScrapedPods:
    """Pods of the alerts' namespace that Prometheus reads metrics from."""

    selector: Mapping[str, str]
    """Their labels."""
    ports: Sequence[str]
    """Names of the ports, each with a page ``/metrics``."""


@dataclass(frozen=True, kw_only=True)
class PrometheusAlertsArgs:
    namespace: pulumi.Input[str]
    """Namespace of all objects: Langfuse's, by which the alerts find the metrics."""
    watched: Watched
    """What the alerts are about. It has a ``probe_job`` if and only if there is a ``probe``."""
    runbooks: str
    """URL of the ``docs`` folder, without trailing slash: every alert links to its section of
    ``troubleshooting.md``."""
    certificate_days: int
    """Alert when the certificate has fewer days left."""
    labels: Mapping[str, str]
    """Labels by which the operator selects its objects; they override the recommended ones."""
    alert_labels: Mapping[str, str]
    """Labels of every alert, for Alertmanager's routing."""
    probe: BlackboxProbe | None = None
    """None: no probe, and no alert about it."""
    clickhouse: Mapping[str, ScrapedPods] = field(default_factory=dict[str, ScrapedPods])
    """ClickHouse's pods by role; none: no alert reads metrics of ClickHouse."""
    gateway: ScrapedPods | None = None
    """Pods of the agents' gateway; none: no alert is about what agents do."""

    def __post_init__(self) -> None:
        if problem := rules.label_problem(self.alert_labels):
            raise ValueError(problem)
        if (self.probe is None) != (self.watched.probe_job is None):
            raise ValueError("the alerts' probe and watched.probe_job come together or not at all")
        if bool(self.clickhouse) != self.watched.clickhouse_scraped:
            raise ValueError(
                "clickhouse and watched.clickhouse_scraped come together or not at all"
            )
        watched = self.watched.gateway
        if (self.gateway is not None) != (watched is not None and watched.scraped):
            raise ValueError("gateway and watched.gateway.scraped come together or not at all")

    @property
    def scraped(self) -> dict[str, ScrapedPods]:
        """All pods that Prometheus reads metrics from, by role."""
        return {**self.clickhouse, **({"gateway": self.gateway} if self.gateway else {})}


class PrometheusAlerts(pulumi.ComponentResource):
    """One PrometheusRule and, if there is an exporter, one Probe, named like the component; a
    PodMonitor for each role of pods.

    The operator silently ignores objects that its ``ruleSelector``, ``probeSelector`` and
    ``podMonitorSelector`` do not select. LangfuseNotMeasured fires when a selected rule finds no
    metrics.
    """

    def __init__(
        self,
        name: str,
        args: PrometheusAlertsArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)

        def metadata(component: str, own: str = name) -> dict[str, Any]:
            return {
                "namespace": args.namespace,
                "name": own,
                "labels": {**labels(name, component), **args.labels},
            }

        CustomResource(
            f"{name}-rules",
            api_version=API_VERSION,
            kind="PrometheusRule",
            metadata=metadata("rules"),
            spec={
                "groups": rules.groups(
                    args.watched,
                    runbooks=args.runbooks,
                    certificate_days=args.certificate_days,
                    alert_labels=args.alert_labels,
                )
            },
            opts=child,
        )
        if args.probe:
            CustomResource(
                f"{name}-probe",
                api_version=API_VERSION,
                kind="Probe",
                metadata=metadata("probe"),
                spec={
                    "jobName": args.watched.probe_job,
                    "interval": f"{probe.INTERVAL}s",
                    "scrapeTimeout": f"{probe.TIMEOUT}s",
                    "module": args.probe.module,
                    "prober": {"url": args.probe.prober},
                    "targets": {"staticConfig": {"static": [args.probe.url]}},
                },
                opts=child,
            )
        for role, pods in args.scraped.items():
            CustomResource(
                f"{name}-{role}",
                api_version=API_VERSION,
                kind="PodMonitor",
                metadata=metadata(role, f"{name}-{role}"),
                spec={
                    "selector": {"matchLabels": pods.selector},
                    "podMetricsEndpoints": [
                        {"port": port, "path": "/metrics", "interval": f"{INTERVAL}s"}
                        for port in pods.ports
                    ],
                },
                opts=child,
            )
        self.register_outputs({})
