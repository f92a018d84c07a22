"""What making, changing and removing a platform needs in AWS.

The names are those of https://docs.aws.amazon.com/service-authorization/latest/reference/, and each
action is named with every type of resource that it asks for there. It is what the provider asks for
on behalf of the program, and what the doctor asks. What the platform's own roles may do is in
``components/platform/cluster_iam.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from stacks.names import PLATFORM

Part = Literal["network", "flow logs", "cluster", "key", "metrics server", "zone", "doctor"]
"""A part of a platform that its settings switch on. ``cluster`` and ``doctor`` always are."""

Limit = Literal[
    "tagged",
    "tags",
    "tags as it is made",
    "tags the untagged",
    "makes a role",
    "grants",
    "attaches to cluster",
    "attaches to nodes",
    "passes to eks",
    "passes to ec2",
    "passes to flow logs",
    "links to eks",
]
"""What an action is limited to where its resource says too little. ``policies`` has the
conditions."""

RANDOM: Final = "?" * 7
"""What Pulumi's provider for AWS puts behind a logical name."""


@dataclass(frozen=True, kw_only=True)
class Need:
    """Actions on one kind of resource."""

    component: str
    """Class that makes the resource, or ``Doctor``. It becomes a statement's Sid."""
    part: Part
    resource: str
    """ARN, with ``partition``, ``region``, ``account``, ``cluster``, ``key`` and ``suffix`` (of the
    partition's names in DNS) in braces. ``*`` alone: the actions take no resource."""
    actions: tuple[str, ...]
    limit: Limit | None = None


_Make = Callable[..., Need]
"""Takes the resource, the service, its verbs with spaces between, and a limit."""


def _of(component: str, part: Part) -> _Make:
    """Makes needs of one part."""

    def need(resource: str, service: str, verbs: str, limit: Limit | None = None) -> Need:
        actions = tuple(f"{service}:{verb}" for verb in verbs.split())
        return Need(component=component, part=part, resource=resource, actions=actions, limit=limit)

    return need


def _arn(service: str, rest: str) -> str:
    return f"arn:{{partition}}:{service}:{{region}}:{{account}}:{rest}"


def _iam(rest: str) -> str:
    return f"arn:{{partition}}:iam::{{account}}:{rest}"


_network = _of("Network", "network")
_flow_logs = _of("FlowLogs", "flow logs")
_cluster = _of("Cluster", "cluster")
_key = _of("Cluster", "key")
_metrics_server = _of("ClusterServices", "metrics server")
_zone = _of("ClusterServices", "zone")
_doctor = _of("Doctor", "doctor")


def _ec2(kind: str, verbs: str, limit: Limit | None = "tagged") -> Need:
    return _network(_arn("ec2", f"{kind}/*"), "ec2", verbs, limit)


MADE: Final = {
    "vpc": "CreateVpc",
    "subnet": "CreateSubnet",
    "internet-gateway": "CreateInternetGateway",
    "route-table": "CreateRouteTable",
    "elastic-ip": "AllocateAddress",
    "natgateway": "CreateNatGateway",
    "vpc-endpoint": "CreateVpcEndpoint",
    "vpc-flow-log": "CreateFlowLogs",
}
"""What the platform makes in EC2, and by which operation. Flow logs are asked for with the rest."""

