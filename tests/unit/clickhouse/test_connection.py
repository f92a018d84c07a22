"""What Langfuse is told about a ClickHouse server."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Literal

import pulumi
import pytest
from pulumi_kubernetes.core.v1 import ConfigMap

from components.clickhouse.backing import clickhouse
from components.clickhouse.connection import UNENCODED, Server, authority, environment, external
from components.kubernetes.backing import Backing
from tests.support.component_run import run_component
from tooling.engineless.recording import Secret


def test_a_single_server_in_the_cluster_is_unencrypted_and_unclustered() -> None:
    server = Server(user="langfuse", memory_bytes=Decimal(3 * 2**30))

    assert environment(server, host="ch.obs.svc", migration_host="ch.obs.svc") == {
        "CLICKHOUSE_CLUSTER_ENABLED": "false",
        "CLICKHOUSE_DB": "default",
        "CLICKHOUSE_MAX_BYTES_BEFORE_EXTERNAL_GROUP_BY": "1288490188",
        "CLICKHOUSE_MIGRATION_URL": "clickhouse://ch.obs.svc:9000",
        "CLICKHOUSE_URL": "http://ch.obs.svc:8123",
        "CLICKHOUSE_USER": "langfuse",
    }


def test_an_encrypted_cluster_migrates_on_one_replica() -> None:
    server = Server(user="default", tls=True, http_port=8443, clustered=True)

    assert environment(server, host="ch.example.com", migration_host="one.example.com") == {
        "CLICKHOUSE_CLUSTER_ENABLED": "true",
        "CLICKHOUSE_DB": "default",
        "CLICKHOUSE_MIGRATION_SSL": "true",
        "CLICKHOUSE_MIGRATION_URL": "clickhouse://one.example.com:9440",
        "CLICKHOUSE_URL": "https://ch.example.com:8443",
        "CLICKHOUSE_USER": "default",
    }


@pytest.mark.parametrize("password", ["aZ09", "a-._~", "!\"$'()*,/:<=>?@[\\]^`{|}"])
def test_a_password_that_a_url_holds_unchanged_is_taken(password: str) -> None:
    assert re.fullmatch(UNENCODED, password)


@pytest.mark.parametrize("character", [*"#%&+; \t\n", "\x7f", "é", ""])
def test_a_password_that_a_url_would_change_is_not(character: str) -> None:
    password = f"a{character}b" if character else ""

    assert not re.fullmatch(UNENCODED, password)


def handed_on(backing: Backing) -> object:
    """What the recording has of a backing service."""
    data: dict[str, pulumi.Input[str]] = {
        "address": backing.address,
        **backing.environment,
        **backing.secret_environment,
    }
    return ConfigMap("seen", data=data)


def test_the_backing_service_has_both_ports_and_marks_the_password_alone() -> None:
    made = list[Backing]()

    def body() -> None:
        made.append(
            clickhouse(
                Server(user="default", clustered=True),
                host="all.obs.svc",
                migration_host=pulumi.Output.from_input("one.obs.svc"),
                password="clear",
                pods={"app": "clickhouse"},
            )
        )
        handed_on(made[0])

    assert run_component(body).named("seen").inputs["data"] == {
        "address": "all.obs.svc:8123",
        "CLICKHOUSE_CLUSTER_ENABLED": "true",
        "CLICKHOUSE_DB": "default",
        "CLICKHOUSE_MIGRATION_URL": "clickhouse://one.obs.svc:9000",
        "CLICKHOUSE_URL": "http://all.obs.svc:8123",
        "CLICKHOUSE_USER": "default",
        "CLICKHOUSE_PASSWORD": Secret("clear"),
    }
    (backing,) = made
    assert (backing.role, backing.port, backing.migration_port) == ("clickhouse", 8123, 9000)
    assert (backing.pods, backing.networks) == ({"app": "clickhouse"}, None)


def test_without_a_host_for_migrations_they_take_the_same_one() -> None:
    def body() -> None:
        server = Server(user="u", tls=True, http_port=443)
        handed_on(clickhouse(server, host="ch.example.com", password="clear"))

    seen = run_component(body).named("seen").inputs["data"]
    assert seen["CLICKHOUSE_URL"] == "https://ch.example.com:443"
    assert seen["CLICKHOUSE_MIGRATION_URL"] == "clickhouse://ch.example.com:9440"


@pytest.mark.parametrize(
    ("kind", "url", "tls", "port", "clustered"),
    [
        ("cloud", "https://abc.eu-central-1.aws.clickhouse.cloud:8443", True, 8443, True),
        ("cloud", "https://abc.westus3.azure.clickhouse.cloud:8443", True, 8443, False),
        ("cloud", "https://azure-abc.us-east-1.aws.clickhouse.cloud:8443", True, 8443, True),
        ("server", "http://ch.example.com:8123", False, 8123, False),
        ("server", "https://ch.example.com:443", True, 443, False),
        ("server", "https://ch.example.com", True, 8443, False),
        ("cluster", "http://ch.azure.example.com", False, 8123, True),
    ],
)
def test_encryption_ports_and_cluster_follow_from_kind_and_url(
    kind: Literal["cloud", "server", "cluster"], url: str, tls: bool, port: int, clustered: bool
) -> None:
    assert external(kind, url, "someone") == Server(
        user="someone", tls=tls, http_port=port, clustered=clustered
    )


def test_an_ipv6_address_has_brackets_in_urls() -> None:
    server = Server(user="u")

    assert authority("ch.example.com", 1) == "ch.example.com:1"
    variables = environment(server, host="fd00::1", migration_host="fd00::2")
    assert variables["CLICKHOUSE_URL"] == "http://[fd00::1]:8123"
    assert variables["CLICKHOUSE_MIGRATION_URL"] == "clickhouse://[fd00::2]:9000"
