"""Langfuse 2 on a real control plane: admission, rollout, and what a change touches."""

from __future__ import annotations

import pytest

from tests.support.live_stack import (
    NAMESPACE,
    OURS,
    LiveStack,
    refuse_writes,
    stems,
    template_hash,
    uid,
    wait_until,
)
from tooling.engineless import live, offline
from tooling.kubernetes.api import Api, ApiError, Object, Reference, is_ours
from tooling.kubernetes.readiness import readiness

pytestmark = pytest.mark.cluster

DEPLOYMENT = f"Deployment {NAMESPACE}/langfuse"
NEXTAUTH_SECRET = "langfuse-credentials-nextauth-secret"


def test_every_object_is_there_and_every_workload_is_available(stack: LiveStack) -> None:
    ours = [item for item in stack.everything(OURS) if is_ours(item)]

    assert stems([str(Reference.of(item)) for item in ours]) == [
        "ConfigMap observability/langfuse-config-*",
        "Deployment observability/langfuse",
        "HorizontalPodAutoscaler observability/langfuse",
        "Job observability/langfuse-migration-*",
        "Namespace ai-agents",
        "Namespace observability",
        "NetworkPolicy observability/langfuse",
        "NetworkPolicy observability/langfuse-migration",
        "NetworkPolicy observability/langfuse-postgres",
        "PodDisruptionBudget observability/langfuse",
        "Secret ai-agents/agent-observability",
        "Secret observability/langfuse-app-secret-*",
        "Secret observability/langfuse-database-secret-*",
        "Secret observability/langfuse-postgres-credentials-*",
        "Service observability/langfuse",
        "Service observability/langfuse-postgres",
        "ServiceAccount observability/langfuse",
        "ServiceAccount observability/langfuse-migration",
        "StatefulSet observability/langfuse-postgres",
    ]
    assert [readiness(item) for item in ours] == [None] * len(ours)
    assert stack.deployment()["status"]["availableReplicas"] == 1
    assert stack.get("StatefulSet", "langfuse-postgres")["status"]["readyReplicas"] == 1
    assert stack.job()["status"]["succeeded"] == 1


def test_agents_find_what_they_need_in_one_secret(stack: LiveStack) -> None:
    reference = Reference(
        api_version="v1", kind="Secret", namespace="ai-agents", name="agent-observability"
    )
    secret = stack.api.get(reference)

    assert secret is not None
    assert sorted(secret["data"]) == [
        "LANGFUSE_BASEURL",
        "LANGFUSE_HOST",
        "LANGFUSE_PUBLIC_KEY",
        "LANGFUSE_SECRET_KEY",
    ]


def test_a_second_run_changes_nothing(stack: LiveStack, monkeypatch: pytest.MonkeyPatch) -> None:
    before = stack.settled()
    registered = offline.record("dev").resources.values()
    deployed = [r for r in registered if r.custom and not r.type.startswith("pulumi:providers:")]

    refuse_writes(monkeypatch)
    summary = stack.up()

    assert not summary.changed
    assert len(summary.unchanged) == len(deployed)
    assert stack.versions() == before


def test_a_rotated_secret_reaches_new_pods_and_runs_no_migration(stack: LiveStack) -> None:
    (old_pod,), job = stack.pods("web"), stack.job()
    database = stack.pods("database")
    live.rotate(stack.state_file, NEXTAUTH_SECRET)

    summary = stack.up()

    assert stems(summary.replaced) == [
        f"RandomPassword {NEXTAUTH_SECRET}",
        "Secret observability/langfuse-app-secret-*",
    ]
    assert summary.updated == [DEPLOYMENT]
    assert stems(summary.deleted) == ["Secret observability/langfuse-app-secret-*"]
    assert summary.created == []
    (new_pod,) = stack.pods("web")
    assert template_hash(new_pod) != template_hash(old_pod)
    (secret,) = (name for name in summary.replaced if name.startswith("Secret"))
    assert _environment_sources(new_pod)[1] == secret.rpartition("/")[2]
    assert uid(stack.job()) == uid(job)
    assert [uid(pod) for pod in stack.pods("database")] == [uid(pod) for pod in database]


def test_a_changed_setting_makes_a_new_config_map_and_new_pods(stack: LiveStack) -> None:
    (old_pod,), job = stack.pods("web"), stack.job()

    summary = stack.up({"langfuse": {"logLevel": "debug"}})

    assert stems(summary.replaced) == ["ConfigMap observability/langfuse-config-*"]
    assert summary.updated == [DEPLOYMENT]
    assert stems(summary.deleted) == ["ConfigMap observability/langfuse-config-*"]
    assert summary.created == []
    (new_pod,) = stack.pods("web")
    assert template_hash(new_pod) != template_hash(old_pod)
    assert _environment_sources(new_pod)[0] == summary.replaced[0].rpartition("/")[2]
    assert uid(stack.job()) == uid(job)


