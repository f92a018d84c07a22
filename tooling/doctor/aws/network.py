"""Checks of the subnets of the load balancer, the database and the cache."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from components.aws.discovery import PRIVATE_SUBNET_TAG, PUBLIC_SUBNET_TAG
from stacks.settings.sections.cache import ElastiCacheCache
from stacks.settings.sections.database import RdsDatabase
from tooling.doctor.aws.session.account import Account, Cluster
from tooling.doctor.findings import Finding

_ADDRESSES: Final = 8
"""Free addresses that a subnet of a load balancer needs
(https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#subnets-load-balancer)."""

_OF_CLUSTER: Final = "kubernetes.io/cluster/"
"""The controller passes over a subnet with such tags of other clusters alone
(https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/subnet_discovery/)."""

_ZONES: Final = 2


@dataclass(frozen=True, kw_only=True)
class _Subnet:
    id: str
    vpc: str
    zone: str
    free: int
    tags: dict[str, str]

    def is_of_others(self, cluster: str) -> bool:
        owners = [key for key in self.tags if key.startswith(_OF_CLUSTER)]
        return bool(owners) and f"{_OF_CLUSTER}{cluster}" not in owners


def load_balancer_subnets(account: Account) -> Iterator[Finding]:
    """Whether the controller finds subnets in two zones for the load balancer."""
    endpoint = account.settings.endpoint
    if endpoint is None:
        return
    cluster = account.cluster()
    if endpoint.subnet_ids:
        found = _given(account, endpoint.subnet_ids)
        problems = _problems_of_given(found, endpoint.subnet_ids, cluster, "endpoint.subnetIds")
        problems += _full(found)
        zones = Counter(subnet.zone for subnet in found)
        problems += [
            f"{count} of them are in {zone}, and a load balancer takes one for each zone"
            for zone, count in sorted(zones.items())
            if count > 1
        ]
        if problems:
            yield _about(account, cluster, "Subnets of the load balancer", "; ".join(problems))
        return
    public = endpoint.scheme == "internet-facing"
    tag = PUBLIC_SUBNET_TAG if public else PRIVATE_SUBNET_TAG
    tagged = _tagged(account, cluster, tag)
    usable = [
        subnet
        for subnet in tagged
        if subnet.tags[tag] in {"", "1"}
        and subnet.free >= _ADDRESSES
        and not subnet.is_of_others(cluster.name)
    ]
    if len({subnet.zone for subnet in usable}) < _ZONES:
        kind = "public" if public else "private"
        passed_over = sorted(subnet.id for subnet in tagged if subnet not in usable)
        beside = (
            f"; {', '.join(passed_over)} cannot be used: another value of the tag, fewer than "
            f"{_ADDRESSES} free addresses, or the tag of another cluster"
            if passed_over
            else ""
        )
        problem = (
            f"The controller looks for {kind} subnets in two zones of {cluster.vpc_id} with the "
            f"tag {tag}=1, and finds {_list(usable)}{beside}. Tag them, or name the subnets in "
            "endpoint.subnetIds"
        )
        yield _about(account, cluster, "Subnets of the load balancer", problem)


def database_subnets(account: Account) -> Iterator[Finding]:
    """Whether RDS gets subnets in two zones of the cluster's VPC."""
    if isinstance(section := account.settings.database, RdsDatabase):
        yield from _of_store(account, "database", "RDS", section.subnet_ids)


def cache_subnets(account: Account) -> Iterator[Finding]:
    """Whether ElastiCache gets subnets in two zones of the cluster's VPC."""
    if isinstance(section := account.settings.cache, ElastiCacheCache):
        yield from _of_store(account, "cache", "ElastiCache", section.subnet_ids)


def _of_store(
    account: Account, store: str, service: str, given: Sequence[str]
) -> Iterator[Finding]:
    """``store``: the section of the settings; ``given``: the subnets that it names."""
    cluster, key = account.cluster(), f"{store}.subnetIds"
    if given:
        problems = _problems_of_given(_given(account, given), given, cluster, key)
        if problems:
            yield _about(account, cluster, f"Subnets of the {store}", "; ".join(problems))
        return
    found = _tagged(account, cluster, PRIVATE_SUBNET_TAG) or _given(account, cluster.subnet_ids)
    if len({subnet.zone for subnet in found}) < _ZONES:
        problem = (
            f"{service} wants subnets in two zones. The private ones of {cluster.vpc_id} are found "
            f"by the tag {PRIVATE_SUBNET_TAG} (without any, the cluster's own are taken), which "
            f"are {_list(found)}. Tag more of them, or name the subnets in {key}"
        )
        yield _about(account, cluster, f"Subnets of the {store}", problem)


def _problems_of_given(
    found: Sequence[_Subnet], given: Collection[str], cluster: Cluster, key: str
) -> list[str]:
    problems = list[str]()
    if missing := sorted(set(given) - {subnet.id for subnet in found}):
        problems.append(f"{', '.join(missing)} of {key} are not there")
    if strange := sorted(subnet.id for subnet in found if subnet.vpc != cluster.vpc_id):
        problems.append(f"{', '.join(strange)} of {key} are not in the cluster's {cluster.vpc_id}")
    if len({subnet.zone for subnet in found}) < _ZONES:
        problems.append(f"{key} needs subnets in two zones, and has {_list(found)}")
    return problems


def _full(subnets: Sequence[_Subnet]) -> list[str]:
    return [
        f"{subnet.id} has {subnet.free} free addresses, and a load balancer needs {_ADDRESSES}"
        for subnet in subnets
        if subnet.free < _ADDRESSES
    ]


def _about(account: Account, cluster: Cluster, subject: str, problem: str) -> Finding:
    return Finding.error(
        "subnets-untagged",
        subject,
        f"{problem}. The command lists the VPC's subnets.",
        account.aws.command(
            *("ec2", "describe-subnets", "--filters", f"Name=vpc-id,Values={cluster.vpc_id}"),
            "--query",
            "Subnets[].{id:SubnetId,zone:AvailabilityZone,free:AvailableIpAddressCount,"
            "public:MapPublicIpOnLaunch,tags:join(' ',Tags[].Key)}",
            *("--output", "table"),
        ),
    )


def _list(subnets: Sequence[_Subnet]) -> str:
    return ", ".join(f"{subnet.id} ({subnet.zone})" for subnet in subnets) or "none"


def _tagged(account: Account, cluster: Cluster, tag: str) -> list[_Subnet]:
    return _subnets(account, {"vpc-id": [cluster.vpc_id], "tag-key": [tag]})


def _given(account: Account, ids: Sequence[str]) -> list[_Subnet]:
    """Those of ``ids`` that are there: a filter leaves out what an id would make an error of."""
    return _subnets(account, {"subnet-id": list(ids)})


def _subnets(account: Account, filters: dict[str, list[str]]) -> list[_Subnet]:
    found = account.aws.pages(
        "ec2",
        "DescribeSubnets",
        "Subnets",
        Filters=[{"Name": name, "Values": values} for name, values in filters.items()],
    )
    subnets = [
        _Subnet(
            id=subnet["SubnetId"],
            vpc=subnet["VpcId"],
            zone=subnet["AvailabilityZone"],
            free=subnet["AvailableIpAddressCount"],
            tags={tag["Key"]: tag["Value"] for tag in subnet.get("Tags", [])},
        )
        for subnet in found
    ]
    return sorted(subnets, key=lambda subnet: subnet.id)
