"""The dashboards of what Langfuse needs from version 3 on, as Grafana reads them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest

from components.monitoring.alarms import cache as cache_alarms
from components.monitoring.alarms import definitions, queues, thresholds
from components.monitoring.alarms.cloudwatch_metrics import Metric
from components.monitoring.dashboards import (
    agent_costs,
    agents,
    cache,
    clickhouse,
    gateway,
    storage,
    worker,
)
from tests.support import dashboards
from tests.support.dashboards import (
    EXTERNAL,
    VERSION_4_IN_CLUSTER,
    VERSION_4_MIXED,
    VERSION_4_ON_AWS,
)
from tests.unit.monitoring.dashboards.test_dashboards import (
    PODS,
    ROWS,
    about,
    steps,
)

DASHBOARDS: Final = {
    name.removeprefix("version 4 "): dashboard
    for name, dashboard in dashboards.every().items()
    if name.startswith("version 4 ")
}

ALL: Final = ["database", "worker", "clickhouse", "cache", "storage"]
USAGE: Final = ["CPU of request", "Memory of limit", "Volume"]
TROUBLE: Final = ["CPU throttled", "Restarts", "Out-of-memory kills"]
OWN: Final = {
    "Writes": ["Rows written", "Failed inserts", "Inserts slowed and refused"],
    "Parts and merges": ["Parts of a partition", "Merges and changes", "All parts"],
    "Queries": ["Queries", "Time of a query", "Queries without memory"],
    "Memory and disk": ["Memory of ClickHouse", "Disk"],
}
CACHE: Final = {
    "At a glance": ["Cache CPU", "Cache memory", "Cache evictions", "Cache connections"],
    "Load": ["Cache CPU", "Cache connections", "Cache traffic"],
    "Data": ["Cache memory", "Cache items", "Cache evictions"],
}
BUCKETS: Final = {"Buckets": ["Size of buckets", "Objects in buckets"]}


def with_services(rows: dict[str, list[str]], services: list[str]) -> dict[str, list[str]]:
    """An overview with one more line after the first one."""
    first, *others = rows.items()
    return dict([first, ("Services", services), *others])


GATEWAY: Final = {
    "At a glance": [
        "Gateway",
        "Spans lost",
        "Spans refused",
        "Queue filled",
        "Fullest memory",
        "Gateway volume used",
    ],
    "Traces": ["Spans", "Spans lost", "Spans refused"],
    "Queue and answers": ["Queue filled", "Waiting for Langfuse", "Answers to agents"],
    "Metrics of agents": ["Not counted", "Memory of the gateway"],
    "Pods": USAGE,
    "Trouble": TROUBLE,
}
OVERVIEW: Final = {
    "At a glance": [
        "Requests",
        "Successful requests",
        "Slowest answers (p99)",
        "Tokens",
        "Active agents",
    ],
    "Requests": [
        "Requests by agent",
        "Failed requests by agent",
        "Answer time",
        "Slowest answers (p99)",
    ],
    "Slowest and failing operations": ["Slowest operations", "Failing operations"],
    "Models": ["Calls by model", "Tokens by kind", "Refused calls by model"],
    "Agents and their namespaces": [
        "Requests by namespace",
        "Input tokens by agent",
        "Output tokens by agent",
    ],
}
AGENTS: Final = {
    "in-cluster gateway": {
        "At a glance": ["Gateway", "Fullest memory", "Gateway volume used"],
        "Pods": USAGE,
        "Trouble": TROUBLE,
    },
    "on-aws gateway": {**GATEWAY, "Traces": [*GATEWAY["Traces"], "Copies lost"]},
    "on-aws agents": {
        **OVERVIEW,
        "At a glance": [
            *OVERVIEW["At a glance"][:-1],
            "Cost of 24 hours",
            *OVERVIEW["At a glance"][-1:],
        ],
    },
    "on-aws agent-costs": {
        "At a glance (estimates)": ["Cost of 24 hours", "Budget spent", "Models without price"],
        "Who spends (estimates)": ["Cost of 24 hours by namespace", "Budget spent"],
        "What for (estimates)": [
            "Cost of 24 hours by agent",
            "Cost of 24 hours by model",
            "Tokens of 24 hours by kind",
        ],
        "Where the estimate comes from": ["Prices", "Cost that agents report"],
    },
    "mixed gateway": GATEWAY,
    "mixed agents": OVERVIEW,
}

NEW: Final = {
    "in-cluster overview": with_services(
        ROWS["in-cluster overview"],
        ["Workers available", "ClickHouse", "Cache", "Object store", "Gateway"],
    ),
    "in-cluster database": ROWS["in-cluster database"],
    "in-cluster worker": {"At a glance": ["Workers available", "Fullest memory"], "Pods": PODS},
    "in-cluster clickhouse": {
        "At a glance": ["ClickHouse", "ClickHouse volume used", "Fullest memory"],
        "Servers": [*USAGE, *TROUBLE],
    },
    "in-cluster cache": {
        "At a glance": ["Cache", "Cache filled", "Cache volume used", "Fullest memory"],
        "Load": ["CPU of request", "Memory of limit", "Cache filled", "Volume"],
        "Trouble": TROUBLE,
    },
    "in-cluster storage": {
        "At a glance": ["Object store", "Object store volume used", "Fullest memory"],
        "Load": USAGE,
        "Trouble": TROUBLE,
    },
    "on-aws overview": with_services(
        ROWS["on-aws overview"],
        ["Workers available", "Jobs waiting", "ClickHouse", "Keepers", "Cache memory", "Gateway"],
    ),
    "on-aws database": ROWS["on-aws database"],
    "on-aws worker": {
        "At a glance": [
            "Workers available",
            "Workers of maximum",
            "Fullest memory",
            "Jobs waiting",
            "Failed jobs",
            "Rows dropped",
        ],
        "Queues": [
            "Jobs waiting",
            "Jobs in work",
            "Jobs completed",
            "Periods to copy",
            "Failed jobs",
            "Oldest failed job",
            "Projects with failures",
            "Rows dropped",
        ],
        "Pods": PODS,
    },
    "on-aws clickhouse": {
        "At a glance": [
            "ClickHouse",
            "Keepers",
            "Failed inserts",
            "Read-only tables",
            "ClickHouse volume used",
            "Fullest memory",
            "Parts of a partition",
            "Replication lag",
            "Since the last backup",
        ],
        **OWN,
        "Replication": [
            "Replication lag",
            "Replication queue",
            "Read-only tables",
            "Connections to Keepers lost",
            "Answer time of Keepers",
            "Leader of Keepers",
        ],
        "Servers: ready": ["Ready"],
        "Servers": [*USAGE, *TROUBLE],
        "Keepers: ready": ["Ready"],
        "Keepers": [*USAGE, *TROUBLE],
    },
    "on-aws cache": {**CACHE, "Replication": ["Cache replication lag", "Cache primary"]},
    "on-aws storage": BUCKETS,
    "mixed overview": with_services(
        ROWS["external overview"],
        ["Workers available", "ClickHouse", "Cache memory", "Gateway"],
    ),
    "mixed worker": {
        "At a glance": ["Workers available", "Workers of maximum", "Fullest memory"],
        "Pods": PODS,
    },
    "mixed clickhouse": {
        "At a glance": [
            "ClickHouse",
            "Failed inserts",
            "ClickHouse volume used",
            "Fullest memory",
            "Parts of a partition",
        ],
        **OWN,
        "Servers": [*USAGE, *TROUBLE],
    },
    "mixed cache": CACHE,
    "mixed storage": BUCKETS,
    **AGENTS,
}

GOOD, WARNING, CRITICAL = "dark-green", "orange", "red"

STEPS: Final = {
    "in-cluster cache": {
        "Cache filled": [(None, GOOD), (0.75, WARNING)],
        "Cache volume used": [(None, GOOD), (0.8, WARNING)],
    },
    "in-cluster clickhouse": {"ClickHouse volume used": [(None, GOOD), (0.8, WARNING)]},
    "in-cluster storage": {"Object store volume used": [(None, GOOD), (0.8, WARNING)]},
    "on-aws worker": {
        "Workers available": [(None, CRITICAL), (0.001, WARNING), (1, GOOD)],
        "Workers of maximum": [(None, GOOD), (1, WARNING)],
    },
    "on-aws clickhouse": {
        "ClickHouse": [(None, CRITICAL), (1, WARNING), (3, GOOD)],
        "Keepers": [(None, CRITICAL), (2, WARNING), (3, GOOD)],
        "Failed inserts": [(None, GOOD), (1, CRITICAL)],
        "Read-only tables": [(None, GOOD), (1, CRITICAL)],
        "Parts of a partition": [(None, GOOD), (500, WARNING)],
        "Replication lag": [(None, GOOD), (300, WARNING)],
        "Inserts slowed and refused": [(None, GOOD), (1, WARNING)],
        "Queries without memory": [(None, GOOD), (3, WARNING)],
        "Since the last backup": [(None, "blue")],
    },
    "in-cluster gateway": {"Gateway": [(None, CRITICAL), (1, GOOD)]},
    "on-aws gateway": {
        "Gateway": [(None, CRITICAL), (1, WARNING), (2, GOOD)],
        "Spans lost": [(None, GOOD), (1, CRITICAL)],
        "Spans refused": [(None, GOOD), (1, WARNING)],
        "Queue filled": [(None, GOOD), (0.5, WARNING)],
        "Copies lost": [(None, GOOD), (1, WARNING)],
        "Not counted": [(None, GOOD), (1, WARNING)],
    },
    "on-aws agents": {
        "Successful requests": [(None, WARNING), (0.95, GOOD)],
        "Slowest answers (p99)": [(None, GOOD), (10, WARNING)],
        "Failed requests by agent": [(None, GOOD), (5, WARNING)],
        "Refused calls by model": [(None, GOOD), (10, WARNING)],
    },
    "on-aws agent-costs": {
        "Budget spent": [(None, GOOD), (0.8, WARNING), (1, WARNING)],
        "Models without price": [(None, GOOD), (1, WARNING)],
        "Cost of 24 hours by namespace": [(None, GOOD), (100, WARNING)],
    },
}


def expressions(panel: dict[str, Any]) -> list[tuple[str, str | None, bool]]:
    """Of each query its id, what it computes or reads, and whether it is drawn."""
    return [
        (target["id"], target.get("expression", target.get("metricName")), not target["hide"])
        for target in panel["targets"]
    ]


def dimensions(name: str, namespace: str) -> list[dict[str, list[str]]]:
    """The different dimensions of one namespace's metrics, in order."""
    found: list[dict[str, list[str]]] = []
    for target in DASHBOARDS[name].targets("cloudwatch"):
        if target.get("namespace") == namespace and target["dimensions"] not in found:
            assert target["matchExact"] is True
            assert target["region"] == "ap-northeast-2"
            found.append(target["dimensions"])
    return found


