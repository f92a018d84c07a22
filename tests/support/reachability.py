"""Which pods may connect to which, by evaluating NetworkPolicies as a cluster would."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.support.manifests import Cluster, Manifest, Pod, matches, namespace_of


def stranger(namespace: str, labels: Mapping[str, str] | None = None) -> Pod:
    """A pod that belongs to no workload of the stack."""
    owner = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "stranger"}}
    return Pod(owner, namespace, labels or {"app": "stranger"})


def admits(cluster: Cluster, source: Pod, target: Pod, port: int | str) -> bool:
    """Whether ``source`` may open a TCP connection to a port of ``target``."""
    number = target.port_number(port)
    return (
        number is not None
        and _allowed(cluster, target, source, "ingress", number=number, target=target)
        and _allowed(cluster, source, target, "egress", number=number, target=target)
    )


def policies(cluster: Cluster, pod: Pod, direction: str) -> list[Manifest]:
    """The policies that isolate a pod in a direction; none means that everything is allowed."""
    return [
        policy
        for policy in cluster.kind("NetworkPolicy")
        if namespace_of(policy) == pod.namespace
        and matches(policy["spec"]["podSelector"], pod.labels)
        and direction.capitalize() in _types(policy["spec"])
    ]


def _types(spec: Mapping[str, Any]) -> list[str]:
    default = ["Ingress", *(["Egress"] if "egress" in spec else [])]
    return spec.get("policyTypes", default)


def _allowed(
    cluster: Cluster, pod: Pod, other: Pod, direction: str, *, number: int, target: Pod
) -> bool:
    isolating = policies(cluster, pod, direction)
    if not isolating:
        return True
    peers = "from" if direction == "ingress" else "to"
    return any(
        _port_matches(rule.get("ports"), number, target)
        and _peer_matches(cluster, pod.namespace, rule.get(peers), other)
        for policy in isolating
        for rule in policy["spec"].get(direction, [])
    )


def _port_matches(ports: list[Mapping[str, Any]] | None, number: int, target: Pod) -> bool:
    if not ports:
        return True
    for port in ports:
        if port.get("protocol", "TCP") != "TCP":
            continue
        named = port.get("port")
        first = target.port_number(named) if isinstance(named, str) else named
        if named is None or (first is not None and first <= number <= port.get("endPort", first)):
            return True
    return False


def _peer_matches(
    cluster: Cluster, namespace: str, peers: list[Mapping[str, Any]] | None, other: Pod
) -> bool:
    if not peers:
        return True
    for peer in peers:
        if "ipBlock" in peer:
            continue  # addresses of pods are not known here
        place = peer.get("namespaceSelector")
        here = (
            other.namespace == namespace
            if place is None
            else matches(place, cluster.namespace_labels(other.namespace))
        )
        if here and matches(peer.get("podSelector", {}), other.labels):
            return True
    return False
