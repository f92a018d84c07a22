"""What the guard of a migration is told, and which changes make another Job."""

from __future__ import annotations

from typing import Any

from tests.support import stacks
from tests.support.recordings import depends_on, inputs, recorded, with_overrides
from tests.support.wiring.changes import changes
from tooling.engineless.recording import Recording

JOB = "langfuse-migration"
TOLD = "langfuse-upgrade"
KEY = "agent-observability:langfuse"
FOUR = "version 4 in the cluster"
TO_4 = {"to": 4, "databaseBackup": "snapshot", "clickhouseBackup": "folder"}


def four(**langfuse: Any) -> Recording:  # noqa: ANN401
    overrides = {**stacks.VARIANTS[FOUR].overrides}
    return with_overrides(
        stacks.VARIANTS[FOUR].base, {**overrides, KEY: {**overrides[KEY], **langfuse}}
    )


def changed(before: Recording, after: Recording) -> set[str]:
    return {place.partition(" ")[0] for place in changes(before, after)}


def test_the_guard_reads_what_a_database_does_not_know_from_a_name_that_stays() -> None:
    recording = four(upgrade=TO_4, writeMode="dual", paused=True)
    guard = inputs(recording, JOB)["spec"]["template"]["spec"]["initContainers"][-1]

    assert inputs(recording, TOLD) == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "langfuse-upgrade",
            "namespace": "observability",
            "labels": {
                "app.kubernetes.io/name": "langfuse",
                "app.kubernetes.io/instance": "langfuse",
                "app.kubernetes.io/component": "migration",
                "app.kubernetes.io/part-of": "agent-observability",
                "app.kubernetes.io/managed-by": "pulumi",
            },
        },
        "data": {
            "LANGFUSE_PAUSED": "true",
            "LANGFUSE_STEP": "4",
            "LANGFUSE_STEP_CLICKHOUSE_BACKUP": "folder",
            "LANGFUSE_STEP_DATABASE_BACKUP": "snapshot",
        },
    }
    assert guard["name"] == "guard"
    assert guard["envFrom"] == [{"configMapRef": {"name": "langfuse-upgrade"}}]
    assert TOLD in depends_on(recording, recording.named(JOB))


def test_neither_a_step_nor_its_end_makes_another_job() -> None:
    before = four(writeMode="dual")
    said = four(writeMode="dual", upgrade=TO_4)

    assert changed(before, said) == {f"ConfigMap/{TOLD}"}
    assert inputs(before, TOLD)["data"] == {
        "LANGFUSE_PAUSED": "false",
        "LANGFUSE_STEP": "",
        "LANGFUSE_STEP_CLICKHOUSE_BACKUP": "",
        "LANGFUSE_STEP_DATABASE_BACKUP": "",
    }


def test_another_state_makes_another_job_so_that_the_guard_is_asked() -> None:
    legacy, dual = four(writeMode="legacy"), four(writeMode="dual")

    assert changed(legacy, dual) == {"ConfigMap/langfuse-config", f"Job/{JOB}"}


def test_version_2_has_no_guard_to_tell_anything() -> None:
    recording = recorded(langfuse={"version": "2.95.12"})

    assert [r.name for r in recording.resources.values() if r.name == TOLD] == []


def test_services_before_the_step_to_3_are_made_and_read_by_nothing() -> None:
    version_3 = stacks.VARIANTS["version 3"].overrides
    alone = recorded(langfuse={"version": "2.95.12"})
    prepared = with_overrides(
        "version 2 dev", {**version_3, KEY: {"version": "2.95.12", "upgrade": {"to": 3}}}
    )

    differing = changed(alone, prepared)
    assert {name for name in differing if "clickhouse" not in name and "valkey" not in name} == {
        "KubernetesSecret/langfuse-cache",
        "Secret/langfuse-cache-secret",
        "KubernetesSecret/langfuse-storage",
        "Secret/langfuse-storage-secret",
    }
    for name in ("langfuse-deployment", JOB, "langfuse-config", "langfuse-network-policy"):
        assert inputs(prepared, name) == inputs(alone, name)
