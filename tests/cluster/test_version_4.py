"""Langfuse 4 on a real control plane: every workload, in order, and gone again.

Simulated pods: containers do not run. What a change touches is in tests/engine/test_version_4.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest

from stacks import settings
from tests.support.live_stack import LiveStack, refuse_writes, stems
from tooling.cluster import Cluster
from tooling.engineless import offline
from tooling.kit.commands import Commands
from tooling.kubernetes.api import Api, Object, Reference, is_ours
from tooling.kubernetes.readiness import readiness
from tooling.smoke import agents, keys, stack, worker

pytestmark = pytest.mark.cluster

NAMESPACE: Final = "version-4"
AGENTS: Final = "version-4-agents"
GATEWAY: Final = "langfuse-gateway"
CHANGE: Final[dict[str, Any]] = {"agents": {"namespaces": [AGENTS]}}
"""Namespaces of its own, beside the stack of version 2."""


@pytest.fixture(scope="module")
def four(
    cluster: Cluster, api: Api, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveStack]:
    file = tmp_path_factory.mktemp("four") / "state.json"
    deployed = LiveStack(cluster, api, file, stack="four", namespace=NAMESPACE)
    deployed.up(CHANGE)
    yield deployed
    deployed.destroy()


def ours(deployed: LiveStack, *kinds: str) -> list[Object]:
    """What the program made, of some kinds or of all."""
    return [
        item
        for item in deployed.everything()
        if {item["metadata"].get("namespace"), item["metadata"]["name"]} & {NAMESPACE, AGENTS}
        and is_ours(item)
        and (not kinds or item["kind"] in kinds)
    ]


def test_every_object_is_there_and_every_workload_is_available(four: LiveStack) -> None:
    found = ours(four)

    assert stems([str(Reference.of(item)) for item in found]) == [
        "ConfigMap version-4/langfuse-clickhouse-server-config-*",
        "ConfigMap version-4/langfuse-config-*",
        "ConfigMap version-4/langfuse-gateway-config-*",
        "ConfigMap version-4/langfuse-upgrade",
        "Deployment version-4/langfuse",
        "Deployment version-4/langfuse-worker",
        "HorizontalPodAutoscaler version-4/langfuse",
        "HorizontalPodAutoscaler version-4/langfuse-worker",
        "Job version-4/langfuse-migration-*",
        "Namespace version-4",
        "Namespace version-4-agents",
        "NetworkPolicy version-4/langfuse",
        "NetworkPolicy version-4/langfuse-clickhouse-server",
        "NetworkPolicy version-4/langfuse-gateway",
        "NetworkPolicy version-4/langfuse-migration",
        "NetworkPolicy version-4/langfuse-postgres",
        "NetworkPolicy version-4/langfuse-seaweedfs",
        "NetworkPolicy version-4/langfuse-valkey",
        "NetworkPolicy version-4/langfuse-worker",
        "PodDisruptionBudget version-4/langfuse",
        "PodDisruptionBudget version-4/langfuse-gateway",
        "PodDisruptionBudget version-4/langfuse-worker",
        "Secret version-4-agents/agent-observability",
        "Secret version-4/langfuse-app-secret-*",
        "Secret version-4/langfuse-cache-secret-*",
        "Secret version-4/langfuse-clickhouse-secret-*",
        "Secret version-4/langfuse-clickhouse-server-credentials-*",
        "Secret version-4/langfuse-database-secret-*",
        "Secret version-4/langfuse-gateway-credentials-secret-*",
        "Secret version-4/langfuse-postgres-credentials-*",
        "Secret version-4/langfuse-seaweedfs-credentials-*",
        "Secret version-4/langfuse-storage-secret-*",
        "Secret version-4/langfuse-valkey-credentials-*",
        "Service version-4/langfuse",
        "Service version-4/langfuse-clickhouse-server",
        "Service version-4/langfuse-gateway",
        "Service version-4/langfuse-gateway-pods",
        "Service version-4/langfuse-postgres",
        "Service version-4/langfuse-seaweedfs",
        "Service version-4/langfuse-valkey",
        "ServiceAccount version-4/langfuse",
        "ServiceAccount version-4/langfuse-gateway",
        "ServiceAccount version-4/langfuse-migration",
        "ServiceAccount version-4/langfuse-worker",
        "StatefulSet version-4/langfuse-clickhouse-server",
        "StatefulSet version-4/langfuse-gateway",
        "StatefulSet version-4/langfuse-postgres",
        "StatefulSet version-4/langfuse-seaweedfs",
        "StatefulSet version-4/langfuse-valkey",
    ]
    assert [readiness(item) for item in found] == [None] * len(found)


def test_every_pod_runs_under_the_restricted_standard(four: LiveStack) -> None:
    namespace = Reference(api_version="v1", kind="Namespace", namespace=None, name=NAMESPACE)
    found = four.api.get(namespace)
    assert found is not None
    assert found["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"

    roles = ("web", "worker", "database", "clickhouse", "cache", "storage", "migration")
    phases = {role: [pod["status"]["phase"] for pod in four.pods(role)] for role in roles}
    assert phases.pop("migration") == ["Succeeded"]
    assert [*phases.values()] == [["Running"]] * 6
    gateways = four.pods("gateway")
    assert [pod["status"]["phase"] for pod in gateways] == ["Running"] * 2


def test_the_gateway_starts_when_langfuse_is_there(four: LiveStack) -> None:
    (web,) = four.pods("web")

    started = {pod["metadata"]["creationTimestamp"] for pod in four.pods("gateway")}
    assert min(started) >= web["metadata"]["creationTimestamp"]


def test_both_schemas_are_there_before_the_first_pod_that_reads_them(four: LiveStack) -> None:
    (job,) = ours(four, "Job")
    migrated = job["status"]["completionTime"]

    assert job["status"]["succeeded"] == 1
    pods = [*four.pods("web"), *four.pods("worker")]
    assert len(pods) == 2
    assert [pod for pod in pods if pod["metadata"]["creationTimestamp"] < migrated] == []


def test_the_smoke_test_finds_workers_keys_and_agents_as_they_are(four: LiveStack) -> None:
    given = four.configuration(CHANGE)
    read = settings.read("four", given.values, set(given.secret_keys))
    expected, commands = stack.expected(read), Commands.of(read)

    pair = keys.from_pods(four.api, NAMESPACE)
    access = agents.access(AGENTS, keys.of_agents(four.api, AGENTS), pair, expected, commands)

    assert expected.worker
    assert "LANGFUSE_BASE_URL" in expected.agents_keys
    assert worker.rollout(four.api, expected, commands) is None
    assert (access.status, access.seen) == (
        "ok",
        f"Secret {AGENTS}/agent-observability has Langfuse's own keys and LANGFUSE_HOST "
        f"http://langfuse.{NAMESPACE}.svc",
    )


def test_a_second_run_changes_nothing(four: LiveStack, monkeypatch: pytest.MonkeyPatch) -> None:
    before = four.settled()
    registered = offline.record("four").resources.values()
    deployed = [r for r in registered if r.custom and not r.type.startswith("pulumi:providers:")]

    refuse_writes(monkeypatch)
    summary = four.up(CHANGE)

    assert not summary.changed
    assert len(summary.unchanged) == len(deployed)
    assert four.versions() == before


def claims(deployed: LiveStack) -> list[str]:
    found = deployed.api.list("v1", "PersistentVolumeClaim", NAMESPACE)
    names = [claim["metadata"]["name"] for claim in found]
    return sorted(name for name in names if name.startswith(f"data-{GATEWAY}-"))


def named(deployed: LiveStack, kind: str) -> list[str]:
    """Names of the gateway's objects of a kind."""
    found = [item["metadata"]["name"] for item in ours(deployed, kind)]
    return sorted(name for name in found if name.startswith(GATEWAY))


