"""When each alarm fires: its metrics against AWS's documentation, its formulas on figures.

Does not prove that CloudWatch reads a formula as ``tests/support/metric_math.py`` does.
"""

from __future__ import annotations

import re

import pytest

from components.monitoring import queue_metrics, runbooks
from components.monitoring.alarms import cache, definitions, queues
from components.monitoring.alarms import thresholds as alarm_thresholds
from components.monitoring.alarms.cloudwatch_metrics import (
    DIMENSIONS,
    NAMESPACES,
    Alarm,
    Formula,
    Metric,
    Query,
)
from stacks.stack_files import ROOT
from tests.support.metric_math import Figure, compared

THRESHOLDS = alarm_thresholds.of_database(
    instance_class="db.t4g.medium", storage_gib=100, max_storage_gib=500
)
ALARMS = {
    alarm.name: alarm
    for alarm in (
        *definitions.of_database(THRESHOLDS),
        *cache.of_cache(alarm_thresholds.of_cache("cache.t4g.medium"), nodes=2),
        *definitions.of_load_balancer(agents=True),
        *definitions.of_certificate(21),
        *queues.of_queues(),
        queues.of_dropped_rows(logged=False),
    )
}

RDS = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html"
ELASTICACHE = "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.Redis.html"
ALB = (
    "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/"
    "load-balancer-cloudwatch-metrics.html"
)
ACM = "https://docs.aws.amazon.com/acm/latest/userguide/cloudwatch-metrics.html"
LANGFUSE = "https://github.com/langfuse/langfuse/blob/v4.16.0/packages/shared/src/server/instrumentation/index.ts"
DOCUMENTED = {
    # Namespace and the dimension that names a subject, with the metrics and where they stand.
    ("AWS/RDS", "DBInstanceIdentifier", RDS): {
        "CPUUtilization",
        "CPUCreditBalance",
        "DatabaseConnections",
        "FreeableMemory",
        "FreeStorageSpace",
        "MaximumUsedTransactionIDs",
        "TransactionLogsDiskUsage",
    },
    # One metric of the CPU or the other, by the node type.
    ("AWS/ElastiCache", "CacheClusterId", ELASTICACHE): {
        "CPUUtilization",
        "DatabaseMemoryUsagePercentage",
        "Evictions",
        "IsMaster",
    },
    ("AWS/ApplicationELB", "LoadBalancer", ALB): {
        "HTTPCode_ELB_5XX_Count",
        "HTTPCode_Target_2XX_Count",
        "HTTPCode_Target_4XX_Count",
        "HTTPCode_Target_5XX_Count",
        "RequestCount",
        "TargetResponseTime",
    },
    ("AWS/CertificateManager", "CertificateArn", ACM): {"DaysToExpiry"},
    # Tags of these are parts of the name, in the order of the alphabet: shard, then type.
    (None, None, LANGFUSE): {
        "langfuse.queue.ingestion.depth.shard_all.type_waiting",
        "langfuse.queue.ingestion.depth.shard_all.type_failed",
        "langfuse.queue.ingestion.rate.shard_ingestion-queue.type_completed",
        "langfuse.queue.otel_ingestion.depth.shard_all.type_waiting",
        "langfuse.queue.otel_ingestion.depth.shard_all.type_failed",
        "langfuse.queue.otel_ingestion.rate.shard_otel-ingestion-queue.type_completed",
        "langfuse.queue.clickhouse_writer.rows_dropped",
        "langfuse.ingestion.project_failure.active_projects",
        "langfuse.event_propagation.partition_backlog",
    },
}


def test_every_alarm_is_named_once_and_in_order() -> None:
    assert tuple(ALARMS) == definitions.NAMES


def test_every_alarm_has_a_section_where_its_link_leads() -> None:
    text = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    anchors = {heading.lower() for heading in re.findall(r"^#+ (\S+)$", text, re.MULTILINE)}

    links = [runbooks.link("docs", name) for name in definitions.NAMES]
    assert [link for link in links if link.partition("#")[2] not in anchors] == []


