"""The CloudWatch dashboard: its JSON. Does not prove that CloudWatch draws it."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from components.monitoring.alarms import (
    cache,
    cloudwatch_dashboard,
    definitions,
    queues,
    thresholds,
)
from components.monitoring.alarms.cloudwatch_metrics import Alarm, Subject

REGION = "ap-northeast-2"
SUBJECTS: dict[Subject, list[str]] = {
    "database": ["langfuse-postgres-instance0123"],
    "cache": ["langfuse-prod-0123abcd-001", "langfuse-prod-0123abcd-002"],
    "load balancer": ["app/k8s-langfuse/0123456789abcdef"],
    "certificate": [
        "arn:aws:acm:ap-northeast-2:123456789012:certificate/1234abcd-12ab-34cd-56ef-1234567890ab"
    ],
    "queues": ["Langfuse"],
    "worker log": ["agent-observability/prod"],
}
ALARMS: list[Alarm] = [
    *definitions.of_database(
        thresholds.of_database(instance_class="db.t4g.medium", storage_gib=100, max_storage_gib=500)
    ),
    *cache.of_cache(thresholds.of_cache("cache.t4g.medium"), nodes=2),
    *definitions.of_load_balancer(agents=True),
    *definitions.of_certificate(21),
    *queues.of_queues(),
    queues.of_dropped_rows(logged=True),
]
ARNS = {alarm.name: f"arn:aws:cloudwatch:::alarm:{alarm.name}" for alarm in ALARMS}


def widgets(alarms: list[Alarm] = ALARMS) -> list[dict[str, Any]]:
    document = json.loads(
        cloudwatch_dashboard.body(alarms, region=REGION, subjects=SUBJECTS, arns=ARNS)
    )
    assert list(document) == ["widgets"]
    return document["widgets"]


def graph(name: str) -> dict[str, Any]:
    (found,) = (w for w in widgets() if w["properties"]["title"] == name)
    return found


def test_first_come_the_states_then_a_graph_for_each_alarm() -> None:
    states, *graphs = widgets()

    assert states == {
        "type": "alarm",
        "x": 0,
        "y": 0,
        "width": 24,
        "height": 3,
        "properties": {"title": "Alarms", "alarms": [*ARNS.values()]},
    }
    assert [g["properties"]["title"] for g in graphs] == [*definitions.NAMES]


def test_a_graph_of_one_metric_is_exactly_this() -> None:
    assert graph("DatabaseConnections") == {
        "type": "metric",
        "x": 0,
        "y": 9,
        "width": 8,
        "height": 6,
        "properties": {
            "title": "DatabaseConnections",
            "region": REGION,
            "view": "timeSeries",
            "period": 300,
            "metrics": [
                [
                    "AWS/RDS",
                    "DatabaseConnections",
                    "DBInstanceIdentifier",
                    "langfuse-postgres-instance0123",
                    {"id": "value", "stat": "Maximum", "visible": True},
                ]
            ],
            "annotations": {"horizontal": [{"label": "Alarm", "value": 310}]},
            "yAxis": {"left": {"min": 0}},
        },
    }


def test_a_formula_is_drawn_and_what_it_is_made_of_is_not() -> None:
    lines = graph("LoadBalancerErrors")["properties"]["metrics"]

    assert [(line[-1]["id"], line[-1]["visible"]) for line in lines] == [
        ("unanswered", False),
        ("failed", False),
        ("requests", False),
        ("errors", False),
        ("total", False),
        ("percent", True),
    ]
    assert lines[-1] == [
        {
            "id": "percent",
            "expression": "IF(errors >= 10, 100 * errors / total, 0)",
            "label": "Requests with a 5xx, in percent",
            "region": REGION,
            "visible": True,
        }
    ]


def test_each_node_of_a_cache_is_a_line_of_its_own() -> None:
    assert graph("CacheMemory")["properties"]["metrics"] == [
        [
            *("AWS/ElastiCache", "DatabaseMemoryUsagePercentage", "CacheClusterId"),
            "langfuse-prod-0123abcd-001",
            {"id": "node1", "stat": "Maximum", "visible": False},
        ],
        [
            *("AWS/ElastiCache", "DatabaseMemoryUsagePercentage", "CacheClusterId"),
            "langfuse-prod-0123abcd-002",
            {"id": "node2", "stat": "Maximum", "visible": False},
        ],
        [
            {
                "id": "most",
                "expression": "MAX([node1, node2])",
                "label": "Memory in percent",
                "region": REGION,
                "visible": True,
            }
        ],
    ]


def test_what_has_no_dimension_is_named_by_its_namespace() -> None:
    assert graph("IngestionFails")["properties"]["metrics"] == [
        [
            "Langfuse",
            "langfuse.ingestion.project_failure.active_projects",
            {"id": "projects", "stat": "Maximum", "visible": True},
        ]
    ]
    assert graph("RowsDropped")["properties"]["metrics"] == [
        [
            "agent-observability/prod",
            "RowsDropped",
            {"id": "dropped", "stat": "Sum", "visible": True},
        ]
    ]


def test_the_query_names_the_load_balancer() -> None:
    ((line,),) = graph("LoadBalancerUnhealthyTargets")["properties"]["metrics"]

    assert line["expression"].endswith("WHERE LoadBalancer = 'app/k8s-langfuse/0123456789abcdef'")


@pytest.mark.parametrize("count", [1, 3, 4, 9])
def test_no_two_widgets_share_a_place_and_none_leaves_the_grid(count: int) -> None:
    def place(widget: dict[str, Any]) -> set[tuple[int, int]]:
        columns = range(widget["x"], widget["x"] + widget["width"])
        rows = range(widget["y"], widget["y"] + widget["height"])
        return set(itertools.product(columns, rows))

    places = [place(widget) for widget in widgets(ALARMS[:count])]

    assert len(places) == count + 1
    assert sum(map(len, places)) == len(set[tuple[int, int]]().union(*places))
    assert max(x for place in places for x, _ in place) < 24


def test_the_same_alarms_make_the_same_text() -> None:
    first, second = (
        cloudwatch_dashboard.body(ALARMS, region=REGION, subjects=SUBJECTS, arns=ARNS)
        for _ in range(2)
    )

    assert first == second
