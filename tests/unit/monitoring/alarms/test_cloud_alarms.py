"""Alarms, their topic and the dashboard: every input. Does not prove that AWS accepts them."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pulumi
import pytest

from components.monitoring.alarms import definitions, queues, topic_iam
from components.monitoring.alarms.cloud_alarms import (
    CloudAlarms,
    CloudAlarmsArgs,
    WatchedCache,
    WatchedDatabase,
    WorkerLog,
)
from tests.support.component_run import run_component
from tests.support.eks import cluster, output
from tests.support.recordings import depends_on, inputs
from tooling.engineless.recording import UNKNOWN, Recording

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
IDENTIFIER = "langfuse-postgres-instance0123"
NODES = ("langfuse-prod-0123abcd-001", "langfuse-prod-0123abcd-002")
LOAD_BALANCER = "app/k8s-observab-langfuse/0123456789abcdef"
CERTIFICATE = (
    "arn:aws:acm:ap-northeast-2:123456789012:certificate/1234abcd-12ab-34cd-56ef-1234567890ab"
)
GIVEN_TOPIC = "arn:aws:sns:ap-northeast-2:210987654321:on-call"
RUNBOOKS = "https://git.example.com/platform/docs"

DATABASE = {
    "langfuse-alarms-database-cpu",
    "langfuse-alarms-database-memory",
    "langfuse-alarms-database-storage",
    "langfuse-alarms-database-connections",
    "langfuse-alarms-database-transaction-ids",
    "langfuse-alarms-database-transaction-logs",
}
CACHE = {
    "langfuse-alarms-cache-cpu",
    "langfuse-alarms-cache-memory",
    "langfuse-alarms-cache-evictions",
    "langfuse-alarms-cache-failover",
}
QUEUES = {
    "langfuse-alarms-queue-backlog",
    "langfuse-alarms-queue-not-consumed",
    "langfuse-alarms-queue-dead-letters",
    "langfuse-alarms-ingestion-fails",
    "langfuse-alarms-event-propagation-behind",
}
DROPPED = {"langfuse-alarms-rows-dropped"}
CREDITS = {"langfuse-alarms-database-burst-credits"}
ENDPOINT = {
    "langfuse-alarms-load-balancer-errors",
    "langfuse-alarms-load-balancer-latency",
    "langfuse-alarms-load-balancer-unhealthy-targets",
    "langfuse-alarms-load-balancer-refusals",
    "langfuse-alarms-load-balancer-silent",
    "langfuse-alarms-certificate-expires",
}


def arguments(*, unknown: bool = False) -> CloudAlarmsArgs:
    """The sizes of the prod stack file; ``unknown``: nothing is made yet."""
    return CloudAlarmsArgs(
        cluster=cluster(unknown=unknown),
        alarm_prefix="agent-observability/prod/",
        dashboard="agent-observability-prod",
        name_prefix="langfuse-prod-alarms",
        runbooks=RUNBOOKS,
        email="on-call@example.com",
        database=WatchedDatabase(
            identifier=output(IDENTIFIER, unknown=unknown),
            instance_class="db.t4g.medium",
            storage_gib=100,
            max_storage_gib=500,
        ),
        cache=WatchedCache(
            nodes=[output(node, unknown=unknown) for node in NODES], node_type="cache.t4g.medium"
        ),
        load_balancer=output(LOAD_BALANCER, unknown=unknown),
        agents=True,
        certificate_arn=output(CERTIFICATE, unknown=unknown),
        certificate_days=21,
        queue_metrics=True,
    )


LOG = WorkerLog(
    group="/aws/containerinsights/platform/application",
    namespace="observability",
    container="worker",
)


def record(*, preview: bool = False, **changes: Any) -> Recording:  # noqa: ANN401
    def body() -> None:
        alarms = CloudAlarms("langfuse-alarms", replace(arguments(unknown=preview), **changes))
        pulumi.export("topic", alarms.topic_arn)
        pulumi.export("dashboard", alarms.dashboard_name)

    return run_component(body, preview=preview)


@lru_cache
def recorded() -> Recording:
    return record()


def alarm(role: str) -> dict[str, Any]:
    return inputs(recorded(), f"langfuse-alarms-{role}")


def metric(key: str, name: str, statistic: str, *, returned: bool = False) -> dict[str, Any]:
    """A query of one of the load balancer's metrics over five minutes."""
    return {
        "id": key,
        "metric": {
            "namespace": "AWS/ApplicationELB",
            "metricName": name,
            "dimensions": {"LoadBalancer": LOAD_BALANCER},
            "stat": statistic,
            "period": 300,
        },
        "returnData": returned,
    }


