"""Cases of ClickHouse's own metrics."""

from __future__ import annotations

from components.monitoring.dashboards.panels.clickhouse_metrics import ClickHouse
from tests.support.query_cases.case import Case


def of_clickhouse(metrics: ClickHouse, id_: str) -> list[Case]:
    """What every ClickHouse says of itself."""
    pods = metrics.servers.pods

    def each(name: str, *values: str | float) -> dict[str, str | float]:
        other = {f'ClickHouse{name}{{NS,pod="other-0"}}': 7777}
        return {
            f'ClickHouse{name}{{NS,pod="{pod}"}}': value
            for pod, value in zip(pods, values, strict=False)
        } | other

    number = len(pods)
    once, long_ago = "0x37 1x20", "0x30 1x20"
    per_second = ["0+60x60"] * number
    on_each = {f'{{pod="{pod}"}}': 3.0 + index for index, pod in enumerate(pods)}
    values = [*on_each.values()]

    def counted(expression: str, event: str) -> Case:
        events = each(f"ProfileEvents_{event}", once, long_ago, once)
        expected = 1 if number == 1 else 2
        return Case(expression, events, {"{}": expected}, id=f"{id_}: {event} in five minutes")

    def rate(expression: str, event: str) -> Case:
        events = each(f"ProfileEvents_{event}", *per_second)
        return Case(expression, events, {"{}": number}, id=f"{id_}: {event} in a second")

    def of_each(expression: str, metric: str) -> Case:
        return Case(expression, each(metric, *values), on_each, id=f"{id_}: {metric} of each")

    def total(expression: str, metric: str) -> Case:
        return Case(
            expression, each(metric, *values), {"{}": sum(values)}, id=f"{id_}: {metric} of all"
        )

    return [
        Case(
            metrics.failed_inserts(),
            each("ProfileEvents_FailedInsertQuery", once)
            | each("ProfileEvents_FailedAsyncInsertQuery", once),
            {"{}": 2},
            id=f"{id_}: a failed insert of each kind",
        ),
        Case(
            metrics.failed_inserts(),
            each("ProfileEvents_FailedInsertQuery", long_ago)
            | each("ProfileEvents_FailedAsyncInsertQuery", once),
            {"{}": 1},
            id=f"{id_}: a failed insert of the kind that carries others",
        ),
        Case(
            metrics.failed_inserts(),
            each("ProfileEvents_FailedInsertQuery", long_ago)
            | each("ProfileEvents_FailedAsyncInsertQuery", long_ago),
            {"{}": 0},
            id=f"{id_}: failed inserts before",
        ),
        counted(metrics.delayed_inserts(), "DelayedInserts"),
        counted(metrics.refused_inserts(), "RejectedInserts"),
        rate(metrics.written_rows(), "InsertedRows"),
        rate(metrics.queries(), "SelectQuery"),
        rate(metrics.failed_queries(), "FailedSelectQuery"),
        Case(
            metrics.query_seconds(),
            each("ProfileEvents_SelectQueryTimeMicroseconds", *["0+180000000x60"] * number)
            | each("ProfileEvents_SelectQuery", *per_second),
            {"{}": 3},
            id=f"{id_}: three seconds for a query",
        ),
        Case(
            metrics.queries_without_memory(),
            each("ProfileEvents_QueryMemoryLimitExceeded", "0x15 1x40"),
            {"{}": 1},
            id=f"{id_}: a query without memory in half an hour",
        ),
        of_each(metrics.memory(), "Metrics_MemoryTracking"),
        of_each(metrics.parts_of_fullest_partition(), "AsyncMetrics_MaxPartCountForPartition"),
        Case(
            metrics.most_parts(),
            each("AsyncMetrics_MaxPartCountForPartition", *values),
            {"{}": max(values)},
            id=f"{id_}: most parts",
        ),
        of_each(metrics.parts(), "AsyncMetrics_TotalPartsOfMergeTreeTables"),
        total(metrics.merges(), "Metrics_Merge"),
        total(metrics.mutations(), "Metrics_PartMutation"),
        of_each(metrics.disk_free(), "AsyncMetrics_FilesystemMainPathAvailableBytes"),
        Case(
            metrics.disk_size(),
            each("AsyncMetrics_FilesystemMainPathTotalBytes", *values),
            {"{}": 3},
            id=f"{id_}: size of the smallest disk",
        ),
        *(
            [
                of_each(metrics.lag(), "AsyncMetrics_ReplicasMaxAbsoluteDelay"),
                Case(
                    metrics.most_lag(),
                    each("AsyncMetrics_ReplicasMaxAbsoluteDelay", *values),
                    {"{}": max(values)},
                    id=f"{id_}: most lag",
                ),
                of_each(metrics.replication_queue(), "AsyncMetrics_ReplicasSumQueueSize"),
                of_each(metrics.read_only(), "Metrics_ReadonlyReplica"),
                Case(
                    metrics.most_read_only(),
                    each("Metrics_ReadonlyReplica", *values),
                    {"{}": max(values)},
                    id=f"{id_}: most read-only tables",
                ),
                counted(metrics.keeper_failures(), "ZooKeeperHardwareExceptions"),
            ]
            if number > 1
            else []
        ),
    ]


def of_keepers(metrics: ClickHouse) -> list[Case]:
    first, second, _ = metrics.servers.pods
    return [
        Case(
            expression,
            {
                f'ClickHouseAsyncMetrics_{name}{{NS,pod="{first}"}}': 1,
                f'ClickHouseAsyncMetrics_{name}{{NS,pod="{second}"}}': 0,
                f'ClickHouseAsyncMetrics_{name}{{NS,pod="other-0"}}': 1,
            },
            {f'{{pod="{first}"}}': 1, f'{{pod="{second}"}}': 0},
            id=f"{name} of each Keeper",
        )
        for name, expression in {
            "KeeperIsLeader": metrics.leaders(),
            "KeeperAvgLatency": metrics.keeper_milliseconds(),
        }.items()
    ]
