"""The form of the alert rules. What they say about series is in ``tests/prometheus``."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Final

import pytest

from components.agents.environment import SECRET_NAME
from components.monitoring.alerts import rules as alert_rules
from components.monitoring.watched_agents import AgentLimits, ModelPrice
from components.monitoring.watched_workloads import (
    Watched,
    WatchedBackup,
    WatchedGateway,
    WatchedServers,
    WatchedWorker,
)
from tests.support import stacks
from tests.support.recordings import inputs, recorded, with_overrides
from tests.support.watched_gateway import ALONE, GATEWAY, WITHOUT_PRICES

RUNBOOKS: Final = "https://git.example.com/platform/docs"
LEAST: Final = Watched(
    stack="dev",
    namespace="observability",
    langfuse="langfuse",
    min_replicas=1,
    max_replicas=1,
    migration="langfuse-migration",
)
WORKER: Final = WatchedWorker(
    name="langfuse-worker", container="worker", min_replicas=2, max_replicas=6
)


def operated(kind: str, sets: str) -> WatchedServers:
    """Three servers that ClickHouse's operator makes."""
    names = [f"langfuse-clickhouse-server-{sets}-{number}" for number in range(3)]
    return WatchedServers(
        stateful_sets=names,
        container=f"clickhouse-{kind}",
        claims=[f"clickhouse-storage-volume-{name}-0" for name in names],
    )


def single(name: str, container: str) -> WatchedServers:
    return WatchedServers(stateful_sets=[name], container=container, claims=[f"data-{name}-0"])


CLICKHOUSE: Final = single("langfuse-clickhouse-server", "clickhouse")
SERVERS: Final = operated("server", "clickhouse-0")
BACKUP: Final = WatchedBackup(cron_job="langfuse-clickhouse-server-backup", hours=6)
KEEPERS: Final = operated("keeper", "keeper")
VALKEY: Final = single("langfuse-valkey", "valkey")
STORE: Final = single("langfuse-seaweedfs", "seaweedfs")

EVERYTHING: Final = replace(
    LEAST,
    max_replicas=4,
    postgres="langfuse-postgres",
    worker=WORKER,
    clickhouse=SERVERS,
    clickhouse_backup=BACKUP,
    keeper=KEEPERS,
    clickhouse_scraped=True,
    cache=VALKEY,
    cache_bytes=1000,
    storage=STORE,
    gateway=GATEWAY,
    secret_namespaces=("observability", "ai-agents"),
    probe_job="observability/langfuse",
)

OF_EVERY_STACK: Final = [
    "LangfuseDown",
    "LangfuseRolloutStuck",
    "LangfuseReplicasMissing",
    "LangfusePodRestarts",
    "LangfuseOutOfMemory",
    "LangfuseCpuThrottled",
    "LangfuseMigrationFailed",
    "LangfuseNotMeasured",
]


OF_GATEWAY: Final = [
    "AgentGatewayDown",
    "AgentGatewayPodMissing",
    "AgentTracesLost",
    "AgentTracesRefused",
    "AgentTraceQueueFilling",
    "AgentSeriesOverLimit",
]
OF_AGENTS: Final = [
    "AgentSlow",
    "AgentErrors",
    "AgentRateLimited",
    "AgentSilent",
    "AgentTokensNotReported",
]


def groups(watched: Watched = EVERYTHING, **alert_labels: str) -> list[dict[str, Any]]:
    return alert_rules.groups(
        watched, runbooks=RUNBOOKS, certificate_days=21, alert_labels=alert_labels
    )


def rules(watched: Watched = EVERYTHING, **alert_labels: str) -> list[dict[str, Any]]:
    return [
        rule
        for group in groups(watched, **alert_labels)
        for rule in group["rules"]
        if "alert" in rule
    ]


def rule(name: str, **alert_labels: str) -> dict[str, Any]:
    (found,) = (rule for rule in rules(EVERYTHING, **alert_labels) if rule["alert"] == name)
    return found


def selectors(rule: dict[str, Any]) -> list[tuple[str, str]]:
    """Metric and matchers of every selector of an expression."""
    # A matcher's value may hold braces: the {5} of a regular expression.
    found = re.findall(r'([\w:]+)\{((?:"[^"]*"|[^"}])*)\}', rule["expr"])
    return [(metric, matchers) for metric, matchers in found]


