"""Langfuse's client variables."""

import pytest

from components.agents.environment import client_environment


@pytest.mark.parametrize(
    ("opentelemetry", "more"),
    [(False, {}), (True, {"LANGFUSE_BASE_URL": "http://host"})],
)
def test_every_sdk_finds_host_and_keys_under_the_names_that_it_reads(
    more: dict[str, str], *, opentelemetry: bool
) -> None:
    found = client_environment(
        host="http://host", public_key="pk", secret_key="sk", opentelemetry=opentelemetry
    )

    assert found == {
        "LANGFUSE_HOST": "http://host",
        "LANGFUSE_BASEURL": "http://host",
        "LANGFUSE_PUBLIC_KEY": "pk",
        "LANGFUSE_SECRET_KEY": "sk",
        **more,
    }