def formula(key: str, expression: str, label: str, *, returned: bool = False) -> dict[str, Any]:
    return {"id": key, "expression": expression, "label": label, "returnData": returned}


def test_it_consists_of_exactly_these_resources() -> None:
    assert {r.name: r.type for r in recorded().resources.values()} == {
        "langfuse-alarms": "agent-observability:index:CloudAlarms",
        "langfuse-alarms-topic": "agent-observability:index:AlarmTopic",
        "langfuse-alarms-topic-key": "aws:kms/key:Key",
        "langfuse-alarms-topic-topic": "aws:sns/topic:Topic",
        "langfuse-alarms-topic-policy": "aws:sns/topicPolicy:TopicPolicy",
        "langfuse-alarms-topic-email": "aws:sns/topicSubscription:TopicSubscription",
        **dict.fromkeys(DATABASE | CREDITS | CACHE | ENDPOINT | QUEUES | DROPPED, ALARM),
        "langfuse-alarms-dashboard": "aws:cloudwatch/dashboard:Dashboard",
        "langfuse-alarms-database-events": "aws:rds/eventSubscription:EventSubscription",
    }


def test_rds_tells_the_topic_of_what_no_metric_shows() -> None:
    recording = recorded()
    topic = recording.named("langfuse-alarms-topic-topic")
    events = inputs(recording, "langfuse-alarms-database-events")

    assert events.pop("snsTopic").startswith(
        "arn:aws:sns:ap-northeast-2:123456789012:langfuse-prod-alarms-topic-"
    )
    assert events == {
        "namePrefix": "langfuse-prod-alarms-events-",
        "sourceType": "db-instance",
        "sourceIds": [IDENTIFIER],
        "eventCategories": [
            "availability",
            "deletion",
            "failover",
            "failure",
            "low storage",
            "maintenance",
            "notification",
        ],
    }
    policy = recording.named("langfuse-alarms-topic-policy")
    assert {topic.urn, policy.urn} <= {
        *recording.named("langfuse-alarms-database-events").dependencies
    }


def test_the_key_is_exactly_this() -> None:
    assert recorded().named("langfuse-alarms-topic-key").inputs == {
        "description": "Alarms of Langfuse on their way through SNS",
        "enableKeyRotation": True,
        "deletionWindowInDays": 30,
        "policy": json.dumps(topic_iam.key_policy(account_arn="arn:aws:iam::123456789012:root")),
    }


def test_the_topic_is_encrypted_with_the_key_and_open_to_cloudwatch_alone() -> None:
    recording = recorded()
    topic = recording.exports["topic"]

    assert recording.named("langfuse-alarms-topic-topic").inputs == {
        "namePrefix": "langfuse-prod-alarms-topic-",
        "kmsMasterKeyId": recording.named("langfuse-alarms-topic-topic").inputs["kmsMasterKeyId"],
    }
    assert depends_on(recording, recording.named("langfuse-alarms-topic-topic")) == [
        "langfuse-alarms-topic-key"
    ]
    assert topic.startswith("arn:aws:sns:ap-northeast-2:123456789012:langfuse-prod-alarms-topic-")
    assert recording.named("langfuse-alarms-topic-policy").inputs == {
        "arn": topic,
        "policy": json.dumps(
            topic_iam.topic_policy(topic_arn=topic, alarm_prefix="agent-observability/prod/")
        ),
    }
    assert recording.named("langfuse-alarms-topic-email").inputs == {
        "topic": topic,
        "protocol": "email",
        "endpoint": "on-call@example.com",
    }


def test_an_alarm_of_one_metric_is_exactly_this() -> None:
    topic = recorded().exports["topic"]

    assert alarm("database-cpu") == {
        "name": "agent-observability/prod/DatabaseCpu",
        "alarmDescription": (
            "The database has used more than 80 % of its CPU for 15 minutes, or has sent no "
            "figures at all. Langfuse gets slow. What to do: "
            "https://git.example.com/platform/docs/troubleshooting.md#databasecpu"
        ),
        "metricQueries": [
            {
                "id": "value",
                "metric": {
                    "namespace": "AWS/RDS",
                    "metricName": "CPUUtilization",
                    "dimensions": {"DBInstanceIdentifier": IDENTIFIER},
                    "stat": "Average",
                    "period": 300,
                },
                "returnData": True,
            }
        ],
        "comparisonOperator": "GreaterThanThreshold",
        "threshold": 80,
        "evaluationPeriods": 3,
        "datapointsToAlarm": 3,
        "treatMissingData": "breaching",
        "alarmActions": [topic],
        "okActions": [topic],
    }


