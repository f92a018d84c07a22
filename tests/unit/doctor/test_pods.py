"""What a pod's own state says: each cause, and its exact finding."""

from __future__ import annotations

import pytest

from tests.support.doctor import (
    IN_NAMESPACE,
    JUST_NOW,
    KUBECTL,
    LONG_AGO,
    PLACE,
    Object,
    condition,
    container,
    error,
    event,
    pod,
    snapshot,
    terminated,
    waiting,
    warning,
)
from tooling.doctor.findings import Finding
from tooling.doctor.pods import logs, reasons

SUBJECT = "Pod observability/langfuse-1"
DESCRIBE = f"{IN_NAMESPACE} describe pod langfuse-1"
LOGS = f"{IN_NAMESPACE} logs langfuse-1 -c langfuse --tail=100"
SERVING = container(ready=True, running={"startedAt": LONG_AGO})


def diagnosed(found: Object, *events: Object, log: str = "") -> Finding | None:
    name = found["metadata"]["name"]
    seen = snapshot(pods=[found], events=events, logs={name: log} if log else {})
    return reasons.diagnose(found, seen, PLACE)


@pytest.mark.parametrize(
    "found",
    [
        pod("langfuse-1", SERVING, phase="Running"),
        pod("langfuse-1", waiting("ContainerCreating")),
        pod("langfuse-1", waiting("PodInitializing")),
        pod("langfuse-1", container(running={"startedAt": JUST_NOW}), phase="Running"),
        pod("langfuse-1"),
    ],
)
def test_a_pod_that_serves_or_is_starting_is_not_reported(found: Object) -> None:
    assert diagnosed(found) is None


@pytest.mark.parametrize(
    ("message", "section", "cause", "command"),
    [
        (
            'secret "langfuse-app-1" not found',
            "secret-missing",
            "There is no secret langfuse-app-1, which the pod reads",
            "make up STACK=dev",
        ),
        (
            "container has runAsNonRoot and image will run as root (pod: x, container: y)",
            "run-as-non-root",
            "The pod has to run as another user than root, and its image runs as root: the pod's "
            "runAsUser is missing. Something changed it after Pulumi, or the image is not the one "
            "that the stack was made for",
            f"{IN_NAMESPACE} get pods -o yaml",
        ),
        (
            "cannot find volume",
            "unknown-error",
            "CreateContainerConfigError: cannot find volume",
            DESCRIBE,
        ),
    ],
)
def test_a_container_that_cannot_be_configured_says_why(
    message: str, section: str, cause: str, command: str
) -> None:
    found = pod("langfuse-1", waiting("CreateContainerConfigError", message))

    assert diagnosed(found) == error(section, SUBJECT, cause, command)


IMAGE = "The image docker.io/langfuse/langfuse:2.95.12 cannot be pulled: "


@pytest.mark.parametrize(
    ("reason", "message", "because"),
    [
        (
            "ErrImagePull",
            "failed to resolve reference: docker.io/langfuse/langfuse:2.95.12: not found",
            "the registry has no such image or tag",
        ),
        (
            "ErrImagePull",
            "pull access denied, repository does not exist or may require authorization: not found",
            "the registry refuses it: name a pull Secret of the namespace in "
            "cluster.imagePullSecrets",
        ),
        (
            "ErrImagePull",
            "unexpected status: 403 Forbidden",
            "the registry refuses it: name a pull Secret of the namespace in "
            "cluster.imagePullSecrets",
        ),
        (
            "ErrImagePull",
            "429 Too Many Requests - toomanyrequests: You have reached your pull rate limit",
            "the registry's rate limit is reached: pull from a mirror (langfuse.repository), or "
            "give credentials (cluster.imagePullSecrets)",
        ),
        (
            "ErrImagePull",
            "dial tcp: lookup registry-1.docker.io: no such host",
            "the node does not reach the registry",
        ),
        (
            "ErrImagePull",
            "tls: failed to verify certificate: x509: certificate signed by unknown authority",
            "the node does not trust the registry's certificate",
        ),
        (
            "ErrImagePull",
            "no match for platform in manifest: not found",
            "the image is not built for the node's architecture",
        ),
        ("InvalidImageName", "couldn't parse image name", "its name is not one of an image"),
        ("ErrImageNeverPull", "", "the node has no copy, and the pod forbids pulling"),
        ("ImagePullBackOff", "something new", "ImagePullBackOff: something new"),
    ],
)
def test_an_image_that_cannot_be_pulled_is_named_with_the_reason(
    reason: str, message: str, because: str
) -> None:
    found = pod("langfuse-1", waiting(reason, message))

    assert diagnosed(found) == error("image-pull", SUBJECT, IMAGE + because, DESCRIBE)


