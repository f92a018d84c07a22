"""Whether agents have what they need: the Secret in each of their namespaces."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from components.agents.environment import SECRET_NAME
from components.secrets.masking import MASK
from tooling.kit.commands import Commands
from tooling.kit.masking import quote
from tooling.smoke.keys import PUBLIC, SECRET, KeyPair
from tooling.smoke.report import Verdict, fail, ok
from tooling.smoke.stack import Expected

AGENTS: Final = "agents"

HOST: Final = "LANGFUSE_HOST"
TRACES: Final = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
HEADERS: Final = "OTEL_EXPORTER_OTLP_TRACES_HEADERS"


def access(
    namespace: str,
    data: Mapping[str, str] | None,
    keys: KeyPair,
    expected: Expected,
    commands: Commands,
) -> Verdict:
    """Compares an agent namespace's Secret with what Langfuse's pods have. ``data``: its values;
    None if there is none. Only the host is shown, no other value."""
    name = f"Secret {namespace}/{SECRET_NAME}"
    delivered = commands.kubectl("get", "externalsecret,secret", namespace=namespace)
    if data is None:
        return fail(
            AGENTS,
            f"there is no {name}",
            cause="External Secrets has not delivered it, or the stack was not deployed",
            command=delivered,
            section="secret-not-synced",
        )
    if absent := [key for key in expected.agents_keys if not data.get(key)]:
        return fail(
            AGENTS,
            f"{name} lacks {', '.join(absent)}",
            cause="it is of an earlier deployment, or something else writes it",
            command=commands.up(),
            section="secret-not-synced",
        )
    if data[HOST] != expected.agents_host:
        return fail(
            AGENTS,
            f"{name} sends agents to {_host(data[HOST])}; the stack has {expected.agents_host}",
            cause="the stack was not deployed since agents.url or the host changed",
            command=commands.up(),
        )
    gateway = expected.gateway
    if gateway is not None and data[TRACES] != gateway.endpoint:
        return fail(
            AGENTS,
            f"{name} sends traces to {_host(data[TRACES])}; the stack has {gateway.endpoint}",
            cause="the stack was not deployed since the gateway's address changed",
            command=commands.up(),
        )
    pairs = ((PUBLIC, keys.public), (SECRET, keys.secret))
    if other := [key for key, value in pairs if data[key] != value]:
        return fail(
            AGENTS,
            f"{name} has another {' and '.join(other)} than Langfuse's pods",
            cause="a rotated key has not arrived: `up` does not wait for it where agents live",
            command=delivered,
            section="secret-not-synced",
        )
    return ok(AGENTS, f"{name} has Langfuse's own keys and {HOST} {expected.agents_host}")


def _host(value: str) -> str:
    """The host in the Secret, without the credentials of its URL."""
    # The user too: in a URL without a password it is a token.
    return quote(re.sub(r"//[^\s/]*@", f"//{MASK}@", value), 200)
