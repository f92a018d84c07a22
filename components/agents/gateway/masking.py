"""What the gateway takes out of spans before anything leaves it. Pure.

Masks cover the attributes of resource, scope, span and event, also inside of lists and maps, the
names of span and event, and the message of the status. They do not cover names of attributes,
attributes of links, nor content that is encoded, such as an image in Base64.
"""

from __future__ import annotations

import re
from typing import Any, Final

from components.agents.gateway.ottl import group, text
from components.agents.gateway.settings import GatewaySettings
from components.secrets.known_forms import FORMS

MASK: Final = "****"

_MAIL: Final = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}"

_CARDS: Final = (
    # Visa and Mastercard, in one piece or in groups
    r"(?:4[0-9]{3}|5[1-5][0-9]{2}|2[2-7][0-9]{2})(?:[ -]?[0-9]{4}){3}\b",
    # American Express
    r"3[47][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{5}\b",
)

_SECRETS: Final = (
    "an AWS access key",
    "a Langfuse secret key",
    "an Anthropic key",
    "a GitHub token",
    "a Slack token",
    "a Google API key",
    "a key of a model's provider",
    "a Hugging Face token",
    "a JSON Web Token",
)
"""Secrets that prompts and errors of agents hold, by the name of their form. Each begins with
letters of its own, which the collector finds about a hundred times as fast as anything else."""

_SECRETS_AT_WORDS: Final = ("a LangSmith key", "an OpenAI key")
"""Those whose beginning words end with: ``task-``, ``tools__``."""

_MASKED_ANYWAY: Final = frozenset({*_SECRETS, *_SECRETS_AT_WORDS})


def masked_anyway(text: str) -> bool:
    """Whether a text holds one of these secrets."""
    return any(form.pattern.search(text) for form in FORMS if form.name in _MASKED_ANYWAY)


_LOOKAROUND: Final = re.compile(r"\(\?<?[=!](?:[^()\\]|\\.)*\)")


def _of_forms(names: tuple[str, ...]) -> list[str]:
    """The alternatives of forms, without what RE2 does not know: they then fit a little more."""
    return [
        alternative
        for form in FORMS
        if form.name in names
        for alternative in _alternatives(
            _LOOKAROUND.sub("", form.pattern.pattern)
            .replace("(?P<secret>", "(?:")
            .replace("(?P<shown>", "(?:")
        )
    ]


def _alternatives(pattern: str) -> list[str]:
    """``(?:a|b)`` as ``a`` and ``b``; another pattern as it is."""
    depth, starts, ends = 0, [0], list[int]()
    for place, character in enumerate(pattern):
        depth += (character == "(") - (character == ")")
        if character == ")" and depth == 0 and place < len(pattern) - 1:
            return [pattern]
        if character == "|" and depth == 1:
            ends.append(place)
            starts.append(place + 1)
    if not (pattern.startswith("(?:") and pattern.endswith(")")):
        return [pattern]
    starts[0] = len("(?:")
    parts = [pattern[a:b] for a, b in zip(starts, [*ends, len(pattern) - 1], strict=True)]
    return [each for part in parts for each in _alternatives(part)]


PATTERNS: Final = (
    _MAIL,
    # In one pattern: a text is searched for the beginnings of words once.
    rf"\b(?:{'|'.join((*_CARDS, *_of_forms(_SECRETS_AT_WORDS)))})",
    *_of_forms(_SECRETS),
)
"""What is masked unless nothing is, as RE2."""

_KEPT: Final = (
    r"gen_ai\.(operation\.name|provider\.name|system|conversation\.id|usage\..*)",
    r"gen_ai\.request\.(model|temperature|top_[kp]|max_tokens|seed|choice\.count|stream)",
    r"gen_ai\.request\.(frequency|presence)_penalty",
    r"gen_ai\.response\.(model|id|finish_reasons|time_to_first_chunk)",
    r"gen_ai\.(agent\.(id|name|version)|workflow\.name|tool\.(name|type|call\.id))",
    r"langfuse\.observation\.(type|level|model\.(name|parameters)|(usage|cost)_details)",
    r"langfuse\.observation\.(completion_start_time|prompt\.(name|version))",
    r"langfuse\.(environment|release|version|internal\..*|trace\.(name|tags|public))",
    r"(langfuse\.)?(user|session)\.id",
    r"openinference\.span\.kind|(agent|tool)\.name|embedding\.model_name",
    r"llm\.((request\.|response\.)?model_name|provider|system|request\.type)",
    r"llm\.(token_count|cost)\..*",
    r"langsmith\.(span\.kind|trace\.(name|session_name))",
    r"langsmith\.metadata\.(session_id|thread_id|conversation_id|user_id)",
    r"traceloop\.(span\.kind|entity\.name|workflow\.name)",
    r"(error|exception)\.type|http\.(request\.method|response\.status_code)|server\.(address|port)",
    r"(service|telemetry|k8s|deployment)\..*|public_key|sampling\.priority",
)
"""The attributes that stay where content is dropped: all others may hold a prompt or an answer."""


def masks(settings: GatewaySettings) -> dict[str, Any]:
    """The processors by name, in the order in which they run."""
    if settings.masking == "none":
        return {}
    patterns = [*PATTERNS, *settings.masked_patterns]
    return {
        **({"transform/drop": _DROP} if settings.masking == "drop" else {}),
        "transform/mask": {
            "error_mode": "propagate",
            "trace_statements": [
                group("span", [*_replaced("span.name", patterns)]),
                group("span", [*_replaced("span.status.message", patterns)]),
                group("spanevent", [*_replaced("spanevent.name", patterns)]),
            ],
        },
        "redaction": {
            "allow_all_keys": True,
            "blocked_values": patterns,
            # Lists and maps too; one with something to mask becomes JSON text.
            "redact_all_types": True,
            "summary": "silent",
        },
    }


def _replaced(path: str, patterns: list[str]) -> list[str]:
    return [f"replace_pattern({path}, {text(pattern)}, {text(MASK)})" for pattern in patterns]


def _only_kept(of: str) -> str:
    return f"keep_matching_keys({of}.attributes, {text('^(' + '|'.join(_KEPT) + ')$')})"


_DROP: Final[dict[str, Any]] = {
    "error_mode": "propagate",
    "trace_statements": [
        group("resource", [_only_kept("resource")]),
        group("scope", [_only_kept("scope")]),
        group("span", [_only_kept("span"), f"set(span.status.message, {text('')})"]),
        group("spanevent", [_only_kept("spanevent")]),
    ],
}
