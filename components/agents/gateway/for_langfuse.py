"""What Langfuse 4.16 reads of a span, where SDKs say it under another name. Pure.

Source: `packages/shared/src/server/otel/OtelIngestionProcessor.ts`.
"""

from __future__ import annotations

from typing import Any, Final

from components.agents.gateway.ottl import attribute, group, text
from components.agents.gateway.receiving import TENANT

_CACHE_WRITE: Final = attribute("gen_ai.usage.cache_write.input_tokens")

_TOKENS: Final = group(
    "span",
    [
        # Langfuse knows the older name alone, and would price these tokens twice: as input, and as
        # a kind of its own.
        f"set({attribute('gen_ai.usage.cache_creation.input_tokens')}, {_CACHE_WRITE})",
        'delete_key(span.attributes, "gen_ai.usage.cache_write.input_tokens")',
    ],
    [f"{_CACHE_WRITE} != nil"],
)

_LANGSMITH: Final = {
    "session.id": ("session_id", "thread_id", "conversation_id"),
    "user.id": ("user_id",),
}
"""The metadata by which LangSmith groups runs, by the attribute that Langfuse reads."""


def _of_langsmith() -> dict[str, Any]:
    return group(
        "span",
        [
            f"set({attribute(known)}, {source}) where {attribute(known)} == nil and {source} != nil"
            for known, names in _LANGSMITH.items()
            for source in (attribute(f"langsmith.metadata.{name}") for name in names)
        ],
        [f"{attribute('langsmith.span.kind')} != nil"],
    )


_ENVIRONMENT: Final = "langfuse.environment"
_READ_AS_ENVIRONMENT: Final = (
    _ENVIRONMENT,
    "deployment.environment.name",
    "deployment.environment",
)


def _environment() -> dict[str, Any]:
    """As `components.agents.environment.tracing_environment`, where an agent says nothing."""
    environment, tenant = attribute(_ENVIRONMENT), attribute(TENANT, "resource")
    nowhere = [
        f"{attribute(name, of)} == nil"
        for name in _READ_AS_ENVIRONMENT
        for of in ("span", "resource")
    ]
    return group(
        "span",
        [
            f"set({environment}, {tenant})",
            f"set({environment}, Concat([{text('_')}, {tenant}], {text('')})) "
            f"where IsMatch({tenant}, {text('^langfuse')})",
        ],
        [" and ".join(nowhere)],  # of several conditions one is enough
    )


FOR_LANGFUSE: Final[dict[str, Any]] = {
    "error_mode": "ignore",
    "trace_statements": [_TOKENS, _of_langsmith(), _environment()],
}
