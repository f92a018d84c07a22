"""Langfuse 4 in a cluster on the real engine: what each change replaces, updates and leaves alone.

The tests of this file follow one another on one stack, as a person's commands do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest

from components.kubernetes.labels import PART_OF
from tests.support.live_stack import NAMESPACE
from tests.support.real_engine import RealStack, real_engine
from tooling.cluster import Cluster, temporary_cluster
from tooling.engineless import offline
from tooling.kubernetes.api import Api
from tooling.kubernetes.readiness import readiness

pytestmark = pytest.mark.engine

MIRROR: Final = "registry.example.com/langfuse/langfuse"
OURS: Final = f"app.kubernetes.io/part-of={PART_OF}"
PODS: Final = {"langfuse-deployment": "update", "langfuse-worker-deployment": "update"}
"""Web and workers, which read the same settings."""
WORKLOADS: Final = [
    "langfuse",
    "langfuse-clickhouse-server",
    "langfuse-gateway",
    "langfuse-postgres",
    "langfuse-seaweedfs",
    "langfuse-valkey",
    "langfuse-worker",
]
CLICKHOUSE: Final = {"cpu": "250m", "memory": "2Gi", "memoryLimit": "4Gi"}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with temporary_cluster() as started:
        yield started


@pytest.fixture(scope="module")
def api(cluster: Cluster) -> Iterator[Api]:
    with Api(cluster.kubeconfig, cluster.context) as connected:
        yield connected


@pytest.fixture(scope="module")
def four(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> RealStack:
    where = {"context": cluster.context, "kubeconfig": str(cluster.kubeconfig)}
    engine = real_engine(tmp_path_factory.mktemp("engine"), "four")
    return RealStack(engine, {"agent-observability:cluster": where})


def workloads(api: Api) -> dict[str, str | None]:
    """Why each workload is not ready, by name; None for one that is."""
    found = api.list("apps/v1", "Deployment", NAMESPACE)
    found += api.list("apps/v1", "StatefulSet", NAMESPACE)
    return {item["metadata"]["name"]: readiness(item) for item in found}


def volumes(api: Api) -> dict[str, str]:
    """The unique id of each volume claim, by name: it is another one where data was replaced."""
    found = api.list("v1", "PersistentVolumeClaim", NAMESPACE)
    return {item["metadata"]["name"]: item["metadata"]["uid"] for item in found}


def test_one_up_makes_what_its_preview_shows_and_every_workload_is_ready(
    four: RealStack, api: Api
) -> None:
    shown = four.preview("first preview")
    done = four.up("first up")

    expected = {resource.name for resource in offline.record("four").resources.values()}
    assert done == shown
    assert set(done.values()) == {"create"}
    assert set(four.resources()) == {*expected, "agent-observability-four"}
    assert workloads(api) == dict.fromkeys(WORKLOADS)
    assert len(volumes(api)) == 6


def test_nothing_changes_without_a_change(four: RealStack) -> None:
    assert four.preview("unchanged preview") == {}
    assert four.up("unchanged up") == {}
    assert four.refresh("refresh") == {}
    assert four.up("up after the refresh") == {}


@pytest.mark.parametrize(
    ("name", "with_it"),
    [
        ("langfuse-credentials-nextauth-secret", {"langfuse-app-secret": "replace"}),
        (
            "langfuse-postgres-password",
            {
                "langfuse-postgres-credentials": "replace",
                "langfuse-database-secret": "replace",
                "langfuse-migration": "replace",
                "langfuse-postgres-stateful-set": "update",
            },
        ),
        (
            "langfuse-clickhouse-server-password",
            {
                "langfuse-clickhouse-server-credentials": "replace",
                "langfuse-clickhouse-secret": "replace",
                "langfuse-migration": "replace",
                "langfuse-clickhouse-server-stateful-set": "update",
            },
        ),
        (
            "langfuse-valkey-password",
            {
                "langfuse-valkey-credentials": "replace",
                "langfuse-cache-secret": "replace",
                "langfuse-valkey-stateful-set": "update",
            },
        ),
        (
            "langfuse-seaweedfs-secret-key",
            {
                "langfuse-seaweedfs-credentials": "replace",
                "langfuse-storage-secret": "replace",
                "langfuse-seaweedfs-stateful-set": "update",
            },
        ),
    ],
)
def test_a_rotation_does_what_the_table_of_rotations_says_and_keeps_the_data(
    four: RealStack, api: Api, name: str, with_it: dict[str, str]
) -> None:
    before = volumes(api)

    done = four.up(f"rotation of {name.removeprefix('langfuse-')}", replace=[four.urn(name)])

    assert done == {name: "replace", **with_it, **PODS}
    assert workloads(api) == dict.fromkeys(WORKLOADS)
    assert volumes(api) == before


GATEWAY: Final = {
    "langfuse-gateway-credentials-secret": "replace",
    "langfuse-gateway-stateful-set": "update",
    "langfuse-agents-ai-agents-access-secret": "update",
}


@pytest.mark.parametrize(
    ("name", "with_it"),
    [
        ("langfuse-gateway-ai-agents-password", {}),
        ("langfuse-credentials-project-keys", {"langfuse-app-secret": "replace", **PODS}),
    ],
)
def test_keys_that_the_gateway_has_roll_it_and_keep_its_queue(
    four: RealStack, api: Api, name: str, with_it: dict[str, str]
) -> None:
    before = volumes(api)

    done = four.up(f"rotation of {name.removeprefix('langfuse-')}", replace=[four.urn(name)])

    assert done == {name: "replace", **GATEWAY, **with_it}
    assert workloads(api) == dict.fromkeys(WORKLOADS)
    assert volumes(api) == before


CHANGES: Final[list[tuple[str, dict[str, dict[str, Any]], dict[str, str]]]] = [
    ("a setting", {"langfuse": {"telemetry": True}}, {"langfuse-config": "replace", **PODS}),
    (
        "the image of web",
        {"langfuse": {"repository": MIRROR}},
        {"langfuse-migration": "replace", "langfuse-deployment": "update"},
    ),
    (
        "the release",
        {"langfuse": {"version": "4.15.0"}},
        {"langfuse-migration": "replace", **PODS},
    ),
    (
        "what the gateway masks",
        {"gateway": {"masking": "drop"}},
        {"langfuse-gateway-config": "replace", "langfuse-gateway-stateful-set": "update"},
    ),
    ("replicas of web", {"langfuse": {"maxReplicas": 4}}, {"langfuse-autoscaler": "update"}),
    (
        "memory of ClickHouse",
        {"clickhouse": {"resources": CLICKHOUSE}},
        {
            "langfuse-clickhouse-server-stateful-set": "update",
            # The limit from which on a query writes to the disk follows from it.
            "langfuse-config": "replace",
            **PODS,
        },
    ),
]


@pytest.mark.parametrize(("step", "change", "expected"), CHANGES, ids=[c[0] for c in CHANGES])
def test_a_preview_of_a_change_shows_what_the_change_needs_and_no_more(
    four: RealStack, step: str, change: dict[str, dict[str, Any]], expected: dict[str, str]
) -> None:
    assert four.with_(**change).preview(f"preview of {step}") == expected


def test_another_release_is_migrated_to_and_every_workload_is_ready(
    four: RealStack, api: Api
) -> None:
    before = volumes(api)
    (job,) = api.list("batch/v1", "Job", NAMESPACE)

    done = four.with_(langfuse={"version": "4.15.0"}).up("another release")

    (after,) = api.list("batch/v1", "Job", NAMESPACE)
    assert done == {"langfuse-migration": "replace", **PODS}
    assert after["metadata"]["name"] != job["metadata"]["name"]
    assert after["status"]["succeeded"] == 1
    assert workloads(api) == dict.fromkeys(WORKLOADS)
    assert volumes(api) == before


def test_destroy_leaves_nothing(four: RealStack, api: Api) -> None:
    done = four.destroy("destroy")

    assert set(done.values()) == {"delete"}
    assert four.exported().get("resources") in (None, [])
    assert api.list("v1", "Namespace", selector=OURS) == []
