"""Valkey in the cluster: one pod, with an append-only file and no backup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pulumi
import pulumi_random as random
from pulumi_kubernetes.apps.v1 import StatefulSet
from pulumi_kubernetes.core.v1 import Secret, Service
from pulumi_kubernetes.networking.v1 import NetworkPolicy

from components.cache.backing import cache
from components.cache.pod import AUTH_FILE, AUTH_VARIABLE, PORT_NAME, pod_spec
from components.cache.url import PORT, connection_url
from components.kubernetes.backing import Backing
from components.kubernetes.field_ownership import OURS_ALONE
from components.kubernetes.labels import labels, selector
from components.kubernetes.placement import ANYWHERE, ContainerResources, Placement
from components.kubernetes.volumes import FIXED, RETAINED, data_claim

if TYPE_CHECKING:
    from collections.abc import Mapping

TYPE = "agent-observability:index:CacheStatefulSet"

PASSWORD_LENGTH: Final = 48


@dataclass(frozen=True, kw_only=True)
class CacheStatefulSetArgs:
    namespace: pulumi.Input[str]
    """Namespace of all objects."""
    image: str
    """Valkey image (Debian variant)."""
    storage_gib: int
    """Size of the volume in GiB. Used only when the volume is created."""
    clients: Mapping[str, Mapping[str, str]]
    """Labels of the pods that may connect, by role."""
    resources: ContainerResources
    """Requests and limits. What the server may hold follows from the memory limit."""
    storage_class: pulumi.Input[str] | None = None
    """StorageClass of the volume; none takes the cluster's default."""
    placement: Placement = ANYWHERE
    """Where the pod may run."""


class CacheStatefulSet(pulumi.ComponentResource):
    """Valkey in one pod with a persistent volume. Only its clients can connect.

    While the pod is away nothing is accepted that would be lost: Langfuse answers agents with an
    error, and their SDKs try again.
    """

    backing: Backing
    """The cache; its URL resolves when the server accepts connections."""

    def __init__(
        self, name: str, args: CacheStatefulSetArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        object_labels = labels(name, "cache", name="valkey")
        pods = selector(name, "cache")

        password = random.RandomPassword(
            f"{name}-password", length=PASSWORD_LENGTH, special=False, opts=child
        ).result
        secret = Secret(
            f"{name}-credentials",
            metadata={"namespace": args.namespace, "labels": object_labels},
            type="Opaque",
            immutable=True,
            string_data={
                AUTH_VARIABLE: password,
                AUTH_FILE: pulumi.Output.format("requirepass {0}\n", password),
            },
            opts=child,
        )
        service = Service(
            f"{name}-service",
            metadata={"namespace": args.namespace, "name": name, "labels": object_labels},
            spec={
                "cluster_ip": "None",
                "selector": pods,
                "ports": [{"name": PORT_NAME, "port": PORT, "target_port": PORT_NAME}],
            },
            opts=child,
        )
        policy = NetworkPolicy(
            f"{name}-network-policy",
            metadata={"namespace": args.namespace, "name": name, "labels": object_labels},
            spec={
                "pod_selector": {"match_labels": pods},
                "policy_types": ["Ingress", "Egress"],
                "ingress": [
                    {
                        "from_": [
                            {"pod_selector": {"match_labels": client}}
                            for client in args.clients.values()
                        ],
                        "ports": [{"protocol": "TCP", "port": PORT_NAME}],
                    }
                ],
                # No egress rule: the server opens no connections.
            },
            opts=child,
        )
        stateful_set = StatefulSet(
            f"{name}-stateful-set",
            metadata={
                "namespace": args.namespace,
                "name": name,
                "labels": object_labels,
                "annotations": OURS_ALONE,
            },
            spec={
                # A plain name, so that the pod does not wait for the Service.
                "service_name": name,
                "replicas": 1,
                "selector": {"match_labels": pods},
                "persistent_volume_claim_retention_policy": RETAINED,
                "template": {
                    "metadata": {
                        "labels": {**args.placement.labels, **object_labels},
                        "annotations": args.placement.annotations or None,
                    },
                    "spec": pod_spec(
                        image=args.image,
                        resources=args.resources,
                        placement=args.placement,
                        credentials=secret.metadata.apply(lambda m: m.name or ""),
                    ),
                },
                "volume_claim_templates": [data_claim(args.storage_gib, args.storage_class)],
            },
            opts=pulumi.ResourceOptions(
                parent=self,
                # The policy exists before any connection is possible.
                depends_on=[policy],
                ignore_changes=[*FIXED],
            ),
        )
        ready = stateful_set.metadata.apply(lambda m: m.name or "")
        host = pulumi.Output.format("{0}.{1}.svc", ready, args.namespace)
        self.backing = cache(
            url=pulumi.Output.all(host=host, password=password).apply(
                lambda known: connection_url(**known, port=PORT, tls=False)
            ),
            address=pulumi.Output.format("{0}:{1}", host, PORT),
            port=PORT,
            pods=pods,
        )
        self.register_outputs({"address": self.backing.address, "service": service.id})