def test_no_alert_of_a_paused_stack_is_about_pods_that_are_not_meant_to_run() -> None:
    paused = replace(EVERYTHING, paused=True)

    assert {*alert_rules.NAMES} - {rule["alert"] for rule in rules(paused)} == {
        "LangfuseDown",
        "LangfuseWorkerDown",
        "LangfuseRolloutStuck",
        "LangfuseReplicasMissing",
        "LangfuseAutoscalerAtMaximum",
        "LangfuseAutoscalerBlind",
        "LangfuseProbeFailing",
        "LangfuseProbeSlow",
    }
    assert [rule for rule in rules() if rule in rules(paused)] == rules(paused)


def test_a_stack_with_everything_has_every_alert_once() -> None:
    assert [rule["alert"] for rule in rules()] == list(alert_rules.NAMES)


@pytest.mark.parametrize(
    ("change", "more"),
    [
        ({}, []),
        ({"max_replicas": 2}, ["LangfuseAutoscalerAtMaximum", "LangfuseAutoscalerBlind"]),
        ({"postgres": "langfuse-postgres"}, ["LangfuseDatabaseDown", "LangfuseVolumeFilling"]),
        ({"secret_namespaces": ("observability",)}, ["LangfuseSecretNotReady"]),
        (
            {"worker": WORKER},
            ["LangfuseWorkerDown", "LangfuseAutoscalerAtMaximum", "LangfuseAutoscalerBlind"],
        ),
        ({"worker": replace(WORKER, max_replicas=2)}, ["LangfuseWorkerDown"]),
        ({"clickhouse": CLICKHOUSE}, ["LangfuseClickHouseDown", "LangfuseVolumeFilling"]),
        ({"clickhouse_backup": BACKUP}, ["LangfuseClickHouseBackupFailed"]),
        (
            {"clickhouse": SERVERS, "keeper": KEEPERS},
            [
                "LangfuseClickHouseDown",
                "LangfuseClickHouseReplicaMissing",
                "LangfuseKeeperQuorumLost",
                "LangfuseVolumeFilling",
            ],
        ),
        (
            {"clickhouse": CLICKHOUSE, "clickhouse_scraped": True},
            [
                "LangfuseClickHouseDown",
                "LangfuseClickHouseInsertsFail",
                "LangfuseClickHouseManyParts",
                "LangfuseClickHouseOutOfMemory",
                "LangfuseVolumeFilling",
            ],
        ),
        ({"clickhouse_scraped": True}, []),
        (
            {"cache": VALKEY, "cache_bytes": 1000},
            ["LangfuseCacheDown", "LangfuseCacheFilling", "LangfuseVolumeFilling"],
        ),
        ({"cache": VALKEY}, ["LangfuseCacheDown", "LangfuseVolumeFilling"]),
        ({"storage": STORE}, ["LangfuseStorageDown", "LangfuseVolumeFilling"]),
        (
            {"gateway": replace(GATEWAY, scraped=False)},
            ["AgentGatewayDown", "AgentGatewayPodMissing", "LangfuseVolumeFilling"],
        ),
        (
            {"gateway": ALONE},
            ["AgentGatewayDown", "LangfuseVolumeFilling"],
        ),
        (
            {"gateway": WITHOUT_PRICES},
            [*OF_GATEWAY, *OF_AGENTS, "LangfuseVolumeFilling"],
        ),
        (
            {"gateway": replace(GATEWAY, langsmith=False, budgets={})},
            [
                *(*OF_GATEWAY, *OF_AGENTS, "LangfuseVolumeFilling"),
                *("AgentCostHigh", "AgentModelWithoutPrice"),
            ],
        ),
        (
            {"gateway": GATEWAY},
            [
                *(*OF_GATEWAY, *OF_AGENTS, "LangfuseVolumeFilling", "AgentCopiesLost"),
                *("AgentCostHigh", "AgentModelWithoutPrice"),
                *("AgentBudgetNear", "AgentBudgetExceeded"),
            ],
        ),
        (
            {"probe_job": "observability/langfuse"},
            ["LangfuseProbeFailing", "LangfuseProbeSlow", "LangfuseCertificateExpires"],
        ),
    ],
)
def test_a_stack_has_only_the_alerts_that_it_can_have(
    change: dict[str, Any], more: list[str]
) -> None:
    expected = [name for name in alert_rules.NAMES if name in {*OF_EVERY_STACK, *more}]

    assert [rule["alert"] for rule in rules(replace(LEAST, **change))] == expected