def test_each_kind_of_stack_has_exactly_these_panels() -> None:
    assert {name: dashboard.rows for name, dashboard in DASHBOARDS.items()} == NEW


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (worker.dashboard, "a Langfuse without workers has no dashboard of them"),
        (clickhouse.dashboard, "an external ClickHouse has no dashboard"),
        (cache.dashboard, "an external cache has no dashboard"),
        (storage.dashboard, "an external object store has no dashboard"),
        (gateway.dashboard, "a stack without a gateway has no dashboard of it"),
        (
            agents.dashboard,
            "a stack whose Prometheus reads no gateway has no dashboard of agents",
        ),
        (agent_costs.dashboard, "a stack without prices has no dashboard of costs"),
    ],
)
def test_what_a_stack_does_not_have_has_no_dashboard(build: Any, message: str) -> None:  # noqa: ANN401
    with pytest.raises(ValueError, match=f"^{message}$"):
        build(EXTERNAL, uid="x", links={})


@pytest.mark.parametrize(
    ("name", "title", "expected"),
    [(name, title, found) for name, titles in STEPS.items() for title, found in titles.items()],
)
def test_a_panel_turns_at_exactly_these_values(
    name: str, title: str, expected: list[tuple[float | None, str]]
) -> None:
    assert steps(DASHBOARDS[name].panel(title)) == expected


