"""Cases of agents' metrics and of the gateway's own, with the labels that a collector gives."""

from __future__ import annotations

from typing import Final

from components.agents.gateway import exposition
from components.monitoring.dashboards.panels.agents.promql import Agents, Gateway
from components.monitoring.dashboards.panels.workloads import Servers
from tests.support.gateway_series import NAMESPACE, sample
from tests.support.query_cases.case import Case
from tests.support.query_cases.workloads import stateful_set, volume

SECOND: Final = "langfuse-gateway-1"
BEGAN: Final = "_x37 {}x20"
"""A counter that begins within five minutes, and goes on no further."""
LONG_AGO: Final = "_x10 {}x50"
"""One that began before."""
RATE: Final = "0+60x60"
"""One in a second."""


def series(metric: str, pod: str = "langfuse-gateway-0", **labels: str) -> str:
    found = sample(metric, pod, **labels)
    return found.replace(f'namespace="{NAMESPACE}"', "NS")


UPTIME: Final[dict[str, str | float]] = {
    series(exposition.UPTIME): "100000+60x60",
    series(exposition.UPTIME, SECOND): RATE,
}


def recorded(name: str, **labels: str) -> str:
    """What a rule computes."""
    inside = "".join(f', {label}="{value}"' for label, value in labels.items())
    return f"agents:{name}{{NS{inside}}}"


SHOP: Final = {"tenant": "ai-agents", "agent": "shop"}
READER: Final = {"tenant": "research", "agent": "reader"}
OF_SHOP: Final = '{tenant="ai-agents",agent="shop"}'
OF_READER: Final = '{tenant="research",agent="reader"}'


def of_agents(agents: Agents) -> list[Case]:
    return [*_requests(agents), *_models(agents), *_operations(agents), *_costs(agents)]


def _requests(agents: Agents) -> list[Case]:
    rate: dict[str, str | float] = {
        recorded("requests:rate5m", **SHOP): 2,
        recorded("requests:rate5m", **READER): 3,
    }
    errors: dict[str, str | float] = {
        recorded("errors:ratio_rate5m", **SHOP): 0.5,
        recorded("errors:ratio_rate5m", **READER): 0,
    }
    slow: dict[str, str | float] = {
        recorded("request_duration_seconds:p99_5m", **SHOP): 4,
        recorded("request_duration_seconds:p99_5m", **READER): 7,
        recorded("request_duration_seconds:p99_5m", tenant="research", agent="idle"): " ".join(
            ["NaN"] * 60
        ),
    }
    buckets: dict[str, str | float] = {
        recorded("request_duration_seconds_bucket:rate5m", le=le, **of): value
        for of in (SHOP, READER)
        for le, value in {"1": 0, "2": 50, "4": 90, "8": 100, "+Inf": 100}.items()
    }
    return [
        Case(agents.requests(), rate, {"{}": 5}, id="requests"),
        Case(
            agents.requests("tenant, agent"),
            rate,
            {OF_SHOP: 2, OF_READER: 3},
            id="requests of each agent",
        ),
        Case(
            agents.requests("tenant"),
            rate | {recorded("requests:rate5m", tenant="research", agent="second"): 4},
            {'{tenant="ai-agents"}': 2, '{tenant="research"}': 7},
            id="requests of each namespace",
        ),
        Case(agents.success(), {**rate, **errors}, {"{}": 0.8}, id="a fifth fails"),
        Case(
            agents.success(),
            {recorded("requests:rate5m", **SHOP): 0},
            {},
            id="no requests, no success",
        ),
        Case(agents.errors(), errors, {OF_SHOP: 50, OF_READER: 0}, id="errors of each agent"),
        Case(agents.slowest(), slow, {"{}": 7}, id="the slowest agent"),
        Case(agents.slow(), slow, {OF_SHOP: 4, OF_READER: 7}, id="p99 of agents with requests"),
        Case(agents.seconds(0.5), buckets, {"{}": 2}, id="p50 of all"),
        Case(agents.seconds(0.95), buckets, {"{}": 6}, id="p95 of all"),
        Case(agents.seconds(0.99), buckets, {"{}": 7.6}, id="p99 of all"),
        Case(
            agents.active(),
            {
                recorded("spans:increase10m", **SHOP): 2,
                recorded("spans:increase10m", **READER): "5x30 stale",
            },
            {"{}": 1},
            id="one active agent, and one that was",
        ),
    ]


