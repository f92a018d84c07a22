"""The dashboard of what agents cost: estimates, and budgets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from grafana_foundation_sdk.models import dashboard as model

from components.monitoring.dashboards.layout import Frame, Row, build, spread
from components.monitoring.dashboards.panels.agents import costs as panels
from components.monitoring.dashboards.panels.agents import links as pages
from components.monitoring.dashboards.panels.agents.promql import Agents
from components.monitoring.dashboards.panels.panel import Limit, Panel
from components.monitoring.dashboards.panels.queries import Prometheus
from components.monitoring.dashboards.subject import Subject
from components.monitoring.watched_workloads import WatchedGateway


def dashboard(subject: Subject, *, uid: str, links: Mapping[str, str]) -> model.Dashboard:
    """The dashboard. Raises ValueError for a stack that knows no prices."""
    telemetry = subject.agents
    if telemetry is None or not telemetry.gateway.prices:
        raise ValueError("a stack without prices has no dashboard of costs")
    agents, gateway = Agents(telemetry=telemetry), telemetry.gateway
    rows = [
        Row("At a glance (estimates)", spread(list(_glance(agents, gateway)))),
        Row("Who spends (estimates)", spread(panels.who(agents, gateway))),
        Row("What for (estimates)", spread(panels.what(agents))),
        Row("Where the estimate comes from", spread(panels.sources(agents, gateway))),
    ]
    frame = Frame(
        uid=uid,
        title=f"Langfuse {subject.watched.stack}: agent costs",
        description=(
            "Estimates of what agents cost, from tokens and gateway.prices. Langfuse's own figures "
            "count."
        ),
        subject=subject,
        links=links,
        pages={"Cost in Langfuse": pages.dashboards(gateway.project_url)},
    )
    return build(frame, rows)


def _glance(agents: Agents, gateway: WatchedGateway) -> Iterator[Panel]:
    yield panels.total(agents)
    if gateway.budgets:
        yield panels.budgets(agents).at_a_glance(Prometheus(agents.most_spent()))
    yield Panel(
        kind="stat",
        title="Models without price",
        description=(
            "Models that agents have used in 24 hours, and that have no price for some of their "
            "tokens. 0 is normal: the estimate leaves them out."
        ),
        queries=[Prometheus(agents.without_price())],
        unit="none",
        alert="AgentModelWithoutPrice",
        limits=[Limit(value=1)],
        no_value="0",
        height=4,
    )
