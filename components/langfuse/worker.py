"""The pods that work on queues: with their own service account, network policy and autoscaler."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import ConfigMap, ServiceAccount
from pulumi_kubernetes.networking.v1 import NetworkPolicy

from components.kubernetes.labels import labels, selector
from components.langfuse import lifecycle, network, pods
from components.langfuse.args import LangfuseArgs, WorkerArgs
from components.langfuse.pods import CertificateVolume
from components.langfuse.workload import Workload, deploy

ROLE = "worker"


def deploy_worker(
    name: str,
    args: LangfuseArgs,
    worker: WorkerArgs,
    *,
    config: ConfigMap,
    certificates: Sequence[CertificateVolume],
    after: Sequence[pulumi.Resource],
    opts: pulumi.ResourceOptions,
) -> Deployment:
    """Make the objects of the application ``name``; a first pod starts when ``after`` is complete.

    Workers take no requests: nothing may connect but the kubelet's probes.
    """
    own = f"{name}-{ROLE}"
    object_labels, own_selector = labels(name, ROLE), selector(name, ROLE)
    account = ServiceAccount(
        f"{own}-service-account",
        metadata={
            "namespace": args.namespace,
            "name": own,
            "labels": object_labels,
            "annotations": dict(args.service_account_annotations) or None,
        },
        automount_service_account_token=False,
        opts=opts,
    )
    policy = NetworkPolicy(
        f"{own}-network-policy",
        metadata={"namespace": args.namespace, "name": own, "labels": object_labels},
        spec=network.inner_policy(
            own_selector,
            backings=[args.database, *(service.backing for service in args.services)],
            egress_ports=args.egress_ports,
        ),
        opts=opts,
    )
    container = pods.worker_container(args, worker, config, certificates)
    return deploy(
        Workload(
            name=own,
            labels=object_labels,
            selector=own_selector,
            pod={
                **pods.pod(args, account, container, certificates),
                # Of the worker's own image: a node pulls one.
                "init_containers": [
                    pods.waiting_container(args, worker.image),
                    pods.waiting_for_clickhouse(args, worker.image),
                ],
                "termination_grace_period_seconds": lifecycle.WORKER_GRACE,
                "topology_spread_constraints": pods.spread(own_selector, args.zone_spread),
            },
            min_replicas=worker.min_replicas,
            max_replicas=worker.max_replicas,
            target_cpu_percent=worker.target_cpu_percent,
        ),
        args,
        after=[*after, policy],
        opts=opts,
    )
