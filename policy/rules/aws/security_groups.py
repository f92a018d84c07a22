"""Reads the inbound rules of security groups, from every resource that can define them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from ..model import UNKNOWN, Seen, at, items

_INLINE: Final = frozenset(
    {
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        "aws:rds/securityGroup:SecurityGroup",
    }
)
_PREFIX_LIST: Final = "aws:ec2/managedPrefixList:ManagedPrefixList"
_PREFIX_LIST_ENTRY: Final = "aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry"


@dataclass(frozen=True, kw_only=True)
class Opening:
    """Networks and ports that a security group admits."""

    group: str
    """The group; the resource where its identifier is not known."""
    networks: list[Any]
    prefix_lists: list[Any]
    first: Any
    last: Any

    @property
    def is_for_browsers(self) -> bool:
        """Whether it opens nothing but the ports of a load balancer."""
        return self.first == self.last and self.first in (80, 443)

    def holds(self, port: int) -> bool:
        """Whether a port is in its range; a range that is not known may hold any."""
        if not (isinstance(self.first, int | float) and isinstance(self.last, int | float)):
            return True
        return self.first in {-1, 0} or self.first <= port <= self.last


def openings(seen: Seen) -> Iterator[Opening]:
    if seen.type == "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule":
        networks = [seen.get("cidrIpv4"), seen.get("cidrIpv6")]
        yield _opening(seen, seen.inputs, networks, items(seen.get("prefixListId")))
    elif seen.type == "aws:ec2/securityGroupRule:SecurityGroupRule":
        if seen.get("type") == "ingress":
            yield _opening(seen, seen.inputs, _blocks(seen.inputs), _lists(seen.inputs))
    elif seen.type in _INLINE:
        for rule in items(seen.get("ingress")):
            yield _opening(seen, rule, _blocks(rule), _lists(rule))


def listed(seen: Seen) -> list[Any] | None:
    """The networks of a prefix list; None for any other resource."""
    if seen.type == _PREFIX_LIST:
        return [at(entry, "cidr") for entry in items(seen.get("entries"))]
    return [seen.get("cidr")] if seen.type == _PREFIX_LIST_ENTRY else None


def _opening(seen: Seen, rule: object, networks: list[Any], lists: list[Any]) -> Opening:
    group = seen.get("securityGroupId")
    return Opening(
        group=group if isinstance(group, str) else seen.urn if group is not UNKNOWN else "",
        networks=networks,
        prefix_lists=[name for name in lists if isinstance(name, str)],
        first=at(rule, "fromPort"),
        last=at(rule, "toPort"),
    )


def _blocks(rule: object) -> list[Any]:
    blocks = items(at(rule, "cidrBlocks")) + items(at(rule, "ipv6CidrBlocks"))
    return blocks + items(at(rule, "cidr"))


def _lists(rule: object) -> list[Any]:
    return items(at(rule, "prefixListIds"))