def test_the_groups_are_named_and_none_is_empty() -> None:
    assert [group["name"] for group in groups()] == [
        "langfuse-workload",
        "langfuse-surroundings",
        "langfuse-services",
        "langfuse-clickhouse",
        "langfuse-probe",
        "langfuse-gateway",
        "langfuse-agents",
        "langfuse-agent-prices",
        "langfuse-agent-costs",
        "langfuse-measured",
    ]
    assert {group["name"]: group["interval"] for group in groups() if "interval" in group} == {
        "langfuse-agent-costs": "120s"
    }
    assert [group["name"] for group in groups(LEAST)] == ["langfuse-workload", "langfuse-measured"]


def test_a_rule_is_exactly_this() -> None:
    assert rule("LangfuseDown", team="platform") == {
        "alert": "LangfuseDown",
        "expr": (
            "max by (namespace, deployment) (kube_deployment_status_replicas_available"
            '{namespace="observability", deployment="langfuse"}) == 0\n'
            "or max by (namespace, deployment) (last_over_time("
            "kube_deployment_status_replicas_available"
            '{namespace="observability", deployment="langfuse"}[6h]))\n'
            "unless max by (namespace, deployment) (kube_deployment_status_replicas_available"
            '{namespace="observability", deployment="langfuse"})\n'
            "and on () count(kube_deployment_status_replicas_available)"
        ),
        "for": "5m",
        "labels": {"team": "platform", "stack": "dev", "severity": "critical"},
        "annotations": {
            "summary": "Langfuse is down: no pod serves",
            "description": (
                "For 5 minutes no pod of {{ $labels.namespace }}/{{ $labels.deployment }} has been "
                "ready. Nobody can log in, and traces that agents send do not arrive."
            ),
            "runbook_url": f"{RUNBOOKS}/troubleshooting.md#langfusedown",
        },
    }


def test_what_affects_people_now_is_critical_and_nothing_else() -> None:
    critical = [r["alert"] for r in rules() if r["labels"]["severity"] == "critical"]

    assert critical == [
        "LangfuseDown",
        "LangfuseWorkerDown",
        "LangfuseDatabaseDown",
        "LangfuseClickHouseDown",
        "LangfuseKeeperQuorumLost",
        "LangfuseCacheDown",
        "LangfuseStorageDown",
        "LangfuseClickHouseInsertsFail",
        "LangfuseClickHouseReadOnly",
        "LangfuseProbeFailing",
        "AgentGatewayDown",
        "AgentTracesLost",
    ]
    assert {rule["labels"]["severity"] for rule in rules()} == {"critical", "warning"}


def test_each_alert_waits_this_long() -> None:
    assert {rule["alert"]: rule["for"] for rule in rules()} == {
        "LangfuseDown": "5m",
        "LangfuseWorkerDown": "10m",
        "LangfuseRolloutStuck": "1m",
        "LangfuseReplicasMissing": "15m",
        "LangfuseAutoscalerAtMaximum": "15m",
        "LangfuseAutoscalerBlind": "15m",
        "LangfusePodRestarts": "1m",
        "LangfuseOutOfMemory": "1m",
        "LangfuseCpuThrottled": "15m",
        "LangfuseMigrationFailed": "1m",
        "LangfuseDatabaseDown": "5m",
        "LangfuseVolumeFilling": "15m",
        "LangfuseSecretNotReady": "10m",
        "LangfuseClickHouseDown": "5m",
        "LangfuseClickHouseReplicaMissing": "15m",
        "LangfuseClickHouseBackupFailed": "375m",
        "LangfuseKeeperQuorumLost": "5m",
        "LangfuseCacheDown": "5m",
        "LangfuseCacheFilling": "15m",
        "LangfuseStorageDown": "5m",
        "LangfuseClickHouseInsertsFail": "10m",
        "LangfuseClickHouseReadOnly": "5m",
        "LangfuseClickHouseManyParts": "15m",
        "LangfuseClickHouseReplicationLag": "15m",
        "LangfuseClickHouseOutOfMemory": "1m",
        "LangfuseProbeFailing": "2m",
        "LangfuseProbeSlow": "15m",
        "LangfuseCertificateExpires": "15m",
        "AgentGatewayDown": "5m",
        "AgentGatewayPodMissing": "15m",
        "AgentTracesLost": "1m",
        "AgentTracesRefused": "1m",
        "AgentTraceQueueFilling": "10m",
        "AgentCopiesLost": "15m",
        "AgentSeriesOverLimit": "1m",
        "AgentSlow": "5m",
        "AgentErrors": "5m",
        "AgentRateLimited": "1m",
        "AgentSilent": "15m",
        "AgentTokensNotReported": "15m",
        "AgentCostHigh": "5m",
        "AgentBudgetNear": "5m",
        "AgentBudgetExceeded": "5m",
        "AgentModelWithoutPrice": "15m",
        "LangfuseNotMeasured": "15m",
    }


