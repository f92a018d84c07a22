"""A PostgreSQL database as a backing service."""

from __future__ import annotations

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap

from components.postgres import backing
from tests.support.component_run import run_component
from tooling.engineless.recording import Secret


def test_a_url_in_clear_becomes_the_secret_database_url() -> None:
    def body() -> None:
        database = backing.database(
            url="postgresql://u:p@host:5432/db",
            address=pulumi.Output.from_input("host:5432"),
            port=5432,
        )
        ConfigMap("seen", data=database.secret_environment)

    assert run_component(body).named("seen").inputs["data"] == {
        "DATABASE_URL": Secret("postgresql://u:p@host:5432/db")
    }
