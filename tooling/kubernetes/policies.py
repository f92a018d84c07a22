"""What NetworkPolicies let a pod reach. Pure; imports no SDK.

https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tooling.kit.json_values import as_list
from tooling.kubernetes.objects import Object, items, labels, name, namespace, part


@dataclass(frozen=True, kw_only=True)
class Target:
    """Pods at a port, as a policy sees them: behind every Service."""

    namespace: Object
    """The Namespace that they are in."""
    pods: Sequence[Object]
    port: int
    port_name: str = ""
    """What the pods call the port."""


def limiting(policies: Sequence[Object], pod: Object) -> list[Object]:
    """The policies that limit what a pod may reach."""
    return [
        policy
        for policy in policies
        if namespace(policy) == namespace(pod)
        and _limits_egress(policy)
        and selects(part(part(policy, "spec"), "podSelector"), labels(pod))
    ]


def admits(policies: Sequence[Object], target: Target) -> bool:
    """Whether one of some policies lets a pod reach a target."""
    return any(
        _at_port(rule, target.port, target.port_name, "TCP")
        and _to(rule, target, namespace(policy))
        for policy in policies
        for rule in items(part(policy, "spec"), "egress")
    )


def admits_port(policies: Sequence[Object], port: int, protocol: str) -> bool:
    """Whether one of some policies has a rule for a port, wherever that is."""
    return any(
        _at_port(rule, port, "", protocol)
        for policy in policies
        for rule in items(part(policy, "spec"), "egress")
    )


def ports_to(policies: Sequence[Object], target: Target) -> list[str]:
    """The TCP ports at which a target is admitted, in words: its own need not be among them."""
    found = {
        str(entry["port"])
        for policy in policies
        for rule in items(part(policy, "spec"), "egress")
        if _to(rule, target, namespace(policy))
        for entry in items(rule, "ports")
        if "port" in entry and entry.get("protocol", "TCP") == "TCP"
    }
    return sorted(found)


def selects(selector: Object, of: Object) -> bool:
    """Whether a label selector takes some labels; an empty one takes all."""
    wanted = part(selector, "matchLabels")
    if any(of.get(key) != value for key, value in wanted.items()):
        return False
    return all(_holds(expression, of) for expression in items(selector, "matchExpressions"))


def _holds(expression: Object, of: Object) -> bool:
    value = of.get(str(expression["key"]))
    values = as_list(expression.get("values")) or []
    match expression["operator"]:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case _:
            return value is None


def _limits_egress(policy: Object) -> bool:
    spec = part(policy, "spec")
    types = as_list(spec.get("policyTypes"))
    return "Egress" in types if types is not None else "egress" in spec


def _at_port(rule: Object, port: int, port_name: str, protocol: str) -> bool:
    entries = items(rule, "ports")
    return not entries or any(
        entry.get("protocol", "TCP") == protocol and port in _range(entry, port, port_name)
        for entry in entries
    )


def _range(entry: Object, port: int, port_name: str) -> range:
    first = entry.get("port")
    if first is None or (isinstance(first, str) and first == port_name):
        return range(port, port + 1)
    if not isinstance(first, int):
        return range(0)
    last = entry.get("endPort")
    return range(first, (last if isinstance(last, int) else first) + 1)


def _to(rule: Object, target: Target, own: str) -> bool:
    peers = items(rule, "to")
    return not peers or any(_is_peer(peer, target, own) for peer in peers)


def _is_peer(peer: Object, target: Target, own: str) -> bool:
    if "ipBlock" in peer:
        return any(_in_block(part(peer, "ipBlock"), address) for address in _addresses(target))
    if "namespaceSelector" in peer:
        if not selects(part(peer, "namespaceSelector"), labels(target.namespace)):
            return False
    elif own != name(target.namespace):
        return False
    selector = part(peer, "podSelector")
    return any(selects(selector, labels(pod)) for pod in target.pods)


def _addresses(target: Target) -> Iterator[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    for pod in target.pods:
        if address := part(pod, "status").get("podIP"):
            yield ipaddress.ip_address(address)


def _in_block(block: Object, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    networks = [ipaddress.ip_network(str(text)) for text in as_list(block.get("except")) or []]
    inside = address in ipaddress.ip_network(str(block["cidr"]))
    return inside and not any(address in network for network in networks)