def test_every_alert_links_to_its_own_runbook() -> None:
    links = {rule["alert"]: rule["annotations"]["runbook_url"] for rule in rules()}

    assert links == {
        name: f"{RUNBOOKS}/troubleshooting.md#{name.lower()}" for name in alert_rules.NAMES
    }


def test_every_alert_carries_the_labels_of_the_stack_and_of_the_configuration() -> None:
    labels = [rule["labels"] for rule in rules(team="platform", severity="mine", stack="mine")]

    assert [{**found, "severity": ""} for found in labels] == [
        {"team": "platform", "stack": "dev", "severity": ""}
    ] * len(alert_rules.NAMES)
    assert "mine" not in {found["severity"] for found in labels}


def test_no_selector_is_without_its_namespace() -> None:
    wide = [
        (rule.get("alert", rule.get("record")), metric, matchers)
        for group in groups()
        for rule in group["rules"]
        for metric, matchers in selectors(rule)
        if not re.match(
            r'namespace="observability"(,|$)|(exported_)?namespace=~"observability\|ai-agents",',
            matchers,
        )
    ]

    assert wide == []
    assert [rule["alert"] for rule in rules() if not selectors(rule)] == []


def test_the_alerts_read_these_metrics() -> None:
    """Each is in its exporter's documentation or source under this name."""
    read = {rule["alert"]: {metric for metric, _ in selectors(rule)} for rule in rules()}

    restarts = "kube_pod_container_status_restarts_total"
    autoscaler = "kube_horizontalpodautoscaler"
    assert read == {
        "LangfuseDown": {"kube_deployment_status_replicas_available"},
        "LangfuseWorkerDown": {"kube_deployment_status_replicas_available"},
        "LangfuseRolloutStuck": {"kube_deployment_status_condition"},
        "LangfuseReplicasMissing": {
            "kube_deployment_spec_replicas",
            "kube_deployment_status_replicas_available",
        },
        "LangfuseAutoscalerAtMaximum": {
            f"{autoscaler}_status_current_replicas",
            f"{autoscaler}_spec_max_replicas",
        },
        "LangfuseAutoscalerBlind": {
            f"{autoscaler}_status_condition",
            "kube_deployment_spec_replicas",
        },
        "LangfusePodRestarts": {restarts},
        "LangfuseOutOfMemory": {restarts, "kube_pod_container_status_last_terminated_reason"},
        "LangfuseCpuThrottled": {
            "container_cpu_cfs_throttled_periods_total",
            "container_cpu_cfs_periods_total",
        },
        "LangfuseMigrationFailed": {"kube_job_failed"},
        "LangfuseDatabaseDown": {"kube_statefulset_status_replicas_ready"},
        "LangfuseVolumeFilling": {
            "kubelet_volume_stats_available_bytes",
            "kubelet_volume_stats_capacity_bytes",
        },
        "LangfuseSecretNotReady": {"externalsecret_status_condition"},
        "LangfuseClickHouseDown": {"kube_statefulset_status_replicas_ready"},
        "LangfuseClickHouseReplicaMissing": {"kube_statefulset_status_replicas_ready"},
        "LangfuseClickHouseBackupFailed": {
            "kube_cronjob_status_last_schedule_time",
            "kube_cronjob_status_last_successful_time",
            "kube_cronjob_created",
        },
        "LangfuseKeeperQuorumLost": {"kube_statefulset_status_replicas_ready"},
        "LangfuseCacheDown": {"kube_statefulset_status_replicas_ready"},
        "LangfuseCacheFilling": {"container_memory_rss"},
        "LangfuseStorageDown": {"kube_statefulset_status_replicas_ready"},
        "LangfuseClickHouseInsertsFail": {
            "ClickHouseProfileEvents_FailedInsertQuery",
            "ClickHouseProfileEvents_FailedAsyncInsertQuery",
        },
        "LangfuseClickHouseReadOnly": {"ClickHouseMetrics_ReadonlyReplica"},
        "LangfuseClickHouseManyParts": {"ClickHouseAsyncMetrics_MaxPartCountForPartition"},
        "LangfuseClickHouseReplicationLag": {"ClickHouseAsyncMetrics_ReplicasMaxAbsoluteDelay"},
        "LangfuseClickHouseOutOfMemory": {"ClickHouseProfileEvents_QueryMemoryLimitExceeded"},
        "LangfuseProbeFailing": {"probe_success"},
        "LangfuseProbeSlow": {"probe_duration_seconds"},
        "LangfuseCertificateExpires": {"probe_ssl_earliest_cert_expiry"},
        "AgentGatewayDown": {"kube_statefulset_status_replicas_ready"},
        "AgentGatewayPodMissing": {
            "kube_statefulset_status_replicas_ready",
            "kube_statefulset_replicas",
        },
        "AgentTracesLost": {
            "otelcol_exporter_send_failed_spans_total",
            "otelcol_process_uptime_seconds_total",
        },
        "AgentTracesRefused": {
            "otelcol_receiver_refused_spans_total",
            "otelcol_process_uptime_seconds_total",
        },
        "AgentTraceQueueFilling": {
            "otelcol_exporter_queue_size",
            "otelcol_exporter_queue_capacity",
        },
        "AgentCopiesLost": {
            "otelcol_exporter_send_failed_spans_total",
            "otelcol_exporter_enqueue_failed_spans_total",
            "otelcol_process_uptime_seconds_total",
        },
        "AgentSeriesOverLimit": {
            "otelcol_deltatocumulative_datapoints_total",
            "agent_request_calls_total",
            "otelcol_process_uptime_seconds_total",
        },
        "AgentSlow": {"agents:request_duration_seconds:p99_5m"},
        "AgentErrors": {"agents:errors:ratio_rate5m"},
        "AgentRateLimited": {"agent_request_calls_total", "otelcol_process_uptime_seconds_total"},
        "AgentSilent": {"agents:spans:increase10m", "otelcol_process_uptime_seconds_total"},
        "AgentTokensNotReported": {
            "gen_ai_client_inference_without_usage_total",
            "agent_request_calls_total",
        },
        "AgentCostHigh": {"agents:cost_usd:increase1d", "agents:budget_usd_per_day"},
        "AgentBudgetNear": {"agents:cost_usd:increase1d", "agents:budget_usd_per_day"},
        "AgentBudgetExceeded": {"agents:cost_usd:increase1d", "agents:budget_usd_per_day"},
        "AgentModelWithoutPrice": {"agents:tokens:increase1d", "agents:price_usd_per_token"},
        "LangfuseNotMeasured": {
            "kube_deployment_status_replicas_available",
            "kube_statefulset_status_replicas_ready",
            "externalsecret_status_condition",
            "ClickHouseAsyncMetrics_MaxPartCountForPartition",
            "otelcol_process_uptime_seconds_total",
            "probe_success",
        },
    }


