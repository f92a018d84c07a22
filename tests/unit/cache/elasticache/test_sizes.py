"""Node types of ElastiCache: those that are there, and near misses."""

import pytest

from components.cache.elasticache.sizes import FAMILIES, cpus, is_known


def test_each_family_has_exactly_these_sizes() -> None:
    small = "micro small medium"
    to_24 = "large xlarge 2xlarge 4xlarge 12xlarge 24xlarge"
    to_16 = "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge"

    assert {family: " ".join(sizes) for family, sizes in FAMILIES.items()} == {
        "t3": small,
        "t4g": small,
        "m5": to_24,
        "r5": to_24,
        "m6g": to_16,
        "m7g": to_16,
        "r6g": to_16,
        "r7g": to_16,
        "c7gn": to_16,
    }
    assert all(
        is_known(f"cache.{family}.{size}") for family in FAMILIES for size in FAMILIES[family]
    )


@pytest.mark.parametrize(
    "node_type",
    [
        *("cache.t4g.large", "cache.m7g.medium", "cache.m5.8xlarge", "cache.m7g.24xlarge"),
        *("cache.r6gd.xlarge", "cache.x2g.large", "t4g.medium", "db.t4g.medium", "cache.t4g"),
        *("cache.t4g.medium ", "Cache.t4g.medium", ""),
    ],
)
def test_others_are_not_known(node_type: str) -> None:
    assert not is_known(node_type)


@pytest.mark.parametrize(
    ("node_type", "expected"),
    [
        ("cache.t3.micro", 2),
        ("cache.t4g.medium", 2),
        ("cache.r7g.large", 2),
        ("cache.m7g.xlarge", 4),
        ("cache.c7gn.2xlarge", 8),
        ("cache.m5.24xlarge", 96),
        ("cache.r6g.16xlarge", 64),
        ("cache.r6g.24xlarge", None),
        ("cache.x2g.large", None),
    ],
)
def test_cpus_follow_from_the_size_of_a_known_type(node_type: str, expected: int | None) -> None:
    assert cpus(node_type) == expected
