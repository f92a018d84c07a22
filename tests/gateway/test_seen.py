"""Every rule and every query of the dashboards, on what Prometheus reads of a real collector.

Does not prove that the operator makes these scrapes of a PodMonitor: what it makes of one is in
``tests/support/prometheus_server.py``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest

from components.agents.gateway import settings
from tests.support import gateway_scene
from tests.support.collector import Collector, until
from tests.support.dashboards import Built
from tests.support.exposition import Series
from tests.support.gateway_series import POD, RECORDED, label_sets, labels_of_target
from tests.support.prometheus_server import Prometheus, needs_prometheus, prometheus, scrapes
from tests.support.recordings import inputs, recorded
from tests.support.trace_recorder import TraceRecorder

pytestmark = [pytest.mark.gateway, needs_prometheus]

PORTS: Final = {"telemetry": settings.TELEMETRY_PORT, "metrics": settings.METRICS_PORT}
OURS: Final = ("agent_", "agents:", "gen_ai_", "http_server_", "otelcol_")
"""What the metrics of the gateway, and what is computed of them, begin with."""

STACK: Final[dict[str, Any]] = {
    "agents": {"namespaces": [*gateway_scene.TENANTS]},
    "langsmith": {"apiKey": {"secure": "key"}, "project": "agents"},
    "gateway": {
        "replicas": 1,
        "langsmith": True,
        "prices": {"gpt-4o": {"input": 2.5, "output": 10, "cachedInput": 1.25}},
        "budgets": {"ai-agents": 0.01},
    },
    "monitoring": {
        "runbooks": "https://git.example.com/docs",
        "dashboards": {},
        "prometheusRules": {"prometheusNamespace": "monitoring"},
    },
}

WITHOUT_DATA: Final = {
    "Models without price": "the one model has a price for each kind of token",
}
"""Panels that show nothing here, and why."""

VARIABLES: Final = {"$__rate_interval": "1m", "$__range_s": "3600", "$__range": "1h"}


@dataclass(frozen=True)
class Seen:
    """What Prometheus knows after it all."""

    prometheus: Prometheus
    live: list[Series]
    """What the collector wrote at the end."""
    groups: list[dict[str, Any]]
    dashboards: dict[str, Built]

    def queries(self) -> Iterator[tuple[str, str, str]]:
        """Dashboard, panel and expression of each query of Prometheus."""
        for name, dashboard in self.dashboards.items():
            for panel in dashboard.panels:
                for target in panel["targets"]:
                    yield name, panel["title"], in_grafana(target["expr"])

    def expressions(self) -> Iterator[tuple[str, str]]:
        """Each rule's and each query's, by what it is of."""
        for group in self.groups:
            for rule in group["rules"]:
                yield rule.get("alert", rule.get("record")), rule["expr"]
        for name, panel, expression in self.queries():
            yield f"{name}: {panel}", expression


def in_grafana(expression: str) -> str:
    for variable, value in VARIABLES.items():
        expression = expression.replace(variable, value)
    return expression


def selectors(expression: str) -> list[tuple[str, str]]:
    """Metric and matchers of each selector of the gateway's."""
    found = re.findall(r'([\w:]+)\{((?:"[^"]*"|[^"}])*)\}', expression)
    return [(name, matchers) for name, matchers in found if name.startswith(OURS)]


def is_ours(expression: str) -> bool:
    metrics = re.findall(r"([\w:]+)\{", expression)
    return bool(metrics) and all(name.startswith(OURS) for name in metrics)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Generator[Seen]:
    run = recorded("dev", **STACK)
    pod = inputs(run, "langfuse-gateway-stateful-set")["spec"]["template"]
    monitor = inputs(run, "langfuse-alerts-gateway")
    groups = inputs(run, "langfuse-alerts-rules")["spec"]["groups"]
    dashboards = {
        name: Built(json.loads(text))
        for name in ("gateway", "agents", "agent-costs")
        for text in inputs(run, f"langfuse-dashboards-{name}")["data"].values()
    }
    folder = tmp_path_factory.mktemp
    with (
        TraceRecorder() as langfuse,
        TraceRecorder() as langsmith,
        gateway_scene.gateway(folder("gateway"), langfuse, langsmith) as running,
        prometheus(
            folder("prometheus"),
            scrapes(monitor, pod, POD, {name: running.ports[port] for name, port in PORTS.items()}),
            groups,
        ) as server,
    ):
        _happen(running, server, langfuse, langsmith)
        yield Seen(server, _live(running), groups, dashboards)


