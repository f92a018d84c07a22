"""The gateway's series, and how much a counter has grown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from components.agents.gateway import exposition
from components.monitoring.definition import series
from components.monitoring.watched_workloads import Watched, WatchedGateway

_SECONDS: Final = {"m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True, kw_only=True)
class Telemetry:
    """What Prometheus reads of one stack's gateway, and computes of it.

    ``namespace`` is that of Langfuse and distinguishes the stacks of one Prometheus; ``tenant`` is
    that of the agents.
    """

    watched: Watched
    gateway: WatchedGateway

    def series(self, metric: str, *matchers: str) -> str:
        """The selector of a metric of the gateway's pods, also of pods there were before."""
        (name,) = self.gateway.servers.stateful_sets
        return series(metric, self.watched.namespace, f'pod=~"{name}-[0-9]+"', *matchers)

    def recorded(self, name: str, *matchers: str) -> str:
        """The selector of what ``recording`` computes."""
        return series(name, self.watched.namespace, *matchers)

    def exported(self, metric: str, exporter: str) -> str:
        """The selector of a metric of what goes to Langfuse, or to LangSmith."""
        return self.series(metric, f'exporter="{exporter}"')

    def uptime(self, modifier: str = "") -> str:
        """For how many seconds each pod has run."""
        return f"max by (namespace, pod) ({self.series(exposition.UPTIME)}{modifier})"

    def grown(self, counter: str, window: str, by: str) -> str:
        """By how much counters have grown within ``window``, such as ``5m`` or a variable of
        Grafana, with what new ones began.

        ``increase()`` alone leaves out with what a counter begins. A counter begins when there is
        something to count: one failure, or all tokens of an agent that works once a night; and it
        begins anew with each pod. What Prometheus did not see begin is no growth: a beginning
        counts where the pod was seen before, or is younger than the window.
        """
        seconds = _seconds(window)
        began = (
            f"(min_over_time({counter}[{window}]) unless {counter} offset {window})\n"
            f"and on (namespace, pod) ({self.uptime()} < {seconds} "
            f"or {self.uptime(f' offset {window}')})"
        )
        return (
            f"sum by ({by}) (increase({counter}[{window}])\n"
            f'or label_replace({began}, "began", "true", "", ""))'
        )


def _seconds(window: str) -> str:
    """https://grafana.com/docs/grafana/latest/dashboards/variables/add-template-variables/"""
    if window.startswith("$"):
        return f"{window}_s"
    return str(int(window[:-1]) * _SECONDS[window[-1]])