def test_the_event_explains_a_back_off() -> None:
    found = pod("langfuse-1", waiting("ImagePullBackOff", 'Back-off pulling image "x"'))
    failed = event(found, "Failed", "Failed to pull image: rpc error: manifest unknown")

    assert diagnosed(found, failed) == error(
        "image-pull", SUBJECT, IMAGE + "the registry has no such image or tag", DESCRIBE
    )


CRASHING = pod(
    "langfuse-1",
    waiting("CrashLoopBackOff", "back-off 5m0s", restarts=4, last=terminated(1)),
    phase="Running",
)


@pytest.mark.parametrize(
    ("log", "section", "cause", "command"),
    [
        (
            "start\nError: Cannot find module 'x'\n",
            "crash-loop",
            "Container langfuse ends with exit code 1. Its last line: Error: Cannot find "
            "module 'x'",
            f"{LOGS} --previous",
        ),
        (
            "",
            "crash-loop",
            "Container langfuse ends with exit code 1",
            f"{LOGS} --previous",
        ),
        (
            "❌ Invalid environment variables: { NEXTAUTH_URL: [ 'Required' ] }\nat x",
            "environment-invalid",
            "Langfuse refuses its environment: NEXTAUTH_URL. Its release does not accept the "
            "value, or the variable is missing",
            "make render STACK=dev",
        ),
        (
            "PrismaClientInitializationError: Can't reach database server at `x`:`5432`",
            "database-unreachable",
            "Langfuse does not reach the database: its pod is not ready, or a NetworkPolicy keeps "
            "the pods apart",
            f"{IN_NAMESPACE} get pods -l app.kubernetes.io/component=database -o wide",
        ),
    ],
)
def test_a_container_that_crashes_is_explained_by_its_log(
    log: str, section: str, cause: str, command: str
) -> None:
    assert diagnosed(CRASHING, log=log) == error(section, SUBJECT, cause, command)


def test_a_password_in_a_log_is_not_shown() -> None:
    found = diagnosed(CRASHING, log="cannot use postgresql://u:hunter2@h/d")

    assert found is not None
    assert found.cause.endswith("Its last line: cannot use postgresql://u:[secret]@h/d")


def test_a_first_crash_is_read_from_the_log_of_this_run() -> None:
    found = pod("langfuse-1", container(terminated=terminated(2)), phase="Running")

    assert diagnosed(found, log="gone") == error(
        "crash-loop",
        SUBJECT,
        "Container langfuse ends with exit code 2. Its last line: gone",
        LOGS,
    )


OOM = terminated(137, reason="OOMKilled", finishedAt=JUST_NOW)
KILLED = "was killed at its memory limit (3 restarts so far): raise"


def test_a_container_that_is_killed_again_and_again_needs_memory() -> None:
    found = pod("langfuse-1", waiting("CrashLoopBackOff", restarts=3, last=OOM), phase="Running")

    assert diagnosed(found) == error(
        "out-of-memory",
        SUBJECT,
        f"Container langfuse {KILLED} langfuse.resources.memoryLimit",
        DESCRIBE,
    )


LOST = ". What it held and had not written to ClickHouse is lost"


@pytest.mark.parametrize(
    ("role", "told"),
    [
        ("web", ": raise langfuse.resources.memoryLimit"),
        ("worker", f": raise langfuse.worker.resources.memoryLimit{LOST}"),
        ("database", ": raise database.resources.memoryLimit"),
        ("clickhouse", ": raise clickhouse.resources.memoryLimit"),
        ("cache", ": raise cache.resources.memoryLimit"),
        ("storage", ": raise objectStorage.resources.memoryLimit"),
        ("migration", ""),
    ],
)
def test_one_that_runs_again_is_a_warning_with_the_setting_of_its_limit(
    role: str, told: str
) -> None:
    runs = container(ready=True, restarts=3, running={"startedAt": JUST_NOW}, last=OOM)

    assert diagnosed(pod("some-pod", runs, phase="Running", role=role)) == warning(
        "out-of-memory",
        "Pod observability/some-pod",
        f"Container langfuse was killed at its memory limit (3 restarts so far){told}",
        f"{IN_NAMESPACE} describe pod some-pod",
    )


@pytest.mark.parametrize(
    ("operated", "setting"),
    [
        ("clickhouse-server", "clickhouse.resources.memoryLimit"),
        ("clickhouse-keeper", "clickhouse.keeper.resources.memoryLimit"),
    ],
)
def test_the_limit_of_a_pod_of_the_operator_is_that_of_its_kind(
    operated: str, setting: str
) -> None:
    made = pod("a", waiting("CrashLoopBackOff", restarts=3, last=OOM), phase="Running")
    made["metadata"]["labels"] = {"clickhouse.com/role": operated}
    found = diagnosed(made)

    assert found is not None
    assert found.cause == f"Container langfuse {KILLED} {setting}"


