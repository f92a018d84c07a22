"""Network policies of Langfuse's pods, for any number of backing services."""

from __future__ import annotations

from typing import Any

import pulumi

from components.kubernetes.backing import Backing
from components.langfuse.network import inner_policy, web_policy
from tests.support.component_run import run_component

DNS = {"ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]}
PODS = {"app": "web"}


def backing(port: int, **where: Any) -> Backing:  # noqa: ANN401
    address = pulumi.Output.from_input(f"host:{port}")
    return Backing(role="service", address=address, port=port, secret_environment={}, **where)


def tcp(port: int) -> dict[str, Any]:
    return {"ports": [{"protocol": "TCP", "port": port}]}


def egress(*where: tuple[int, dict[str, Any]], ports: list[int]) -> tuple[Any, Any]:
    """Egress rules of the web pods and of the migration, for backing services at these places."""
    found: list[Any] = []

    def body() -> None:
        backings = [backing(port, **labels) for port, labels in where]
        web = web_policy(
            PODS, backings=backings, client_namespaces=[], client_networks=None, egress_ports=ports
        )
        found.extend((web.get("egress"), inner_policy(PODS, backings=backings).get("egress")))

    run_component(body)
    web, migration = found
    return web, migration


def test_each_backing_service_is_reached_at_its_pods_or_at_its_port_anywhere() -> None:
    web, migration = egress((5432, {"pods": {"app": "postgres"}}), (8123, {}), ports=[443])

    services = [
        {**tcp(5432), "to": [{"pod_selector": {"match_labels": {"app": "postgres"}}}]},
        tcp(8123),
    ]
    assert web == [DNS, *services, tcp(443)]
    assert migration == [DNS, *services]


def test_a_port_that_is_open_anywhere_is_in_one_rule() -> None:
    web, migration = egress(
        (443, {}), (8443, {"other_ports": (443,)}), (443, {}), (8443, {}), ports=[443, 587]
    )

    anywhere = {"ports": [{"protocol": "TCP", "port": port} for port in (443, 587)]}
    assert web == [DNS, tcp(8443), anywhere]
    assert migration == [DNS, tcp(443), tcp(8443)]


def test_a_service_at_its_pods_or_networks_keeps_its_rule_beside_the_same_port_anywhere() -> None:
    pods, networks = {"app": "store"}, ["10.0.0.0/16"]
    web, _ = egress((443, {"pods": pods}), (443, {"networks": networks}), ports=[443])

    assert [rule["ports"] for rule in web] == [DNS["ports"], *[tcp(443)["ports"]] * 3]
    assert ["to" in rule for rule in web] == [False, True, True, False]


def test_without_backing_services_and_ports_only_dns_is_reached() -> None:
    assert egress(ports=[]) == ([DNS], [DNS])
