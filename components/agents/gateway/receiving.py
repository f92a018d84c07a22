"""What the gateway takes from agents, and how it knows whose it is. Pure."""

from __future__ import annotations

from typing import Any, Final

from components.agents.gateway.ottl import attribute, group, text
from components.agents.gateway.settings import LISTEN, OTLP_PORT, PASSWORDS_FILE, TRACES_PATH

TENANT: Final = "agent.tenant"
"""Attribute of the resource with the namespace whose credential a request had."""

TENANT_IN_LANGFUSE: Final = "langfuse.trace.metadata.tenant"
"""The same as metadata of the trace, by which Langfuse filters."""

_MAY_SAY_TENANT: Final = r"^(agent|(langfuse\.trace|langfuse|ai\.telemetry)\.metadata)\.tenant$"
"""What else would be read as one of the two."""

_LARGEST_REQUEST: Final = 20 * 2**20

AUTHENTICATOR: Final = "basicauth/agents"

EXTENSION: Final[dict[str, Any]] = {"htpasswd": {"file": PASSWORDS_FILE}}
"""It reads the file once, before the receiver listens."""

RECEIVER: Final[dict[str, Any]] = {
    "protocols": {
        "http": {
            "endpoint": f"{LISTEN}:{OTLP_PORT}",
            "traces_url_path": TRACES_PATH,
            "auth": {"authenticator": AUTHENTICATOR},
            # No include_metadata: the queue would write the credential of each request to the disk.
            "max_request_body_size": _LARGEST_REQUEST,
        }
    }
}


def memory_limiter(memory_limit: int) -> dict[str, Any]:
    """Refuse before the container is killed. ``memory_limit``: the container's, in bytes."""
    return {
        "check_interval": "1s",
        "limit_mib": memory_limit * 3 // 4 // 2**20,
        "spike_limit_mib": memory_limit // 5 // 2**20,
    }


WITHOUT_IDS: Final[dict[str, Any]] = {
    "error_mode": "ignore",
    "traces": {
        # For one such span Langfuse refuses the whole request.
        "span": [f"span.trace_id == TraceID(0x{'00' * 16}) or span.span_id == SpanID(0x{'00' * 8})"]
    },
}
"""Drops spans that cannot be stored."""

_USER: Final = 'otelcol.client.auth.attributes["username"]'

IDENTITY: Final[dict[str, Any]] = {
    # Without an owner nothing passes.
    "error_mode": "propagate",
    "trace_statements": [
        group(
            "resource",
            [
                f"delete_matching_keys(resource.attributes, {text(_MAY_SAY_TENANT)})",
                f"set({attribute(TENANT, 'resource')}, {_USER})",
            ],
        ),
        group(
            "span",
            [
                f"delete_matching_keys(span.attributes, {text(_MAY_SAY_TENANT)})",
                f"set({attribute(TENANT_IN_LANGFUSE)}, {attribute(TENANT, 'resource')})",
            ],
        ),
    ],
}
"""Whose a span is: the user of the credential, which was checked. What the agent says of it goes.

It comes after the masks, which would make one tenant of namespaces that look like a secret."""
