"""What changes of Langfuse 4, and of the services that it needs, replace and update.

`dev` has everything in the cluster, `prod` is in AWS, with ClickHouse by its operator.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest

from tests.support import recordings
from tests.unit.engineless.test_changes import delivered_anew, difference, with_other

PODS: Final = {"langfuse-deployment": "updated", "langfuse-worker-deployment": "updated"}
SETTING: Final = {"langfuse-config": "replaced", **PODS}
MIRROR: Final = "registry.example.com/langfuse/langfuse"

SETTINGS: Final[list[tuple[str, Mapping[str, Any], Mapping[str, str]]]] = [
    ("a plain setting", {"langfuse": {"telemetry": True}}, SETTING),
    (
        "the image of web, which migrates",
        {"langfuse": {"repository": MIRROR}},
        {"langfuse-migration": "replaced", "langfuse-deployment": "updated"},
    ),
    (
        "the image of the workers",
        {"langfuse": {"worker": {"repository": f"{MIRROR}-worker"}}},
        {"langfuse-worker-deployment": "updated"},
    ),
    (
        "the release",
        {"langfuse": {"version": "4.15.0"}},
        {"langfuse-migration": "replaced", **PODS},
    ),
]
"""The same in both stacks."""

IN_CLUSTER: Final[list[tuple[str, Mapping[str, Any], Mapping[str, str]]]] = [
    (
        "the memory of ClickHouse, from which follows when a query writes to the disk",
        {"clickhouse": {"resources": {"memory": "3Gi", "memoryLimit": "4Gi"}}},
        {
            "langfuse-clickhouse-server-stateful-set": "updated",
            **SETTING,
        },
    ),
    (
        "the image of the cache",
        {"cache": {"image": "registry.example.com/valkey/valkey:8.1.4"}},
        {"langfuse-valkey-stateful-set": "updated"},
    ),
    (
        "the volume of the object store",
        {"objectStorage": {"storageGiB": 30}},
        {"langfuse-seaweedfs-stateful-set": "updated"},
    ),
]

IN_AWS: Final[list[tuple[str, Mapping[str, Any], Mapping[str, str]]]] = [
    (
        "replicas of web",
        {"langfuse": {"maxReplicas": 7}},
        {"langfuse-autoscaler": "updated"},
    ),
    (
        "replicas of the workers",
        {"langfuse": {"worker": {"maxReplicas": 7}}},
        {"langfuse-worker-autoscaler": "updated"},
    ),
    (
        "the volumes of ClickHouse",
        {"clickhouse": {"storageGiB": 200}},
        {"langfuse-clickhouse-server-servers": "updated"},
    ),
    (
        "the node type of the cache",
        {"cache": {"nodeType": "cache.m7g.large"}},
        {"langfuse-valkey-group": "updated"},
    ),
    (
        "the maintenance window of the cache",
        {"cache": {"maintenanceWindow": "sun:05:00-sun:06:00"}},
        {"langfuse-valkey-group": "updated"},
    ),
    (
        "the instance class of the database, whose size the alarms know",
        {"database": {"instanceClass": "db.m7g.large"}},
        {
            "langfuse-postgres-instance": "updated",
            "langfuse-alarms-database-burst-credits": "removed",
            "langfuse-alarms-database-connections": "updated",
            "langfuse-alarms-database-memory": "updated",
            "langfuse-alarms-dashboard": "updated",
            "langfuse-dashboards-database": "updated",
        },
    ),
]


@pytest.mark.parametrize("base", ["dev", "prod"])
@pytest.mark.parametrize(
    ("change", "expected"), [row[1:] for row in SETTINGS], ids=[row[0] for row in SETTINGS]
)
def test_a_setting_touches_what_reads_it_in_both_stacks(
    base: str, change: Mapping[str, Any], expected: Mapping[str, str]
) -> None:
    assert changed(base, change) == expected


@pytest.mark.parametrize(
    ("change", "expected"), [row[1:] for row in IN_CLUSTER], ids=[row[0] for row in IN_CLUSTER]
)
def test_a_parameter_of_a_service_in_the_cluster_touches_no_other_service(
    change: Mapping[str, Any], expected: Mapping[str, str]
) -> None:
    assert changed("dev", change) == expected


@pytest.mark.parametrize(
    ("change", "expected"), [row[1:] for row in IN_AWS], ids=[row[0] for row in IN_AWS]
)
def test_a_parameter_of_a_service_of_prod_touches_no_other_service(
    change: Mapping[str, Any], expected: Mapping[str, str]
) -> None:
    assert changed("prod", change) == expected


@pytest.mark.parametrize(
    ("base", "name", "expected"),
    [
        (
            "dev",
            "langfuse-clickhouse-server-password",
            {
                "langfuse-clickhouse-server-credentials": "replaced",
                "langfuse-clickhouse-server-stateful-set": "updated",
                "langfuse-clickhouse-secret": "replaced",
                "langfuse-migration": "replaced",
            },
        ),
        (
            "dev",
            "langfuse-seaweedfs-secret-key",
            {
                "langfuse-seaweedfs-credentials": "replaced",
                "langfuse-seaweedfs-stateful-set": "updated",
                "langfuse-storage-secret": "replaced",
            },
        ),
        (
            "prod",
            "langfuse-clickhouse-server-password",
            {
                "langfuse-clickhouse-server-credentials": "replaced",
                "langfuse-clickhouse-server-servers": "updated",
                "langfuse-clickhouse-server-backup-credentials": "replaced",
                "langfuse-clickhouse-server-backup": "updated",
                **delivered_anew("clickhouse"),
                "langfuse-migration": "replaced",
            },
        ),
        (
            "prod",
            "langfuse-valkey-password",
            {"langfuse-valkey-group": "updated", **delivered_anew("cache")},
        ),
    ],
)
def test_another_secret_of_a_service_reaches_its_server_and_web_and_workers(
    base: str, name: str, expected: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = recordings.with_overrides(base)

    assert difference(before, with_other(monkeypatch, name, base)) == {**expected, **PODS}


def changed(base: str, change: Mapping[str, Any]) -> dict[str, str]:
    return difference(recordings.recorded(base), recordings.recorded(base, **change))
