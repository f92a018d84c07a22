"""How much of the internet networks cover together, in any notation. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import Any, Final

Network = IPv4Network | IPv6Network

_PRIVATE: Final[tuple[Network, ...]] = tuple(
    ip_network(text)
    for text in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"),
        *("127.0.0.0/8", "169.254.0.0/16", "fc00::/7", "fe80::/10"),
    )
)
_WIDE: Final = {4: 2**24, 6: 2**108}
"""The number of public addresses from which on networks count as the world: a /8 of IPv4, a /20 of
IPv6. That is 1/256 of IPv4, and more than all but a few carriers have: who names so much has not
named networks of their own."""


def is_world(networks: Iterable[Any]) -> bool:
    """Whether networks are every address of IPv4 or IPv6, in one piece or in several."""
    return any(network.prefixlen == 0 for network in _union(networks))


def is_wide(networks: Iterable[Any]) -> bool:
    """Whether networks together hold so many public addresses that they count as the world."""
    union = _union(networks)
    return any(
        sum(_public(network) for network in union if network.version == version) >= fewest
        for version, fewest in _WIDE.items()
    )


def _union(texts: Iterable[Any]) -> list[Network]:
    """Networks without overlap. Other texts are skipped: AWS and Kubernetes refuse them."""
    known = [network for text in texts if (network := _network(text)) is not None]
    of_4: list[Any] = [network for network in known if network.version == 4]
    of_6: list[Any] = [network for network in known if network.version == 6]
    return [*collapse_addresses(of_4), *collapse_addresses(of_6)]


def _public(network: Network) -> int:
    """Addresses of a network that are not private."""
    same: list[Any] = [private for private in _PRIVATE if private.version == network.version]
    if any(network.subnet_of(private) for private in same):
        return 0
    inside = sum(private.num_addresses for private in same if private.subnet_of(network))
    return network.num_addresses - inside


def _network(text: object) -> Network | None:
    if not isinstance(text, str):
        return None
    try:
        return ip_network(text.strip(), strict=False)
    except ValueError:
        return None
