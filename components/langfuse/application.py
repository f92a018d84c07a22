"""The Langfuse application: migration Job, Deployment, and what surrounds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.autoscaling.v2 import HorizontalPodAutoscaler
from pulumi_kubernetes.batch.v1 import Job
from pulumi_kubernetes.core.v1 import ConfigMap, ServiceAccount
from pulumi_kubernetes.networking.v1 import NetworkPolicy
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget

from components.kubernetes.labels import labels, selector
from components.kubernetes.placement import ANYWHERE, ContainerResources, Placement
from components.langfuse import lifecycle, network
from components.langfuse import pods as langfuse_pods
from components.langfuse.versions import Version
from components.postgres.connection import DatabaseConnection
from components.postgres.url import CA_FILE
from components.secrets.delivery import DeliveredSecret

TYPE = "agent-observability:index:Langfuse"


@dataclass(frozen=True, kw_only=True)
class LangfuseArgs:
    namespace: pulumi.Input[str]
    """Namespace of all objects."""
    version: Version
    """Release, which decides probe paths."""
    image: str
    """Image of that release."""
    environment: Mapping[str, pulumi.Input[str]]
    """Settings that are not secret (see ``langfuse_environment``)."""
    secret: DeliveredSecret
    """Secret settings: NEXTAUTH_SECRET, SALT, ENCRYPTION_KEY and more."""
    database_secret: DeliveredSecret
    """DATABASE_URL. Apart from the others, so that the migration Job holds nothing else, and is
    not run again when another secret changes."""
    database: DatabaseConnection
    """The database, for the network policies, and for its root certificate."""
    min_replicas: int
    max_replicas: int
    """Equal to ``min_replicas``: a fixed number, which the autoscaler holds without metrics. A
    number in the Deployment instead would be gone for a moment, and with it all pods but one, when
    the autoscaler is turned on later."""
    target_cpu_percent: int
    """Average utilisation of the CPU request that scaling aims at."""
    resources: ContainerResources
    """Requests and limits of each pod."""
    client_namespaces: Sequence[str] = ()
    """Namespaces whose pods may connect, besides Langfuse's own."""
    client_networks: pulumi.Input[Sequence[str]] | None = None
    """Networks whose addresses may connect, such as those of a load balancer; CIDR notation."""
    before_pods: Sequence[pulumi.Resource] = ()
    """What has to be complete before the first pod starts; the migration does not wait for it."""
    egress_ports: Sequence[int] = (443,)
    """TCP ports that Langfuse may reach anywhere."""
    zone_spread: Literal["preferred", "required"] = "preferred"
    """Whether a pod that cannot be spread over zones still starts."""
    service_account_annotations: Mapping[str, pulumi.Input[str]] = field(
        default_factory=dict[str, pulumi.Input[str]]
    )
    """Annotations of the web pods' service account, such as the role that EKS gives them."""
    placement: Placement = ANYWHERE
    """Where pods may run."""


