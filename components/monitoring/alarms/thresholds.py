"""Where CloudWatch alarms draw the line, and why there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from components.postgres.rds import sizes as rds_sizes

_GIB: Final = 2**30

CPU_PERCENT: Final = 80
"""Queues grow fast above it; what is left is for a backup, or the standby after a failover."""

_FREE_MEMORY: Final = 0.05
"""Share of the memory that is free or can be freed at once. PostgreSQL's and the system's caches
can, so that an instance at work shows far more; below this the next query may find none."""

_FREE_STORAGE: Final = 0.15
"""Share of storage that does not grow by itself. AWS says to look into it at 85 % in use
(https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_BestPractices.html)."""

_FREE_GROWING_STORAGE: Final = 0.05
"""Share of the storage that the instance was made with. RDS adds storage at less than 10 % free of
what there is by then, which is never less
(https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.StorageTypes.html): half of it
means that it did not, because the limit is reached, or the last growth was within six hours."""

_CONNECTIONS: Final = 0.8
"""Share of ``max_connections``. PostgreSQL refuses clients when they are used up."""

_CREDITS: Final = 0.1
"""Share of the credits that fit. RDS runs these classes in unlimited mode: an instance without
credits does not get slow, it is billed for every further vCPU-hour
(https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Types.html)."""

_HOURS_OF_CREDITS: Final = 24
"""What is earned in a day fits; more is lost."""

ERROR_PERCENT: Final = 5
"""Share of requests that end with a 5xx. One pod of many that is broken shows."""

FEWEST_ERRORS: Final = 10
"""In five minutes. At night one failed request of four would be a quarter."""

LATENCY_SECONDS: Final = 5
"""For 95 of 100 requests. The JavaScript SDK gives up at 10 seconds, the Python one at 20
(https://langfuse.com/faq/all/error-handling-and-timeouts); the slowest five are far above."""

FEWEST_REQUESTS: Final = 20
"""In five minutes. Of fewer the slowest alone is the percentile."""


@dataclass(frozen=True, kw_only=True)
class CreditThreshold:
    """For an instance class that earns CPU credits."""

    low: float
    """Credits below which the balance is low."""
    full: int
    """Credits that fit."""


@dataclass(frozen=True, kw_only=True)
class DatabaseThresholds:
    """What an RDS instance of one size should keep to."""

    free_memory: int
    """Bytes."""
    free_storage: int
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
        connections=int(rds_sizes.max_connections(memory) * _CONNECTIONS),
        credits=_credits(instance_class),
    )


def _credits(instance_class: str) -> CreditThreshold | None:
    hourly = rds_sizes.credits_per_hour(instance_class)
    if hourly is None:
        return None
    full = hourly * _HOURS_OF_CREDITS
    return CreditThreshold(low=round(full * _CREDITS, 1), full=full)
