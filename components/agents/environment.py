"""The Secret that agents read, and Langfuse's client variables in it."""

from typing import Final, TypeVar

SECRET_NAME: Final = "agent-observability"  # noqa: S105 - a name
"""Name of the Secret in every agent namespace. It is part of the product's interface: agents write
it into their manifests, so it never changes."""

T = TypeVar("T")


def client_environment(*, host: T, public_key: T, secret_key: T) -> dict[str, T]:
    """Variables of Langfuse's SDKs; ``host`` is the base URL as agents reach it."""
    return {
        "LANGFUSE_HOST": host,
        # The JavaScript SDK's name for the same.
        "LANGFUSE_BASEURL": host,
        "LANGFUSE_PUBLIC_KEY": public_key,
        "LANGFUSE_SECRET_KEY": secret_key,
    }