def _happen(
    running: Collector, server: Prometheus, langfuse: TraceRecorder, langsmith: TraceRecorder
) -> None:
    """Twice what agents do, so that there are rates; then what goes wrong."""
    for number in (1, 2):
        gateway_scene.work(running)
        all_of_them = gateway_scene.CALLS * number
        counted = f"sum(agent_request_duration_seconds_count{{agent='shop'}}) == {all_of_them}"
        until(lambda counted=counted: server.query(counted), "Prometheus has the requests")
    gateway_scene.fail(running, langfuse, langsmith)
    for last in (
        'otelcol_deltatocumulative_datapoints_total{error="limit"}',
        'agent_request_calls_total{otel_metric_overflow="true"}',
        "agents:cost_usd:increase1d > 0",
        'ALERTS{alertname="AgentSeriesOverLimit"}',
        'ALERTS{alertname="AgentTraceQueueFilling"}',
    ):
        until(lambda last=last: server.query(last), f"Prometheus has {last}")


def _live(running: Collector) -> list[Series]:
    return [series for port in PORTS.values() for series in running.series(port)]


def test_the_recorded_exposition_has_the_metrics_and_labels_that_the_collector_writes(
    seen: Seen,
) -> None:
    """What the other tests of rules and dashboards take their series from."""
    live, recorded_sets = label_sets(seen.live), label_sets(RECORDED)

    missing = {name: sets - live.get(name, set()) for name, sets in recorded_sets.items()}
    assert {name: sets for name, sets in missing.items() if sets} == {}
    assert len(recorded_sets) >= 20


def test_prometheus_gives_namespace_pod_and_job_and_no_label_of_the_collector_is_in_their_way(
    seen: Seen,
) -> None:
    for metric, endpoint in (
        ("agent_request_calls_total", "metrics"),
        ("otelcol_process_uptime_seconds_total", "telemetry"),
    ):
        for sample in seen.prometheus.query(metric):
            labels = sample["metric"]
            target = labels_of_target(endpoint=endpoint)
            del target["instance"]
            assert target.items() <= labels.items()
            assert [label for label in labels if label.startswith("exported_")] == []


def test_prometheus_evaluates_every_rule(seen: Seen) -> None:
    rules = seen.prometheus.rules()

    assert {rule["name"]: rule.get("lastError") for rule in rules if rule["health"] != "ok"} == {}
    assert len(rules) == sum(len(group["rules"]) for group in seen.groups) > 40


def test_every_selector_finds_series(seen: Seen) -> None:
    """Names, labels and values: of alerts, of recorded series, of dashboards."""
    asked = {
        f"{metric}{{{matchers}}}": name
        for name, expression in seen.expressions()
        for metric, matchers in selectors(expression)
    }
    nothing = {
        selector: name
        for selector, name in asked.items()
        if not seen.prometheus.query(f"last_over_time({selector}[1h])")
    }

    assert nothing == {}
    assert len(asked) > 35


def test_every_label_that_is_aggregated_by_is_one_of_the_series(seen: Seen) -> None:
    labels = {"namespace", "pod", "container", "endpoint", "job", "instance", "kind", "le"}
    for _, sets in label_sets(seen.live).items():
        labels |= {label for each in sets for label in each}
    by = {
        label
        for _, expression in seen.expressions()
        if is_ours(expression)
        for group in re.findall(r"\b(?:by|on|ignoring) \(([^)]*)\)", expression)
        for label in re.split(r",\s*", group)
        if label
    }

    assert by - labels == set()
    assert {"tenant", "agent", "model", "operation", "error_kind"} <= by


def test_every_panel_about_agents_or_the_gateways_own_metrics_has_data(seen: Seen) -> None:
    shown = [(panel, query) for _, panel, query in seen.queries() if is_ours(query)]
    empty = {panel for panel, query in shown if not seen.prometheus.query(query)}

    assert empty == set(WITHOUT_DATA)
    assert len(shown) > 35


def test_what_went_wrong_is_what_the_alerts_say(seen: Seen) -> None:
    """Pending counts: they wait for minutes."""
    alerts = {rule["name"] for rule in seen.prometheus.rules() if rule.get("alerts")}

    assert {name for name in alerts if name.startswith("Agent")} == {
        "AgentTracesLost",
        "AgentTracesRefused",
        "AgentTraceQueueFilling",
        "AgentCopiesLost",
        "AgentSeriesOverLimit",
        "AgentErrors",
        "AgentBudgetExceeded",
    }


def test_figures_are_those_of_what_was_sent(seen: Seen) -> None:
    """What Prometheus saw first counts as well; the rest it extrapolates by a second or two."""

    def value(expression: str) -> float:
        (sample,) = seen.prometheus.query(expression)
        return float(sample["value"][1])

    tokens = 'agents:tokens:increase1d{tenant="ai-agents", agent="shop", kind='
    # Three calls in each of two rounds, and one more.
    assert value(f'{tokens}"output"}}') == pytest.approx(7 * 100, rel=0.1)
    assert value(f'{tokens}"cached"}}') == pytest.approx(7 * 400, rel=0.1)
    assert value(f'{tokens}"input"}}') == pytest.approx(7 * 600, rel=0.1)
    cost = 7 * (600 * 2.5 + 400 * 1.25 + 100 * 10) / 1e6
    assert value('agents:cost_usd:increase1d{tenant="ai-agents"}') == pytest.approx(cost, rel=0.1)
