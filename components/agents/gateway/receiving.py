"""What the gateway takes from agents, and how it knows whose it is. Pure."""

from __future__ import annotations

from typing import Any, Final

from components.agents.gateway.ottl import attribute, group, text
from components.agents.gateway.settings import LISTEN, OTLP_PORT, PASSWORDS_FILE, TRACES_PATH

TENANT: Final = "agent.tenant"
"""Attribute of the resource with the namespace whose credential a request had."""

TENANTS_IN_LANGFUSE: Final = (
    "langfuse.trace.metadata.tenant",
    "langfuse.observation.metadata.tenant",
)
"""The same as metadata, by which Langfuse filters. That of the first observation is the trace's
too, and would win."""

_MAY_SAY_TENANT: Final = (
    r"^(agent|(langfuse(\.trace|\.observation)?|ai\.telemetry)\.metadata)\.tenant$"
)
"""What else would be read as one of them."""

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
            # No include_metadata: the queue would write each request's headers to the disk, its
            # credential too, and would not count them: an agent could fill it.
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


_OLDEST: Final = "8784h"
_NEWEST: Final = "24h"

UNSOUND: Final[dict[str, Any]] = {
    "error_mode": "ignore",
    "traces": {
        "span": [
            # For one such span Langfuse refuses the whole request.
            f"span.trace_id == TraceID(0x{'00' * 16}) or span.span_id == SpanID(0x{'00' * 8})",
            # ClickHouse refuses an insert with more than a hundred months, other agents' spans
            # among them.
            f'span.start_time < Now() - Duration("{_OLDEST}")',
            f'span.start_time > Now() + Duration("{_NEWEST}")',
            # From 2262 on, the number is taken for a negative one.
            f'span.end_time > Now() + Duration("{_NEWEST}") or span.end_time_unix_nano < 0',
        ]
    },
}
"""Drops spans that cannot be stored, or that would harm others."""

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
                *(
                    f"set({attribute(name)}, {attribute(TENANT, 'resource')})"
                    for name in TENANTS_IN_LANGFUSE
                ),
            ],
        ),
    ],
}
"""Whose a span is: the user of the credential, which was checked. What the agent says of it goes.

It comes after the masks, which would make one tenant of namespaces that look like a secret."""