def _models(agents: Agents) -> list[Case]:
    calls: dict[str, str | float] = {
        series(exposition.CALLS, operation="chat", **SHOP): RATE,
        series(exposition.CALLS, SECOND, operation="embeddings", **SHOP): RATE,
        series(exposition.CALLS, operation="invoke_agent", **SHOP): "0+7777x60",
    }
    refused = {"operation": "chat", "error_kind": "rate_limit", "status_code": "STATUS_CODE_ERROR"}
    tokens: dict[str, dict[str, str | float]] = {
        metric: {
            series(metric, **SHOP): "0+120x60",
            series(metric, SECOND, **SHOP): "0+180x60",
            series(metric, model="o3", **READER): "0+60x60",
        }
        for metric in (exposition.INPUT, exposition.CACHED, exposition.OUTPUT)
    }
    found = [
        Case(agents.calls("model"), calls, {'{model="gpt-4o"}': 2}, id="calls of a model"),
        Case(
            agents.rate_limits("namespace, tenant, model"),
            UPTIME
            | {
                series(exposition.CALLS, SECOND, **SHOP, **refused): BEGAN.format(4),
                series(exposition.CALLS, **SHOP, **refused): BEGAN.format(3),
                series(exposition.CALLS, **READER, **refused): LONG_AGO.format(9),
                series(exposition.CALLS, **SHOP, **{**refused, "operation": "invoke_agent"}): (
                    BEGAN.format(7)
                ),
            },
            {
                f'{{namespace="{NAMESPACE}",tenant="ai-agents",model="gpt-4o"}}': 7,
                f'{{namespace="{NAMESPACE}",tenant="research",model="gpt-4o"}}': 0,
            },
            id="refused calls in five minutes",
        ),
        Case(
            agents.tokens_within(),
            UPTIME
            | {
                series(exposition.INPUT, SECOND, **SHOP): "_x10 500x60",
                series(exposition.OUTPUT, SECOND, **READER): "_x20 70x60",
                series(exposition.OUTPUT, **READER): "9000x60",
            },
            {"{}": 570},
            id="tokens in an hour, and what Prometheus did not see begin",
        ),
    ]
    for metric, each in tokens.items():
        found.append(Case(agents.tokens(metric), each, {"{}": 6}, id=f"{metric} in a second"))
    for metric in (exposition.INPUT, exposition.OUTPUT):
        found.append(
            Case(
                agents.tokens(metric, "tenant, agent"),
                tokens[metric],
                {OF_SHOP: 5, OF_READER: 1},
                id=f"{metric} of each agent",
            )
        )
    return found


def _operations(agents: Agents) -> list[Case]:
    def bucket(le: str, operation: str) -> str:
        return series(
            f"{exposition.SECONDS}_bucket",
            le=le,
            operation=operation,
            agent="shop",
            tenant="ai-agents",
            model="unknown",
        )

    failed = {
        "status_code": "STATUS_CODE_ERROR",
        "error_kind": "timeout",
        "operation": "execute_tool",
    }
    ok = {"status_code": "STATUS_CODE_UNSET", "operation": "execute_tool"}
    line = 'tenant="ai-agents",agent="shop",model="gpt-4o",operation="execute_tool"'
    return [
        Case(
            agents.slow_operations(),
            {
                **{bucket(le, "execute_tool"): "0+90x60" for le in ("2",)},
                **{bucket(le, "execute_tool"): "0+100x60" for le in ("3", "+Inf")},
                **{bucket(le, "invoke_agent"): "5x60" for le in ("2", "3", "+Inf")},
            },
            {
                '{tenant="ai-agents",agent="shop",operation="execute_tool",model="unknown"}': 2.5,
            },
            id="p95 of operations in an hour",
        ),
        Case(
            agents.failed_operations(),
            UPTIME
            | {
                series(exposition.CALLS, SECOND, **SHOP, **failed): "_x10 3x60",
                series(exposition.CALLS, SECOND, **SHOP, **ok): "_x10 50x60",
                series(exposition.CALLS, SECOND, **READER, **failed): "0x60",
            },
            {f'{{{line},error_kind="timeout"}}': 3},
            id="operations that failed in an hour",
        ),
    ]


