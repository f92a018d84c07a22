"""An agent that uses Langfuse's SDK, 4 or 5, with the one line that sends its spans to the gateway.

It finds the gateway, and Langfuse, in its environment.
"""

# The SDK is not installed where types are checked.
# pyright: reportMissingImports=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownParameterType=false
# pyright: reportUnknownArgumentType=false, reportUntypedFunctionDecorator=false

from __future__ import annotations

from langfuse import Langfuse, propagate_attributes
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

langfuse = Langfuse(span_exporter=OTLPSpanExporter())
with (
    langfuse.start_as_current_observation(name="support", as_type="agent"),
    propagate_attributes(user_id="user-1", session_id="session-1", metadata={"tenant": "agents-b"}),
):
    with langfuse.start_as_current_observation(
        name="answer", as_type="generation", model="gpt-4o", input="Who is me@example.com?"
    ) as answer:
        # As Langfuse counts: `input` is what no cache had.
        answer.update(
            output="Nobody.",
            usage_details={"input": 80, "input_cached_tokens": 20, "output": 30},
            cost_details={"total": 0.25},
        )
    with langfuse.start_as_current_observation(
        name="openai", as_type="generation", model="gpt-4o-mini"
    ) as answer:
        # As OpenAI counts: what a cache had is part of the rest.
        answer.update(
            usage_details={
                "prompt_tokens": 50,
                "completion_tokens": 5,
                "total_tokens": 55,
                "prompt_tokens_details": {"cached_tokens": 40},
            }
        )
    with langfuse.start_as_current_observation(
        name="refused", as_type="generation", model="gpt-4o"
    ) as refused:
        refused.update(level="ERROR", status_message="HTTP 429 Too Many Requests")
    with langfuse.start_as_current_observation(name="lookup", as_type="tool"):
        pass
    with langfuse.start_as_current_observation(name="step", as_type="span"):
        pass
langfuse.flush()
