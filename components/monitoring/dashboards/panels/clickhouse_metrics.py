"""The PromQL of ClickHouse's own metrics (see ``alerts.clickhouse`` for their names).

Keepers have metrics of their own, from src/Coordination/KeeperAsynchronousMetrics.cpp.
"""

from __future__ import annotations

from dataclasses import dataclass

from components.monitoring.alerts import clickhouse
from components.monitoring.watched_workloads import Watched, WatchedServers

_COUNTED = "5m"
"""How far back single events count."""


@dataclass(frozen=True, kw_only=True)
class ClickHouse:
    """The metrics of all servers, or of all Keepers."""

    watched: Watched
    servers: WatchedServers

    def failed_inserts(self) -> str:
        """Within some minutes, of both kinds: a worker's inserts wait for the asynchronous one."""
        return f"{self._counted('FailedInsertQuery')} + {self._counted('FailedAsyncInsertQuery')}"

    def delayed_inserts(self) -> str:
        return self._counted("DelayedInserts")

    def refused_inserts(self) -> str:
        return self._counted("RejectedInserts")

    def written_rows(self) -> str:
        return self._rate("InsertedRows")

    def queries(self) -> str:
        return self._rate("SelectQuery")

    def failed_queries(self) -> str:
        return self._rate("FailedSelectQuery")

    def query_seconds(self) -> str:
        """Of the mean query."""
        return f"{self._rate('SelectQueryTimeMicroseconds')} / {self.queries()} / 1e6"

    def queries_without_memory(self) -> str:
        """Within the window of the alert."""
        return self._counted("QueryMemoryLimitExceeded", clickhouse.MEMORY_WINDOW)

    def memory(self) -> str:
        return self._each("Metrics_MemoryTracking")

    def parts_of_fullest_partition(self) -> str:
        return self._each("AsyncMetrics_MaxPartCountForPartition")

    def most_parts(self) -> str:
        return f"max({self.parts_of_fullest_partition()})"

    def parts(self) -> str:
        return self._each("AsyncMetrics_TotalPartsOfMergeTreeTables")

    def merges(self) -> str:
        return self._sum("Metrics_Merge")

    def mutations(self) -> str:
        return self._sum("Metrics_PartMutation")

    def disk_free(self) -> str:
        return self._each("AsyncMetrics_FilesystemMainPathAvailableBytes")

    def disk_size(self) -> str:
        return f"min({self._each('AsyncMetrics_FilesystemMainPathTotalBytes')})"

    def lag(self) -> str:
        return self._each("AsyncMetrics_ReplicasMaxAbsoluteDelay")

    def most_lag(self) -> str:
        return f"max({self.lag()})"

    def replication_queue(self) -> str:
        return self._each("AsyncMetrics_ReplicasSumQueueSize")

    def read_only(self) -> str:
        return self._each("Metrics_ReadonlyReplica")

    def most_read_only(self) -> str:
        return f"max({self.read_only()})"

    def keeper_failures(self) -> str:
        """What servers lost of their connections to Keepers, within some minutes."""
        return self._counted("ZooKeeperHardwareExceptions")

    def leaders(self) -> str:
        """Of each Keeper, whether it is the leader."""
        return self._each("AsyncMetrics_KeeperIsLeader")

    def keeper_milliseconds(self) -> str:
        """How long a Keeper takes to answer, on average."""
        return self._each("AsyncMetrics_KeeperAvgLatency")

    def _each(self, metric: str) -> str:
        selected = clickhouse.selected(f"ClickHouse{metric}", self.watched, self.servers)
        return f"max by (pod) ({selected})"

    def _sum(self, metric: str) -> str:
        return f"sum({self._each(metric)})"

    def _rate(self, event: str) -> str:
        return f"sum(rate({self._event(event)}[$__rate_interval]))"

    def _counted(self, event: str, window: str = _COUNTED) -> str:
        # Whole numbers: increase() extrapolates to the ends of the window.
        return f"sum(round(increase({self._event(event)}[{window}])))"

    def _event(self, event: str) -> str:
        return clickhouse.selected(f"ClickHouseProfileEvents_{event}", self.watched, self.servers)
