"""Rules of the private addresses that Langfuse may call for its users."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Final

from stacks.settings import langfuse_variables
from stacks.settings.machinery.dispatch import Check
from stacks.settings.machinery.problems import Problem, to_decide
from stacks.settings.sections.langfuse import Langfuse

_METADATA: Final = "the metadata of its node, which hands out the node's role"
_ITSELF: Final = "the pod itself"

_NEVER: Final = {
    "169.254.0.0/16": _METADATA,
    "fd00:ec2::254/128": _METADATA,
    "127.0.0.0/8": _ITSELF,
    "0.0.0.0/32": _ITSELF,
    "::1/128": _ITSELF,
    # The same addresses of IPv4, as IPv6 writes them.
    "::ffff:169.254.0.0/112": _METADATA,
    "::ffff:127.0.0.0/104": _ITSELF,
}
"""Networks that nobody's gateway is in
(https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html)."""

_NEVER_HOSTS: Final = {
    "instance-data.ec2.internal": _METADATA,
    "metadata.google.internal": _METADATA,
}


def no_way_to_credentials(langfuse: Langfuse) -> Iterator[Problem]:
    for path, targets in langfuse_variables.targets(langfuse):
        for index, host in enumerate(targets.hosts):
            if (what := _named(host)) is not None:
                yield to_decide(f"{path}.hosts[{index}]", host, _rule(what))
        for index, network in enumerate(targets.networks):
            if (what := _held(network)) is not None:
                yield to_decide(f"{path}.networks[{index}]", network, _rule(what))


def _rule(what: str) -> str:
    return f"would let every user of Langfuse send requests to {what}"


def _named(host: str) -> str | None:
    """What no user may reach that a host is, by its name or its address."""
    if f".{host}".endswith(".localhost"):
        return _ITSELF
    with contextlib.suppress(ValueError):
        return _held(str(ip_network(host)))
    return _NEVER_HOSTS.get(host)


def _held(network: str) -> str | None:
    """What no user may reach that is in a network."""
    given = ip_network(network)
    return next((what for known, what in _NEVER.items() if _overlap(given, known)), None)


def _overlap(given: IPv4Network | IPv6Network, known: str) -> bool:
    other = ip_network(known)
    if isinstance(given, IPv4Network):
        return isinstance(other, IPv4Network) and given.overlaps(other)
    return isinstance(other, IPv6Network) and given.overlaps(other)


CHECKS: Final[tuple[Check, ...]] = (no_way_to_credentials,)
