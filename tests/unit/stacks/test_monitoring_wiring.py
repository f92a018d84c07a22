"""How a stack hands what watches it its names, addresses and ways in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import pytest

from tests.support import bases
from tests.support.recordings import inputs, recorded
from tooling.engineless.offline import OfflineBackend
from tooling.engineless.recording import Recording

PROBER: Final = "blackbox-exporter.monitoring.svc:9115"
RULES: Final = {
    "runbooks": "https://git.example.com/docs",
    "prometheusRules": {"labels": {"release": "kps"}, "prober": PROBER},
}
HEALTH: Final = "/api/public/health?failIfDatabaseUnavailable=true"


def probed(stack: str, langfuse: Mapping[str, Any] | None = None) -> list[str]:
    recording = recorded(stack, monitoring=RULES, langfuse=langfuse or {})
    return inputs(recording, "langfuse-alerts-probe")["spec"]["targets"]["staticConfig"]["static"]


def clients(stack: str, monitoring: Mapping[str, Any] | None) -> list[str]:
    """Namespaces, other than its own, that may connect to Langfuse."""
    recording = recorded(stack, monitoring=monitoring)
    policy = inputs(recording, "langfuse-network-policy")["spec"]
    return [
        peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
        for peer in policy["ingress"][0]["from"]
        if "namespaceSelector" in peer
    ]


def alerts(
    stack: str,
    monitoring: Mapping[str, Any] = RULES,
    langfuse: Mapping[str, Any] | None = None,
) -> set[str]:
    recording = recorded(stack, monitoring=monitoring, langfuse=langfuse or {})
    groups = inputs(recording, "langfuse-alerts-rules")["spec"]["groups"]
    return {rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule}


@pytest.mark.parametrize(
    ("agents", "silent"),
    [
        ({"namespaces": ["ai-agents"], "url": "internal"}, False),
        ({"namespaces": ["ai-agents"], "url": "public"}, True),
        ({"namespaces": []}, True),
        ({"namespaces": [], "existingNamespaces": ["sales"], "url": "internal"}, False),
    ],
)
def test_silence_of_the_load_balancer_is_an_alarm_where_agents_send_through_it(
    agents: Mapping[str, Any], silent: bool
) -> None:
    recording = recorded("version 2 prod", agents=agents)

    names = {alarm.name for alarm in recording.of_type("aws:cloudwatch/metricAlarm:MetricAlarm")}
    assert ("langfuse-alarms-load-balancer-silent" in names) is silent
    assert "langfuse-alarms-load-balancer-refusals" in names


@pytest.mark.parametrize(
    ("base", "reason"),
    [
        ("version 2 prod", "an SDK that is too new (404). Their traces are lost."),
        ("prod", "an interface which this release does not have (404)."),
    ],
)
def test_the_alarm_of_refusals_says_who_is_refused_by_the_release(base: str, reason: str) -> None:
    refusals = recorded(base).named("langfuse-alarms-load-balancer-refusals").inputs

    assert f"{reason} What to do: " in refusals["alarmDescription"]


def test_the_probe_asks_for_the_public_url_and_the_database_behind_it() -> None:
    assert probed("version 2 prod") == [f"https://langfuse.example.com{HEALTH}"]


def test_where_the_url_is_local_the_probe_asks_the_service() -> None:
    assert probed("version 2 dev") == [f"http://langfuse.observability.svc{HEALTH}"]


def test_a_url_of_another_ingress_is_probed_as_it_is() -> None:
    url = "https://langfuse.internal.example.com"

    assert probed("version 2 dev", langfuse={"publicUrl": url}) == [url + HEALTH]


def test_a_release_without_the_switch_is_probed_without_it() -> None:
    assert probed("version 2 dev", langfuse={"version": "2.89.0"}) == [
        "http://langfuse.observability.svc/api/public/health"
    ]


def test_the_exporters_namespace_gets_in_only_where_it_asks_the_service() -> None:
    assert clients("version 2 dev", RULES) == ["ai-agents", "monitoring"]
    assert clients("version 2 dev", None) == ["ai-agents"]
    assert clients("version 2 prod", RULES) == ["ai-agents"]


def test_a_certificate_is_watched_only_where_the_probe_sees_one() -> None:
    assert "LangfuseCertificateExpires" in alerts("version 2 prod")
    assert alerts("version 2 dev") & {"LangfuseCertificateExpires", "LangfuseProbeSlow"} == {
        "LangfuseProbeSlow"
    }


@pytest.mark.parametrize(
    ("url", "watched"),
    [
        ("https://langfuse.internal.example.com", True),
        ("http://langfuse.internal.example.com", False),
        ("https://localhost", False),
    ],
)
def test_the_certificate_of_another_ingress_is_watched_where_there_is_one(
    url: str, watched: bool
) -> None:
    assert (
        "LangfuseCertificateExpires" in alerts("version 2 dev", langfuse={"publicUrl": url})
    ) == watched


def test_without_an_exporter_there_is_neither_probe_nor_alert_about_it() -> None:
    without = {**RULES, "prometheusRules": {"prober": None}}
    recording = recorded("version 2 prod", monitoring=without)

    assert [r.name for r in recording.resources.values() if r.name.endswith("alerts-probe")] == []
    assert not [name for name in alerts("version 2 prod", without) if "Probe" in name]


@pytest.mark.parametrize(
    ("change", "made"),
    [
        ({"dashboards": {}}, {"GrafanaDashboards"}),
        ({"prometheusRules": {}}, {"PrometheusAlerts"}),
        (
            {"dashboards": {}, "prometheusRules": {}},
            {"GrafanaDashboards", "PrometheusAlerts"},
        ),
    ],
)
def test_each_part_is_made_only_where_it_is_asked_for(
    change: Mapping[str, Any], made: set[str]
) -> None:
    recording = recorded("version 2 dev", monitoring={"runbooks": RULES["runbooks"], **change})

    types = {r.type.split(":")[-1] for r in recording.resources.values()}
    assert types & {"GrafanaDashboards", "PrometheusAlerts", "CloudAlarms"} == made


def test_dashboards_of_two_stacks_have_two_identities() -> None:
    def identity(stack: str) -> str:
        change = {"runbooks": RULES["runbooks"], "dashboards": {}}
        data = inputs(recorded(stack, monitoring=change), "langfuse-dashboards-overview")["data"]
        (text,) = data.values()
        return json.loads(text)["uid"]

    assert identity("version 2 dev") != identity("version 2 prod")
    assert len(identity("version 2 dev")) <= 40


def test_alarms_and_dashboards_name_the_same_load_balancer() -> None:
    recording = recorded("version 2 prod")
    named = "app/k8s-observab-"

    alarm = inputs(recording, "langfuse-alarms-load-balancer-latency")["metricQueries"][0]
    assert alarm["metric"]["dimensions"]["LoadBalancer"].startswith(named)
    (text,) = inputs(recording, "langfuse-dashboards-overview")["data"].values()
    assert alarm["metric"]["dimensions"]["LoadBalancer"] in text


def test_dashboards_name_the_load_balancer_where_nothing_else_does() -> None:
    recording = recorded("version 2 prod", monitoring={"alarms": None, "prometheusRules": None})

    (text,) = inputs(recording, "langfuse-dashboards-overview")["data"].values()
    assert "app/k8s-observab-" in text


def panels_of(recording: Recording, role: str) -> list[dict[str, Any]]:
    (text,) = inputs(recording, f"langfuse-dashboards-{role}")["data"].values()
    return json.loads(text)["panels"]


def dimensions(panels: list[dict[str, Any]]) -> set[str]:
    return {
        value
        for panel in panels
        for target in panel.get("targets", [])
        for values in target.get("dimensions", {}).values()
        for value in values
    }


def test_dashboards_of_version_4_name_what_the_stack_has_in_aws() -> None:
    recording = recorded("prod")
    group = inputs(recording, "langfuse-valkey-group")["replicationGroupId"]
    nodes = {f"{group}-001", f"{group}-002"}
    stored = {
        (target["label"], target["dimensions"]["BucketName"][0].rpartition("-")[0])
        for panel in panels_of(recording, "storage")
        for target in panel.get("targets", [])
    }

    assert dimensions(panels_of(recording, "cache")) == nodes
    assert dimensions(panels_of(recording, "overview")) >= nodes
    assert stored == {("events and exports", "langfuse-prod-evts"), ("media", "langfuse-prod-data")}


@pytest.mark.parametrize("sent", [True, False])
def test_the_length_of_queues_is_shown_where_workers_send_it(sent: bool) -> None:
    recording = recorded("prod", monitoring={"queueMetrics": sent})

    worker = [panel["title"] for panel in panels_of(recording, "worker")]
    overview = [panel["title"] for panel in panels_of(recording, "overview")]
    assert ("Jobs completed" in worker, "Jobs waiting" in overview) == (sent, sent)


def test_a_cache_and_buckets_in_the_cluster_and_the_threshold_of_a_cache_by_its_nodes() -> None:
    large = panels_of(recorded("prod", cache={"nodeType": "cache.r7g.xlarge"}), "cache")
    (cpu, _) = [panel for panel in large if panel["title"] == "Cache CPU"]
    in_cluster = recorded("dev", monitoring={"runbooks": RULES["runbooks"], "dashboards": {}})

    assert cpu["fieldConfig"]["defaults"]["thresholds"]["steps"][-1]["value"] == 90
    assert "Cache filled" in [panel["title"] for panel in panels_of(in_cluster, "cache")]
    assert "Object store" in [panel["title"] for panel in panels_of(in_cluster, "storage")]


def test_alert_rules_alone_look_no_load_balancer_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a preview before the first `up` there is none to be found."""
    asked: list[str] = []
    answer = OfflineBackend.invoke

    def invoke(self: OfflineBackend, token: str, arguments: Any) -> Any:  # noqa: ANN401
        asked.append(token)
        return answer(self, token, arguments)

    monkeypatch.setattr(OfflineBackend, "invoke", invoke)
    change = {"alarms": None, "dashboards": None}
    bases.record("version 2 prod", {"agent-observability:monitoring": change})

    assert "aws:eks/getCluster:getCluster" in asked
    assert "aws:lb/getLoadBalancer:getLoadBalancer" not in asked


