"""The form of one alert, and of the series that its expression reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from components.monitoring import runbooks


@dataclass(frozen=True, kw_only=True)
class Alert:
    """An alert, before a stack's labels and links are put on it."""

    name: str
    severity: Literal["critical", "warning"]
    """``critical`` wakes somebody: people or agents are affected now. ``warning`` is for working
    hours."""
    minutes: int
    """How long ``expression`` has to hold without a gap."""
    expression: str
    """PromQL. It aggregates away what names a pod of an exporter (``instance``, ``pod``): an
    exporter that restarts would otherwise start every alert's minutes again."""
    summary: str
    description: str
    """What it means, in plain words; a template of Prometheus, as ``summary`` is."""

    def rule(self, *, labels: dict[str, str], runbooks_url: str) -> dict[str, Any]:
        """The alerting rule, with ``labels`` besides the severity."""
        return {
            "alert": self.name,
            "expr": self.expression,
            "for": f"{self.minutes}m",
            "labels": {**labels, "severity": self.severity},
            "annotations": {
                "summary": self.summary,
                "description": self.description,
                "runbook_url": runbooks.link(runbooks_url, self.name),
            },
        }


def series(metric: str, namespace: str, *matchers: str) -> str:
    """A selector of ``metric`` in one namespace, with further ``matchers``."""
    inside = ", ".join((f'namespace="{namespace}"', *matchers))
    return f"{metric}{{{inside}}}"


def unmeasured(expression: str, *, namespace: str, source: str) -> str:
    """What holds when ``expression`` finds nothing; ``source`` should have given it."""
    named = f'label_replace(absent(group({expression})), "source", "{source}", "", "")'
    return f'label_replace({named}, "namespace", "{namespace}", "", "")'
