"""Memory, connections and credits of RDS instance classes."""

from __future__ import annotations

import pytest

from components.postgres.rds import sizes


@pytest.mark.parametrize(
    ("instance_class", "memory"),
    [
        ("db.t3.micro", 1),
        ("db.t4g.medium", 4),
        ("db.t4g.2xlarge", 32),
        ("db.m7g.large", 8),
        ("db.m6g.16xlarge", 256),
        ("db.m6i.24xlarge", 384),
        ("db.r7g.16xlarge", 512),
        ("db.r7g.large", 16),
        ("db.r8g.24xlarge", 768),
    ],
)
def test_the_memory_of_an_instance_class_is_known(instance_class: str, memory: int) -> None:
    assert sizes.memory_gib(instance_class) == memory


@pytest.mark.parametrize(
    "instance_class",
    [
        "",
        "db.m6g.24xlarge",
        "db.m7g.24xlarge",
        "db.r6g.24xlarge",
        "db.r7g.24xlarge",
        "m7g.large",
        "db.m7g",
        "db.m7g.micro",
        "db.t4g.4xlarge",
        "db.z9.large",
        "db.M7G.large",
        "db.x2g.large",
    ],
)
def test_an_unknown_instance_class_has_no_memory(instance_class: str) -> None:
    assert sizes.memory_gib(instance_class) is None


@pytest.mark.parametrize(
    ("gib", "connections", "seen"),
    [(1, 84, 87), (4, 388, 410), (8, 794, None), (16, 1605, None), (64, 5000, None)],
)
def test_connections_of_rds_are_estimated_low_and_capped(
    gib: int, connections: int, seen: int | None
) -> None:
    assert sizes.max_connections(gib) == connections
    assert seen is None or connections <= seen


@pytest.mark.parametrize("gib", [1, 2, 4, 8, 16, 32])
def test_more_memory_is_more_connections(gib: int) -> None:
    assert sizes.max_connections(2 * gib) > sizes.max_connections(gib)