class Langfuse(pulumi.ComponentResource):
    """Langfuse, migrated before it is rolled. ``LangfuseService`` of the same name leads to it."""

    deployment_name: pulumi.Output[str]
    """Name of the Deployment."""

    def __init__(
        self, name: str, args: LangfuseArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        web = labels(name, "web")
        pods = selector(name, "web")

        account = ServiceAccount(
            f"{name}-service-account",
            metadata={
                "namespace": args.namespace,
                "name": name,
                "labels": web,
                "annotations": _annotations(args),
            },
            # A token for the Kubernetes API, which Langfuse does not use. One for a role in AWS is
            # another: EKS mounts it by itself
            # (https://github.com/aws/amazon-eks-pod-identity-webhook).
            automount_service_account_token=False,
            opts=child,
        )
        # Immutable and autonamed: changed settings make a new ConfigMap, whose name rolls the
        # pods; the pods that still run keep the one they started with.
        config = ConfigMap(
            f"{name}-config",
            metadata={"namespace": args.namespace, "labels": web},
            immutable=True,
            data=dict(args.environment),
            opts=child,
        )
        policy = NetworkPolicy(
            f"{name}-network-policy",
            metadata={"namespace": args.namespace, "name": name, "labels": web},
            spec=network.web_policy(
                pods,
                database=args.database,
                client_namespaces=args.client_namespaces,
                client_networks=args.client_networks,
                egress_ports=args.egress_ports,
            ),
            opts=child,
        )
        certificates = self._certificates(name, args)
        migration = self._migration(name, args, certificates)
        deployment = Deployment(
            f"{name}-deployment",
            metadata={"namespace": args.namespace, "name": name, "labels": _versioned(web, args)},
            spec={
                # No `replicas`: the autoscaler owns the number, and a value here would reset it
                # with every `up` (https://github.com/pulumi/pulumi-kubernetes/issues/2491).
                "selector": {"match_labels": pods},
                "strategy": {
                    "type": "RollingUpdate",
                    "rolling_update": {"max_unavailable": 0, "max_surge": 1},
                },
                # An older ReplicaSet names a ConfigMap and a Secret that are gone: the way back
                # is `pulumi up` of the older configuration.
                "revision_history_limit": 1,
                "progress_deadline_seconds": lifecycle.PROGRESS_DEADLINE,
                "template": {
                    "metadata": {
                        "labels": _versioned(web, args),
                        # EKS reads them when it starts a pod: a change has to start new ones.
                        "annotations": _annotations(args),
                    },
                    "spec": {
                        **langfuse_pods.pod(
                            args, account, langfuse_pods.web_container(args, config), certificates
                        ),
                        "termination_grace_period_seconds": lifecycle.TERMINATION_GRACE,
                        "topology_spread_constraints": langfuse_pods.spread(pods, args.zone_spread),
                    },
                },
            },
            opts=pulumi.ResourceOptions(
                parent=self,
                # The schema is migrated, and the policy limits the pods, before the first starts.
                depends_on=[migration, policy, *args.before_pods],
                custom_timeouts=_rollout(args.max_replicas),
            ),
        )
        self.deployment_name = deployment.metadata.apply(lambda m: m.name or "")
        self._autoscaler(name, args, web)
        PodDisruptionBudget(
            f"{name}-disruption-budget",
            metadata={"namespace": args.namespace, "name": name, "labels": web},
            # Not minAvailable: with one replica that would block every node drain.
            spec={
                "max_unavailable": 1,
                # A pod that is not ready serves nobody, and must not hold up a node drain.
                "unhealthy_pod_eviction_policy": "AlwaysAllow",
                "selector": {"match_labels": pods},
            },
            opts=child,
        )
        self.register_outputs({"deploymentName": self.deployment_name})

    def _certificates(self, name: str, args: LangfuseArgs) -> ConfigMap | None:
        """What pods check the database's certificate against."""
        if args.database.ca_certificate is None:
            return None
        return ConfigMap(
            f"{name}-database-ca",
            metadata={"namespace": args.namespace, "labels": labels(name, "database-ca")},
            immutable=True,
            data={PurePosixPath(CA_FILE).name: args.database.ca_certificate},
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _migration(self, name: str, args: LangfuseArgs, certificates: ConfigMap | None) -> Job:
        """The schema migrations of one image, run once, before any pod of that image.

        The image's entrypoint migrates and then runs its arguments; ``true`` makes it stop there.
        A Job's template cannot change, so another image or database URL is another Job, and a
        failed one is made anew (``replaceUnready``). It stays after success, for its log.
        """
        child = pulumi.ResourceOptions(parent=self)
        component = "migration"
        object_labels = labels(name, component)
        account = ServiceAccount(
            f"{name}-{component}-service-account",
            metadata={
                "namespace": args.namespace,
                "name": f"{name}-{component}",
                "labels": object_labels,
            },
            automount_service_account_token=False,
            opts=child,
        )
        policy = NetworkPolicy(
            f"{name}-{component}-network-policy",
            metadata={
                "namespace": args.namespace,
                "name": f"{name}-{component}",
                "labels": object_labels,
            },
            spec=network.migration_policy(selector(name, component), database=args.database),
            opts=child,
        )
        return Job(
            f"{name}-{component}",
            metadata={
                "namespace": args.namespace,
                "labels": _versioned(object_labels, args),
                "annotations": {"pulumi.com/replaceUnready": "true"},
            },
            spec={
                # A failed migration fails again: one retry is for a database that was away.
                "backoff_limit": 1,
                "active_deadline_seconds": lifecycle.MIGRATION_DEADLINE,
                "template": {
                    "metadata": {"labels": _versioned(object_labels, args)},
                    "spec": {
                        **langfuse_pods.pod(
                            args, account, langfuse_pods.migration_container(args), certificates
                        ),
                        "restart_policy": "Never",
                    },
                },
            },
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[policy],
                custom_timeouts=pulumi.CustomTimeouts(
                    create=f"{lifecycle.MIGRATION_DEADLINE + 60}s"
                ),
            ),
        )

    def _autoscaler(self, name: str, args: LangfuseArgs, web: Mapping[str, str]) -> None:
        """Scale on CPU alone: a Node.js process does not give memory back when load falls."""
        HorizontalPodAutoscaler(
            f"{name}-autoscaler",
            metadata={"namespace": args.namespace, "name": name, "labels": web},
            spec={
                "scale_target_ref": {
                    "api_version": "apps/v1",
                    "kind": "Deployment",
                    "name": self.deployment_name,
                },
                "min_replicas": args.min_replicas,
                "max_replicas": args.max_replicas,
                "metrics": [
                    {
                        "type": "Resource",
                        "resource": {
                            "name": "cpu",
                            "target": {
                                "type": "Utilization",
                                "average_utilization": args.target_cpu_percent,
                            },
                        },
                    }
                ],
                "behavior": {
                    # A starting pod burns CPU: without a window that alone would start the next.
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
            opts=pulumi.ResourceOptions(parent=self),
        )


def _rollout(pods: int) -> pulumi.CustomTimeouts:
    """Time for every pod in turn; Kubernetes reports a pod that cannot start long before."""
    limit = f"{lifecycle.rollout_limit(pods)}s"
    return pulumi.CustomTimeouts(create=limit, update=limit)


def _versioned(object_labels: Mapping[str, str], args: LangfuseArgs) -> dict[str, str]:
    return {**object_labels, "app.kubernetes.io/version": str(args.version)}


def _annotations(args: LangfuseArgs) -> dict[str, pulumi.Input[str]] | None:
    return dict(args.service_account_annotations) or None
