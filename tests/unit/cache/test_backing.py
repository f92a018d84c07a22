"""The cache as a backing service."""

from __future__ import annotations

import pulumi

from components.cache.backing import cache
from components.cache.url import connection_url
from tests.support.component_run import run_component
from tooling.engineless.recording import Secret


def test_a_url_is_secret_wherever_its_password_comes_from() -> None:
    def body() -> None:
        made = cache(
            url=pulumi.Output.from_input("redis://:plain@host:6379"),
            address=pulumi.Output.from_input("host:6379"),
            port=6379,
        )
        pulumi.export("url", made.secret_environment["REDIS_CONNECTION_STRING"])

    assert run_component(body).exports["url"] == Secret("redis://:plain@host:6379")


def test_user_and_password_are_encoded_and_tls_is_in_the_scheme() -> None:
    given = {"host": "h", "port": 6380, "user": "a:b", "password": "p/@ w"}

    assert connection_url(**given, tls=True) == "rediss://a%3Ab:p%2F%40%20w@h:6380"  # pyright: ignore[reportArgumentType]
    assert connection_url(host="h", port=1, password="p", tls=False) == "redis://:p@h:1"
