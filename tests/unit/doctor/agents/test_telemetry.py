"""What the agents' gateway says about itself, and what follows from it."""

from __future__ import annotations

from typing import Final

import pytest

from tests.support.doctor import IN_NAMESPACE, PLACE, Object, error, warning
from tooling.doctor.agents import telemetry
from tooling.doctor.agents.way import THROUGH_GATEWAY, Needs, Seen
from tooling.doctor.findings import Finding
from tooling.kit.exposition import samples

POD: Final = "langfuse-gateway-0"
SUBJECT: Final = f"Pod observability/{POD}"
NEEDS: Final = Needs(stops=[THROUGH_GATEWAY])
READY: Final[Object] = {"endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": True}}]}
LOGS: Final = f"{IN_NAMESPACE} logs {POD} --since=1h"
WEB: Final = f"{IN_NAMESPACE} get pods -l app.kubernetes.io/component=web -o wide"
DROPPED: Final = (
    "2026-11-27T18:14:08.796Z\terror\tinternal/queue_sender.go:62\tExporting failed. Dropping data."
    '\t{"resource": {"service.name": "otelcol"}, "otelcol.component.id": "otlp_http/langfuse", '
    '"otelcol.signal": "traces", "error": "not retryable error: Permanent error: rpc error: code = '
    "Unauthenticated desc = error exporting items, request to http://langfuse.observability.svc"
    '/api/public/otel/v1/traces responded with HTTP Status Code %s, Message=", "dropped_items": 1}'
    "\ngo.opentelemetry.io/collector/exporter/exporterhelper/internal.NewQueueSender.func1\n"
)
QUIET: Final = """\
otelcol_exporter_queue_capacity{data_type="traces",exporter="otlp_http/langfuse"} 1000
otelcol_exporter_queue_size{data_type="traces",exporter="otlp_http/langfuse"} 10
otelcol_exporter_queue_capacity{data_type="traces",exporter="otlp_http/langsmith"} 10
otelcol_exporter_queue_size{data_type="traces",exporter="otlp_http/langsmith"} 10
otelcol_exporter_sent_spans_total{exporter="otlp_http/langfuse",server_port="80"} 90
otelcol_exporter_sent_spans_total{exporter="otlp_http/langsmith",server_port="443"} 7
otelcol_receiver_accepted_spans_total{receiver="otlp",transport="http"} 100
otelcol_receiver_refused_spans_total{receiver="otlp",transport="http"} 0
otelcol_exporter_send_failed_spans_total{exporter="otlp_http/langfuse"} 0
http_server_request_duration_seconds_count{http_response_status_code="200"} 12
"""


def seen(*pages: str, endpoints: list[Object] | None = None, needs: Needs = NEEDS) -> Seen:
    told = {f"langfuse-gateway-{number}": [*samples(page)] for number, page in enumerate(pages)}
    return Seen(needs=needs, telemetry=told, endpoints=[READY] if endpoints is None else endpoints)


def said(page: str, log: str = "") -> list[Finding]:
    return [*telemetry.findings(seen(page), {POD: log}, PLACE, explained=False)]


def with_(line: str) -> str:
    """The quiet page with another value of one series."""
    series = line.rpartition(" ")[0]
    assert series in QUIET
    return "".join(
        f"{line}\n" if old.startswith(series) else f"{old}\n" for old in QUIET.splitlines()
    )


def test_a_gateway_that_is_well_is_silence() -> None:
    assert said(QUIET, DROPPED % 401) == []


LOST: Final = (
    "Langfuse has refused 3 spans since the pod started, and they are lost: of what it answers "
    "only 429, 502, 503 and 504 are tried again. In the last hour "
)
FAILED: Final = 'otelcol_exporter_send_failed_spans_total{exporter="otlp_http/langfuse"} 3'


@pytest.mark.parametrize(
    ("log", "why"),
    [
        (DROPPED % 401, "401 (it does not accept the gateway's key)"),
        (
            DROPPED % 500 + DROPPED % 500 + DROPPED % 413,
            "500 (it cannot keep them in object storage or in the cache) and 413 (something "
            "before Langfuse limits the size of requests)",
        ),
        (DROPPED % 418, "418 (its log says why)"),
    ],
)
def test_spans_that_langfuse_refuses_are_lost_and_its_answers_say_why(log: str, why: str) -> None:
    assert said(with_(FAILED), log) == [
        error("gateway-lost", SUBJECT, f"{LOST}it answered {why}", LOGS)
    ]


@pytest.mark.parametrize(
    "log", ["", (DROPPED % 401).replace("otlp_http/langfuse", "otlp_http/langsmith")]
)
def test_spans_that_were_lost_before_the_last_hour_are_a_warning(log: str) -> None:
    assert said(with_(FAILED), log) == [warning("gateway-lost", SUBJECT, f"{LOST}none", LOGS)]


