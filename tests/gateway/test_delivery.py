"""What was accepted reaches Langfuse whatever happens meanwhile, and where this does not hold."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from components.agents.gateway.settings import GatewaySettings
from tests.support.collector import Collector, collector, until
from tests.support.otlp import Span
from tests.support.trace_recorder import TraceRecorder

pytestmark = pytest.mark.gateway

SENT = "otelcol_exporter_sent_spans_total"
LOST = "otelcol_exporter_send_failed_spans_total"
FULL = "otelcol_exporter_enqueue_failed_spans_total"
WAITING = "otelcol_exporter_queue_size"


def requests(count: int) -> list[list[Span]]:
    """Requests with ten spans each."""
    return [[Span(name=f"{number}") for _ in range(10)] for number in range(count)]


def accepted(gateway: Collector, batches: Iterable[list[Span]]) -> list[bytes]:
    """Sends all; the IDs of their spans, sorted."""
    ids: list[bytes] = []
    for batch in batches:
        assert gateway.send(batch) == 200
        ids += [span.span_id for span in batch]
    return sorted(ids)


def delivered(recorder: TraceRecorder) -> list[bytes]:
    return sorted(span.span_id for span in recorder.spans)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_nothing_is_lost_while_langfuse_asks_to_wait(
    settings: GatewaySettings, langfuse: TraceRecorder, tmp_path: Path, status: int
) -> None:
    langfuse.status = status
    with collector(settings, tmp_path) as gateway:
        ids = accepted(gateway, requests(20))
        until(lambda: len(langfuse.requests) >= 2, "Langfuse was asked twice")
        assert langfuse.spans == []
        langfuse.status = 200
        until(lambda: len(langfuse.spans) >= len(ids), "all spans")

        assert delivered(langfuse) == ids
        assert gateway.telemetry(LOST) == 0


def test_nothing_is_lost_while_langfuse_cannot_be_reached(
    settings: GatewaySettings, langfuse: TraceRecorder, tmp_path: Path
) -> None:
    langfuse.stop()
    with collector(settings, tmp_path) as gateway:
        ids = accepted(gateway, requests(20))
        until(lambda: "connection refused" in gateway.log, "it has tried")
        assert gateway.telemetry(WAITING) > 0
        langfuse.start()
        until(lambda: len(langfuse.spans) >= len(ids), "all spans")

        assert delivered(langfuse) == ids
        assert gateway.telemetry(LOST) == 0
        assert gateway.telemetry(WAITING) == 0


@pytest.mark.parametrize("end", [Collector.kill, Collector.stop], ids=["kill", "stop"])
def test_nothing_is_lost_when_the_gateway_ends_while_langfuse_is_away(
    settings: GatewaySettings,
    langfuse: TraceRecorder,
    tmp_path: Path,
    end: object,
) -> None:
    assert callable(end)
    langfuse.stop()
    with collector(settings, tmp_path) as gateway:
        ids = accepted(gateway, requests(20))
        end(gateway)
        langfuse.start()
        gateway.start()
        until(lambda: len(langfuse.spans) >= len(ids), "all spans")

        assert delivered(langfuse) == ids


@pytest.mark.parametrize("status", [400, 401, 404, 413, 500])
def test_what_langfuse_refuses_for_good_is_lost_and_counted(
    settings: GatewaySettings, langfuse: TraceRecorder, tmp_path: Path, status: int
) -> None:
    langfuse.status = status
    with collector(settings, tmp_path) as gateway:
        lost = accepted(gateway, requests(3))
        until(lambda: gateway.telemetry(LOST) == len(lost), "it counts what is lost")
        langfuse.status = 200
        ids = accepted(gateway, requests(1))
        until(lambda: len(langfuse.spans) >= len(ids), "the next spans")

        assert delivered(langfuse) == ids
        assert gateway.telemetry(LOST) == len(lost)
        assert gateway.telemetry(SENT) == len(ids)


@pytest.mark.parametrize("missing", ["trace_id", "span_id"])
@pytest.mark.parametrize("zeros", [True, False], ids=["zeros", "nothing"])
def test_a_span_without_an_id_costs_only_itself(
    settings: GatewaySettings,
    langfuse: TraceRecorder,
    tmp_path: Path,
    missing: str,
    zeros: bool,
) -> None:
    sound = [Span() for _ in range(29)]
    length = len(getattr(sound[0], missing))
    bad = replace(Span(), **{missing: bytes(length) if zeros else b""})
    with collector(settings, tmp_path) as gateway:
        assert gateway.send([*sound[:10], bad, *sound[10:]]) == 200
        until(lambda: len(langfuse.spans) >= len(sound), "the others")

    assert delivered(langfuse) == sorted(span.span_id for span in sound)


def test_one_span_may_be_as_large_as_a_request(
    settings: GatewaySettings, langfuse: TraceRecorder, tmp_path: Path
) -> None:
    settings = replace(settings, masking="none")
    with collector(settings, tmp_path) as gateway:
        assert gateway.send([Span(attributes={"image": "a" * 19 * 2**20})]) == 200
        # SDKs do not send this again.
        assert gateway.send([Span(attributes={"image": "a" * 21 * 2**20})]) == 400
        until(lambda: langfuse.spans, "the span")

        assert [len(span.attributes["image"]) for span in langfuse.spans] == [19 * 2**20]


def test_a_full_queue_refuses_and_loses_nothing_that_it_took(
    settings: GatewaySettings, langfuse: TraceRecorder, tmp_path: Path
) -> None:
    langfuse.stop()
    with collector(replace(settings, queue_bytes=200_000), tmp_path) as gateway:
        ids: list[bytes] = []
        statuses: list[int] = []
        for _ in range(30):
            batch = [Span(attributes={"text": os.urandom(5000).hex()})]
            statuses.append(gateway.send(batch))
            if statuses[-1] == 200:
                ids += [span.span_id for span in batch]

        assert set(statuses) == {200, 503}
        assert statuses == sorted(statuses)
        refused = statuses.count(503)
        assert gateway.telemetry(FULL) == refused
        assert gateway.telemetry("otelcol_receiver_refused_spans_total") == refused
        langfuse.start()
        until(lambda: len(langfuse.spans) >= len(ids), "all that was taken")
        assert delivered(langfuse) == sorted(ids)
        assert gateway.send([Span()]) == 200
        assert gateway.telemetry(LOST) == 0
