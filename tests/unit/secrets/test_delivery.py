"""Both ways of delivering secrets: the same call, and what each makes of it."""

from __future__ import annotations

import pulumi
import pytest

from components.aws.cluster import OidcProvider
from components.secrets.delivery import Delivery, SecretArgs
from components.secrets.kubernetes_delivery import KubernetesDelivery
from components.secrets.secrets_manager_delivery import SecretsManagerDelivery
from tests.support.component_run import run_component
from tests.support.delivered_secrets import ISSUER, PROVIDER
from tests.support.recordings import inputs
from tooling.engineless.recording import Recording


def secrets_manager() -> SecretsManagerDelivery:
    return SecretsManagerDelivery(
        project="project",
        stack="stack",
        region="eu-central-1",
        oidc=OidcProvider(
            arn=pulumi.Output.from_input(PROVIDER), issuer_host=pulumi.Output.from_input(ISSUER)
        ),
        recovery_days=9,
        kms_key_arn=None,
        protect=True,
        operator=None,
    )


def record(
    way: type[Delivery], *, fixed_name: str | None = None, path: tuple[str, ...] = ()
) -> tuple[Recording, list[str]]:
    """What one Secret in one namespace registers, and the names of the Secret that pods see."""
    names: list[str] = []

    def body() -> None:
        delivery: Delivery = KubernetesDelivery()
        if way is SecretsManagerDelivery:
            delivery = secrets_manager()
        options = pulumi.ResourceOptions()
        secrets = delivery.into("prepared", "observability", options, path=path)
        args = SecretArgs(role="app", values={"SALT": "value"}, fixed_name=fixed_name)
        secrets.deliver("langfuse-app", args, options).name.apply(names.append)

    return run_component(body), names


@pytest.mark.parametrize("way", [KubernetesDelivery, SecretsManagerDelivery])
def test_a_fixed_name_is_the_name_of_the_secret(way: type[Delivery]) -> None:
    _, names = record(way, fixed_name="agent-observability")

    assert names == ["agent-observability"]


@pytest.mark.parametrize("way", [KubernetesDelivery, SecretsManagerDelivery])
def test_without_one_the_name_starts_with_the_components(way: type[Delivery]) -> None:
    _, (name,) = record(way)

    assert name.startswith("langfuse-app-")


def test_pulumi_writes_the_values_into_the_namespace() -> None:
    recording, _ = record(KubernetesDelivery)
    secret = inputs(recording, "langfuse-app-secret")

    assert secret["metadata"]["namespace"] == "observability"
    assert secret["stringData"] == {"SALT": "value"}
    assert [r.name for r in recording.resources.values() if r.custom] == ["langfuse-app-secret"]


def test_an_entry_is_named_by_project_stack_path_and_role_and_read_by_its_store() -> None:
    recording, _ = record(SecretsManagerDelivery, path=("agents", "team"))
    external_secret = inputs(recording, "langfuse-app-external-secret")
    entry = inputs(recording, "langfuse-app-entry")

    assert entry["name"] == "project/stack/agents/team/app"
    assert entry["recoveryWindowInDays"] == 9
    assert external_secret["metadata"]["namespace"] == "observability"
    assert external_secret["spec"]["secretStoreRef"]["name"] == "prepared-secrets"


@pytest.mark.parametrize(("path", "protect"), [((), True), (("agents", "team"), False)])
def test_only_the_stacks_own_entries_are_protected(path: tuple[str, ...], protect: bool) -> None:
    recording, _ = record(SecretsManagerDelivery, path=path)

    assert bool(recording.named("langfuse-app-entry").protect) is protect
