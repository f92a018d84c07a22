"""The PromQL of the dashboards about agents and their gateway."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from components.agents.gateway import exposition
from components.agents.gateway.dialects import INFERENCE
from components.monitoring.alerts.agents import costs, gateway, recording, requests
from components.monitoring.alerts.agents.telemetry import Telemetry
from components.monitoring.definition import one_of

_LINES: Final = 10
"""Of a table."""

_NOW: Final = "$__rate_interval"
_RANGE: Final = "$__range"
_OPERATION: Final = "tenant, agent, operation, model"


@dataclass(frozen=True, kw_only=True)
class Agents:
    """What agents do and cost."""

    telemetry: Telemetry

    def requests(self, by: str = "") -> str:
        """Requests in a second, ``by`` labels."""
        return _sum(self.telemetry.recorded(recording.REQUESTS), by)

    def success(self) -> str:
        """Part of all requests that succeed."""
        failed = (
            f"{self.telemetry.recorded(recording.ERRORS)} "
            f"* {self.telemetry.recorded(recording.REQUESTS)}"
        )
        return f"1 - sum({failed}) / (sum({self.telemetry.recorded(recording.REQUESTS)}) > 0)"

    def errors(self) -> str:
        """Percent of the requests of each agent that fail."""
        return f"100 * max by (tenant, agent) ({self.telemetry.recorded(recording.ERRORS)})"

    def seconds(self, quantile: float) -> str:
        """How long requests of all agents take."""
        buckets = self.telemetry.recorded(recording.BUCKETS)
        return f"histogram_quantile({quantile}, sum by (le) ({buckets}))"

    def slowest(self) -> str:
        """What 99 of 100 requests of the slowest agent are faster than."""
        return f"max({self.telemetry.recorded(recording.P99)} >= 0)"

    def slow(self) -> str:
        """The same of each agent."""
        return f"max by (tenant, agent) ({self.telemetry.recorded(recording.P99)} >= 0)"

    def calls(self, by: str) -> str:
        """Calls of models in a second."""
        return f"sum by ({by}) (rate({self._inference()}[{_NOW}]))"

    def rate_limits(self, by: str) -> str:
        """Calls of models that were refused, within the window of the alert."""
        refused = self._inference(f'error_kind="{exposition.RATE_LIMIT}"')
        return self.telemetry.grown(refused, requests.RATE_LIMIT_WINDOW, by)

    def tokens(self, metric: str, by: str = "") -> str:
        """Tokens in a second."""
        return _sum(f"rate({self.telemetry.series(metric)}[{_NOW}])", by)

    def tokens_within(self) -> str:
        """Tokens of all models in the time that the dashboard shows."""
        both = (exposition.INPUT, exposition.OUTPUT)
        grown = [
            self.telemetry.grown(self.telemetry.series(metric), _RANGE, "namespace")
            for metric in both
        ]
        return f"sum({grown[0]}) + sum({grown[1]})"

    def slow_operations(self) -> str:
        """Those that took longest in the time that the dashboard shows."""
        buckets = self.telemetry.series(f"{exposition.SECONDS}_bucket", 'agent!=""')
        rate = f"sum by ({_OPERATION}, le) (rate({buckets}[{_RANGE}]))"
        return f"topk({_LINES}, histogram_quantile(0.95, {rate}) >= 0)"

    def failed_operations(self) -> str:
        """Those that failed most often in the time that the dashboard shows."""
        failed = self.telemetry.series(exposition.CALLS, f'status_code="{exposition.ERROR}"')
        grown = self.telemetry.grown(failed, _RANGE, f"{_OPERATION}, error_kind")
        return f"topk({_LINES}, round({grown}) > 0)"

    def active(self) -> str:
        """Agents that have sent something in the last minutes."""
        return f"count({self.telemetry.recorded(recording.ACTIVE)})"

    def cost(self, by: str = "") -> str:
        """US dollars of 24 hours."""
        return _sum(self.telemetry.recorded(recording.COST), by)

    def spent(self) -> str:
        """Part of its budget that each tenant has spent in 24 hours."""
        return costs.of_budgets(self.telemetry)

    def most_spent(self) -> str:
        return f"max({self.spent()})"

    def day_tokens(self, by: str) -> str:
        """Tokens of 24 hours."""
        return f"sum by ({by}) ({self.telemetry.recorded(recording.TOKENS)})"

    def without_price(self) -> str:
        """Models without a price of something they have used in 24 hours."""
        return f"count({costs.without_price(self.telemetry)})"

    def reported_cost(self) -> str:
        """What agents say themselves that 24 hours cost, where they do."""
        reported = self.telemetry.series(exposition.REPORTED_COST)
        return self.telemetry.grown(reported, recording.DAY, "tenant")

    def prices(self) -> str:
        """US dollars for a million tokens."""
        return f"1e6 * max by (model, kind) ({self.telemetry.recorded(recording.PRICE)})"

    def _inference(self, *matchers: str) -> str:
        operation = one_of("operation", INFERENCE)
        return self.telemetry.series(exposition.CALLS, operation, *matchers)


@dataclass(frozen=True, kw_only=True)
class Gateway:
    """What the gateway takes, sends on, holds and loses."""

    telemetry: Telemetry

    def accepted(self) -> str:
        """Spans in a second."""
        return self._rate(self.telemetry.series(exposition.ACCEPTED))

    def answered(self) -> str:
        """Requests of agents in a second, by the status that they get."""
        status = "http_response_status_code"
        answered = self.telemetry.series(exposition.ANSWERED)
        return f"sum by ({status}) (rate({answered}[{_NOW}]))"

    def sent(self, exporter: str) -> str:
        """Spans in a second."""
        return self._rate(self.telemetry.exported(exposition.SENT, exporter))

    def lost(self, exporter: str = exposition.LANGFUSE) -> str:
        """Spans that were not taken, within the window of the alert."""
        failed = self.telemetry.exported(exposition.SEND_FAILED, exporter)
        return self._grown(failed, gateway.LOST_WINDOW)

    def dropped_copies(self) -> str:
        """Copies for LangSmith that found no place in its queue, within the window of the alert."""
        full = self.telemetry.exported(exposition.ENQUEUE_FAILED, exposition.LANGSMITH)
        return self._grown(full, gateway.LOST_WINDOW)

    def refused(self) -> str:
        """Spans that were refused, within the window of the alert."""
        return self._grown(self.telemetry.series(exposition.REFUSED), gateway.REFUSED_WINDOW)

    def without_queue(self) -> str:
        """Those of them for which the queue had no room."""
        full = self.telemetry.exported(exposition.ENQUEUE_FAILED, exposition.LANGFUSE)
        return self._grown(full, gateway.REFUSED_WINDOW)

    def fullest_queue(self) -> str:
        return f"max({gateway.queue_filled(self.telemetry)})"

    def queue_filled(self) -> str:
        """Part of each pod's queue."""
        return gateway.queue_filled(self.telemetry)

    def queued(self) -> str:
        """Bytes that wait in each pod."""
        size = self.telemetry.exported(exposition.QUEUE_SIZE, exposition.LANGFUSE)
        return f"max by (pod) ({size})"

    def over_limit(self) -> str:
        """Additions of tokens that were not counted, within the window of the alert."""
        return self._grown(
            self.telemetry.series(exposition.DATAPOINTS, exposition.OVER_LIMIT),
            gateway.LOST_WINDOW,
        )

    def overflow(self) -> str:
        """Spans that were counted without labels, within the window of the alert."""
        return self._grown(
            self.telemetry.series(exposition.CALLS, exposition.OVERFLOW), gateway.LOST_WINDOW
        )

    def resident(self) -> str:
        """Memory of each pod's process."""
        return f"max by (pod) ({self.telemetry.series(exposition.RESIDENT)})"

    def _rate(self, selected: str) -> str:
        return f"sum(rate({selected}[{_NOW}]))"

    def _grown(self, counter: str, window: str) -> str:
        """No series is no event, if the gateway is measured at all."""
        measured = f"0 * sum({self.telemetry.uptime()})"
        return f"sum(round({self.telemetry.grown(counter, window, 'namespace')})) or {measured}"


def _sum(expression: str, by: str) -> str:
    return f"sum by ({by}) ({expression})" if by else f"sum({expression})"
