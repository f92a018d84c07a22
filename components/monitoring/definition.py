"""The form of one alert, and of the series that its expression reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from components.monitoring import runbooks


@dataclass(frozen=True, kw_only=True)
class Alert:
    """An alert, without the labels and links of a stack."""

    name: str
    severity: Literal["critical", "warning"]
    """``critical`` pages the on-call: people or agents are affected now. ``warning`` can wait for
    working hours."""
    minutes: int
    """How long ``expression`` has to be true without interruption."""
    expression: str
    """PromQL. It aggregates away the labels of an exporter's pod (``instance``, ``pod``). Otherwise
    a restart of the exporter would reset the ``minutes`` of every alert."""
    summary: str
    description: str
    """What it means, for the on-call; a Prometheus template, as ``summary`` is."""

    def rule(self, *, labels: dict[str, str], runbooks_url: str) -> dict[str, Any]:
        """The alerting rule, with ``labels`` and the severity."""
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


def one_of(label: str, values: Sequence[str]) -> str:
    """A matcher of a label that has one of the values, in which no character means another."""
    if len(values) == 1:
        return f'{label}="{values[0]}"'
    return f'{label}=~"{"|".join(values)}"'


def unmeasured(expression: str, *, namespace: str, source: str) -> str:
    """True when ``expression`` finds nothing; ``source`` is the exporter that should report it."""
    named = f'label_replace(absent(group({expression})), "source", "{source}", "", "")'
    return f'label_replace({named}, "namespace", "{namespace}", "", "")'
