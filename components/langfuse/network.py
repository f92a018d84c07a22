"""Network policies of Langfuse's pods."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import pulumi

from components.kubernetes.labels import NAMESPACE_NAME
from components.kubernetes.resolvers import to_resolvers

if TYPE_CHECKING:
    from pulumi_kubernetes.networking.v1 import (
        NetworkPolicyEgressRuleArgsDict,
        NetworkPolicyPeerArgsDict,
        NetworkPolicySpecArgsDict,
    )

    from components.kubernetes.backing import Backing


def web_policy(
    pods: Mapping[str, str],
    *,
    backings: Sequence[Backing],
    client_namespaces: Sequence[str],
    client_networks: pulumi.Input[Sequence[str]] | None,
    egress_ports: Sequence[int],
) -> NetworkPolicySpecArgsDict:
    """In from its own and the clients' namespaces and the networks; out to DNS, the backing
    services and the given ports."""
    clients: list[NetworkPolicyPeerArgsDict] = [
        {"pod_selector": {}},
        *(
            _peer({"namespace_selector": {"match_labels": {NAMESPACE_NAME: namespace}}})
            for namespace in client_namespaces
        ),
    ]
    peers: pulumi.Input[Sequence[NetworkPolicyPeerArgsDict]] = clients
    if client_networks is not None:
        peers = pulumi.Output.from_input(client_networks).apply(
            lambda networks: [
                *clients,
                *(_peer({"ip_block": {"cidr": network}}) for network in networks),
            ]
        )
    return {
        "pod_selector": {"match_labels": pods},
        "policy_types": ["Ingress", "Egress"],
        "ingress": [
            {
                "from_": peers,
                "ports": [{"protocol": "TCP", "port": "http"}],
            }
        ],
        "egress": [
            to_resolvers(),
            *_out(backings, egress_ports),
        ],
    }


def inner_policy(
    pods: Mapping[str, str],
    *,
    backings: Sequence[Backing],
    egress_ports: Sequence[int] = (),
    migrates: bool = False,
) -> NetworkPolicySpecArgsDict:
    """Nothing in; out to DNS, the backing services and the given ports.

    ``migrates``: also to the ports of the services that only migrations use.
    """
    return {
        "pod_selector": {"match_labels": pods},
        "policy_types": ["Ingress", "Egress"],
        "egress": [to_resolvers(), *_out(backings, egress_ports, migrates=migrates)],
    }


def _out(
    backings: Sequence[Backing], egress_ports: Sequence[int], *, migrates: bool = False
) -> Iterator[NetworkPolicyEgressRuleArgsDict]:
    """To the backing services, and to the ports anywhere; no port that is open anywhere twice."""
    everywhere = set(egress_ports)
    for backing in backings:
        ports = [*_ports(backing, migrates=migrates)]
        if backing.pods is None and backing.networks is None:
            ports = [port for port in ports if port not in everywhere]
            everywhere.update(ports)
        if ports:
            yield _to(backing, ports)
    yield from _anywhere(egress_ports)


def _ports(backing: Backing, *, migrates: bool) -> Iterable[int]:
    ports = dict.fromkeys([backing.port, *backing.other_ports])
    if migrates and backing.migration_port is not None:
        ports[backing.migration_port] = None
    return ports


def _anywhere(ports: Sequence[int]) -> list[NetworkPolicyEgressRuleArgsDict]:
    if not ports:
        return []
    return [{"ports": [{"protocol": "TCP", "port": port} for port in ports]}]


def _peer(peer: NetworkPolicyPeerArgsDict) -> NetworkPolicyPeerArgsDict:
    return peer


def _to(backing: Backing, ports: Sequence[int]) -> NetworkPolicyEgressRuleArgsDict:
    """To the service's pods, to its networks, or to its ports anywhere.

    The networks, because an address changes with a failover within the networks of its VPC.
    """
    rule: NetworkPolicyEgressRuleArgsDict = {
        "ports": [{"protocol": "TCP", "port": port} for port in ports]
    }
    if backing.pods is not None:
        rule["to"] = [{"pod_selector": {"match_labels": backing.pods}}]
    elif backing.networks is not None:
        rule["to"] = pulumi.Output.from_input(backing.networks).apply(
            lambda networks: [_peer({"ip_block": {"cidr": network}}) for network in networks]
        )
    return rule