OF_VERSION_2: Final = replace(LEAST, max_replicas=4, postgres="langfuse-postgres")


def expressions(watched: Watched) -> dict[str, str]:
    return {rule["alert"]: rule["expr"] for rule in rules(watched)}


def test_the_alerts_look_for_what_a_stack_of_version_2_is_made_of() -> None:
    run = recorded("version 2 dev")
    deployment = inputs(run, "langfuse-deployment")
    database = inputs(run, "langfuse-postgres-stateful-set")
    (web,) = deployment["spec"]["template"]["spec"]["containers"]
    (server,) = database["spec"]["template"]["spec"]["containers"]
    (claim,) = database["spec"]["volumeClaimTemplates"]

    wanted = expressions(OF_VERSION_2)
    assert f'deployment="{deployment["metadata"]["name"]}"' in wanted["LangfuseDown"]
    autoscaler = inputs(run, "langfuse-autoscaler")["metadata"]["name"]
    assert f'horizontalpodautoscaler="{autoscaler}"' in wanted["LangfuseAutoscalerAtMaximum"]
    containers = f'container=~"{web["name"]}|{server["name"]}"'
    assert containers in wanted["LangfusePodRestarts"]
    statefulset = database["metadata"]["name"]
    assert f'statefulset="{statefulset}"' in wanted["LangfuseDatabaseDown"]
    volume = f'persistentvolumeclaim="{claim["metadata"]["name"]}-{statefulset}-0"'
    assert volume in wanted["LangfuseVolumeFilling"]
    (job,) = run.of_type("kubernetes:batch/v1:Job")
    assert f'job_name=~"{job.name}-.+"' in wanted["LangfuseMigrationFailed"]


