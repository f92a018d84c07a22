"""The subnets of a VPC, as networks. Pure.

A zone's subnets follow from the letter at the end of the zone's name alone, so that a zone that is
added, removed or named in another order changes no other zone's subnets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import Final

LETTERS: Final = "abcdefgh"
"""Last letters of the zones that the plan has room for. No region of AWS has more than six."""

LARGEST: Final = 16
"""Prefix length of the largest VPC that AWS makes."""
SMALLEST: Final = 19
"""Prefix length of the smallest VPC that the plan fits into: a public subnet is then a /27, the
smallest that a load balancer may be in
(https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html)."""

_PRIVATE_BITS: Final = 4
_PUBLIC_BITS: Final = 8


@dataclass(frozen=True, kw_only=True)
class Zone:
    """The subnets of one zone."""

    name: str
    private: str
    """Of nodes and pods: in the lower half of the VPC, a sixteenth of it."""
    public: str
    """Of load balancers and NAT gateways: in the upper half, 1/256 of the VPC."""


def fits(cidr: str) -> bool:
    """Whether the plan has room in a VPC."""
    return LARGEST <= IPv4Network(cidr).prefixlen <= SMALLEST


def plan(cidr: str, zones: Iterable[str]) -> Mapping[str, Zone]:
    """The subnets of each zone, in the order of the zones' names.

    Raises ``ValueError`` for a VPC of another size, and for a zone that the plan has no room for.
    """
    network = IPv4Network(cidr)
    if not fits(cidr):
        raise ValueError(f"{cidr} is no network from /{LARGEST} to /{SMALLEST}")
    private_half, public_half = network.subnets(prefixlen_diff=1)
    return {
        zone: Zone(
            name=zone,
            private=_slot(private_half, network.prefixlen + _PRIVATE_BITS, zone),
            public=_slot(public_half, network.prefixlen + _PUBLIC_BITS, zone),
        )
        for zone in sorted(set(zones))
    }


def _slot(half: IPv4Network, prefix: int, zone: str) -> str:
    size = 2 ** (32 - prefix)
    first = int(half.network_address) + LETTERS.index(zone[-1]) * size
    return str(IPv4Network((first, prefix)))
