"""Alerts about what agents do, from the metrics that the gateway makes of their spans."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from components.agents.gateway import exposition
from components.agents.gateway.dialects import INFERENCE
from components.monitoring.alerts.agents.recording import ACTIVE, ERRORS, P99
from components.monitoring.alerts.agents.telemetry import Telemetry
from components.monitoring.definition import Alert, one_of

_FOR_MINUTES: Final = 5
"""With the five minutes of the rate, longer than a peak."""

RATE_LIMIT_WINDOW: Final = "5m"

_SMOOTHED_MINUTES: Final = 1
"""Short, because the window already smooths the value."""

_SILENT_MINUTES: Final = 15

FORGOTTEN_HOURS: Final = 72
"""How long an alert about a silent agent fires: one that was removed is forgotten."""

_SHARE_MINUTES: Final = 15

WITHOUT_TOKENS: Final = 0.2
"""Part of the calls of models that succeed. A provider leaves them out of single answers."""

_INFERENCE: Final = one_of("operation", INFERENCE)


def alerts(telemetry: Telemetry) -> Iterator[Alert]:
    """Of a stack whose Prometheus reads the gateway's metrics."""
    yield _slow(telemetry)
    yield _errors(telemetry)
    yield _rate_limited(telemetry)
    yield _silent(telemetry)
    yield _without_tokens(telemetry)


def _slow(telemetry: Telemetry) -> Alert:
    limit = telemetry.gateway.limits.p99_seconds
    return Alert(
        name="AgentSlow",
        severity="warning",
        minutes=_FOR_MINUTES,
        expression=f"{telemetry.recorded(P99)} > {limit:g}",
        summary="Agent {{ $labels.agent }} answers slowly",
        description=(
            f"For {_FOR_MINUTES} minutes one request in 100 of "
            "{{ $labels.tenant }}/{{ $labels.agent }} has taken longer than "
            f"{limit:g} seconds, now "
            "{{ $value | humanizeDuration }}."
        ),
    )


def _errors(telemetry: Telemetry) -> Alert:
    percent = telemetry.gateway.limits.error_percent
    return Alert(
        name="AgentErrors",
        severity="warning",
        minutes=_FOR_MINUTES,
        expression=f"100 * {telemetry.recorded(ERRORS)} > {percent:g}",
        summary="Requests of agent {{ $labels.agent }} fail",
        description=(
            f"For {_FOR_MINUTES} minutes more than {percent:g}% of the requests of "
            "{{ $labels.tenant }}/{{ $labels.agent }} have failed, now "
            '{{ printf "%.1f" $value }}%.'
        ),
    )


def _rate_limited(telemetry: Telemetry) -> Alert:
    """Calls of models alone: a request that fails by one is not counted again."""
    most = telemetry.gateway.limits.rate_limit_errors
    refused = telemetry.series(
        exposition.CALLS, _INFERENCE, f'error_kind="{exposition.RATE_LIMIT}"'
    )
    number = telemetry.grown(refused, RATE_LIMIT_WINDOW, "namespace, tenant, model")
    return Alert(
        name="AgentRateLimited",
        severity="warning",
        minutes=_SMOOTHED_MINUTES,
        expression=f"{number} > {most}",
        summary="The provider of {{ $labels.model }} limits agents",
        description=(
            '{{ printf "%.0f" $value }} calls of {{ $labels.model }} by agents in '
            "{{ $labels.tenant }} were refused in five minutes, because there were too many. SDKs "
            "repeat them, which makes requests slow, and then fail."
        ),
    )


def _silent(telemetry: Telemetry) -> Alert:
    """An agent that was active in the days before, and not since then."""
    hours = telemetry.gateway.limits.silent_hours
    active = telemetry.recorded(ACTIVE)

    def within(hours: int) -> str:
        return f"max by (namespace, tenant, agent) (last_over_time({active}[{hours}h]))"

    return Alert(
        name="AgentSilent",
        severity="warning",
        minutes=_SILENT_MINUTES,
        # If the gateway itself is not measured, LangfuseNotMeasured fires.
        expression=(
            f"{within(hours + FORGOTTEN_HOURS)}\n"
            f"unless {within(hours)}\n"
            f"and on (namespace) {telemetry.uptime()}"
        ),
        summary="Agent {{ $labels.agent }} sends no telemetry",
        description=(
            f"For {hours} hours nothing has come from "
            "{{ $labels.tenant }}/{{ $labels.agent }}, which sent before. Either nobody uses it, "
            "or its traces do not arrive."
        ),
    )


def _without_tokens(telemetry: Telemetry) -> Alert:
    def rate(selected: str) -> str:
        return f"sum by (namespace, tenant, agent) (rate({selected}[15m]))"

    silent = telemetry.series(exposition.WITHOUT_USAGE)
    answered = telemetry.series(exposition.CALLS, _INFERENCE, f'status_code!="{exposition.ERROR}"')
    return Alert(
        name="AgentTokensNotReported",
        severity="warning",
        minutes=_SHARE_MINUTES,
        expression=f"{rate(silent)}\n/ ({rate(answered)} > 0) > {WITHOUT_TOKENS}",
        summary="Agent {{ $labels.agent }} does not report tokens",
        description=(
            f"For {_SHARE_MINUTES} minutes "
            "{{ $value | humanizePercentage }} of the answers that models gave "
            "{{ $labels.tenant }}/{{ $labels.agent }} have said nothing about tokens. They cost "
            "more than dashboards, budgets and Langfuse say."
        ),
    )
