"""Further environment variables of Langfuse: names, values, and the ports that they lead to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from stacks.settings import Problem
from tests.support.configurations import (
    VERSION_4_ELSEWHERE,
    Encrypted,
    bad,
    problem,
    problems,
)

PLAIN = "langfuse.environment"
SECRET = "langfuse.secretEnvironment"
UNKNOWN = "is read by no Langfuse release that is known here"


def environment(version: str = "2.95.12", **values: str) -> dict[str, Any]:
    return {"langfuse": {"version": version, "environment": values}}


def secret(**values: str) -> dict[str, Any]:
    return {"langfuse": {"secretEnvironment": {k: Encrypted(v) for k, v in values.items()}}}


def refused(name: str, value: str, rule: str, fix: str = "", version: str = "2.95.12") -> Any:  # noqa: ANN401
    return bad(
        f"{name}={value}",
        environment(version, **{name: value}),
        problem(f"{PLAIN}.{name}", f'"{value}"', rule, fix),
    )


def renamed(name: str, to: str, value: str) -> str:
    return (
        f"pulumi config set --path @{PLAIN}.{to} {value} && pulumi config rm --path @{PLAIN}.{name}"
    )


FIXED = [
    refused(
        "AUTH_IGNORE_ACOUNT_FIELDS",
        "nonce",
        f"{UNKNOWN}; did you mean 'AUTH_IGNORE_ACCOUNT_FIELDS'?",
        renamed("AUTH_IGNORE_ACOUNT_FIELDS", "AUTH_IGNORE_ACCOUNT_FIELDS", "nonce"),
    ),
    refused(
        "LANGFUSE_CACHE_PROMPT_ENABLED",
        "True",
        "must be 'true' or 'false', in small letters",
        f"pulumi config set --path --type string @{PLAIN}.LANGFUSE_CACHE_PROMPT_ENABLED true",
    ),
    refused(
        "LANGFUSE_CACHE_API_KEY_ENABLED",
        "no",
        "must be 'true' or 'false', in small letters",
        f"pulumi config set --path --type string @{PLAIN}.LANGFUSE_CACHE_API_KEY_ENABLED false",
    ),
    bad(
        "a misspelt secret",
        secret(ADMIN_API_KYE="hunter2"),
        problem(
            f"{SECRET}.ADMIN_API_KYE",
            "[secret]",
            f"{UNKNOWN}; did you mean 'ADMIN_API_KEY'?",
            "pulumi config set --secret --path "
            "agent-observability:langfuse.secretEnvironment.ADMIN_API_KEY && "
            f"pulumi config rm --path @{SECRET}.ADMIN_API_KYE",
        ),
    ),
    bad(
        "a proxy at a port that is closed",
        environment(AUTH_HTTP_PROXY="http://proxy.example.com:3128"),
        problem(
            "langfuse.egressPorts",
            "[443]",
            "does not have 3128, which AUTH_HTTP_PROXY leads to: Langfuse's NetworkPolicy lets "
            "its pods reach no other port",
            "pulumi config set --path '@langfuse.egressPorts[0]' 443 && "
            "pulumi config set --path '@langfuse.egressPorts[1]' 3128",
        ),
    ),
    bad(
        "a proxy with a password, beside ports that are given",
        {
            "langfuse": {
                "egressPorts": [443, 5432],
                "secretEnvironment": {
                    "AUTH_HTTPS_PROXY": Encrypted("http://a:hunter2@proxy.example.com"),
                },
            }
        },
        problem(
            "langfuse.egressPorts",
            "[secret]",  # as everything in a section that holds a secret
            "does not have 80, which AUTH_HTTPS_PROXY leads to: Langfuse's NetworkPolicy lets its "
            "pods reach no other port",
            "pulumi config set --path '@langfuse.egressPorts[2]' 80",
        ),
    ),
]

NOT_FIXED = [
    refused(
        "OTEL_SERVICE_NAME",
        "langfuse",
        "does nothing: Langfuse 2 starts no tracing outside of its cloud",
    ),
    refused(
        "NEXT_PUBLIC_SIGN_UP_DISABLED",
        "true",
        "does nothing: the image keeps the value that it was built with",
    ),
    refused(
        "AUTH_CLICKHOUSE_CLOUD_CLIENT_ID",
        "x",
        "does nothing: Langfuse offers this provider in its cloud alone",
    ),
    refused(
        "LANGFUSE_EVAL_CREATOR_WORKER_CONCURRENCY",
        "5",
        "is read by the worker alone, which there is none of with Langfuse 2.95.12",
    ),
    refused(
        "AUTH_HTTP_PROXY",
        "http://proxy.example.com:443",
        "needs Langfuse 2.94.0 or newer; this is 2.93.9",
        version="2.93.9",
    ),
    refused("MY_OWN_FLAG", "x", UNKNOWN),
    refused(
        "LANGFUSE_MCP_ALLOWED_HOSTS",
        "a.example.com",
        "needs Langfuse 3.187.0 or newer; this is 2.95.12",
    ),
    refused(
        "LANGFUSE_DEFAULT_ORGANIZATION_ROLE",
        "MEMBER",
        f"{UNKNOWN}; did you mean 'LANGFUSE_DEFAULT_ORG_ROLE'?",
    ),
    refused(
        "AUTH_OKTA_ISSUERS",
        "https://a.example.com",
        f"{UNKNOWN}; did you mean 'AUTH_OKTA_ISSUER'? Set langfuse.sso.providers.okta.issuer",
    ),
    refused("AUTH_SESSION_MAX_AGE", "1h", "must be a whole number"),
]

BAD = [*FIXED, *NOT_FIXED]


@pytest.mark.parametrize(("change", "expected"), BAD)
def test_refuses(change: Mapping[str, Any], expected: list[Problem]) -> None:
    assert problems(change) == expected


def test_a_misspelt_name_is_not_written_over_the_right_one() -> None:
    change = environment(AUTH_SESSION_MAX_AGE="60", AUTH_SESSION_MAXAGE="70")
    (found,) = problems(change)

    assert found.rule == f"{UNKNOWN}; did you mean 'AUTH_SESSION_MAX_AGE'?"
    assert found.fix == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_REGION", "eu-west-1"),
        ("NODE_EXTRA_CA_CERTS", "/etc/ca.pem"),
        ("TZ", "UTC"),
        ("AUTH_HTTPS_PROXY", "http://squid.proxies.svc:3128"),
        ("LANGFUSE_UI_SUPPORT_HREF", "https://example.okta.com:443/x"),
        ("LANGFUSE_UI_DEFAULT_MODEL_ADAPTER", "anything"),
    ],
)
def test_accepts(name: str, value: str) -> None:
    assert problems(environment(**{name: value})) == []


def test_two_ports_are_added_one_after_the_other() -> None:
    found = problems(
        environment(
            AUTH_HTTP_PROXY="http://proxy.example.com:3128",
            AUTH_HTTPS_PROXY="https://proxy.example.com:3129",
        )
    )

    assert [p.rule.split(":")[0] for p in found] == [
        "does not have 3128, which AUTH_HTTP_PROXY leads to",
        "does not have 3129, which AUTH_HTTPS_PROXY leads to",
    ]


def test_a_secret_url_that_cannot_be_read_says_nothing_of_a_port() -> None:
    assert problems(secret(AUTH_HTTP_PROXY="placeholder01234567")) == []


def of_version_4(version: str = "4.16.0", **values: str) -> dict[str, Any]:
    langfuse = {"version": version, "environment": values}
    return {**VERSION_4_ELSEWHERE, "cache": {"engine": "statefulSet"}, "langfuse": langfuse}


def test_what_the_worker_alone_reads_is_taken_where_there_are_workers() -> None:
    given = {"LANGFUSE_EVAL_CREATOR_WORKER_CONCURRENCY": "5"}

    assert problems(of_version_4(**given)) == []
    assert problems(of_version_4("3.225.4", **given)) == []


NEWER = "LANGFUSE_CUSTOM_SSO_IMAGE_CLAIM"
GONE = "LANGFUSE_QUEUE_METRICS_SAMPLE_RATE"
SIMILAR = "did you mean 'LANGFUSE_QUEUE_METRICS_ENABLED'?"


@pytest.mark.parametrize(
    ("version", "name", "rule"),
    [
        ("4.16.0", GONE, f"is read up to Langfuse 3.225.4 alone; this is 4.16.0; {SIMILAR}"),
        ("4.0.0", NEWER, "needs Langfuse 4.13.0 or newer; this is 4.0.0"),
        ("4.16.0", "LANGFUSE_MCP_BASE_URL", UNKNOWN),
    ],
)
def test_what_a_release_of_version_4_does_not_read_is_refused(
    version: str, name: str, rule: str
) -> None:
    change = of_version_4(version, **{name: "0.5"})

    assert problems(change) == [problem(f"{PLAIN}.{name}", '"0.5"', rule, "")]


def test_a_release_whose_variables_are_not_known_may_read_any_but_a_misspelt_one() -> None:
    assert problems(of_version_4("4.25.0", LANGFUSE_MCP_BASE_URL="https://a.example.com")) == []
    (found,) = problems(of_version_4("4.25.0", AUTH_SESSION_MAXAGE="60"))
    assert found.rule == f"{UNKNOWN}; did you mean 'AUTH_SESSION_MAX_AGE'?"
