"""Network policies of the pods that ClickHouse's operator makes.

Nothing but the operator's own namespace reaches the ports that it uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.clickhouse.connection import HTTP_PORT, NATIVE_PORT
from components.clickhouse.operator_resources import (
    KEEPER_PORT,
    MANAGEMENT_PORT,
    keeper_selector,
    server_selector,
)
from components.kubernetes.labels import NAMESPACE_NAME
from components.kubernetes.resolvers import to_resolvers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pulumi_kubernetes.networking.v1 import (
        NetworkPolicyIngressRuleArgsDict,
        NetworkPolicyPeerArgsDict,
        NetworkPolicySpecArgsDict,
    )


def server_policy(
    name: str,
    clients: Iterable[Mapping[str, str]],
    migrations: Mapping[str, str],
    operator_namespace: str,
) -> NetworkPolicySpecArgsDict:
    """Of the servers: in from clients, each other and the operator; out to each other and to the
    Keepers."""
    servers, keepers = _pods(server_selector(name)), _pods(keeper_selector(name))
    return {
        "pod_selector": {"match_labels": server_selector(name)},
        "policy_types": ["Ingress", "Egress"],
        "ingress": [
            {
                "from_": [*(_pods(client) for client in clients), _pods(migrations)],
                "ports": [{"protocol": "TCP", "port": HTTP_PORT}],
            },
            {
                "from_": [_pods(migrations)],
                "ports": [{"protocol": "TCP", "port": NATIVE_PORT}],
            },
            {"from_": [servers]},
            _operator(operator_namespace, MANAGEMENT_PORT),
        ],
        "egress": [to_resolvers(), {"to": [servers, keepers]}],
    }


def keeper_policy(name: str, operator_namespace: str) -> NetworkPolicySpecArgsDict:
    """Of the Keepers: in from the servers, each other and the operator; out to each other."""
    servers, keepers = _pods(server_selector(name)), _pods(keeper_selector(name))
    return {
        "pod_selector": {"match_labels": keeper_selector(name)},
        "policy_types": ["Ingress", "Egress"],
        "ingress": [{"from_": [servers, keepers]}, _operator(operator_namespace, KEEPER_PORT)],
        "egress": [to_resolvers(), {"to": [keepers]}],
    }


def _pods(labels: Mapping[str, str]) -> NetworkPolicyPeerArgsDict:
    return {"pod_selector": {"match_labels": labels}}


def _operator(namespace: str, port: int) -> NetworkPolicyIngressRuleArgsDict:
    """From the operator to one port."""
    return {
        "from_": [{"namespace_selector": {"match_labels": {NAMESPACE_NAME: namespace}}}],
        "ports": [{"protocol": "TCP", "port": port}],
    }
