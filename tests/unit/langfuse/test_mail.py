"""The URL of a mail server, as Nodemailer reads it."""

from __future__ import annotations

from typing import Any

import pytest

from components.langfuse import destinations, mail

SERVER: dict[str, Any] = {"host": "mail.example.com", "username": None, "password": None}


@pytest.mark.parametrize(
    ("given", "url"),
    [
        (
            {"port": 587, "encryption": "startTls"},
            "smtp://mail.example.com:587?requireTLS=true",
        ),
        ({"port": 465, "encryption": "tls"}, "smtps://mail.example.com:465"),
        ({"port": 25, "encryption": "none"}, "smtp://mail.example.com:25?ignoreTLS=true"),
        (
            {"port": 2525, "encryption": "tls", "username": "me@example.com", "password": "p"},
            "smtps://me%40example.com:p@mail.example.com:2525",
        ),
        # Nodemailer 6.9.13 and 9.0.3 make the user and this password of it again.
        (
            {"port": 465, "encryption": "tls", "username": "u", "password": "p:@/?#%&+ x"},
            "smtps://u:p%3A%40%2F%3F%23%25%26%2B%20x@mail.example.com:465",
        ),
    ],
)
def test_a_url_says_how_to_connect_and_encodes_what_logs_in(
    given: dict[str, Any], url: str
) -> None:
    assert mail.connection_url(**{**SERVER, **given}) == url


def test_each_kind_of_connection_has_its_usual_port() -> None:
    assert mail.PORTS == {"startTls": 587, "tls": 465, "none": 25}


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("https://example.okta.com", 443),
        ("http://example.okta.com", 80),
        ("https://example.okta.com:8443/x", 8443),
        ("smtp://u:p@mail.example.com", 587),
        ("smtps://mail.example.com", 465),
        ("smtp://mail.example.com:2525?requireTLS=true", 2525),
        ("http://keycloak.sso.svc:8080", None),
        ("http://keycloak.sso.svc.cluster.local", None),
        ("http://proxy:3128", None),
        ("http://127.0.0.1:3128", None),
        ("https://a.example.com:99999", None),
        ("ses://eu.west.1", None),
        ("openid email", None),
        ("example.okta.com", None),
    ],
)
def test_a_url_leads_to_its_port_outside_of_the_cluster(url: str, port: int | None) -> None:
    assert destinations.port(url) == port