def test_the_metrics_are_those_that_aws_documents() -> None:
    used: dict[tuple[str | None, str | None], set[str]] = {}
    for alarm in ALARMS.values():
        key = NAMESPACES.get(alarm.subject), DIMENSIONS.get(alarm.subject)
        used.setdefault(key, set()).update(
            series.name for series in alarm.series.values() if isinstance(series, Metric)
        )

    assert used == {(space, dim): names for (space, dim, _), names in DOCUMENTED.items()}


@pytest.mark.parametrize("name", definitions.NAMES)
def test_keys_and_windows_are_what_cloudwatch_takes(name: str) -> None:
    alarm = ALARMS[name]

    assert [key for key in alarm.series if not re.fullmatch(r"[a-z][a-zA-Z0-9_]*", key)] == []
    metrics = [s for s in alarm.series.values() if isinstance(s, Metric | Query)]
    assert len(metrics) <= 10
    assert alarm.period % 60 == 0
    assert alarm.period * alarm.periods <= 86_400
    assert 1 <= alarm.breaching <= alarm.periods
    assert len(alarm.meaning) < 400


@pytest.mark.parametrize(
    ("name", "comparison", "threshold", "window", "missing"),
    [
        ("DatabaseCpu", "GreaterThanThreshold", 80, (300, 3, 3), "breaching"),
        ("DatabaseMemory", "LessThanThreshold", 214748365, (300, 3, 3), "missing"),
        ("DatabaseStorage", "LessThanThreshold", 5 * 2**30, (300, 3, 3), "missing"),
        ("DatabaseConnections", "GreaterThanThreshold", 310, (300, 3, 3), "missing"),
        ("DatabaseTransactionIds", "GreaterThanThreshold", 10**9, (300, 3, 3), "missing"),
        ("DatabaseTransactionLogs", "GreaterThanThreshold", 20 * 2**30, (300, 3, 3), "missing"),
        ("DatabaseBurstCredits", "LessThanThreshold", 57.6, (300, 3, 3), "missing"),
        ("CacheCpu", "GreaterThanThreshold", 45, (300, 3, 3), "breaching"),
        ("CacheMemory", "GreaterThanThreshold", 75, (300, 3, 3), "missing"),
        ("CacheEvictions", "GreaterThanThreshold", 0, (300, 1, 1), "notBreaching"),
        ("CacheFailover", "GreaterThanThreshold", 0, (60, 1, 5), "notBreaching"),
        ("LoadBalancerErrors", "GreaterThanThreshold", 5, (300, 2, 3), "notBreaching"),
        ("LoadBalancerLatency", "GreaterThanThreshold", 5, (300, 3, 3), "notBreaching"),
        ("LoadBalancerUnhealthyTargets", "GreaterThanThreshold", 0, (60, 10, 10), "notBreaching"),
        ("LoadBalancerRefusals", "GreaterThanThreshold", 20, (300, 3, 3), "notBreaching"),
        ("LoadBalancerSilent", "LessThanThreshold", 1, (3600, 24, 24), "breaching"),
        ("CertificateExpires", "LessThanThreshold", 21, (86400, 1, 1), "ignore"),
        ("QueueBacklog", "GreaterThanThreshold", 10_000, (300, 3, 3), "missing"),
        ("QueueNotConsumed", "GreaterThanThreshold", 0, (300, 3, 3), "breaching"),
        ("QueueDeadLetters", "GreaterThanThreshold", 0, (300, 3, 3), "notBreaching"),
        ("IngestionFails", "GreaterThanThreshold", 0, (300, 3, 3), "notBreaching"),
        ("EventPropagationBehind", "GreaterThanThreshold", 20, (300, 3, 3), "notBreaching"),
        ("RowsDropped", "GreaterThanThreshold", 0, (300, 1, 1), "notBreaching"),
    ],
)
def test_thresholds_and_windows_are_exactly_these(
    name: str, comparison: str, threshold: float, window: tuple[int, int, int], missing: str
) -> None:
    alarm = ALARMS[name]

    assert (alarm.comparison, alarm.threshold, alarm.missing) == (comparison, threshold, missing)
    assert (alarm.period, alarm.breaching, alarm.periods) == window


