"""Tokens and cost of a span, whatever its SDK calls them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from components.agents.gateway.ottl import attribute, first, group, text

INPUT: Final = "usage.input"
OUTPUT: Final = "usage.output"
CACHED: Final = "usage.cached"
COST: Final = "usage.cost"
"""Attributes of the copy that metrics are made from: tokens, and US dollars."""

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

_OF_LANGSMITH: Final = attribute("gen_ai.usage.input_token_details")
"""A Python dictionary as text."""

_LANGFUSE_USAGE: Final = attribute("langfuse.observation.usage_details")
_LANGFUSE_COST: Final = attribute("langfuse.observation.cost_details")
"""JSON objects as text."""

_USAGE: Final = 'span.cache["usage"]'
_COST: Final = 'span.cache["cost"]'

_CACHED_OF_LANGFUSE: Final = ("input_cached_tokens", "cache_read_input_tokens", "input_cache_read")
_BESIDES_INPUT: Final = (
    *_CACHED_OF_LANGFUSE,
    *("input_cache_creation", "cache_creation_input_tokens"),
)
"""Kinds that Langfuse adds to ``input``; OpenAI's ``prompt_tokens`` has them in it."""


def _in_usage(key: str) -> str:
    return _USAGE + "".join(f"[{text(part)}]" for part in key.split("."))


def _taken(target: str, key: str) -> str:
    return f"set({attribute(target)}, Int({_in_usage(key)})) where {_in_usage(key)} != nil"


_OF_LANGFUSE: Final = [
    f"set({_USAGE}, ParseJSON({_LANGFUSE_USAGE}))",
    _taken(INPUT, "prompt_tokens"),
    _taken(INPUT, "input"),
    *(
        f"set({attribute(INPUT)}, {attribute(INPUT)} + Int({_in_usage(key)})) "
        f"where {_in_usage('input')} != nil and {_in_usage(key)} != nil"
        for key in _BESIDES_INPUT
    ),
    _taken(OUTPUT, "completion_tokens"),
    _taken(OUTPUT, "output"),
    _taken(CACHED, "prompt_tokens_details.cached_tokens"),
    *(_taken(CACHED, key) for key in _CACHED_OF_LANGFUSE),
]


def _is_json(path: str) -> list[str]:
    return [f"IsMatch({path}, {text(_OBJECT)})"]


_OBJECT: Final = r"^\s*\{"

_MOST: Final = {**dict.fromkeys(_TOKENS, 10**9), COST: 10**6}
"""Of one call. A counter that falls, or that is infinite or no number, would spoil every sum."""
_TOKENS_IN_TEXT: Final = r"cache_read\W+(?P<tokens>[0-9]+)"

STATEMENTS: Final[list[dict[str, Any]]] = [
    group(
        "span",
        [
            *(line for name, sources in _TOKENS.items() for line in first(name, sources, "Int")),
            *first(COST, ("gen_ai.usage.cost", "llm.cost.total"), "Double"),
            f"set({attribute(CACHED)}, "
            f'Int(ExtractPatterns({_OF_LANGSMITH}, {text(_TOKENS_IN_TEXT)})["tokens"])) '
            f"where {_OF_LANGSMITH} != nil",
        ],
    ),
    group("span", _OF_LANGFUSE, _is_json(_LANGFUSE_USAGE)),
    group(
        "span",
        [
            f"set({_COST}, ParseJSON({_LANGFUSE_COST}))",
            f'set({attribute(COST)}, Double({_COST}["total"])) where {_COST}["total"] != nil',
        ],
        _is_json(_LANGFUSE_COST),
    ),
    group(
        "span",
        [
            f"delete_key(span.attributes, {text(name)}) "
            f"where not ({attribute(name)} >= 0 and {attribute(name)} <= {most})"
            for name, most in _MOST.items()
        ],
    ),
]
