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


def test_without_backing_services_and_ports_only_dns_is_reached() -> None:
    assert egress(ports=[]) == ([DNS], [DNS])
