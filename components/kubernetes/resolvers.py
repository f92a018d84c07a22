"""The resolvers of the cluster's names, in network policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi_kubernetes.networking.v1 import NetworkPolicyEgressRuleArgsDict


def to_resolvers() -> NetworkPolicyEgressRuleArgsDict:
    """To any resolver: a node-local cache has a host address, and no pod to select."""
    return {"ports": [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]}
