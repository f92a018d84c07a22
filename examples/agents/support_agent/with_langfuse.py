"""The agent traced with Langfuse's SDK.

`python -m support_agent.with_langfuse "Where is order 17?"`
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import httpx
from langfuse import Langfuse, propagate_attributes
from langfuse.api import ScoreDataType
from langfuse.api.core import ApiError
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

from support_agent import orders, service
from support_agent.environment import (
    GATEWAY,
    ConfigurationError,
    UnreachableError,
    check_gateway,
    required,
)
from support_agent.model import ChatModel, Message, Model, Reply, ToolCall


class LangfuseAgent:
    """Its traces go to the gateway where there is one, and its scores to Langfuse."""

    def __init__(self, model: Model) -> None:
        required("LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY", "LANGFUSE_BASE_URL")
        self._model = model
        self._gateway = GATEWAY in os.environ
        # The SDK reads LANGFUSE_*. Where the gateway is, only OpenTelemetry's own exporter reads:
        # given one, the SDK sends its traces there. Scores, prompts and datasets go to Langfuse.
        self._langfuse = Langfuse(span_exporter=OTLPSpanExporter() if self._gateway else None)

    def check(self) -> None:
        if self._gateway:
            check_gateway()
        try:
            self._langfuse.api.projects.get()  # the cheapest request that needs the keys
        except ApiError as error:
            said = f"Langfuse answered {error.status_code} to the project's keys"
            lasting = error.status_code in (401, 403, 404)
            raise (ConfigurationError if lasting else UnreachableError)(said) from error
        except httpx.HTTPError as error:
            raise UnreachableError(f"Langfuse cannot be reached: {error}") from error

    def answer(self, question: str, *, user: str, session: str) -> str:
        with (
            # Outside of the first observation, so that it and all below it have them.
            propagate_attributes(user_id=user, session_id=session, tags=["support"]),
            self._langfuse.start_as_current_observation(
                name=orders.NAME, as_type="agent", input=question
            ) as trace,
        ):
            answer, looked_up = self._converse(question)
            trace.update(output=answer)
            # A score of your own: what you know about the answer at once. Others come later, by
            # people or by a model that judges.
            trace.score_trace(
                name="looked-up", value=int(looked_up), data_type=ScoreDataType.BOOLEAN
            )
            return answer

    def _converse(self, question: str) -> tuple[str, bool]:
        messages: list[Message] = [
            {"role": "system", "content": orders.INSTRUCTIONS},
            {"role": "user", "content": question},
        ]
        looked_up = False
        for _ in range(orders.MOST_TURNS):
            reply = self._chat(messages)
            if not reply.tool_calls:
                return reply.text, looked_up
            messages.append(reply.message)
            for call in reply.tool_calls:
                result, looked_up = self._use(call), True
                messages.append(
                    {"role": "tool", "tool_call_id": call.id, "content": json.dumps(result)}
                )
        return "I could not find that out.", looked_up

    def _chat(self, messages: list[Message]) -> Reply:
        with self._langfuse.start_as_current_observation(
            name="chat", as_type="generation", model=self._model.name, input=list(messages)
        ) as generation:
            reply = self._model.chat(messages, orders.TOOLS)
            # Cost follows from the model and these, in Langfuse and in the gateway's metrics.
            usage = {"input": reply.input_tokens, "output": reply.output_tokens}
            generation.update(output=reply.message, model=reply.model, usage_details=usage)
            return reply

    def _use(self, call: ToolCall) -> dict[str, Any]:
        with self._langfuse.start_as_current_observation(
            name=call.name, as_type="tool", input=call.arguments
        ) as tool:
            result = orders.use(call.name, call.arguments)
            tool.update(output=result)
            return result

    def close(self) -> None:
        self._langfuse.shutdown()


if __name__ == "__main__":
    sys.exit(service.main(lambda: LangfuseAgent(ChatModel.from_environment())))
