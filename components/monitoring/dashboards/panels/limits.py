"""Thresholds of the panels, taken from the alerts and alarms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from components.monitoring.alarms import thresholds as alarm_thresholds
from components.monitoring.alarms.thresholds import DatabaseThresholds
from components.monitoring.alerts import clickhouse, dependencies, probe, services, workload
from components.postgres.rds import sizes as rds_sizes

PROBE_SUCCESS: Final = probe.SUCCESS
"""Share of answered probes (LangfuseProbeFailing)."""
PROBE_ANSWERED: Final = 0.999
"""No alert. Over hours or days: more than one request in a thousand failed."""
PROBE_SECONDS: Final = probe.SLOW_SECONDS
"""Duration of a probe (LangfuseProbeSlow)."""
ANY_POD: Final = 0.001
"""Share of desired pods: less means none (LangfuseDown)."""
RESTARTS: Final = workload.RESTARTS
"""Within ``alerts.workload.WINDOW`` (LangfusePodRestarts)."""
MEMORY: Final = 0.9
"""Share of the limit. No alert: a process may run there. LangfuseOutOfMemory tells if it cannot."""
THROTTLED: Final = workload.THROTTLED
"""Share of periods (LangfuseCpuThrottled)."""
VOLUME_USED: Final = 1 - dependencies.FREE
"""Share of the volume (LangfuseVolumeFilling, which compares the free share)."""
CACHE_FULL: Final = services.CACHE_FULL
"""Share of what the cache may hold (LangfuseCacheFilling)."""
PARTS: Final = clickhouse.PARTS
"""In one partition (LangfuseClickHouseManyParts)."""
LAG_SECONDS: Final = clickhouse.LAG_SECONDS
"""Of a replica (LangfuseClickHouseReplicationLag)."""
MEMORY_FAILURES: Final = clickhouse.MEMORY_FAILURES
"""Within ``alerts.clickhouse.MEMORY_WINDOW`` (LangfuseClickHouseOutOfMemory)."""


@dataclass(frozen=True, kw_only=True)
class DatabaseLimits:
    """Limits of an RDS instance of one size."""

    thresholds: DatabaseThresholds
    """Those of its alarms."""
    max_connections: int
    """Maximum number of connections, estimated low."""


def of_database(
    *, instance_class: str, storage_gib: int, max_storage_gib: int | None
) -> DatabaseLimits:
    """The limits of an instance; raises ValueError for a class whose memory is not known."""
    thresholds = alarm_thresholds.of_database(
        instance_class=instance_class, storage_gib=storage_gib, max_storage_gib=max_storage_gib
    )
    memory = rds_sizes.memory_gib(instance_class) or 0
    return DatabaseLimits(thresholds=thresholds, max_connections=rds_sizes.max_connections(memory))
