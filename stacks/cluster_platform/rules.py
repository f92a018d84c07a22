"""Rules between the settings of a platform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network, ip_network
from typing import Final

from components.endpoint.address_space import is_wide, is_world
from components.platform import cidr_plan
from stacks.cluster_platform.sections.acknowledge import Acknowledgement
from stacks.cluster_platform.sections.cluster import Cluster
from stacks.cluster_platform.sections.entries import Access
from stacks.cluster_platform.sections.network import CreatedNetwork, ExistingNetwork
from stacks.cluster_platform.sections.nodes import Nodes
from stacks.cluster_platform.sections.services import Services
from stacks.settings.machinery.dispatch import Check
from stacks.settings.machinery.problems import Problem, show, to_decide, to_give, to_remove
from stacks.settings.rules.aws import in_two_zones, of_account, of_stack, tags
from stacks.settings.rules.lists import distinct
from stacks.settings.sections.aws import Aws

_PRIVATE: Final = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
_NETWORK: Final = "platform:network"
_CLUSTER: Final = "platform:cluster"
_ACCESS: Final = "platform:access"
_ACKNOWLEDGE: Final = "platform:acknowledge"


def region_and_account(aws: Aws) -> Iterator[Problem]:
    if aws.region is None:
        yield to_give("aws:region", "is required: the region of the network and the cluster")
    if len(aws.allowed_account_ids) != 1:
        key = "aws:allowedAccountIds"
        rule = "must name exactly one account: the platform's roles and policies name it"
        if aws.allowed_account_ids:
            yield to_decide(key, list(aws.allowed_account_ids), rule)
        else:
            yield Problem(key, "[]", rule, to_give(f"{key}[0]", rule, "ACCOUNT").fix)


def default_tags(aws: Aws) -> Iterator[Problem]:
    yield from tags(aws, in_annotation=False)


def network_fits(network: CreatedNetwork) -> Iterator[Problem]:
    path = f"{_NETWORK}.cidr"
    cidr = ip_network(network.cidr)
    if not isinstance(cidr, IPv4Network):
        yield to_decide(path, network.cidr, "must be a network of IPv4: pods have its addresses")
    elif not any(cidr.subnet_of(private) for private in _PRIVATE):
        rule = (
            "must be within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16: other addresses are "
            "somebody's on the internet, who could then not be reached"
        )
        yield to_decide(path, network.cidr, rule)
    elif cidr.prefixlen < cidr_plan.LARGEST:
        rule = f"must be /{cidr_plan.LARGEST} or smaller: AWS makes no larger VPC"
        yield to_decide(path, network.cidr, rule)
    elif not cidr_plan.fits(network.cidr):
        rule = (
            f"must be /{cidr_plan.SMALLEST} or larger: in a smaller one the public subnets are "
            "too small for a load balancer"
        )
        yield to_decide(path, network.cidr, rule)


def zones(network: CreatedNetwork, aws: Aws) -> Iterator[Problem]:
    path = f"{_NETWORK}.zones"
    if len(set(network.zones)) < 2:
        rule = "must be two zones at least: EKS puts the control plane into two"
        yield to_decide(path, list(network.zones), rule)
    else:
        yield from distinct(path, network.zones)
    for index, zone in enumerate(network.zones):
        if aws.region is not None and zone[:-1] != aws.region:
            yield to_decide(f"{path}[{index}]", zone, f"is no zone of aws:region, {aws.region}")


def subnets(network: ExistingNetwork) -> Iterator[Problem]:
    purpose = "EKS puts the control plane into two"
    if len(network.subnet_ids) == 0:
        path = f"{_NETWORK}.subnetIds"
        yield to_decide(path, [], "needs subnets in two zones at least: " + purpose)
    yield from in_two_zones(f"{_NETWORK}.subnetIds", network.subnet_ids, purpose)


def services_network(
    cluster: Cluster, network: CreatedNetwork | ExistingNetwork
) -> Iterator[Problem]:
    path = f"{_CLUSTER}.serviceCidr"
    cidr = ip_network(cluster.service_cidr)
    inside = isinstance(cidr, IPv4Network) and any(cidr.subnet_of(p) for p in _PRIVATE)
    if not inside or not 12 <= cidr.prefixlen <= 24:
        rule = (
            "must be a network from /12 to /24 within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16: "
            "EKS takes no other"
        )
        yield to_decide(path, cluster.service_cidr, rule)
    elif (
        isinstance(network, CreatedNetwork)
        and not any(network_fits(network))
        and cidr.overlaps(ip_network(network.cidr))
    ):
        rule = f"overlaps with {_NETWORK}.cidr, {network.cidr}: an address would have two meanings"
        yield to_decide(path, cluster.service_cidr, rule)


def networks_of_people(cluster: Cluster) -> Iterator[Problem]:
    path = f"{_CLUSTER}.publicAccessCidrs"
    if not cluster.public_access_cidrs:
        rule = (
            "is required: the networks that may connect to the API server, that of whoever runs "
            "`make platform` among them (the whole world is 0.0.0.0/0, which has to be "
            "acknowledged)"
        )
        yield Problem(path, "[]", rule, to_give(f"{path}[0]", rule, "NETWORK").fix)
    for index, network in reversed(list(enumerate(cluster.public_access_cidrs))):
        if ip_network(network).version != 4:
            rule = "must be a network of IPv4: the API server has no other addresses"
            yield to_decide(f"{path}[{index}]", network, rule)
    yield from distinct(path, cluster.public_access_cidrs)


def _of_ipv4(cluster: Cluster) -> list[str]:
    """The networks of people, without those that are refused anyway."""
    return [n for n in cluster.public_access_cidrs if ip_network(n).version == 4]


def open_to_the_world(
    cluster: Cluster, acknowledge: tuple[Acknowledgement, ...]
) -> Iterator[Problem]:
    networks = _of_ipv4(cluster)
    if not is_wide(networks) or "openToTheWorld" in acknowledge:
        return
    who = "the whole world" if is_world(networks) else "as much as the whole world"
    rule = (
        f"lets {who} connect to the API server; name the networks of people and of CI; "
        "'openToTheWorld' in acknowledge accepts that"
    )
    yield to_decide(f"{_CLUSTER}.publicAccessCidrs", list(networks), rule)


def no_flow_logs(
    network: CreatedNetwork, acknowledge: tuple[Acknowledgement, ...]
) -> Iterator[Problem]:
    if network.flow_logs == "off" and "noFlowLogs" not in acknowledge:
        rule = (
            "leaves no trace of who connected to what; 'rejected' costs little; 'noFlowLogs' in "
            "acknowledge accepts that"
        )
        yield to_decide(f"{_NETWORK}.flowLogs", network.flow_logs, rule)


def stale(
    acknowledge: tuple[Acknowledgement, ...],
    network: CreatedNetwork | ExistingNetwork,
    cluster: Cluster,
) -> Iterator[Problem]:
    taken: Mapping[Acknowledgement, bool] = {
        "noFlowLogs": isinstance(network, CreatedNetwork) and network.flow_logs == "off",
        "openToTheWorld": is_wide(_of_ipv4(cluster)),
    }
    for index, risk in reversed(list(enumerate(acknowledge))):
        if not taken[risk]:
            rule = "is a risk that this platform does not take; left here, it would hide a mistake"
            yield to_remove(f"{_ACKNOWLEDGE}[{index}]", risk, rule)
        elif risk in acknowledge[:index]:
            yield to_remove(f"{_ACKNOWLEDGE}[{index}]", risk, "is acknowledged already")


def an_admin(access: Access) -> Iterator[Problem]:
    if not access.admins:
        path = f"{_ACCESS}.admins"
        rule = (
            "is required: nobody may enter a cluster without an entry, not even who makes it; name "
            "the role or user that runs `make platform`"
        )
        yield Problem(path, "[]", rule, to_give(f"{path}[0]", rule, "PRINCIPAL_ARN").fix)


def principals_once(access: Access) -> Iterator[Problem]:
    """EKS has one entry for a principal."""
    seen: dict[str, str] = {}
    found: list[Problem] = []
    for name, principals in _lists(access).items():
        for index, arn in enumerate(principals):
            path = f"{_ACCESS}.{name}[{index}]"
            if arn in seen:
                rule = f"is named by {seen[arn]} already, and a principal has one access entry"
                same_list = seen[arn].startswith(f"{_ACCESS}.{name}[")
                found.append((to_remove if same_list else to_decide)(path, arn, rule))
            seen.setdefault(arn, path)
    yield from reversed(found)  # removing one renumbers those behind it


def principals_of_the_account(access: Access, aws: Aws) -> Iterator[Problem]:
    for name, principals in _lists(access).items():
        for index, arn in enumerate(principals):
            yield from of_account(f"{_ACCESS}.{name}[{index}]", arn, aws)


def _lists(access: Access) -> Mapping[str, Sequence[str]]:
    return {"admins": access.admins, "deployers": access.deployers, "viewers": access.viewers}


def arns(cluster: Cluster, aws: Aws) -> Iterator[Problem]:
    yield from of_stack(f"{_CLUSTER}.kmsKeyArn", cluster.kms_key_arn, aws)
    path = f"{_CLUSTER}.permissionsBoundaryArn"
    yield from of_account(path, cluster.permissions_boundary_arn, aws)


def log_types_once(cluster: Cluster) -> Iterator[Problem]:
    yield from distinct(f"{_CLUSTER}.logTypes", cluster.log_types)


def nodes_possible(nodes: Nodes) -> Iterator[Problem]:
    for name, chosen in (("architectures", nodes.architectures), ("capacity", nodes.capacity)):
        path = f"platform:nodes.{name}"
        if not chosen:
            yield Problem(path, show([]), "must name one at least: no node could be started", "")
        yield from distinct(path, chosen)


def version_of_nothing(services: Services) -> Iterator[Problem]:
    version = services.metrics_server_version
    if version is not None and not services.metrics_server:
        rule = "has no effect: platform:services.metricsServer is false"
        yield to_remove("platform:services.metricsServerVersion", version, rule)


CHECKS: Final[tuple[Check, ...]] = (
    region_and_account,
    default_tags,
    network_fits,
    zones,
    subnets,
    services_network,
    networks_of_people,
    open_to_the_world,
    no_flow_logs,
    an_admin,
    principals_once,
    principals_of_the_account,
    arns,
    log_types_once,
    nodes_possible,
    version_of_nothing,
    stale,
)
