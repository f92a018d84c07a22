"""The agent traced with LangSmith's SDK.

`python -m support_agent.with_langsmith "Where is order 17?"`

Its traces go to the gateway and so to Langfuse; with `gateway.langsmith` to LangSmith as well.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from langsmith import Client, trace, tracing_context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from support_agent import orders, service
from support_agent.environment import GATEWAY, check_gateway, optional, required
from support_agent.model import ChatModel, Message, Model, Reply, ToolCall


class LangSmithAgent:
    """Without the gateway, leave out the client: the SDK then sends its runs to LangSmith."""

    def __init__(self, model: Model) -> None:
        required(GATEWAY)
        self._model = model
        # LANGSMITH_TRACING_MODE=otel does the same without code, but then LangSmith's key goes to
        # the gateway as well.
        resource = Resource.create({"service.name": optional("OTEL_SERVICE_NAME", orders.NAME)})
        self._provider = TracerProvider(resource=resource)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._client = Client(
            tracing_mode="otel",
            otel_tracer_provider=self._provider,  # pyright: ignore[reportArgumentType]
        )

    def check(self) -> None:
        check_gateway()

    def answer(self, question: str, *, user: str, session: str) -> str:
        about = {"session_id": session, "user_id": user}
        with (
            # On by code: without a section `langsmith` in the stack no variable says so.
            tracing_context(enabled=True, client=self._client, metadata=about, tags=["support"]),
            trace(orders.NAME, run_type="chain", inputs={"question": question}) as run,
        ):
            answer = self._converse(question)
            run.end(outputs={"answer": answer})
            return answer

    def _converse(self, question: str) -> str:
        messages: list[Message] = [
            {"role": "system", "content": orders.INSTRUCTIONS},
            {"role": "user", "content": question},
        ]
        for _ in range(orders.MOST_TURNS):
            reply = self._chat(messages)
            if not reply.tool_calls:
                return reply.text
            messages.append(reply.message)
            for call in reply.tool_calls:
                result = json.dumps(self._use(call))
                messages.append({"role": "tool", "tool_call_id": call.id, "content": result})
        return "I could not find that out."

    def _chat(self, messages: list[Message]) -> Reply:
        asked = {"model": self._model.name, "messages": list(messages)}
        with trace("chat", run_type="llm", inputs=asked) as run:
            reply = self._model.chat(messages, orders.TOOLS)
            usage = {"input_tokens": reply.input_tokens, "output_tokens": reply.output_tokens}
            run.end(
                outputs={"message": reply.message, "model": reply.model, "usage_metadata": usage}
            )
            return reply

    def _use(self, call: ToolCall) -> dict[str, Any]:
        with trace(call.name, run_type="tool", inputs=call.arguments) as run:
            result = orders.use(call.name, call.arguments)
            run.end(outputs=result)
            return result

    def close(self) -> None:
        self._client.flush()  # runs become spans in a thread of the SDK
        self._provider.shutdown()


if __name__ == "__main__":
    sys.exit(service.main(lambda: LangSmithAgent(ChatModel.from_environment())))
