"""A PostgreSQL database as a backing service."""

from __future__ import annotations

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap

from components.postgres import backing
from tests.support.component_run import run_component
from tooling.engineless.recording import Secret


def test_urls_in_clear_become_the_two_secret_variables() -> None:
    def body() -> None:
        database = backing.database(
            urls=pulumi.Output.from_input({"DATABASE_URL": "pooled", "DIRECT_URL": "direct"}),
            address=pulumi.Output.from_input("host:5432"),
            port=5432,
        )
        ConfigMap("seen", data=database.secret_environment)

    assert run_component(body).named("seen").inputs["data"] == {
        "DATABASE_URL": Secret("pooled"),
        "DIRECT_URL": Secret("direct"),
    }