def test_formulas_beside_a_filled_one_do_not_need_every_figure() -> None:
    filled = [
        alarm.name
        for alarm in ALARMS.values()
        if any("FILL" in s.expression for s in alarm.series.values() if isinstance(s, Formula))
    ]

    # One hour with a figure ends the silence: a late one ends it late, and starts none.
    assert filled == ["LoadBalancerErrors", "LoadBalancerSilent"]
    late = [name for name in filled if ALARMS[name].breaching == ALARMS[name].periods]
    assert late == ["LoadBalancerSilent"]


def beyond(alarm: Alarm, values: list[Figure]) -> list[bool | None]:
    """For each figure whether it is beyond the threshold; None where there is none."""
    above = alarm.comparison == "GreaterThanThreshold"
    return [
        None if v is None else (v > alarm.threshold if above else v < alarm.threshold)
        for v in values
    ]


@pytest.mark.parametrize(
    ("unanswered", "failed", "requests", "percent", "fires"),
    [
        pytest.param(None, None, 1000, 0, False, id="no error"),
        pytest.param(None, None, None, 0, False, id="no request"),
        pytest.param(None, 9, 9, 0, False, id="a handful of errors, and all of them"),
        pytest.param(None, 10, 10, 100, True, id="ten errors of ten"),
        pytest.param(None, 50, 1000, 5, False, id="five of a hundred"),
        pytest.param(None, 51, 1000, 5.1, True, id="more than five of a hundred"),
        pytest.param(51, None, 1000, 5.1, True, id="the load balancer's own"),
        pytest.param(26, 25, 1000, 5.1, True, id="both together"),
        pytest.param(40, None, None, 100, True, id="no target, so that no request is counted"),
        pytest.param(40, None, 30, 100, True, id="no target for a while"),
    ],
)
def test_errors_are_a_share_of_the_requests_and_more_than_a_few(
    unanswered: Figure, failed: Figure, requests: Figure, percent: float, fires: bool
) -> None:
    alarm = ALARMS["LoadBalancerErrors"]

    values = compared(
        alarm, {"unanswered": [unanswered], "failed": [failed], "requests": [requests]}
    )

    assert values == [pytest.approx(percent)]
    assert beyond(alarm, values) == [fires]


@pytest.mark.parametrize(
    ("refused", "requests", "expected"),
    [
        pytest.param(None, 1000, None, id="none"),
        pytest.param(None, None, None, id="no request"),
        pytest.param(19, 19, False, id="a handful, and all of them"),
        pytest.param(20, 20, True, id="twenty of twenty"),
        pytest.param(200, 1000, False, id="a fifth"),
        pytest.param(201, 1000, True, id="more than a fifth"),
    ],
)
def test_refusals_are_a_share_of_the_requests_and_more_than_a_few(
    refused: Figure, requests: Figure, expected: bool | None
) -> None:
    alarm = ALARMS["LoadBalancerRefusals"]

    values = compared(alarm, {"refused": [refused], "requests": [requests]})

    assert beyond(alarm, values) == [expected]


def test_an_hour_without_a_figure_is_silent_and_one_request_is_enough() -> None:
    alarm = ALARMS["LoadBalancerSilent"]

    values = compared(alarm, {"answered": [None, 0, 1, 5000]})

    assert beyond(alarm, values) == [True, True, False, False]


def test_silence_says_nothing_where_agents_do_not_send_through_the_load_balancer() -> None:
    assert [alarm.name for alarm in definitions.of_load_balancer(agents=False)] == [
        "LoadBalancerErrors",
        "LoadBalancerLatency",
        "LoadBalancerUnhealthyTargets",
        "LoadBalancerRefusals",
    ]


