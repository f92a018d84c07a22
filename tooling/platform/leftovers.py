"""What a removed cluster left in AWS that costs money, or keeps the next one from being made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from stacks.names import PLATFORM_TAG
from tooling.doctor.findings import Finding
from tooling.platform.account import PlatformAccount
from tooling.platform.cluster import log_name

CLUSTER_TAG = "eks:eks-cluster-name"
"""Given by Auto Mode to what it makes."""


def leftovers(account: PlatformAccount) -> Iterator[Finding]:
    """Volumes, load balancers, machines, groups and logs of a cluster that is not there."""
    if account.found_cluster() is not None:
        return
    settings = account.settings
    name = settings.cluster.name
    # What Auto Mode made for the cluster, and what the program made and its state does not have.
    arns = sorted(
        {*_tagged(account, CLUSTER_TAG, name), *_tagged(account, PLATFORM_TAG, settings.stack)}
    )
    for what, command, own in (
        ("Volumes", ("ec2", "delete-volume", "--volume-id"), _ids(arns, "volume/")),
        (
            "Load balancers",
            ("elbv2", "delete-load-balancer", "--load-balancer-arn"),
            [arn for arn in arns if ":loadbalancer/" in arn],
        ),
        (
            "Machines",
            ("ec2", "terminate-instances", "--instance-ids"),
            _ids(arns, "instance/"),
        ),
        (
            "Target groups",
            ("elbv2", "delete-target-group", "--target-group-arn"),
            [arn for arn in arns if ":targetgroup/" in arn],
        ),
        (
            "Security groups",
            ("ec2", "delete-security-group", "--group-id"),
            _ids(arns, "security-group/"),
        ),
        (
            "Network interfaces",
            ("ec2", "delete-network-interface", "--network-interface-id"),
            _ids(arns, "network-interface/"),
        ),
        (
            "NAT gateways",
            ("ec2", "delete-nat-gateway", "--nat-gateway-id"),
            _ids(arns, "natgateway/"),
        ),
        (
            "Elastic IP addresses",
            ("ec2", "release-address", "--allocation-id"),
            _ids(arns, "elastic-ip/"),
        ),
        ("VPCs", ("ec2", "delete-vpc", "--vpc-id"), _ids(arns, "vpc/")),
    ):
        if own:
            yield _finding(account, what, own, command)
    log = log_name(account)
    groups: list[dict[str, Any]] = account.aws.pages(
        "logs", "DescribeLogGroups", "logGroups", logGroupNamePrefix=log
    )
    if any(group.get("logGroupName") == log for group in groups):
        yield _finding(
            account, "Log group", [log], ("logs", "delete-log-group", "--log-group-name")
        )


def _tagged(account: PlatformAccount, key: str, value: str) -> list[str]:
    """ARNs of what has a tag."""
    mappings = account.aws.pages(
        "resourcegroupstaggingapi",
        "GetResources",
        "ResourceTagMappingList",
        TagFilters=[{"Key": key, "Values": [value]}],
    )
    return [mapping["ResourceARN"] for mapping in mappings]


def _ids(arns: Sequence[str], kind: str) -> list[str]:
    return [arn.rpartition("/")[2] for arn in arns if f":{kind}" in arn]


def _finding(
    account: PlatformAccount, what: str, found: Sequence[str], command: tuple[str, ...]
) -> Finding:
    return Finding.warning(
        "platform-leftovers",
        f"{what}: {', '.join(found)}",
        f"The cluster {account.settings.cluster.name} is not there, and this of it or of its "
        "network is. It costs money, or keeps the VPC from being deleted. The command removes the "
        "first one: make sure that nobody needs what is in it, and that the stack does not have "
        f"it (`{account.pulumi('stack')}`).",
        account.aws.command(*command, found[0]),
    )
