"""LangSmith gets a copy, and can do nothing to Langfuse's."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from components.agents.gateway.receiving import TENANTS_IN_LANGFUSE
from components.agents.gateway.settings import GatewaySettings, LangSmithCopy
from tests.support.collector import Collector, collector, until
from tests.support.otlp import Span
from tests.support.trace_recorder import TraceRecorder

pytestmark = pytest.mark.gateway

FULL = "otelcol_exporter_enqueue_failed_spans_total"


@pytest.fixture
def settings(settings: GatewaySettings, langsmith: TraceRecorder) -> GatewaySettings:
    copy = LangSmithCopy(endpoint=f"{langsmith.url}/api/v1", project="agents $HOME")
    return replace(settings, langsmith=copy)


def test_both_get_every_span_each_with_its_own_key(
    settings: GatewaySettings, langfuse: TraceRecorder, langsmith: TraceRecorder, tmp_path: Path
) -> None:
    sent = [Span(attributes={"gen_ai.usage.cache_write.input_tokens": 1}) for _ in range(20)]
    with collector(settings, tmp_path) as gateway:
        assert gateway.send(sent) == 200
        until(lambda: len(langfuse.spans) == len(langsmith.spans) == len(sent), "both have all")

    assert {span.span_id for span in langfuse.spans} == {span.span_id for span in sent}
    assert {span.span_id for span in langsmith.spans} == {span.span_id for span in sent}
    # The older name is for Langfuse alone.
    assert {key for span in langsmith.spans for key in span.attributes} == {
        "gen_ai.usage.cache_write.input_tokens",
        *TENANTS_IN_LANGFUSE,
    }
    [request] = langsmith.requests
    assert request.path == "/api/v1/otel/v1/traces"
    assert request.headers["x-api-key"] == "lsv2_of_the_test"
    assert request.headers["langsmith-project"] == "agents $HOME"
    assert "authorization" not in request.headers
    assert not {"x-api-key", "langsmith-project"} & set(langfuse.requests[0].headers)


def big() -> list[Span]:
    return [Span(attributes={"text": os.urandom(50_000).hex()}) for _ in range(5)]


def overflowing(gateway: Collector) -> list[bytes]:
    """Sends until LangSmith's queue is full, and 20 requests more: IDs of what was accepted."""
    ids: list[bytes] = []
    more = 20
    for _ in range(150):
        batch = big()
        assert gateway.send(batch) == 200
        ids += [span.span_id for span in batch]
        more -= gateway.telemetry(FULL) > 0
        if not more:
            return sorted(ids)
    pytest.fail("the queue is not full")


@pytest.mark.parametrize("way", ["refuses connections", "never answers", "asks to wait"])
def test_langsmith_with_a_full_queue_never_holds_up_langfuse(
    settings: GatewaySettings,
    langfuse: TraceRecorder,
    langsmith: TraceRecorder,
    tmp_path: Path,
    way: str,
) -> None:
    if way == "refuses connections":
        langsmith.stop()
    elif way == "never answers":
        langsmith.seconds = 60
    else:
        langsmith.status = 503
    with collector(settings, tmp_path) as gateway:
        ids = overflowing(gateway)
        until(lambda: len(langfuse.spans) >= len(ids), "Langfuse has all")

        assert sorted(span.span_id for span in langfuse.spans) == ids
        assert gateway.telemetry("otelcol_receiver_refused_spans_total") == 0
        assert gateway.memory < settings.memory_limit


def test_a_short_absence_of_langsmith_loses_nothing(
    settings: GatewaySettings, langsmith: TraceRecorder, tmp_path: Path
) -> None:
    langsmith.status = 429
    with collector(settings, tmp_path) as gateway:
        assert gateway.send([Span() for _ in range(20)]) == 200
        until(lambda: len(langsmith.requests) >= 2, "it has tried twice")
        langsmith.status = 200
        until(lambda: len(langsmith.spans) == 20, "all spans")


def test_the_gateway_stops_in_time_while_langsmith_does_not_answer(
    settings: GatewaySettings, langfuse: TraceRecorder, langsmith: TraceRecorder, tmp_path: Path
) -> None:
    langsmith.seconds = 60
    with collector(settings, tmp_path) as gateway:
        assert gateway.send(big()) == 200
        until(lambda: langfuse.spans, "Langfuse has it")

        gateway.stop()