def test_backups_are_watched_under_their_name_where_they_are_made() -> None:
    def watched(backups: Mapping[str, Any] | None) -> list[str]:
        recording = recorded("prod", clickhouse={"backups": backups})
        groups = inputs(recording, "langfuse-alerts-rules")["spec"]["groups"]
        return [
            rule["expr"]
            for group in groups
            for rule in group["rules"]
            if rule.get("alert") == "LangfuseClickHouseBackupFailed"
        ]

    (expression,) = watched({})
    recording = recorded("prod", clickhouse={"backups": {}})
    (job,) = recording.of_type("kubernetes:batch/v1:CronJob")
    assert expression.count(f'cronjob="{job.inputs["metadata"]["name"]}"') == 3
    assert watched(None) == []


GATEWAY: Final = {
    "replicas": 3,
    "prices": {"gpt-4o": {"input": 2.5, "output": 10}, "small": {"input": 0.5}},
    "budgets": {"ai-agents": 25},
    "alerts": {"p99Seconds": 20},
}
AGENTS: Final = {"namespaces": ["ai-agents"]}
READ: Final = {**RULES, "prometheusRules": {"prometheusNamespace": "monitoring"}}


def gateway(monitoring: Mapping[str, Any] = READ, stack: str = "dev", **more: Any) -> Recording:  # noqa: ANN401
    return recorded(stack, gateway=GATEWAY, agents=AGENTS, monitoring=monitoring, **more)