def _costs(agents: Agents) -> list[Case]:
    gpt, o3 = {**SHOP, "model": "gpt-4o"}, {**READER, "model": "o3"}
    cost: dict[str, str | float] = {
        recorded("cost_usd:increase1d", **gpt): 1.5,
        recorded("cost_usd:increase1d", **{**gpt, "model": "o3"}): 1,
        recorded("cost_usd:increase1d", **o3): 4,
    }
    tokens: dict[str, str | float] = {
        recorded("tokens:increase1d", kind="input", **gpt): 100,
        recorded("tokens:increase1d", kind="output", **gpt): 30,
        recorded("tokens:increase1d", kind="input", **o3): 10,
        recorded("tokens:increase1d", kind="output", **o3): 0,
        recorded("tokens:increase1d", kind="input", **{**gpt, "model": "new"}): 5,
    }
    prices: dict[str, str | float] = {
        recorded("price_usd_per_token", model="gpt-4o", kind="input"): 2.5e-06,
        recorded("price_usd_per_token", model="o3", kind="input"): 1e-06,
    }
    budget: dict[str, str | float] = {recorded("budget_usd_per_day", tenant="research"): 16}
    return [
        Case(agents.cost(), cost, {"{}": 6.5}, id="cost"),
        Case(
            agents.cost("tenant"),
            cost,
            {'{tenant="ai-agents"}': 2.5, '{tenant="research"}': 4},
            id="cost of each namespace",
        ),
        Case(
            agents.cost("tenant, agent"),
            cost,
            {OF_SHOP: 2.5, OF_READER: 4},
            id="cost of each agent",
        ),
        Case(
            agents.cost("model"),
            cost,
            {'{model="gpt-4o"}': 1.5, '{model="o3"}': 5},
            id="cost of each model",
        ),
        Case(
            agents.spent(),
            {**cost, **budget},
            {f'{{namespace="{NAMESPACE}",tenant="research"}}': 0.25},
            id="a quarter of a budget",
        ),
        Case(
            agents.most_spent(),
            {**cost, **budget, recorded("budget_usd_per_day", tenant="ai-agents"): 5},
            {"{}": 0.5},
            id="the fullest budget",
        ),
        Case(
            agents.day_tokens("kind"),
            tokens,
            {'{kind="input"}': 115, '{kind="output"}': 30},
            id="tokens of each kind",
        ),
        Case(
            agents.without_price(),
            {**tokens, **prices},
            {"{}": 2},
            id="a model without a price, one without that of its output, and one without output",
        ),
        Case(
            agents.prices(),
            prices,
            {'{model="gpt-4o",kind="input"}': 2.5, '{model="o3",kind="input"}': 1},
            id="prices of a million",
        ),
        Case(
            agents.reported_cost(),
            UPTIME | {series(exposition.REPORTED_COST, SECOND, **SHOP): "_x10 0.5x60"},
            {'{tenant="ai-agents"}': 0.5},
            id="what agents report",
        ),
    ]


