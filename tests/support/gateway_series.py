"""Series of the agents' gateway, with the labels that the collector itself gives them.

``gateway_exposition.txt`` is what it wrote on both ports; ``tests/gateway/test_seen.py`` compares
it with a collector that runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tests.support import exposition
from tests.support.exposition import Series

POD: Final = "langfuse-gateway-0"
NAMESPACE: Final = "observability"
JOB: Final = "observability/langfuse-alerts-gateway"

RECORDED: Final = [
    *exposition.series(Path(__file__).with_name("gateway_exposition.txt").read_text("utf-8"))
]
"""Every series that was recorded."""


def label_sets(found: Iterable[Series]) -> dict[str, set[frozenset[str]]]:
    """By metric, the sets of labels that its series have."""
    sets = dict[str, set[frozenset[str]]]()
    for name, labels in found:
        sets.setdefault(name, set()).add(frozenset(label for label, _ in labels))
    return sets


def labels_of_target(pod: str = POD, endpoint: str = "metrics") -> dict[str, str]:
    """What Prometheus adds by the PodMonitor."""
    port = {"telemetry": 8888, "metrics": 8889}[endpoint]
    return {
        "namespace": NAMESPACE,
        "pod": pod,
        "container": "collector",
        "endpoint": endpoint,
        "job": JOB,
        "instance": f"10.0.2.{pod[-1]}:{port}",
    }


def sample(metric: str, pod: str = POD, **labels: str) -> str:
    """A series as Prometheus has it: the first that was recorded of a metric and has these labels,
    with the given values. Raises ValueError for a metric or label that was not."""
    for name, pairs in RECORDED:
        recorded = dict(sorted(pairs))
        if name == metric and labels.keys() <= recorded.keys():
            endpoint = "metrics" if metric.startswith(("agent_", "gen_ai_")) else "telemetry"
            every = {**recorded, **labels, **labels_of_target(pod, endpoint)}
            inside = ", ".join(f'{label}="{value}"' for label, value in every.items())
            return f"{metric}{{{inside}}}"
    raise ValueError(f"the collector has no {metric} with {sorted(labels)}")
