"""What a pod may reach by the NetworkPolicies of its namespace."""

from __future__ import annotations

from typing import Final

import pytest

from tests.support.doctor import Object, obj
from tooling.kubernetes.policies import Target, admits, admits_port, limiting, ports_to, selects

HOME = obj(
    "Namespace",
    "observability",
    namespace=None,
    labels={"kubernetes.io/metadata.name": "observability", "team": "platform"},
)
GATEWAY = obj("Pod", "gateway-0", labels={"app": "gateway"}, status={"podIP": "10.0.3.7"})
TARGET = Target(namespace=HOME, pods=[GATEWAY], port=4318, port_name="otlp")
AGENT = obj("Pod", "agent", namespace="research", labels={"app": "agent"})
BY_NAME = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "observability"}}}


def policy(
    *egress: Object, namespace: str = "research", selector: Object | None = None, **spec: object
) -> Object:
    return {
        "metadata": {"name": "p", "namespace": namespace},
        "spec": {
            "podSelector": selector or {},
            "policyTypes": ["Egress"],
            "egress": list(egress),
            **spec,
        },
    }


def tcp(*ports: int | str) -> list[Object]:
    return [{"protocol": "TCP", "port": port} for port in ports]


ADMITTING: Final[list[Object]] = [
    {},
    {"ports": tcp(4318)},
    {"ports": tcp(80, 4318)},
    {"ports": tcp("otlp")},
    {"ports": [{"protocol": "TCP", "port": 4000, "endPort": 5000}]},
    {"ports": [{"protocol": "TCP"}]},
    {"to": [{"namespaceSelector": {}}]},
    {"to": [BY_NAME], "ports": tcp(4318)},
    {"to": [{"podSelector": {"matchLabels": {"app": "x"}}}, BY_NAME]},
    {"to": [{**BY_NAME, "podSelector": {"matchLabels": {"app": "gateway"}}}]},
    {"to": [{"ipBlock": {"cidr": "10.0.0.0/8"}}]},
    {"to": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.0.4.0/24"]}}]},
]

OTHERS: Final[list[Object]] = [
    {"ports": tcp(80)},
    {"ports": tcp("http")},
    {"ports": [{"protocol": "TCP", "port": 4000, "endPort": 4317}]},
    {"ports": [{"protocol": "UDP", "port": 4318}]},
    {"to": [{"podSelector": {}}]},
    {"to": [{"namespaceSelector": {"matchLabels": {"team": "agents"}}}]},
    {"to": [{**BY_NAME, "podSelector": {"matchLabels": {"app": "langfuse"}}}]},
    {"to": [BY_NAME], "ports": tcp(80)},
    {"to": [{"ipBlock": {"cidr": "192.168.0.0/16"}}]},
    {"to": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.0.3.0/24"]}}]},
]


@pytest.mark.parametrize(
    ("limits", "found"),
    [
        (policy(), True),
        (policy(selector={"matchLabels": {"app": "agent"}}), True),
        (policy(selector={"matchLabels": {"app": "other"}}), False),
        (policy(namespace="elsewhere"), False),
        (policy(policyTypes=["Ingress"]), False),
        (policy(policyTypes=["Ingress", "Egress"]), True),
        # Without the list, egress counts where it is there.
        (policy(policyTypes=None), True),
    ],
)
def test_a_policy_limits_the_pods_that_it_selects_in_its_namespace(
    limits: Object, found: bool
) -> None:
    assert limiting([limits], AGENT) == ([limits] if found else [])


def test_a_policy_without_types_and_egress_limits_nothing_that_goes_out() -> None:
    ingress: Object = {
        "metadata": {"name": "p", "namespace": "research"},
        "spec": {"podSelector": {}},
    }

    assert limiting([ingress], AGENT) == []


@pytest.mark.parametrize("rule", ADMITTING)
def test_a_rule_admits_a_target_by_its_peer_and_its_port(rule: Object) -> None:
    assert admits([policy(rule)], TARGET)


@pytest.mark.parametrize("rule", OTHERS)
def test_a_rule_for_something_else_admits_nothing(rule: Object) -> None:
    assert not admits([policy(rule)], TARGET)


def test_no_rule_admits_nothing_and_one_of_several_policies_is_enough() -> None:
    assert not admits([policy()], TARGET)
    assert admits([policy(), policy({"ports": tcp(4318)})], TARGET)


def test_pods_of_a_policys_own_namespace_are_those_that_a_pod_selector_alone_takes() -> None:
    own = policy({"to": [{"podSelector": {}}]}, namespace="observability")

    assert admits([own], TARGET)


def test_dns_is_admitted_by_its_port_wherever_that_is() -> None:
    dns: Object = {"ports": [{"protocol": "UDP", "port": 53}], "to": [{"podSelector": {}}]}

    assert admits_port([policy(dns)], 53, "UDP")
    assert not admits_port([policy({"ports": tcp(53)})], 53, "UDP")
    assert not admits_port([policy({"ports": tcp(443)})], 53, "UDP")


def test_the_ports_at_which_a_target_is_admitted_are_named() -> None:
    found = policy(
        {"to": [BY_NAME], "ports": [*tcp(80, "http"), {"protocol": "UDP", "port": 53}]},
        {"to": [{"podSelector": {}}], "ports": tcp(443)},
    )

    assert ports_to([found], TARGET) == ["80", "http"]


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ({"key": "a", "operator": "In", "values": ["1", "2"]}, True),
        ({"key": "a", "operator": "In", "values": ["2"]}, False),
        ({"key": "a", "operator": "NotIn", "values": ["2"]}, True),
        ({"key": "a", "operator": "NotIn", "values": ["1"]}, False),
        ({"key": "b", "operator": "NotIn", "values": ["1"]}, True),
        ({"key": "a", "operator": "Exists"}, True),
        ({"key": "b", "operator": "Exists"}, False),
        ({"key": "b", "operator": "DoesNotExist"}, True),
        ({"key": "a", "operator": "DoesNotExist"}, False),
    ],
)
def test_expressions_select_as_kubernetes_does(expression: Object, found: bool) -> None:
    assert selects({"matchExpressions": [expression]}, {"a": "1"}) is found