def alarms(node_type: str, nodes: int) -> dict[str, definitions.Alarm]:
    found = [
        *cache_alarms.of_cache(thresholds.of_cache(node_type), nodes=nodes),
        *queues.of_queues(),
        queues.of_dropped_rows(logged=False),
    ]
    return {alarm.name: alarm for alarm in found}


@pytest.mark.parametrize(
    ("name", "title", "alarm", "shown"),
    [
        ("on-aws cache", "Cache CPU", "CacheCpu", 45),
        ("mixed cache", "Cache CPU", "CacheCpu", 90),
        ("on-aws cache", "Cache memory", "CacheMemory", 75),
        ("on-aws cache", "Cache evictions", "CacheEvictions", 1),
        ("on-aws worker", "Jobs waiting", "QueueBacklog", 10_000),
        ("on-aws worker", "Failed jobs", "QueueDeadLetters", 1),
        ("on-aws worker", "Projects with failures", "IngestionFails", 1),
        ("on-aws worker", "Periods to copy", "EventPropagationBehind", 20),
        ("on-aws worker", "Rows dropped", "RowsDropped", 1),
    ],
)
def test_a_panel_shows_the_alarms_metrics_and_turns_at_its_value(
    name: str, title: str, alarm: str, shown: float
) -> None:
    many = name == "on-aws cache"
    watched = alarms("cache.t4g.medium" if many else "cache.r7g.xlarge", 2 if many else 1)[alarm]
    metrics = {
        (series.name, series.statistic)
        for series in watched.series.values()
        if isinstance(series, Metric)
    }
    panels = [panel for panel in DASHBOARDS[name].panels if panel["title"] == title]

    assert len(panels) in {1, 2}
    for panel in panels:
        assert about(panel) == alarm
        # An alarm about more than none is a threshold of one here.
        assert steps(panel) == [(None, GOOD), (watched.threshold or 1, WARNING)]
        assert steps(panel)[1][0] == shown
        assert {
            (target["metricName"], target["statistic"])
            for target in panel["targets"]
            if "metricName" in target
        } == metrics


