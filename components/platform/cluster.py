"""An EKS cluster in Auto Mode: its roles, its log, who may enter, and its identity provider."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import pulumi
from pulumi_aws import cloudwatch, eks, iam

from components.aws.iam_documents import encode
from components.platform import cluster_iam, node_pool
from components.platform.kubernetes_versions import KubernetesVersion

TYPE = "agent-observability:index:Cluster"

LogType = Literal["api", "audit", "authenticator", "controllerManager", "scheduler"]
Right = Literal["admin", "deployer", "viewer"]

_POLICIES: Final[Mapping[Right, str]] = {
    "admin": "AmazonEKSClusterAdminPolicy",
    # Makes namespaces and custom resources, which no smaller policy of EKS covers.
    "deployer": "AmazonEKSClusterAdminPolicy",
    # No Secrets.
    "viewer": "AmazonEKSViewPolicy",
}
"""https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html"""

_CREATE_MINUTES: Final = 40
"""EKS takes 8 to 12 minutes; less than this is no sign of a fault."""


@dataclass(frozen=True, kw_only=True)
class ClusterArgs:
    region: str
    account_id: str
    partition: str
    cluster_name: str
    version: KubernetesVersion
    subnet_ids: pulumi.Input[Sequence[str]]
    """Private subnets, in two zones at least."""
    public_access_cidrs: Sequence[str]
    """Networks that may connect to the API server from outside the VPC."""
    principals: Mapping[str, Right]
    """ARNs of users and roles that may enter, and what each may do. No one else may, not even who
    makes the cluster."""
    service_cidr: str
    """Network of Services, outside the VPC's."""
    log_types: Sequence[LogType] = ("api", "audit", "authenticator")
    """What the control plane logs."""
    log_days: int = 30
    """Days for which its log is kept."""
    kms_key_arn: str | None = None
    """A key for what the API server stores, beside the one that AWS encrypts it with anyway."""
    deletion_protection: bool = True
    """Refuse deletion, in AWS itself."""
    permissions_boundary_arn: str | None = None
    """Permissions boundary of the roles."""
    after: Sequence[pulumi.Resource] = ()
    """What nodes need and what is to be removed after them, such as routes."""


