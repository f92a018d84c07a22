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

_PERSONAL: Final = (
    # E-mail addresses
    r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}",
    # Numbers of Visa, Mastercard and American Express cards, in one piece or in groups
    r"\b(?:4[0-9]{3}|5[1-5][0-9]{2}|2[2-7][0-9]{2})[ -]?[0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4}\b",
    r"\b3[47][0-9]{2}[ -]?[0-9]{6}[ -]?[0-9]{5}\b",
)

_SECRETS: Final = (
    "an AWS access key",
    "a Langfuse secret key",
    "a LangSmith key",
    "an Anthropic key",
    "an OpenAI key",
    "a GitHub token",
    "a Slack token",
    "a Google API key",
    "a key of a model's provider",
    "a Hugging Face token",
    "a JSON Web Token",
)
"""Secrets that prompts and errors of agents hold, by the name of their form. All forms would take
several times as long as everything else that the gateway does with a span."""

_LOOKAROUND: Final = re.compile(r"\(\?<?[=!](?:[^()\\]|\\.)*\)")


def _in_re2(pattern: str) -> str:
    """The pattern without what RE2 does not know: it then fits a little more."""
    return _LOOKAROUND.sub("", pattern).replace("(?P<secret>", "(?:").replace("(?P<shown>", "(?:")


def _secrets() -> str:
    """All forms in one pattern: a text is searched for its beginnings once."""
    chosen = [_in_re2(form.pattern.pattern) for form in FORMS if form.name in _SECRETS]
    return rf"\b(?:{'|'.join(chosen)})"


PATTERNS: Final = (*_PERSONAL, _secrets())
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
    r"llm\.(model_name|provider|system|request\.type|token_count\..*|cost\..*)",
    r"langsmith\.(span\.kind|trace\.(name|session_name))",
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
