"""Thresholds of the CloudWatch alarms, with their reasons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from components.cache.elasticache import sizes as cache_sizes
from components.postgres.rds import sizes as rds_sizes

_GIB: Final = 2**30

CPU_PERCENT: Final = 80
"""Queues grow fast above it. The rest is for a backup, or the load after a failover."""

_FREE_MEMORY: Final = 0.05
"""Share of the memory that is free or can be freed at once, such as the caches of PostgreSQL and of
the system. A busy instance normally has far more; below this the next query may find none."""

_FREE_STORAGE: Final = 0.15
"""Share of storage that does not grow automatically. AWS advises to investigate at 85 % in use
(https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_BestPractices.html)."""

_FREE_GROWING_STORAGE: Final = 0.05
"""Share of the storage that the instance was created with. RDS adds storage when less than 10 % of
the current storage is free
(https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.StorageTypes.html). At half of
that it did not, because the limit is reached or the last growth was less than six hours ago."""

_CONNECTIONS: Final = 0.8
"""Share of ``max_connections``. PostgreSQL refuses clients when all are in use."""

_LOGS: Final = 0.2
"""Share of the storage that the instance was created with. RDS removes transaction logs when they
are archived and no replica needs them."""

_FEWEST_LOGS: Final = 5
"""GiB. The logs of a busy instance that are still to be archived, with those that PostgreSQL keeps
for reuse (``max_wal_size`` and ``wal_keep_size``, 2 GiB each on RDS), are less."""

TRANSACTION_IDS: Final = 1_000_000_000
"""Of about two thousand million before PostgreSQL refuses to write. Autovacuum freezes rows from
200 million on: a table that reaches this is not vacuumed
(https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Autovacuum.html)."""

_CREDITS: Final = 0.1
"""Share of the maximum credit balance. RDS runs these classes in unlimited mode: an instance
without credits is not throttled, but billed for every further vCPU-hour
(https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Types.html)."""

_HOURS_OF_CREDITS: Final = 24
"""The maximum balance is what the instance earns in a day."""

CACHE_MEMORY_PERCENT: Final = 75
"""Share of what a node may hold. Nothing is evicted: at 100 % Langfuse's writes fail. The rest is
for the backlog of an hour in which workers are away, about 1 GB for 100,000 events a minute
(https://langfuse.com/self-hosting/deployment/infrastructure/cache)."""

_CACHE_CPU_PERCENT: Final = 90
"""Share of one CPU: commands run one after the other in one thread. AWS's own number
(https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.WhichShouldIMonitor.html)."""

_FEW_CPUS: Final = 2
"""Up to here AWS's own processes on the node count, and AWS advises to watch the CPU of the whole
node instead of that of the thread."""

WAITING_JOBS: Final = 10_000
"""In the queues of what agents send. One worker takes hundreds in a second, so that so many for a
quarter of an hour grow faster than workers work."""

PARTITIONS: Final = 20
"""An hour behind: each is three minutes, and one a minute is copied."""

ERROR_PERCENT: Final = 5
"""Share of requests that end with a 5xx. Low enough to detect one broken pod of many."""

FEWEST_ERRORS: Final = 10
"""In five minutes. With little traffic, one failed request would be a large share."""

REFUSED_PERCENT: Final = 20
"""Share of requests that Langfuse refuses with a 4xx. People who mistype a password or follow a
dead link are fewer."""

FEWEST_REFUSED: Final = 20
"""In five minutes. One agent that sends every few seconds is refused more often."""

SILENT_HOURS: Final = 24
"""Hours without any successful request. A night is shorter."""

LATENCY_SECONDS: Final = 5
"""For 95 of 100 requests. The JavaScript SDK gives up at 10 seconds, the Python one at 20
(https://langfuse.com/faq/all/error-handling-and-timeouts); the slowest five are far above."""

FEWEST_REQUESTS: Final = 20
"""In five minutes. With fewer, the slowest request alone would be the percentile."""


@dataclass(frozen=True, kw_only=True)
class CreditThreshold:
    """For an instance class that earns CPU credits."""

    low: float
    """The balance is low below this number of credits."""
    full: int
    """Maximum balance in credits."""


@dataclass(frozen=True, kw_only=True)
class DatabaseThresholds:
    """Thresholds of an RDS instance of one size."""

    free_memory: int
    """Bytes."""
    free_storage: int
    """Bytes."""
    transaction_logs: int
    """Bytes."""
    connections: int
    credits: CreditThreshold | None
    """None for a class without credits."""


def of_database(
    *, instance_class: str, storage_gib: int, max_storage_gib: int | None
) -> DatabaseThresholds:
    """The thresholds of an instance. ``max_storage_gib``: None where storage does not grow.

    Raises ValueError for a class whose memory is not known.
    """
    memory = rds_sizes.memory_gib(instance_class)
    if memory is None:
        raise ValueError(
            f"the memory of {instance_class} is not known (components/postgres/rds/sizes.py)"
        )
    free = _FREE_STORAGE if max_storage_gib is None else _FREE_GROWING_STORAGE
    return DatabaseThresholds(
        free_memory=round(memory * _FREE_MEMORY * _GIB),
        free_storage=round(storage_gib * free * _GIB),
        transaction_logs=round(max(storage_gib * _LOGS, _FEWEST_LOGS) * _GIB),
        connections=int(rds_sizes.max_connections(memory) * _CONNECTIONS),
        credits=_credits(instance_class),
    )


@dataclass(frozen=True, kw_only=True)
class CacheThresholds:
    """Thresholds of a cache of one node type."""

    cpu_metric: str
    """CPU of the whole node, or of the thread that runs commands."""
    cpu_percent: float
    """Of that metric."""


def of_cache(node_type: str) -> CacheThresholds:
    """The thresholds of a cache. Raises ValueError for a node type that is not known."""
    cpus = cache_sizes.cpus(node_type)
    if cpus is None:
        raise ValueError(
            f"the CPUs of {node_type} are not known (components/cache/elasticache/sizes.py)"
        )
    if cpus <= _FEW_CPUS:
        return CacheThresholds(cpu_metric="CPUUtilization", cpu_percent=_CACHE_CPU_PERCENT / cpus)
    return CacheThresholds(cpu_metric="EngineCPUUtilization", cpu_percent=_CACHE_CPU_PERCENT)


def _credits(instance_class: str) -> CreditThreshold | None:
    hourly = rds_sizes.credits_per_hour(instance_class)
    if hourly is None:
        return None
    full = hourly * _HOURS_OF_CREDITS
    return CreditThreshold(low=round(full * _CREDITS, 1), full=full)