def test_another_configuration_replaces_every_pod_of_the_gateway(four: LiveStack) -> None:
    before = {pod["metadata"]["uid"] for pod in four.pods("gateway")}
    (config,), secrets = named(four, "ConfigMap"), named(four, "Secret")

    four.up({**CHANGE, "gateway": {"masking": "drop"}})

    after = four.pods("gateway")
    assert len(before) == len(after) == 2
    assert before & {pod["metadata"]["uid"] for pod in after} == set()
    (changed,) = named(four, "ConfigMap")
    assert changed != config
    assert named(four, "Secret") == secrets
    (volume,) = {
        volume["configMap"]["name"]
        for pod in after
        for volume in pod["spec"]["volumes"]
        if "configMap" in volume
    }
    assert volume == changed


def test_a_gateway_with_fewer_pods_keeps_the_volume_of_the_one_that_is_gone(
    four: LiveStack,
) -> None:
    four.up({**CHANGE, "gateway": {"replicas": 1}})

    assert [pod["metadata"]["name"] for pod in four.pods("gateway")] == [f"{GATEWAY}-0"]
    assert named(four, "PodDisruptionBudget") == []
    assert claims(four) == [f"data-{GATEWAY}-0", f"data-{GATEWAY}-1"]


def test_a_gateway_that_is_taken_away_leaves_its_volumes_alone(four: LiveStack) -> None:
    four.up({**CHANGE, "gateway": None})

    assert [item for item in ours(four) if "gateway" in item["metadata"]["name"]] == []
    assert claims(four) == [f"data-{GATEWAY}-0", f"data-{GATEWAY}-1"]
    secret = Reference(
        api_version="v1", kind="Secret", namespace=AGENTS, name="agent-observability"
    )
    found = four.api.get(secret)
    assert found is not None
    assert [key for key in found["data"] if key.startswith("OTEL_")] == []


def test_it_goes_away_with_its_volume_claims(four: LiveStack) -> None:
    four.destroy()

    assert ours(four) == []
    assert four.api.list("v1", "PersistentVolumeClaim", NAMESPACE) == []
