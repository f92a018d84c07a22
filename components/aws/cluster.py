"""An EKS cluster and its identity provider, as other AWS resources refer to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.kubernetes.cluster_mode import ClusterMode


@dataclass(frozen=True, kw_only=True)
class EksCluster:
    """The properties of an existing EKS cluster that other resources in AWS refer to."""

    name: str
    """Name of the cluster."""
    region: str
    """Region of the cluster and of all resources of the stack."""
    arn: pulumi.Output[str]
    """ARN of the cluster."""
    mode: ClusterMode
    """What runs its load balancers and volumes. Plain, because it decides which objects a stack
    has."""
    partition: pulumi.Output[str]
    """``aws``, ``aws-cn``, ``aws-us-gov``."""
    account_id: pulumi.Output[str]
    """Account that owns the cluster."""
    endpoint: pulumi.Output[str]
    """URL of the API server."""
    certificate_authority: pulumi.Output[str]
    """Certificate authority of the API server, base64."""
    vpc_id: pulumi.Output[str]
    """VPC of the nodes."""
    vpc_cidrs: pulumi.Output[Sequence[str]]
    """Networks of the VPC: addresses of nodes, pods and load balancers."""
    security_group_id: pulumi.Output[str]
    """Security group that EKS attaches to managed nodes. Other nodes may have a different one."""
    subnet_ids: pulumi.Output[Sequence[str]]
    """Subnets of the cluster, in at least two zones."""
    oidc_issuer: pulumi.Output[str]
    """URL of the OIDC issuer that signs tokens of service accounts."""
    permissions_boundary_arn: str | None = None
    """Permissions boundary of every role that the stack creates."""
    role_path: str = "/"
    """IAM path of every role that the stack creates."""


@dataclass(frozen=True, kw_only=True)
class OidcProvider:
    """The IAM identity provider of a cluster: roles trust service accounts through it."""

    arn: pulumi.Output[str]
    issuer_host: pulumi.Output[str]
    """The issuer without ``https://``, as policies name it."""
