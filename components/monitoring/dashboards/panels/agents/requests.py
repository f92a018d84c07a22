"""Panels of what agents do: requests, errors, seconds, tokens."""

from __future__ import annotations

from typing import Final

from components.agents.gateway import exposition
from components.monitoring.dashboards.panels.agents import links
from components.monitoring.dashboards.panels.agents.promql import Agents
from components.monitoring.dashboards.panels.panel import Limit, Panel
from components.monitoring.dashboards.panels.queries import Prometheus
from components.monitoring.dashboards.panels.table import Table
from components.monitoring.watched_workloads import WatchedGateway

NO_REQUESTS: Final = "no requests"
_AGENT: Final = "{{tenant}}/{{agent}}"
_OF_MODEL: Final = "{{tenant}} {{model}}"


def requests(agents: Agents, gateway: WatchedGateway) -> list[Panel]:
    return [
        Panel(
            kind="graph",
            title="Requests by agent",
            description=(
                "Requests in a second. It follows the people and systems that ask; a fall to "
                "nothing is an agent that is gone, or whose traces do not arrive."
            ),
            queries=[Prometheus(agents.requests("tenant, agent"), _AGENT)],
            unit="reqps",
            alert="AgentSilent",
            stacked=True,
            no_value=NO_REQUESTS,
        ),
        Panel(
            kind="graph",
            title="Failed requests by agent",
            description=(
                "Part of each agent's requests that fail. 0 is normal; the table below says in "
                "which operation, and leads to the traces."
            ),
            queries=[Prometheus(agents.errors(), _AGENT)],
            unit="percent",
            alert="AgentErrors",
            limits=[Limit(value=gateway.limits.error_percent)],
            no_value=NO_REQUESTS,
        ),
        Panel(
            kind="graph",
            title="Answer time",
            description=(
                "How long requests of all agents take: half of them, 95 and 99 of 100 are "
                "faster. Values are between limits of buckets, and at most 120 seconds."
            ),
            queries=[
                Prometheus(agents.seconds(0.5), "p50"),
                Prometheus(agents.seconds(0.95), "p95"),
                Prometheus(agents.seconds(0.99), "p99"),
            ],
            unit="s",
            no_value=NO_REQUESTS,
        ),
        slowest(agents, gateway),
    ]


def slowest(agents: Agents, gateway: WatchedGateway) -> Panel:
    return Panel(
        kind="graph",
        title="Slowest answers (p99)",
        description=(
            "What 99 of 100 requests of an agent are faster than. The table below says which "
            "operation takes the time: a model, a tool, or the agent itself."
        ),
        queries=[Prometheus(agents.slow(), _AGENT)],
        unit="s",
        alert="AgentSlow",
        limits=[Limit(value=gateway.limits.p99_seconds)],
        no_value=NO_REQUESTS,
    )


def operations(agents: Agents, gateway: WatchedGateway) -> list[Panel]:
    columns = {"tenant": "tenant", "agent": "agent", "operation": "operation", "model": "model"}
    return [
        Panel(
            kind=Table(
                columns={**columns, "Value": "p95"},
                link="Slow spans in Langfuse",
                url=links.slow(gateway.project_url, gateway.limits.p99_seconds),
            ),
            title="Slowest operations",
            description=(
                "The ten that took longest in the time that is shown: 95 of 100 were faster. A "
                "line leads to the namespace's slow spans in Langfuse."
            ),
            queries=[Prometheus(agents.slow_operations(), instant=True, table=True)],
            unit="s",
            no_value=NO_REQUESTS,
        ),
        Panel(
            kind=Table(
                columns={**columns, "error_kind": "error", "Value": "times"},
                link="Failed spans in Langfuse",
                url=links.failed(gateway.project_url),
            ),
            title="Failing operations",
            description=(
                "The ten that failed most often in the time that is shown, by the kind of the "
                "error. A line leads to the namespace's failed spans in Langfuse."
            ),
            queries=[Prometheus(agents.failed_operations(), instant=True, table=True)],
            unit="none",
            decimals=0,
            no_value="none failed",
        ),
    ]


def models(agents: Agents, gateway: WatchedGateway) -> list[Panel]:
    return [
        Panel(
            kind="graph",
            title="Calls by model",
            description=(
                "Calls of models in a second, as agents name them. A model that nobody has "
                "chosen is an agent's new release, or a default of its SDK."
            ),
            queries=[Prometheus(agents.calls("model"), "{{model}}")],
            unit="reqps",
            stacked=True,
            no_value=NO_REQUESTS,
        ),
        Panel(
            kind="graph",
            title="Tokens by kind",
            description=(
                "Tokens of all models in a second. Those from a cache are part of the input, and "
                "cost less; a fall of their part makes the same requests dearer."
            ),
            queries=[
                Prometheus(agents.tokens(exposition.INPUT), "input"),
                Prometheus(agents.tokens(exposition.CACHED), "of it from a cache"),
                Prometheus(agents.tokens(exposition.OUTPUT), "output"),
            ],
            unit="cps",
            no_value=NO_REQUESTS,
        ),
        Panel(
            kind="graph",
            title="Refused calls by model",
            description=(
                "Calls of a model within five minutes that its provider refused because there "
                "were too many. 0 is normal; otherwise ask for a higher limit."
            ),
            queries=[Prometheus(agents.rate_limits("namespace, tenant, model"), _OF_MODEL)],
            unit="none",
            alert="AgentRateLimited",
            limits=[Limit(value=gateway.limits.rate_limit_errors)],
            decimals=0,
            no_value="0",
        ),
    ]


def tenants(agents: Agents) -> list[Panel]:
    return [
        Panel(
            kind="graph",
            title="Requests by namespace",
            description=(
                "Requests in a second of each namespace with agents, by the credential that they "
                "send with: what agents say of themselves does not count."
            ),
            queries=[Prometheus(agents.requests("tenant"), "{{tenant}}")],
            unit="reqps",
            stacked=True,
            no_value=NO_REQUESTS,
        ),
        Panel(
            kind="graph",
            title="Input tokens by agent",
            description=(
                "Tokens of prompts in a second, those from a cache included. A climb without more "
                "requests is a conversation that is sent whole, again and again."
            ),
            queries=[Prometheus(agents.tokens(exposition.INPUT, "tenant, agent"), _AGENT)],
            unit="cps",
            stacked=True,
            no_value=NO_REQUESTS,
        ),
        Panel(
            kind="graph",
            title="Output tokens by agent",
            description=(
                "Tokens of answers in a second. They cost several times as much as those of "
                "prompts, and take most of the time."
            ),
            queries=[Prometheus(agents.tokens(exposition.OUTPUT, "tenant, agent"), _AGENT)],
            unit="cps",
            stacked=True,
            no_value=NO_REQUESTS,
        ),
    ]


def stat(
    title: str, description: str, expression: str, *, unit: str, alert: str | None = None
) -> Panel:
    """At a glance."""
    return Panel(
        kind="stat",
        title=title,
        description=description,
        queries=[Prometheus(expression)],
        unit=unit,
        alert=alert,
        no_value=NO_REQUESTS,
        height=4,
    )
