"""Sends spans with OpenTelemetry's exporter, and prints what that took as JSON: seconds, seconds of
a processor, and its peak of memory in bytes.

Arguments: how many requests, and how many spans in each. It finds where to in its environment.
"""

# The SDK is not installed where types are checked.
# pyright: reportMissingImports=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownParameterType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import json
import resource
import sys
import time

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult

_requests, _spans = int(sys.argv[1]), int(sys.argv[2])
_PROMPT = " ".join(
    f"Line {number}: the customer asks for the total of invoice {number * 7919}, due on 2026-01-31."
    for number in range(32)
)
_tracer = TracerProvider().get_tracer("agent")
_exporter = OTLPSpanExporter(compression=Compression.Gzip)


def _span(number: int):  # noqa: ANN202 - a span of the SDK
    span = _tracer.start_span(
        "chat gpt-4o",
        attributes={
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.usage.input_tokens": 800 + number % 7,
            "gen_ai.usage.output_tokens": 90,
            "gen_ai.input.messages": _PROMPT,
            "gen_ai.output.messages": f"Answer {number} for kim@example.com.",
        },
    )
    span.end()
    return span


_batches = [[_span(number) for number in range(_spans)] for _ in range(_requests)]
_start, _before = time.perf_counter(), time.process_time()
for _batch in _batches:
    if _exporter.export(_batch) is not SpanExportResult.SUCCESS:
        sys.exit("a request was lost")
print(
    json.dumps(
        {
            "seconds": time.perf_counter() - _start,
            "processor": time.process_time() - _before,
            "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }
    )
)
