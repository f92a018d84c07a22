"""Langfuse 4 on a real control plane: what the dev stack makes, and that it goes away.

Simulated pods: containers do not run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from components.project import PROJECT
from stacks import settings
from tests.support import bases
from tests.support.live_stack import LiveStack
from tooling.cluster import Cluster
from tooling.kit.commands import Commands
from tooling.kubernetes.api import Api, Object, is_ours
from tooling.kubernetes.readiness import readiness
from tooling.smoke import agents, keys, stack, worker

pytestmark = pytest.mark.cluster

NAMESPACE = "version-4"
AGENTS = "version-4-agents"
DEV = bases.configuration("dev")
"""Read before the tests have stack files of their own."""
NAMESPACES = 2
"""Made too, and in no namespace."""


def change() -> dict[str, Any]:
    """The dev stack by section, in namespaces of its own."""
    own = f"{PROJECT}:"
    sections = {k.removeprefix(own): v for k, v in DEV.items() if k.startswith(own) and v}
    return {
        **sections,
        "cluster": {"namespace": NAMESPACE},
        "agents": {"namespaces": [AGENTS]},
    }


@pytest.fixture(scope="module")
def four(
    cluster: Cluster, api: Api, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveStack]:
    stack = LiveStack(cluster, api, tmp_path_factory.mktemp("four") / "state.json")
    stack.up(change())
    yield stack
    stack.destroy()


def ours(stack: LiveStack, *kinds: str) -> list[Object]:
    namespaced = (
        item
        for item in stack.everything()
        if item["metadata"].get("namespace") in {NAMESPACE, AGENTS}
    )
    return [item for item in namespaced if is_ours(item) and (not kinds or item["kind"] in kinds)]


def test_every_workload_is_available_and_the_migration_was_first(four: LiveStack) -> None:
    workloads = {
        f"{item['kind']} {item['metadata']['name']}": readiness(item)
        for item in ours(four, "Deployment", "StatefulSet")
    }
    (job,) = ours(four, "Job")
    deployments = ours(four, "Deployment")

    assert workloads == dict.fromkeys(
        (
            "Deployment langfuse",
            "Deployment langfuse-worker",
            "StatefulSet langfuse-clickhouse-server",
            "StatefulSet langfuse-postgres",
            "StatefulSet langfuse-seaweedfs",
            "StatefulSet langfuse-valkey",
        )
    )
    assert job["status"]["succeeded"] == 1
    assert [
        d["metadata"]["name"]
        for d in deployments
        if d["metadata"]["creationTimestamp"] < job["status"]["completionTime"]
    ] == []


def test_the_smoke_test_finds_workers_keys_and_agents_as_they_are(four: LiveStack) -> None:
    given = four.configuration(change())
    read = settings.read("dev", given.values, set(given.secret_keys))
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


def test_a_second_run_changes_nothing(four: LiveStack) -> None:
    before = {(i["kind"], i["metadata"]["name"]): i["metadata"]["uid"] for i in ours(four)}

    summary = four.up(change())

    assert not summary.changed
    objects = [name for name in summary.unchanged if not name.startswith("RandomPassword ")]
    assert len(objects) == len(before) + NAMESPACES
    assert before == {(i["kind"], i["metadata"]["name"]): i["metadata"]["uid"] for i in ours(four)}


def test_it_goes_away_but_for_the_volumes_with_the_namespace(four: LiveStack) -> None:
    four.destroy()

    assert ours(four) == []
