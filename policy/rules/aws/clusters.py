"""Rules about EKS clusters, their machines, their network and the roles of a stack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ..model import UNKNOWN, Rule, Seen, StackRule, accepted, at, is_off, is_on, items, mapping

_CLUSTER: Final = "aws:eks/cluster:Cluster"
_VPC: Final = "aws:ec2/vpc:Vpc"
_FLOW_LOG: Final = "aws:ec2/flowLog:FlowLog"
_ROLE: Final = "aws:iam/role:Role"
_MACHINES: Final = frozenset(
    {
        "aws:ec2/instance:Instance",
        "aws:ec2/launchConfiguration:LaunchConfiguration",
        "aws:ec2/launchTemplate:LaunchTemplate",
        "aws:ec2/spotInstanceRequest:SpotInstanceRequest",
    }
)
_RISK: Final = "noFlowLogs"


def entrance(seen: Seen) -> Iterator[str]:
    if seen.type != _CLUSTER:
        return
    access, reach = seen.get("accessConfig"), seen.get("vpcConfig")
    if access is not UNKNOWN:
        mode = mapping(access).get("authenticationMode")
        if mode not in ("API", UNKNOWN):
            yield "accessConfig.authenticationMode is not API: a ConfigMap could let anybody in"
        if not is_off(mapping(access).get("bootstrapClusterCreatorAdminPermissions")):
            yield (
                "accessConfig.bootstrapClusterCreatorAdminPermissions is not false: whoever makes "
                "the cluster stays its administrator, and no entry says so"
            )
    if reach is not UNKNOWN and not is_on(mapping(reach).get("endpointPrivateAccess")):
        yield "vpcConfig.endpointPrivateAccess is not true: nodes then need the public endpoint"
    logs = seen.get("enabledClusterLogTypes")
    if logs is not UNKNOWN and not any(kind in ("audit", UNKNOWN) for kind in items(logs)):
        yield "enabledClusterLogTypes has no audit: nothing tells who did what"


def metadata_service(seen: Seen) -> Iterator[str]:
    if seen.type not in _MACHINES:
        return
    options = seen.get("metadataOptions")
    if options is UNKNOWN:
        return
    for option in items(options) or [None]:
        if at(option, "httpEndpoint") == "disabled":
            continue
        if at(option, "httpTokens") not in ("required", UNKNOWN):
            yield "metadataOptions.httpTokens is not required: version 1 answers any request"
        hops = at(option, "httpPutResponseHopLimit")
        if isinstance(hops, int | float) and hops > 1:
            yield f"metadataOptions.httpPutResponseHopLimit is {hops:g}: pods get the node's role"


def flow_logs(stack: Sequence[Seen]) -> Iterator[tuple[Seen, str]]:
    """One for each network: which is whose, a first preview does not know."""
    if _RISK in accepted(stack):
        return
    networks = [seen for seen in stack if seen.type == _VPC]
    logged = [s for s in stack if s.type == _FLOW_LOG and s.get("vpcId") is not None]
    for seen in networks[len(logged) :]:
        yield seen, f"has no flow log: make one, or acknowledge {_RISK}"


def bounded(stack: Sequence[Seen]) -> Iterator[tuple[Seen, str]]:
    roles = [seen for seen in stack if seen.type == _ROLE]
    boundaries = [seen.get("permissionsBoundary") for seen in roles]
    if not any(boundaries):
        return
    for seen, boundary in zip(roles, boundaries, strict=True):
        if not boundary:
            yield seen, "has no permissionsBoundary, as other roles of the stack have"


RULES: Final = (
    Rule(
        name="cluster-entrance",
        protects="Nobody enters an EKS cluster without an access entry, and what they do there is "
        "logged.",
        check=entrance,
    ),
    Rule(
        name="instance-metadata-v2",
        protects="A pod or a request that a server is made to send does not get the credentials of "
        "the machine.",
        check=metadata_service,
    ),
)
STACK_RULES: Final = (
    StackRule(
        name="network-is-logged",
        protects="The way of an intruder through a VPC leaves a trace, unless the stack "
        "acknowledges noFlowLogs.",
        check=flow_logs,
    ),
    StackRule(
        name="roles-are-bounded",
        protects="Where a permissions boundary limits one role of a stack, it limits all of them.",
        check=bounded,
    ),
)