def of_gateway(gateway: Gateway) -> list[Case]:
    def exported(metric: str, exporter: str, pod: str = SECOND) -> str:
        return series(metric, pod, exporter=f"otlp_http/{exporter}")

    def counted(expression: str, counter: str, other: str, id_: str) -> list[Case]:
        return [
            Case(
                expression,
                UPTIME | {counter: BEGAN.format(3), other: BEGAN.format(50)},
                {"{}": 3},
                id=id_,
            ),
            Case(expression, UPTIME, {"{}": 0}, id=f"{id_}: none"),
        ]

    first = "langfuse-gateway-0"
    queues: dict[str, str | float] = {
        **{
            exported(exposition.QUEUE_SIZE, "langfuse", pod): size
            for pod, size in {first: 250, SECOND: 500}.items()
        },
        **{exported(exposition.QUEUE_CAPACITY, "langfuse", pod): 1000 for pod in (first, SECOND)},
        exported(exposition.QUEUE_SIZE, "langsmith"): 900,
        exported(exposition.QUEUE_CAPACITY, "langsmith"): 1000,
    }
    lost, dropped = exposition.SEND_FAILED, exposition.ENQUEUE_FAILED
    both = f'namespace="{NAMESPACE}",pod='
    return [
        Case(
            gateway.accepted(),
            {series(exposition.ACCEPTED): RATE, series(exposition.ACCEPTED, SECOND): RATE},
            {"{}": 2},
            id="spans from agents",
        ),
        Case(
            gateway.answered(),
            {
                series(exposition.ANSWERED, http_response_status_code="200"): RATE,
                series(exposition.ANSWERED, SECOND, http_response_status_code="200"): RATE,
                series(exposition.ANSWERED, SECOND, http_response_status_code="401"): RATE,
            },
            {
                '{http_response_status_code="200"}': 2,
                '{http_response_status_code="401"}': 1,
            },
            id="answers to agents",
        ),
        *(
            Case(
                gateway.sent(f"otlp_http/{exporter}"),
                {
                    exported(exposition.SENT, exporter): RATE,
                    exported(exposition.SENT, other): "0+6000x60",
                },
                {"{}": 1},
                id=f"spans to {exporter}",
            )
            for exporter, other in (("langfuse", "langsmith"), ("langsmith", "langfuse"))
        ),
        *counted(gateway.lost(), exported(lost, "langfuse"), exported(lost, "langsmith"), "lost"),
        *counted(
            gateway.lost("otlp_http/langsmith"),
            exported(lost, "langsmith"),
            exported(lost, "langfuse"),
            "copies lost",
        ),
        *counted(
            gateway.dropped_copies(),
            exported(dropped, "langsmith"),
            exported(dropped, "langfuse"),
            "copies without a place",
        ),
        *counted(
            gateway.without_queue(),
            exported(dropped, "langfuse"),
            exported(dropped, "langsmith"),
            "refused for want of room",
        ),
        *counted(
            gateway.refused(),
            series(exposition.REFUSED, SECOND),
            series(exposition.ACCEPTED, SECOND),
            "refused",
        ),
        *counted(
            gateway.over_limit(),
            series(exposition.DATAPOINTS, SECOND, error="limit"),
            series(exposition.DATAPOINTS, SECOND, error="other"),
            "tokens over the limit",
        ),
        *counted(
            gateway.overflow(),
            series(exposition.CALLS, SECOND, otel_metric_overflow="true"),
            series(exposition.CALLS, SECOND, **SHOP),
            "spans over the limit",
        ),
        Case(gateway.fullest_queue(), queues, {"{}": 0.5}, id="the fullest queue"),
        Case(
            gateway.queue_filled(),
            queues,
            {f'{{{both}"{first}"}}': 0.25, f'{{{both}"{SECOND}"}}': 0.5},
            id="each queue",
        ),
        Case(
            gateway.queued(),
            queues,
            {f'{{pod="{first}"}}': 250, f'{{pod="{SECOND}"}}': 500},
            id="bytes in each queue",
        ),
        Case(
            gateway.resident(),
            {series(exposition.RESIDENT, SECOND): 5},
            {f'{{pod="{SECOND}"}}': 5},
            id="memory of each process",
        ),
    ]


def of_volumes(gateways: Servers) -> list[Case]:
    """Of one StatefulSet with several pods."""
    (name,), claims = gateways.servers.stateful_sets, gateways.servers.claims
    free: dict[str, str | float] = {
        volume("available", claims[0]): 25,
        volume("available", claims[1]): 50,
        volume("available", "data-other-0"): 1,
    }
    size: dict[str, str | float] = {volume("capacity", claim): 100 for claim in claims}
    return [
        Case(gateways.ready(), {stateful_set(name): 2}, {"{}": 2}, id=f"{name}: both are ready"),
        Case(gateways.volume_used(), {**free, **size}, {"{}": 0.75}, id=f"{name}: fullest volume"),
        Case(
            gateways.volume_available(),
            free,
            {
                f'{{persistentvolumeclaim="{claims[0]}"}}': 25,
                f'{{persistentvolumeclaim="{claims[1]}"}}': 50,
            },
            id=f"{name}: free on each",
        ),
        Case(gateways.volume_capacity(), size, {"{}": 100}, id=f"{name}: size of the smallest"),
    ]
