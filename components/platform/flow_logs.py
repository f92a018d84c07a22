"""Flow logs of a VPC, in CloudWatch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pulumi
from pulumi_aws import cloudwatch, ec2, iam

from components.aws.iam_documents import encode
from components.aws.iam_trust import service_trust
from components.platform import cluster_iam


@dataclass(frozen=True, kw_only=True)
class FlowLogs:
    """What is logged of the connections in a VPC."""

    traffic: Literal["REJECT", "ALL"] | None = "REJECT"
    """Those that were refused, all of them, or none."""
    days: int = 30


def rejected_or_all(
    name: str,
    logs: FlowLogs,
    *,
    vpc_id: pulumi.Input[str],
    partition: str,
    region: str,
    account_id: str,
    permissions_boundary_arn: str | None,
    opts: pulumi.ResourceOptions,
) -> ec2.FlowLog:
    """The log group, the role that may write to it, and the flow log."""
    group = cloudwatch.LogGroup(f"{name}-flow-logs", retention_in_days=logs.days, opts=opts)
    role = iam.Role(
        f"{name}-flow-logs-role",
        description="Writes the flow logs of the cluster's VPC",
        permissions_boundary=permissions_boundary_arn,
        assume_role_policy=encode(
            service_trust(
                "vpc-flow-logs.amazonaws.com",
                account_id=account_id,
                source_arn=f"arn:{partition}:ec2:{region}:{account_id}:vpc-flow-log/*",
            )
        ),
        opts=opts,
    )
    permission = iam.RolePolicy(
        f"{name}-flow-logs-permission",
        role=role.name,
        policy=group.arn.apply(lambda arn: encode(cluster_iam.flow_logs(arn))),
        opts=opts,
    )
    return ec2.FlowLog(
        f"{name}-flow-log",
        vpc_id=vpc_id,
        traffic_type=logs.traffic,
        log_destination_type="cloud-watch-logs",
        log_destination=group.arn,
        iam_role_arn=role.arn,
        max_aggregation_interval=600,
        opts=pulumi.ResourceOptions(parent=opts.parent, depends_on=[permission]),
    )