class Cluster(pulumi.ComponentResource):
    """The control plane and its nodes, which AWS starts and replaces."""

    cluster: eks.Cluster
    endpoint: pulumi.Output[str]
    certificate_authority: pulumi.Output[str]
    entries: Sequence[pulumi.Resource]
    """Without them nobody may make an object in the cluster."""

    def __init__(
        self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)

        role, permissions = self._role(
            "cluster",
            "Nodes, volumes and load balancers of the cluster, for EKS",
            encode(cluster_iam.cluster_trust()),
            cluster_iam.CLUSTER_POLICIES,
        )
        node_role, node_permissions = self._role(
            "node",
            "Nodes of the cluster",
            encode(cluster_iam.node_trust()),
            cluster_iam.NODE_POLICIES,
        )
        own_tags = iam.RolePolicy(
            f"{name}-own-tags",
            role=role.name,
            policy=encode(
                cluster_iam.own_tags(
                    partition=args.partition, region=args.region, account=args.account_id
                )
            ),
            opts=self._child,
        )
        # EKS makes it where it is missing, and keeps it for ever then.
        log = cloudwatch.LogGroup(
            f"{name}-log",
            name=f"/aws/eks/{args.cluster_name}/cluster",
            retention_in_days=args.log_days,
            opts=self._child,
        )
        self.cluster = self._cluster(
            role, node_role, [*permissions, *node_permissions, own_tags, log, *args.after]
        )
        # For roles of service accounts: External Secrets reads entries with those of its stores.
        iam.OpenIdConnectProvider(
            f"{name}-identity-provider",
            url=self.cluster.identities.apply(_issuer),
            client_id_lists=["sts.amazonaws.com"],
            opts=self._child,
        )
        self.entries = [self._entry(arn, right) for arn, right in sorted(args.principals.items())]
        self.endpoint = self.cluster.endpoint
        self.certificate_authority = self.cluster.certificate_authority.apply(
            lambda authority: authority.data or ""
        )
        self.register_outputs({"endpoint": self.endpoint, "version": self.cluster.version})

    def _role(
        self, purpose: str, description: str, trust: str, policies: Sequence[str]
    ) -> tuple[iam.Role, list[pulumi.Resource]]:
        name = f"{self._name}-{purpose}"
        role = iam.Role(
            f"{name}-role",
            description=description,
            permissions_boundary=self._args.permissions_boundary_arn,
            assume_role_policy=trust,
            opts=self._child,
        )
        return role, [
            iam.RolePolicyAttachment(
                f"{name}-{policy}",
                role=role.name,
                policy_arn=cluster_iam.managed(self._args.partition, policy),
                opts=self._child,
            )
            for policy in policies
        ]

    def _cluster(
        self, role: iam.Role, node_role: iam.Role, before: Sequence[pulumi.Resource]
    ) -> eks.Cluster:
        args = self._args
        key: eks.ClusterEncryptionConfigArgsDict | None = None
        if args.kms_key_arn is not None:
            key = {"provider": {"key_arn": args.kms_key_arn}, "resources": ["secrets"]}
        minutes = f"{_CREATE_MINUTES}m"
        return eks.Cluster(
            f"{self._name}-eks",
            name=args.cluster_name,
            version=args.version,
            role_arn=role.arn,
            vpc_config={
                "subnet_ids": args.subnet_ids,
                # With the public one alone, nodes outside of its networks could not join.
                "endpoint_private_access": True,
                "endpoint_public_access": True,
                "public_access_cidrs": list(args.public_access_cidrs),
            },
            access_config={
                "authentication_mode": "API",
                # Whoever runs `up` first would be an administrator for ever, and an access entry
                # for the same role be refused.
                "bootstrap_cluster_creator_admin_permissions": False,
            },
            # Auto Mode is all three, or none of them.
            compute_config={
                "enabled": True,
                "node_pools": list(node_pool.BUILT_IN),
                "node_role_arn": node_role.arn,
            },
            kubernetes_network_config={
                "elastic_load_balancing": {"enabled": True},
                "ip_family": "ipv4",
                "service_ipv4_cidr": args.service_cidr,
            },
            storage_config={"block_storage": {"enabled": True}},
            # The add-ons of a cluster without Auto Mode; another value replaces the cluster.
            bootstrap_self_managed_addons=False,
            # No extended support, which costs six times as much: AWS upgrades instead.
            upgrade_policy={"support_type": "STANDARD"},
            zonal_shift_config={"enabled": True},
            enabled_cluster_log_types=list(args.log_types),
            encryption_config=key,
            deletion_protection=args.deletion_protection,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=before,
                protect=args.deletion_protection or None,
                custom_timeouts=pulumi.CustomTimeouts(create=minutes, delete=minutes),
            ),
        )

    def _entry(self, arn: str, right: Right) -> pulumi.Resource:
        # By the principal alone: another right replaces the association, not the entry, of which
        # a principal can have one.
        name = f"{self._name}-access-{hashlib.sha256(arn.encode()).hexdigest()[:8]}"
        # They are needed until the last object of the cluster is gone.
        opts = pulumi.ResourceOptions(parent=self, deleted_with=self.cluster)
        entry = eks.AccessEntry(
            name,
            cluster_name=self.cluster.name,
            principal_arn=arn,
            type="STANDARD",
            opts=opts,
        )
        return eks.AccessPolicyAssociation(
            f"{name}-policy",
            cluster_name=self.cluster.name,
            principal_arn=entry.principal_arn,
            policy_arn=(
                f"arn:{self._args.partition}:eks::aws:cluster-access-policy/{_POLICIES[right]}"
            ),
            access_scope={"type": "cluster"},
            opts=opts,
        )


def _issuer(identities: Sequence[eks.outputs.ClusterIdentity]) -> str:
    """The URL of the issuer of the cluster's tokens."""
    oidcs = identities[0].oidcs or []
    return oidcs[0].issuer or ""