def test_the_other_alarms_of_the_database_differ_in_this() -> None:
    compared = {
        role: (
            alarm(role)["metricQueries"][0]["metric"]["metricName"],
            alarm(role)["metricQueries"][0]["metric"]["stat"],
            alarm(role)["metricQueries"][0]["metric"]["dimensions"],
            alarm(role)["comparisonOperator"],
            alarm(role)["threshold"],
            alarm(role)["treatMissingData"],
        )
        for role in ("database-memory", "database-storage", "database-connections")
    }

    by_name = {"DBInstanceIdentifier": IDENTIFIER}
    assert compared == {
        "database-memory": (
            "FreeableMemory",
            "Average",
            by_name,
            "LessThanThreshold",
            214748365,
            "missing",
        ),
        "database-storage": (
            "FreeStorageSpace",
            "Minimum",
            by_name,
            "LessThanThreshold",
            5368709120,
            "missing",
        ),
        "database-connections": (
            "DatabaseConnections",
            "Maximum",
            by_name,
            "GreaterThanThreshold",
            310,
            "missing",
        ),
    }


def test_the_series_of_composed_alarms_are_exactly_these() -> None:
    assert alarm("database-burst-credits")["metricQueries"] == [
        {
            "id": "balance",
            "metric": {
                "namespace": "AWS/RDS",
                "metricName": "CPUCreditBalance",
                "dimensions": {"DBInstanceIdentifier": IDENTIFIER},
                "stat": "Average",
                "period": 300,
            },
            "returnData": False,
        },
        formula(
            "falling",
            "IF(DIFF(balance) > 0, 576, balance)",
            "CPU credits, while they do not grow",
            returned=True,
        ),
    ]
    assert alarm("load-balancer-errors")["metricQueries"] == [
        metric("unanswered", "HTTPCode_ELB_5XX_Count", "Sum"),
        metric("failed", "HTTPCode_Target_5XX_Count", "Sum"),
        metric("requests", "RequestCount", "Sum"),
        formula("errors", "FILL(SUM([unanswered, failed]), 0)", "Requests with a 5xx"),
        formula("total", "IF(requests > errors, requests, errors)", "All requests"),
        formula(
            "percent",
            "IF(errors >= 10, 100 * errors / total, 0)",
            "Requests with a 5xx, in percent",
            returned=True,
        ),
    ]
    assert alarm("load-balancer-latency")["metricQueries"] == [
        metric("latency", "TargetResponseTime", "p95"),
        metric("requests", "RequestCount", "Sum"),
        formula(
            "seconds",
            "IF(requests >= 20, latency, 0)",
            "Response time of 95 of 100 requests, in seconds",
            returned=True,
        ),
    ]


def of_node(number: int, metric: str, statistic: str, *, period: int) -> dict[str, Any]:
    return {
        "id": f"node{number}",
        "metric": {
            "namespace": "AWS/ElastiCache",
            "metricName": metric,
            "dimensions": {"CacheClusterId": NODES[number - 1]},
            "stat": statistic,
            "period": period,
        },
        "returnData": False,
    }


def test_the_series_of_the_caches_alarms_are_exactly_these() -> None:
    for role, name, statistic, label in (
        ("cpu", "CPUUtilization", "Average", "CPU in percent"),
        ("memory", "DatabaseMemoryUsagePercentage", "Maximum", "Memory in percent"),
        ("evictions", "Evictions", "Sum", "Keys evicted"),
    ):
        assert alarm(f"cache-{role}")["metricQueries"] == [
            of_node(1, name, statistic, period=300),
            of_node(2, name, statistic, period=300),
            formula("most", "MAX([node1, node2])", label, returned=True),
        ]
    assert alarm("cache-failover")["metricQueries"] == [
        of_node(1, "IsMaster", "Maximum", period=60),
        of_node(2, "IsMaster", "Maximum", period=60),
        formula("rise1", "DIFF(node1)", "Node 1 became the primary"),
        formula("rise2", "DIFF(node2)", "Node 2 became the primary"),
        formula("rise", "MAX([rise1, rise2])", "A node became the primary", returned=True),
    ]


def test_a_cache_without_a_replica_has_no_formula() -> None:
    recording = record(cache=WatchedCache(nodes=NODES[:1], node_type="cache.r7g.large"))

    queries = inputs(recording, "langfuse-alarms-cache-memory")["metricQueries"]
    assert queries == [
        {**of_node(1, "DatabaseMemoryUsagePercentage", "Maximum", period=300), "returnData": True}
    ]


