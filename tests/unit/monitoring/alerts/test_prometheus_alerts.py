"""The PrometheusRule and the Probe: exact inputs. The operator's own definitions judge them in the
cluster tier."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest

from components.monitoring.alerts import rules as alert_rules
from components.monitoring.alerts.prometheus_alerts import (
    BlackboxProbe,
    PrometheusAlerts,
    PrometheusAlertsArgs,
    ScrapedPods,
)
from components.monitoring.watched_workloads import Watched, WatchedServers
from tests.support.component_run import run_component
from tests.support.watched_gateway import ALONE, GATEWAY
from tooling.engineless.recording import Recording

NAME: Final = "langfuse-alerts"
WATCHED: Final = Watched(
    stack="prod",
    namespace="observability",
    langfuse="langfuse",
    min_replicas=2,
    max_replicas=4,
    migration="langfuse-migration",
    probe_job="observability/langfuse",
)
ARGS: Final = PrometheusAlertsArgs(
    namespace="observability",
    watched=WATCHED,
    runbooks="https://git.example.com/platform/docs",
    certificate_days=21,
    labels={"release": "monitoring"},
    alert_labels={"team": "platform"},
    probe=BlackboxProbe(
        url="https://langfuse.example.com/api/public/health",
        prober="blackbox-exporter.monitoring.svc:9115",
        module="http_2xx",
    ),
)
SCRAPED: Final = replace(
    ARGS,
    watched=replace(
        WATCHED,
        clickhouse=WatchedServers(
            stateful_sets=["clickhouse"], container="server", claims=["data-clickhouse-0"]
        ),
        clickhouse_scraped=True,
    ),
    clickhouse={
        "clickhouse": ScrapedPods(selector={"app": "servers"}, ports=["metrics"]),
        "keeper": ScrapedPods(selector={"app": "keepers"}, ports=["prometheus"]),
    },
)
UNPROBED: Final = replace(ARGS, watched=replace(WATCHED, probe_job=None), probe=None)


def recorded(args: PrometheusAlertsArgs = ARGS, *, preview: bool = False) -> Recording:
    return run_component(lambda: PrometheusAlerts(NAME, args), preview=preview)


def children(recording: Recording) -> dict[str, str]:
    return {r.name: r.type for r in recording.resources.values() if r.custom}


def metadata(component: str, name: str = NAME, **more: str) -> dict[str, Any]:
    return {
        "namespace": "observability",
        "name": name,
        "labels": {
            "app.kubernetes.io/name": "langfuse",
            "app.kubernetes.io/instance": NAME,
            "app.kubernetes.io/component": component,
            "app.kubernetes.io/part-of": "agent-observability",
            "app.kubernetes.io/managed-by": "pulumi",
            **more,
        },
    }


def test_it_consists_of_exactly_these_resources() -> None:
    rules = "kubernetes:monitoring.coreos.com/v1:PrometheusRule"
    probe = "kubernetes:monitoring.coreos.com/v1:Probe"

    assert children(recorded()) == {f"{NAME}-rules": rules, f"{NAME}-probe": probe}
    assert children(recorded(UNPROBED)) == {f"{NAME}-rules": rules}
    monitor = "kubernetes:monitoring.coreos.com/v1:PodMonitor"
    assert children(recorded(SCRAPED)) == {
        f"{NAME}-rules": rules,
        f"{NAME}-probe": probe,
        f"{NAME}-clickhouse": monitor,
        f"{NAME}-keeper": monitor,
    }


def test_all_of_them_are_children_of_the_component() -> None:
    (component,) = recorded().of_type("agent-observability:index:PrometheusAlerts")

    assert {r.parent for r in recorded().resources.values() if r.custom} == {component.urn}


def test_the_rule_is_exactly_this() -> None:
    assert recorded().named(f"{NAME}-rules").inputs == {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": metadata("rules", release="monitoring"),
        "spec": {
            "groups": alert_rules.groups(
                WATCHED,
                runbooks="https://git.example.com/platform/docs",
                certificate_days=21,
                alert_labels={"team": "platform"},
            )
        },
    }


def test_the_probe_is_exactly_this() -> None:
    assert recorded().named(f"{NAME}-probe").inputs == {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "Probe",
        "metadata": metadata("probe", release="monitoring"),
        "spec": {
            "jobName": "observability/langfuse",
            "interval": "30s",
            "scrapeTimeout": "10s",
            "module": "http_2xx",
            "prober": {"url": "blackbox-exporter.monitoring.svc:9115"},
            "targets": {
                "staticConfig": {"static": ["https://langfuse.example.com/api/public/health"]}
            },
        },
    }


@pytest.mark.parametrize(
    ("role", "app", "port"),
    [("clickhouse", "servers", "metrics"), ("keeper", "keepers", "prometheus")],
)
def test_a_pod_monitor_is_exactly_this(role: str, app: str, port: str) -> None:
    assert recorded(SCRAPED).named(f"{NAME}-{role}").inputs == {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": metadata(role, f"{NAME}-{role}", release="monitoring"),
        "spec": {
            "selector": {"matchLabels": {"app": app}},
            "podMetricsEndpoints": [{"port": port, "path": "/metrics", "interval": "30s"}],
        },
    }


@pytest.mark.parametrize(
    "change", [{"clickhouse": {}}, {"watched": replace(SCRAPED.watched, clickhouse_scraped=False)}]
)
def test_metrics_without_alerts_or_alerts_without_metrics_are_refused(
    change: dict[str, Any],
) -> None:
    with pytest.raises(
        ValueError,
        match=r"^clickhouse and watched.clickhouse_scraped come together or not at all$",
    ):
        replace(SCRAPED, **change)


OF_GATEWAY: Final = replace(
    ARGS,
    watched=replace(WATCHED, gateway=GATEWAY),
    gateway=ScrapedPods(selector={"app": "gateway"}, ports=["telemetry", "metrics"]),
)


def test_the_pod_monitor_of_the_gateway_reads_both_ports_and_honours_no_label_of_them() -> None:
    """Namespace, pod and job are those that Prometheus gives: ``honorLabels`` is false by
    default."""
    recording = recorded(OF_GATEWAY)

    assert [*children(recording)] == [f"{NAME}-rules", f"{NAME}-probe", f"{NAME}-gateway"]
    assert recording.named(f"{NAME}-gateway").inputs == {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": metadata("gateway", f"{NAME}-gateway", release="monitoring"),
        "spec": {
            "selector": {"matchLabels": {"app": "gateway"}},
            "podMetricsEndpoints": [
                {"port": "telemetry", "path": "/metrics", "interval": "30s"},
                {"port": "metrics", "path": "/metrics", "interval": "30s"},
            ],
        },
    }


@pytest.mark.parametrize(
    "change",
    [{"gateway": None}, {"watched": WATCHED}, {"watched": replace(WATCHED, gateway=ALONE)}],
)
def test_a_gateway_is_read_where_alerts_are_about_it_and_nowhere_else(
    change: dict[str, Any],
) -> None:
    with pytest.raises(
        ValueError, match=r"^gateway and watched.gateway.scraped come together or not at all$"
    ):
        replace(OF_GATEWAY, **change)


def test_the_labels_that_the_operator_selects_by_win() -> None:
    chosen = {"app.kubernetes.io/part-of": "monitoring"}
    run = recorded(replace(ARGS, labels=chosen))

    for role in ("rules", "probe"):
        assert run.named(f"{NAME}-{role}").inputs["metadata"] == metadata(role, **chosen)
    monitor = recorded(replace(SCRAPED, labels=chosen)).named(f"{NAME}-keeper")
    assert monitor.inputs["metadata"] == metadata("keeper", f"{NAME}-keeper", **chosen)


def test_a_preview_registers_the_same_resources() -> None:
    assert recorded(preview=True).resources.keys() == recorded().resources.keys()


@pytest.mark.parametrize("change", [{"probe": None}, {"watched": replace(WATCHED, probe_job=None)}])
def test_a_probe_without_its_alerts_or_alerts_without_their_probe_are_refused(
    change: dict[str, Any],
) -> None:
    with pytest.raises(
        ValueError, match=r"^the alerts' probe and watched.probe_job come together or not at all$"
    ):
        replace(ARGS, **change)


def test_a_label_that_prometheus_refuses_is_refused_before_anything_is_made() -> None:
    with pytest.raises(ValueError, match=r"^the alert label 'on-call' is no name of a Prometheus"):
        replace(ARGS, alert_labels={"on-call": "platform"})
