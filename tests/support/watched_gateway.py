"""A gateway with everything that is watched of one."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from components.monitoring.watched_agents import AgentLimits, ModelPrice
from components.monitoring.watched_workloads import WatchedGateway, WatchedServers

GATEWAY: Final = WatchedGateway(
    servers=WatchedServers(
        stateful_sets=["langfuse-gateway"],
        container="collector",
        claims=["data-langfuse-gateway-0", "data-langfuse-gateway-1"],
        replicas=2,
    ),
    scraped=True,
    langsmith=True,
    prices={
        "gpt-4o": ModelPrice(input=2.5, output=10, cached_input=1.25),
        "text-embedding-3-small": ModelPrice(input=0.02),
    },
    budgets={"research": 10},
    limits=AgentLimits(),
    project_url="https://langfuse.example.com/project/default",
)

ALONE: Final = replace(
    GATEWAY,
    servers=replace(GATEWAY.servers, claims=["data-langfuse-gateway-0"], replicas=1),
    scraped=False,
    langsmith=False,
    prices={},
    budgets={},
)
"""One pod, whose metrics nobody reads."""

WITHOUT_PRICES: Final = replace(GATEWAY, langsmith=False, prices={}, budgets={})
