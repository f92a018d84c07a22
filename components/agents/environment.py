"""The Secret that agents read, and Langfuse's client variables in it."""

from typing import Final, TypeVar

SECRET_NAME: Final = "agent-observability"  # noqa: S105 - a name
"""Name of the Secret in every agent namespace. It is part of the product's interface: agents write
it into their manifests, so it never changes."""

T = TypeVar("T")


def client_environment(
    *, host: T, public_key: T, secret_key: T, opentelemetry: bool
) -> dict[str, T]:
    """Variables of Langfuse's SDKs; ``host`` is the base URL as agents reach it.

    Each SDK knows some of its names: Python 2 only LANGFUSE_HOST, Python 3 and later also
    LANGFUSE_BASE_URL, JavaScript 3 only LANGFUSE_BASEURL, JavaScript 5 the last two. SDKs for a
    server without ``opentelemetry`` do not read LANGFUSE_BASE_URL.
    """
    return {
        "LANGFUSE_HOST": host,
        "LANGFUSE_BASEURL": host,
        **({"LANGFUSE_BASE_URL": host} if opentelemetry else {}),
        "LANGFUSE_PUBLIC_KEY": public_key,
        "LANGFUSE_SECRET_KEY": secret_key,
    }
