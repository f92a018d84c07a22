"""Langfuse's client variables."""

import re

import pytest

from components.agents.environment import client_environment, tracing_environment


@pytest.mark.parametrize(
    ("opentelemetry", "more"),
    [
        (False, {}),
        (True, {"LANGFUSE_BASE_URL": "http://host", "LANGFUSE_TRACING_ENVIRONMENT": "research"}),
    ],
)
def test_every_sdk_finds_host_and_keys_under_the_names_that_it_reads(
    more: dict[str, str], *, opentelemetry: bool
) -> None:
    found = client_environment(
        host="http://host",
        public_key="pk",
        secret_key="sk",
        tracing_environment="research",
        opentelemetry=opentelemetry,
    )

    assert found == {
        "LANGFUSE_HOST": "http://host",
        "LANGFUSE_BASEURL": "http://host",
        "LANGFUSE_PUBLIC_KEY": "pk",
        "LANGFUSE_SECRET_KEY": "sk",
        **more,
    }


LONGEST = "langfuse-" + "a" * 30
"""As long as an agent namespace may be."""


@pytest.mark.parametrize(
    ("namespace", "environment"),
    [
        ("research", "research"),
        ("team-1", "team-1"),
        ("my-langfuse", "my-langfuse"),
        ("langfuse", "_langfuse"),
        ("langfuse-agents", "_langfuse-agents"),
        (LONGEST, f"_{LONGEST}"),
    ],
)
def test_a_namespace_is_the_environment_that_langfuse_keeps_as_it_is(
    namespace: str, environment: str
) -> None:
    assert tracing_environment(namespace) == environment
    # What Langfuse 4.16.0 makes of the name of an environment.
    assert re.sub(r"^(?:langfuse[-_]?)+", "", environment.lower())[:40] == environment
    assert re.fullmatch(r"[a-z0-9-_]+", environment)