def test_a_kill_of_long_ago_is_forgotten() -> None:
    old = terminated(137, reason="OOMKilled", finishedAt="2026-11-01T10:00:00Z")
    runs = container(ready=True, restarts=3, running={"startedAt": LONG_AGO}, last=old)

    assert diagnosed(pod("langfuse-1", runs, phase="Running")) is None


def test_an_init_container_comes_first() -> None:
    found = pod("langfuse-postgres-0", waiting("PodInitializing"))
    found["status"]["initContainerStatuses"] = [
        container(name="password", terminated=terminated(1, message="no such file"))
    ]

    assert diagnosed(found) == error(
        "crash-loop",
        "Pod observability/langfuse-postgres-0",
        "Container password ends with exit code 1. Its last line: no such file",
        f"{IN_NAMESPACE} logs langfuse-postgres-0 -c password --tail=100",
    )


def unschedulable(message: str) -> Object:
    return pod(
        "langfuse-1", conditions=[condition("PodScheduled", "False", "Unschedulable", message)]
    )


@pytest.mark.parametrize(
    ("reasons", "hint", "command"),
    [
        (
            "3 Insufficient cpu, 2 Insufficient memory",
            "give the cluster more nodes, or the pods smaller requests (langfuse.resources)",
            "describe nodes",
        ),
        ("3 Too many pods", "the nodes' limit of pods is reached", "describe nodes"),
        (
            "3 node(s) had untolerated taint {dedicated: ml}",
            "name the taint in cluster.tolerations, or add nodes without it",
            "get nodes -o custom-columns=NAME:.metadata.name,TAINTS:.spec.taints",
        ),
        (
            "3 node(s) didn't match Pod's node affinity/selector",
            "no node has the labels of cluster.nodeSelector",
            "get nodes --show-labels",
        ),
        (
            "3 node(s) didn't match pod topology spread constraints",
            "langfuse.zoneSpread is `required`, and a zone has no room",
            "get nodes -L topology.kubernetes.io/zone",
        ),
        (
            "3 node(s) had volume node affinity conflict",
            "the volume is in a zone in which no node has room",
            "get persistentvolumes -o wide",
        ),
        ("3 node(s) were unschedulable", "the nodes are cordoned", "get nodes -o wide"),
    ],
)
def test_a_pod_that_no_node_takes_is_explained(reasons: str, hint: str, command: str) -> None:
    words = f"0/3 nodes are available: {reasons}"
    message = f"{words}. preemption: 0/3 nodes are available: 3 Preemption is not helpful."

    assert diagnosed(unschedulable(message)) == error(
        "pod-unschedulable",
        SUBJECT,
        f"No node takes it: {words}. That is: {hint}",
        f"{KUBECTL} {command}",
    )


def test_several_reasons_of_the_scheduler_are_all_explained() -> None:
    message = "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {a: b}."
    found = diagnosed(unschedulable(message))

    assert found is not None
    assert found.cause.endswith(
        "That is: give the cluster more nodes, or the pods smaller requests (langfuse.resources); "
        "name the taint in cluster.tolerations, or add nodes without it"
    )


@pytest.mark.parametrize(
    ("role", "setting"),
    [("worker", " (langfuse.worker.resources)"), ("cache", " (cache.resources)"), ("mine", "")],
)
def test_the_requests_that_are_too_large_are_those_of_the_pod(role: str, setting: str) -> None:
    waits = unschedulable("0/1 nodes are available: 1 Insufficient memory.")
    waits["metadata"]["labels"]["app.kubernetes.io/component"] = role
    found = diagnosed(waits)

    assert found is not None
    assert found.cause.endswith(f"or the pods smaller requests{setting}")


def test_words_of_the_scheduler_that_are_new_are_passed_on() -> None:
    assert diagnosed(unschedulable("no luck today.")) == error(
        "pod-unschedulable",
        SUBJECT,
        "No node takes it: no luck today",
        f"{KUBECTL} get nodes -o wide",
    )


UNREADY = pod("langfuse-1", container(running={"startedAt": LONG_AGO}), phase="Running")


def test_a_container_that_is_not_ready_is_explained_by_its_probe() -> None:
    failed = event(UNREADY, "Unhealthy", "Readiness probe failed: HTTP statuscode: 503")

    assert diagnosed(UNREADY, failed) == error(
        "not-ready",
        SUBJECT,
        "Container langfuse is not ready: Readiness probe failed: HTTP statuscode: 503",
        LOGS,
    )
    assert diagnosed(UNREADY) == error(
        "not-ready",
        SUBJECT,
        "Container langfuse is not ready: it runs, and no probe has passed",
        LOGS,
    )


