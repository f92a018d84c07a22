"""What happens at a gateway until each of its metrics is there: for what Prometheus reads of it."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from components.agents.gateway.settings import GatewaySettings, LangSmithCopy
from tests.support.collector import Collector, collector, until
from tests.support.otlp import Span
from tests.support.trace_recorder import TraceRecorder

CHAT: Final[Mapping[str, object]] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.provider.name": "openai",
    "gen_ai.agent.name": "shop",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.output_tokens": 100,
    "gen_ai.usage.cache_read.input_tokens": 400,
}
REQUEST: Final[Mapping[str, object]] = {
    "gen_ai.operation.name": "invoke_agent",
    "gen_ai.agent.name": "shop",
}
TENANTS: Final = ("ai-agents", "research")
_RESOURCE: Final = {"service.name": "shop"}
_SERIES: Final = 4
_LARGE: Final = "x" * 400_000


def chat(**more: object) -> Span:
    return Span(attributes={**CHAT, **more}, resource=_RESOURCE)


@contextmanager
def gateway(
    folder: Path, langfuse: TraceRecorder, langsmith: TraceRecorder
) -> Generator[Collector]:
    """A gateway with a small queue, few series, and a copy for LangSmith."""
    settings = GatewaySettings(
        langfuse_url=langfuse.url,
        memory_limit=64 * 2**20,
        queue_bytes=2_100_000,
        series_limit=_SERIES,
        langsmith=LangSmithCopy(endpoint=langsmith.url, project="agents"),
    )
    with collector(settings, folder, TENANTS) as running:
        yield running


def work(running: Collector) -> None:
    """What an agent does: two requests, of which one fails, and four calls of a model, of which one
    is refused and one says nothing about tokens."""
    silent = {key: value for key, value in CHAT.items() if "usage" not in key}
    failed: dict[str, Any] = {"status": "error", "message": "429 slow down"}
    spans = [
        Span(attributes=REQUEST, resource=_RESOURCE, seconds=2),
        Span(attributes=REQUEST, resource=_RESOURCE, **failed),
        chat(),
        chat(**{"gen_ai.usage.cost": 0.01}),
        Span(attributes=silent, resource=_RESOURCE),
        Span(attributes=CHAT, resource=_RESOURCE, **failed),
    ]
    assert running.send(spans, TENANTS[0]) == 200


CALLS: Final = 6
"""Spans of ``work``."""


def fail(running: Collector, langfuse: TraceRecorder, langsmith: TraceRecorder) -> None:
    """Langfuse and LangSmith refuse a batch, and are away then until queues are full; agents make
    more series than there may be."""
    langfuse.status = langsmith.status = 500
    assert running.send([chat()], TENANTS[0]) == 200
    for exporter in ("langfuse", "langsmith"):
        lost = {"exporter": f"otlp_http/{exporter}"}
        until(
            lambda lost=lost: running.telemetry("otelcol_exporter_send_failed_spans_total", **lost),
            f"{exporter} has refused a batch",
        )
    langfuse.status = langsmith.status = 503
    for number in range(40):
        large = chat(**{"gen_ai.agent.name": f"agent-{number}", "input.value": _LARGE})
        running.send([large], TENANTS[1])
    for exporter in ("langfuse", "langsmith"):
        full = {"exporter": f"otlp_http/{exporter}"}
        until(
            lambda full=full: running.telemetry(
                "otelcol_exporter_enqueue_failed_spans_total", **full
            ),
            f"the queue for {exporter} is full",
        )
    until(
        lambda: running.telemetry("otelcol_deltatocumulative_datapoints_total", error="limit"),
        "the limit of series is reached",
    )
