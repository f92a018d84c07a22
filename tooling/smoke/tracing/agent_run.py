"""One run of an agent through the gateway: its trace in Langfuse, its tokens in the gateway's
metrics, its cost in Langfuse."""

from __future__ import annotations

import functools
import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from components.agents.environment import tracing_environment
from components.agents.gateway import settings as gateway
from stacks.names import NAMES
from tooling.kit.exposition import samples, total
from tooling.kit.json_values import as_list, as_mapping
from tooling.smoke.report import Verdict, fail, ok, skip
from tooling.smoke.tracing import sdk
from tooling.smoke.tracing.opentelemetry import OBSERVATIONS, TRACE_SECONDS, TRACES
from tooling.smoke.tracing.reading import Seen, read
from tooling.smoke.tracing.sdk import Exchange, NotSentError, Refused
from tooling.smoke.tracing.trace import NAME, Trip
from tooling.smoke.web import UnreachableError

GATEWAY: Final = "gateway"
TOKENS: Final = "gateway tokens"
COST: Final = "gateway cost"
CHECKS: Final = (GATEWAY, TOKENS, COST)

METRIC: Final = "gen_ai_client_inference_usage_{kind}_tokens_total"

MODEL: Final = "gpt-4o-mini"
"""A model that every Langfuse has a price for, and a cheap one: the run adds to what people see."""

USED: Final[Mapping[str, int]] = {"input": 12, "output": 34}
"""Tokens of the run."""

_METRICS_SECONDS: Final = 15.0
_PAUSE: Final = 0.3
_LONGEST: Final = 16 * 2**20
"""Bytes of the metrics: 6 MB of 2,000 series."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """How agents of one namespace reach the gateway, from here."""

    namespace: str
    endpoint: str
    """URL for traces, of a port-forward."""
    metrics: str
    """URL of the same pod's metrics of agents."""
    headers: str = field(repr=False)
    """OTEL_EXPORTER_OTLP_TRACES_HEADERS."""


