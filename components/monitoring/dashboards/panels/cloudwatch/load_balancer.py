"""Panels of the load balancer, from CloudWatch.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
A count is reported only while it is not zero, hence ``FILL``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from components.monitoring.alarms.thresholds import ERROR_PERCENT, LATENCY_SECONDS
from components.monitoring.dashboards.panels.panel import CRITICAL, Limit, Panel
from components.monitoring.dashboards.panels.queries import CloudWatch, Expression, Metric

NAMESPACE: Final = "AWS/ApplicationELB"


@dataclass(frozen=True, kw_only=True)
class LoadBalancer:
    """An Application Load Balancer."""

    region: str
    dimension: str
    """``app/<name>/<id>``."""

    def latency(self) -> Panel:
        """At a glance."""
        return Panel(
            kind="stat",
            title="Latency (p95)",
            description=(
                "95 of 100 requests are answered faster, as the load balancer sees it. When it is "
                "slow, look at CPU and at the database."
            ),
            queries=[self._response_time("p95", "p95")],
            unit="s",
            alert="LoadBalancerLatency",
            limits=[Limit(value=LATENCY_SECONDS)],
            no_value="no requests",
            height=4,
        )

    def errors(self) -> Panel:
        """At a glance."""
        return Panel(
            kind="stat",
            title="Errors",
            description=(
                "Requests that got a 5xx answer, from the load balancer or from Langfuse. 0 is "
                "normal. The graph below tells the two apart."
            ),
            queries=[*self._counts(), self._math(_share("all_errors"), "errors", "errors")],
            unit="percent",
            alert="LoadBalancerErrors",
            limits=[Limit(value=ERROR_PERCENT, colour=CRITICAL)],
            decimals=2,
            no_value="0%",
            height=4,
        )

    def graphs(self) -> list[Panel]:
        return [
            Panel(
                kind="graph",
                title="Response time",
                description=(
                    "From the load balancer to Langfuse and back, without the way to the client. "
                    "p50 is the usual request, p99 the slowest of a hundred."
                ),
                queries=[self._response_time(p, p) for p in ("p50", "p95", "p99")],
                unit="s",
                alert="LoadBalancerLatency",
                limits=[Limit(value=LATENCY_SECONDS)],
                no_value="no requests",
            ),
            Panel(
                kind="graph",
                title="Requests",
                description=(
                    "Requests in a second: people, and batches of traces from agents. A fall to "
                    "nothing in working hours means that nobody gets this far."
                ),
                queries=[
                    self._count("RequestCount", "requests"),
                    self._math("FILL(requests, 0) / PERIOD(requests)", "rate", "requests"),
                ],
                unit="reqps",
                no_value="no requests",
            ),
            Panel(
                kind="graph",
                title="Errors by origin",
                description=(
                    "5xx answers of all requests. From the load balancer: no target, or one that "
                    "closed or did not answer. From Langfuse: its log says why."
                ),
                queries=[
                    *self._counts(),
                    self._math(_share("elb_errors"), "elb", "load balancer"),
                    self._math(_share("target_errors"), "langfuse", "Langfuse"),
                ],
                unit="percent",
                alert="LoadBalancerErrors",
                limits=[Limit(value=ERROR_PERCENT, colour=CRITICAL)],
                stacked=True,
                no_value="0%",
            ),
            Panel(
                kind="graph",
                title="Targets",
                description=(
                    "Pods that the load balancer sends to, and those that fail its health check. "
                    "None is unhealthy, but for seconds while a pod leaves."
                ),
                queries=[
                    self._targets("HealthyHostCount", "Minimum", "healthy"),
                    self._targets("UnHealthyHostCount", "Maximum", "unhealthy"),
                ],
                unit="none",
                alert="LoadBalancerUnhealthyTargets",
                decimals=0,
                stepped=True,
            ),
        ]

    def _counts(self) -> list[CloudWatch]:
        """The counts from which the shares are computed."""
        return [
            self._count("RequestCount", "requests"),
            self._count("HTTPCode_ELB_5XX_Count", "elb_errors"),
            self._count("HTTPCode_Target_5XX_Count", "target_errors"),
            # Not "+", which has no result if one of the series has no values.
            self._math("SUM([elb_errors, target_errors])", "all_errors", hidden=True),
            # A request for which no target was found counts as an error and not as a request.
            self._math("MAX([requests, all_errors])", "all_requests", hidden=True),
        ]

    def _count(self, name: str, id_: str) -> Metric:
        return self._metric(name, "Sum", id_, id_, hidden=True)

    def _response_time(self, statistic: str, label: str) -> Metric:
        return self._metric("TargetResponseTime", statistic, statistic, label)

    def _metric(
        self, name: str, statistic: str, id_: str, label: str, *, hidden: bool = False
    ) -> Metric:
        return Metric(
            region=self.region,
            namespace=NAMESPACE,
            name=name,
            dimensions=(("LoadBalancer", self.dimension),),
            statistic=statistic,
            id=id_,
            label=label,
            hidden=hidden,
        )

    def _targets(self, name: str, statistic: str, label: str) -> Metric:
        """By target group. The controller creates target groups and chooses their names."""
        return Metric(
            region=self.region,
            namespace=NAMESPACE,
            name=name,
            dimensions=(("LoadBalancer", self.dimension), ("TargetGroup", "*")),
            statistic=statistic,
            id=label,
            label=f"{label} ${{PROP('Dim.TargetGroup')}}",
        )

    def _math(self, text: str, id_: str, label: str = "", *, hidden: bool = False) -> Expression:
        return Expression(region=self.region, text=text, id=id_, label=label, hidden=hidden)


def _share(errors: str) -> str:
    return f"100 * FILL({errors}, 0) / all_requests"
