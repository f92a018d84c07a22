"""Settings of monitoring that are refused, each with the exact problems, and some that are not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from stacks.settings import Problem
from tests.support.configurations import (
    EXTERNAL,
    ON_EKS,
    Encrypted,
    bad,
    endpoint,
    problem,
    problems,
    rds,
)

RUNBOOKS = "https://git.example.com/platform/agent-observability/docs"
TOPIC = "arn:aws:sns:ap-northeast-2:123456789012:on-call"
EMAIL = "on-call@example.com"
OWN_LABEL = "is a label that the program sets, as every app.kubernetes.io/… is"


def monitoring(**parts: Any) -> dict[str, Any]:  # noqa: ANN401 - configuration is any JSON
    """As a change: the section with its required key."""
    return {"monitoring": {"runbooks": RUNBOOKS, **parts}}


def unwatched(engine: str) -> Problem:
    return problem(
        "monitoring.alarms",
        "(an object)",
        f"has nothing to watch: CloudWatch knows the database of engine rds, not of engine "
        f"{engine}, and the load balancer of 'endpoint', which is not given",
        "",
    )


BAD = [
    bad(
        "a section that turns nothing on",
        monitoring(certificateDays=14),
        problem(
            "monitoring",
            "(an object)",
            "makes nothing; give 'dashboards', 'prometheusRules' or 'alarms'",
            "",
        ),
    ),
    bad(
        "no address of the runbooks",
        {"monitoring": {"dashboards": {}}},
        problem(
            "monitoring.runbooks",
            "(nothing)",
            "is required",
            "pulumi config set --path @monitoring.runbooks RUNBOOKS",
        ),
    ),
    bad(
        "alarms without an EKS cluster",
        monitoring(alarms={"email": EMAIL}),
        problem(
            "monitoring.alarms",
            "(an object)",
            "needs an EKS cluster (cluster.eksName): the alarms are in its account and region",
            "",
        ),
    ),
    bad(
        "alarms of a database in the cluster, without an endpoint",
        {**ON_EKS, **monitoring(alarms={"email": EMAIL})},
        unwatched("statefulSet"),
    ),
    bad(
        "alarms of a database elsewhere, without an endpoint",
        {**ON_EKS, "database": EXTERNAL, **monitoring(alarms={"email": EMAIL})},
        unwatched("external"),
    ),
    bad(
        "alarms of a cache in the cluster, without an endpoint",
        {
            **ON_EKS,
            "langfuse": {"version": "4.16.0"},
            "clickhouse": {"engine": "statefulSet"},
            "cache": {"engine": "statefulSet"},
            "objectStorage": {"engine": "s3"},
            **monitoring(alarms={"email": EMAIL}),
        },
        problem(
            "monitoring.alarms",
            "(an object)",
            "has nothing to watch: CloudWatch knows the database of engine rds, not of engine "
            "statefulSet, a cache of engine elastiCache, not of engine statefulSet, and the load "
            "balancer of 'endpoint', which is not given",
            "",
        ),
    ),
    bad(
        "metrics of ClickHouse where there is none",
        monitoring(prometheusRules={"prometheusNamespace": "monitoring"}),
        problem(
            "monitoring.prometheusRules.prometheusNamespace",
            '"monitoring"',
            "is for the metrics of ClickHouse, which comes with Langfuse 3, and of the agents' "
            "gateway, which is not given: there is nothing to "
            "read",
            "",
        ),
    ),
    bad(
        "metrics of ClickHouse, whose section is missing",
        {
            **ON_EKS,
            "langfuse": {"version": "4.16.0"},
            "cache": {"engine": "statefulSet"},
            "objectStorage": {"engine": "s3"},
            **monitoring(prometheusRules={"prometheusNamespace": "monitoring"}),
        },
        problem(
            "clickhouse",
            "(nothing)",
            "is required by Langfuse 4: traces are in ClickHouse. A stack of version 2 gets there "
            "by the steps in docs/upgrade.md",
            "",
        ),
    ),
    bad(
        "metrics of a ClickHouse elsewhere",
        {
            "langfuse": {"version": "4.16.0"},
            "clickhouse": {
                "engine": "external",
                "kind": "server",
                "url": "https://clickhouse.example.com:8443",
                "password": Encrypted("langfuse-reads-and-writes-here"),
            },
            "cache": {"engine": "statefulSet"},
            "objectStorage": {"engine": "statefulSet"},
            **monitoring(prometheusRules={"prometheusNamespace": "monitoring"}),
        },
        problem(
            "monitoring.prometheusRules.prometheusNamespace",
            '"monitoring"',
            "is for the metrics of ClickHouse, which is not in the cluster, and of the agents' "
            "gateway, which is not given: there is nothing to "
            "read",
            "",
        ),
    ),
    bad(
        "a namespace that is none",
        monitoring(prometheusRules={"prometheusNamespace": "Monitoring"}),
        problem(
            "monitoring.prometheusRules.prometheusNamespace",
            '"Monitoring"',
            "must be a DNS label: 1 to 63 lower-case letters, digits or '-', starting and ending "
            "with a letter or digit",
            "pulumi config set --path @monitoring.prometheusRules.prometheusNamespace monitoring",
        ),
    ),
    bad(
        "metrics of queues without a role to publish with",
        {
            "langfuse": {"version": "4.16.0"},
            "clickhouse": {"engine": "statefulSet"},
            "cache": {"engine": "statefulSet"},
            "objectStorage": {"engine": "statefulSet"},
            **monitoring(queueMetrics=True),
        },
        problem(
            "monitoring.queueMetrics",
            "true",
            "needs objectStorage of engine s3: workers publish with the role that they have for it",
            "",
        ),
    ),
    bad(
        "metrics and a log of workers that there are not",
        {
            **rds(),
            "objectStorage": {"engine": "s3", "exports": True},
            **monitoring(
                queueMetrics=True, alarms={"email": EMAIL, "workerLogGroup": "/aws/x/application"}
            ),
        },
        problem(
            "monitoring.queueMetrics",
            "true",
            "is about workers, which Langfuse 2.95.12 does not have",
            "pulumi config rm --path @monitoring.queueMetrics",
        ),
        problem(
            "monitoring.alarms.workerLogGroup",
            '"/aws/x/application"',
            "is about workers, which Langfuse 2.95.12 does not have",
            "",
        ),
    ),
    bad(
        "an ARN in place of the name of a log group",
        {
            **rds(),
            **monitoring(
                alarms={
                    "email": EMAIL,
                    "workerLogGroup": "arn:aws:logs:eu-west-1:123456789012:log-group:x",
                }
            ),
        },
        problem(
            "monitoring.alarms.workerLogGroup",
            '"arn:aws:logs:eu-west-1:123456789012:log-group:x"',
            "must be the name of a log group such as '/aws/containerinsights/CLUSTER/application': "
            "letters, digits and . - _ / #, 512 at most",
            "",
        ),
    ),
    bad(
        "alarms that go nowhere",
        {**rds(), **monitoring(alarms={})},
        problem(
            "monitoring.alarms.email",
            "(nothing)",
            "is required, or 'topicArn' of an existing SNS topic: else no one is notified",
            "pulumi config set --path @monitoring.alarms.email EMAIL",
        ),
    ),
    bad(
        "alarms that go to an address and to a topic",
        {**rds(), **monitoring(alarms={"email": EMAIL, "topicArn": TOPIC})},
        problem(
            "monitoring.alarms.email",
            f'"{EMAIL}"',
            "is for a topic that the program creates; subscribe the address to "
            "monitoring.alarms.topicArn, or give it in place of that",
            "",
        ),
    ),
    bad(
        "a topic of another region",
        {
            **rds(),
            **monitoring(alarms={"topicArn": "arn:aws:sns:us-east-1:123456789012:on-call"}),
        },
        problem(
            "monitoring.alarms.topicArn",
            '"arn:aws:sns:us-east-1:123456789012:on-call"',
            "is of us-east-1, and has to be of aws:region, ap-northeast-2: an alarm publishes in "
            "its own",
            "",
        ),
    ),
    bad(
        "a topic of no region",
        {**rds(), **monitoring(alarms={"topicArn": "arn:aws:sns::123456789012:on-call"})},
        problem(
            "monitoring.alarms.topicArn",
            '"arn:aws:sns::123456789012:on-call"',
            "is of no region, and has to be of aws:region, ap-northeast-2: an alarm publishes in "
            "its own",
            "",
        ),
    ),
    bad(
        "a topic by its name",
        {**rds(), **monitoring(alarms={"topicArn": "on-call"})},
        problem(
            "monitoring.alarms.topicArn",
            '"on-call"',
            f"must be an ARN such as '{TOPIC}'",
            "",
        ),
    ),
    bad(
        "dashboards without a label",
        monitoring(dashboards={"labels": {}}),
        problem(
            "monitoring.dashboards.labels",
            "{}",
            "must not be empty: Grafana's sidecar finds dashboards by a label",
            "pulumi config set --path --type string "
            "@monitoring.dashboards.labels.grafana_dashboard 1",
        ),
    ),
    bad(
        "labels that the program sets itself",
        monitoring(
            dashboards={"labels": {"grafana_dashboard": "1", "app.kubernetes.io/name": "grafana"}},
            prometheusRules={"labels": {"app.kubernetes.io/part-of": "kube-prometheus-stack"}},
        ),
        problem(
            'monitoring.dashboards.labels["app.kubernetes.io/name"]',
            '"grafana"',
            OWN_LABEL,
            "",
        ),
        problem(
            'monitoring.prometheusRules.labels["app.kubernetes.io/part-of"]',
            '"kube-prometheus-stack"',
            OWN_LABEL,
            "",
        ),
    ),
    bad(
        "a module without a prober",
        monitoring(prometheusRules={"module": "http_200"}),
        problem(
            "monitoring.prometheusRules.module",
            '"http_200"',
            "is the module of 'prober', which is not given: there is no probe",
            "",
        ),
    ),
]


@pytest.mark.parametrize(("change", "expected"), BAD)
def test_refuses(change: Mapping[str, Any], expected: list[Problem]) -> None:
    assert problems(change) == expected


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({**rds(), **monitoring(alarms={"email": EMAIL})}, id="a database of RDS"),
        pytest.param({**endpoint(), **monitoring(alarms={"email": EMAIL})}, id="an endpoint"),
        pytest.param(
            {
                **ON_EKS,
                "langfuse": {"version": "4.16.0"},
                "clickhouse": {"engine": "statefulSet"},
                "cache": {"engine": "elastiCache"},
                "objectStorage": {"engine": "s3"},
                **monitoring(alarms={"email": EMAIL}),
            },
            id="alarms of a cache alone",
        ),
        *(
            pytest.param(
                {
                    **ON_EKS,
                    "langfuse": {"version": "4.16.0"},
                    "clickhouse": {"engine": "statefulSet"},
                    "cache": {"engine": "statefulSet"},
                    "objectStorage": {"engine": "s3"},
                    **monitoring(**watched),
                },
                id=name,
            )
            for name, watched in {
                "metrics of queues alone": {"queueMetrics": True},
                "alarms of metrics of queues": {"queueMetrics": True, "alarms": {"email": EMAIL}},
                "alarms of a log": {"alarms": {"email": EMAIL, "workerLogGroup": "/aws/x#1_a.b-c"}},
            }.items()
        ),
        pytest.param(
            # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
            {**rds(), **monitoring(alarms={"topicArn": f"{TOPIC}.fifo"})},
            id="a FIFO topic",
        ),
        pytest.param(
            {
                **rds(),
                "aws:allowedAccountIds": ["210987654321"],
                **monitoring(alarms={"topicArn": TOPIC}),
            },
            id="a topic of another account",
        ),
        pytest.param(monitoring(dashboards={}), id="dashboards as they come"),
        pytest.param(monitoring(prometheusRules={}), id="rules as they come"),
        pytest.param(
            monitoring(
                prometheusRules={"prober": "blackbox.monitoring.svc:9115", "module": "http_200"}
            ),
            id="a module of a prober",
        ),
    ],
)
def test_takes(change: Mapping[str, Any]) -> None:
    assert problems(change) == []