@pytest.mark.parametrize(
    ("latency", "requests", "expected"),
    [
        pytest.param(5.1, 20, True, id="slow"),
        pytest.param(5.0, 20, False, id="not above five seconds"),
        pytest.param(60.0, 19, False, id="a handful"),
        pytest.param(None, None, None, id="no request"),
        pytest.param(None, 100, False, id="requests that no pod answered"),
    ],
)
def test_latency_counts_from_twenty_requests_on(
    latency: Figure, requests: Figure, expected: bool | None
) -> None:
    alarm = ALARMS["LoadBalancerLatency"]

    values = compared(alarm, {"latency": [latency], "requests": [requests]})

    assert beyond(alarm, values) == [expected]


@pytest.mark.parametrize(
    ("balance", "expected"),
    [
        pytest.param([0, 2, 4, 6], [None, False, False, False], id="a new instance"),
        pytest.param([576, 576, 576], [None, False, False], id="full"),
        pytest.param([70, 60, 50, 40], [None, False, True, True], id="running out"),
        pytest.param([0, 0, 0, 0], [None, True, True, True], id="used up"),
        pytest.param([0, 0, 2, 4], [None, True, False, False], id="on the way back"),
        pytest.param([50, None, 40, 30], [None, None, None, True], id="a gap"),
    ],
)
def test_credits_are_low_while_they_do_not_grow(
    balance: list[Figure], expected: list[bool | None]
) -> None:
    alarm = ALARMS["DatabaseBurstCredits"]

    assert beyond(alarm, compared(alarm, {"balance": balance})) == expected


@pytest.mark.parametrize(
    ("name", "first", "second", "expected"),
    [
        pytest.param("CacheCpu", [44, 46], [1, 1], [False, True], id="one busy node"),
        pytest.param("CacheMemory", [75, 1], [1, 76], [False, True], id="another full one"),
        pytest.param("CacheEvictions", [0, 0], [0, 1], [False, True], id="one key"),
        pytest.param("CacheMemory", [80, None], [None, None], [True, None], id="no figures"),
    ],
)
def test_the_worst_node_of_a_cache_counts(
    name: str, first: list[Figure], second: list[Figure], expected: list[bool | None]
) -> None:
    values = compared(ALARMS[name], {"node1": first, "node2": second})

    assert beyond(ALARMS[name], values) == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param([1, 1, 1], [0, 0, 0], [None, False, False], id="nothing happens"),
        pytest.param([1, 0, 0], [0, 1, 1], [None, True, False], id="the second takes over"),
        pytest.param([0, 0, 1], [1, 1, 0], [None, False, True], id="and gives it back"),
        pytest.param([1, None, None], [0, 1, 1], [None, True, False], id="the first is gone"),
        pytest.param([1, None, 0], [0, None, 1], [None, None, None], id="a gap in both"),
        pytest.param([1, 0, 0], [0, 0, 0], [None, False, False], id="no primary at all"),
    ],
)
def test_a_failover_is_a_node_that_becomes_the_primary(
    first: list[Figure], second: list[Figure], expected: list[bool | None]
) -> None:
    alarm = ALARMS["CacheFailover"]

    assert beyond(alarm, compared(alarm, {"node1": first, "node2": second})) == expected


@pytest.mark.parametrize("nodes", [1, 6])
def test_a_cache_has_as_many_series_as_nodes_and_no_more_than_cloudwatch_takes(nodes: int) -> None:
    thresholds = alarm_thresholds.of_cache("cache.r7g.xlarge")
    alarms = {alarm.name: alarm for alarm in cache.of_cache(thresholds, nodes=nodes)}

    # Without a replica there is no other node to fail over to.
    assert [*alarms] == [name for name in cache.NAMES if nodes > 1 or name != "CacheFailover"]
    for alarm in alarms.values():
        metrics = [s for s in alarm.series.values() if isinstance(s, Metric)]
        assert [metric.member for metric in metrics] == list(range(nodes))
        assert len(metrics) <= 10
        assert len(alarm.series) <= 20
    cpu = [s.name for s in alarms["CacheCpu"].series.values() if isinstance(s, Metric)]
    assert set(cpu) == {"EngineCPUUtilization"}
    assert "EngineCPUUtilization above 90 %" in alarms["CacheCpu"].meaning


