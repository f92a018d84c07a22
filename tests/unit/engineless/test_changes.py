"""What a change of the configuration replaces, updates and leaves alone.

An immutable object and a Job have invented names that follow from their inputs, as the engine
would replace them under a new name. What the engine itself decides is the engine tier's.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.support import bases, stacks
from tests.support.recordings import recorded
from tooling.engineless import offline
from tooling.engineless.recording import Recording, reveal


def difference(before: Recording, after: Recording) -> dict[str, str]:
    """Logical names by what happens to them: created, removed, replaced or updated."""
    old, new = ({r.urn: r for r in run.resources.values() if r.custom} for run in (before, after))
    changes = {old[urn].name: "removed" for urn in old.keys() - new.keys()}
    changes |= {new[urn].name: "created" for urn in new.keys() - old.keys()}
    for urn in old.keys() & new.keys():
        resource = new[urn]
        if reveal(old[urn].inputs) == reveal(resource.inputs):
            continue
        renamed = offline.is_kubernetes(resource) and offline.kubernetes_name(
            old[urn]
        ) != offline.kubernetes_name(resource)
        changes[resource.name] = "replaced" if renamed else "updated"
    return changes


def with_other(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    base: str = "version 2 dev",
    overrides: Mapping[str, Any] | None = None,
) -> Recording:
    """A stack after one generated value was made again."""
    original = offline.OfflineBackend._random  # pyright: ignore[reportPrivateUsage]

    def other(self: offline.OfflineBackend, resource: Any) -> dict[str, str]:  # noqa: ANN401
        state = original(self, resource)
        return {k: v[::-1] for k, v in state.items()} if resource.name == name else state

    monkeypatch.setattr(offline.OfflineBackend, "_random", other)
    return bases.record(base, overrides)


def test_the_same_configuration_changes_nothing() -> None:
    assert difference(recorded(), bases.record("version 2 dev")) == {}


def test_another_image_runs_another_migration_and_rolls_the_pods() -> None:
    assert difference(recorded(), recorded(langfuse={"version": "2.94.0"})) == {
        "langfuse-migration": "replaced",
        "langfuse-deployment": "updated",
    }


def test_a_plain_setting_rolls_the_pods_and_migrates_nothing() -> None:
    assert difference(recorded(), recorded(langfuse={"telemetry": True})) == {
        "langfuse-config": "replaced",
        "langfuse-deployment": "updated",
    }


@pytest.mark.parametrize("name", ["nextauth-secret", "salt", "encryption-key", "admin-password"])
def test_another_credential_rolls_the_pods_and_migrates_nothing(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = recorded()

    assert difference(before, with_other(monkeypatch, f"langfuse-credentials-{name}")) == {
        "langfuse-app-secret": "replaced",
        "langfuse-deployment": "updated",
    }


def test_another_project_key_reaches_pods_and_agents(monkeypatch: pytest.MonkeyPatch) -> None:
    before = recorded()

    assert difference(before, with_other(monkeypatch, "langfuse-credentials-project-keys")) == {
        "langfuse-app-secret": "replaced",
        "langfuse-deployment": "updated",
        "langfuse-agents-ai-agents-access-secret": "updated",
    }


def test_another_database_password_restarts_the_server_then_tries_it_then_rolls_the_pods(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = recorded()

    assert difference(before, with_other(monkeypatch, "langfuse-postgres-password")) == {
        "langfuse-postgres-credentials": "replaced",
        "langfuse-postgres-stateful-set": "updated",
        "langfuse-database-secret": "replaced",
        "langfuse-migration": "replaced",
        "langfuse-deployment": "updated",
    }


def test_other_replicas_touch_the_autoscaler_alone() -> None:
    assert difference(recorded(), recorded(langfuse={"maxReplicas": 4})) == {
        "langfuse-autoscaler": "updated"
    }


def test_another_agent_namespace_adds_its_own_objects_and_opens_the_policy() -> None:
    assert difference(recorded(), recorded(agents={"namespaces": ["ai-agents", "more"]})) == {
        "langfuse-agents-more-namespace": "created",
        "langfuse-agents-more-access-secret": "created",
        "langfuse-network-policy": "updated",
    }


# prod: what reaches pods is a version of a Secrets Manager entry


def delivered_anew(role: str) -> dict[str, str]:
    """A changed value of one entry: a new version, delivered under a new name."""
    return {
        f"langfuse-{role}-entry-version": "updated",
        f"langfuse-{role}-external-secret": "replaced",
    }


def test_in_prod_the_same_configuration_changes_nothing() -> None:
    assert difference(recorded("version 2 prod"), bases.record("version 2 prod")) == {}


def test_in_prod_another_image_migrates_and_rolls_and_touches_nothing_in_aws() -> None:
    assert difference(
        recorded("version 2 prod"), recorded("version 2 prod", langfuse={"version": "2.94.0"})
    ) == {
        "langfuse-migration": "replaced",
        "langfuse-deployment": "updated",
    }


def test_in_prod_a_plain_setting_rolls_the_pods_alone() -> None:
    assert difference(
        recorded("version 2 prod"), recorded("version 2 prod", langfuse={"telemetry": True})
    ) == {
        "langfuse-config": "replaced",
        "langfuse-deployment": "updated",
    }


@pytest.mark.parametrize("name", ["nextauth-secret", "salt", "encryption-key", "admin-password"])
def test_in_prod_another_credential_is_a_new_version_and_rolls_the_pods(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = recorded("version 2 prod")

    assert difference(
        before, with_other(monkeypatch, f"langfuse-credentials-{name}", "version 2 prod")
    ) == {
        **delivered_anew("app"),
        "langfuse-deployment": "updated",
    }


def test_in_prod_another_project_key_reaches_pods_and_agents(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = recorded("version 2 prod")

    assert difference(
        before, with_other(monkeypatch, "langfuse-credentials-project-keys", "version 2 prod")
    ) == {
        **delivered_anew("app"),
        "langfuse-deployment": "updated",
        # In place, under the name that agents have in their manifests.
        "langfuse-agents-ai-agents-access-entry-version": "updated",
        "langfuse-agents-ai-agents-access-external-secret": "updated",
    }


def test_in_prod_another_database_password_is_tried_by_a_migration_before_the_pods_roll(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = recorded("version 2 prod")

    assert difference(
        before, with_other(monkeypatch, "langfuse-postgres-password", "version 2 prod")
    ) == {
        "langfuse-postgres-instance": "updated",
        **delivered_anew("database"),
        "langfuse-migration": "replaced",
        "langfuse-deployment": "updated",
    }


@pytest.mark.parametrize(
    ("variant", "changed"),
    [
        (
            "version 4 with ElastiCache",
            {"langfuse-valkey-group": "updated", **delivered_anew("cache")},
        ),
        (
            "version 4 in the cluster",
            {
                "langfuse-valkey-credentials": "replaced",
                "langfuse-valkey-stateful-set": "updated",
                "langfuse-cache-secret": "replaced",
            },
        ),
    ],
)
def test_another_password_of_the_cache_reaches_server_and_pods_and_migrates_nothing(
    variant: str, changed: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, made = stacks.recorded(variant), stacks.VARIANTS[variant]

    after = with_other(monkeypatch, "langfuse-valkey-password", made.base, made.overrides)
    assert difference(before, after) == {
        **changed,
        "langfuse-deployment": "updated",
        "langfuse-worker-deployment": "updated",
    }


def test_in_prod_a_version_of_an_entry_is_replaced_so_that_its_id_is_new() -> None:
    version = recorded("version 2 prod").named("langfuse-app-entry-version")

    assert list(version.request.replaceOnChanges) == ["secretStringWoVersion"]