def of_langfuse(key: str, name: str, statistic: str) -> dict[str, Any]:
    return {
        "id": key,
        "metric": {
            "namespace": "Langfuse",
            "metricName": name,
            "stat": statistic,
            "period": 300,
        },
        "returnData": False,
    }


def test_a_metric_of_workers_has_no_dimension() -> None:
    waiting = [
        of_langfuse(
            "ingestion", "langfuse.queue.ingestion.depth.shard_all.type_waiting", "Maximum"
        ),
        of_langfuse(
            "otel", "langfuse.queue.otel_ingestion.depth.shard_all.type_waiting", "Maximum"
        ),
    ]

    assert alarm("queue-backlog")["metricQueries"] == [
        *waiting,
        formula("waiting", "SUM([ingestion, otel])", "Jobs that wait", returned=True),
    ]
    assert alarm("queue-not-consumed")["metricQueries"] == [
        *waiting,
        formula("waiting", "SUM([ingestion, otel])", "Jobs that wait"),
        of_langfuse(
            "ingestiondone",
            "langfuse.queue.ingestion.rate.shard_ingestion-queue.type_completed",
            "Sum",
        ),
        of_langfuse(
            "oteldone",
            "langfuse.queue.otel_ingestion.rate.shard_otel-ingestion-queue.type_completed",
            "Sum",
        ),
        formula("none", "0 * waiting", "None"),
        formula("done", "SUM([none, ingestiondone, oteldone])", "Jobs completed"),
        formula(
            "stuck",
            "waiting * (done < 1)",
            "Jobs that wait while none is completed",
            returned=True,
        ),
    ]


def test_lines_of_the_log_become_a_metric_that_the_alarm_reads() -> None:
    recording = record(worker_log=LOG)

    assert inputs(recording, "langfuse-alarms-rows-dropped-filter") == {
        "name": "agent-observability/prod/RowsDropped",
        "logGroupName": "/aws/containerinsights/platform/application",
        "pattern": queues.log_pattern(namespace="observability", container="worker"),
        "metricTransformation": {
            "namespace": "agent-observability/prod",
            "name": "RowsDropped",
            "value": "1",
            "unit": "Count",
        },
    }
    (query,) = inputs(recording, "langfuse-alarms-rows-dropped")["metricQueries"]
    assert query["metric"] == {
        "namespace": "agent-observability/prod",
        "metricName": "RowsDropped",
        "stat": "Sum",
        "period": 300,
    }


def test_alarms_of_pods_that_do_not_run_notify_nobody() -> None:
    recording = record(paused=True, worker_log=LOG)
    silent = {a.name for a in recording.of_type(ALARM) if a.inputs.get("actionsEnabled") is False}

    assert silent == QUEUES | ENDPOINT - {"langfuse-alarms-certificate-expires"}


def test_unhealthy_targets_are_queried_each_minute() -> None:
    assert alarm("load-balancer-unhealthy-targets")["metricQueries"] == [
        {
            "id": "targets",
            "expression": (
                'SELECT MAX(UnHealthyHostCount) FROM SCHEMA("AWS/ApplicationELB", LoadBalancer, '
                "TargetGroup) WHERE LoadBalancer = 'app/k8s-observab-langfuse/0123456789abcdef'"
            ),
            "label": "Unhealthy targets",
            "period": 60,
            "returnData": True,
        }
    ]


def test_the_certificate_is_looked_at_once_a_day() -> None:
    assert alarm("certificate-expires")["threshold"] == 21
    assert alarm("certificate-expires")["metricQueries"] == [
        {
            "id": "days",
            "metric": {
                "namespace": "AWS/CertificateManager",
                "metricName": "DaysToExpiry",
                "dimensions": {"CertificateArn": CERTIFICATE},
                "stat": "Minimum",
                "period": 86400,
            },
            "returnData": True,
        }
    ]


def test_every_alarm_says_which_stack_and_what_to_do_and_goes_to_the_topic_both_ways() -> None:
    alarms = recorded().of_type(ALARM)
    topic = recorded().exports["topic"]

    assert sorted(a.inputs["name"] for a in alarms) == sorted(
        f"agent-observability/prod/{name}" for name in definitions.NAMES
    )
    for a in alarms:
        name = a.inputs["name"].rpartition("/")[2]
        link = f"{RUNBOOKS}/troubleshooting.md#{name.lower()}"
        assert a.inputs["alarmDescription"].endswith(f" What to do: {link}")
        assert len(a.inputs["alarmDescription"]) <= 1024
        assert (a.inputs["alarmActions"], a.inputs["okActions"]) == ([topic], [topic])
        assert [q["id"] for q in a.inputs["metricQueries"] if q["returnData"]] == [
            a.inputs["metricQueries"][-1]["id"]
        ]