@pytest.mark.parametrize(
    ("name", "title", "alert"),
    [
        ("on-aws overview", "Workers available", "LangfuseWorkerDown"),
        ("on-aws overview", "Keepers", "LangfuseKeeperQuorumLost"),
        ("on-aws worker", "Workers of maximum", "LangfuseAutoscalerAtMaximum"),
        ("on-aws worker", "Oldest failed job", "QueueDeadLetters"),
        ("on-aws worker", "Jobs completed", "QueueNotConsumed"),
        ("on-aws worker", "Jobs in work", None),
        ("on-aws clickhouse", "ClickHouse", "LangfuseClickHouseDown"),
        ("on-aws clickhouse", "Failed inserts", "LangfuseClickHouseInsertsFail"),
        ("on-aws clickhouse", "Read-only tables", "LangfuseClickHouseReadOnly"),
        ("on-aws clickhouse", "Parts of a partition", "LangfuseClickHouseManyParts"),
        ("on-aws clickhouse", "Inserts slowed and refused", "LangfuseClickHouseManyParts"),
        ("on-aws clickhouse", "Replication lag", "LangfuseClickHouseReplicationLag"),
        ("on-aws clickhouse", "Queries without memory", "LangfuseClickHouseOutOfMemory"),
        ("on-aws clickhouse", "Memory of ClickHouse", "LangfuseClickHouseOutOfMemory"),
        ("on-aws clickhouse", "Disk", "LangfuseVolumeFilling"),
        ("on-aws clickhouse", "Ready", "LangfuseClickHouseReplicaMissing"),
        ("on-aws clickhouse", "Since the last backup", "LangfuseClickHouseBackupFailed"),
        ("on-aws cache", "Cache primary", "CacheFailover"),
        ("in-cluster cache", "Cache", "LangfuseCacheDown"),
        ("in-cluster cache", "Cache filled", "LangfuseCacheFilling"),
        ("in-cluster cache", "Cache volume used", "LangfuseVolumeFilling"),
        ("in-cluster storage", "Object store", "LangfuseStorageDown"),
    ],
)
def test_a_panel_leads_to_the_runbook_about_it(name: str, title: str, alert: str | None) -> None:
    assert about(DASHBOARDS[name].panel(title)) == alert


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("in-cluster clickhouse", [3]),
        ("mixed clickhouse", [5]),
        ("on-aws clickhouse", [5, 4]),
        ("on-aws worker", [6]),
        ("on-aws cache", [4]),
    ],
)
def test_numbers_at_a_glance_are_wide_enough_to_read(name: str, lines: list[int]) -> None:
    stats = [panel for panel in DASHBOARDS[name].panels if panel["type"] == "stat"]
    found = [panel["gridPos"]["y"] for panel in stats]

    assert [found.count(y) for y in sorted({*found})] == lines


