"""Which backing services of a stack run in the cluster, and what of the cluster is theirs."""

from __future__ import annotations

import pytest

from tests.support import stacks
from tests.support.doctor import obj, pod
from tooling.doctor import servers

IN_CLUSTER = "version 4 in the cluster"
BY_OPERATOR = "version 4 with the operator of ClickHouse"
ELSEWHERE = "version 4 with services elsewhere"
APP = "langfuse-clickhouse-server-clickhouse"


def test_each_service_in_the_cluster_is_named_with_its_section_and_its_claims() -> None:
    found = [*servers.in_cluster(stacks.settings(IN_CLUSTER))]

    assert [(s.role, s.key, s.what, s.name, s.claims_begin) for s in found] == [
        ("database", "database", "the database", "langfuse-postgres", "data-langfuse-postgres-"),
        (
            "clickhouse",
            "clickhouse",
            "ClickHouse",
            "langfuse-clickhouse-server",
            "data-langfuse-clickhouse-server-",
        ),
        ("cache", "cache", "the cache", "langfuse-valkey", "data-langfuse-valkey-"),
        (
            "storage",
            "objectStorage",
            "the object store",
            "langfuse-seaweedfs",
            "data-langfuse-seaweedfs-",
        ),
    ]
    assert [s.role for s in found if s.needs_block_storage] == ["clickhouse"]
    assert [s.role for s in found if s.create_storage_class] == ["clickhouse"]
    assert not any(s.by_operator for s in found)


def test_a_service_elsewhere_is_none_of_the_cluster() -> None:
    assert [*servers.in_cluster(stacks.settings(ELSEWHERE))] == []


def test_the_operators_servers_have_claims_of_another_name() -> None:
    settings = stacks.settings(BY_OPERATOR)
    (found,) = (s for s in servers.in_cluster(settings) if s.by_operator)

    assert found.claims_begin == "clickhouse-storage-volume-langfuse-clickhouse-server-"
    assert servers.has_operator(settings)
    assert not servers.has_operator(stacks.settings(IN_CLUSTER))


@pytest.mark.parametrize(
    ("labels", "ours"),
    [
        ({"app": APP}, True),
        ({"app": "langfuse-clickhouse-server-keeper"}, True),
        ({"app": "other-clickhouse"}, False),
        ({}, False),
    ],
)
def test_what_the_operator_makes_is_known_by_its_label(labels: dict[str, str], ours: bool) -> None:
    assert servers.is_operated(obj("Pod", "a", labels=labels)) is ours


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("data-langfuse-postgres-0", True),
        ("data-langfuse-clickhouse-server-0", True),
        ("data-langfuse-valkey-0", True),
        ("data-langfuse-seaweedfs-0", True),
        (f"clickhouse-storage-volume-{APP}-0-2-0", True),
        ("keeper-volume-langfuse-clickhouse-server-keeper-1-0", True),
        ("data-other-0", False),
        ("clickhouse-storage-volume-other-clickhouse-0-0-0", False),
    ],
)
def test_claims_are_those_of_any_service_that_a_stack_can_have(name: str, ours: bool) -> None:
    assert servers.is_claim(obj("PersistentVolumeClaim", name)) is ours


def test_a_pods_role_is_its_label_or_the_operators() -> None:
    operated = pod()
    operated["metadata"]["labels"] = {"clickhouse.com/role": "clickhouse-server"}

    assert servers.component(pod(role="worker")) == "worker"
    assert servers.component(operated) == "clickhouse"
    assert servers.component({"metadata": {}}) == ""
