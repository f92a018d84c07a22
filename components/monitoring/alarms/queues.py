"""Alarms of the queues between web pods and workers, and of what workers write.

Each worker publishes the same figure of a queue: the largest counts. What they count of their own
work is added up.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from components.monitoring import queue_metrics
from components.monitoring.alarms.cloudwatch_metrics import (
    FIVE_MINUTES,
    Alarm,
    Formula,
    Metric,
    Missing,
)
from components.monitoring.alarms.thresholds import PARTITIONS, WAITING_JOBS

ROWS_DROPPED: Final = "RowsDropped"
"""The alarm, and the metric of a log filter."""

NAMES: Final = (
    "QueueBacklog",
    "QueueNotConsumed",
    "QueueDeadLetters",
    "IngestionFails",
    "EventPropagationBehind",
    ROWS_DROPPED,
)

MESSAGE: Final = "Max attempts reached"
"""In the log of a worker that drops rows (worker/src/services/ClickhouseWriter/index.ts in
langfuse/langfuse at v3.225.4 and v4.16.0)."""


def log_pattern(*, namespace: str, container: str) -> str:
    """The pattern of a log filter: ``MESSAGE`` of one namespace's workers.

    In the form of Container Insights, whose events are objects with the line as ``log``, or as
    ``log_processed`` where it is JSON itself
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html).
    """
    line = f'($.log = "*{MESSAGE}*") || ($.log_processed.message = "*{MESSAGE}*")'
    return (
        f'{{ ($.kubernetes.namespace_name = "{namespace}") && '
        f'($.kubernetes.container_name = "{container}") && ({line}) }}'
    )


def of_queues() -> Iterator[Alarm]:
    """Alarms of metrics that workers publish."""
    yield _alarm(
        "QueueBacklog",
        {**_depths("waiting"), "waiting": Formula(expression=_SUM, label="Jobs that wait")},
        threshold=WAITING_JOBS,
        # QueueNotConsumed reports it.
        missing="missing",
        meaning=(
            f"For 15 minutes more than {WAITING_JOBS:,} jobs have waited: workers do not keep up "
            "with what agents send. Traces appear late, and the cache fills."
        ),
    )
    yield _alarm(
        "QueueNotConsumed",
        {
            **_depths("waiting"),
            "waiting": Formula(expression=_SUM, label="Jobs that wait"),
            **{
                f"{queue}done": Metric(name=queue_metrics.completed(queue), statistic="Sum")
                for queue in queue_metrics.QUEUES
            },
            # Sent only when it is not 0: none where there are lengths and nothing else.
            "none": Formula(expression="0 * waiting", label="None"),
            "done": Formula(
                expression=f"SUM([none, {', '.join(f'{q}done' for q in queue_metrics.QUEUES)}])",
                label="Jobs completed",
            ),
            # Not IF, which makes 0 of lengths without a figure.
            "stuck": Formula(
                expression="waiting * (done < 1)",
                label="Jobs that wait while none is completed",
            ),
        },
        threshold=0,
        # No worker runs, or none may publish.
        missing="breaching",
        meaning=(
            "For 15 minutes jobs have waited and none was completed, or no worker has sent any "
            "figures. Traces are accepted and do not appear."
        ),
    )
    yield _alarm(
        "QueueDeadLetters",
        {**_depths("failed"), "failed": Formula(expression=_SUM, label="Jobs that failed")},
        threshold=0,
        meaning=(
            "Jobs have failed for good, each after six attempts. What agents sent in them is not "
            "written until somebody lets workers try them again."
        ),
    )
    yield _alarm(
        "IngestionFails",
        {"projects": Metric(name=queue_metrics.FAILING_PROJECTS, statistic="Maximum")},
        threshold=0,
        meaning=(
            "For 15 minutes Langfuse has failed to accept or to process what agents send: object "
            "storage, the cache or ClickHouse refuses. No health page shows it."
        ),
    )
    yield _alarm(
        "EventPropagationBehind",
        {"partitions": Metric(name=queue_metrics.PARTITIONS, statistic="Maximum")},
        threshold=PARTITIONS,
        meaning=(
            "The copy of new traces to the tables of version 4 is an hour behind. What is older "
            "than two days is removed before it is copied."
        ),
    )


def of_dropped_rows(*, logged: bool) -> Alarm:
    """``logged``: by a filter of the log, which counts lines, in place of the metric."""
    name = ROWS_DROPPED if logged else queue_metrics.ROWS_DROPPED
    return Alarm(
        name=ROWS_DROPPED,
        subject="worker log" if logged else "queues",
        # Sent only when it is not 0.
        series={"dropped": Metric(name=name, statistic="Sum")},
        comparison="GreaterThanThreshold",
        threshold=0,
        period=FIVE_MINUTES,
        periods=1,
        breaching=1,
        missing="notBreaching",
        meaning=(
            "A worker has given up to write to ClickHouse and dropped what agents were told is "
            "accepted. It is lost."
        ),
    )


_SUM: Final = f"SUM([{', '.join(queue_metrics.QUEUES)}])"


def _depths(kind: Literal["waiting", "failed"]) -> dict[str, Metric]:
    return {
        queue: Metric(name=queue_metrics.depth(queue, kind), statistic="Maximum")
        for queue in queue_metrics.QUEUES
    }


def _alarm(
    name: str,
    series: dict[str, Metric | Formula],
    *,
    threshold: float,
    meaning: str,
    missing: Missing = "notBreaching",
) -> Alarm:
    return Alarm(
        name=name,
        subject="queues",
        series=series,
        comparison="GreaterThanThreshold",
        threshold=threshold,
        period=FIVE_MINUTES,
        periods=3,
        breaching=3,
        missing=missing,
        meaning=meaning,
    )
