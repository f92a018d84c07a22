"""Panels of what agents cost: estimates from tokens and the price table."""

from __future__ import annotations

from components.monitoring.alerts.agents import costs
from components.monitoring.dashboards.panels.agents import links
from components.monitoring.dashboards.panels.agents.promql import Agents
from components.monitoring.dashboards.panels.agents.requests import stat
from components.monitoring.dashboards.panels.panel import Limit, Panel
from components.monitoring.dashboards.panels.queries import Prometheus
from components.monitoring.dashboards.panels.table import Table
from components.monitoring.watched_workloads import WatchedGateway


def total(agents: Agents) -> Panel:
    """At a glance."""
    return stat(
        "Cost of 24 hours",
        "An estimate of all agents, from their tokens and the prices in gateway.prices. What "
        "counts is Langfuse's own figure: it knows more kinds of tokens.",
        agents.cost(),
        unit="currencyUSD",
        alert="AgentCostHigh",
    )


def who(agents: Agents, gateway: WatchedGateway) -> list[Panel]:
    tenants = Panel(
        kind="graph",
        title="Cost of 24 hours by namespace",
        description=(
            "What each namespace with agents has spent in the 24 hours before. It falls when a "
            "day with more is over; a step up is a new agent, or a loop."
        ),
        queries=[Prometheus(agents.cost("tenant"), "{{tenant}}")],
        unit="currencyUSD",
        alert="AgentCostHigh",
        limits=[Limit(value=gateway.limits.cost_per_day)],
    )
    if not gateway.budgets:
        return [tenants]
    return [tenants, budgets(agents)]


def budgets(agents: Agents) -> Panel:
    return Panel(
        kind="graph",
        title="Budget spent",
        description=(
            "Part of a day's budget that each namespace has spent in the 24 hours before. Nothing "
            "stops agents above 100%: talk to their owners, or take their key."
        ),
        queries=[Prometheus(agents.spent(), "{{tenant}}")],
        unit="percentunit",
        alert="AgentBudgetExceeded",
        limits=[Limit(value=costs.NEAR), Limit(value=1)],
    )


def what(agents: Agents) -> list[Panel]:
    return [
        Panel(
            kind="graph",
            title="Cost of 24 hours by agent",
            description=(
                "What each agent has spent in the 24 hours before. An agent that is dear for what "
                "it does may need a smaller model, or a shorter prompt."
            ),
            queries=[Prometheus(agents.cost("tenant, agent"), "{{tenant}}/{{agent}}")],
            unit="currencyUSD",
            stacked=True,
        ),
        Panel(
            kind="graph",
            title="Cost of 24 hours by model",
            description=(
                "What calls of each model have cost in the 24 hours before. Models without a price "
                "in gateway.prices are missing here."
            ),
            queries=[Prometheus(agents.cost("model"), "{{model}}")],
            unit="currencyUSD",
            alert="AgentModelWithoutPrice",
            stacked=True,
        ),
        Panel(
            kind="graph",
            title="Tokens of 24 hours by kind",
            description=(
                "Input is what came from no cache. The more comes from a cache, the less the same "
                "requests cost."
            ),
            queries=[Prometheus(agents.day_tokens("kind"), "{{kind}}")],
            unit="short",
            alert="AgentTokensNotReported",
        ),
    ]


def sources(agents: Agents, gateway: WatchedGateway) -> list[Panel]:
    return [
        Panel(
            kind=Table(
                columns={"model": "model", "kind": "kind", "Value": "USD per million tokens"},
                link="Models and prices in Langfuse",
                url=links.models(gateway.project_url),
            ),
            title="Prices",
            description=(
                "The table in gateway.prices. Langfuse has prices of its own, which its figures "
                "follow: compare the two when a provider changes them."
            ),
            queries=[Prometheus(agents.prices(), instant=True, table=True)],
            unit="currencyUSD",
        ),
        Panel(
            kind="graph",
            title="Cost that agents report",
            description=(
                "What agents say themselves that 24 hours cost, where their SDK or proxy does. It "
                "is not part of the estimate; compare the two."
            ),
            queries=[Prometheus(agents.reported_cost(), "{{tenant}}")],
            unit="currencyUSD",
            no_value="not reported",
        ),
    ]
