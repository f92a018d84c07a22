"""Alerts about the gateway that agents send to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from components.agents.gateway import exposition
from components.monitoring.alerts.agents.telemetry import Telemetry
from components.monitoring.definition import Alert, one_of, series

_DOWN_MINUTES: Final = 5
"""A pod can move to another node with its volume in less."""

_MISSING_MINUTES: Final = 15
"""One pod after the other is replaced by another release: each is ready again in less."""

LOST_WINDOW: Final = "15m"
"""How long a single lost batch is reported."""

REFUSED_WINDOW: Final = "5m"

_SMOOTHED_MINUTES: Final = 1
"""Short, because the window already smooths the value."""

_COPY_MINUTES: Final = 15
"""A copy is best effort: LangSmith may be away for a moment."""

QUEUE_FULL: Final = 0.5
"""Part of the queue. What does not fit into the other half is refused."""

_QUEUE_MINUTES: Final = 10

_BY_POD: Final = "namespace, pod"


def alerts(telemetry: Telemetry) -> Iterator[Alert]:
    """Those that read the gateway's own metrics only where Prometheus does."""
    yield from _pods(telemetry)
    if telemetry.gateway.scraped:
        yield _lost(telemetry)
        yield _refused(telemetry)
        yield _queue(telemetry)
        if telemetry.gateway.langsmith:
            yield _copies(telemetry)
        yield _over_limit(telemetry)


def queue_filled(telemetry: Telemetry) -> str:
    """Part of each pod's queue that waits for Langfuse."""
    size, capacity = (
        f"max by ({_BY_POD}) ({telemetry.exported(metric, exposition.LANGFUSE)})"
        for metric in (exposition.QUEUE_SIZE, exposition.QUEUE_CAPACITY)
    )
    return f"{size}\n/ {capacity}"


def _pods(telemetry: Telemetry) -> Iterator[Alert]:
    """From kube-state-metrics."""

    def of_set(metric: str) -> str:
        name = one_of("statefulset", telemetry.gateway.servers.stateful_sets)
        selected = series(metric, telemetry.watched.namespace, name)
        return f"max by (namespace, statefulset) ({selected})"

    ready = of_set("kube_statefulset_status_replicas_ready")
    yield Alert(
        name="AgentGatewayDown",
        severity="critical",
        minutes=_DOWN_MINUTES,
        expression=f"{ready} == 0",
        summary="The agents' gateway is down",
        description=(
            f"For {_DOWN_MINUTES} minutes no pod of "
            "{{ $labels.namespace }}/{{ $labels.statefulset }} has been ready. Agents that send "
            "through it lose what their SDKs cannot hold back."
        ),
    )
    if telemetry.gateway.servers.replicas > 1:
        yield Alert(
            name="AgentGatewayPodMissing",
            severity="warning",
            minutes=_MISSING_MINUTES,
            # If no pod is ready, AgentGatewayDown fires.
            expression=f"{of_set('kube_statefulset_replicas')}\n- {ready} > 0\nand {ready} > 0",
            summary="A pod of the agents' gateway is missing",
            description=(
                f"For {_MISSING_MINUTES} minutes pods of "
                "{{ $labels.namespace }}/{{ $labels.statefulset }} have been missing, "
                "{{ $value }} now. The others take what agents send; what a missing one had in its "
                "queue waits on its volume."
            ),
        )


def _lost(telemetry: Telemetry) -> Alert:
    failed = telemetry.exported(exposition.SEND_FAILED, exposition.LANGFUSE)
    return Alert(
        name="AgentTracesLost",
        severity="critical",
        minutes=_SMOOTHED_MINUTES,
        expression=f"{telemetry.grown(failed, LOST_WINDOW, 'namespace')} > 0",
        summary="Traces of agents are lost",
        description=(
            "Langfuse has refused "
            '{{ printf "%.0f" $value }} spans in a quarter of an hour that the gateway in '
            "{{ $labels.namespace }} sent, with an answer after which none may be sent again. They "
            "are lost; agents were told that all is well."
        ),
    )


def _refused(telemetry: Telemetry) -> Alert:
    """By the gateway itself: its memory or its queue is full."""
    refused = telemetry.series(exposition.REFUSED)
    return Alert(
        name="AgentTracesRefused",
        severity="warning",
        minutes=_SMOOTHED_MINUTES,
        expression=f"{telemetry.grown(refused, REFUSED_WINDOW, 'namespace')} > 0",
        summary="The agents' gateway refuses traces",
        description=(
            "The gateway in {{ $labels.namespace }} has refused "
            '{{ printf "%.0f" $value }} spans in five minutes, because its queue or its memory is '
            "full. SDKs send them again for a minute or so; then they are lost."
        ),
    )


def _queue(telemetry: Telemetry) -> Alert:
    return Alert(
        name="AgentTraceQueueFilling",
        severity="warning",
        minutes=_QUEUE_MINUTES,
        expression=f"{queue_filled(telemetry)} > {QUEUE_FULL}",
        summary="Traces of agents wait for Langfuse",
        description=(
            f"For {_QUEUE_MINUTES} minutes more than {QUEUE_FULL:.0%} of the queue of "
            "{{ $labels.namespace }}/{{ $labels.pod }} has been full, now "
            "{{ $value | humanizePercentage }}. When all of it is, the gateway refuses traces."
        ),
    )


def _copies(telemetry: Telemetry) -> Alert:
    failed, full = (
        telemetry.grown(telemetry.exported(metric, exposition.LANGSMITH), LOST_WINDOW, "namespace")
        for metric in (exposition.SEND_FAILED, exposition.ENQUEUE_FAILED)
    )
    return Alert(
        name="AgentCopiesLost",
        severity="warning",
        minutes=_COPY_MINUTES,
        expression=f"{failed} > 0\nor {full} > 0",
        summary="LangSmith lacks traces of agents",
        description=(
            f"For {_COPY_MINUTES} minutes LangSmith has not taken all of what the gateway in "
            '{{ $labels.namespace }} copies, {{ printf "%.0f" $value }} spans in the last ones. '
            "They are not sent again. Langfuse has them."
        ),
    )


def _over_limit(telemetry: Telemetry) -> Alert:
    """Spans are counted as others, tokens not at all."""
    tokens = telemetry.series(exposition.DATAPOINTS, exposition.OVER_LIMIT)
    spans = telemetry.series(exposition.CALLS, exposition.OVERFLOW)
    tokens, spans = (
        telemetry.grown(counter, LOST_WINDOW, "namespace") for counter in (tokens, spans)
    )
    return Alert(
        name="AgentSeriesOverLimit",
        severity="warning",
        minutes=_SMOOTHED_MINUTES,
        expression=f"{tokens} > 0\nor {spans} > 0",
        summary="Agents make more time series than the gateway may have",
        description=(
            "The gateway in {{ $labels.namespace }} has as many time series of agents as it may "
            "have. What further agents and models use is not counted: dashboards, budgets and "
            "alerts know nothing of it. Traces are complete."
        ),
    )