def test_an_upgrade_migrates_before_the_first_new_pod(
    stack: LiveStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_job = stack.job()
    jobs_at_rollout: list[list[str | None]] = []
    apply = Api.apply

    def watched(api: Api, object_: Object) -> Object:
        if object_["kind"] == "Deployment":
            jobs = api.list("batch/v1", "Job", NAMESPACE)
            jobs_at_rollout.append([readiness(job) for job in jobs if uid(job) != uid(old_job)])
        return apply(api, object_)

    monkeypatch.setattr(Api, "apply", watched)
    summary = stack.up({"langfuse": {"version": "2.94.0"}})

    assert jobs_at_rollout == [[None]], "one new Job, complete, when the Deployment is sent"
    assert stems(summary.replaced)[-1] == "Job observability/langfuse-migration-*"
    assert summary.updated == [DEPLOYMENT]
    new_job = stack.job()
    assert uid(new_job) != uid(old_job)
    assert _image(new_job) == _image(stack.deployment()) == "docker.io/langfuse/langfuse:2.94.0"
    (pod,) = stack.pods("web")
    assert new_job["status"]["completionTime"] <= pod["metadata"]["creationTimestamp"]


def test_the_number_of_replicas_belongs_to_the_autoscaler(stack: LiveStack) -> None:
    stack.api.patch(
        Reference.of(stack.deployment()), {"spec": {"replicas": 2}}, subresource="scale"
    )

    unchanged = stack.up()
    changed = stack.up({"langfuse": {"logLevel": "debug"}})

    assert not unchanged.changed
    assert changed.updated == [DEPLOYMENT]
    deployment = stack.deployment()
    assert deployment["spec"]["replicas"] == 2
    assert deployment["status"]["availableReplicas"] == 2
    stack.api.patch(Reference.of(deployment), {"spec": {"replicas": 1}}, subresource="scale")


def test_a_paused_stack_has_no_pod_and_comes_back_as_it_was(stack: LiveStack) -> None:
    scale = {"spec": {"replicas": 2}}  # as an autoscaler does
    stack.api.patch(Reference.of(stack.deployment()), scale, subresource="scale")
    before = {str(Reference.of(item)): uid(item) for item in stack.everything(OURS)}
    autoscaler, job = f"HorizontalPodAutoscaler {NAMESPACE}/langfuse", stack.job()

    paused = stack.up({"langfuse": {"paused": True}})

    assert (paused.created, paused.updated, paused.replaced, paused.deleted) == (
        [],
        [DEPLOYMENT],
        [],
        [autoscaler],
    )
    assert stack.deployment()["spec"]["replicas"] == 0
    wait_until(lambda: not stack.pods("web"), 20)
    assert uid(stack.job()) == uid(job)
    assert not stack.up({"langfuse": {"paused": True}}).changed

    running = stack.up()

    assert (running.created, running.updated, running.replaced, running.deleted) == (
        [autoscaler],
        [DEPLOYMENT],
        [],
        [],
    )
    assert readiness(stack.deployment()) is None
    assert len(stack.pods("web")) == 1
    after = {str(Reference.of(item)): uid(item) for item in stack.everything(OURS)}
    kept = {name: id_ for name, id_ in before.items() if name != autoscaler}
    pods = {name for name in kept if name.startswith(("Pod ", "ReplicaSet ", "Endpoint"))}
    assert {n: i for n, i in kept.items() if n not in pods}.items() <= after.items()


def test_an_upgrade_of_a_paused_stack_migrates_and_starts_no_pod(stack: LiveStack) -> None:
    stack.up({"langfuse": {"paused": True}})
    old_job = stack.job()

    summary = stack.up({"langfuse": {"paused": True, "version": "2.94.0"}})

    assert stems(summary.replaced) == ["Job observability/langfuse-migration-*"]
    assert summary.updated == [DEPLOYMENT]
    assert uid(stack.job()) != uid(old_job)
    assert stack.job()["status"]["succeeded"] == 1
    assert stack.pods("web") == []


def test_every_pod_meets_the_restricted_standard_which_is_enforced(stack: LiveStack) -> None:
    namespace = Reference(api_version="v1", kind="Namespace", namespace=None, name=NAMESPACE)
    found = stack.api.get(namespace)
    assert found is not None
    assert found["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    phases = {
        role: [pod["status"]["phase"] for pod in stack.pods(role)]
        for role in ("web", "database", "migration")
    }
    assert phases == {"web": ["Running"], "database": ["Running"], "migration": ["Succeeded"]}
    container = {"name": "shell", "image": "busybox", "securityContext": {"privileged": True}}

    with pytest.raises(ApiError, match='violates PodSecurity "restricted') as refused:
        stack.api.apply(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": "privileged", "namespace": NAMESPACE},
                "spec": {"containers": [container]},
            }
        )
    assert "privileged" in str(refused.value)


def test_an_object_that_was_deleted_by_hand_is_made_again(stack: LiveStack) -> None:
    reference = Reference.of(stack.get("PodDisruptionBudget", "langfuse", "policy/v1"))
    stack.api.delete(reference)

    summary = stack.up()

    assert summary.created == [str(reference)]
    assert stack.api.get(reference) is not None


def test_the_state_file_is_for_its_owner_alone(stack: LiveStack) -> None:
    assert stack.state_file.stat().st_mode & 0o777 == 0o600


def _environment_sources(pod: Object) -> list[str]:
    """Names of the ConfigMap and the Secret behind ``envFrom``."""
    sources = pod["spec"]["containers"][0]["envFrom"]
    return [next(iter(source.values()))["name"] for source in sources]


def _image(workload: Object) -> str:
    return workload["spec"]["template"]["spec"]["containers"][0]["image"]
