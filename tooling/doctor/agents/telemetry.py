"""What the agents' gateway says about itself. Pure; imports no SDK.

The names are those of collector 0.161. Counters begin anew with each start of a pod.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from components.agents.gateway import settings as gateway
from stacks.names import NAMES
from tooling.doctor.agents.way import Seen
from tooling.doctor.findings import Finding
from tooling.doctor.place import Place
from tooling.kit.exposition import Sample, total
from tooling.kit.masking import quote
from tooling.kubernetes.objects import Object, items, part

_LANGFUSE: Final = "otlp_http/langfuse"
_LANGSMITH: Final = "otlp_http/langsmith"

_FULL: Final = 0.5
"""Part of the queue above which the alert fires too."""

_DROPPED: Final = re.compile(
    r"Exporting failed\. Dropping data\.[^\n]{0,600}?otlp_http/langfuse"
    r"[^\n]{0,600}?HTTP Status Code (?P<status>\d{3})"
)

_REASONS: Final[Mapping[str, str]] = {
    "400": "it does not understand them, or one of a batch has no IDs",
    "401": "it does not accept the gateway's key",
    "403": "the gateway's key may not write, or something before Langfuse refuses it",
    "404": "at the gateway's URL there is no Langfuse of version 3 or newer",
    "413": "something before Langfuse limits the size of requests",
    "500": "it cannot keep them in object storage or in the cache",
}


def findings(
    seen: Seen, logs: Mapping[str, str], place: Place, *, explained: bool
) -> Iterator[Finding]:
    """``logs``: the last hour of some pods, by the pod's name; ``explained``: whether another
    finding says why the gateway's pods are not ready."""
    if not seen.needs.gateway:
        return
    if seen.endpoints is not None and not explained and not any(_ready(seen.endpoints)):
        yield Finding.error(
            "gateway-not-ready",
            f"Service {place.namespace}/{NAMES.gateway}",
            "No ready pod is behind it: what agents send is refused, and their SDKs drop it after "
            "a few tries",
            place.own("get", "pods", "-l", "app.kubernetes.io/component=gateway", "-o", "wide"),
        )
    for pod, found in seen.telemetry.items():
        if not isinstance(found, str):
            yield from _of_pod(pod, found, logs.get(pod, ""), place)


def state(seen: Seen) -> Iterator[str]:
    """A line about the gateway, and one for each pod that was not asked."""
    if not seen.needs.gateway:
        return
    asked = [found for found in seen.telemetry.values() if not isinstance(found, str)]
    if asked:
        every = [sample for found in asked for sample in found]
        accepted, lost = _accepted(every), _failed(every, _LANGFUSE)
        sent = total(every, "otelcol_exporter_sent_spans_total", exporter=_LANGFUSE)
        waits = max(map(_filled, asked))
        yield (
            f"gateway: {len(asked)} pods; since they started {accepted:.0f} spans accepted, "
            f"{sent:.0f} taken by Langfuse, {lost:.0f} lost; the fuller queue is {waits:.0%} full"
        )
    for pod, reason in seen.telemetry.items():
        if isinstance(reason, str):
            yield f"gateway: {pod} was not asked: {quote(reason, 160)}"


def _of_pod(pod: str, found: Sequence[Sample], log: str, place: Place) -> Iterator[Finding]:
    subject = f"Pod {place.namespace}/{pod}"
    show = place.own("logs", pod, "--since=1h")
    if lost := _failed(found, _LANGFUSE):
        codes = list(dict.fromkeys(match["status"] for match in _DROPPED.finditer(log)))
        said = " and ".join(f"{code} ({_REASONS.get(code, 'its log says why')})" for code in codes)
        yield Finding(
            section="gateway-lost",
            severity="error" if codes else "warning",
            subject=subject,
            cause=f"Langfuse has refused {lost:.0f} spans since the pod started, and they are "
            "lost: of what it answers only 429, 502, 503 and 504 are tried again. "
            + (f"In the last hour it answered {said}" if codes else "In the last hour none"),
            command=show,
        )
    if lost := _failed(found, _LANGSMITH):
        yield Finding.warning(
            "gateway-lost",
            subject,
            f"LangSmith has not taken {lost:.0f} spans since the pod started. Its copy is best "
            "effort; Langfuse's is not concerned",
            show,
        )
    refused = total(found, "otelcol_receiver_refused_spans_total")
    filled = _filled(found)
    if refused or filled > _FULL:
        yield Finding.warning(
            "gateway-queue",
            subject,
            f"Its queue is {filled:.0%} full"
            + (
                f", and since it started it has refused {refused:.0f} spans, which SDKs try a few "
                "times and then drop"
                if refused
                else ""
            )
            + ": Langfuse does not take traces as fast as agents send them, or not at all",
            place.own("get", "pods", "-l", "app.kubernetes.io/component=web", "-o", "wide"),
        )
    yield from _answers(subject, found, place)


def _answers(subject: str, found: Sequence[Sample], place: Place) -> Iterator[Finding]:
    """Requests of agents that were refused before their spans were read."""
    for status, why in (
        (
            "401",
            "they had no credential, or not that of a namespace of agents: a pod that started "
            "before its Secret was written, a Secret of another stack, or an SDK without the "
            "variables OTEL_EXPORTER_OTLP_TRACES_*",
        ),
        (
            "404",
            f"only {gateway.TRACES_PATH} is taken: OTEL_EXPORTER_OTLP_ENDPOINT in place of "
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, or an exporter of metrics or logs",
        ),
    ):
        count = total(
            found, "http_server_request_duration_seconds_count", http_response_status_code=status
        )
        if count:
            yield Finding.warning(
                "agents-refused",
                subject,
                f"The gateway has answered {count:.0f} requests with {status} since it started: "
                f"{why}",
                place.smoke(),
            )


def _accepted(found: Sequence[Sample]) -> float:
    return total(found, "otelcol_receiver_accepted_spans_total")


def _failed(found: Sequence[Sample], exporter: str) -> float:
    return total(found, "otelcol_exporter_send_failed_spans_total", exporter=exporter)


def _filled(found: Sequence[Sample]) -> float:
    """Part of the queue for Langfuse that is in use."""
    capacity = total(found, "otelcol_exporter_queue_capacity", exporter=_LANGFUSE)
    return total(found, "otelcol_exporter_queue_size", exporter=_LANGFUSE) / (capacity or 1)


def _ready(slices: Sequence[Object]) -> Iterator[bool]:
    """For each address behind a Service, whether it gets connections."""
    for slice_ in slices:
        for endpoint in items(slice_, "endpoints"):
            yield part(endpoint, "conditions").get("ready") is not False
