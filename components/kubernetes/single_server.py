"""A server of one pod with a volume that outlives it: Service, NetworkPolicy, StatefulSet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
from pulumi_kubernetes.apps.v1 import StatefulSet
from pulumi_kubernetes.core.v1 import Service
from pulumi_kubernetes.networking.v1 import NetworkPolicy

from components.kubernetes.field_ownership import OURS_ALONE
from components.kubernetes.labels import NAMESPACE_NAME
from components.kubernetes.placement import Placement
from components.kubernetes.volumes import FIXED, RETAINED, data_claim

if TYPE_CHECKING:
    from pulumi_kubernetes.core.v1 import PodSpecArgsDict
    from pulumi_kubernetes.networking.v1 import (
        NetworkPolicyEgressRuleArgsDict,
        NetworkPolicyIngressRuleArgsDict,
        NetworkPolicyPeerArgsDict,
    )


@dataclass(frozen=True, kw_only=True)
class SingleServer:
    """What distinguishes one server from another."""

    namespace: pulumi.Input[str]
    """Namespace of all objects."""
    labels: Mapping[str, str]
    """Of all objects, and of the pod."""
    selector: Mapping[str, str]
    """The labels that select the pod."""
    ports: Mapping[str, int]
    """Number of each port, by its name in the pod."""
    ingress: Sequence[NetworkPolicyIngressRuleArgsDict]
    """Who may connect."""
    pod: PodSpecArgsDict
    """Its volume ``claims.VOLUME`` comes from the StatefulSet's claim."""
    placement: Placement
    """For the labels and annotations of the pod."""
    storage_gib: int
    """Size of the volume in GiB. Used only when the volume is created."""
    storage_class: pulumi.Input[str] | None
    """StorageClass of the volume; none takes the cluster's default."""
    egress: Sequence[NetworkPolicyEgressRuleArgsDict] = ()
    """Where the server opens connections to: nowhere without a rule."""


def pods_with(labels: Iterable[Mapping[str, str]]) -> list[NetworkPolicyPeerArgsDict]:
    """The pods of the policy's namespace that have any of these sets of labels."""
    return [{"pod_selector": {"match_labels": each}} for each in labels]


def pods_of(namespaces: Iterable[str]) -> list[NetworkPolicyPeerArgsDict]:
    """All pods of each of these namespaces."""
    return [
        {"namespace_selector": {"match_labels": {NAMESPACE_NAME: namespace}}}
        for namespace in namespaces
    ]


def admit(
    peers: Sequence[NetworkPolicyPeerArgsDict], port: str
) -> NetworkPolicyIngressRuleArgsDict:
    """The rule that lets these in to one port, by its name."""
    return {"from_": peers, "ports": [{"protocol": "TCP", "port": port}]}


def serve(
    name: str, server: SingleServer, opts: pulumi.ResourceOptions
) -> tuple[Service, StatefulSet]:
    """Make the objects; the StatefulSet is complete when the pod is ready."""
    service = Service(
        f"{name}-service",
        metadata={"namespace": server.namespace, "name": name, "labels": server.labels},
        spec={
            "cluster_ip": "None",
            "selector": server.selector,
            "ports": [
                {"name": port, "port": number, "target_port": port}
                for port, number in server.ports.items()
            ],
        },
        opts=opts,
    )
    policy = NetworkPolicy(
        f"{name}-network-policy",
        metadata={"namespace": server.namespace, "name": name, "labels": server.labels},
        spec={
            "pod_selector": {"match_labels": server.selector},
            # Without an egress rule nothing goes out.
            "policy_types": ["Ingress", "Egress"],
            "ingress": server.ingress,
            "egress": server.egress or None,
        },
        opts=opts,
    )
    stateful_set = StatefulSet(
        f"{name}-stateful-set",
        metadata={
            "namespace": server.namespace,
            "name": name,
            "labels": server.labels,
            "annotations": OURS_ALONE,
        },
        spec={
            # A plain name, so that the pod does not wait for the Service.
            "service_name": name,
            "replicas": 1,
            "selector": {"match_labels": server.selector},
            "persistent_volume_claim_retention_policy": RETAINED,
            "template": {
                "metadata": {
                    "labels": {**server.placement.labels, **server.labels},
                    "annotations": server.placement.annotations or None,
                },
                "spec": server.pod,
            },
            "volume_claim_templates": [data_claim(server.storage_gib, server.storage_class)],
        },
        opts=pulumi.ResourceOptions.merge(
            opts,
            pulumi.ResourceOptions(
                # The policy exists before any connection is possible.
                depends_on=[policy],
                ignore_changes=[*FIXED],
            ),
        ),
    )
    return service, stateful_set