class AgentRun:
    """The SDK runs once, when the first check asks."""

    def __init__(
        self,
        trip: Trip,
        way: Way,
        *,
        trace_seconds: float = TRACE_SECONDS,
        metrics_seconds: float = _METRICS_SECONDS,
    ) -> None:
        self.trip = trip
        self.way = way
        self._trace_seconds, self._metrics_seconds = trace_seconds, metrics_seconds
        self.trace_id = hashlib.sha256(f"{NAME}-agent-{trip.run}".encode()).hexdigest()[:32]
        self._before = dict.fromkeys(USED, 0.0)
        self._start = time.monotonic()

    def trace(self) -> Verdict:
        """Whether the gateway accepts the run, and Langfuse has it, as that of the namespace."""
        try:
            sent = self._sent
        except NotSentError as error:
            return skip(GATEWAY, str(error), error.command)
        if (refused := sdk.refused(sent, urlsplit(self.way.endpoint).path, [200])) is not None:
            return self._refused(refused)
        if self.trip.expected.gateway is not None and not self.trip.expected.gateway.whole:
            return ok(
                GATEWAY,
                f"a run of an agent in {self.way.namespace} was accepted; gateway.sampling sends "
                "Langfuse a part of the traces, so it is not looked for",
            )
        if not self._seen.there:
            return self._not_there(self._seen)
        wanted = tracing_environment(self.way.namespace)
        environments = {str(item.get("environment")) for item in self._observations}
        if environments != {wanted}:
            return fail(
                GATEWAY,
                f"trace {self.trace_id} has the environment {', '.join(sorted(environments))}; "
                f"that of namespace {self.way.namespace} is {wanted}",
                cause="the credential in its Secret is of another namespace, or the gateway's pods "
                "run with another configuration",
                command=self.trip.commands.up(),
            )
        return ok(
            GATEWAY,
            f"a run of an agent in {self.way.namespace}, {self.trace_id}, was accepted and read "
            f"back from Langfuse with {len(self._observations)} observations, in {self._seconds}; "
            "it stays",
        )

    def tokens(self) -> Verdict:
        """Whether the gateway has counted the run's tokens for its namespace."""
        if (why := self._not_accepted) is not None:
            return skip(TOKENS, why)
        found = self._counted()
        end = time.monotonic() + self._metrics_seconds
        while any(found[kind] < count for kind, count in USED.items()) and time.monotonic() < end:
            time.sleep(_PAUSE)
            found = self._counted()
        said = ", ".join(f"{kind} {found[kind]:.0f} of {count}" for kind, count in USED.items())
        if any(found[kind] < count for kind, count in USED.items()):
            return fail(
                TOKENS,
                f"the gateway's metrics at port {gateway.METRICS_PORT} have counted {said} tokens "
                f"of namespace {self.way.namespace}",
                cause="its limit of series is reached (gateway.seriesLimit), or its pods run with "
                "another configuration",
                command=self.trip.commands.own("logs", f"{NAMES.gateway}-0", "--tail=50"),
            )
        return ok(
            TOKENS,
            f"the gateway has counted the run's tokens for namespace {self.way.namespace}, in "
            f"Prometheus' format: {said}",
        )

    def cost(self) -> Verdict:
        """Whether Langfuse knows what the run cost."""
        if (why := self._not_accepted) is not None:
            return skip(COST, why)
        expected = self.trip.expected.gateway
        if expected is not None and not expected.whole:
            return skip(COST, "gateway.sampling sends Langfuse a part of the traces")
        if not self._seen.there:
            return skip(COST, "the trace is not in Langfuse")
        costs = [_cost(item) for item in self._observations]
        paid = [cost for cost in costs if cost > 0]
        if len(paid) != 1:
            return fail(
                COST,
                f"{len(paid)} of {len(costs)} observations of the run have a cost; the call of the "
                "model alone has tokens",
                cause="the project has another definition of the model "
                f"{MODEL}, or usage is counted twice",
                command=self.trip.commands.worker("logs", "--tail=50"),
            )
        return ok(COST, f"Langfuse says that the run cost {paid[0]:.7f} dollars ({MODEL})")

    @functools.cached_property
    def _sent(self) -> Sequence[Exchange]:
        """What the SDK sent. Raises ``NotSentError``."""
        self._before = self._read_metrics()
        return sdk.send(
            self.trip,
            "send_agent_run",
            {
                "endpoint": self.way.endpoint,
                "headers": self.way.headers,
                "trace": self.trace_id,
                "spans": spans(self.trip.run),
                # Not needed to send to the gateway.
                **dict.fromkeys(("host", "publicKey", "secretKey"), ""),
            },
        )

    @property
    def _not_accepted(self) -> str | None:
        try:
            refused = sdk.refused(self._sent, urlsplit(self.way.endpoint).path, [200])
        except (NotSentError, UnreachableError) as error:
            return str(error)
        return None if refused is None else "the gateway has not accepted the run"

    @functools.cached_property
    def _seen(self) -> Seen:
        """Langfuse's answer with every observation of the run."""
        if "events" in self.trip.expected.tables:
            query = urlencode({"traceId": self.trace_id, "fields": "core,basic,usage"})
            path = f"{OBSERVATIONS}?{query}"
        else:
            path = f"{TRACES}/{self.trace_id}"
        wanted = len(spans(self.trip.run))
        return read(
            self.trip, path, lambda found: len(_items(found)) >= wanted, self._trace_seconds
        )

    @property
    def _observations(self) -> list[Mapping[str, Any]]:
        return _items(self._seen.document)

    def _counted(self) -> dict[str, float]:
        """Tokens of the namespace since before the run."""
        now = self._read_metrics()
        return {kind: now[kind] - self._before[kind] for kind in USED}

    def _read_metrics(self) -> dict[str, float]:
        answer = self.trip.web.get(f"{self.way.metrics}/metrics", longest=_LONGEST)
        found = [*samples(answer.body.decode(errors="replace"))]
        labels = {"tenant": self.way.namespace, "agent": NAME, "model": MODEL}
        return {kind: total(found, METRIC.format(kind=kind), **labels) for kind in USED}

    @property
    def _seconds(self) -> str:
        return f"{time.monotonic() - self._start:.1f} s"

    def _refused(self, refused: Refused) -> Verdict:
        commands = self.trip.commands
        cause, section = "the gateway fails: its log says why", "gateway-not-ready"
        command = commands.own("logs", f"{NAMES.gateway}-0", "--tail=50")
        if refused.status == 401:
            cause = (
                f"the gateway does not know the credential in the Secret of {self.way.namespace}: "
                "its pods are older than the namespace in agents, or the Secret is of another stack"
            )
            command, section = commands.up(), "agents-refused"
        elif refused.status in {429, 503}:
            cause = "its queue or its memory is full, because Langfuse does not take traces"
            command, section = commands.doctor(), "gateway-queue"
        return fail(GATEWAY, refused.seen, cause=cause, command=command, section=section)

    def _not_there(self, seen: Seen) -> Verdict:
        return fail(
            GATEWAY,
            f"trace {self.trace_id} was accepted by the gateway, and Langfuse {seen.last} after "
            f"{seen.seconds:.0f} s",
            cause="it waits in the gateway's queue, Langfuse has refused it, or no worker works",
            command=self.trip.commands.doctor(),
            section="gateway-queue",
        )


def spans(run: str) -> list[dict[str, Any]]:
    """The run: an agent that calls a model and a tool, by the conventions of OpenTelemetry."""
    common = {"gen_ai.agent.name": NAME, "run": run}
    return [
        {
            "name": f"invoke_agent {NAME}",
            "attributes": {**common, "gen_ai.operation.name": "invoke_agent"},
        },
        {
            "name": f"chat {MODEL}",
            "attributes": {
                **common,
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": "openai",
                "gen_ai.request.model": MODEL,
                "gen_ai.response.model": MODEL,
                **{f"gen_ai.usage.{kind}_tokens": count for kind, count in USED.items()},
            },
        },
        {
            "name": "execute_tool clock",
            "attributes": {
                **common,
                "gen_ai.operation.name": "execute_tool",
                "gen_ai.tool.name": "clock",
            },
        },
    ]


def _cost(observation: Mapping[str, Any]) -> float:
    """US dollars; of the older API under its own name."""
    found = observation.get("totalCost") or observation.get("calculatedTotalCost")
    return float(found) if isinstance(found, int | float | str) and found else 0.0


def _items(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    listed = as_list(document.get("data")) or as_list(document.get("observations")) or ()
    return [item for item in map(as_mapping, listed) if item is not None]
