"""The dashboard of what agents do: requests, errors, seconds, tokens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from grafana_foundation_sdk.models import dashboard as model

from components.monitoring.dashboards.layout import Frame, Row, build, spread
from components.monitoring.dashboards.panels.agents import costs
from components.monitoring.dashboards.panels.agents import requests as panels
from components.monitoring.dashboards.panels.agents.promql import Agents
from components.monitoring.dashboards.panels.panel import Limit, Panel
from components.monitoring.dashboards.panels.queries import Prometheus
from components.monitoring.dashboards.subject import Subject
from components.monitoring.watched_workloads import WatchedGateway


def dashboard(subject: Subject, *, uid: str, links: Mapping[str, str]) -> model.Dashboard:
    """The dashboard. Raises ValueError for a stack without metrics of agents."""
    telemetry = subject.agents
    if telemetry is None:
        raise ValueError("a stack whose Prometheus reads no gateway has no dashboard of agents")
    agents, gateway = Agents(telemetry=telemetry), telemetry.gateway
    rows = [
        Row("At a glance", spread(list(_glance(agents, gateway)))),
        Row("Requests", spread(panels.requests(agents, gateway))),
        Row("Slowest and failing operations", spread(panels.operations(agents, gateway))),
        Row("Models", spread(panels.models(agents, gateway))),
        Row("Agents and their namespaces", spread(panels.tenants(agents))),
    ]
    frame = Frame(
        uid=uid,
        title=f"Langfuse {subject.watched.stack}: agents",
        description="What agents do: how many requests, how many fail, how long they take.",
        subject=subject,
        links=links,
        pages={"Traces in Langfuse": f"{gateway.project_url}/traces"},
    )
    return build(frame, rows)


def _glance(agents: Agents, gateway: WatchedGateway) -> Iterator[Panel]:
    yield panels.stat(
        "Requests",
        "Requests of all agents in a second: their own spans, or their calls of models where they "
        "have none. Compare with the same hour of another day.",
        agents.requests(),
        unit="reqps",
    )
    yield replace(
        panels.stat(
            "Successful requests",
            "Part of all requests that did not fail. A single agent that fails is below; Langfuse "
            "has the traces with the error itself.",
            agents.success(),
            unit="percentunit",
            alert="AgentErrors",
        ),
        limits=[Limit(value=1 - gateway.limits.error_percent / 100, below=True)],
        maximum=1,
    )
    yield replace(
        panels.slowest(agents, gateway),
        kind="stat",
        height=4,
        queries=[Prometheus(agents.slowest())],
    )
    yield panels.stat(
        "Tokens",
        "Input and output of all models in the time that is shown, as agents report them. It "
        "follows requests; a climb alone is longer prompts, or an agent in a loop.",
        agents.tokens_within(),
        unit="short",
    )
    if gateway.prices:
        yield costs.total(agents)
    yield panels.stat(
        "Active agents",
        "Agents that have sent something in the last ten minutes. One that is missing for long "
        "has an alert.",
        agents.active(),
        unit="none",
        alert="AgentSilent",
    )
