"""API keys: from the environment, else from what the cluster's pods and agents read."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from components.agents.environment import SECRET_NAME
from stacks.names import NAMES
from tooling.kubernetes.api import Api, LiveError, Reference

PUBLIC: Final = "LANGFUSE_PUBLIC_KEY"
SECRET: Final = "LANGFUSE_SECRET_KEY"  # noqa: S105 - a variable's name
LANGSMITH: Final = "LANGSMITH_API_KEY"

_POD_PUBLIC: Final = "LANGFUSE_INIT_PROJECT_PUBLIC_KEY"
_POD_SECRET: Final = "LANGFUSE_INIT_PROJECT_SECRET_KEY"  # noqa: S105 - a variable's name


class KeysError(LiveError):
    """A key that is not available, or is malformed."""


@dataclass(frozen=True, kw_only=True)
class KeyPair:
    """A project's API keys."""

    public: str = field(repr=False)
    secret: str = field(repr=False)
    source: str
    """Their source, for messages."""


def from_environment(environment: Mapping[str, str]) -> KeyPair | None:
    """The pair that the person gives. Raises ``KeysError`` for half of one."""
    public, secret = (usable(name, environment.get(name, "")) for name in (PUBLIC, SECRET))
    if not public and not secret:
        return None
    if not public or not secret:
        absent = PUBLIC if secret else SECRET
        raise KeysError(f"{absent} is not set, but the other half of the pair is: set both or none")
    return KeyPair(public=public, secret=secret, source="the environment")


def langsmith_from_environment(environment: Mapping[str, str]) -> str | None:
    return usable(LANGSMITH, environment.get(LANGSMITH, "")) or None


def from_pods(api: Api, namespace: str) -> KeyPair:
    """The pair with which Langfuse's pods start. Raises ``LiveError``."""
    reference = Reference(
        api_version="apps/v1", kind="Deployment", namespace=namespace, name=NAMES.langfuse
    )
    deployment = api.get(reference)
    if deployment is None:
        raise KeysError(f"there is no {reference}")
    for name in _secrets_of(deployment):
        data = secret_data(api, namespace, name) or {}
        if _POD_PUBLIC in data and _POD_SECRET in data:
            return KeyPair(
                public=usable(_POD_PUBLIC, data[_POD_PUBLIC]),
                secret=usable(_POD_SECRET, data[_POD_SECRET]),
                source=f"Secret {namespace}/{name}",
            )
    raise KeysError(f"no Secret of {reference} has {_POD_PUBLIC} and {_POD_SECRET}")


def of_agents(api: Api, namespace: str) -> dict[str, str] | None:
    """What agents in a namespace get; None if there is no such Secret. Raises ``LiveError``."""
    return secret_data(api, namespace, SECRET_NAME)


def secret_data(api: Api, namespace: str, name: str) -> dict[str, str] | None:
    """A Secret's values as text. Raises ``LiveError``."""
    reference = Reference(api_version="v1", kind="Secret", namespace=namespace, name=name)
    found = api.get(reference)
    if found is None:
        return None
    try:
        return {
            key: base64.b64decode(value).decode()
            for key, value in cast("dict[str, str]", found.get("data") or {}).items()
        }
    except (binascii.Error, UnicodeDecodeError):
        raise KeysError(f"{reference} has a value that is no text") from None


def _secrets_of(deployment: Mapping[str, Any]) -> Sequence[str]:
    """Names of the Secrets that the Deployment's containers take whole."""
    containers: list[dict[str, Any]] = deployment["spec"]["template"]["spec"]["containers"]
    sources: list[dict[str, Any]] = []
    for container in containers:
        sources += container.get("envFrom") or []
    return [source["secretRef"]["name"] for source in sources if "secretRef" in source]


def usable(name: str, value: str) -> str:
    """``value`` fit for a header. HTTP libraries quote one that is not in their errors."""
    value = value.strip()
    if not (value.isascii() and value.isprintable()) or " " in value:
        raise KeysError(f"{name} holds a space or a character that no key has")
    return value
