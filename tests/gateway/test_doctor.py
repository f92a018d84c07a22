"""What the doctor learns of a real collector, over a port-forward, and what it concludes."""

from __future__ import annotations

import contextlib
import http.client
from pathlib import Path

import pytest

from components.agents.gateway import settings as gateway_settings
from components.agents.gateway.settings import GatewaySettings
from tests.support.collector import Collector, basic, collector, until
from tests.support.doctor import IN_NAMESPACE, PLACE, Object, error, warning
from tests.support.forward_server import forwarding
from tests.support.otlp import Span
from tests.support.trace_recorder import TraceRecorder
from tooling.doctor.agents import telemetry
from tooling.doctor.agents.way import THROUGH_GATEWAY, Needs, Seen
from tooling.kit.exposition import samples, total
from tooling.kubernetes.forwarding import get

pytestmark = pytest.mark.gateway

POD = "langfuse-gateway-0"
SUBJECT = f"Pod observability/{POD}"
READY: Object = {"endpoints": [{"conditions": {"ready": True}}]}
PORT = gateway_settings.TELEMETRY_PORT
ANSWERS = "http_server_request_duration_seconds_count"


def page(gateway: Collector) -> str:
    with forwarding({PORT: gateway.ports[PORT]}) as server:
        return get(server.configuration, "observability", POD, PORT, "/metrics", seconds=5)


def seen(gateway: Collector) -> Seen:
    return Seen(
        needs=Needs(stops=[THROUGH_GATEWAY]),
        endpoints=[READY],
        telemetry={POD: [*samples(page(gateway))]},
    )


def test_a_gateway_that_delivers_is_counted_and_nothing_is_found(
    settings: GatewaySettings, langfuse: TraceRecorder, tmp_path: Path
) -> None:
    with collector(settings, tmp_path) as gateway:
        assert gateway.send([Span(), Span(), Span()]) == 200
        until(lambda: len(langfuse.spans) == 3, "all spans")
        until(lambda: "3 taken" in " ".join(telemetry.state(seen(gateway))), "it counts them")
        found = seen(gateway)

        assert [*telemetry.findings(found, {POD: gateway.log}, PLACE, explained=False)] == []
        assert [*telemetry.state(found)] == [
            "gateway: 1 pods; since they started 3 spans accepted, 3 taken by Langfuse, 0 lost; "
            "the fuller queue is 0% full"
        ]


def test_what_the_gateway_and_langfuse_refuse_is_found(
    settings: GatewaySettings, langfuse: TraceRecorder, tmp_path: Path
) -> None:
    langfuse.status = 401
    with collector(settings, tmp_path) as gateway:
        assert gateway.send([Span(), Span()]) == 200
        assert gateway.send([Span()], authorization=[]) == 401
        assert gateway.send([Span()], authorization=[f"{basic('agents-a')}x"]) == 401
        assert gateway.send([Span()], path="/v1/traces") == 404
        until(lambda: "Dropping data" in gateway.log, "Langfuse has refused them")
        until(lambda: "2 lost" in " ".join(telemetry.state(seen(gateway))), "it counts them")

        found = [*telemetry.findings(seen(gateway), {POD: gateway.log}, PLACE, explained=False)]

    lost, wrong_key, wrong_path = found
    assert lost == error(
        "gateway-lost",
        SUBJECT,
        "Langfuse has refused 2 spans since the pod started, and they are lost: of what it answers "
        "only 429, 502, 503 and 504 are tried again. In the last hour it answered 401 (it does not "
        "accept the gateway's key)",
        f"{IN_NAMESPACE} logs {POD} --since=1h",
    )
    assert wrong_key == warning("agents-refused", SUBJECT, wrong_key.cause, "make smoke STACK=dev")
    assert wrong_key.cause.startswith("The gateway has answered 2 requests with 401 since it start")
    assert wrong_path.cause.startswith("The gateway has answered 1 requests with 404 since it star")


def test_a_queue_that_langfuse_does_not_empty_is_found(
    settings: GatewaySettings, langfuse: TraceRecorder, tmp_path: Path
) -> None:
    langfuse.stop()
    small = GatewaySettings(
        langfuse_url=settings.langfuse_url, memory_limit=settings.memory_limit, queue_bytes=40_000
    )
    with collector(small, tmp_path) as gateway:
        big = Span(attributes={"input": 5_000 * "x"})
        while gateway.send([big]) == 200:
            pass
        found = [*telemetry.findings(seen(gateway), {}, PLACE, explained=False)]

    (queue,) = [finding for finding in found if finding.section == "gateway-queue"]
    assert "and since it started it has refused " in queue.cause
    assert int(queue.cause.removeprefix("Its queue is ").partition("%")[0]) > 50


def test_senders_make_no_series_by_their_headers(settings: GatewaySettings, tmp_path: Path) -> None:
    with collector(settings, tmp_path) as gateway:
        port = gateway.ports[gateway_settings.OTLP_PORT]
        for host in ("a", "b.example.com", "c:99"):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            with contextlib.closing(connection):
                connection.request("POST", gateway_settings.TRACES_PATH, headers={"Host": host})
                assert connection.getresponse().status == 401
        found = [sample for sample in samples(page(gateway)) if sample.name == ANSWERS]

    assert [dict(sample.labels) for sample in found] == [{"http_response_status_code": "401"}]
    assert total(found, ANSWERS) == 3
