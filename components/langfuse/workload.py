"""Pods of one role that serve requests or work: Deployment, autoscaler, disruption budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.autoscaling.v2 import HorizontalPodAutoscaler
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget

from components.langfuse import lifecycle, pods

if TYPE_CHECKING:
    from pulumi_kubernetes.core.v1 import PodSpecArgsDict

    from components.langfuse.args import LangfuseArgs


@dataclass(frozen=True, kw_only=True)
class Workload:
    """What distinguishes the pods of one role from others of the same release."""

    name: str
    """Name of the objects, and what their logical names start with."""
    labels: Mapping[str, str]
    selector: Mapping[str, str]
    """The labels that select the pods."""
    pod: PodSpecArgsDict
    min_replicas: int
    max_replicas: int
    target_cpu_percent: int
    """Average utilisation of the CPU request that scaling aims at."""


def deploy(
    workload: Workload,
    args: LangfuseArgs,
    *,
    after: Sequence[pulumi.Resource],
    opts: pulumi.ResourceOptions,
) -> Deployment:
    """Make the objects; the first pod starts when ``after`` is complete.

    The Deployment is complete when the rollout is. Paused, it has no pods and no autoscaler.
    """
    name = workload.name
    deployment = Deployment(
        f"{name}-deployment",
        metadata={
            "namespace": args.namespace,
            "name": name,
            "labels": pods.versioned(workload.labels, args),
        },
        spec={
            # Otherwise no `replicas`: the autoscaler owns the number, and a value here would reset
            # it with every `up` (https://github.com/pulumi/pulumi-kubernetes/issues/2491).
            "replicas": 0 if args.paused else None,
            "selector": {"match_labels": workload.selector},
            "strategy": {
                "type": "RollingUpdate",
                "rolling_update": {"max_unavailable": 0, "max_surge": 1},
            },
            # An older ReplicaSet refers to a ConfigMap and a Secret that no longer exist. To roll
            # back, run `pulumi up` with the older configuration.
            "revision_history_limit": 1,
            "min_ready_seconds": lifecycle.MIN_READY,
            "progress_deadline_seconds": lifecycle.PROGRESS_DEADLINE,
            "template": {
                "metadata": {
                    "labels": {
                        **args.placement.labels,
                        **pods.versioned(workload.labels, args),
                    },
                    "annotations": {
                        **args.placement.annotations,
                        # EKS reads them when it starts a pod: a change has to start new ones.
                        **args.service_account_annotations,
                    }
                    or None,
                },
                "spec": workload.pod,
            },
        },
        opts=pulumi.ResourceOptions.merge(
            opts,
            pulumi.ResourceOptions(
                depends_on=list(after), custom_timeouts=_rollout(workload.max_replicas)
            ),
        ),
    )
    if not args.paused:
        _autoscaler(workload, args, deployment.metadata.apply(lambda m: m.name or ""), opts)
    PodDisruptionBudget(
        f"{name}-disruption-budget",
        metadata={"namespace": args.namespace, "name": name, "labels": workload.labels},
        # Not minAvailable: with one replica that would block every node drain.
        spec={
            "max_unavailable": 1,
            # A pod that is not ready serves no requests, and must not block a node drain.
            "unhealthy_pod_eviction_policy": "AlwaysAllow",
            "selector": {"match_labels": workload.selector},
        },
        opts=opts,
    )
    return deployment


def _rollout(replicas: int) -> pulumi.CustomTimeouts:
    """Time for every pod in turn. Kubernetes reports a pod that cannot start much earlier."""
    limit = f"{lifecycle.rollout_limit(replicas)}s"
    return pulumi.CustomTimeouts(create=limit, update=limit)


def _autoscaler(
    workload: Workload,
    args: LangfuseArgs,
    deployment_name: pulumi.Output[str],
    opts: pulumi.ResourceOptions,
) -> None:
    """Scale on CPU alone: a Node.js process does not return memory when load falls."""
    HorizontalPodAutoscaler(
        f"{workload.name}-autoscaler",
        metadata={"namespace": args.namespace, "name": workload.name, "labels": workload.labels},
        spec={
            "scale_target_ref": {
                "api_version": "apps/v1",
                "kind": "Deployment",
                "name": deployment_name,
            },
            "min_replicas": workload.min_replicas,
            "max_replicas": workload.max_replicas,
            "metrics": [
                {
                    "type": "Resource",
                    "resource": {
                        "name": "cpu",
                        "target": {
                            "type": "Utilization",
                            "average_utilization": workload.target_cpu_percent,
                        },
                    },
                }
            ],
            "behavior": {
                # A starting pod uses much CPU: without a window it would cause the next one.
                "scale_up": {
                    "stabilization_window_seconds": 30,
                    "select_policy": "Max",
                    "policies": [
                        {"type": "Pods", "value": 2, "period_seconds": 60},
                        {"type": "Percent", "value": 100, "period_seconds": 60},
                    ],
                },
                "scale_down": {
                    "stabilization_window_seconds": 300,
                    "policies": [
                        {
                            "type": "Pods",
                            "value": 1,
                            "period_seconds": lifecycle.TERMINATION_GRACE,
                        }
                    ],
                },
            },
        },
        opts=opts,
    )
