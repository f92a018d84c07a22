"""The API server and the Prometheus Operator's own definitions, on the alert rules, the probe and
the pods to read metrics of.

Does not prove that the operator loads them: no operator runs here. promtool judges the expressions.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any, Final

import pytest

from components.monitoring.alerts.prometheus_alerts import (
    BlackboxProbe,
    PrometheusAlerts,
    PrometheusAlertsArgs,
    ScrapedPods,
)
from components.monitoring.watched_workloads import Watched, WatchedServers
from tests.support.component_run import run_component
from tests.support.crds import definitions
from tests.support.live_stack import remove
from tests.support.recordings import inputs
from tooling.cluster import crds
from tooling.kubernetes.api import Api, ApiError, Object, Reference

pytestmark = pytest.mark.cluster

NAME: Final = "langfuse-alerts"
NAMESPACE: Final = "prometheus-check"
NAMESPACE_OBJECT: Final = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {"name": NAMESPACE},
}

ARGS: Final = PrometheusAlertsArgs(
    namespace=NAMESPACE,
    watched=Watched(
        stack="prod",
        namespace=NAMESPACE,
        langfuse="langfuse",
        min_replicas=2,
        max_replicas=4,
        migration="langfuse-migration",
        postgres="langfuse-postgres",
        clickhouse=WatchedServers(
            stateful_sets=["langfuse-clickhouse-server"],
            container="clickhouse",
            claims=["data-langfuse-clickhouse-server-0"],
        ),
        clickhouse_scraped=True,
        secret_namespaces=(NAMESPACE, "ai-agents"),
        probe_job=f"{NAMESPACE}/langfuse",
    ),
    runbooks="https://git.example.com/platform/docs",
    certificate_days=21,
    labels={"release": "monitoring"},
    alert_labels={"team": "platform"},
    probe=BlackboxProbe(
        url="https://langfuse.example.com/api/public/health",
        prober="blackbox-exporter.monitoring.svc:9115",
        module="http_2xx",
    ),
    clickhouse={
        "clickhouse": ScrapedPods(
            selector={"app.kubernetes.io/component": "clickhouse"}, ports=["metrics"]
        )
    },
)


@pytest.fixture(scope="module")
def server(api: Api) -> Iterator[Api]:
    """The API server with the definitions, which are gone again afterwards."""
    with definitions(api, crds.PROMETHEUS_OPERATOR):
        try:
            api.apply(NAMESPACE_OBJECT)
            yield api
        finally:
            remove(api, NAMESPACE_OBJECT)


def rendered(role: str) -> Object:
    """An object as the component writes it."""
    run = run_component(lambda: PrometheusAlerts(NAME, ARGS))
    return copy.deepcopy(inputs(run, f"{NAME}-{role}"))


def test_the_rules_are_kept_as_they_were_written(server: Api) -> None:
    written = rendered("rules")

    server.apply(written)

    kept: Object = server.get(Reference.of(written)) or {}
    assert kept["spec"] == written["spec"]
    assert kept["metadata"]["labels"] == written["metadata"]["labels"]


def test_the_probe_is_kept_as_it_was_written(server: Api) -> None:
    written = rendered("probe")

    server.apply(written)

    kept: Object = server.get(Reference.of(written)) or {}
    by_default = {"path": "/probe"}
    expected = {**written["spec"], "prober": {**written["spec"]["prober"], **by_default}}
    assert kept["spec"] == expected
    assert kept["metadata"]["labels"] == written["metadata"]["labels"]


def test_the_pods_to_read_are_kept_as_they_were_written(server: Api) -> None:
    written = rendered("clickhouse")

    server.apply(written)

    kept: Object = server.get(Reference.of(written)) or {}
    assert kept["spec"] == written["spec"]
    assert kept["metadata"]["labels"] == written["metadata"]["labels"]


@pytest.mark.parametrize(
    ("role", "path", "value", "reason"),
    [
        ("rules", ["groups", 0, "rules", 0, "for"], "5 minutes", "should match"),
        ("rules", ["groups", 0, "rules", 0, "labels", "team"], 1, "expected string"),
        ("rules", ["groups", 0, "rules", 0, "expression"], "1", "field not declared in schema"),
        ("rules", ["groups", 1, "name"], "langfuse-workload", "duplicate"),
        ("clickhouse", ["podMetricsEndpoints", 0, "interval"], "often", "should match"),
        ("clickhouse", ["podMetricsEndpoints", 0, "portName"], "x", "field not declared in schema"),
        ("clickhouse", ["selector"], None, "must be of type object"),
        ("probe", ["interval"], "half a minute", "should match"),
        ("probe", ["prober", "address"], "x:9115", "field not declared in schema"),
        ("probe", ["targets", "staticConfig", "static"], "x", "expected list"),
    ],
)
def test_a_wrong_field_is_refused(
    server: Api, role: str, path: list[str | int], value: object, reason: str
) -> None:
    wrong = rendered(role)
    wrong["metadata"]["name"] = "wrong"
    section: Any = wrong["spec"]
    for key in path[:-1]:
        section = section[key]
    section[path[-1]] = value

    with pytest.raises(ApiError, match=reason):
        server.apply(wrong)
