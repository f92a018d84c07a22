"""What an agent with a credential of its own cannot do to others."""

from __future__ import annotations

import math
import time
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from components.agents.gateway.settings import GatewaySettings
from tests.support import otlp
from tests.support.collector import Collector, collector, until
from tests.support.exposition import Series
from tests.support.otlp import Span
from tests.support.trace_recorder import TraceRecorder

pytestmark = pytest.mark.gateway

DAY = 24 * 60 * 60
CHAT = {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 5}


def series_of(gateway: Collector, name: str) -> dict[str, float]:
    """Values of a metric by model."""

    def model(series: Series) -> str:
        return dict(series[1])["model"]

    return {model(each): value for each, value in gateway.metrics().items() if each[0] == name}


@pytest.mark.parametrize(
    "name",
    [
        *("langfuse.observation.metadata", "langfuse.trace.metadata"),
        *("langfuse.metadata", "ai.telemetry.metadata"),
    ],
)
def test_metadata_says_one_tenant_wherever_langfuse_looks(
    settings: GatewaySettings, langfuse: TraceRecorder, tmp_path: Path, name: str
) -> None:
    # An object as text is read too; single keys win over it.
    false = {f"{name}.tenant": "agents-b", name: '{"tenant":"agents-b"}'}
    with collector(settings, tmp_path) as gateway:
        assert gateway.send([Span(attributes=false, resource=false)]) == 200
        until(lambda: langfuse.spans, "the span")

    [got] = langfuse.spans
    tenants = {key: value for key, value in got.attributes.items() if key.endswith(".tenant")}
    assert tenants == {
        "langfuse.trace.metadata.tenant": "agents-a",
        "langfuse.observation.metadata.tenant": "agents-a",
    }
    assert [key for key in got.resource if key.endswith(".tenant")] == ["agent.tenant"]


NANOSECONDS = 10**9
START, END = "start_time_unix_nano", "end_time_unix_nano"


def test_spans_of_times_that_are_none_are_dropped(
    settings: GatewaySettings, langfuse: TraceRecorder, tmp_path: Path
) -> None:
    now = time.time_ns()
    dropped = {
        "never begun": {START: 0, END: 0},
        "too old": {START: now - 367 * DAY * NANOSECONDS},
        "of the day after tomorrow": {START: now + 2 * DAY * NANOSECONDS},
        "of 2554": {START: 2**64 - 1},
        "ends the day after tomorrow": {END: now + 2 * DAY * NANOSECONDS},
        "ends in 2554": {END: 2**64 - 1},
    }
    kept = {
        "now": {},
        "a year old": {START: now - 365 * DAY * NANOSECONDS},
        "another clock": {START: now + DAY // 2 * NANOSECONDS, END: now + DAY // 2 * NANOSECONDS},
        "ends before it begins": {END: now - 10 * NANOSECONDS},
        "without an end": {END: 0},
    }
    request = ExportTraceServiceRequest()
    for name, times in {**dropped, **kept}.items():
        request.MergeFromString(otlp.request([Span(name=name)]))
        [span] = request.resource_spans[-1].scope_spans[0].spans
        for field, value in times.items():
            setattr(span, field, value)
    with collector(settings, tmp_path) as gateway:
        assert gateway.send_body(request.SerializeToString()) == 200
        until(lambda: len(langfuse.spans) >= len(kept), "the others")

        assert {span.name for span in langfuse.spans} == {*kept}


def test_headers_cannot_fill_the_disk(
    settings: GatewaySettings, langfuse: TraceRecorder, tmp_path: Path
) -> None:
    langfuse.stop()
    with collector(settings, tmp_path) as gateway:
        # With metadata the queue would keep them beside what it counts.
        large = [(f"x-{number}", "z" * 50_000) for number in range(10)]
        for _ in range(20):
            assert gateway.send_body(otlp.request([Span()]), more=large) == 200

        [queue] = (tmp_path / "queue").iterdir()
        assert queue.stat().st_size < 1_000_000


def test_numbers_that_spoil_sums_are_not_counted(
    settings: GatewaySettings, langfuse: TraceRecorder, tmp_path: Path
) -> None:
    tokens = {"-1": -1, "no number": math.nan, "no end": math.inf, "too many": 10**9 + 1}
    cost = {"-1": -0.01, "no number": math.nan, "no end": math.inf, "too much": 1e6 + 1}
    bad = [
        *(
            {"gen_ai.request.model": f"tokens {name}", **CHAT, "gen_ai.usage.input_tokens": each}
            for name, each in tokens.items()
        ),
        *(
            {"gen_ai.request.model": f"cost {name}", **CHAT, "gen_ai.usage.cost": each}
            for name, each in cost.items()
        ),
        {
            "gen_ai.request.model": "text",
            "gen_ai.operation.name": "chat",
            "langfuse.observation.usage_details": '{"input":-5,"output":1e30}',
        },
    ]
    good = {
        "gen_ai.request.model": "good",
        **CHAT,
        "gen_ai.usage.cost": 0.5,
        "gen_ai.usage.output_tokens": 10**9,
    }
    with collector(settings, tmp_path) as gateway:
        assert gateway.send([Span(attributes=each) for each in (*bad, good)]) == 200
        calls = "agent_request_calls_total"
        until(lambda: sum(series_of(gateway, calls).values()) == len(bad) + 1, "all calls")

        usage = "gen_ai_client_inference_usage"
        costs = {f"cost {name}": 5 for name in cost}
        assert series_of(gateway, f"{usage}_input_tokens_total") == {"good": 5, **costs}
        assert series_of(gateway, f"{usage}_output_tokens_total") == {"good": 10**9}
        assert series_of(gateway, "agent_cost_usd_total") == {"good": 0.5}


def test_a_label_that_is_no_utf8_is_made_one(settings: GatewaySettings, tmp_path: Path) -> None:
    named = {**CHAT, "gen_ai.request.model": "m-XXXX", "gen_ai.agent.name": "한국어" * 40}
    body = otlp.request([Span(attributes=named)]).replace(b"XXXX", b"\xff\xfe\xc3(")
    with collector(settings, tmp_path) as gateway:
        assert gateway.send_body(body) == 200
        calls = "agent_request_calls_total"
        until(lambda: 1 in series_of(gateway, calls).values(), "it is counted")

        assert series_of(gateway, calls) == {"m-???(": 1}
        assert "is not valid UTF-8" not in gateway.log
