"""The agent traced with OpenTelemetry alone, as in any language that has it.

`python -m support_agent.with_opentelemetry "Where is order 17?"`

Names are those of the semantic conventions for generative AI, which Langfuse and the gateway read:
https://github.com/open-telemetry/semantic-conventions-genai.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode

from support_agent import orders, service
from support_agent.environment import GATEWAY, check_gateway, optional, required
from support_agent.model import ChatModel, Message, Model, Reply, ToolCall


class OpenTelemetryAgent:
    """Its traces go to the gateway, which knows Langfuse's keys."""

    def __init__(self, model: Model) -> None:
        required(GATEWAY)
        self._model = model
        resource = Resource.create({"service.name": optional("OTEL_SERVICE_NAME", orders.NAME)})
        self._provider = TracerProvider(resource=resource)
        # Endpoint and credential come from OTEL_EXPORTER_OTLP_TRACES_*.
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        # Libraries that trace themselves, such as an HTTP client, use the provider that is set.
        trace.set_tracer_provider(self._provider)
        self._tracer = self._provider.get_tracer("support_agent")

    def check(self) -> None:
        check_gateway()

    def answer(self, question: str, *, user: str, session: str) -> str:
        about = {"user.id": user, "gen_ai.conversation.id": session}
        with self._span("invoke_agent", orders.NAME, SpanKind.INTERNAL, about) as span:
            asked: list[Message] = [{"role": "user", "content": question}]
            span.set_attribute("gen_ai.input.messages", _messages(asked))
            answer = self._converse(
                [{"role": "system", "content": orders.INSTRUCTIONS}, *asked], about
            )
            said = [{"role": "assistant", "content": answer}]
            span.set_attribute("gen_ai.output.messages", _messages(said))
            return answer

    def _converse(self, messages: list[Message], about: dict[str, str]) -> str:
        for _ in range(orders.MOST_TURNS):
            reply = self._chat(messages, about)
            if not reply.tool_calls:
                return reply.text
            messages.append(reply.message)
            for call in reply.tool_calls:
                result = json.dumps(self._use(call, about))
                messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
        return "I could not find that out."

    def _chat(self, messages: list[Message], about: dict[str, str]) -> Reply:
        with self._span("chat", self._model.name, SpanKind.CLIENT, about) as span:
            span.set_attribute("gen_ai.provider.name", "openai")
            span.set_attribute("gen_ai.request.model", self._model.name)
            span.set_attribute("gen_ai.input.messages", _messages(messages))
            reply = self._model.chat(messages, orders.TOOLS)
            span.set_attribute("gen_ai.response.model", reply.model)
            span.set_attribute("gen_ai.response.finish_reasons", [reply.finish_reason])
            # On the span of the model alone: an agent's sum would be counted twice.
            span.set_attribute("gen_ai.usage.input_tokens", reply.input_tokens)
            span.set_attribute("gen_ai.usage.output_tokens", reply.output_tokens)
            span.set_attribute("gen_ai.output.messages", _messages([reply.message]))
            return reply

    def _use(self, call: ToolCall, about: dict[str, str]) -> dict[str, Any]:
        with self._span("execute_tool", call.name, SpanKind.INTERNAL, about) as span:
            span.set_attribute("gen_ai.tool.name", call.name)
            span.set_attribute("gen_ai.tool.type", "function")
            span.set_attribute("gen_ai.tool.call.id", call.id)
            span.set_attribute("gen_ai.tool.call.arguments", json.dumps(call.arguments))
            result = orders.use(call.name, call.arguments)
            span.set_attribute("gen_ai.tool.call.result", json.dumps(result))
            return result

    @contextmanager
    def _span(
        self, operation: str, what: str, kind: SpanKind, about: dict[str, str]
    ) -> Generator[Span]:
        """Every span has user, session and agent: Langfuse and metrics look at each for itself."""
        attributes = {"gen_ai.operation.name": operation, "gen_ai.agent.name": orders.NAME, **about}
        with self._tracer.start_as_current_span(
            f"{operation} {what}", kind=kind, attributes=attributes, set_status_on_exception=False
        ) as span:
            try:
                yield span
            except Exception as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(StatusCode.ERROR, str(error))
                raise

    def close(self) -> None:
        self._provider.shutdown()


def _messages(messages: list[Message]) -> str:
    """Messages as the conventions have them: a role, and parts of some type."""
    return json.dumps([{"role": each["role"], "parts": _parts(each)} for each in messages])


def _parts(message: Message) -> list[dict[str, Any]]:
    if message["role"] == "tool":
        answered = {"id": message["tool_call_id"], "response": message["content"]}
        return [{"type": "tool_call_response", **answered}]
    said, calls = message.get("content"), message.get("tool_calls") or ()
    return [
        *([{"type": "text", "content": said}] if said else []),
        *({"type": "tool_call", "id": call["id"], **call["function"]} for call in calls),
    ]


if __name__ == "__main__":
    sys.exit(service.main(lambda: OpenTelemetryAgent(ChatModel.from_environment())))
