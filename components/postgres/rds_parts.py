"""What an RDS instance needs around it: a firewall, a monitoring role, a name for its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_random as random
from pulumi_aws import ec2, iam, vpc

from components.aws.cluster import EksCluster
from components.aws.iam_documents import encode
from components.postgres.rds import iam as rds_iam


def firewall(
    name: str,
    cluster: EksCluster,
    further_groups: Sequence[str],
    port: int,
    opts: pulumi.ResourceOptions,
) -> tuple[ec2.SecurityGroup, list[vpc.SecurityGroupIngressRule]]:
    """A security group that lets the cluster's nodes and pods in, and nothing out.

    The rules are resources of their own: rules within a group and beside it undo each other.
    """
    group = ec2.SecurityGroup(
        f"{name}-firewall",
        # Never to be changed: that would replace the group.
        description="Database of Langfuse",
        vpc_id=cluster.vpc_id,
        opts=opts,
    )

    def admit(role: str, client: pulumi.Input[str]) -> vpc.SecurityGroupIngressRule:
        return vpc.SecurityGroupIngressRule(
            f"{name}-from-{role}",
            description="PostgreSQL from the nodes and pods of the cluster",
            security_group_id=group.id,
            referenced_security_group_id=client,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            opts=opts,
        )

    rules = [admit("cluster", cluster.security_group_id)]
    return group, rules + [admit(client, client) for client in further_groups]


def monitoring_role(
    name: str, cluster: EksCluster, opts: pulumi.ResourceOptions
) -> tuple[iam.Role, iam.RolePolicyAttachment]:
    """The role that Enhanced Monitoring writes its logs with, and its permission."""
    role = iam.Role(
        f"{name}-monitoring",
        description="Enhanced Monitoring of Langfuse's database",
        permissions_boundary=cluster.permissions_boundary_arn,
        assume_role_policy=pulumi.Output.all(
            partition=cluster.partition, account_id=cluster.account_id
        ).apply(
            lambda known: encode(
                rds_iam.monitoring_trust(
                    partition=known["partition"],
                    region=cluster.region,
                    account_id=known["account_id"],
                )
            )
        ),
        opts=opts,
    )
    permission = iam.RolePolicyAttachment(
        f"{name}-monitoring-permission",
        role=role.name,
        policy_arn=cluster.partition.apply(rds_iam.monitoring_policy_arn),
        opts=opts,
    )
    return role, permission


def final_snapshot_name(
    name: str,
    *,
    made_with: Mapping[str, str],
    ignored: list[str],
    opts: pulumi.ResourceOptions,
) -> pulumi.Output[str]:
    """A name for the snapshot that a deletion leaves: the same in every `up`, and never taken.

    ``made_with``: what replaces the instance when it changes, but for the keys in ``ignored``. Each
    instance has its own name so: the snapshot of the one before has the other.
    """
    unique = random.RandomId(
        f"{name}-final-snapshot",
        byte_length=4,
        keepers=made_with,
        opts=pulumi.ResourceOptions.merge(
            opts,
            pulumi.ResourceOptions(ignore_changes=[f"keepers.{key}" for key in ignored]),
        ),
    )
    return pulumi.Output.format("{0}-final-{1}", name, unique.hex)
