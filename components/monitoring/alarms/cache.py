"""Alarms of a cache on ElastiCache. They look at all nodes: any of them can become the primary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal

from components.monitoring.alarms.cloudwatch_metrics import (
    FIVE_MINUTES,
    MINUTE,
    Alarm,
    Formula,
    Metric,
)
from components.monitoring.alarms.thresholds import CACHE_MEMORY_PERCENT, CacheThresholds

NAMES: Final = ("CacheCpu", "CacheMemory", "CacheEvictions", "CacheFailover")


def of_cache(thresholds: CacheThresholds, *, nodes: int) -> Iterator[Alarm]:
    """Alarms of a replication group with so many nodes."""
    yield Alarm(
        name="CacheCpu",
        subject="cache",
        series=_busiest(thresholds.cpu_metric, "Average", nodes, "CPU in percent"),
        comparison="GreaterThanThreshold",
        threshold=thresholds.cpu_percent,
        period=FIVE_MINUTES,
        periods=3,
        breaching=3,
        # A group that is deleted or broken sends no data. Only this alarm reports that.
        missing="breaching",
        meaning=(
            "The cache has used nearly all of the one CPU that runs its commands for 15 minutes "
            f"({thresholds.cpu_metric} above {thresholds.cpu_percent:g} %), or has sent no figures "
            "at all. Queues get longer, and requests of agents time out."
        ),
    )
    yield Alarm(
        name="CacheMemory",
        subject="cache",
        series=_busiest("DatabaseMemoryUsagePercentage", "Maximum", nodes, "Memory in percent"),
        comparison="GreaterThanThreshold",
        threshold=CACHE_MEMORY_PERCENT,
        period=FIVE_MINUTES,
        periods=3,
        breaching=3,
        # CacheCpu reports it for all of them.
        missing="missing",
        meaning=(
            f"For 15 minutes more than {CACHE_MEMORY_PERCENT} % of the cache's memory has been in "
            "use. It evicts nothing: when it is full, Langfuse answers agents with errors."
        ),
    )
    yield Alarm(
        name="CacheEvictions",
        subject="cache",
        series=_busiest("Evictions", "Sum", nodes, "Keys evicted"),
        comparison="GreaterThanThreshold",
        threshold=0,
        period=FIVE_MINUTES,
        periods=1,
        breaching=1,
        missing="notBreaching",
        meaning=(
            "The cache has evicted keys, which its parameter group forbids: somebody changed it. "
            "Evicted jobs are lost events."
        ),
    )
    if nodes > 1:
        yield _failover(nodes)


def _failover(nodes: int) -> Alarm:
    primaries = _of_each("IsMaster", "Maximum", nodes)
    rises = {
        f"rise{number}": Formula(
            expression=f"DIFF({key})", label=f"Node {number} became the primary"
        )
        for number, key in enumerate(primaries, 1)
    }
    return Alarm(
        name="CacheFailover",
        subject="cache",
        series={
            **primaries,
            **rises,
            "rise": Formula(
                expression=f"MAX([{', '.join(rises)}])", label="A node became the primary"
            ),
        },
        comparison="GreaterThanThreshold",
        threshold=0,
        # One figure in five minutes is enough, also one that is late: it happens in a minute.
        period=MINUTE,
        periods=5,
        breaching=1,
        missing="notBreaching",
        meaning=(
            "Another node of the cache has become the primary. What was written in the second "
            "before may be lost, and workers have to connect again: see whether they work."
        ),
    )


def _busiest(
    metric: str, statistic: Literal["Average", "Maximum", "Sum"], nodes: int, label: str
) -> Mapping[str, Metric | Formula]:
    """The highest value of any node."""
    values = _of_each(metric, statistic, nodes)
    if nodes == 1:
        return values
    return {**values, "most": Formula(expression=f"MAX([{', '.join(values)}])", label=label)}


def _of_each(
    metric: str, statistic: Literal["Average", "Maximum", "Sum"], nodes: int
) -> dict[str, Metric]:
    return {
        f"node{number + 1}": Metric(name=metric, statistic=statistic, member=number)
        for number in range(nodes)
    }
