"""A ClickHouse server that exists, in the terms of Langfuse."""

from __future__ import annotations

from typing import Any

from pulumi_kubernetes.core.v1 import ConfigMap
from pydantic import TypeAdapter

from components.kubernetes.backing import Backing
from stacks import translation
from stacks.settings.sections.clickhouse import ExternalClickHouse
from tests.support.component_run import run_component
from tooling.engineless.recording import Secret


def translated(**section: Any) -> tuple[Backing, dict[str, Any]]:  # noqa: ANN401
    """The backing service, and what Langfuse is given."""
    made = list[Backing]()

    def body() -> None:
        settings = TypeAdapter(ExternalClickHouse).validate_python(
            {"engine": "external", "password": "Aa0", **section}, strict=False
        )
        made.append(translation.external_clickhouse(settings))
        ConfigMap("seen", data={**made[0].environment, **made[0].secret_environment})

    seen = run_component(body).named("seen").inputs["data"]
    return made[0], seen


def test_the_cloud_is_encrypted_and_clustered() -> None:
    backing, seen = translated(kind="cloud", url="https://abc.aws.clickhouse.cloud:8443")

    assert (backing.port, backing.migration_port, backing.pods) == (8443, 9440, None)
    assert seen == {
        "CLICKHOUSE_CLUSTER_ENABLED": "true",
        "CLICKHOUSE_DB": "default",
        "CLICKHOUSE_MIGRATION_SSL": "true",
        "CLICKHOUSE_MIGRATION_URL": "clickhouse://abc.aws.clickhouse.cloud:9440",
        "CLICKHOUSE_URL": "https://abc.aws.clickhouse.cloud:8443",
        "CLICKHOUSE_USER": "default",
        "CLICKHOUSE_PASSWORD": Secret("Aa0"),
    }


def test_a_cluster_migrates_on_the_replica_that_the_settings_name() -> None:
    backing, seen = translated(
        kind="cluster",
        url="http://ch.example.com:8124",
        migrationHost="ch-0.example.com",
        username="langfuse",
    )

    assert (backing.port, backing.migration_port) == (8124, 9000)
    assert seen == {
        "CLICKHOUSE_CLUSTER_ENABLED": "true",
        "CLICKHOUSE_DB": "default",
        "CLICKHOUSE_MIGRATION_URL": "clickhouse://ch-0.example.com:9000",
        "CLICKHOUSE_URL": "http://ch.example.com:8124",
        "CLICKHOUSE_USER": "langfuse",
        "CLICKHOUSE_PASSWORD": Secret("Aa0"),
    }