def test_a_metric_is_of_this_stacks_nodes_and_buckets_and_of_no_dimension_in_queues() -> None:
    nodes = [{"CacheClusterId": ["langfuse-001"]}, {"CacheClusterId": ["langfuse-002"]}]

    assert dimensions("on-aws cache", "AWS/ElastiCache") == nodes
    assert dimensions("on-aws overview", "AWS/ElastiCache") == nodes
    assert dimensions("mixed cache", "AWS/ElastiCache") == nodes[:1]
    assert dimensions("on-aws worker", "Langfuse") == [{}]
    assert dimensions("on-aws storage", "AWS/S3") == [
        {"BucketName": ["events-1a2b"], "StorageType": ["StandardStorage"]},
        {"BucketName": ["media-1a2b"], "StorageType": ["StandardStorage"]},
        {"BucketName": ["events-1a2b"], "StorageType": ["AllStorageTypes"]},
        {"BucketName": ["media-1a2b"], "StorageType": ["AllStorageTypes"]},
    ]


def test_a_bucket_for_everything_is_one_series() -> None:
    size, objects = DASHBOARDS["mixed storage"].panels

    assert [target["label"] for target in size["targets"]] == ["events and exports, media"]
    assert [target["label"] for target in objects["targets"]] == ["events and exports, media"]


def test_buckets_are_shown_over_months_of_one_figure_a_day() -> None:
    for panel in DASHBOARDS["on-aws storage"].panels:
        assert panel["timeFrom"] == "90d"
        assert [target["period"] for target in panel["targets"]] == ["86400", "86400"]
        assert panel["fieldConfig"]["defaults"]["noValue"] == "not yet counted"
    others = [panel for panel in DASHBOARDS["on-aws cache"].panels if "timeFrom" in panel]

    assert others == []


def test_at_a_glance_is_the_busiest_node_and_the_sum_of_queues() -> None:
    waiting = DASHBOARDS["on-aws overview"].panel("Jobs waiting")
    failed = DASHBOARDS["on-aws worker"].panel("Failed jobs")
    memory = DASHBOARDS["on-aws overview"].panel("Cache memory")
    alone = DASHBOARDS["mixed overview"].panel("Cache memory")
    dropped = DASHBOARDS["on-aws worker"].panel("Rows dropped")

    assert expressions(waiting) == [
        ("ingestion", "langfuse.queue.ingestion.depth.shard_all.type_waiting", False),
        ("otel", "langfuse.queue.otel_ingestion.depth.shard_all.type_waiting", False),
        ("waiting", "SUM([ingestion, otel])", True),
    ]
    assert expressions(failed)[-1] == ("failed", "SUM([ingestion, otel])", True)
    assert expressions(memory) == [
        ("node1", "DatabaseMemoryUsagePercentage", False),
        ("node2", "DatabaseMemoryUsagePercentage", False),
        ("most", "MAX([node1, node2])", True),
    ]
    assert expressions(alone) == [("node1", "DatabaseMemoryUsagePercentage", True)]
    assert expressions(dropped) == [
        ("rows", "langfuse.queue.clickhouse_writer.rows_dropped", False),
        ("dropped", "FILL(rows, 0)", True),
    ]


