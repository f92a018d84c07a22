"""A stack's alert rules, ready for a PrometheusRule."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, Final

from components.monitoring.alerts import clickhouse, dependencies, probe, services, workload
from components.monitoring.alerts.agents import costs, gateway, recording, requests
from components.monitoring.alerts.agents.recording import Record
from components.monitoring.alerts.agents.telemetry import Telemetry
from components.monitoring.alerts.deployments import available
from components.monitoring.definition import Alert, unmeasured
from components.monitoring.watched_workloads import Watched

NAMES: Final = (
    "LangfuseDown",
    "LangfuseWorkerDown",
    "LangfuseRolloutStuck",
    "LangfuseReplicasMissing",
    "LangfuseAutoscalerAtMaximum",
    "LangfuseAutoscalerBlind",
    "LangfusePodRestarts",
    "LangfuseOutOfMemory",
    "LangfuseCpuThrottled",
    "LangfuseMigrationFailed",
    "LangfuseDatabaseDown",
    "LangfuseVolumeFilling",
    "LangfuseSecretNotReady",
    "LangfuseClickHouseDown",
    "LangfuseClickHouseReplicaMissing",
    "LangfuseClickHouseBackupFailed",
    "LangfuseKeeperQuorumLost",
    "LangfuseCacheDown",
    "LangfuseCacheFilling",
    "LangfuseStorageDown",
    "LangfuseClickHouseInsertsFail",
    "LangfuseClickHouseReadOnly",
    "LangfuseClickHouseManyParts",
    "LangfuseClickHouseReplicationLag",
    "LangfuseClickHouseOutOfMemory",
    "LangfuseProbeFailing",
    "LangfuseProbeSlow",
    "LangfuseCertificateExpires",
    "AgentGatewayDown",
    "AgentGatewayPodMissing",
    "AgentTracesLost",
    "AgentTracesRefused",
    "AgentTraceQueueFilling",
    "AgentCopiesLost",
    "AgentSeriesOverLimit",
    "AgentSlow",
    "AgentErrors",
    "AgentRateLimited",
    "AgentSilent",
    "AgentTokensNotReported",
    "AgentCostHigh",
    "AgentBudgetNear",
    "AgentBudgetExceeded",
    "AgentModelWithoutPrice",
    "LangfuseNotMeasured",
)
"""Every alert that a stack can have. Runbooks and silences refer to these names."""

_OWN_LABELS: Final = ("alertname", "namespace", "severity", "stack")

_INTERVALS: Final = {"agent-costs": {"interval": f"{recording.COST_SECONDS}s"}}
"""Of groups that Prometheus evaluates less often than others."""

_NOT_MEASURED_MINUTES: Final = 15
"""Exporters restart, and Prometheus discovers a new stack only after minutes."""


def groups(
    watched: Watched, *, runbooks: str, certificate_days: int, alert_labels: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Rule groups (``PrometheusRule.spec.groups``) of every alert that this stack can have, and of
    the series that Prometheus records for those about agents.

    ``runbooks``: URL of the ``docs`` folder (see ``runbooks.link``). ``certificate_days``: for
    how long a certificate has to be valid. ``alert_labels``: labels of every alert (see
    ``label_problem``).
    """
    labels = {**alert_labels, "stack": watched.stack}
    parts = {
        "workload": workload.alerts(watched),
        "surroundings": dependencies.alerts(watched),
        "services": services.alerts(watched),
        "clickhouse": clickhouse.alerts(watched),
        "probe": probe.alerts(watched, certificate_days),
        **_of_gateway(watched),
        "measured": iter([_not_measured(watched)]),
    }
    made = (
        {
            "name": f"{watched.langfuse}-{part}",
            **_INTERVALS.get(part, {}),
            "rules": [
                made.rule()
                if isinstance(made, Record)
                else made.rule(labels=labels, runbooks_url=runbooks)
                for made in rules
            ],
        }
        for part, rules in parts.items()
    )
    return [group for group in made if group["rules"]]


def label_problem(alert_labels: Mapping[str, str]) -> str | None:
    """Why these labels cannot be put on every alert; None if they can.

    A label name that Prometheus refuses makes it refuse the whole file with every alert in it
    (https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels).
    """
    for name in alert_labels:
        if name in _OWN_LABELS:
            return f"the alert label '{name}' is one that every alert has already"
        if not re.fullmatch(r"(?!__)[A-Za-z_][A-Za-z0-9_]*", name):
            return (
                f"the alert label '{name}' is no name of a Prometheus label: letters, digits and "
                "'_', not starting with a digit or '__'"
            )
    return None


def _of_gateway(watched: Watched) -> dict[str, Iterator[Alert | Record]]:
    """Those of the gateway and of agents. What alerts read is recorded before."""
    if watched.gateway is None:
        return {}
    telemetry = Telemetry(watched=watched, gateway=watched.gateway)
    if not watched.gateway.scraped:
        return {"gateway": gateway.alerts(telemetry)}
    return {
        "gateway": gateway.alerts(telemetry),
        "agents": chain(recording.of_requests(telemetry), requests.alerts(telemetry)),
        "agent-prices": recording.of_prices(telemetry),
        "agent-costs": chain(recording.of_costs(telemetry), costs.alerts(telemetry)),
    }


def _not_measured(watched: Watched) -> Alert:
    return Alert(
        name="LangfuseNotMeasured",
        severity="warning",
        minutes=_NOT_MEASURED_MINUTES,
        expression="\nor ".join(_unmeasured(watched)),
        summary="Prometheus has no metrics of Langfuse from {{ $labels.source }}",
        description=(
            f"For {_NOT_MEASURED_MINUTES} minutes Prometheus has had nothing from "
            "{{ $labels.source }} about Langfuse in {{ $labels.namespace }}. Alerts that read it "
            "say nothing, whatever happens."
        ),
    )


def _unmeasured(watched: Watched) -> Iterator[str]:
    """Sources without which alerts could never fire.

    Not cAdvisor, which reports no throttling without a CPU limit, and not the kubelet, because not
    every storage driver reports volumes.
    """
    namespace = watched.namespace
    cluster = available(watched)
    if watched.postgres:
        databases = dependencies.ready_databases(namespace, watched.postgres)
        cluster = f"{cluster}\nand on () {databases}"
    if watched.worker:
        cluster = f"{cluster}\nand on () {available(watched, watched.worker.name)}"
    for service in watched.servers:
        cluster = f"{cluster}\nand on () {services.ready(watched, service.stateful_sets)}"
    yield unmeasured(cluster, namespace=namespace, source="kube-state-metrics")
    if watched.secret_namespaces:
        conditions = dependencies.secret_conditions(watched)
        yield unmeasured(conditions, namespace=namespace, source="External Secrets")
    if watched.clickhouse and watched.clickhouse_scraped:
        parts = clickhouse.of_servers(
            "ClickHouseAsyncMetrics_MaxPartCountForPartition", watched, watched.clickhouse
        )
        yield unmeasured(parts, namespace=namespace, source="ClickHouse")
    if watched.gateway and watched.gateway.scraped:
        uptime = Telemetry(watched=watched, gateway=watched.gateway).uptime()
        yield unmeasured(uptime, namespace=namespace, source="the agents' gateway")
    if watched.probe_job:
        successes = probe.series_of_probe("probe_success", watched)
        yield unmeasured(successes, namespace=namespace, source="the blackbox exporter")
