"""How spans of every SDK get the same few attributes, which metrics are made from. Pure.

Langfuse and LangSmith get spans as they are: this happens to a copy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from components.agents.gateway.ottl import attribute, group, text
from components.agents.gateway.receiving import TENANT

LABELS: Final = ("tenant", "agent", "operation", "model", "provider", "error_kind")
"""The attributes that become labels. None is of a single run, user or session."""

INPUT: Final = "usage.input"
OUTPUT: Final = "usage.output"
CACHED: Final = "usage.cached"
COST: Final = "usage.cost"
"""The attributes that become values: tokens, and US dollars."""

INFERENCE: Final = ("chat", "text_completion", "generate_content", "embeddings")
"""Operations whose tokens count: those of an agent or a chain are the sum of these."""

_OPERATIONS: Final = (
    *INFERENCE,
    *("invoke_agent", "create_agent", "execute_tool", "invoke_workflow", "retrieval"),
)
"""What the conventions name. The rest, which an agent may make up, is ``other``."""

_OTHER: Final = "other"

_LONGEST_LABEL: Final = 128

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
    "llm.model_name",
)

_TOKENS: Final[Mapping[str, tuple[str, ...]]] = {
    INPUT: (
        *("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
        "llm.token_count.prompt",
    ),
    OUTPUT: (
        *("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
        "llm.token_count.completion",
    ),
    CACHED: (
        *("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens"),
        "llm.token_count.prompt_details.cache_read",
    ),
}

_LANGFUSE_USAGE: Final = "langfuse.observation.usage_details"
_LANGFUSE_COST: Final = "langfuse.observation.cost_details"

_LANGFUSE_CACHED: Final = (
    *("input_cached_tokens", "cache_read_input_tokens", "input_cache_read"),
    "prompt_tokens_details.cached_tokens",
)
_LANGFUSE_BESIDES: Final = (
    *("input_cached_tokens", "cache_read_input_tokens", "input_cache_read"),
    *("input_cache_creation", "cache_creation_input_tokens"),
)
"""Kinds of input that Langfuse adds to ``input``."""

_RATE_LIMIT: Final = r"(?i)(rate.?limit|\b429\b|throttl|too.?many.?requests)"


def _first(target: str, sources: tuple[str, ...], function: str = "") -> list[str]:
    """The first of the sources that there is becomes the target, if that has no value yet."""
    target = attribute(target)
    return [
        f"set({target}, {function}({attribute(source)})) "
        f"where {target} == nil and {attribute(source)} != nil"
        if function
        else f"set({target}, {attribute(source)}) "
        f"where {target} == nil and {attribute(source)} != nil"
        for source in sources
    ]


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
    *_first("model", _MODEL),
    *_first("provider", ("gen_ai.provider.name", "gen_ai.system", "llm.provider", "llm.system")),
    *_first("agent", ("gen_ai.agent.name", "agent.name")),
    f"set({attribute('agent')}, {attribute('service.name', 'resource')}) where "
    f"{attribute('agent')} == nil and {attribute('service.name', 'resource')} != nil",
    *(line for name, sources in _TOKENS.items() for line in _first(name, sources, "Int")),
    *_first(COST, ("gen_ai.usage.cost", "llm.cost.total"), "Double"),
]

_CACHE: Final = 'span.cache["usage"]'


def _in_usage(key: str) -> str:
    return _CACHE + "".join(f"[{text(part)}]" for part in key.split("."))


_OF_LANGFUSE: Final = [
    # Langfuse's own names add up; OpenAI's include what is cached.
    f"set({_CACHE}, ParseJSON({attribute(_LANGFUSE_USAGE)}))",
    f"set({attribute(INPUT)}, Int({_in_usage('prompt_tokens')})) "
    f"where {_in_usage('prompt_tokens')} != nil",
    f"set({attribute(INPUT)}, Int({_in_usage('input')})) where {_in_usage('input')} != nil",
    *(
        f"set({attribute(INPUT)}, {attribute(INPUT)} + Int({_in_usage(key)})) "
        f"where {_in_usage('input')} != nil and {_in_usage(key)} != nil"
        for key in _LANGFUSE_BESIDES
    ),
    *(
        f"set({attribute(OUTPUT)}, Int({_in_usage(key)})) where {_in_usage(key)} != nil"
        for key in ("completion_tokens", "output")
    ),
    *(
        f"set({attribute(CACHED)}, Int({_in_usage(key)})) where {_in_usage(key)} != nil"
        for key in _LANGFUSE_CACHED
    ),
]

_ERRORS: Final = [
    *_first("error_kind", ("error.type",)),
    f"set({attribute('error_kind')}, {text('error')}) where {attribute('error_kind')} == nil and "
    f"(span.status.code == STATUS_CODE_ERROR or {attribute('langfuse.observation.level')} == "
    f"{text('ERROR')})",
    f"set({attribute('error_kind')}, {text('rate_limit')}) where "
    f"{attribute('error_kind')} != nil and "
    f"(IsMatch({attribute('error_kind')}, {text(_RATE_LIMIT)}) or "
    f"IsMatch(span.status.message, {text(_RATE_LIMIT)}))",
]

_IS_JSON: Final = r"^\s*\{"

NORMALISE: Final[dict[str, Any]] = {
    # A text in place of a number costs its own value only.
    "error_mode": "ignore",
    "trace_statements": [
        group("span", _FACTS),
        group(
            "span",
            _OF_LANGFUSE,
            [f"IsMatch({attribute(_LANGFUSE_USAGE)}, {text(_IS_JSON)})"],
        ),
        group(
            "span",
            [
                f'set(span.cache["cost"], ParseJSON({attribute(_LANGFUSE_COST)}))',
                f'set({attribute(COST)}, Double(span.cache["cost"]["total"])) '
                'where span.cache["cost"]["total"] != nil',
            ],
            [f"IsMatch({attribute(_LANGFUSE_COST)}, {text(_IS_JSON)})"],
        ),
        group("span", _ERRORS),
        group(
            "span",
            [f"delete_matching_keys(span.attributes, {_VALUES})"],
            [f"not {_is_one_of(INFERENCE)}"],
        ),
        group(
            "span",
            [
                f"keep_matching_keys(span.attributes, {_OURS})",
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
