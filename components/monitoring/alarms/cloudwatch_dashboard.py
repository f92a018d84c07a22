"""A CloudWatch dashboard of what the alarms watch.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from components.monitoring.alarms.cloudwatch_metrics import (
    DIMENSIONS,
    NAMESPACES,
    Alarm,
    Formula,
    Metric,
    Query,
    Subject,
)

_COLUMNS: Final = 3
_WIDTH: Final = 24 // _COLUMNS
_HEIGHT: Final = 6
_STATES_HEIGHT: Final = 3


def body(
    alarms: Sequence[Alarm],
    *,
    region: str,
    subjects: Mapping[Subject, Sequence[str]],
    arns: Mapping[str, str],
) -> str:
    """The dashboard as JSON: the states of ``alarms``, then a graph for each with its threshold.

    ``subjects``: identities of each subject's members; ``arns``: ARN of each alarm by its name.
    """
    states = {
        "type": "alarm",
        **_place(0, 0, 24, _STATES_HEIGHT),
        "properties": {"title": "Alarms", "alarms": [arns[alarm.name] for alarm in alarms]},
    }
    graphs = [
        {
            "type": "metric",
            **_place(
                index % _COLUMNS * _WIDTH,
                _STATES_HEIGHT + index // _COLUMNS * _HEIGHT,
                _WIDTH,
                _HEIGHT,
            ),
            "properties": {
                "title": alarm.name,
                "region": region,
                "view": "timeSeries",
                "period": alarm.period,
                "metrics": _lines(alarm, subjects[alarm.subject], region),
                "annotations": {"horizontal": [{"label": "Alarm", "value": alarm.threshold}]},
                "yAxis": {"left": {"min": 0}},
            },
        }
        for index, alarm in enumerate(alarms)
    ]
    return json.dumps({"widgets": [states, *graphs]})


def _place(x: int, y: int, width: int, height: int) -> dict[str, int]:
    return {"x": x, "y": y, "width": width, "height": height}


def _lines(alarm: Alarm, members: Sequence[str], region: str) -> list[list[Any]]:
    """All series; shown is the one that the alarm compares."""
    shown = [*alarm.series][-1]
    return [
        _line(key, series, alarm.subject, members, region, visible=key == shown)
        for key, series in alarm.series.items()
    ]


def _line(
    key: str,
    series: Metric | Formula | Query,
    kind: Subject,
    members: Sequence[str],
    region: str,
    *,
    visible: bool,
) -> list[Any]:
    match series:
        case Metric():
            member, dimension = members[series.member], DIMENSIONS.get(kind)
            namespace = member if dimension is None else NAMESPACES[kind]
            where = [] if dimension is None else [dimension, member]
            about = {"id": key, "stat": series.statistic, "visible": visible}
            return [namespace, series.name, *where, about]
        case Formula():
            expression = series.expression
        case Query():
            expression = series.template.format(subject=members[0])
    return [
        {
            "id": key,
            "expression": expression,
            "label": series.label,
            "region": region,
            "visible": visible,
        }
    ]
