"""The security group of a managed data store: who may connect to it."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
from pulumi_aws import ec2, vpc

from components.aws.cluster import EksCluster


def firewall(
    name: str,
    cluster: EksCluster,
    *,
    name_prefix: str,
    store: str,
    protocol: str,
    further_groups: Sequence[str],
    port: int,
    opts: pulumi.ResourceOptions,
) -> tuple[ec2.SecurityGroup, list[vpc.SecurityGroupIngressRule]]:
    """A security group that admits the cluster's nodes and pods to ``port``, without egress.

    ``store`` and ``protocol``: what is reached, and how, for people. Returns the group and its
    rules. The rules are separate resources: AWS's provider lets inline rules and separate ones
    overwrite each other.
    """
    group = ec2.SecurityGroup(
        f"{name}-firewall",
        name_prefix=f"{name_prefix}-firewall-",
        # A changed description would replace the group.
        description=f"{store} of Langfuse",
        vpc_id=cluster.vpc_id,
        opts=opts,
    )

    def admit(role: str, client: pulumi.Input[str]) -> vpc.SecurityGroupIngressRule:
        return vpc.SecurityGroupIngressRule(
            f"{name}-from-{role}",
            description=f"{protocol} from the nodes and pods of the cluster",
            security_group_id=group.id,
            referenced_security_group_id=client,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            opts=opts,
        )

    rules = [admit("cluster", cluster.security_group_id)]
    return group, rules + [admit(client, client) for client in further_groups]
