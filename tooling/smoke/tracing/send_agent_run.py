"""Writes one run of an agent with nothing but OpenTelemetry's SDK, as an agent does that sends to
the gateway.

Runs in `.venv-smoke-4`, whose packages the program does not have. Takes a JSON object on standard
input: `endpoint` (the whole URL), `headers` (as OTEL_EXPORTER_OTLP_TRACES_HEADERS has them),
`seconds`, `trace` (the identifier), `spans` (each with its `name` and `attributes`, the first the
parent of the others). Prints what was answered (`recording`).
"""

# The SDK is not installed where types are checked.
# pyright: reportMissingImports=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownParameterType=false
# pyright: reportUnknownArgumentType=false, reportUntypedBaseClass=false

from __future__ import annotations

import json
import os
import sys
from typing import Any

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from tooling.smoke.tracing.exporting import OneTrace, Session
from tooling.smoke.tracing.recording import roots


def main() -> None:
    """Write all; what became of it is for the reader of the output to judge."""
    given: dict[str, Any] = json.load(sys.stdin)
    seconds = given["seconds"]
    # By its variable, so that the SDK reads the headers as it does in an agent.
    os.environ["OTEL_EXPORTER_OTLP_TRACES_HEADERS"] = given["headers"]
    provider = TracerProvider(id_generator=OneTrace(given["trace"]))
    exporter = OTLPSpanExporter(
        endpoint=given["endpoint"], timeout=seconds, session=Session(roots(None), seconds)
    )
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("smoke-test")
    first, *others = given["spans"]
    with tracer.start_as_current_span(first["name"], attributes=first["attributes"]):
        for span in others:
            with tracer.start_as_current_span(span["name"], attributes=span["attributes"]):
                pass
    provider.force_flush(int(seconds * 1000))
    os._exit(0)


if __name__ == "__main__":
    main()
