"""What runs a cluster's load balancers and volumes: its owner's controllers, or EKS Auto Mode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, kw_only=True)
class ClusterMode:
    """Names that differ between two kinds of clusters."""

    auto: bool
    """Whether AWS runs the controllers, outside of the cluster."""
    readiness_gate: str
    """Label of a namespace, with the value ``enabled``: a new pod counts as ready when the load
    balancer sends to it, not before, so that a rollout drops no request."""
    ingress_controller: str
    """``spec.controller`` of an IngressClass."""
    ingress_class: str | None
    """The IngressClass that comes with the controller; None without one."""
    volume_provisioner: str
    """``provisioner`` of a StorageClass for EBS."""
    volume_topology: Mapping[str, str] = field(default_factory=dict[str, str])
    """Labels of the nodes that such volumes can be attached to; none: of all."""


SELF_MANAGED: Final = ClusterMode(
    auto=False,
    # https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/pod_readiness_gate/
    readiness_gate="elbv2.k8s.aws/pod-readiness-gate-inject",
    ingress_controller="ingress.k8s.aws/alb",
    ingress_class="alb",
    volume_provisioner="ebs.csi.aws.com",
)
"""Also of a cluster that is not EKS: it has none of these, or what its owner installed."""

AUTO: Final = ClusterMode(
    auto=True,
    # The label of the AWS Load Balancer Controller does nothing here
    # (https://github.com/aws/containers-roadmap/issues/2511).
    readiness_gate="eks.amazonaws.com/pod-readiness-gate-inject",
    # https://docs.aws.amazon.com/eks/latest/userguide/auto-configure-alb.html
    ingress_controller="eks.amazonaws.com/alb",
    ingress_class=None,
    # https://docs.aws.amazon.com/eks/latest/userguide/create-storage-class.html
    volume_provisioner="ebs.csi.eks.amazonaws.com",
    volume_topology={"eks.amazonaws.com/compute-type": "auto"},
)
"""https://docs.aws.amazon.com/eks/latest/userguide/automode.html"""
