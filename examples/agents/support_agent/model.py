"""The model, by OpenAI's chat API: what most providers, and proxies in front of them, speak."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any, Protocol

from support_agent.environment import optional, required

Message = dict[str, Any]
"""A message as the API has it: `role`, `content`, and `tool_calls` or `tool_call_id`."""


@dataclass(frozen=True)
class ToolCall:
    """A tool that the model asks for."""

    id: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """What the model said, and what it cost in tokens."""

    message: Message
    """Goes back to the model as it is."""
    model: str
    """The model that answered, with its date; the request may have named a family."""
    finish_reason: str
    tool_calls: tuple[ToolCall, ...]
    input_tokens: int
    output_tokens: int

    @property
    def text(self) -> str:
        """The answer; empty if the model asks for tools."""
        return self.message.get("content") or ""


class ModelError(Exception):
    """The model did not answer."""


class RateLimitError(ModelError):
    """The model answered 429. The name of the class is in the span: alerts count it by that."""


class Model(Protocol):
    """All that the agent needs of a model: put your own client behind it."""

    name: str

    def chat(self, messages: list[Message], tools: list[dict[str, Any]]) -> Reply:
        """The next reply. Raises ModelError."""
        ...


class ChatModel:
    """A model at a URL."""

    def __init__(self, url: str, name: str, key: str | None = None) -> None:
        self._url = f"{url.rstrip('/')}/chat/completions"
        self.name = name
        self._headers = {"Content-Type": "application/json"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"

    @classmethod
    def from_environment(cls) -> ChatModel:
        """MODEL_URL ends with the version, as in `https://api.openai.com/v1`."""
        (url,) = required("MODEL_URL", hint="the base URL of an API such as https://host/v1")
        return cls(url, optional("MODEL_NAME", "gpt-4o-mini"), optional("MODEL_KEY", "") or None)

    def chat(self, messages: list[Message], tools: list[dict[str, Any]]) -> Reply:
        body = json.dumps({"model": self.name, "messages": messages, "tools": tools})
        request = urllib.request.Request(self._url, body.encode(), self._headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as response:
                return _reply(json.load(response))
        except urllib.error.HTTPError as error:
            kind = RateLimitError if error.code == 429 else ModelError
            raise kind(f"the model answered {error.code}: {error.reason}") from error
        except OSError as error:
            raise ModelError(f"the model at {self._url} cannot be reached: {error}") from error


def _reply(answer: dict[str, Any]) -> Reply:
    choice, usage = answer["choices"][0], answer["usage"]
    message = choice["message"]
    return Reply(
        message=message,
        model=answer["model"],
        finish_reason=choice["finish_reason"],
        tool_calls=tuple(
            ToolCall(
                call["id"], call["function"]["name"], json.loads(call["function"]["arguments"])
            )
            for call in message.get("tool_calls") or ()
        ),
        input_tokens=usage["prompt_tokens"],
        output_tokens=usage["completion_tokens"],
    )
