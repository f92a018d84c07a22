"""Where alarms draw the line for each size of database. Does not prove that the lines are wise."""

from __future__ import annotations

import pytest

from components.monitoring.alarms import thresholds as alarm_thresholds
from components.monitoring.alarms.thresholds import (
    CacheThresholds,
    CreditThreshold,
    DatabaseThresholds,
)
from components.postgres.rds import sizes as rds_sizes

MIB = 2**20
GIB = 2**30


def thresholds(
    instance_class: str = "db.t4g.medium", *, storage: int = 100, maximum: int | None = None
) -> DatabaseThresholds:
    return alarm_thresholds.of_database(
        instance_class=instance_class, storage_gib=storage, max_storage_gib=maximum
    )


@pytest.mark.parametrize(
    ("instance_class", "memory_mib", "connections", "credit"),
    [
        # The smallest and the largest of each kind, and what the stack files name.
        ("db.t3.micro", 51.2, 67, CreditThreshold(low=28.8, full=288)),
        ("db.t4g.micro", 51.2, 67, CreditThreshold(low=28.8, full=288)),
        ("db.t4g.small", 102.4, 148, CreditThreshold(low=57.6, full=576)),
        ("db.t4g.medium", 204.8, 310, CreditThreshold(low=57.6, full=576)),
        ("db.t4g.large", 409.6, 635, CreditThreshold(low=86.4, full=864)),
        ("db.t4g.xlarge", 819.2, 1284, CreditThreshold(low=230.4, full=2304)),
        ("db.t3.2xlarge", 1638.4, 2581, CreditThreshold(low=460.8, full=4608)),
        ("db.m7g.large", 409.6, 635, None),
        ("db.m8g.24xlarge", 19660.8, 4000, None),
        ("db.r5.large", 819.2, 1284, None),
        ("db.r8g.24xlarge", 39321.6, 4000, None),
    ],
)
def test_memory_connections_and_credits_follow_from_the_class(
    instance_class: str, memory_mib: float, connections: int, credit: CreditThreshold | None
) -> None:
    assert thresholds(instance_class) == DatabaseThresholds(
        free_memory=round(memory_mib * MIB),
        free_storage=15 * GIB,
        transaction_logs=20 * GIB,
        connections=connections,
        credits=credit,
    )


@pytest.mark.parametrize(
    ("storage", "maximum", "expected"),
    [
        (20, None, 3 * GIB),
        (100, None, 15 * GIB),
        (65536, None, round(9830.4 * GIB)),
        (20, 22, 1 * GIB),
        (100, 500, 5 * GIB),
        (100, 65536, 5 * GIB),
    ],
)
def test_storage_that_grows_may_get_fuller_before_an_alert(
    storage: int, maximum: int | None, expected: int
) -> None:
    assert thresholds(storage=storage, maximum=maximum).free_storage == expected


@pytest.mark.parametrize(
    ("storage", "expected"), [(20, 5 * GIB), (25, 5 * GIB), (30, 6 * GIB), (1000, 200 * GIB)]
)
def test_transaction_logs_may_take_a_fifth_of_the_storage_and_five_gib(
    storage: int, expected: int
) -> None:
    assert thresholds(storage=storage).transaction_logs == expected


@pytest.mark.parametrize("storage", [20, 100, 4096])
def test_rds_grows_the_storage_before_the_alarm(storage: int) -> None:
    grows_below = storage * GIB // 10

    assert thresholds(storage=storage, maximum=storage * 2).free_storage < grows_below


def test_a_class_of_unknown_memory_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^the memory of db\.x2g\.large is not known"):
        thresholds("db.x2g.large")


@pytest.mark.parametrize(
    ("instance_class", "credits_per_hour"),
    [
        # https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-credits-baseline-concepts.html
        ("db.t3.micro", 12),
        ("db.t4g.micro", 12),
        ("db.t3.small", 24),
        ("db.t4g.small", 24),
        ("db.t3.medium", 24),
        ("db.t4g.medium", 24),
        ("db.t3.large", 36),
        ("db.t4g.large", 36),
        ("db.t3.xlarge", 96),
        ("db.t4g.xlarge", 96),
        ("db.t3.2xlarge", 192),
        ("db.t4g.2xlarge", 192),
        ("db.m7g.large", None),
        ("db.r6g.large", None),
        ("db.t4g.4xlarge", None),
        ("db.t2.micro", None),
        ("t4g.medium", None),
    ],
)
def test_only_burstable_classes_earn_credits(
    instance_class: str, credits_per_hour: int | None
) -> None:
    assert rds_sizes.credits_per_hour(instance_class) == credits_per_hour


def test_every_burstable_size_has_its_credits() -> None:
    families = {family: rds_sizes.FAMILIES[family] for family in ("t3", "t4g")}
    burstable = [f"db.{family}.{size}" for family, sizes in families.items() for size in sizes]

    assert len(burstable) == 12
    assert [name for name in burstable if rds_sizes.credits_per_hour(name) is None] == []


@pytest.mark.parametrize(
    ("node_type", "metric", "percent"),
    [
        ("cache.t4g.micro", "CPUUtilization", 45),
        ("cache.t3.medium", "CPUUtilization", 45),
        ("cache.r7g.large", "CPUUtilization", 45),
        ("cache.m5.xlarge", "EngineCPUUtilization", 90),
        ("cache.m6g.16xlarge", "EngineCPUUtilization", 90),
    ],
)
def test_a_cache_with_few_cpus_is_watched_as_a_whole(
    node_type: str, metric: str, percent: float
) -> None:
    assert alarm_thresholds.of_cache(node_type) == CacheThresholds(
        cpu_metric=metric, cpu_percent=percent
    )


def test_the_thresholds_of_an_unknown_node_type_are_not_guessed() -> None:
    with pytest.raises(ValueError, match=r"^the CPUs of cache\.x2g\.large are not known"):
        alarm_thresholds.of_cache("cache.x2g.large")
