"""Names of the metrics that Langfuse's workers publish to CloudWatch.

Each worker publishes what is true of all of them: lengths of queues in the one cache. Nothing in a
metric says which stack it is of. From packages/shared/src/server/instrumentation/index.ts,
worker/src/features/queue-metrics-runner/index.ts and worker/src/queues/workerManager.ts in
langfuse/langfuse at v4.16.0, which publish the same as those at v3.225.4.
"""

from __future__ import annotations

from typing import Final, Literal

NAMESPACE: Final = "Langfuse"

Queue = Literal["ingestion", "otel"]
"""Queues of what agents send: by Langfuse's own API, and by OpenTelemetry."""

_QUEUES: Final[dict[Queue, tuple[str, str]]] = {
    "ingestion": ("langfuse.queue.ingestion", "ingestion-queue"),
    "otel": ("langfuse.queue.otel_ingestion", "otel-ingestion-queue"),
}
"""What names of metrics begin with, and the name of the queue itself. Langfuse can divide these
queues, and names the sum of their parts ``all``."""

QUEUES: Final = tuple(_QUEUES)


def depth(queue: Queue, kind: Literal["waiting", "active", "failed"]) -> str:
    """How many jobs wait, are worked on, or have failed for good."""
    return f"{_QUEUES[queue][0]}.depth.shard_all.type_{kind}"


def oldest_failure(queue: Queue) -> str:
    """Milliseconds since the oldest job failed that is still there; 0 without one."""
    return f"{_QUEUES[queue][0]}.dlq_oldest_age.shard_all"


def completed(queue: Queue) -> str:
    """Jobs that were completed since the last figure."""
    base, name = _QUEUES[queue]
    return f"{base}.rate.shard_{name}.type_completed"


ROWS_DROPPED: Final = "langfuse.queue.clickhouse_writer.rows_dropped"
"""Rows that a worker gave up to write to ClickHouse."""

FAILING_PROJECTS: Final = "langfuse.ingestion.project_failure.active_projects"
"""Projects of which something could not be accepted or processed in the last ten minutes, because
object storage, the cache or ClickHouse failed."""

PARTITIONS: Final = "langfuse.event_propagation.partition_backlog"
"""Periods of three minutes that wait to be copied to version 4's tables."""