@pytest.mark.parametrize(
    ("name", "ingestion", "otel", "expected"),
    [
        pytest.param("QueueBacklog", 10_000, 0, False, id="as many as are allowed"),
        pytest.param("QueueBacklog", 6_000, 5_000, True, id="both queues together"),
        pytest.param("QueueBacklog", 10_001, None, True, id="one has no figure"),
        pytest.param("QueueBacklog", None, None, None, id="no figures"),
        pytest.param("QueueDeadLetters", 0, 0, False, id="none"),
        pytest.param("QueueDeadLetters", 0, 1, True, id="one job"),
    ],
)
def test_jobs_of_both_queues_count(
    name: str, ingestion: Figure, otel: Figure, expected: bool | None
) -> None:
    alarm = ALARMS[name]

    values = compared(alarm, {"ingestion": [ingestion], "otel": [otel]})

    assert beyond(alarm, values) == [expected]


@pytest.mark.parametrize(
    ("waiting", "done", "expected"),
    [
        pytest.param(0, None, False, id="nothing to do"),
        pytest.param(3, None, True, id="jobs wait and none is completed"),
        pytest.param(3, 0, True, id="the same, with a figure"),
        pytest.param(5_000, 1, False, id="one is completed"),
        pytest.param(None, None, None, id="no worker publishes"),
    ],
)
def test_a_queue_is_not_consumed_if_jobs_wait_and_none_is_completed(
    waiting: Figure, done: Figure, expected: bool | None
) -> None:
    alarm = ALARMS["QueueNotConsumed"]
    figures = {"ingestion": [0 if waiting is not None else None], "otel": [waiting]}

    values = compared(alarm, {**figures, "ingestiondone": [done], "oteldone": [None]})

    assert beyond(alarm, values) == [expected]


def test_dropped_rows_are_counted_by_the_metric_or_by_lines_of_the_log() -> None:
    published, logged = (queues.of_dropped_rows(logged=logged) for logged in (False, True))

    assert published.subject == "queues"
    assert published.series == {
        "dropped": Metric(name="langfuse.queue.clickhouse_writer.rows_dropped", statistic="Sum")
    }
    assert logged.subject == "worker log"
    assert logged.series == {"dropped": Metric(name="RowsDropped", statistic="Sum")}
    assert published.meaning == logged.meaning


def test_lines_are_those_of_workers_of_one_namespace() -> None:
    pattern = queues.log_pattern(namespace="observability", container="worker")

    assert pattern == (
        '{ ($.kubernetes.namespace_name = "observability") && '
        '($.kubernetes.container_name = "worker") && '
        '(($.log = "*Max attempts reached*") || '
        '($.log_processed.message = "*Max attempts reached*")) }'
    )
    assert len(pattern) <= 1024


def test_each_queue_has_names_of_its_own() -> None:
    assert queue_metrics.QUEUES == ("ingestion", "otel")
    assert queue_metrics.depth("otel", "active") == (
        "langfuse.queue.otel_ingestion.depth.shard_all.type_active"
    )
    assert queue_metrics.oldest_failure("ingestion") == (
        "langfuse.queue.ingestion.dlq_oldest_age.shard_all"
    )


def test_a_class_without_credits_has_no_alarm_about_them() -> None:
    thresholds = alarm_thresholds.of_database(
        instance_class="db.m7g.large", storage_gib=100, max_storage_gib=None
    )

    assert [alarm.name for alarm in definitions.of_database(thresholds)] == [
        "DatabaseCpu",
        "DatabaseMemory",
        "DatabaseStorage",
        "DatabaseConnections",
        "DatabaseTransactionIds",
        "DatabaseTransactionLogs",
    ]


def test_unhealthy_targets_are_asked_of_every_target_group_of_one_load_balancer() -> None:
    (query,) = ALARMS["LoadBalancerUnhealthyTargets"].series.values()

    assert isinstance(query, Query)
    assert query.template.format(subject="app/langfuse/0123") == (
        'SELECT MAX(UnHealthyHostCount) FROM SCHEMA("AWS/ApplicationELB", LoadBalancer, '
        "TargetGroup) WHERE LoadBalancer = 'app/langfuse/0123'"
    )
