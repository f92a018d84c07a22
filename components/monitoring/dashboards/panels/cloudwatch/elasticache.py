"""Panels of the cache on ElastiCache, from CloudWatch.

https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.Redis.html and
https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.HostLevel.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from components.monitoring.alarms.thresholds import CACHE_MEMORY_PERCENT, CacheThresholds
from components.monitoring.dashboards.panels.panel import GOOD, NEUTRAL, Limit, Panel, State
from components.monitoring.dashboards.panels.queries import Expression, Metric

NAMESPACE: Final = "AWS/ElastiCache"


@dataclass(frozen=True, kw_only=True)
class Nodes:
    """The nodes of a replication group. Any of them can become the primary."""

    region: str
    nodes: Sequence[str]
    """CacheClusterId of each."""
    thresholds: CacheThresholds
    """Those of its alarms."""

    def glance(self) -> list[Panel]:
        """The latest value of the busiest node."""
        return [
            self._of_busiest(panel)
            for panel in (self._cpu(), self._memory(), self._evictions(), self._connections())
        ]

    def memory(self) -> Panel:
        """At a glance."""
        return self._of_busiest(self._memory())

    def load(self) -> list[Panel]:
        return [
            self._cpu(),
            self._connections(),
            self._graph(
                "Cache traffic",
                "Bytes that the nodes send to pods and to each other in a second. Each node type "
                "has a limit, and AWS delays what is above it.",
                self._rates("NetworkBytesOut"),
                unit="binBps",
            ),
        ]

    def data(self) -> list[Panel]:
        return [
            self._memory(),
            self._graph(
                "Cache items",
                "Keys of queues, locks and caches. A climb with the memory is a queue that nobody "
                "works on: look at the workers.",
                self._of_each("CurrItems", "Maximum"),
                unit="short",
            ),
            self._evictions(),
        ]

    def replication(self) -> list[Panel]:
        """Of a group with replicas."""
        return [
            self._graph(
                "Cache replication lag",
                "How far a replica is behind the primary. Below a second is normal; that much is "
                "lost if the primary fails now.",
                self._of_each("ReplicationLag", "Maximum"),
                unit="s",
            ),
            Panel(
                kind="states",
                title="Cache primary",
                description=(
                    "Which node takes writes. A change is a failover, by AWS's maintenance or by a "
                    "fault: writes of the second before may be lost."
                ),
                queries=self._of_each("IsMaster", "Maximum"),
                unit="none",
                alert="CacheFailover",
                states={
                    1: State(text="Primary", colour=GOOD),
                    0: State(text="Replica", colour=NEUTRAL),
                },
            ),
        ]

    def _cpu(self) -> Panel:
        panel = self._graph(
            "Cache CPU",
            "CPU of the nodes, or of the one thread that runs commands where a node has more than "
            "two CPUs. Long above the threshold requests time out: take a larger node type.",
            self._of_each(self.thresholds.cpu_metric, "Average"),
            unit="percent",
            alert="CacheCpu",
            limits=[Limit(value=self.thresholds.cpu_percent)],
        )
        return replace(panel, maximum=100)

    def _memory(self) -> Panel:
        panel = self._graph(
            "Cache memory",
            "Memory in use of what a node may hold. It evicts nothing: at 100% Langfuse answers "
            "agents with errors. A climb is a queue that workers do not empty.",
            self._of_each("DatabaseMemoryUsagePercentage", "Maximum"),
            unit="percent",
            alert="CacheMemory",
            limits=[Limit(value=CACHE_MEMORY_PERCENT)],
        )
        return replace(panel, maximum=100)

    def _evictions(self) -> Panel:
        return self._graph(
            "Cache evictions",
            "Keys that were removed to make room. 0 is normal, because the parameter group forbids "
            "it; an evicted job is a lost event.",
            self._of_each("Evictions", "Sum"),
            unit="none",
            alert="CacheEvictions",
            limits=[Limit(value=1)],
        )

    def _connections(self) -> Panel:
        return self._graph(
            "Cache connections",
            "Connections of all pods and of AWS's own monitoring. It follows the number of pods; a "
            "steady climb with the same pods is a leak. A node admits 65,000.",
            self._of_each("CurrConnections", "Maximum"),
            unit="none",
        )

    def _of_busiest(self, panel: Panel) -> Panel:
        """The highest value of any node."""
        metrics = [query for query in panel.queries if isinstance(query, Metric)]
        queries: list[Metric | Expression] = [*metrics]
        if len(metrics) > 1:
            text = f"MAX([{', '.join(metric.id for metric in metrics)}])"
            queries = [replace(metric, hidden=True) for metric in metrics]
            queries.append(Expression(region=self.region, text=text, id="most", label="most"))
        return replace(panel, kind="stat", queries=queries, height=4)

    def _rates(self, name: str) -> list[Metric | Expression]:
        """A count of each node in a second."""
        counts = [replace(metric, hidden=True) for metric in self._of_each(name, "Sum")]
        return [
            *counts,
            *(
                Expression(
                    region=self.region,
                    text=f"{count.id} / PERIOD({count.id})",
                    id=f"rate{number}",
                    label=count.label,
                )
                for number, count in enumerate(counts, 1)
            ),
        ]

    def _of_each(self, name: str, statistic: str) -> list[Metric]:
        return [
            Metric(
                region=self.region,
                namespace=NAMESPACE,
                name=name,
                dimensions=(("CacheClusterId", node),),
                statistic=statistic,
                id=f"node{number}",
                label=node,
            )
            for number, node in enumerate(self.nodes, 1)
        ]

    def _graph(
        self,
        title: str,
        description: str,
        queries: Sequence[Metric | Expression],
        *,
        unit: str,
        alert: str | None = None,
        limits: Sequence[Limit] = (),
    ) -> Panel:
        return Panel(
            kind="graph",
            title=title,
            description=description,
            queries=queries,
            unit=unit,
            alert=alert,
            limits=limits,
        )
