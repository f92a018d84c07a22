"""An agent with nothing but OpenTelemetry, with names of both generations of the conventions.

It finds the gateway in its environment.
"""

# The SDK is not installed where types are checked.
# pyright: reportMissingImports=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownParameterType=false
# pyright: reportUnknownArgumentType=false, reportUntypedFunctionDecorator=false

from __future__ import annotations

from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Status, StatusCode

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
tracer = provider.get_tracer("agent")


def call(name: str, attributes: dict[str, Any], failed: str | None = None) -> None:
    with tracer.start_as_current_span(name, attributes=attributes) as span:
        if failed:
            span.set_status(Status(StatusCode.ERROR, failed))


_NEW = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.model": "gpt-4o-2024-08-06",
}
_OLD = {
    "gen_ai.operation.name": "chat",
    "gen_ai.system": "anthropic",
    "gen_ai.request.model": "claude-sonnet-4-5",
}
_TOTALS = {"gen_ai.usage.input_tokens": 165, "gen_ai.usage.output_tokens": 27}

with tracer.start_as_current_span(
    "invoke_agent planner",
    attributes={"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "planner", **_TOTALS},
):
    usage = {
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.usage.cache_read.input_tokens": 60,
        "gen_ai.usage.cache_write.input_tokens": 8,
    }
    call("chat gpt-4o", {**_NEW, **usage})
    usage = {
        "gen_ai.usage.prompt_tokens": 65,
        "gen_ai.usage.completion_tokens": 7,
        "gen_ai.usage.cache_read_input_tokens": 5,
    }
    call("chat claude", {**_OLD, **usage})
    call("chat in a stream", _NEW)
    call("chat claude", {**_OLD, "error.type": "RateLimitError"}, "try again")
    call("chat claude", {**_OLD, "error.type": "TimeoutError"}, "no answer")
    call("execute_tool", {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search"})
    call("made up", {"gen_ai.operation.name": "run-4711"})
    call("GET", {"http.request.method": "GET"})
provider.shutdown()
