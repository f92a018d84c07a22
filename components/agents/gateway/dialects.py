"""How spans of every SDK get the same few attributes, which metrics are made from. Pure.

Langfuse and LangSmith get spans as they are: this happens to a copy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from components.agents.gateway import usage
from components.agents.gateway.ottl import attribute, first, group, text
from components.agents.gateway.receiving import TENANT

LABELS: Final = ("tenant", "agent", "operation", "model", "provider", "error_kind")
"""The attributes that become labels. None is of a single run, user or session."""

INFERENCE: Final = ("chat", "text_completion", "generate_content", "embeddings")
"""Operations whose tokens count: those of an agent or a chain are the sum of these."""

_OPERATIONS: Final = (
    *INFERENCE,
    *("invoke_agent", "create_agent", "execute_tool", "invoke_workflow", "retrieval"),
)
"""What the conventions name. The rest, which an agent may make up, is ``other``."""

_OTHER: Final = "other"

_LONGEST_LABEL: Final = 128

_INVALID: Final = r"\x{FFFD}"
"""What the collector's patterns take an invalid byte for."""

_LANGSMITH_KIND: Final = "langsmith.span.kind"

_KINDS: Final[Mapping[str, Mapping[str, str]]] = {
    _LANGSMITH_KIND: {
        "llm": "chat",
        "embedding": "embeddings",
        "tool": "execute_tool",
        "retriever": "retrieval",
    },
    "langfuse.observation.type": {
        "generation": "chat",
        "embedding": "embeddings",
        "tool": "execute_tool",
        "agent": "invoke_agent",
        "retriever": "retrieval",
    },
    "openinference.span.kind": {
        "LLM": "chat",
        "EMBEDDING": "embeddings",
        "TOOL": "execute_tool",
        "AGENT": "invoke_agent",
        "RETRIEVER": "retrieval",
    },
    # OpenLLMetry
    "llm.request.type": {
        "chat": "chat",
        "completion": "text_completion",
        "embedding": "embeddings",
    },
    "traceloop.span.kind": {
        "agent": "invoke_agent",
        "tool": "execute_tool",
        "workflow": "invoke_workflow",
    },
}

_MODEL: Final = (
    # What was asked for comes before what answered: prices have no dates.
    *("langfuse.observation.model.name", "gen_ai.request.model", "gen_ai.response.model"),
    *("llm.request.model_name", "llm.model_name", "embedding.model_name"),
)

_RATE_LIMIT: Final = r"(rate.?limit|\b429\b|throttl|too.?many.?requests)"
_LIMITED: Final = rf"(?i){_RATE_LIMIT}"
_LIMITED_IN_FIRST_LINE: Final = rf"(?i)^[^\n]*{_RATE_LIMIT}"
"""LangSmith's SDK tells an error by an event alone, whose message goes on with the lines of a
traceback, one of which may have the number 429."""


def _kinds() -> list[str]:
    operation = attribute("operation")
    return [
        f"set({operation}, {text(meant)}) where {operation} == nil "
        f"and {attribute(name)} == {text(kind)}"
        for name, kinds in _KINDS.items()
        for kind, meant in kinds.items()
    ]


_OURS: Final = text("^(" + "|".join(LABELS) + r"|usage\..*)$")
_VALUES: Final = text(r"^usage\.")


def _is_one_of(operations: tuple[str, ...]) -> str:
    return f"IsMatch({attribute('operation')}, {text('^(' + '|'.join(operations) + ')$')})"


_FACTS: Final = [
    f"delete_matching_keys(span.attributes, {_OURS})",
    f"set({attribute('tenant')}, {attribute(TENANT, 'resource')})",
    # LangSmith's is "chat" for a prompt's template and "embeddings" for a retriever.
    f"set({attribute('operation')}, {attribute('gen_ai.operation.name')}) where "
    f"{attribute('gen_ai.operation.name')} != nil and {attribute(_LANGSMITH_KIND)} == nil",
    *_kinds(),
    f"set({attribute('operation')}, {text('text_completion')}) where "
    f"{attribute('operation')} == {text('completion')}",
    f"set({attribute('operation')}, {text(_OTHER)}) where "
    f"{attribute('operation')} != nil and not {_is_one_of(_OPERATIONS)}",
    *first("model", _MODEL),
    *first("provider", ("gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system")),
    *first("agent", ("gen_ai.agent.name", "agent.name")),
    f"set({attribute('agent')}, {attribute('service.name', 'resource')}) where "
    f"{attribute('agent')} == nil and {attribute('service.name', 'resource')} != nil",
]

_ERRORS: Final = [
    *first("error_kind", ("error.type",)),
    f"set({attribute('error_kind')}, {text('error')}) where {attribute('error_kind')} == nil and "
    f"(span.status.code == STATUS_CODE_ERROR or {attribute('langfuse.observation.level')} == "
    f"{text('ERROR')})",
    f"set({attribute('error_kind')}, {text('rate_limit')}) where "
    f"{attribute('error_kind')} != nil and "
    f"(IsMatch({attribute('error_kind')}, {text(_LIMITED)}) or "
    f"IsMatch(span.status.message, {text(_LIMITED)}))",
]

_ERROR_EVENTS: Final = group(
    "spanevent",
    [f"set({attribute('error_kind')}, {text('rate_limit')})"],
    [
        f"spanevent.name == {text('exception')} and {attribute('error_kind')} != nil and "
        f"{attribute('exception.message', 'spanevent')} != nil and "
        f"IsMatch({attribute('exception.message', 'spanevent')}, {text(_LIMITED_IN_FIRST_LINE)})"
    ],
)

NORMALISE: Final[dict[str, Any]] = {
    # A text in place of a number costs its own value only.
    "error_mode": "ignore",
    "trace_statements": [
        group("span", _FACTS),
        *usage.STATEMENTS,
        group("span", _ERRORS),
        _ERROR_EVENTS,
        group(
            "span",
            [f"delete_matching_keys(span.attributes, {_VALUES})"],
            [f"not {_is_one_of(INFERENCE)}"],
        ),
        group(
            "span",
            [
                f"keep_matching_keys(span.attributes, {_OURS})",
                # What is no UTF-8 is no label: an error in the log whenever Prometheus asks.
                f'replace_all_patterns(span.attributes, "value", {text(_INVALID)}, {text("?")})',
                # The number of series is limited elsewhere; this limits the size of each.
                f"truncate_all(span.attributes, {_LONGEST_LABEL})",
            ],
        ),
        group(
            "resource",
            [
                # One resource for all: else each pod of an agent had series of its own.
                f"delete_matching_keys(resource.attributes, {text('.*')})",
                f"set({attribute('service.name', 'resource')}, {text('agents')})",
            ],
        ),
    ],
}

NOT_OF_AGENTS: Final[dict[str, Any]] = {
    "error_mode": "ignore",
    "traces": {"span": [f"{attribute('operation')} == nil"]},
}
"""Drops what is neither a call of a model or tool nor an agent, such as HTTP requests."""
