"""What agents get: one Secret in each of their namespaces, complete for one `envFrom`."""

from typing import Any

import pytest

from tests.support.recordings import inputs, recorded
from tooling.engineless.recording import Recording, Secret

LANGSMITH = {"apiKey": {"secure": "v1:ciphertext"}, "project": "agents"}
SECRET = "langfuse-agents-ai-agents-access-secret"


def access(recording: Recording, namespace: str = "ai-agents") -> dict[str, str]:
    return inputs(recording, f"langfuse-agents-{namespace}-access-secret")["stringData"]


def without_langfuse(values: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in values.items() if not key.startswith("LANGFUSE_")}


def langsmith(**changes: Any) -> dict[str, str]:  # noqa: ANN401
    return without_langfuse(access(recorded(langsmith={**LANGSMITH, **changes})))


def test_the_secret_has_the_name_that_agents_write_into_their_manifests() -> None:
    secret = recorded().named(SECRET)

    assert secret.inputs["metadata"]["name"] == "agent-observability"
    assert secret.inputs["metadata"]["namespace"] == "ai-agents"
    assert "immutable" not in secret.inputs
    assert isinstance(secret.inputs["stringData"], Secret)


@pytest.mark.parametrize(
    ("base", "release", "newer"),
    [("version 2 dev", "2.95.12", False), ("dev", "3.225.4", True), ("dev", "4.16.0", True)],
)
def test_agents_get_the_url_within_the_cluster_and_the_projects_keys(
    base: str, release: str, *, newer: bool
) -> None:
    recording = recorded(base, langfuse={"version": release}, gateway=None)
    app = inputs(recording, "langfuse-app-secret")["stringData"]
    host = "http://langfuse.observability.svc"

    assert access(recording) == {
        "LANGFUSE_HOST": host,
        "LANGFUSE_BASEURL": host,
        **({"LANGFUSE_BASE_URL": host} if newer else {}),
        **({"LANGFUSE_TRACING_ENVIRONMENT": "ai-agents"} if newer else {}),
        "LANGFUSE_PUBLIC_KEY": app["LANGFUSE_INIT_PROJECT_PUBLIC_KEY"],
        "LANGFUSE_SECRET_KEY": app["LANGFUSE_INIT_PROJECT_SECRET_KEY"],
    }


def test_agents_can_be_given_the_public_url() -> None:
    recording = recorded(
        langfuse={"publicUrl": "https://langfuse.example.com"}, agents={"url": "public"}
    )

    assert access(recording)["LANGFUSE_HOST"] == "https://langfuse.example.com"


def test_langsmith_settings_come_in_new_and_old_names() -> None:
    assert langsmith() == {
        "LANGSMITH_TRACING": "true",
        "LANGSMITH_ENDPOINT": "https://api.smith.langchain.com",
        "LANGSMITH_PROJECT": "agents",
        "LANGSMITH_API_KEY": "lsv2_sk_placeholder8a3b54cb",
        "LANGCHAIN_TRACING_V2": "true",
        "LANGCHAIN_ENDPOINT": "https://api.smith.langchain.com",
        "LANGCHAIN_PROJECT": "agents",
        "LANGCHAIN_API_KEY": "lsv2_sk_placeholder8a3b54cb",
    }


def test_old_names_can_be_left_out() -> None:
    assert sorted(langsmith(legacyNames=False)) == [
        "LANGSMITH_API_KEY",
        "LANGSMITH_ENDPOINT",
        "LANGSMITH_PROJECT",
        "LANGSMITH_TRACING",
    ]


def test_switched_off_tracing_is_off_under_both_names() -> None:
    values = langsmith(tracing=False)

    assert (values["LANGSMITH_TRACING"], values["LANGCHAIN_TRACING_V2"]) == ("false", "false")


def test_each_region_has_its_endpoint() -> None:
    endpoints = {
        region: langsmith(region=region)["LANGSMITH_ENDPOINT"]
        for region in ("us", "eu", "apac", "aws-us")
    }

    assert endpoints == {
        "us": "https://api.smith.langchain.com",
        "eu": "https://eu.api.smith.langchain.com",
        "apac": "https://apac.api.smith.langchain.com",
        "aws-us": "https://aws.api.smith.langchain.com",
    }


def test_a_self_hosted_langsmith_and_a_workspace_are_passed_on() -> None:
    values = langsmith(
        endpoint="https://smith.example.com/api", workspaceId="1234abcd-12ab-34cd-56ef-1234567890ab"
    )

    assert values["LANGSMITH_ENDPOINT"] == "https://smith.example.com/api"
    assert values["LANGSMITH_WORKSPACE_ID"] == "1234abcd-12ab-34cd-56ef-1234567890ab"


def test_a_namespace_is_created_or_adopted() -> None:
    recording = recorded(
        "dev", agents={"namespaces": ["new"], "existingNamespaces": ["old"]}, gateway=None
    )

    namespaces = [
        r.inputs["metadata"]["name"] for r in recording.of_type("kubernetes:core/v1:Namespace")
    ]
    assert sorted(namespaces) == ["new", "observability"]
    assert access(recording, "new")["LANGFUSE_TRACING_ENVIRONMENT"] == "new"
    assert access(recording, "old") == {
        **access(recording, "new"),
        "LANGFUSE_TRACING_ENVIRONMENT": "old",
    }
    (old,) = (
        r for r in recording.resources.values() if r.name.endswith("agents-old-access-secret")
    )
    assert old.inputs["metadata"]["namespace"] == "old"