def rules_of(recording: Recording) -> dict[str, str]:
    """Expressions of alerts and of recorded series, by name and labels."""
    groups = inputs(recording, "langfuse-alerts-rules")["spec"]["groups"]
    return {
        rule.get("alert") or f"{rule['record']}{dict(sorted(rule.get('labels', {}).items()))}": (
            rule["expr"]
        )
        for group in groups
        for rule in group["rules"]
    }


def test_prometheus_reads_both_ports_of_the_gateways_pods_and_may_reach_them() -> None:
    recording = gateway()
    monitor = inputs(recording, "langfuse-alerts-gateway")
    pods = inputs(recording, "langfuse-gateway-stateful-set")["spec"]["template"]
    (container,) = pods["spec"]["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    policy = inputs(recording, "langfuse-gateway-network-policy")["spec"]
    admitted = [
        rule["ports"][0]["port"]
        for rule in policy["ingress"]
        for peer in rule.get("from", [])
        if peer.get("namespaceSelector", {})
        .get("matchLabels", {})
        .get("kubernetes.io/metadata.name")
        == "monitoring"
    ]

    assert monitor["kind"] == "PodMonitor"
    assert monitor["spec"]["podMetricsEndpoints"] == [
        {"port": "telemetry", "path": "/metrics", "interval": "30s"},
        {"port": "metrics", "path": "/metrics", "interval": "30s"},
    ]
    assert (ports["telemetry"], ports["metrics"]) == (8888, 8889)
    selected = monitor["spec"]["selector"]["matchLabels"]
    assert selected == policy["podSelector"]["matchLabels"]
    assert selected.items() <= pods["metadata"]["labels"].items()
    assert admitted == ["telemetry", "metrics"]


def test_alerts_look_for_the_gateway_that_the_stack_has() -> None:
    recording = gateway()
    wanted = rules_of(recording)
    stateful_set = inputs(recording, "langfuse-gateway-stateful-set")
    (container,) = stateful_set["spec"]["template"]["spec"]["containers"]
    (claim,) = stateful_set["spec"]["volumeClaimTemplates"]
    name = stateful_set["metadata"]["name"]

    assert f'statefulset="{name}"' in wanted["AgentGatewayDown"]
    for number in range(3):
        assert f"|{name}-{number}" in wanted["LangfusePodRestarts"]
        assert f"|{claim['metadata']['name']}-{name}-{number}" in wanted["LangfuseVolumeFilling"]
    assert f"-{name}-3" not in wanted["LangfuseVolumeFilling"]
    assert f"|{container['name']}" in wanted["LangfusePodRestarts"]
    assert f'pod=~"{name}-[0-9]+"' in wanted["AgentTracesLost"]
    assert "AgentCopiesLost" not in wanted


def test_prices_budgets_and_limits_are_those_of_the_settings() -> None:
    wanted = rules_of(gateway())
    price = "agents:price_usd_per_token{'kind': "
    of = "'namespace': 'observability'}"

    assert wanted[f"{price}'input', 'model': 'gpt-4o', {of}"] == "vector(2.5) / 1e6"
    assert wanted[f"{price}'output', 'model': 'gpt-4o', {of}"] == "vector(10.0) / 1e6"
    assert wanted[f"{price}'cached', 'model': 'small', {of}"] == "vector(0.5) / 1e6"
    budget = "agents:budget_usd_per_day{'namespace': 'observability', 'tenant': 'ai-agents'}"
    assert wanted[budget] == "vector(25.0)"
    assert wanted["AgentSlow"].endswith(" > 20")


def test_without_a_prometheus_that_reads_it_the_gateways_pods_alone_are_watched() -> None:
    recording = recorded("dev", gateway={"replicas": 2}, agents=AGENTS, monitoring=RULES)

    found = {name for name in rules_of(recording) if name.startswith(("Agent", "agents:"))}
    assert found == {"AgentGatewayDown", "AgentGatewayPodMissing"}
    monitors = [r.name for r in recording.resources.values() if r.type.endswith(":PodMonitor")]
    assert monitors == []


def test_dashboards_of_agents_lead_to_the_langfuse_that_people_open() -> None:
    def links(stack: str) -> list[str]:
        recording = gateway({**READ, "dashboards": {}}, stack)
        config_map = inputs(recording, "langfuse-dashboards-agents")
        (text,) = config_map["data"].values()
        return [link["url"] for link in json.loads(text)["links"] if "/project/" in link["url"]]

    assert links("dev") == ["http://localhost:3000/project/default/traces"]
    assert links("prod") == ["https://langfuse.example.com/project/default/traces"]
