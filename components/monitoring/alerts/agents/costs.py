"""Alerts about what agents cost: an estimate from their tokens and the price table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from components.monitoring.alerts.agents.recording import BUDGET, COST, PRICE, TOKENS
from components.monitoring.alerts.agents.telemetry import Telemetry
from components.monitoring.definition import Alert

NEAR: Final = 0.8
"""Part of a budget that is left to act in."""

_COST_MINUTES: Final = 5
"""More than two evaluations: a restart of Prometheus changes nothing."""

_PRICE_MINUTES: Final = 15


def alerts(telemetry: Telemetry) -> Iterator[Alert]:
    """Of a stack with prices."""
    if not telemetry.gateway.prices:
        return
    yield _high(telemetry)
    if telemetry.gateway.budgets:
        yield from _budgets(telemetry)
    yield _without_price(telemetry)


def of_tenants(telemetry: Telemetry) -> str:
    """What each agent namespace has cost in 24 hours."""
    return f"sum by (namespace, tenant) ({telemetry.recorded(COST)})"


def of_budgets(telemetry: Telemetry) -> str:
    """Part of its budget that each agent namespace has spent."""
    return f"{of_tenants(telemetry)}\n/ on (namespace, tenant) {telemetry.recorded(BUDGET)}"


def without_price(telemetry: Telemetry) -> str:
    """Tokens of 24 hours that have no price, of each model with any. By kind: a model may have a
    price of its input alone."""
    tokens = telemetry.recorded(TOKENS)
    return (
        f"sum by (namespace, model) (sum by (namespace, model, kind) ({tokens}) > 0\n"
        f"unless on (namespace, model, kind) {telemetry.recorded(PRICE)})"
    )


def _high(telemetry: Telemetry) -> Alert:
    most = telemetry.gateway.limits.cost_per_day
    budgets = (
        f"\nunless on (namespace, tenant) {telemetry.recorded(BUDGET)}"
        if telemetry.gateway.budgets
        else ""
    )
    return Alert(
        name="AgentCostHigh",
        severity="warning",
        minutes=_COST_MINUTES,
        expression=f"{of_tenants(telemetry)} > {most:g}{budgets}",
        summary="Agents in {{ $labels.tenant }} cost much",
        description=(
            "Models have cost agents in {{ $labels.tenant }} an estimated "
            '{{ printf "%.2f" $value }} USD in 24 hours, more than '
            f"{most:g}."
        ),
    )


def _budgets(telemetry: Telemetry) -> Iterator[Alert]:
    spent = of_budgets(telemetry)
    yield Alert(
        name="AgentBudgetNear",
        severity="warning",
        minutes=_COST_MINUTES,
        # Above it AgentBudgetExceeded fires.
        expression=f"{spent} >= {NEAR} < 1",
        summary="Agents in {{ $labels.tenant }} near their budget",
        description=(
            "Agents in {{ $labels.tenant }} have spent an estimated "
            "{{ $value | humanizePercentage }} of a day's budget in 24 hours."
        ),
    )
    yield Alert(
        name="AgentBudgetExceeded",
        severity="warning",
        minutes=_COST_MINUTES,
        expression=f"{spent} >= 1",
        summary="Agents in {{ $labels.tenant }} are over their budget",
        description=(
            "Agents in {{ $labels.tenant }} have spent an estimated "
            "{{ $value | humanizePercentage }} of a day's budget in 24 hours. Nothing stops them."
        ),
    )


def _without_price(telemetry: Telemetry) -> Alert:
    return Alert(
        name="AgentModelWithoutPrice",
        severity="warning",
        minutes=_PRICE_MINUTES,
        expression=without_price(telemetry),
        summary="Model {{ $labels.model }} has no price",
        description=(
            'Agents have used {{ printf "%.0f" $value }} tokens of {{ $labels.model }} in 24 hours '
            "that have no price: cost and budgets leave them out."
        ),
    )
