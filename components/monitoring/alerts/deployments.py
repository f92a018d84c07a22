"""What kube-state-metrics says of a stack's Deployments."""

from __future__ import annotations

from collections.abc import Sequence

from components.monitoring.definition import one_of, series
from components.monitoring.watched_workloads import Watched


def available(watched: Watched, *names: str) -> str:
    """Ready pods of the Deployments, of the web pods' if none are named. During a rollout there are
    never fewer than desired (``maxUnavailable: 0``)."""
    return of_deployment(
        "kube_deployment_status_replicas_available", watched, names or [watched.langfuse]
    )


def deployments(watched: Watched) -> list[str]:
    """Those of web pods and of workers."""
    return [watched.langfuse, *([watched.worker.name] if watched.worker else [])]


def of_deployment(metric: str, watched: Watched, names: Sequence[str], since: str = "") -> str:
    """The Deployments' values of a metric; ``since``: the last ones in that time."""
    selected = series(metric, watched.namespace, one_of("deployment", names))
    if since:
        selected = f"last_over_time({selected}[{since}])"
    return f"max by (namespace, deployment) ({selected})"