def made(variant: str, **settings: str) -> tuple[dict[str, str], Any]:
    """The expressions of a stack's own alerts, and its recording."""
    case = stacks.VARIANTS[variant]
    monitoring = {"runbooks": RUNBOOKS, "prometheusRules": settings}
    overrides = {**case.overrides, "agent-observability:monitoring": monitoring}
    run = with_overrides(case.base, overrides)
    spec = inputs(run, "langfuse-alerts-rules")["spec"]
    expressions = {
        r.get("alert", r.get("record")): r["expr"] for g in spec["groups"] for r in g["rules"]
    }
    return expressions, run


def test_the_alerts_look_for_what_a_stack_of_version_4_is_made_of() -> None:
    wanted, run = made("version 4 in the cluster")
    worker = inputs(run, "langfuse-worker-deployment")
    (container,) = worker["spec"]["template"]["spec"]["containers"]
    sets = {
        name: inputs(run, f"{name}-stateful-set")
        for name in (
            "langfuse-postgres",
            "langfuse-clickhouse-server",
            "langfuse-valkey",
            "langfuse-seaweedfs",
        )
    }

    assert worker["metadata"]["name"] == "langfuse-worker"
    assert 'deployment="langfuse-worker"' in wanted["LangfuseWorkerDown"]
    for alert in ("LangfuseRolloutStuck", "LangfuseReplicasMissing"):
        assert 'deployment=~"langfuse|langfuse-worker"' in wanted[alert]
    for alert, name in (
        ("LangfuseClickHouseDown", "langfuse-clickhouse-server"),
        ("LangfuseCacheDown", "langfuse-valkey"),
        ("LangfuseStorageDown", "langfuse-seaweedfs"),
    ):
        assert sets[name]["metadata"]["name"] == name
        assert f'statefulset="{name}"' in wanted[alert]
    claims = [
        f"{template['metadata']['name']}-{name}-0"
        for name, stateful_set in sets.items()
        for template in stateful_set["spec"]["volumeClaimTemplates"]
    ]
    assert f'persistentvolumeclaim=~"{"|".join(claims)}"' in wanted["LangfuseVolumeFilling"]
    servers = [
        c["name"] for s in sets.values() for c in s["spec"]["template"]["spec"]["containers"]
    ]
    containers = "|".join(["langfuse", container["name"], *servers])
    pods = "|".join(
        [
            *(f"{name}-[a-z0-9]+-[a-z0-9]{{5}}" for name in ("langfuse", "langfuse-worker")),
            *(f"{name}-0" for name in sets),
        ]
    )
    restarts = f'pod=~"{pods}", container=~"{containers}"'
    assert restarts in wanted["LangfusePodRestarts"]
    command = sets["langfuse-valkey"]["spec"]["template"]["spec"]["containers"][0]["command"]
    most = command[command.index("--maxmemory") + 1]
    assert f"/ {most} > 0.75" in wanted["LangfuseCacheFilling"]


def test_the_alerts_look_for_what_the_operator_of_clickhouse_makes() -> None:
    """Its names, from internal/controller in ClickHouse/clickhouse-operator."""
    wanted, run = made("version 4 with the operator of ClickHouse")
    cluster = inputs(run, "langfuse-clickhouse-server-servers")
    keepers = inputs(run, "langfuse-clickhouse-server-keeper")

    name, shards, replicas = (
        cluster["metadata"]["name"],
        cluster["spec"]["shards"],
        cluster["spec"]["replicas"],
    )
    assert (name, keepers["metadata"]["name"], shards) == ("langfuse-clickhouse-server",) * 2 + (1,)
    servers = [f"{name}-clickhouse-0-{number}" for number in range(replicas)]
    quorum = [f"{name}-keeper-{number}" for number in range(keepers["spec"]["replicas"])]
    assert f'statefulset=~"{"|".join(servers)}"' in wanted["LangfuseClickHouseDown"]
    assert f'statefulset=~"{"|".join(quorum)}"' in wanted["LangfuseKeeperQuorumLost"]
    both = f'statefulset=~"{"|".join([*servers, *quorum])}"'
    assert both in wanted["LangfuseClickHouseReplicaMissing"]
    volumes = "|".join(f"clickhouse-storage-volume-{pod}-0" for pod in [*servers, *quorum])
    assert volumes in wanted["LangfuseVolumeFilling"]
    assert "clickhouse-server|clickhouse-keeper" in wanted["LangfuseOutOfMemory"]


