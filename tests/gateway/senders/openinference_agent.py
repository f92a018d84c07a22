"""An agent whose spans have OpenInference's names. It finds the gateway in its environment."""

# The SDK is not installed where types are checked.
# pyright: reportMissingImports=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownParameterType=false
# pyright: reportUnknownArgumentType=false, reportUntypedFunctionDecorator=false

from __future__ import annotations

from openinference.instrumentation import TokenCount, TracerProvider, get_llm_attributes
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
tracer = provider.get_tracer("agent")

with tracer.start_as_current_span("run", openinference_span_kind="agent") as agent:
    agent.set_attribute("agent.name", "researcher")
    with tracer.start_as_current_span("steps", openinference_span_kind="chain"):
        with tracer.start_as_current_span("call", openinference_span_kind="llm") as call:
            usage: TokenCount = {
                "prompt": 70,
                "completion": 9,
                "prompt_details": {"cache_read": 30},
            }
            call.set_attributes(
                get_llm_attributes(
                    provider="openai", model_name="gpt-4.1-2025-04-14", token_count=usage
                )
            )
            call.set_attribute("llm.cost.total", 0.5)
        with tracer.start_as_current_span("search", openinference_span_kind="tool"):
            pass
        with tracer.start_as_current_span("documents", openinference_span_kind="retriever"):
            pass
        with tracer.start_as_current_span("vector", openinference_span_kind="embedding") as vector:
            vector.set_attribute("embedding.model_name", "text-embedding-3-small")
            vector.set_attribute("llm.token_count.prompt", 11)
provider.shutdown()
