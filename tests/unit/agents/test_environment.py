"""Langfuse's client variables."""

from components.agents.environment import client_environment


def test_both_sdks_get_the_same_host_and_keys() -> None:
    assert client_environment(host="http://host", public_key="pk", secret_key="sk") == {
        "LANGFUSE_HOST": "http://host",
        "LANGFUSE_BASEURL": "http://host",
        "LANGFUSE_PUBLIC_KEY": "pk",
        "LANGFUSE_SECRET_KEY": "sk",
    }
