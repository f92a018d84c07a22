"""Panels of the pods that work on queues."""

from __future__ import annotations

from dataclasses import replace

from components.monitoring.dashboards.panels import pods
from components.monitoring.dashboards.panels.panel import Panel
from components.monitoring.dashboards.panels.workloads import Scaled


def available(deployment: Scaled) -> Panel:
    """At a glance."""
    return replace(
        pods.available(deployment),
        title="Workers available",
        description=(
            "Workers that run, of those wanted. 100% is normal, during a rollout too. With none, "
            "traces wait in the cache and do not appear: look at events and logs of the pods."
        ),
        alert="LangfuseWorkerDown",
    )


def of_maximum(deployment: Scaled) -> Panel:
    """At a glance."""
    return replace(
        pods.of_maximum(deployment),
        title="Workers of maximum",
        description=(
            "Workers of the most that the autoscaler may start. At 100% more load makes queues "
            "longer: raise langfuse.worker.maxReplicas, if the database admits more connections."
        ),
    )
