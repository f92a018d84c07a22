"""What a failed run leaves behind, and what it says."""

from __future__ import annotations

import re
import signal
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stacks.settings import ConfigurationError
from tests.support.live_stack import NAMESPACE, LiveStack, stems, uid
from tooling.engineless import live
from tooling.kubernetes.api import Api, LiveError, Reference

pytestmark = pytest.mark.cluster

UPGRADE = {"langfuse": {"version": "2.94.0"}}


@contextmanager
def failing_migrations(api: Api) -> Generator[None]:
    """Each migration pod that waits for a node fails, as its container would."""
    over = threading.Event()
    ended = {"exitCode": 1, "reason": "Error", "message": "P1001: no database"}
    container = {
        "name": "migration",
        "image": "langfuse",
        "imageID": "langfuse",
        "ready": False,
        "restartCount": 0,
        "state": {"terminated": ended},
    }
    status = {"status": {"phase": "Failed", "containerStatuses": [container]}}

    def fail() -> None:
        selector = "app.kubernetes.io/component=migration"
        while not over.wait(0.2):
            for pod in api.list("v1", "Pod", NAMESPACE, selector=selector):
                if pod["status"]["phase"] == "Pending":
                    api.patch(Reference.of(pod), status, subresource="status")

    thread = threading.Thread(target=fail)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_a_failed_migration_leaves_the_old_pods_serving_and_the_next_run_goes_on(
    stack: LiveStack,
) -> None:
    deployment, pods, old_job = stack.deployment(), stack.pods("web"), stack.job()

    with (
        stack.unschedulable(),
        failing_migrations(stack.api),
        pytest.raises(LiveError) as failed,
    ):
        stack.up(UPGRADE)

    assert re.fullmatch(
        r"Job observability/langfuse-migration-[0-9a-f]{8} failed: "
        r"BackoffLimitExceeded: Job has reached the specified backoff limit"
        r"\n  Pod langfuse-migration-\w{8}-\w{5}: "
        r"container migration ended with exit code 1: Error: P1001: no database"
        r"\n  log: kubectl -n observability logs job/langfuse-migration-\w{8} --all-containers",
        str(failed.value),
    )
    assert stack.deployment() == deployment
    assert [(uid(pod), pod["status"]["phase"]) for pod in stack.pods("web")] == [
        (uid(pod), "Running") for pod in pods
    ]
    assert {uid(old_job)} < {uid(job) for job in stack.api.list("batch/v1", "Job", NAMESPACE)}

    summary = stack.up(UPGRADE)

    assert stems(summary.replaced) == ["Job observability/langfuse-migration-*"]
    assert summary.updated == ["Deployment observability/langfuse"]
    assert stems(summary.deleted)[-2:] == ["Job observability/langfuse-migration-*"] * 2
    assert stack.job()["status"]["succeeded"] == 1
    assert not stack.up(UPGRADE).changed


def test_an_unreachable_cluster_is_named(stack: LiveStack, tmp_path: Path) -> None:
    text = stack.cluster.kubeconfig.read_text(encoding="utf-8")
    elsewhere = tmp_path / "kubeconfig"
    elsewhere.write_text(re.sub(r"server: .*", "server: https://127.0.0.1:1", text))
    configuration = stack.configuration({"cluster": {"kubeconfig": str(elsewhere)}})

    with pytest.raises(LiveError) as failed:
        live.deploy("dev", configuration, tmp_path / "state.json", say=stack.said.append)

    assert str(failed.value).startswith(
        f"the cluster cannot be reached (context {stack.cluster.context} of {elsewhere}): "
    )
    assert "Connection refused" in str(failed.value)


def test_a_context_that_does_not_exist_is_a_configuration_error(
    stack: LiveStack, tmp_path: Path
) -> None:
    configuration = stack.configuration({"cluster": {"context": "elsewhere"}})

    with pytest.raises(ConfigurationError, match="must be a context of the kubeconfig"):
        live.deploy("dev", configuration, tmp_path / "state.json", say=stack.said.append)


def test_an_interrupted_wait_ends_at_once_and_the_next_run_goes_on(stack: LiveStack) -> None:
    main_thread = threading.get_ident()
    interrupt = threading.Timer(3, signal.pthread_kill, [main_thread, signal.SIGINT])
    start = time.monotonic()
    interrupt.start()

    with stack.unschedulable(), pytest.raises(KeyboardInterrupt):
        stack.up(UPGRADE)

    assert time.monotonic() - start < 10
    summary = stack.up(UPGRADE)
    assert "Deployment observability/langfuse" in summary.updated
    assert stack.job()["status"]["succeeded"] == 1