def test_a_copy_that_langsmith_did_not_take_is_told_apart() -> None:
    page = QUIET + 'otelcol_exporter_send_failed_spans_total{exporter="otlp_http/langsmith"} 4\n'

    assert said(page) == [
        warning(
            "gateway-lost",
            SUBJECT,
            "LangSmith has not taken 4 spans since the pod started. Its copy is best effort; "
            "Langfuse's is not concerned",
            LOGS,
        )
    ]


SLOW: Final = ": Langfuse does not take traces as fast as agents send them, or not at all"


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        (
            'otelcol_exporter_queue_size{data_type="traces",exporter="otlp_http/langfuse"} 501',
            f"Its queue is 50% full{SLOW}",
        ),
        (
            'otelcol_receiver_refused_spans_total{receiver="otlp",transport="http"} 9',
            "Its queue is 1% full, and since it started it has refused 9 spans, which SDKs try a "
            f"few times and then drop{SLOW}",
        ),
    ],
)
def test_a_queue_that_fills_is_told_before_it_refuses_and_when_it_does(
    line: str, cause: str
) -> None:
    assert said(with_(line)) == [warning("gateway-queue", SUBJECT, cause, WEB)]


def test_half_of_a_queue_is_no_trouble() -> None:
    half = 'otelcol_exporter_queue_size{data_type="traces",exporter="otlp_http/langfuse"} 500'

    assert said(with_(half)) == []


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (
            "401",
            "they had no credential, or not that of a namespace of agents: a pod that started "
            "before its Secret was written, a Secret of another stack, or an SDK without the "
            "variables OTEL_EXPORTER_OTLP_TRACES_*",
        ),
        (
            "404",
            "only /api/public/otel/v1/traces is taken: OTEL_EXPORTER_OTLP_ENDPOINT in place of "
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, or an exporter of metrics or logs",
        ),
    ],
)
def test_requests_of_agents_that_the_gateway_refuses_are_counted(status: str, why: str) -> None:
    page = (
        f"{QUIET}http_server_request_duration_seconds_count"
        f'{{http_response_status_code="{status}"}} 5\n'
    )

    assert said(page) == [
        warning(
            "agents-refused",
            SUBJECT,
            f"The gateway has answered 5 requests with {status} since it started: {why}",
            "make smoke STACK=dev",
        )
    ]


NOT_READY: Final = error(
    "gateway-not-ready",
    "Service observability/langfuse-gateway",
    "No ready pod is behind it: what agents send is refused, and their SDKs drop it after a few "
    "tries",
    f"{IN_NAMESPACE} get pods -l app.kubernetes.io/component=gateway -o wide",
)


@pytest.mark.parametrize(
    "slices",
    [
        [],
        [{"endpoints": None}],
        [{"endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": False}}]}],
    ],
)
def test_a_service_without_a_ready_pod_refuses_agents(slices: list[Object]) -> None:
    found = seen(endpoints=slices)

    assert [*telemetry.findings(found, {}, PLACE, explained=False)] == [NOT_READY]
    assert [*telemetry.findings(found, {}, PLACE, explained=True)] == []


@pytest.mark.parametrize("ready", [True, None])
def test_one_ready_pod_is_enough(ready: bool | None) -> None:
    conditions = [{"conditions": {"ready": False}}, {"conditions": {"ready": ready}}]
    found = seen(endpoints=[{"endpoints": conditions}])

    assert [*telemetry.findings(found, {}, PLACE, explained=False)] == []


def test_where_endpoints_are_not_known_nothing_is_concluded() -> None:
    found = Seen(needs=NEEDS, endpoints=None)

    assert [*telemetry.findings(found, {}, PLACE, explained=False)] == []


def test_a_stack_without_a_gateway_has_none_to_look_at() -> None:
    found = seen(with_(FAILED), endpoints=[], needs=Needs())

    assert [*telemetry.findings(found, {}, PLACE, explained=False)] == []
    assert [*telemetry.state(found)] == []


def test_the_pods_of_the_gateway_are_added_up_in_one_line() -> None:
    fuller = with_(
        'otelcol_exporter_queue_size{data_type="traces",exporter="otlp_http/langfuse"} 250'
    )

    assert [*telemetry.state(seen(QUIET, fuller))] == [
        "gateway: 2 pods; since they started 200 spans accepted, 180 taken by Langfuse, 0 lost; "
        "the fuller queue is 25% full"
    ]


def test_a_pod_that_was_not_asked_says_why() -> None:
    found = Seen(needs=NEEDS, telemetry={POD: "pods is forbidden"})

    assert [*telemetry.state(found)] == [f"gateway: {POD} was not asked: pods is forbidden"]
