"""Looks up an existing EKS cluster and what belongs to it. Creates nothing.

The look-ups run in every preview. A cluster that does not exist stops the preview with AWS's error
message, and one that the stack does not work on with the reason, before anything is changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import pulumi
from pulumi_aws import ec2, eks, iam

from components.aws import cluster_support
from components.aws.cluster import EksCluster, OidcProvider
from components.aws.iam_documents import account, partition
from components.kubernetes import cluster_mode

PUBLIC_SUBNET_TAG: Final = "kubernetes.io/role/elb"
"""Marks public subnets for internet-facing load balancers."""

PRIVATE_SUBNET_TAG: Final = "kubernetes.io/role/internal-elb"
"""Marks private subnets, for the AWS Load Balancer Controller and for other tools
(https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html)."""


def find_cluster(name: str, region: str, opts: pulumi.InvokeOptions) -> EksCluster:
    """The cluster of that name in the account and region of the provider in ``opts``.

    Waited for, because the program goes on by what AWS answers: name and region are configuration,
    so that the answer is known in every preview, the first one too.
    """
    found = _describe(name, region, opts)
    ip_families = {network.ip_family for network in found.kubernetes_network_configs}
    if problem := cluster_support.problem(
        status=found.status,
        kubernetes=found.version,
        ip_family="ipv6" if "ipv6" in ip_families else "ipv4",
    ):
        raise pulumi.RunError(f"the EKS cluster {name} in {region} {problem}.")
    auto = any(compute.enabled for compute in found.compute_configs)
    vpc = ec2.get_vpc_output(id=found.vpc_config.vpc_id, region=region, opts=opts)
    known = pulumi.Output.from_input
    return EksCluster(
        name=name,
        region=region,
        arn=known(found.arn),
        mode=cluster_mode.AUTO if auto else cluster_mode.SELF_MANAGED,
        partition=known(partition(found.arn)),
        account_id=known(account(found.arn)),
        endpoint=known(found.endpoint),
        certificate_authority=known(found.certificate_authorities[0].data),
        vpc_id=vpc.apply(lambda network: network.id),
        vpc_cidrs=vpc.apply(
            lambda network: sorted(
                association.cidr_block for association in network.cidr_block_associations
            )
        ),
        security_group_id=known(found.vpc_config.cluster_security_group_id),
        subnet_ids=known(sorted(found.vpc_config.subnet_ids)),
        oidc_issuer=known(found.identities[0].oidcs[0].issuer),
    )


def _describe(name: str, region: str, opts: pulumi.InvokeOptions) -> eks.AwaitableGetClusterResult:
    try:
        return eks.get_cluster(name=name, region=region, opts=opts)
    except Exception as error:
        if type(error) is not Exception:
            raise
        # What the SDK raises for any refusal; people get AWS's words without a traceback.
        raise pulumi.RunError(str(error)) from error


def find_oidc_provider(cluster: EksCluster, opts: pulumi.InvokeOptions) -> OidcProvider:
    """The cluster's IAM identity provider, looked up instead of composed from the issuer.

    A new cluster has none. AWS accepts a role that trusts a provider which does not exist, but no
    pod could assume it. The look-up makes the preview fail instead.
    """
    found = iam.get_open_id_connect_provider_output(url=cluster.oidc_issuer, opts=opts)
    return OidcProvider(
        arn=found.apply(lambda provider: provider.arn),
        issuer_host=cluster.oidc_issuer.apply(lambda url: url.removeprefix("https://")),
    )


def find_private_subnets(
    cluster: EksCluster, opts: pulumi.InvokeOptions
) -> pulumi.Output[Sequence[str]]:
    """The private subnets of the cluster's VPC by their standard tag; without tags, the cluster's.

    The cluster's own subnets are in at least two zones, as RDS requires. They may be public; an
    instance in them still has no public address unless it asks for one.
    """
    tagged = ec2.get_subnets_output(
        filters=cluster.vpc_id.apply(lambda vpc_id: _tagged_subnets_of(vpc_id, PRIVATE_SUBNET_TAG)),
        region=cluster.region,
        opts=opts,
    )
    return pulumi.Output.all(tagged=tagged, own=cluster.subnet_ids).apply(
        lambda known: sorted(known["tagged"].ids or known["own"])
    )


def find_load_balancer_networks(
    cluster: EksCluster,
    scheme: Literal["internet-facing", "internal"],
    subnet_ids: Sequence[str],
    opts: pulumi.InvokeOptions,
) -> pulumi.Output[Sequence[str]]:
    """Networks of the subnets that the load balancer is in: the given ones, or those tagged for it.

    With ``ip`` targets it connects from these networks. Pods have addresses of the VPC too, so
    admitting the whole VPC would admit every pod of the cluster.
    """
    ids: pulumi.Input[Sequence[str]] = subnet_ids
    if not subnet_ids:
        tag = PUBLIC_SUBNET_TAG if scheme == "internet-facing" else PRIVATE_SUBNET_TAG
        ids = ec2.get_subnets_output(
            filters=cluster.vpc_id.apply(lambda vpc_id: _tagged_subnets_of(vpc_id, tag)),
            region=cluster.region,
            opts=opts,
        ).apply(lambda found: sorted(found.ids))

    def network(subnet_id: str) -> pulumi.Output[str]:
        found = ec2.get_subnet_output(id=subnet_id, region=cluster.region, opts=opts)
        return found.apply(lambda subnet: subnet.cidr_block)

    return pulumi.Output.from_input(ids).apply(
        lambda known: pulumi.Output.all(*(network(subnet_id) for subnet_id in known))
    )


def _tagged_subnets_of(vpc_id: str, tag: str) -> list[ec2.GetSubnetsFilterArgsDict]:
    # By the key alone: the controller accepts both "1" and "" as the value.
    return [
        {"name": "vpc-id", "values": [vpc_id]},
        {"name": "tag-key", "values": [tag]},
    ]
