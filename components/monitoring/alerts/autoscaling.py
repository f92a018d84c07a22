"""Alerts about the autoscalers of web pods and of workers, from kube-state-metrics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from components.monitoring.alerts.deployments import of_deployment
from components.monitoring.definition import Alert, one_of, series
from components.monitoring.watched_workloads import Watched

_BLIND_MINUTES: Final = 15
"""A new pod has no metrics for a minute or two, and metrics-server is restarted in less."""

_MAXIMUM_MINUTES: Final = 15
"""Longer than a peak and the five minutes before the autoscaler scales in."""


def alerts(watched: Watched) -> Iterator[Alert]:
    """None where all numbers of pods are fixed."""
    if autoscaled := _autoscaled(watched):
        yield from _of(watched, autoscaled)


def _autoscaled(watched: Watched) -> list[str]:
    """The Deployments whose number of pods can change."""
    worker = watched.worker
    web = watched.min_replicas < watched.max_replicas
    return [
        *([watched.langfuse] if web else []),
        *([worker.name] if worker and worker.min_replicas < worker.max_replicas else []),
    ]


def _of(watched: Watched, autoscaled: Sequence[str]) -> Iterator[Alert]:
    """Each autoscaler has the name of its Deployment."""

    def of_autoscaler(metric: str, *matchers: str) -> str:
        name = one_of("horizontalpodautoscaler", autoscaled)
        selected = series(metric, watched.namespace, name, *matchers)
        return f"max by (namespace, horizontalpodautoscaler) ({selected})"

    current = of_autoscaler("kube_horizontalpodautoscaler_status_current_replicas")
    maximum = of_autoscaler("kube_horizontalpodautoscaler_spec_max_replicas")
    yield Alert(
        name="LangfuseAutoscalerAtMaximum",
        severity="warning",
        minutes=_MAXIMUM_MINUTES,
        expression=f"{current}\n>= {maximum}",
        summary="Langfuse cannot scale out any further",
        description=(
            f"For {_MAXIMUM_MINUTES} minutes "
            "{{ $labels.namespace }}/{{ $labels.horizontalpodautoscaler }} has had {{ $value }} "
            "pods, its maximum. More load makes Langfuse slower."
        ),
    )
    blind = of_autoscaler(
        "kube_horizontalpodautoscaler_status_condition",
        'condition="ScalingActive"',
        'status="false"',
    )
    yield Alert(
        name="LangfuseAutoscalerBlind",
        severity="warning",
        minutes=_BLIND_MINUTES,
        # Also false where people scaled the Deployment to 0: LangfuseDown says so.
        expression=f"{blind} == 1\nunless {_scaled_to_none(watched, autoscaled)}",
        summary="Langfuse's autoscaler has no metrics",
        description=(
            f"For {_BLIND_MINUTES} minutes "
            "{{ $labels.namespace }}/{{ $labels.horizontalpodautoscaler }} has not been able to "
            "compute how many pods are needed. It keeps their number, whatever the load."
        ),
    )


def _scaled_to_none(watched: Watched, autoscaled: Sequence[str]) -> str:
    """What matches autoscalers of Deployments without pods."""
    wanted = of_deployment("kube_deployment_spec_replicas", watched, autoscaled)
    if len(autoscaled) == 1:
        return f"on (namespace) {wanted} == 0"
    named = f'label_replace({wanted} == 0, "horizontalpodautoscaler", "$1", "deployment", "(.+)")'
    return f"on (namespace, horizontalpodautoscaler) {named}"
