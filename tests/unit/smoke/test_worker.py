"""The workers of Langfuse 3 and 4: which release, whether they run, and what one of them says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from tests.support.fake_kubernetes import FakeKubernetes, write_kubeconfig
from tests.support.fake_langfuse_4 import FakeWorker
from tests.support.loopback import serving
from tests.support.smoke import promised
from tooling.kit.commands import Commands
from tooling.kit.deadline import Deadline
from tooling.kubernetes.api import Api
from tooling.smoke import worker
from tooling.smoke.report import Verdict, fail, ok
from tooling.smoke.web import Web

COMMANDS = Commands(stack="dev", namespace="observability")
EXPECTED = promised("dev", langfuse={"version": "4.16.0"})
NAME = "Deployment observability/langfuse-worker"
IMAGE = "docker.io/langfuse/langfuse-worker"
KUBECTL = "kubectl -n observability"


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FakeKubernetes, Api]]:
    fake = FakeKubernetes()
    file = tmp_path_factory.mktemp("cluster") / "kubeconfig"
    with serving(fake) as port:
        write_kubeconfig(file, "c", port)
        with Api(file, "c") as api:
            yield fake, api


def rollout(
    cluster: tuple[FakeKubernetes, Api],
    image: str = f"{IMAGE}:4.16.0",
    status: Mapping[str, int] | None = None,
) -> Verdict | None:
    fake, api = cluster
    fake.put_deployment(
        "observability", "langfuse-worker", secret="s", image=image, replicas=2, status=status
    )
    return worker.rollout(api, EXPECTED, COMMANDS)


@pytest.mark.parametrize("image", [f"{IMAGE}:4.16.0", f"{IMAGE}:4.16.0@sha256:{'0' * 64}"])
def test_workers_of_the_pinned_release_are_asked_how_they_are(
    cluster: tuple[FakeKubernetes, Api], image: str
) -> None:
    assert rollout(cluster, image) is None


def test_workers_of_another_release_are_a_failure(cluster: tuple[FakeKubernetes, Api]) -> None:
    assert rollout(cluster, f"{IMAGE}:4.15.0") == fail(
        "worker",
        f"{NAME} runs {IMAGE}:4.15.0; the stack pins 4.16.0",
        cause="the stack was not deployed since the pin changed",
        command="make up STACK=dev",
    )


@pytest.mark.parametrize(
    ("status", "seen"),
    [
        ({}, "0 of 2 pods ready, 0 of them of 4.16.0"),
        (
            {"replicas": 2, "readyReplicas": 0, "updatedReplicas": 2},
            "0 of 2 pods ready, 2 of them of 4.16.0",
        ),
        (
            {"replicas": 2, "readyReplicas": 2, "updatedReplicas": 1},
            "2 of 2 pods ready, 1 of them of 4.16.0",
        ),
        (
            {"replicas": 1, "readyReplicas": 1, "updatedReplicas": 1},
            "1 of 2 pods ready, 1 of them of 4.16.0",
        ),
        (
            {"replicas": 3, "readyReplicas": 3, "updatedReplicas": 2},
            "3 of 2 pods ready, 2 of them of 4.16.0",
        ),
    ],
)
def test_a_rollout_that_is_not_over_is_a_failure(
    cluster: tuple[FakeKubernetes, Api], status: dict[str, int], seen: str
) -> None:
    assert rollout(cluster, status=status) == fail(
        "worker",
        f"{NAME} has {seen}",
        cause="the rollout is not over, or its pods do not start",
        command=f"{KUBECTL} rollout status deployment/langfuse-worker",
        section="not-ready",
    )


def test_one_ready_worker_of_two_is_enough(cluster: tuple[FakeKubernetes, Api]) -> None:
    status = {"replicas": 2, "readyReplicas": 1, "updatedReplicas": 2}

    assert rollout(cluster, status=status) is None


def test_a_stack_without_workers_was_not_deployed(cluster: tuple[FakeKubernetes, Api]) -> None:
    assert worker.rollout(cluster[1], EXPECTED, COMMANDS) == fail(
        "worker",
        f"there is no {NAME}",
        cause="the stack was not deployed since it is of version 3 or newer, or was removed",
        command="make up STACK=dev",
    )


def health(fake: FakeWorker) -> Verdict:
    with serving(fake) as port:
        return worker.health(Web(Deadline(5)), f"http://127.0.0.1:{port}", EXPECTED, COMMANDS)


def test_a_worker_is_asked_for_its_queues_too() -> None:
    fake = FakeWorker()

    assert health(fake) == ok(
        "worker",
        "langfuse-worker 4.16.0 answers ok: it reaches PostgreSQL and the cache, and its queues "
        "move",
    )
    assert [request.path for request in fake.requests] == [
        "/api/health?failIfEventPropagationStuck=true&failIfQueueConsumptionStuck=true"
    ]


@pytest.mark.parametrize(
    ("fake", "seen", "cause", "command"),
    [
        (
            FakeWorker(500, "error"),
            "500 (error)",
            "it cannot reach PostgreSQL or the cache: its log says which",
            "logs --tail=50",
        ),
        (
            FakeWorker(503, "Queue consumption stuck"),
            "503 (Queue consumption stuck)",
            "it takes no jobs from its queues, though it reaches PostgreSQL and the cache",
            "rollout restart",
        ),
        (
            FakeWorker(200, "starting"),
            "200 (starting)",
            "it cannot reach PostgreSQL or the cache: its log says which",
            "logs --tail=50",
        ),
    ],
)
def test_a_worker_that_is_not_well_is_a_failure(
    fake: FakeWorker, seen: str, cause: str, command: str
) -> None:
    assert health(fake) == fail(
        "worker",
        f"/api/health answers {seen}",
        cause=cause,
        command=f"{KUBECTL} {command} deployment/langfuse-worker",
        section="Accepted-traces-do-not-appear",
    )