def test_counts_are_shown_by_the_second() -> None:
    completed = DASHBOARDS["on-aws worker"].panel("Jobs completed")
    traffic = DASHBOARDS["on-aws cache"].panel("Cache traffic")
    rate = "langfuse.queue.{}.rate.shard_{}.type_completed"

    assert expressions(completed) == [
        ("ingestiondone", rate.format("ingestion", "ingestion-queue"), False),
        ("oteldone", rate.format("otel_ingestion", "otel-ingestion-queue"), False),
        ("ingestion", "FILL(ingestiondone, 0) / PERIOD(ingestiondone)", True),
        ("otel", "FILL(oteldone, 0) / PERIOD(oteldone)", True),
    ]
    assert expressions(traffic) == [
        ("node1", "NetworkBytesOut", False),
        ("node2", "NetworkBytesOut", False),
        ("rate1", "node1 / PERIOD(node1)", True),
        ("rate2", "node2 / PERIOD(node2)", True),
    ]


@pytest.mark.parametrize(
    ("name", "title", "states"),
    [
        ("in-cluster clickhouse", "ClickHouse", {"1": ("Up", GOOD), "0": ("Down", CRITICAL)}),
        ("in-cluster cache", "Cache", {"1": ("Up", GOOD), "0": ("Down", CRITICAL)}),
        ("in-cluster storage", "Object store", {"1": ("Up", GOOD), "0": ("Down", CRITICAL)}),
        ("on-aws clickhouse", "Ready", {"1": ("Ready", GOOD), "0": ("Not ready", WARNING)}),
        (
            "on-aws clickhouse",
            "Leader of Keepers",
            {"1": ("Leader", GOOD), "0": ("Follower", "blue")},
        ),
        ("on-aws cache", "Cache primary", {"1": ("Primary", GOOD), "0": ("Replica", "blue")}),
    ],
)
def test_a_number_that_means_a_state_is_shown_as_words(
    name: str, title: str, states: dict[str, tuple[str, str]]
) -> None:
    (mapping,) = DASHBOARDS[name].panel(title)["fieldConfig"]["defaults"]["mappings"]

    assert {
        value: (result["text"], result["color"]) for value, result in mapping["options"].items()
    } == states


@pytest.mark.parametrize(
    ("name", "title", "expected"),
    [
        ("in-cluster clickhouse", "ClickHouse volume used", "not reported"),
        ("on-aws clickhouse", "Since the last backup", "none yet"),
        ("on-aws worker", "Jobs waiting", "not sent"),
        ("on-aws worker", "Rows dropped", "0"),
    ],
)
def test_where_no_data_is_normal_the_panel_says_so(name: str, title: str, expected: str) -> None:
    panel = DASHBOARDS[name].panel(title)

    assert panel["fieldConfig"]["defaults"]["noValue"] == expected


def test_a_volume_of_several_is_named_by_its_claim() -> None:
    one = DASHBOARDS["in-cluster clickhouse"].panel("Volume")
    three = DASHBOARDS["on-aws clickhouse"].panel("Volume")

    assert [target["legendFormat"] for target in one["targets"]] == ["free", "size"]
    assert [target["legendFormat"] for target in three["targets"]] == [
        "free {{persistentvolumeclaim}}",
        "size",
    ]


@pytest.mark.parametrize(
    ("subject", "services"),
    [
        (VERSION_4_IN_CLUSTER, [*ALL, "gateway"]),
        (VERSION_4_ON_AWS, [*ALL, "gateway", "agents", "agent-costs"]),
        (VERSION_4_MIXED, [*ALL[1:], "gateway", "agents"]),
        (replace(VERSION_4_MIXED, aws=None), ["worker", "clickhouse", "gateway", "agents"]),
    ],
)
def test_what_has_metrics_has_a_dashboard(subject: Any, services: list[str]) -> None:  # noqa: ANN401
    assert subject.services == services