def test_its_log_explains_it_better() -> None:
    found = diagnosed(UNREADY, log="Error: P1001: Can't reach database server")

    assert found is not None
    assert found.section == "database-unreachable"


@pytest.mark.parametrize(
    ("log", "section"),
    [
        ("Invalid environment variables: {}\nFailed to prepare server", "environment-invalid"),
        ("Failed to prepare server", "start-failed"),
        ("code: 'P1008'", "database-slow"),
        ("code: 'P2024'", "database-slow"),
    ],
)
def test_a_server_that_answers_500_is_explained_by_its_log(log: str, section: str) -> None:
    found = diagnosed(UNREADY, log=log)

    assert found is not None
    assert found.section == section


def test_a_pod_that_the_load_balancer_does_not_want_is_not_ready() -> None:
    gate = "target-health.elbv2.k8s.aws/k8s-observab-langfuse-1"
    found = pod(
        "langfuse-1",
        SERVING,
        phase="Running",
        conditions=[condition(gate, "False", "Target.Timeout", "Request timed out")],
    )

    assert diagnosed(found) == error(
        "not-ready",
        SUBJECT,
        "The load balancer does not find it healthy: Request timed out",
        DESCRIBE,
    )


@pytest.mark.parametrize(
    ("reason", "message", "section", "cause", "command"),
    [
        (
            "FailedMount",
            'MountVolume.SetUp failed for volume "database-ca": configmap "ca" not found',
            "secret-missing",
            "There is no configmap ca, which the pod reads",
            "make up STACK=dev",
        ),
        (
            "FailedAttachVolume",
            "Multi-Attach error for volume pvc-1",
            "claim-pending",
            "FailedAttachVolume: Multi-Attach error for volume pvc-1",
            DESCRIBE,
        ),
        (
            "FailedCreatePodSandBox",
            "failed to assign an IP address to container",
            "unknown-error",
            "FailedCreatePodSandBox: failed to assign an IP address to container",
            DESCRIBE,
        ),
    ],
)
def test_a_container_that_is_not_created_is_explained_by_the_kubelet(
    reason: str, message: str, section: str, cause: str, command: str
) -> None:
    found = pod("langfuse-1", waiting("ContainerCreating"))

    assert diagnosed(found, event(found, reason, message)) == error(
        section, SUBJECT, cause, command
    )


@pytest.mark.parametrize(
    ("found", "log"),
    [
        (CRASHING, ("langfuse", True)),
        (pod("langfuse-1", container(terminated=terminated(1))), ("langfuse", False)),
        (UNREADY, ("langfuse", False)),
        (pod("langfuse-1", container(running={}, restarts=1)), ("langfuse", True)),
        (pod("langfuse-1", SERVING), None),
        (pod("langfuse-1", waiting("ImagePullBackOff")), None),
        (pod("langfuse-1"), None),
    ],
)
def test_the_log_that_matters_is_read(found: Object, log: tuple[str, bool] | None) -> None:
    assert logs.has_log(found) == log


def waits(name: str, *, since: str = LONG_AGO) -> Object:
    """A pod that has not got past a container which waits for a database."""
    made = pod("langfuse-worker-1", waiting("PodInitializing"), role="worker")
    made["status"]["initContainerStatuses"] = [container(name=name, running={"startedAt": since})]
    return made


@pytest.mark.parametrize(
    ("name", "log", "section", "cause"),
    [
        (
            "wait-for-clickhouse",
            "ClickHouse chi:8123: ECONNREFUSED",
            "clickhouse-unreachable",
            "Langfuse does not reach ClickHouse at chi:8123 (ECONNREFUSED): its pod is not ready, "
            "or a NetworkPolicy keeps the pods apart",
        ),
        (
            "wait-for-clickhouse",
            "",
            "clickhouse-unreachable",
            "It waits for ClickHouse",
        ),
        (
            "wait-for-database",
            "database db:5432: no answer",
            "database-unreachable",
            "It waits for the database. The last line of its log: database db:5432: no answer",
        ),
    ],
)
def test_a_pod_that_waits_for_a_database_says_so(
    name: str, log: str, section: str, cause: str
) -> None:
    found = diagnosed(waits(name), log=log)

    assert found is not None
    assert (found.section, found.severity, found.cause) == (section, "error", cause)


def test_a_pod_may_wait_for_a_database_for_a_moment() -> None:
    assert diagnosed(waits("wait-for-clickhouse", since=JUST_NOW)) is None


def test_another_container_that_runs_before_a_pod_starts_is_no_wait() -> None:
    assert diagnosed(waits("apply-password")) is None
