"""Panels of the database on RDS, from CloudWatch.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from components.monitoring.alarms.thresholds import CPU_PERCENT, DatabaseThresholds
from components.monitoring.dashboards.panels.limits import DatabaseLimits
from components.monitoring.dashboards.panels.panel import CRITICAL, WARNING, Limit, Line, Panel
from components.monitoring.dashboards.panels.queries import Expression, Metric

NAMESPACE: Final = "AWS/RDS"

_CREDIT_SECONDS: Final = "300"
"""CPU credits are reported every five minutes."""

_TRANSACTION_IDS: Final = 1_000_000_000
"""Half of the age at which PostgreSQL refuses to write
(https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-WRAPAROUND)."""


@dataclass(frozen=True, kw_only=True)
class Instance:
    """An RDS instance."""

    region: str
    identifier: str
    limits: DatabaseLimits | None

    def glance(self) -> list[Panel]:
        """The latest values: load, then free capacity."""
        return [
            _at_a_glance(panel)
            for panel in (
                self._cpu(),
                *self._credits(),
                self._memory(),
                *self._connections_of_maximum(),
                self._free_storage(),
                self._transaction_ids(),
            )
        ]

    def load(self) -> list[Panel]:
        return [self._cpu(), *self._credits(), self._memory(), self._connections()]

    def storage(self) -> Iterator[Panel]:
        yield self._free_storage()
        yield self._graph(
            "Disk latency",
            "Time of one read or write of the disk. A few milliseconds are normal; more, with a "
            "long queue, means that the volume is at its limit.",
            [
                self._metric("ReadLatency", "Average", "read"),
                self._metric("WriteLatency", "Average", "write"),
            ],
            unit="s",
        )
        yield self._graph(
            "Disk queue",
            "Reads and writes that wait for the disk. Below ten is normal; more for minutes means "
            "too many operations, or a query without an index.",
            [self._metric("DiskQueueDepth", "Average", "waiting")],
            unit="none",
        )
        yield self._graph(
            "Disk operations",
            "Reads and writes in a second. A gp3 volume below 400 GiB does 3000; from there on as "
            "many as are provisioned.",
            [
                self._metric("ReadIOPS", "Average", "read"),
                self._metric("WriteIOPS", "Average", "write"),
            ],
            unit="iops",
            stacked=True,
        )
        yield self._graph(
            "Disk throughput",
            "Bytes read and written in a second. A gp3 volume below 400 GiB does 125 MiB; much "
            "reading means that the data in use does not fit into memory.",
            [
                self._metric("ReadThroughput", "Average", "read"),
                self._metric("WriteThroughput", "Average", "write"),
            ],
            unit="binBps",
            stacked=True,
        )
        yield self._graph(
            "Transaction log",
            "Disk that PostgreSQL's write-ahead log takes. It grows without end while a "
            "replication slot is not read: drop the slot.",
            [self._metric("TransactionLogsDiskUsage", "Maximum", "log")],
            unit="bytes",
        )

    def free_storage(self) -> Panel:
        """The latest value."""
        return _at_a_glance(self._free_storage())

    @property
    def _thresholds(self) -> DatabaseThresholds | None:
        return self.limits.thresholds if self.limits else None

    def _cpu(self) -> Panel:
        panel = self._graph(
            "Database CPU",
            "CPU time of the instance. Long above the threshold means slow queries (Performance "
            "Insights names them) or too small a class.",
            [self._metric("CPUUtilization", "Average", "cpu")],
            unit="percent",
            alert="DatabaseCpu",
            limits=[Limit(value=CPU_PERCENT)],
        )
        return replace(panel, maximum=100)

    def _credits(self) -> Iterator[Panel]:
        """Only of a burstable class."""
        if self._thresholds is None or self._thresholds.credits is None:
            return
        yield self._graph(
            "CPU credits",
            "What the burstable class has saved, in minutes of one CPU. Without any it runs on at "
            "full speed and each further minute is billed: take a larger class.",
            [self._metric("CPUCreditBalance", "Average", "credits", period=_CREDIT_SECONDS)],
            unit="none",
            alert="DatabaseBurstCredits",
            limits=_below(self._thresholds.credits.low),
        )

    def _memory(self) -> Panel:
        return self._graph(
            "Database memory free",
            "Memory that PostgreSQL or the disk cache could still take. A level line is normal, "
            "even a low one; a fall means more connections, or large queries.",
            [self._metric("FreeableMemory", "Average", "free")],
            unit="bytes",
            alert="DatabaseMemory",
            limits=_below(self._thresholds.free_memory if self._thresholds else None),
        )

    def _connections(self) -> Panel:
        queries: list[Metric | Expression] = [
            self._metric("DatabaseConnections", "Maximum", "connections")
        ]
        lines = dict[str, Line]()
        if self.limits:
            text = f"TIME_SERIES({self.limits.max_connections})"
            queries.append(Expression(region=self.region, text=text, id="most", label="maximum"))
            lines["maximum"] = Line(colour=CRITICAL)
        panel = self._graph(
            "Database connections",
            "Connections of all pods, each up to database.connectionLimit. A rollout has one pod "
            "more; a steady climb is a leak. At the maximum pods get errors.",
            queries,
            unit="none",
            alert="DatabaseConnections",
            limits=self._too_many_connections(1),
        )
        return replace(panel, lines=lines)

    def _connections_of_maximum(self) -> Iterator[Panel]:
        """Only if the maximum is known."""
        if self.limits is None:
            return
        most = self.limits.max_connections
        yield self._graph(
            "Connections used",
            "Connections of the most that the server admits. Pods get errors at 100%: fewer pods, "
            "a lower database.connectionLimit, or a larger class.",
            [
                self._metric("DatabaseConnections", "Maximum", "connections", hidden=True),
                Expression(
                    region=self.region, text=f"connections / {most}", id="share", label="used"
                ),
            ],
            unit="percentunit",
            alert="DatabaseConnections",
            limits=self._too_many_connections(most),
        )

    def _too_many_connections(self, divisor: int) -> list[Limit]:
        if self._thresholds is None:
            return []
        return [Limit(value=self._thresholds.connections / divisor)]

    def _free_storage(self) -> Panel:
        return self._graph(
            "Database storage free",
            "Disk that is left. When there is none the database stops: raise database.storageGiB, "
            "or set database.maxStorageGiB, which lets it grow by itself.",
            [self._metric("FreeStorageSpace", "Minimum", "free")],
            unit="bytes",
            alert="DatabaseStorage",
            limits=(
                [Limit(value=self.limits.thresholds.free_storage, below=True)]
                if self.limits
                else []
            ),
        )

    def _transaction_ids(self) -> Panel:
        return self._graph(
            "Transaction IDs used",
            "Age of the oldest transaction that is not frozen. Autovacuum holds it near 200 "
            "million; a climb past that means it is blocked, by a long transaction for example.",
            [self._metric("MaximumUsedTransactionIDs", "Maximum", "used")],
            unit="short",
            limits=[Limit(value=_TRANSACTION_IDS, colour=WARNING)],
        )

    def _graph(
        self,
        title: str,
        description: str,
        queries: Sequence[Metric | Expression],
        *,
        unit: str,
        alert: str | None = None,
        limits: Sequence[Limit] = (),
        stacked: bool = False,
    ) -> Panel:
        return Panel(
            kind="graph",
            title=title,
            description=description,
            queries=queries,
            unit=unit,
            alert=alert,
            limits=limits,
            stacked=stacked,
        )

    def _metric(
        self, name: str, statistic: str, id_: str, *, period: str = "", hidden: bool = False
    ) -> Metric:
        return Metric(
            region=self.region,
            namespace=NAMESPACE,
            name=name,
            dimensions=(("DBInstanceIdentifier", self.identifier),),
            statistic=statistic,
            id=id_,
            label=id_,
            period=period,
            hidden=hidden,
        )


def _at_a_glance(panel: Panel) -> Panel:
    return replace(panel, kind="stat", height=4)


def _below(value: float | None) -> list[Limit]:
    return [] if value is None else [Limit(value=value, below=True)]
