"""Section ``cluster``: the control plane."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final, Literal

from components.platform.kubernetes_versions import DEFAULT, KubernetesVersion
from stacks.cluster_platform.sections.days import LogDays
from stacks.settings.machinery.fields.aws import ClusterName, KeyArn, PolicyArn
from stacks.settings.machinery.fields.network import AddressSpace, Cidr
from stacks.settings.machinery.section import Section

_ALWAYS_AUTO: Final = (
    "the cluster is in Auto Mode from its first day on. AWS cannot move load balancers that exist "
    "out of it, and without it the cluster would have no nodes"
)


class Cluster(Section):
    """An EKS cluster in Auto Mode. Everything in it is encrypted with a key of AWS's own; its API
    server can be reached from the VPC always, and from outside by the networks named here."""

    refused: ClassVar[Mapping[str, str]] = {
        "autoMode": _ALWAYS_AUTO,
        "computeConfig": _ALWAYS_AUTO,
        "publicAccess": "networks that may connect are named by `publicAccessCidrs`",
        "supportType": "extended support costs six times as much; AWS upgrades the cluster instead",
    }

    name: ClusterName
    """Its name, which the workload's `cluster.eksName` is. Another one makes another cluster."""
    kubernetes_version: KubernetesVersion = DEFAULT
    """Minor version, one of those in standard support. An upgrade is one minor version at a time,
    and there is no way back."""
    public_access_cidrs: tuple[Cidr, ...] = ()
    """Networks of people and of CI that may connect to the API server, by IPv4. **Required.**"""
    service_cidr: AddressSpace = "172.20.0.0/16"
    """Network of Services, /12 to /24, outside of the VPC's and of those connected to it. Another
    one replaces the cluster."""
    log_types: tuple[
        Literal["api", "audit", "authenticator", "controllerManager", "scheduler"], ...
    ] = ("api", "audit", "authenticator")
    """What the control plane logs to CloudWatch."""
    log_days: LogDays = 30
    """Days for which its log is kept."""
    kms_key_arn: KeyArn | None = None
    """KMS key for Secrets, beside AWS's own. It cannot be taken away again, and without it the
    cluster is lost."""
    deletion_protection: bool = True
    """Refuse deletion and replacement, in AWS and in Pulumi."""
    permissions_boundary_arn: PolicyArn | None = None
    """Permissions boundary of every IAM role that the platform makes."""