@pytest.mark.parametrize(
    ("variant", "roles", "port", "policies"),
    [
        (
            "version 4 in the cluster",
            {"clickhouse": ["langfuse-clickhouse-server"]},
            "metrics",
            {"langfuse-clickhouse-server": "metrics"},
        ),
        (
            "version 4 with the operator of ClickHouse",
            {
                "clickhouse": [f"langfuse-clickhouse-server-clickhouse-0-{n}" for n in range(3)],
                "keeper": [],
            },
            "prometheus",
            {"langfuse-clickhouse-server": 9363, "langfuse-clickhouse-server-keeper": 9090},
        ),
    ],
)
def test_prometheus_finds_and_reaches_the_pods_that_alerts_are_about(
    variant: str, roles: dict[str, list[str]], port: str, policies: dict[str, str | int]
) -> None:
    wanted, run = made(variant, prometheusNamespace="probes")

    for role, sets in roles.items():
        spec = inputs(run, f"langfuse-alerts-{role}")["spec"]
        (endpoint,) = spec["podMetricsEndpoints"]
        assert endpoint["port"] == port
        pods = "|".join(f"{name}-0" for name in sets)
        assert f'"{pods}"' in wanted["LangfuseClickHouseInsertsFail"] or not sets
    for name, number in policies.items():
        policy = inputs(run, f"{name}-network-policy")["spec"]
        assert policy["ingress"][-1] == {
            "from": [
                {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "probes"}}}
            ],
            "ports": [{"protocol": "TCP", "port": number}],
        }
        selectors = [
            inputs(run, f"langfuse-alerts-{role}")["spec"]["selector"]["matchLabels"]
            for role in roles
        ]
        assert policy["podSelector"]["matchLabels"] in selectors
    monitors = [r.name for r in run.resources.values() if r.type.endswith(":PodMonitor")]
    assert sorted(monitors) == [f"langfuse-alerts-{role}" for role in roles]


def test_nobody_reads_metrics_of_clickhouse_unless_it_is_said_who() -> None:
    wanted, run = made("version 4 in the cluster")

    assert [r.name for r in run.resources.values() if r.type.endswith(":PodMonitor")] == []
    assert "LangfuseClickHouseInsertsFail" not in wanted
    assert "LangfuseClickHouseDown" in wanted


def test_what_is_elsewhere_has_no_alert() -> None:
    wanted, _ = made("version 4 with services elsewhere")

    assert {name for name in wanted if re.search("ClickHouse|Keeper|Cache|Storage", name)} == set()
    assert "LangfuseWorkerDown" in wanted


def test_a_database_alone_is_named_and_others_are_what_their_claim_says() -> None:
    def texts(watched: Watched) -> tuple[str, str]:
        (found,) = (r for r in rules(watched) if r["alert"] == "LangfuseVolumeFilling")
        return found["annotations"]["summary"], found["annotations"]["description"][-35:]

    assert texts(OF_VERSION_2) == (
        "The volume of Langfuse's database fills up",
        "last one; PostgreSQL stops when it is."[-35:],
    )
    assert texts(replace(OF_VERSION_2, cache=VALKEY)) == (
        "The volume {{ $labels.persistentvolumeclaim }} fills up",
        "last one; the server stops when it is."[-35:],
    )


def test_the_agents_secret_is_among_those_that_are_watched() -> None:
    secrets = f'name=~"{SECRET_NAME}|langfuse-.+"'

    assert rule("LangfuseSecretNotReady")["expr"].count(secrets) == 2


def records(gateway: WatchedGateway = GATEWAY) -> list[tuple[str, dict[str, str], str]]:
    """Name, labels and expression of each recorded series."""
    watched = replace(LEAST, gateway=gateway)
    return [
        (rule["record"], rule.get("labels", {}), rule["expr"])
        for group in groups(watched)
        for rule in group["rules"]
        if "record" in rule
    ]


def test_the_price_table_has_each_kind_that_has_a_price() -> None:
    """Input from a cache without a price of its own costs what other input does."""
    gateway = replace(
        GATEWAY,
        prices={
            "all": ModelPrice(input=2.5, output=10, cached_input=1.25),
            "two": ModelPrice(input=0.5, output=0),
            "answers": ModelPrice(output=3),
        },
        budgets={"research": 10, "ai-agents": 0.5},
    )
    of = {"namespace": "observability"}

    assert [
        (labels, expression)
        for name, labels, expression in records(gateway)
        if name == "agents:price_usd_per_token"
    ] == [
        ({**of, "model": "all", "kind": "input"}, "vector(2.5) / 1e6"),
        ({**of, "model": "all", "kind": "cached"}, "vector(1.25) / 1e6"),
        ({**of, "model": "all", "kind": "output"}, "vector(10) / 1e6"),
        ({**of, "model": "two", "kind": "input"}, "vector(0.5) / 1e6"),
        ({**of, "model": "two", "kind": "cached"}, "vector(0.5) / 1e6"),
        ({**of, "model": "two", "kind": "output"}, "vector(0) / 1e6"),
        ({**of, "model": "answers", "kind": "output"}, "vector(3) / 1e6"),
    ]
    assert [
        (labels, expression)
        for name, labels, expression in records(gateway)
        if name == "agents:budget_usd_per_day"
    ] == [
        ({**of, "tenant": "research"}, "vector(10)"),
        ({**of, "tenant": "ai-agents"}, "vector(0.5)"),
    ]


