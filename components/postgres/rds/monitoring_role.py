"""The IAM role of an RDS instance's Enhanced Monitoring."""

from __future__ import annotations

import pulumi
from pulumi_aws import iam

from components.aws.cluster import EksCluster
from components.aws.iam_documents import encode
from components.postgres.rds.iam import monitoring_policy_arn, monitoring_trust


def monitoring_role(
    name: str, cluster: EksCluster, opts: pulumi.ResourceOptions
) -> tuple[iam.Role, iam.RolePolicyAttachment]:
    """The role with which Enhanced Monitoring writes its logs, and its permission."""
    role = iam.Role(
        f"{name}-monitoring",
        path=cluster.role_path,
        description="Enhanced Monitoring of Langfuse's database",
        permissions_boundary=cluster.permissions_boundary_arn,
        assume_role_policy=pulumi.Output.all(
            partition=cluster.partition, account_id=cluster.account_id
        ).apply(lambda known: encode(monitoring_trust(**known, region=cluster.region))),
        opts=opts,
    )
    permission = iam.RolePolicyAttachment(
        f"{name}-monitoring-permission",
        role=role.name,
        policy_arn=cluster.partition.apply(monitoring_policy_arn),
        opts=opts,
    )
    return role, permission
