"""Metrics count exactly, whatever is sampled, and their number has a bound."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from components.agents.gateway.settings import GatewaySettings, LangSmithCopy
from tests.support.collector import Collector, collector, until
from tests.support.otlp import Span
from tests.support.trace_recorder import TraceRecorder

pytestmark = pytest.mark.gateway

CALLS = "agent_request_calls_total"
INPUT = "gen_ai_client_inference_usage_input_tokens_total"
OUTPUT = "gen_ai_client_inference_usage_output_tokens_total"
DROPPED = "otelcol_deltatocumulative_datapoints_total"


def chat(
    model: str = "gpt-4o",
    *,
    seconds: float = 1,
    more: Mapping[str, object] | None = None,
    pod: str = "bot-1",
) -> Span:
    return Span(
        attributes={
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": model,
            "gen_ai.usage.input_tokens": 7,
            "gen_ai.usage.output_tokens": "3",
            **(more or {}),
        },
        resource={"service.name": "bot", "service.instance.id": pod},
        seconds=seconds,
    )


def total(gateway: Collector, name: str) -> float:
    return sum(value for (each, _), value in gateway.metrics().items() if each == name)


def test_counters_are_exact_over_many_requests(settings: GatewaySettings, tmp_path: Path) -> None:
    with collector(settings, tmp_path) as gateway:
        for number in range(100):
            # Of many pods, which share a series.
            assert gateway.send([chat(pod=f"bot-{number % 7}") for _ in range(5)]) == 200

        until(lambda: total(gateway, CALLS) == 500, "all are counted")
        assert total(gateway, INPUT) == 500 * 7
        assert total(gateway, OUTPUT) == 500 * 3
        names = [name for name, _ in gateway.metrics()]
        assert (names.count(CALLS), names.count(INPUT)) == (1, 1)


def test_seconds_are_counted_in_these_buckets(settings: GatewaySettings, tmp_path: Path) -> None:
    with collector(settings, tmp_path) as gateway:
        assert gateway.send([chat(seconds=each) for each in (0.05, 0.9, 6, 11, 500)]) == 200
        name = "agent_request_duration_seconds"
        until(lambda: total(gateway, f"{name}_count") == 5, "all are counted")

        assert total(gateway, f"{name}_sum") == pytest.approx(517.95)
        found = {
            dict(labels)["le"]: value
            for (each, labels), value in gateway.metrics().items()
            if each == f"{name}_bucket"
        }
    assert found == {
        "0.1": 1,
        "0.25": 1,
        "0.5": 1,
        "1": 2,
        "2": 2,
        "3": 2,
        "5": 2,
        "7.5": 3,
        "10": 3,
        "15": 4,
        "30": 4,
        "60": 4,
        "120": 4,
        "+Inf": 5,
    }


def test_3000_values_of_a_label_make_no_more_series_than_the_limit(
    settings: GatewaySettings, tmp_path: Path
) -> None:
    with collector(replace(settings, series_limit=400), tmp_path) as gateway:
        for start in range(0, 3000, 500):
            batch = [chat(f"model-{number}") for number in range(start, start + 500)]
            assert gateway.send(batch) == 200
        until(lambda: total(gateway, CALLS) == 3000, "all are counted")

        names = [name for name, _ in gateway.metrics()]
        over = {
            value
            for (name, labels), value in gateway.metrics().items()
            if name == CALLS and ("otel_metric_overflow", "true") in labels
        }
        # Calls without a series of their own are counted together.
        assert names.count(CALLS) == 401
        assert over == {2600}
        # Tokens without one are not counted, but that is.
        assert names.count(INPUT) + names.count(OUTPUT) == 5 * 400
        dropped = gateway.telemetry(DROPPED, error="limit")
        assert dropped == 2 * 3000 - 5 * 400


def test_a_long_label_is_cut(settings: GatewaySettings, tmp_path: Path) -> None:
    with collector(settings, tmp_path) as gateway:
        assert gateway.send([chat("m" * 100_000)]) == 200
        until(lambda: total(gateway, INPUT) == 7, "it is counted")

        [model] = {dict(labels)["model"] for _, labels in gateway.metrics()}
    assert model == "m" * 128


def test_a_text_in_place_of_a_number_costs_only_its_own_value(
    settings: GatewaySettings, tmp_path: Path
) -> None:
    bad = chat(more={"gen_ai.usage.input_tokens": "many"})
    broken = chat(more={"langfuse.observation.usage_details": "{input"})
    with collector(settings, tmp_path) as gateway:
        assert gateway.send([chat(), bad, broken]) == 200
        until(lambda: total(gateway, CALLS) == 3, "all are counted")

        assert total(gateway, INPUT) == 2 * 7
        assert total(gateway, OUTPUT) == 3 * 3


def test_the_kind_of_an_error_is_read_from_the_first_line_of_what_an_event_says(
    settings: GatewaySettings, tmp_path: Path
) -> None:
    limited = "RateLimitError('429: slow down')Traceback (most recent call last):"
    failed = "ValueError('no')Traceback (most recent call last):\n  File 'a.py', line 429, in f"
    failures = [
        replace(chat(model), status="error", events=[(event, {"exception.message": message})])
        for model, event, message in (
            ("limited", "exception", limited),
            ("failed", "exception", failed),
            ("noted", "log", limited),
        )
    ]
    answered = replace(chat("answered"), events=[("exception", {"exception.message": limited})])
    with collector(settings, tmp_path) as gateway:
        assert gateway.send([*failures, answered]) == 200

        until(lambda: total(gateway, CALLS) == 4, "all are counted")
        kinds = {
            dict(labels)["model"]: dict(labels)["error_kind"]
            for name, labels in gateway.metrics()
            if name == CALLS
        }
        assert kinds == {
            "limited": "rate_limit",
            "failed": "error",
            "noted": "error",
            "answered": "",
        }


def test_metrics_count_the_same_where_content_is_dropped(
    settings: GatewaySettings, tmp_path: Path
) -> None:
    usage = {"langfuse.observation.usage_details": '{"input": 7, "output": 3}'}
    sdk = Span(
        attributes={"langfuse.observation.type": "generation", **usage},
        resource={"service.name": "bot"},
    )
    with collector(replace(settings, masking="drop"), tmp_path) as gateway:
        assert gateway.send([chat(), chat(more={"gen_ai.prompt": "why"}), sdk]) == 200
        until(lambda: total(gateway, CALLS) == 3, "all are counted")

        assert total(gateway, INPUT) == 3 * 7
        assert total(gateway, OUTPUT) == 3 * 3
        assert {dict(labels)["agent"] for _, labels in gateway.metrics()} == {"bot"}


def test_metrics_count_what_sampling_leaves_out(
    settings: GatewaySettings, langfuse: TraceRecorder, langsmith: TraceRecorder, tmp_path: Path
) -> None:
    copy = LangSmithCopy(endpoint=langsmith.url, project="agents")
    # Always the same traces, of two spans each.
    traces = [hashlib.md5(bytes([each])).digest() for each in range(200)]  # noqa: S324
    spans = [replace(chat(), trace_id=trace) for trace in traces for _ in range(2)]
    with collector(replace(settings, sampling=0.25, langsmith=copy), tmp_path) as gateway:
        assert gateway.send(spans) == 200
        until(lambda: total(gateway, CALLS) == 400, "all are counted")
        until(lambda: langfuse.spans and len(langfuse.spans) == len(langsmith.spans), "the sample")

    kept = [span.trace_id for span in langfuse.spans]
    assert {kept.count(trace) for trace in kept} == {2}
    assert sorted(kept) == sorted(span.trace_id for span in langsmith.spans)
    assert len(set(kept)) == 51