def test_alarms_wait_until_cloudwatch_may_publish() -> None:
    for a in recorded().of_type(ALARM):
        assert depends_on(recorded(), a) == [
            "langfuse-alarms-topic-policy",
            "langfuse-alarms-topic-topic",
        ]


def test_the_dashboard_shows_every_alarm() -> None:
    dashboard = inputs(recorded(), "langfuse-alarms-dashboard")
    states = json.loads(dashboard.pop("dashboardBody"))["widgets"][0]

    assert dashboard == {"dashboardName": "agent-observability-prod"}
    assert recorded().exports["dashboard"] == "agent-observability-prod"
    assert states["properties"]["alarms"] == [
        f"arn:aws:cloudwatch:ap-northeast-2:123456789012:alarm:agent-observability/prod/{name}"
        for name in definitions.NAMES
    ]


def test_a_given_topic_is_used_as_it_is() -> None:
    recording = record(email=None, topic_arn=GIVEN_TOPIC)

    assert {r.type.partition("/")[0] for r in recording.resources.values() if r.custom} == {
        "aws:cloudwatch"
    }
    assert recording.exports["topic"] == GIVEN_TOPIC
    assert [a.inputs["alarmActions"] for a in recording.of_type(ALARM)] == [[GIVEN_TOPIC]] * 23


NO_CREDITS = WatchedDatabase(
    identifier=IDENTIFIER, instance_class="db.m7g.large", storage_gib=100, max_storage_gib=None
)


NOTHING: dict[str, Any] = {
    "database": None,
    "cache": None,
    "load_balancer": None,
    "certificate_arn": None,
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"database": None, "cache": None}, ENDPOINT, id="an endpoint alone"),
        pytest.param(
            {"cache": None, "load_balancer": None, "certificate_arn": None},
            DATABASE | CREDITS,
            id="a database alone",
        ),
        pytest.param(
            {"database": None, "load_balancer": None, "certificate_arn": None},
            CACHE,
            id="a cache alone",
        ),
        pytest.param(
            {"cache": WatchedCache(nodes=NODES[:1], node_type="cache.r7g.large")},
            DATABASE | CREDITS | ENDPOINT | CACHE - {"langfuse-alarms-cache-failover"},
            id="a cache without a replica",
        ),
        pytest.param(
            {**NOTHING, "queue_metrics": True}, QUEUES | DROPPED, id="metrics of workers alone"
        ),
        pytest.param({**NOTHING, "worker_log": LOG}, DROPPED, id="the log of workers alone"),
        pytest.param(
            {**NOTHING, "queue_metrics": True, "worker_log": LOG}, QUEUES | DROPPED, id="both"
        ),
        pytest.param(
            {"database": NO_CREDITS}, DATABASE | CACHE | ENDPOINT, id="a class without credits"
        ),
    ],
)
def test_only_what_exists_has_alarms(changes: dict[str, Any], expected: set[str]) -> None:
    recording = record(**{"queue_metrics": False, **changes})

    assert {a.name for a in recording.of_type(ALARM)} == expected
    body = json.loads(recording.named("langfuse-alarms-dashboard").inputs["dashboardBody"])
    assert len(body["widgets"]) == 1 + len(expected)


def test_a_first_preview_registers_the_same_resources_with_unknown_dimensions() -> None:
    preview = record(preview=True)

    assert preview.resources.keys() == recorded().resources.keys()
    assert preview.exports["topic"] == UNKNOWN
    (cpu,) = preview.named("langfuse-alarms-database-cpu").inputs["metricQueries"]
    (targets,) = preview.named("langfuse-alarms-load-balancer-unhealthy-targets").inputs[
        "metricQueries"
    ]
    assert cpu["metric"]["dimensions"] == {"DBInstanceIdentifier": UNKNOWN}
    assert cpu["metric"]["metricName"] == "CPUUtilization"
    assert targets["expression"] == UNKNOWN
    assert preview.named("langfuse-alarms-dashboard").inputs["dashboardBody"] == UNKNOWN


@pytest.mark.parametrize("changes", [{"email": None}, {"topic_arn": GIVEN_TOPIC}])
def test_neither_or_both_addressees_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^alarms go to an e-mail address or to a topic"):
        record(**changes)
