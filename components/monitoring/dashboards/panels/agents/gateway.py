"""Panels of the gateway that agents send to."""

from __future__ import annotations

from collections.abc import Sequence

from components.agents.gateway import exposition
from components.monitoring.alerts.agents import gateway as alerts
from components.monitoring.dashboards.panels import workloads
from components.monitoring.dashboards.panels.agents.promql import Gateway
from components.monitoring.dashboards.panels.panel import CRITICAL, Limit, Panel
from components.monitoring.dashboards.panels.queries import Prometheus


def up(gateway: Gateway) -> Panel:
    """At a glance."""
    telemetry = gateway.telemetry
    replicas = telemetry.gateway.servers.replicas
    pods = workloads.servers(telemetry.watched, telemetry.gateway.servers)
    return Panel(
        kind="stat",
        title="Gateway",
        description=(
            "Pods of the gateway that accept what agents send. With none, agents lose what their "
            "SDKs cannot hold back; events and logs of the pods say why."
        ),
        queries=[Prometheus(pods.ready())],
        unit="none",
        alert="AgentGatewayDown",
        limits=[
            Limit(value=1, colour=CRITICAL, below=True),
            *([Limit(value=replicas, below=True)] if replicas > 1 else []),
        ],
        decimals=0,
        height=4,
    )


def traces(gateway: Gateway) -> Sequence[Panel]:
    langsmith = gateway.telemetry.gateway.langsmith
    copies = [Prometheus(gateway.sent(exposition.LANGSMITH), "to LangSmith")] if langsmith else []
    panels = [
        Panel(
            kind="graph",
            title="Spans",
            description=(
                "Spans in a second that agents sent, and that Langfuse took. The second follows "
                "the first; while it is lower, the queue grows."
            ),
            queries=[
                Prometheus(gateway.accepted(), "from agents"),
                Prometheus(gateway.sent(exposition.LANGFUSE), "to Langfuse"),
                *copies,
            ],
            unit="cps",
        ),
        lost(gateway),
        refused(gateway),
    ]
    if langsmith:
        panels.append(
            Panel(
                kind="graph",
                title="Copies lost",
                description=(
                    "Spans within a quarter of an hour that LangSmith did not take, or that found "
                    "no place in its queue. They are not sent again; Langfuse has them."
                ),
                queries=[
                    Prometheus(gateway.lost(exposition.LANGSMITH), "not taken"),
                    Prometheus(gateway.dropped_copies(), "no place"),
                ],
                unit="none",
                alert="AgentCopiesLost",
                limits=[Limit(value=1)],
                decimals=0,
            )
        )
    return panels


def lost(gateway: Gateway) -> Panel:
    return Panel(
        kind="graph",
        title="Spans lost",
        description=(
            "Spans within a quarter of an hour that Langfuse refused with an answer after which "
            "none may be sent again. 0 is normal; the gateway's log has the answer."
        ),
        queries=[Prometheus(gateway.lost(), "lost")],
        unit="none",
        alert="AgentTracesLost",
        limits=[Limit(value=1, colour=CRITICAL)],
        decimals=0,
    )


def refused(gateway: Gateway) -> Panel:
    return Panel(
        kind="graph",
        title="Spans refused",
        description=(
            "Spans within five minutes that the gateway refused: its queue had no room, or its "
            "memory. 0 is normal; SDKs send them again for a while."
        ),
        queries=[
            Prometheus(gateway.refused(), "refused"),
            Prometheus(gateway.without_queue(), "for want of room in the queue"),
        ],
        unit="none",
        alert="AgentTracesRefused",
        limits=[Limit(value=1)],
        decimals=0,
    )


def waiting(gateway: Gateway) -> list[Panel]:
    return [
        queue(gateway),
        Panel(
            kind="graph",
            title="Waiting for Langfuse",
            description=(
                "Bytes in each pod's queue on its volume. Near 0 is normal. A climb is a Langfuse "
                "that is away or slow: nothing is lost until the queue is full."
            ),
            queries=[Prometheus(gateway.queued(), "{{pod}}")],
            unit="bytes",
            alert="AgentTraceQueueFilling",
        ),
        Panel(
            kind="graph",
            title="Answers to agents",
            description=(
                "Requests in a second by the status that agents get. 200 is normal; 401 is an "
                "agent with another stack's credential or an old one, 503 a queue that is full."
            ),
            queries=[Prometheus(gateway.answered(), "{{http_response_status_code}}")],
            unit="reqps",
            stacked=True,
        ),
    ]


def queue(gateway: Gateway) -> Panel:
    return Panel(
        kind="graph",
        title="Queue filled",
        description=(
            "Part of each pod's queue that waits for Langfuse. Near 0 is normal; at 100% the "
            "gateway refuses what agents send."
        ),
        queries=[Prometheus(gateway.queue_filled(), "{{pod}}")],
        unit="percentunit",
        alert="AgentTraceQueueFilling",
        limits=[Limit(value=alerts.QUEUE_FULL)],
        maximum=1,
    )


def series(gateway: Gateway) -> list[Panel]:
    return [
        Panel(
            kind="graph",
            title="Not counted",
            description=(
                "What is over gateway.seriesLimit within a quarter of an hour: additions of tokens "
                "that are not counted, and spans that are counted without labels."
            ),
            queries=[
                Prometheus(gateway.over_limit(), "additions of tokens"),
                Prometheus(gateway.overflow(), "spans"),
            ],
            unit="none",
            alert="AgentSeriesOverLimit",
            limits=[Limit(value=1)],
            decimals=0,
        ),
        Panel(
            kind="graph",
            title="Memory of the gateway",
            description=(
                "Memory of each pod's process. From 55 % of the container's limit on it "
                "refuses what agents send, to stay alive."
            ),
            queries=[Prometheus(gateway.resident(), "{{pod}}")],
            unit="bytes",
            alert="AgentTracesRefused",
        ),
    ]
