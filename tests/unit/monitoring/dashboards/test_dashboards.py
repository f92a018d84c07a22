"""The Grafana dashboards as Grafana reads them. Does not prove that a Grafana draws them."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import Any, Final

import pytest
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from components.monitoring.alarms import definitions, thresholds
from components.monitoring.alarms.cloudwatch_metrics import Metric
from components.monitoring.alerts import rules as alert_rules
from components.monitoring.alerts.agents import costs, gateway, requests
from components.monitoring.alerts.workload import WINDOW
from components.monitoring.dashboards import database, layout, overview
from components.monitoring.dashboards.panels import limits, promql
from components.monitoring.dashboards.subject import uid
from tests.support import dashboards
from tests.support.dashboards import (
    EXTERNAL,
    IN_CLUSTER,
    LIMITS,
    ON_AWS,
    VERSION_4_IN_CLUSTER,
    VERSION_4_ON_AWS,
    Built,
    built,
)

DASHBOARDS: Final = dashboards.every()

PODS = [
    "Pods",
    "CPU of request",
    "Memory of limit",
    "CPU throttled",
    "Restarts",
    "Out-of-memory kills",
]
PROBE = ["Answered requests from outside", "Answer time by phase"]
BALANCER = ["Response time", "Requests", "Errors by origin", "Targets"]

ROWS: Final = {
    "in-cluster overview": {
        "At a glance": [
            "Pods available",
            "Database",
            "Pods of maximum",
            "Fullest memory",
            "Database volume used",
        ],
        "Pods": PODS,
        "Deliveries": ["Migrations"],
    },
    "in-cluster database": {
        "At a glance": ["Database", "Database volume used", "Fullest memory"],
        "Load": ["CPU of request", "Memory of limit", "Volume"],
        "Trouble": ["CPU throttled", "Restarts", "Out-of-memory kills"],
    },
    "on-aws overview": {
        "At a glance": [
            "Firing alerts",
            "Answers from outside",
            "Pods available",
            "Latency (p95)",
            "Errors",
            "Pods of maximum",
            "Fullest memory",
            "Database storage free",
            "Certificate",
        ],
        "Traffic and latency": [*BALANCER, *PROBE],
        "Pods": PODS,
        "Deliveries": ["Migrations", "Secrets"],
    },
    "on-aws database": {
        "At a glance": [
            "Database CPU",
            "CPU credits",
            "Database memory free",
            "Connections used",
            "Database storage free",
            "Transaction IDs used",
        ],
        "Load": ["Database CPU", "CPU credits", "Database memory free", "Database connections"],
        "Storage": [
            "Database storage free",
            "Disk latency",
            "Disk queue",
            "Disk operations",
            "Disk throughput",
            "Transaction log",
        ],
    },
    "without-endpoint overview": {
        "At a glance": [
            "Firing alerts",
            "Pods available",
            "Pods of maximum",
            "Fullest memory",
            "Database storage free",
        ],
        "Pods": PODS,
        "Deliveries": ["Migrations", "Secrets"],
    },
    "without-endpoint database": {
        "At a glance": [
            "Database CPU",
            "Database memory free",
            "Connections used",
            "Database storage free",
            "Transaction IDs used",
        ],
        "Load": ["Database CPU", "Database memory free", "Database connections"],
        "Storage": [
            "Database storage free",
            "Disk latency",
            "Disk queue",
            "Disk operations",
            "Disk throughput",
            "Transaction log",
        ],
    },
    "external overview": {
        "At a glance": [
            "Answers from outside",
            "Pods available",
            "Answer time",
            "Answered requests",
            "Fullest memory",
            "Certificate",
        ],
        "Traffic and latency": PROBE,
        "Pods": PODS,
        "Deliveries": ["Migrations"],
    },
}

METRICS: Final = {
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
    "AWS/ApplicationELB": {
        "RequestCount": {"Sum"},
        "HTTPCode_ELB_5XX_Count": {"Sum"},
        "HTTPCode_Target_5XX_Count": {"Sum"},
        "TargetResponseTime": {"p50", "p95", "p99"},
        "HealthyHostCount": {"Minimum"},
        "UnHealthyHostCount": {"Maximum"},
    },
    # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html
    "AWS/RDS": {
        "CPUUtilization": {"Average"},
        "CPUCreditBalance": {"Average"},
        "FreeableMemory": {"Average"},
        "FreeStorageSpace": {"Minimum"},
        "DatabaseConnections": {"Maximum"},
        "MaximumUsedTransactionIDs": {"Maximum"},
        "ReadLatency": {"Average"},
        "WriteLatency": {"Average"},
        "ReadIOPS": {"Average"},
        "WriteIOPS": {"Average"},
        "ReadThroughput": {"Average"},
        "WriteThroughput": {"Average"},
        "DiskQueueDepth": {"Average"},
        "TransactionLogsDiskUsage": {"Maximum"},
    },
    # https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.Redis.html
    # https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.HostLevel.html
    "AWS/ElastiCache": {
        "CPUUtilization": {"Average"},
        "EngineCPUUtilization": {"Average"},
        "DatabaseMemoryUsagePercentage": {"Maximum"},
        "Evictions": {"Sum"},
        "CurrConnections": {"Maximum"},
        "CurrItems": {"Maximum"},
        "NetworkBytesOut": {"Sum"},
        "ReplicationLag": {"Maximum"},
        "IsMaster": {"Maximum"},
    },
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html
    "AWS/S3": {"BucketSizeBytes": {"Average"}, "NumberOfObjects": {"Average"}},
    # worker/src/features/queue-metrics-runner/index.ts in langfuse/langfuse
    "Langfuse": {
        "langfuse.queue.ingestion.depth.shard_all.type_waiting": {"Maximum"},
        "langfuse.queue.ingestion.depth.shard_all.type_active": {"Maximum"},
        "langfuse.queue.ingestion.depth.shard_all.type_failed": {"Maximum"},
        "langfuse.queue.ingestion.dlq_oldest_age.shard_all": {"Maximum"},
        "langfuse.queue.ingestion.rate.shard_ingestion-queue.type_completed": {"Sum"},
        "langfuse.queue.otel_ingestion.depth.shard_all.type_waiting": {"Maximum"},
        "langfuse.queue.otel_ingestion.depth.shard_all.type_active": {"Maximum"},
        "langfuse.queue.otel_ingestion.depth.shard_all.type_failed": {"Maximum"},
        "langfuse.queue.otel_ingestion.dlq_oldest_age.shard_all": {"Maximum"},
        "langfuse.queue.otel_ingestion.rate.shard_otel-ingestion-queue.type_completed": {"Sum"},
        "langfuse.queue.clickhouse_writer.rows_dropped": {"Sum"},
        "langfuse.ingestion.project_failure.active_projects": {"Maximum"},
        "langfuse.event_propagation.partition_backlog": {"Maximum"},
    },
}
"""The metrics that AWS documents and workers send, of those there are, and the statistics in use.
"""

BALANCER_ALONE = {"LoadBalancer": ["app/k8s-langfuse/50dc"]}
INSTANCE = {"DBInstanceIdentifier": ["langfuse-1a2b"]}

every_dashboard = pytest.mark.parametrize("name", DASHBOARDS)


def steps(panel: dict[str, Any]) -> list[tuple[float | None, str]]:
    found = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
    return [(step.get("value"), step["color"]) for step in found]


def rules() -> dict[str, dict[str, Any]]:
    """Every alert rule, by name."""
    groups = [
        group
        for subject in (IN_CLUSTER, ON_AWS, VERSION_4_IN_CLUSTER, VERSION_4_ON_AWS)
        for group in alert_rules.groups(
            subject.watched, runbooks="https://x", certificate_days=21, alert_labels={}
        )
    ]
    return {rule["alert"]: rule for g in groups for rule in g["rules"] if "alert" in rule}


def alarms() -> dict[str, definitions.Alarm]:
    """Every alarm of the database and the load balancer, by name."""
    found = [
        *definitions.of_database(LIMITS.thresholds),
        *definitions.of_load_balancer(agents=True),
    ]
    return {alarm.name: alarm for alarm in found}


def about(panel: dict[str, Any]) -> str | None:
    """The alert or alarm whose runbook a panel leads to."""
    links = panel.get("links", [])
    return links[0]["title"].removeprefix("What to do: ") if links else None


def test_each_kind_of_stack_has_exactly_these_panels() -> None:
    assert {name: DASHBOARDS[name].rows for name in DASHBOARDS if "version 4" not in name} == ROWS


def test_an_external_database_has_no_dashboard() -> None:
    assert EXTERNAL.services == []
    with pytest.raises(ValueError, match=r"^an external database has no dashboard$"):
        database.dashboard(EXTERNAL, uid="x", links={})


@every_dashboard
def test_grafanas_own_model_reads_it_and_writes_the_same(name: str) -> None:
    register_default_plugins()
    content = DASHBOARDS[name].content

    read = Dashboard.from_json(content)

    assert json.loads(layout.to_json(read)) == content


def test_the_same_stack_gives_the_same_text_in_a_fixed_order() -> None:
    text, again = (layout.to_json(overview.dashboard(ON_AWS, uid="u", links={})) for _ in range(2))

    assert text == again
    assert text == json.dumps(json.loads(text), sort_keys=True, indent=1)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("in-cluster", [5]),
        ("on-aws", [5, 4]),
        ("without-endpoint", [5]),
        ("external", [6]),
        ("version 4 in-cluster", [5, 5]),
        ("version 4 on-aws", [5, 4, 6]),
        ("version 4 mixed", [6, 4]),
    ],
)
def test_numbers_at_a_glance_are_wide_enough_to_read(name: str, lines: list[int]) -> None:
    stats = [panel for panel in built(name)["overview"].panels if panel["type"] == "stat"]
    found = [panel["gridPos"]["y"] for panel in stats]

    assert [found.count(y) for y in sorted({*found})] == lines


def test_the_frame_is_exactly_this() -> None:
    dashboard = overview.dashboard(ON_AWS, uid="overview-uid", links={"Database": "database-uid"})
    content = json.loads(layout.to_json(dashboard))
    del content["panels"]
    links = [(link["title"], link["url"], link["keepTime"]) for link in content.pop("links")]
    variables = [
        (variable["type"], variable["name"], variable["query"], variable["label"])
        for variable in content.pop("templating")["list"]
    ]
    marks = [
        (mark["name"], mark["enable"], mark["datasource"], mark["expr"])
        for mark in content.pop("annotations")["list"]
    ]

    assert links == [
        ("Database", "/d/database-uid", True),
        ("Troubleshooting", "https://git.example.com/docs/troubleshooting.md", False),
    ]
    assert variables == [
        ("datasource", "prometheus", "prometheus", "Prometheus"),
        ("datasource", "cloudwatch", "cloudwatch", "CloudWatch"),
    ]
    source = {"type": "prometheus", "uid": "${prometheus}"}
    assert marks == [("Rollouts", True, source, promql.rollouts(ON_AWS.watched))]
    assert content == {
        "uid": "overview-uid",
        "title": "Langfuse prod: overview",
        "description": "Is Langfuse up, is it fast, is it near a limit.",
        "tags": ["langfuse", "agent-observability", "prod"],
        "time": {"from": "now-6h", "to": "now"},
        "refresh": "1m",
        "timezone": "browser",
        "graphTooltip": 1,
        "editable": True,
        "fiscalYearStartMonth": 0,
        "schemaVersion": 36,
        "style": "dark",
    }


@pytest.mark.parametrize(
    ("name", "variables"),
    [
        ("in-cluster overview", ["prometheus"]),
        ("in-cluster database", ["prometheus"]),
        ("on-aws overview", ["prometheus", "cloudwatch"]),
        ("on-aws database", ["cloudwatch"]),
        ("without-endpoint overview", ["prometheus", "cloudwatch"]),
        ("without-endpoint database", ["cloudwatch"]),
        ("external overview", ["prometheus"]),
        ("version 4 in-cluster worker", ["prometheus"]),
        ("version 4 on-aws worker", ["prometheus", "cloudwatch"]),
        ("version 4 on-aws clickhouse", ["prometheus"]),
        ("version 4 on-aws cache", ["cloudwatch"]),
        ("version 4 on-aws storage", ["cloudwatch"]),
        ("version 4 on-aws agents", ["prometheus"]),
        ("version 4 on-aws agent-costs", ["prometheus"]),
    ],
)
def test_only_data_sources_that_a_panel_needs_have_to_be_chosen(
    name: str, variables: list[str]
) -> None:
    found = DASHBOARDS[name].content["templating"]["list"]

    assert [variable["name"] for variable in found] == variables


@every_dashboard
def test_no_panel_has_a_data_source_of_its_own_choice(name: str) -> None:
    known = [
        {"type": "prometheus", "uid": "${prometheus}"},
        {"type": "cloudwatch", "uid": "${cloudwatch}"},
    ]
    for panel in DASHBOARDS[name].panels:
        assert panel["datasource"] in known
        assert [target["datasource"] for target in panel["targets"]] == [
            panel["datasource"] for _ in panel["targets"]
        ]
        references = [target["refId"] for target in panel["targets"]]
        assert len(references) == len({*references}) > 0


@every_dashboard
def test_every_panel_says_what_it_shows(name: str) -> None:
    for panel in DASHBOARDS[name].panels:
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert 60 <= len(panel["description"]) <= 260, panel["title"]
        assert panel["description"].endswith(".")


@every_dashboard
def test_panels_are_numbered_and_lie_side_by_side(name: str) -> None:
    panels = DASHBOARDS[name].content["panels"]
    places = [panel["gridPos"] for panel in panels]
    cells = [
        (x, y)
        for place in places
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]

    assert [panel["id"] for panel in panels] == list(range(1, len(panels) + 1))
    assert len(cells) == len({*cells})
    assert {x for x, _ in cells} == set(range(24))


@every_dashboard
def test_every_line_of_panels_is_as_wide_as_the_page(name: str) -> None:
    lines = itertools.groupby(
        (panel["gridPos"] for panel in DASHBOARDS[name].content["panels"]), lambda p: p["y"]
    )

    assert {sum(place["w"] for place in line) for _, line in lines} == {24}


def test_a_dashboards_identity_is_short_and_another_stacks_is_another() -> None:
    assert uid("overview", "agent-observability/prod") == "langfuse-overview-67da345d"
    assert uid("overview", "agent-observability/dev") != uid("overview", "agent-observability/prod")
    assert len(uid("database", "x" * 500)) == 26


@every_dashboard
def test_an_alerts_name_is_one_that_exists_and_leads_to_its_runbook(name: str) -> None:
    for panel in DASHBOARDS[name].panels:
        alert = about(panel)
        if alert is None:
            assert "Runbook" not in panel["description"]
            continue
        assert alert in {*alert_rules.NAMES, *definitions.NAMES}
        assert panel["description"].endswith(f" Runbook: {alert}.")
        (link,) = panel["links"]
        assert link["url"] == f"https://git.example.com/docs/troubleshooting.md#{alert.lower()}"
        assert link["targetBlank"] is True


def test_red_is_for_what_needs_action_at_once() -> None:
    severities = {name: rule["labels"]["severity"] for name, rule in rules().items()}
    for dashboard in DASHBOARDS.values():
        for panel in dashboard.panels:
            alert = about(panel)
            defaults = panel["fieldConfig"]["defaults"]
            states = [
                result["color"]
                for mapping in defaults.get("mappings", [])
                for result in mapping["options"].values()
            ]
            red = "red" in {*states, *(colour for _, colour in steps(panel))}
            if alert in severities:
                assert red == (severities[alert] == "critical"), panel["title"]


@pytest.mark.parametrize(
    ("alert", "condition"),
    [
        ("LangfuseDown", " == 0"),
        ("LangfuseProbeFailing", f" < {limits.PROBE_SUCCESS}"),
        ("LangfuseProbeSlow", f" > {limits.PROBE_SECONDS}"),
        ("LangfusePodRestarts", f" >= {limits.RESTARTS}"),
        ("LangfusePodRestarts", f"[{WINDOW}]"),
        ("LangfuseOutOfMemory", f"[{WINDOW}]"),
        ("LangfuseCpuThrottled", f" > {limits.THROTTLED}"),
        ("LangfuseCacheFilling", f" > {limits.CACHE_FULL}"),
        ("LangfuseClickHouseManyParts", f" > {limits.PARTS}"),
        ("LangfuseClickHouseReplicationLag", f" > {limits.LAG_SECONDS}"),
        ("LangfuseClickHouseOutOfMemory", f" >= {limits.MEMORY_FAILURES}"),
        ("LangfuseClickHouseOutOfMemory", "[30m]"),
        ("LangfuseVolumeFilling", f" < {round(1 - limits.VOLUME_USED, 9)}\n"),
        ("AgentTraceQueueFilling", f" > {gateway.QUEUE_FULL}"),
        ("AgentTracesLost", f"[{gateway.LOST_WINDOW}]"),
        ("AgentTracesRefused", f"[{gateway.REFUSED_WINDOW}]"),
        ("AgentRateLimited", f"[{requests.RATE_LIMIT_WINDOW}]"),
        ("AgentBudgetNear", f" >= {costs.NEAR} < 1"),
    ],
)
def test_a_limit_is_the_alerts_own(alert: str, condition: str) -> None:
    assert condition in rules()[alert]["expr"]


GOOD, WARNING, CRITICAL = "dark-green", "orange", "red"

STEPS: Final = {
    "in-cluster overview": {
        "Pods available": [(None, CRITICAL), (0.001, WARNING), (1, GOOD)],
        "Pods of maximum": [(None, GOOD), (1, WARNING)],
        "Fullest memory": [(None, GOOD), (0.9, WARNING)],
        "Database volume used": [(None, GOOD), (0.8, WARNING)],
        "CPU throttled": [(None, GOOD), (0.25, WARNING)],
        "Restarts": [(None, GOOD), (3, WARNING)],
        "Out-of-memory kills": [(None, GOOD), (1, WARNING)],
        "Pods": [(None, "blue")],
    },
    "external overview": {
        "Answer time": [(None, GOOD), (2, WARNING)],
        "Answered requests": [(None, CRITICAL), (0.5, WARNING), (0.999, GOOD)],
        "Certificate": [(None, WARNING), (21, GOOD)],
        "Answer time by phase": [(None, GOOD), (2, WARNING)],
        "Answered requests from outside": [(None, CRITICAL), (0.5, GOOD)],
    },
    "on-aws overview": {"Firing alerts": [(None, GOOD), (1, WARNING)]},
    "on-aws database": {"Transaction IDs used": [(None, GOOD), (1_000_000_000, WARNING)]},
}


@pytest.mark.parametrize(
    ("name", "title", "expected"),
    [(name, title, found) for name, titles in STEPS.items() for title, found in titles.items()],
)
def test_a_panel_turns_at_exactly_these_values(
    name: str, title: str, expected: list[tuple[float | None, str]]
) -> None:
    assert steps(DASHBOARDS[name].panel(title)) == expected


@pytest.mark.parametrize(
    ("name", "title", "alarm"),
    [
        ("on-aws overview", "Latency (p95)", "LoadBalancerLatency"),
        ("on-aws overview", "Response time", "LoadBalancerLatency"),
        ("on-aws overview", "Errors", "LoadBalancerErrors"),
        ("on-aws overview", "Errors by origin", "LoadBalancerErrors"),
        ("on-aws overview", "Database storage free", "DatabaseStorage"),
        ("on-aws database", "Database CPU", "DatabaseCpu"),
        ("on-aws database", "CPU credits", "DatabaseBurstCredits"),
        ("on-aws database", "Database memory free", "DatabaseMemory"),
        ("on-aws database", "Database storage free", "DatabaseStorage"),
        ("on-aws database", "Database connections", "DatabaseConnections"),
    ],
)
def test_a_panel_shows_the_alarms_metric_and_turns_at_its_value(
    name: str, title: str, alarm: str
) -> None:
    panel, watched = DASHBOARDS[name].panel(title), alarms()[alarm]
    shown = {
        (target["metricName"], target["statistic"])
        for target in panel["targets"]
        if "metricName" in target
    }
    metrics = {
        (series.name, series.statistic)
        for series in watched.series.values()
        if isinstance(series, Metric)
    }

    assert about(panel) == alarm
    assert [value for value, _ in steps(panel)] == [None, watched.threshold]
    assert (steps(panel)[-1][1] == GOOD) == (watched.comparison == "LessThanThreshold")
    assert shown & metrics
    assert shown - metrics <= {("TargetResponseTime", "p50"), ("TargetResponseTime", "p99")}


def test_connections_are_shown_against_what_the_server_admits() -> None:
    dashboard = DASHBOARDS["on-aws database"]
    stat, graph = dashboard.panel("Connections used"), dashboard.panel("Database connections")

    assert (LIMITS.max_connections, LIMITS.thresholds.connections) == (388, 310)
    assert [target.get("expression") for target in stat["targets"]] == [None, "connections / 388"]
    assert steps(stat) == [(None, GOOD), (310 / 388, WARNING)]
    assert [target.get("expression") for target in graph["targets"]] == [None, "TIME_SERIES(388)"]
    assert steps(graph) == [(None, GOOD), (310, WARNING)]


def test_without_known_limits_the_database_still_has_its_graphs() -> None:
    plain = replace(ON_AWS, database_limits=None)
    dashboard = Built(json.loads(layout.to_json(database.dashboard(plain, uid="u", links={}))))

    assert dashboard.rows["At a glance"] == [
        "Database CPU",
        "Database memory free",
        "Database storage free",
        "Transaction IDs used",
    ]
    assert steps(dashboard.panel("Database storage free")) == [(None, "blue")]


def test_cloudwatch_is_asked_for_documented_metrics_alone() -> None:
    asked = dict[str, dict[str, set[str]]]()
    for dashboard in DASHBOARDS.values():
        for target in dashboard.targets("cloudwatch"):
            if "metricName" in target:
                metrics = asked.setdefault(target["namespace"], {})
                metrics.setdefault(target["metricName"], set()).add(target["statistic"])

    assert asked == METRICS


def test_a_metric_is_of_this_stacks_instance_and_load_balancer() -> None:
    for dashboard in built("on-aws").values():
        for target in dashboard.targets("cloudwatch"):
            assert target["region"] == "ap-northeast-2"
            if "metricName" not in target:
                continue
            expected = INSTANCE if target["namespace"] == "AWS/RDS" else BALANCER_ALONE
            if target["metricName"].endswith("HostCount"):
                expected = {**BALANCER_ALONE, "TargetGroup": ["*"]}
            assert target["dimensions"] == expected
            assert target["matchExact"] is True
            assert target["metricQueryType"] == target["metricEditorMode"] == 0
            five_minutes = target["metricName"] == "CPUCreditBalance"
            assert target["period"] == ("300" if five_minutes else "")


def test_metric_math_refers_to_queries_before_it_and_shows_only_results() -> None:
    shown = {
        panel["title"]: [
            (target["id"], target.get("expression"))
            for target in panel["targets"]
            if not target["hide"]
        ]
        for panel in built("on-aws")["overview"].panels
        if any("expression" in target for target in panel["targets"])
    }
    hidden = {
        target["id"]: target.get("expression", target.get("metricName"))
        for target in built("on-aws")["overview"].panel("Errors by origin")["targets"]
        if target["hide"]
    }

    assert shown == {
        "Errors": [("errors", "100 * FILL(all_errors, 0) / all_requests")],
        "Requests": [("rate", "FILL(requests, 0) / PERIOD(requests)")],
        "Errors by origin": [
            ("elb", "100 * FILL(elb_errors, 0) / all_requests"),
            ("langfuse", "100 * FILL(target_errors, 0) / all_requests"),
        ],
    }
    assert hidden == {
        "requests": "RequestCount",
        "elb_errors": "HTTPCode_ELB_5XX_Count",
        "target_errors": "HTTPCode_Target_5XX_Count",
        "all_errors": "SUM([elb_errors, target_errors])",
        "all_requests": "MAX([requests, all_errors])",
    }


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Latency (p95)", "no requests"),
        ("Errors", "0%"),
        ("Response time", "no requests"),
        ("Requests", "no requests"),
        ("Errors by origin", "0%"),
        ("Certificate", "no TLS"),
    ],
)
def test_where_no_data_is_normal_the_panel_says_so(title: str, expected: str) -> None:
    panel = DASHBOARDS["on-aws overview"].panel(title)

    assert panel["fieldConfig"]["defaults"]["noValue"] == expected


@pytest.mark.parametrize(
    ("name", "title", "states"),
    [
        ("on-aws overview", "Answers from outside", {"1": ("Up", GOOD), "0": ("Down", CRITICAL)}),
        ("in-cluster overview", "Database", {"1": ("Up", GOOD), "0": ("Down", CRITICAL)}),
        (
            "on-aws overview",
            "Migrations",
            {"0": ("Running", "blue"), "1": ("Complete", GOOD), "2": ("Failed", WARNING)},
        ),
        ("on-aws overview", "Secrets", {"1": ("Ready", GOOD), "0": ("Not ready", WARNING)}),
    ],
)
def test_a_number_that_means_a_state_is_shown_as_words(
    name: str, title: str, states: dict[str, tuple[str, str]]
) -> None:
    (mapping,) = DASHBOARDS[name].panel(title)["fieldConfig"]["defaults"]["mappings"]

    assert mapping["type"] == "value"
    assert {
        value: (result["text"], result["color"]) for value, result in mapping["options"].items()
    } == states


def test_every_dashboard_fits_into_a_config_map_many_times() -> None:
    sizes = [len(json.dumps(dashboard.content)) for dashboard in DASHBOARDS.values()]

    assert max(sizes) < 2**20 / 10


def test_the_thresholds_of_a_database_are_those_of_its_alarms() -> None:
    assert LIMITS.thresholds == thresholds.of_database(
        instance_class="db.t4g.medium", storage_gib=100, max_storage_gib=None
    )
    with pytest.raises(ValueError, match=r"db\.x99\.large"):
        limits.of_database(instance_class="db.x99.large", storage_gib=20, max_storage_gib=None)
