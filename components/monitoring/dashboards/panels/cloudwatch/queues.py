"""Panels of the queues between web pods and workers, from what workers send to CloudWatch.

Each worker sends the same figure of a queue, so that the largest counts; what it counts of its own
work is added up. A count is sent only while it is not zero, hence ``FILL``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from components.monitoring import queue_metrics
from components.monitoring.alarms import queues as alarms
from components.monitoring.alarms.thresholds import PARTITIONS, WAITING_JOBS
from components.monitoring.dashboards.panels.panel import Limit, Panel
from components.monitoring.dashboards.panels.queries import Expression, Metric

_NAMES: Final[dict[queue_metrics.Queue, str]] = {
    "ingestion": "Langfuse's API",
    "otel": "OpenTelemetry",
}


@dataclass(frozen=True, kw_only=True)
class Queues:
    """The queues of what agents send. Their metrics do not say which stack they are of."""

    region: str

    def glance(self) -> list[Panel]:
        """The latest values of both queues together."""
        return [
            self.all_waiting(),
            self._in_all(
                self._failed(),
                "failed",
                "Jobs that failed for good and are still there. 0 is normal; nothing is written of "
                "what agents sent in them until somebody lets workers try again.",
            ),
            replace(self._dropped(), kind="stat", height=4),
        ]

    def all_waiting(self) -> Panel:
        """At a glance."""
        return self._in_all(
            self._waiting(),
            "waiting",
            "Jobs that no worker has begun, of all queues of traces. Near 0 is normal; thousands "
            "for minutes mean that workers do not keep up, or do not work.",
        )

    def graphs(self) -> list[Panel]:
        return [
            self._waiting(),
            self._graph(
                "Jobs in work",
                "Jobs that workers have begun. At a level for long while others wait, workers do "
                "all that they can: more of them help, if ClickHouse keeps up.",
                self._depths("active"),
            ),
            self._completed(),
            self._graph(
                "Periods to copy",
                "Periods of three minutes whose traces are not yet in the tables of version 4. A "
                "few are normal; what is older than two days is removed before it is copied.",
                [self._metric(queue_metrics.PARTITIONS, "Maximum", "periods")],
                alert="EventPropagationBehind",
                limits=[Limit(value=PARTITIONS)],
            ),
            self._failed(),
            self._oldest_failure(),
            self._graph(
                "Projects with failures",
                "Projects of which something could not be taken or worked on within ten minutes. 0 "
                "is normal; otherwise object storage, the cache or ClickHouse refuses.",
                [self._metric(queue_metrics.FAILING_PROJECTS, "Maximum", "projects")],
                alert="IngestionFails",
                limits=[Limit(value=1)],
            ),
            self._dropped(),
        ]

    def _waiting(self) -> Panel:
        return self._graph(
            "Jobs waiting",
            "Jobs that no worker has begun. A peak that falls again is normal; a climb means that "
            "workers do not keep up: traces appear late, and the cache fills.",
            self._depths("waiting"),
            alert="QueueBacklog",
            limits=[Limit(value=WAITING_JOBS)],
        )

    def _completed(self) -> Panel:
        counts = [
            self._metric(queue_metrics.completed(queue), "Sum", f"{queue}done", hidden=True)
            for queue in queue_metrics.QUEUES
        ]
        rates = [
            self._math(f"FILL({queue}done, 0) / PERIOD({queue}done)", queue, _NAMES[queue])
            for queue in queue_metrics.QUEUES
        ]
        panel = self._graph(
            "Jobs completed",
            "Jobs that workers finish in a second. It follows what agents send; none while jobs "
            "wait means that no worker works, or that none can write.",
            [*counts, *rates],
            alert="QueueNotConsumed",
        )
        return replace(panel, unit="ops", stacked=True, decimals=None)

    def _failed(self) -> Panel:
        return self._graph(
            "Failed jobs",
            "Jobs that failed for good, each after six attempts, and are still there. 0 is normal; "
            "the log of workers says why they failed.",
            self._depths("failed"),
            alert="QueueDeadLetters",
            limits=[Limit(value=1)],
        )

    def _oldest_failure(self) -> Panel:
        panel = self._graph(
            "Oldest failed job",
            "How long ago the oldest of the failed jobs failed: the cause began then, if none was "
            "removed. 0 is normal.",
            [
                self._metric(queue_metrics.oldest_failure(queue), "Maximum", queue, _NAMES[queue])
                for queue in queue_metrics.QUEUES
            ],
            alert="QueueDeadLetters",
        )
        return replace(panel, unit="ms", decimals=None)

    def _dropped(self) -> Panel:
        panel = self._graph(
            "Rows dropped",
            "Rows that a worker gave up to write to ClickHouse. 0 is normal; agents were told that "
            "they are accepted, and they are lost.",
            [
                self._metric(queue_metrics.ROWS_DROPPED, "Sum", "rows", hidden=True),
                self._math("FILL(rows, 0)", "dropped", "dropped"),
            ],
            alert=alarms.ROWS_DROPPED,
            limits=[Limit(value=1)],
        )
        return replace(panel, no_value="0")

    def _in_all(self, panel: Panel, id_: str, description: str) -> Panel:
        """The latest value of the sum of a panel's queues."""
        metrics = [query for query in panel.queries if isinstance(query, Metric)]
        parts = [replace(metric, hidden=True) for metric in metrics]
        text = f"SUM([{', '.join(queue_metrics.QUEUES)}])"
        return replace(
            panel,
            kind="stat",
            description=description,
            queries=[*parts, self._math(text, id_, id_)],
            height=4,
        )

    def _depths(self, kind: Literal["waiting", "active", "failed"]) -> list[Metric]:
        return [
            self._metric(queue_metrics.depth(queue, kind), "Maximum", queue, _NAMES[queue])
            for queue in queue_metrics.QUEUES
        ]

    def _graph(
        self,
        title: str,
        description: str,
        queries: Sequence[Metric | Expression],
        *,
        alert: str | None = None,
        limits: Sequence[Limit] = (),
    ) -> Panel:
        return Panel(
            kind="graph",
            title=title,
            description=description,
            queries=queries,
            unit="short",
            alert=alert,
            limits=limits,
            decimals=0,
            no_value="not sent",
        )

    def _metric(
        self, name: str, statistic: str, id_: str, label: str = "", *, hidden: bool = False
    ) -> Metric:
        return Metric(
            region=self.region,
            namespace=queue_metrics.NAMESPACE,
            name=name,
            dimensions=(),
            statistic=statistic,
            id=id_,
            label=label or id_,
            hidden=hidden,
        )

    def _math(self, text: str, id_: str, label: str) -> Expression:
        return Expression(region=self.region, text=text, id=id_, label=label)
