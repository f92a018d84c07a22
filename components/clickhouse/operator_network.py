"""Network policies of the pods that ClickHouse's operator makes.

Nothing but the operator's own namespace reaches the ports that it uses. Metrics can be read without
a password: a policy admits whom to, or nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.clickhouse.configuration import METRICS_PORT
from components.clickhouse.connection import HTTP_PORT, NATIVE_PORT
from components.clickhouse.operator_resources import (
    KEEPER_METRICS_PORT,
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
        NetworkPolicyEgressRuleArgsDict,
        NetworkPolicyIngressRuleArgsDict,
        NetworkPolicyPeerArgsDict,
        NetworkPolicySpecArgsDict,
    )


def server_policy(
    name: str,
    clients: Iterable[Mapping[str, str]],
    natives: Iterable[Mapping[str, str]],
    operator_namespace: str,
    metrics_namespace: str | None,
    *,
    egress: Iterable[NetworkPolicyEgressRuleArgsDict] = (),
) -> NetworkPolicySpecArgsDict:
    """Of the servers: in from clients, each other, the operator and who reads metrics; out to each
    other, to the Keepers and by ``egress``. ``natives``: labels of the pods that use the native
    protocol."""
    servers, keepers = _pods(server_selector(name)), _pods(keeper_selector(name))
    return {
        "pod_selector": {"match_labels": server_selector(name)},
        "policy_types": ["Ingress", "Egress"],
        "ingress": [
            {
                "from_": [_pods(client) for client in clients],
                "ports": [{"protocol": "TCP", "port": HTTP_PORT}],
            },
            {
                "from_": [_pods(labels) for labels in natives],
                "ports": [{"protocol": "TCP", "port": NATIVE_PORT}],
            },
            {"from_": [servers]},
            _namespace(operator_namespace, MANAGEMENT_PORT),
            *([_namespace(metrics_namespace, METRICS_PORT)] if metrics_namespace else []),
        ],
        "egress": [to_resolvers(), {"to": [servers, keepers]}, *egress],
    }


def keeper_policy(
    name: str, operator_namespace: str, metrics_namespace: str | None
) -> NetworkPolicySpecArgsDict:
    """Of the Keepers: in from the servers, each other, the operator and who reads metrics; out to
    each other."""
    servers, keepers = _pods(server_selector(name)), _pods(keeper_selector(name))
    return {
        "pod_selector": {"match_labels": keeper_selector(name)},
        "policy_types": ["Ingress", "Egress"],
        "ingress": [
            {"from_": [servers, keepers]},
            _namespace(operator_namespace, KEEPER_PORT),
            *([_namespace(metrics_namespace, KEEPER_METRICS_PORT)] if metrics_namespace else []),
        ],
        "egress": [to_resolvers(), {"to": [keepers]}],
    }


def _pods(labels: Mapping[str, str]) -> NetworkPolicyPeerArgsDict:
    return {"pod_selector": {"match_labels": labels}}


def _namespace(namespace: str, port: int) -> NetworkPolicyIngressRuleArgsDict:
    """From a namespace to one port."""
    return {
        "from_": [{"namespace_selector": {"match_labels": {NAMESPACE_NAME: namespace}}}],
        "ports": [{"protocol": "TCP", "port": port}],
    }
