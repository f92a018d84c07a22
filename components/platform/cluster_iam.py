"""Who may assume the cluster's roles, and what Auto Mode may do beyond AWS's own policies. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from components.aws.iam_documents import PolicyDocument, Statement, document

CLUSTER_POLICIES: Final = (
    "AmazonEKSBlockStoragePolicy",
    "AmazonEKSClusterPolicy",
    "AmazonEKSComputePolicy",
    "AmazonEKSLoadBalancingPolicy",
    "AmazonEKSNetworkingPolicy",
)
"""https://docs.aws.amazon.com/eks/latest/userguide/auto-cluster-iam-role.html"""

NODE_POLICIES: Final = ("AmazonEC2ContainerRegistryPullOnly", "AmazonEKSWorkerNodeMinimalPolicy")
"""https://docs.aws.amazon.com/eks/latest/userguide/auto-create-node-role.html"""

_OF_THE_CLUSTER: Final = {
    "aws:RequestTag/eks:eks-cluster-name": "${aws:PrincipalTag/eks:eks-cluster-name}"
}
"""What is made gets the tag of the cluster for which EKS assumed the role. EKS tags the session:
that is why the trust allows ``sts:TagSession``."""


def trust(service: str, *actions: str) -> PolicyDocument:
    """Trust in a service of AWS."""
    return document(
        {
            "Sid": "Service",
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": actions[0] if len(actions) == 1 else list(actions),
        }
    )


def cluster_trust() -> PolicyDocument:
    """Of the role that EKS works with."""
    return trust("eks.amazonaws.com", "sts:AssumeRole", "sts:TagSession")


def node_trust() -> PolicyDocument:
    """Of the role of nodes."""
    return trust("ec2.amazonaws.com", "sts:AssumeRole")


def managed(partition: str, name: str) -> str:
    """The ARN of one of AWS's own policies."""
    return f"arn:{partition}:iam::aws:policy/{name}"


def own_tags(*, partition: str, region: str, account: str) -> PolicyDocument:
    """What AWS's policies let Auto Mode do with tags of its own only: make machines, volumes and
    load balancers that have others too
    (https://docs.aws.amazon.com/eks/latest/userguide/auto-cluster-iam-role.html#tag-prop).
    """

    def in_ec2(*kinds: str) -> list[str]:
        return [f"arn:{partition}:ec2:{region}:{account}:{kind}/*" for kind in kinds]

    def statement(
        sid: str, actions: Sequence[str], resources: str | Sequence[str], *tags: str
    ) -> Statement:
        condition: dict[str, dict[str, str]] = {"StringEquals": dict(_OF_THE_CLUSTER)}
        if tags:
            condition["StringLike"] = {f"aws:RequestTag/{tag}": "*" for tag in tags}
        return {
            "Sid": sid,
            "Effect": "Allow",
            "Action": list(actions),
            "Resource": resources,
            "Condition": condition,
        }

    return document(
        statement(
            "Compute",
            ("ec2:CreateFleet", "ec2:CreateLaunchTemplate", "ec2:RunInstances"),
            "*",
            "eks:kubernetes-node-class-name",
            "eks:kubernetes-node-pool-name",
        ),
        statement(
            "Storage",
            ("ec2:CreateSnapshot", "ec2:CreateVolume"),
            # AWS names the account of no snapshot.
            [*in_ec2("volume"), f"arn:{partition}:ec2:{region}::snapshot/*"],
        ),
        statement(
            "Networking",
            ("ec2:CreateNetworkInterface",),
            "*",
            "eks:kubernetes-cni-node-name",
        ),
        statement(
            "LoadBalancing",
            (
                "ec2:CreateSecurityGroup",
                "elasticloadbalancing:CreateListener",
                "elasticloadbalancing:CreateLoadBalancer",
                "elasticloadbalancing:CreateRule",
                "elasticloadbalancing:CreateTargetGroup",
            ),
            "*",
        ),
    )


def flow_logs(log_group_arn: str) -> PolicyDocument:
    """What writing flow logs needs
    (https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html), in one group that
    exists.

    All but tagging is asked for by the group's ARN with ``:*``
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html).
    """
    return document(
        {
            "Sid": "Write",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            "Resource": f"{log_group_arn}:*",
        }
    )
