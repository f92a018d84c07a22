"""Panels of the blackbox probe: Langfuse as seen from outside."""

from __future__ import annotations

from components.monitoring.dashboards.panels import limits, promql
from components.monitoring.dashboards.panels.panel import CRITICAL, GOOD, Limit, Panel, State
from components.monitoring.dashboards.panels.queries import Prometheus
from components.monitoring.watched_workloads import Watched


def answers(watched: Watched) -> Panel:
    return Panel(
        kind="stat",
        title="Answers from outside",
        description=(
            "The latest request of the blackbox exporter. Down while pods are available means the "
            "way to them: DNS, certificate, load balancer, network policy."
        ),
        queries=[Prometheus(promql.probe_answers(watched))],
        unit="none",
        alert="LangfuseProbeFailing",
        states={1: State(text="Up", colour=GOOD), 0: State(text="Down", colour=CRITICAL)},
        height=4,
    )


def duration(watched: Watched) -> Panel:
    return Panel(
        kind="stat",
        title="Answer time",
        description=(
            "How long the latest request of the blackbox exporter took. Tens of milliseconds are "
            "normal. When it is slow, look at CPU and at the database."
        ),
        queries=[Prometheus(promql.probe_duration(watched))],
        unit="s",
        alert="LangfuseProbeSlow",
        limits=[Limit(value=limits.PROBE_SECONDS)],
        height=4,
    )


def answered(watched: Watched) -> Panel:
    return Panel(
        kind="stat",
        title="Answered requests",
        description=(
            "Share of the blackbox exporter's requests that were answered, over the time range of "
            "the dashboard. 100% is normal; below it, the graph below says when."
        ),
        queries=[Prometheus(promql.probe_answered(watched, "$__range"), instant=True)],
        unit="percentunit",
        alert="LangfuseProbeFailing",
        limits=[
            Limit(value=limits.PROBE_SUCCESS, colour=CRITICAL, below=True),
            Limit(value=limits.PROBE_ANSWERED, below=True),
        ],
        maximum=1,
        decimals=2,
        height=4,
    )


def certificate(watched: Watched, days: int) -> Panel:
    return Panel(
        kind="stat",
        title="Certificate",
        description=(
            "Days until the certificate ends. Fewer than the alert allows means that it should "
            "have been renewed and was not."
        ),
        queries=[Prometheus(promql.certificate_days(watched))],
        unit="d",
        alert="LangfuseCertificateExpires",
        limits=[Limit(value=days, below=True)],
        minimum=None,
        decimals=0,
        no_value="no TLS",
        height=4,
    )


def graphs(watched: Watched) -> list[Panel]:
    return [
        Panel(
            kind="graph",
            title="Answered requests from outside",
            description=(
                "Share of the blackbox exporter's requests that were answered. 100% is normal; "
                "people and agents who take the same way get errors below it."
            ),
            queries=[
                Prometheus(promql.probe_answered(watched, "$__rate_interval"), "answered"),
            ],
            unit="percentunit",
            alert="LangfuseProbeFailing",
            limits=[Limit(value=limits.PROBE_SUCCESS, colour=CRITICAL, below=True)],
            maximum=1,
        ),
        Panel(
            kind="graph",
            title="Answer time by phase",
            description=(
                "Where the time of one request goes: resolve is DNS, connect and tls are the way, "
                "processing is Langfuse and its database. The threshold is on the sum."
            ),
            queries=[Prometheus(promql.probe_phases(watched), "{{phase}}")],
            unit="s",
            alert="LangfuseProbeSlow",
            limits=[Limit(value=limits.PROBE_SECONDS)],
            stacked=True,
        ),
    ]