def test_what_alerts_about_agents_read_is_recorded_and_before_them() -> None:
    for group in groups(replace(LEAST, gateway=GATEWAY)):
        before = {rule["record"] for rule in group["rules"] if "record" in rule}
        first = next((n for n, rule in enumerate(group["rules"]) if "alert" in rule), None)
        if first is not None:
            assert not any("record" in rule for rule in group["rules"][first:])
        read = {
            metric
            for rule in group["rules"]
            for metric, _ in selectors(rule)
            if metric.startswith("agents:")
        }
        assert read - before <= {"agents:price_usd_per_token", "agents:budget_usd_per_day"}


def test_without_prices_nothing_about_cost_is_recorded() -> None:
    names = {name for name, _, _ in records(replace(GATEWAY, prices={}, budgets={}))}

    assert names == {
        "agents:requests:rate5m",
        "agents:errors:ratio_rate5m",
        "agents:request_duration_seconds_bucket:rate5m",
        "agents:request_duration_seconds:p99_5m",
        "agents:spans:increase10m",
    }
    assert records(replace(GATEWAY, scraped=False)) == []


@pytest.mark.parametrize(
    ("limit", "alert", "condition"),
    [
        ({"p99_seconds": 7.5}, "AgentSlow", '{namespace="observability"} > 7.5'),
        ({"error_percent": 2.5}, "AgentErrors", '{namespace="observability"} > 2.5'),
        ({"rate_limit_errors": 7}, "AgentRateLimited", '"", "")) > 7'),
        ({"cost_per_day": 12.5}, "AgentCostHigh", " > 12.5\nunless on (namespace, tenant) "),
        ({"silent_hours": 5}, "AgentSilent", "[77h]))\nunless max by"),
        ({"silent_hours": 5}, "AgentSilent", "[5h]))\nand on (namespace) "),
    ],
)
def test_an_alert_about_agents_has_the_configured_limit(
    limit: dict[str, Any], alert: str, condition: str
) -> None:
    watched = replace(LEAST, gateway=replace(GATEWAY, limits=replace(GATEWAY.limits, **limit)))

    (found,) = (rule["expr"] for rule in rules(watched) if rule["alert"] == alert)
    assert condition in found


def test_the_limits_are_those_of_the_source_by_default() -> None:
    assert AgentLimits() == AgentLimits(
        p99_seconds=10, error_percent=5, rate_limit_errors=10, cost_per_day=100, silent_hours=72
    )


def test_a_certificate_has_the_configured_days() -> None:
    (expiry,) = (
        r["expr"]
        for group in alert_rules.groups(
            EVERYTHING, runbooks=RUNBOOKS, certificate_days=7, alert_labels={}
        )
        for r in group["rules"]
        if r.get("alert") == "LangfuseCertificateExpires"
    )

    assert expiry.endswith("- time() < 7 * 86400")


@pytest.mark.parametrize("labels", [{}, {"team": "platform", "_x9": "", "Team_2": "a.b-c"}])
def test_labels_for_alertmanager_are_accepted(labels: dict[str, str]) -> None:
    assert alert_rules.label_problem(labels) is None


@pytest.mark.parametrize("name", ["alertname", "namespace", "severity", "stack"])
def test_a_label_that_every_alert_has_already_is_refused(name: str) -> None:
    assert alert_rules.label_problem({"team": "platform", name: "x"}) == (
        f"the alert label '{name}' is one that every alert has already"
    )


@pytest.mark.parametrize("name", ["", "example.com/team", "on-call", "2nd", "__name", "té", "a\n"])
def test_a_label_that_prometheus_refuses_is_refused_first(name: str) -> None:
    assert alert_rules.label_problem({name: "x"}) == (
        f"the alert label '{name}' is no name of a Prometheus label: letters, digits and '_', not "
        "starting with a digit or '__'"
    )
