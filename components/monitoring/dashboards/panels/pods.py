"""Panels of containers: restarts, CPU and memory."""

from __future__ import annotations

from collections.abc import Sequence

from components.monitoring.dashboards.panels import limits
from components.monitoring.dashboards.panels.panel import (
    CRITICAL,
    NEUTRAL,
    WARNING,
    Limit,
    Line,
    Panel,
)
from components.monitoring.dashboards.panels.queries import Prometheus
from components.monitoring.dashboards.panels.workloads import Scaled, Workload


def available(deployment: Scaled) -> Panel:
    """At a glance."""
    return Panel(
        kind="stat",
        title="Pods available",
        description=(
            "Pods that serve, of those wanted. 100% is normal, during a rollout too. With none, "
            "look at their events and logs first."
        ),
        queries=[Prometheus(deployment.availability())],
        unit="percentunit",
        alert="LangfuseDown",
        limits=[
            Limit(value=limits.ANY_POD, colour=CRITICAL, below=True),
            Limit(value=1, below=True),
        ],
        decimals=0,
        height=4,
    )


def of_maximum(deployment: Scaled) -> Panel:
    """At a glance."""
    return Panel(
        kind="stat",
        title="Pods of maximum",
        description=(
            "Pods of the most that the autoscaler may start. At 100% more load makes Langfuse "
            "slower: raise langfuse.maxReplicas, if the database admits more connections."
        ),
        queries=[Prometheus(deployment.of_maximum())],
        unit="percentunit",
        alert="LangfuseAutoscalerAtMaximum",
        limits=[Limit(value=1)],
        decimals=0,
        height=4,
    )


def fullest_memory(workload: Workload) -> Panel:
    """At a glance."""
    return Panel(
        kind="stat",
        title="Fullest memory",
        description=(
            "The pod that is nearest to its memory limit, where the kernel kills it. Steady growth "
            "over days is a leak: a rollout buys time."
        ),
        queries=[Prometheus(workload.fullest_memory())],
        unit="percentunit",
        alert="LangfuseOutOfMemory",
        limits=[Limit(value=limits.MEMORY)],
        decimals=0,
        height=4,
    )


def replicas(deployment: Scaled) -> Panel:
    return Panel(
        kind="graph",
        title="Pods",
        description=(
            "Pods that serve and pods wanted are one line when all is well; the autoscaler moves "
            "both between its minimum and its maximum."
        ),
        queries=[
            Prometheus(deployment.available(), "available"),
            Prometheus(deployment.minimum(), "minimum"),
            Prometheus(deployment.wanted(), "wanted"),
            Prometheus(deployment.maximum(), "maximum"),
        ],
        unit="none",
        alert="LangfuseReplicasMissing",
        lines={
            "wanted": Line(colour=NEUTRAL),
            "minimum": Line(colour="text"),
            "maximum": Line(colour=WARNING),
        },
        decimals=0,
        stepped=True,
    )


def usage(workload: Workload, autoscaled: Scaled | None = None) -> list[Panel]:
    """CPU and memory, then what goes wrong with them. ``autoscaled``: by CPU."""
    target = [Prometheus(autoscaled.target_cpu(), "target")] if autoscaled else []
    return [_cpu(workload, target), _memory(workload), *_trouble(workload)]


def _cpu(workload: Workload, target: Sequence[Prometheus]) -> Panel:
    return Panel(
        kind="graph",
        title="CPU of request",
        description=(
            "CPU time of what the pod has asked for. Above 100% is allowed while the node has it "
            "to give." + (" Above the target the autoscaler adds a pod." if target else "")
        ),
        queries=[Prometheus(workload.cpu_of_request(), "{{pod}}"), *target],
        unit="percentunit",
        lines={"target": Line(colour=WARNING)} if target else {},
    )


def _memory(workload: Workload) -> Panel:
    return Panel(
        kind="graph",
        title="Memory of limit",
        description=(
            "Memory in use of the limit, where the kernel kills the container. A level line is "
            "normal; a saw with restarts at its teeth is a leak."
        ),
        queries=[Prometheus(workload.memory_of_limit(), "{{pod}}")],
        unit="percentunit",
        alert="LangfuseOutOfMemory",
        limits=[Limit(value=limits.MEMORY)],
        maximum=1,
    )


def _trouble(workload: Workload) -> list[Panel]:
    return [
        Panel(
            kind="graph",
            title="CPU throttled",
            description=(
                "Share of periods in which the container was held at a CPU limit. The stack sets "
                "none, so 0 is normal; more comes from a LimitRange of the namespace."
            ),
            queries=[Prometheus(workload.throttled(), "{{pod}}")],
            unit="percentunit",
            alert="LangfuseCpuThrottled",
            limits=[Limit(value=limits.THROTTLED)],
            maximum=1,
        ),
        Panel(
            kind="graph",
            title="Restarts",
            description=(
                "Restarts within half an hour. 0 is normal; the log of the container before says "
                "why (kubectl logs --previous)."
            ),
            queries=[Prometheus(workload.restarts(), "{{pod}}")],
            unit="none",
            alert="LangfusePodRestarts",
            limits=[Limit(value=limits.RESTARTS)],
            decimals=0,
            stacked=True,
            stepped=True,
        ),
        Panel(
            kind="graph",
            title="Out-of-memory kills",
            description=(
                "Restarts within half an hour of containers that the kernel killed at the memory "
                "limit. 0 is normal; otherwise raise the limit."
            ),
            queries=[Prometheus(workload.out_of_memory(), "{{pod}}")],
            unit="none",
            alert="LangfuseOutOfMemory",
            limits=[Limit(value=1)],
            decimals=0,
            stacked=True,
            stepped=True,
        ),
    ]
