"""PostgreSQL URLs, and the connections of all pods."""

from __future__ import annotations

import pytest

from components.langfuse import lifecycle
from components.postgres import url as postgres_url


def _url(*, user: str = "langfuse", word: str = "pw", database: str = "langfuse") -> str:
    return postgres_url.connection_url(
        user=user,
        password=word,
        host="db.example.com",
        port=5433,
        database=database,
        parameters={"sslmode": "require"},
    )


def test_a_connection_url_has_every_part() -> None:
    assert _url() == "postgresql://langfuse:pw@db.example.com:5433/langfuse?sslmode=require"


def test_a_query_of_a_pod_that_serves_ends_and_a_migration_takes_as_long_as_it_needs() -> None:
    assert postgres_url.SOCKET_TIMEOUT == lifecycle.LOAD_BALANCER_IDLE_TIMEOUT == 60
    assert postgres_url.urls(
        user="langfuse",
        password="p/w",
        host="db.example.com",
        port=5433,
        database="traces",
        tls={"sslmode": "require"},
        connection_limit=7,
    ) == {
        "DATABASE_URL": "postgresql://langfuse:p%2Fw@db.example.com:5433/traces"
        "?sslmode=require&connection_limit=7&pool_timeout=10&socket_timeout=60",
        "DIRECT_URL": "postgresql://langfuse:p%2Fw@db.example.com:5433/traces?sslmode=require",
    }


def test_pods_that_serve_go_through_a_pooler_and_a_migration_goes_past_it() -> None:
    found = postgres_url.urls(
        user="u",
        password="p",
        host="db.example.com",
        port=5433,
        database="d",
        tls={"sslmode": "require"},
        connection_limit=5,
        pooler=postgres_url.Pooler("pooler.example.com", 6432),
    )

    assert found == {
        "DATABASE_URL": "postgresql://u:p@pooler.example.com:6432/d?sslmode=require"
        "&connection_limit=5&pool_timeout=10&socket_timeout=60&pgbouncer=true",
        "DIRECT_URL": "postgresql://u:p@db.example.com:5433/d?sslmode=require",
    }


@pytest.mark.parametrize(
    ("character", "encoded"),
    [
        ("@", "%40"),
        (":", "%3A"),
        ("/", "%2F"),
        ("?", "%3F"),
        ("#", "%23"),
        ("%", "%25"),
        ("&", "%26"),
        ("+", "%2B"),
        (" ", "%20"),
        ("é", "%C3%A9"),
    ],
)
def test_what_has_a_meaning_in_a_url_is_encoded(character: str, encoded: str) -> None:
    assert f":p{encoded}w@" in _url(word=f"p{character}w")
    assert f"//u{encoded}r:" in _url(user=f"u{character}r")
    assert f":5433/d{encoded}b?" in _url(database=f"d{character}b")


def test_parameters_are_encoded_except_for_the_slashes_of_a_path() -> None:
    url = postgres_url.connection_url(
        user="u",
        password="p",
        host="h",
        port=5432,
        database="d",
        parameters={"sslrootcert": "/etc/rds/ca.pem", "options": "-c search_path=a&b"},
    )

    assert url == (
        "postgresql://u:p@h:5432/d?sslrootcert=/etc/rds/ca.pem&options=-c%20search_path%3Da%26b"
    )


@pytest.mark.parametrize(
    ("pods", "limit", "connections"), [(1, 1, 6), (4, 5, 25), (10, 5, 55), (19, 5, 100)]
)
def test_connections_are_those_of_all_pods_a_migration_and_a_reserve(
    pods: int, limit: int, connections: int
) -> None:
    assert postgres_url.required_connections(pods=pods, connection_limit=limit) == connections