_NETWORK: Final = (
    *(
        need
        for kind, verb in MADE.items()
        for need in (
            _ec2(kind, verb, "tags"),
            _ec2(kind, "CreateTags", "tags as it is made"),
            # Other default tags later.
            _ec2(kind, "CreateTags"),
        )
    ),
    _ec2(
        "vpc",
        "CreateSubnet CreateRouteTable CreateNatGateway CreateVpcEndpoint AttachInternetGateway "
        "CreateFlowLogs DetachInternetGateway ModifyVpcAttribute DescribeVpcAttribute DeleteVpc",
    ),
    _ec2(
        "subnet",
        "CreateNatGateway AssociateRouteTable DisassociateRouteTable ReplaceRouteTableAssociation "
        "ModifySubnetAttribute DeleteSubnet",
    ),
    _ec2("internet-gateway", "AttachInternetGateway DetachInternetGateway DeleteInternetGateway"),
    _ec2(
        "route-table",
        "CreateVpcEndpoint ModifyVpcEndpoint CreateRoute ReplaceRoute DeleteRoute "
        "AssociateRouteTable DisassociateRouteTable ReplaceRouteTableAssociation DeleteRouteTable",
    ),
    _ec2(
        "elastic-ip",
        "CreateNatGateway AssociateNatGatewayAddress DisassociateNatGatewayAddress "
        "DisassociateAddress ReleaseAddress",
    ),
    _ec2("natgateway", "AssociateNatGatewayAddress DisassociateNatGatewayAddress DeleteNatGateway"),
    # AWS makes those of a NAT gateway, without our tags. The address says whose they are.
    _ec2("network-interface", "DisassociateAddress DisassociateNatGatewayAddress", None),
    _ec2("vpc-endpoint", "ModifyVpcEndpoint DeleteVpcEndpoints"),
    _ec2("vpc-flow-log", "DeleteFlowLogs"),
    # The group that each VPC has, which AWS makes without tags.
    _ec2("security-group", "CreateTags", "tags the untagged"),
    _ec2("security-group", "CreateTags RevokeSecurityGroupIngress RevokeSecurityGroupEgress"),
    _network(
        "*",
        "ec2",
        "DescribeInternetGateways DescribeRouteTables DescribeAddresses "
        "DescribeAddressesAttribute DescribeNatGateways DescribeVpcEndpoints "
        "DescribePrefixLists DescribeNetworkAcls DescribeNetworkInterfaces DescribeFlowLogs",
    ),
)

_CLUSTER_ROLE: Final = _iam(f"role/{PLATFORM}-cluster-cluster-role-{RANDOM}")
_NODE_ROLE: Final = _iam(f"role/{PLATFORM}-cluster-node-role-{RANDOM}")
_FLOW_LOGS_ROLE: Final = _iam(f"role/{PLATFORM}-network-flow-logs-role-{RANDOM}")
_FLOW_LOGS: Final = _arn("logs", f"log-group:{PLATFORM}-network-flow-logs-{RANDOM}")
_LOG: Final = _arn("logs", "log-group:/aws/eks/{cluster}/cluster")
_THIS_CLUSTER: Final = _arn("eks", "cluster/{cluster}")
_ENTRIES: Final = _arn("eks", "access-entry/{cluster}/*/{account}/*/*")
"""Kind, account and name of the principal, and an id."""
_METRICS_SERVER: Final = _arn("eks", "addon/{cluster}/metrics-server/*")
_IDENTITY_PROVIDERS: Final = _iam("oidc-provider/oidc.eks.{region}.{suffix}/id/*")
_LINKED_ROLE: Final = _iam("role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS")
_ZONES: Final = "arn:{partition}:route53:::hostedzone/*"
_ATTACH: Final = "AttachRolePolicy DetachRolePolicy"
_INLINE: Final = "PutRolePolicy DeleteRolePolicy"


def _role(need: _Make, role: str) -> tuple[Need, ...]:
    """A role, without what it is given and whom it is passed to."""
    return (
        need(role, "iam", "CreateRole", "makes a role"),
        need(
            role,
            "iam",
            "GetRole ListRolePolicies ListAttachedRolePolicies GetRolePolicy "
            "ListInstanceProfilesForRole",
        ),
        need(
            role,
            "iam",
            "TagRole UpdateAssumeRolePolicy UpdateRoleDescription DeleteRole",
            "tagged",
        ),
        need(role, "iam", "TagRole", "tags"),
    )


def _log_group(need: _Make, group: str) -> tuple[Need, ...]:
    """All but tagging is asked for by the group's ARN with ``:*``."""
    return (
        need(f"{group}:*", "logs", "CreateLogGroup", "tags"),
        need(f"{group}:*", "logs", "PutRetentionPolicy DeleteLogGroup"),
        need(group, "logs", "TagResource ListTagsForResource"),
    )


