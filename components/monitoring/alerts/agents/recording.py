"""Recording rules: what alerts and dashboards both ask about agents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from components.agents.gateway import exposition
from components.monitoring.alerts.agents.telemetry import Telemetry
from components.monitoring.definition import one_of
from components.monitoring.watched_agents import ModelPrice

REQUESTS: Final = "agents:requests:rate5m"
"""Requests of an agent in a second: its own spans, or its calls of models if it has none."""
ERRORS: Final = "agents:errors:ratio_rate5m"
"""Part of these that failed."""
ACTIVE: Final = "agents:spans:increase10m"
"""Spans of an agent, of one that sends any."""
PROMPTS: Final = "agents:input_tokens:increase1d"
"""Tokens of prompts, those from a cache included."""
TOKENS: Final = "agents:tokens:increase1d"
"""Tokens of an agent and a model, by ``kind``."""
COST: Final = "agents:cost_usd:increase1d"
"""What an agent's calls of a model cost by the price table."""
PRICE: Final = "agents:price_usd_per_token"
"""By ``model`` and ``kind``."""
BUDGET: Final = "agents:budget_usd_per_day"
"""Of a tenant that has one."""

BUCKETS: Final = "agents:request_duration_seconds_bucket:rate5m"
"""How long requests of an agent take: how many in a second are faster than ``le``."""
P99: Final = "agents:request_duration_seconds:p99_5m"
"""What 99 of 100 requests of an agent are faster than."""

DAY: Final = "1d"

COST_SECONDS: Final = 120
"""Between two evaluations of what reads a whole day."""

_AGENT: Final = "namespace, tenant, agent"
_MODEL: Final = "namespace, tenant, agent, model"


@dataclass(frozen=True, kw_only=True)
class Record:
    """A series that Prometheus computes."""

    name: str
    expression: str
    labels: dict[str, str] = field(default_factory=dict[str, str])

    def rule(self) -> dict[str, Any]:
        """The recording rule."""
        labels = {"labels": self.labels} if self.labels else {}
        return {"record": self.name, "expr": self.expression, **labels}


def of_requests(telemetry: Telemetry) -> Iterator[Record]:
    """What agents do now."""

    def rates(metric: str, by: str, *matchers: str) -> str:
        """Of an agent's own spans, or of its calls of models if it has no spans of its own."""

        def of(metric: str, by: str, operation: str, *matchers: str) -> str:
            selected = telemetry.series(metric, operation, *matchers)
            return f"sum by ({by}) (rate({selected}[5m]))"

        agent = one_of("operation", [exposition.AGENT])
        return (
            f"{of(metric, by, agent, *matchers)}\n"
            f"or {of(metric, by, one_of('operation', exposition.ANSWERS), *matchers)}\n"
            f"unless on ({_AGENT}) {of(exposition.CALLS, _AGENT, agent)}"
        )

    failed = rates(exposition.CALLS, _AGENT, f'status_code="{exposition.ERROR}"')
    requests = telemetry.recorded(REQUESTS)
    yield Record(name=REQUESTS, expression=rates(exposition.CALLS, _AGENT))
    # Without a failure there is no series of failures.
    yield Record(name=ERRORS, expression=f"(({failed})\nor 0 * {requests})\n/ ({requests} > 0)")
    buckets = rates(f"{exposition.SECONDS}_bucket", f"{_AGENT}, le")
    yield Record(name=BUCKETS, expression=buckets)
    yield Record(name=P99, expression=f"histogram_quantile(0.99, {telemetry.recorded(BUCKETS)})")
    # Not what is over the limit of series, which is of no agent.
    calls = telemetry.series(exposition.CALLS, 'agent!=""')
    yield Record(name=ACTIVE, expression=f"{telemetry.grown(calls, '10m', _AGENT)} > 0")


def of_prices(telemetry: Telemetry) -> Iterator[Record]:
    """The price table, and budgets."""
    for model, price in telemetry.gateway.prices.items():
        for kind, dollars in _kinds(price).items():
            yield Record(
                name=PRICE,
                expression=f"vector({dollars}) / 1e6",
                labels={"namespace": telemetry.watched.namespace, "model": model, "kind": kind},
            )
    for tenant, dollars in telemetry.gateway.budgets.items():
        yield Record(
            name=BUDGET,
            expression=f"vector({dollars})",
            labels={"namespace": telemetry.watched.namespace, "tenant": tenant},
        )


def of_costs(telemetry: Telemetry) -> Iterator[Record]:
    """Tokens and cost of 24 hours; none without prices."""
    if not telemetry.gateway.prices:
        return

    def of_day(metric: str) -> str:
        return telemetry.grown(telemetry.series(metric), DAY, _MODEL)

    cached = telemetry.recorded(TOKENS, 'kind="cached"')
    prompts = telemetry.recorded(PROMPTS)
    yield Record(name=TOKENS, expression=of_day(exposition.OUTPUT), labels={"kind": "output"})
    yield Record(name=TOKENS, expression=of_day(exposition.CACHED), labels={"kind": "cached"})
    yield Record(name=PROMPTS, expression=of_day(exposition.INPUT))
    yield Record(
        name=TOKENS,
        expression=f"clamp_min({prompts} - ignoring (kind) {cached}, 0)\nor {prompts}",
        labels={"kind": "input"},
    )
    prices = telemetry.recorded(PRICE)
    yield Record(
        name=COST,
        expression=(
            f"sum by ({_MODEL}) ({telemetry.recorded(TOKENS)}\n"
            f"* on (namespace, model, kind) group_left () {prices})"
        ),
    )


def _kinds(price: ModelPrice) -> dict[str, float]:
    """USD per million tokens of each kind."""
    cached = price.input if price.cached_input is None else price.cached_input
    kinds = {"input": price.input, "cached": cached, "output": price.output}
    return {kind: dollars for kind, dollars in kinds.items() if dollars is not None}
