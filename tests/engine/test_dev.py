"""The dev stack on the real engine and a local control plane: its whole life, step by step.

The tests of this file follow one another on one stack, as a person's commands do.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from pulumi import automation

from components.kubernetes.labels import PART_OF
from tests.support.live_stack import NAMESPACE
from tests.support.real_engine import RealStack, real_engine
from tooling.cluster import Cluster, temporary_cluster
from tooling.engineless import offline
from tooling.kubernetes.api import Api, Reference
from tooling.kubernetes.readiness import readiness

pytestmark = pytest.mark.engine

MIRROR: Final = "registry.example.com/langfuse/langfuse"
OURS: Final = f"app.kubernetes.io/part-of={PART_OF}"
APP: Final = {"langfuse-app-secret": "replace", "langfuse-deployment": "update"}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with temporary_cluster() as started:
        yield started


@pytest.fixture(scope="module")
def api(cluster: Cluster) -> Iterator[Api]:
    with Api(cluster.kubeconfig, cluster.context) as connected:
        yield connected


@pytest.fixture(scope="module")
def dev(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> RealStack:
    where = {"context": cluster.context, "kubeconfig": str(cluster.kubeconfig)}
    engine = real_engine(tmp_path_factory.mktemp("engine"), "dev")
    return RealStack(engine, {"agent-observability:cluster": where})


@pytest.fixture(scope="module")
def names() -> list[str]:
    """Logical names of everything that the stack has."""
    found = [resource.name for resource in offline.record("dev").resources.values()]
    return sorted([*found, "agent-observability-dev"])


def test_a_refused_configuration_ends_in_its_own_words(dev: RealStack) -> None:
    with pytest.raises(automation.CommandError):
        dev.with_(langfuse={"version": "3.0.0"}).preview("preview of a wrong version")

    assert '      agent-observability:langfuse.version = "3.0.0"' in dev.said
    assert "Traceback" not in "\n".join(dev.said)


def test_a_preview_shows_what_up_makes(dev: RealStack, names: list[str]) -> None:
    shown = dev.preview("first preview")
    done = dev.up("first up")

    assert done == shown
    assert sorted(dev.resources()) == sorted(set(names))
    assert set(done.values()) == {"create"}


def test_what_is_up_is_ready_and_exported(dev: RealStack, api: Api) -> None:
    deployments = api.list("apps/v1", "Deployment", NAMESPACE)

    assert [readiness(item) for item in deployments] == [None]
    assert dev.outputs()["namespace"] == NAMESPACE


def test_nothing_changes_without_a_change(dev: RealStack) -> None:
    assert dev.preview("unchanged preview") == {}
    assert dev.up("unchanged up") == {}
    assert dev.refresh("refresh") == {}
    assert dev.up("up after the refresh") == {}


def test_no_generated_value_is_in_clear_in_the_backend(dev: RealStack, api: Api) -> None:
    secrets = api.list("v1", "Secret", NAMESPACE, selector=OURS)
    generated = {
        key: value
        for secret in secrets
        for key, value in secret["data"].items()
        if key in {"NEXTAUTH_SECRET", "SALT", "ENCRYPTION_KEY", "POSTGRES_PASSWORD"}
    }
    stored = "\n".join(map(_read, (dev.engine.folder / "backend").rglob("*.json")))

    assert len(generated) == 4
    assert sorted(key for key, value in generated.items() if _shows(stored, value)) == []


@pytest.mark.parametrize(
    ("name", "with_it"),
    [
        ("langfuse-credentials-nextauth-secret", APP),
        (
            "langfuse-credentials-project-keys",
            {**APP, "langfuse-agents-ai-agents-access-secret": "update"},
        ),
        ("langfuse-credentials-admin-password", APP),
        ("langfuse-credentials-salt", APP),
        (
            "langfuse-postgres-password",
            {
                "langfuse-postgres-credentials": "replace",
                "langfuse-database-secret": "replace",
                "langfuse-migration": "replace",
                "langfuse-postgres-stateful-set": "update",
                "langfuse-deployment": "update",
            },
        ),
    ],
)
def test_a_rotation_does_what_the_table_of_rotations_says(
    dev: RealStack, name: str, with_it: dict[str, str]
) -> None:
    urn = dev.urn(name)

    done = dev.up(f"rotation of {name.removeprefix('langfuse-')}", replace=[urn])

    assert done == {name: "replace", **with_it}


def test_nothing_changes_after_the_rotations(dev: RealStack) -> None:
    assert dev.preview("preview after the rotations") == {}


def test_an_encryption_key_is_brought_along_as_the_guide_for_disasters_says(
    dev: RealStack, api: Api, tmp_path: Path
) -> None:
    key = "5" * 64
    file = tmp_path / "state.json"
    dev.command("stack", "export", "--show-secrets", "--file", str(file))
    state = json.loads(file.read_text(encoding="utf-8"))
    for resource in state["deployment"]["resources"]:
        if resource["urn"].endswith("::langfuse-credentials-encryption-key"):
            resource["outputs"]["result"]["plaintext"] = json.dumps(key)
    file.write_text(json.dumps(state), encoding="utf-8")
    dev.command("stack", "import", "--file", str(file))

    assert dev.up("another encryption key") == APP

    secrets = api.list("v1", "Secret", NAMESPACE, selector=OURS)
    (kept,) = (s["data"]["ENCRYPTION_KEY"] for s in secrets if "ENCRYPTION_KEY" in s["data"])
    assert base64.b64decode(kept).decode() == key


def test_a_setting_replaces_the_configuration_and_rolls_the_pods(dev: RealStack) -> None:
    assert dev.with_(langfuse={"logLevel": "debug"}).up("a setting") == {
        "langfuse-config": "replace",
        "langfuse-deployment": "update",
    }


def test_another_image_is_migrated_to_before_pods_have_it(dev: RealStack, api: Api) -> None:
    (before,) = api.list("batch/v1", "Job", NAMESPACE)

    done = dev.with_(langfuse={"logLevel": "debug", "repository": MIRROR}).up("an image")

    (after,) = api.list("batch/v1", "Job", NAMESPACE)
    (deployment,) = api.list("apps/v1", "Deployment", NAMESPACE)
    assert done == {"langfuse-migration": "replace", "langfuse-deployment": "update"}
    assert after["metadata"]["name"] != before["metadata"]["name"]
    assert after["status"]["succeeded"] == 1
    assert readiness(deployment) is None


def test_destroy_leaves_nothing(dev: RealStack, api: Api) -> None:
    done = dev.destroy("destroy")

    assert set(done.values()) == {"delete"}
    assert dev.exported().get("resources") in (None, [])
    assert api.list("v1", "Namespace", selector=OURS) == []


def cordon(api: Api, *, on: bool) -> None:
    for node in api.list("v1", "Node"):
        api.patch(Reference.of(node), {"spec": {"unschedulable": on}})


def exists(api: Api, api_version: str, kind: str) -> bool:
    return bool(api.list(api_version, kind, NAMESPACE, selector=OURS))


MIDWAY: Final = {
    "langfuse-postgres-stateful-set": ("apps/v1", "StatefulSet", True),
    "langfuse-migration": ("batch/v1", "Job", True),
    "langfuse-deployment": ("apps/v1", "Deployment", False),
}
"""What an update waits for, in this order: killed while it does. Pods of the first two get no node,
so that it cannot be over too soon; those of the third come after a Job that needs one."""

EARLY: Final = 9
"""Kills at the third resource that each attempt begins to make."""


def test_an_up_that_is_killed_a_dozen_times_is_resumed_and_ends(
    dev: RealStack, api: Api, names: list[str]
) -> None:
    pending: list[str] = []
    for number in range(EARLY):
        dev.killed(f"kill {number + 1}", lambda steps: len(steps) >= 3)
        pending += dev.after_a_kill()
    for name, (api_version, kind, held) in MIDWAY.items():
        cordon(api, on=held)
        dev.killed(f"kill at {name}", lambda _, k=kind, v=api_version: exists(api, v, k))
        cordon(api, on=False)
        found = dev.after_a_kill()
        assert name in found
        pending += found

    dev.up("up after a dozen kills")

    assert sorted(dev.resources()) == sorted(set(names))
    assert len(pending) >= EARLY
    assert dev.preview("preview after a dozen kills") == {}
    assert dev.refresh("refresh after a dozen kills") == {}
    deployments = api.list("apps/v1", "Deployment", NAMESPACE)
    assert [readiness(item) for item in deployments] == [None]


def test_what_kills_left_in_the_cluster_goes_with_the_namespaces(dev: RealStack, api: Api) -> None:
    dev.destroy("destroy after the kills")

    assert api.list("v1", "Namespace", selector=OURS) == []


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _shows(text: str, encoded: str) -> bool:
    plain = base64.b64decode(encoded).decode()
    forms = {plain, encoded}
    if len(plain) == 64:  # hexadecimal: the engine could show the same bytes as base64
        forms.add(base64.b64encode(bytes.fromhex(plain)).decode())
    return any(form in text for form in forms)