NEEDS: Final[tuple[Need, ...]] = (
    *_NETWORK,
    *_role(_flow_logs, _FLOW_LOGS_ROLE),
    _flow_logs(_FLOW_LOGS_ROLE, "iam", _INLINE, "grants"),
    _flow_logs(_FLOW_LOGS_ROLE, "iam", "PassRole", "passes to flow logs"),
    *_log_group(_flow_logs, _FLOW_LOGS),
    # What the program looks up first, and what EKS asks on behalf of who makes a cluster.
    _cluster("*", "eks", "ListClusters"),
    _cluster(
        "*",
        "ec2",
        "DescribeAvailabilityZones DescribeSubnets DescribeVpcs DescribeSecurityGroups",
    ),
    *_role(_cluster, _CLUSTER_ROLE),
    *_role(_cluster, _NODE_ROLE),
    _cluster(_CLUSTER_ROLE, "iam", _ATTACH, "attaches to cluster"),
    _cluster(_NODE_ROLE, "iam", _ATTACH, "attaches to nodes"),
    _cluster(_CLUSTER_ROLE, "iam", _INLINE, "grants"),
    _cluster(_CLUSTER_ROLE, "iam", "PassRole", "passes to eks"),
    _cluster(_NODE_ROLE, "iam", "PassRole", "passes to eks"),
    _cluster(_NODE_ROLE, "iam", "PassRole", "passes to ec2"),
    # Of Auto Mode: a role that is in one cannot be deleted, and EKS may leave it.
    _cluster(_iam("instance-profile/eks*"), "iam", "RemoveRoleFromInstanceProfile"),
    # For the first cluster of an account.
    _cluster(_LINKED_ROLE, "iam", "CreateServiceLinkedRole", "links to eks"),
    _cluster(_IDENTITY_PROVIDERS, "iam", "GetOpenIDConnectProvider"),
    _cluster(
        _IDENTITY_PROVIDERS, "iam", "CreateOpenIDConnectProvider TagOpenIDConnectProvider", "tags"
    ),
    _cluster(_IDENTITY_PROVIDERS, "iam", "DeleteOpenIDConnectProvider", "tagged"),
    *_log_group(_cluster, _LOG),
    # It looks at all groups, whatever it is asked for.
    _cluster("*", "logs", "DescribeLogGroups"),
    _cluster("*", "eks", "CreateCluster", "tags"),
    _cluster(
        _THIS_CLUSTER,
        "eks",
        "DescribeCluster UpdateClusterConfig UpdateClusterVersion DescribeUpdate TagResource "
        "DeleteCluster CreateAccessEntry ListAccessEntries",
    ),
    _cluster(
        _ENTRIES,
        "eks",
        "DescribeAccessEntry UpdateAccessEntry DeleteAccessEntry AssociateAccessPolicy "
        "DisassociateAccessPolicy ListAssociatedAccessPolicies TagResource",
    ),
    _key("{key}", "kms", "DescribeKey CreateGrant"),
    _key(_THIS_CLUSTER, "eks", "AssociateEncryptionConfig"),
    _metrics_server(_THIS_CLUSTER, "eks", "CreateAddon"),
    _metrics_server(_METRICS_SERVER, "eks", "DescribeAddon UpdateAddon DeleteAddon TagResource"),
    _zone("*", "route53", "CreateHostedZone ListHostedZones"),
    # Route 53 knows no tag in a condition. A zone with records is not deleted.
    _zone(
        _ZONES,
        "route53",
        "GetHostedZone ListTagsForResource ChangeTagsForResource UpdateHostedZoneComment "
        "DeleteHostedZone",
    ),
    _zone("arn:{partition}:route53:::change/*", "route53", "GetChange"),
    _doctor("*", "servicequotas", "GetServiceQuota"),
    _doctor("*", "ec2", "DescribeAddresses"),
    _doctor("*", "tag", "GetResources"),
    _doctor("*", "iam", "ListOpenIDConnectProviders"),
)
