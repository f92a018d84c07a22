"""The network policy evaluation, by one policy changed in one place at a time."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.manifests import Cluster
from tests.support.reachability import admits, stranger
from tests.support.sound_cluster import Steps, broken, sound

FRIEND = {"app": "web"}
INGRESS = ("policy", "spec", "ingress")
RULE = (*INGRESS, 0)
ANY: dict[str, Any] = {}


def admitted(objects: dict[str, Any], namespace: str, labels: dict[str, str] | None) -> bool:
    cluster = Cluster.of(objects.values())
    (web,) = cluster.pods()
    return admits(cluster, stranger(namespace, labels), web, "http")


@pytest.mark.parametrize(
    ("namespace", "labels"), [("shop", {"app": "other"}), ("elsewhere", FRIEND)]
)
def test_a_policy_admits_only_whom_it_names(namespace: str, labels: dict[str, str]) -> None:
    assert not admitted(sound(), namespace, labels)


@pytest.mark.parametrize(
    ("steps", "value", "expected"),
    [
        (INGRESS, list[Any](), False),
        (INGRESS, [ANY], True),
        ((*RULE, "from"), [{"podSelector": ANY}], False),
        ((*RULE, "from"), [{"namespaceSelector": ANY}], True),
        ((*RULE, "from"), [{"namespaceSelector": {"matchLabels": {"team": "x"}}}], False),
        (
            (*RULE, "from"),
            [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "other"}}}],
            True,
        ),
        (
            (*RULE, "from"),
            [{"namespaceSelector": ANY, "podSelector": {"matchLabels": FRIEND}}],
            False,
        ),
        ((*RULE, "from"), [{"ipBlock": {"cidr": "0.0.0.0/0"}}], False),
        (("policy", "spec", "policyTypes"), ["Egress"], True),
        (("policy", "spec", "podSelector"), {"matchLabels": {"app": "other"}}, True),
    ],
)
def test_a_pod_elsewhere_is_admitted_by_rule(steps: Steps, value: object, expected: bool) -> None:
    assert admitted(broken(steps, value), "other", {"app": "other"}) is expected


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        ({"port": "http"}, True),
        ({"port": 3000}, True),
        ({"port": 2000, "endPort": 4000}, True),
        ({"port": 3001}, False),
        ({"port": "https"}, False),
        ({"port": 3000, "protocol": "UDP"}, False),
        ({"protocol": "TCP"}, True),
    ],
)
def test_a_policy_admits_to_the_ports_it_names(port: dict[str, Any], expected: bool) -> None:
    assert admitted(broken(INGRESS, [{"ports": [port]}]), "other", None) is expected


def test_a_sources_own_policy_limits_it() -> None:
    objects = broken(INGRESS, [ANY])
    cluster = Cluster.of(objects.values())
    (web,) = cluster.pods()
    assert not admits(cluster, web, web, "http"), "its egress reaches UDP port 53 alone"
    objects["policy"]["spec"]["egress"].append({"to": [{"podSelector": {"matchLabels": FRIEND}}]})
    cluster = Cluster.of(objects.values())
    (web,) = cluster.pods()
    assert admits(cluster, web, web, "http")


def test_a_port_that_no_pod_declares_admits_no_connection() -> None:
    cluster = Cluster.of(broken(INGRESS, [ANY]).values())
    (web,) = cluster.pods()
    assert not admits(cluster, stranger("other"), web, "metrics")
