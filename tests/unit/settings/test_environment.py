"""Further environment variables of Langfuse: names, values, and the ports that they lead to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from stacks.settings import Problem
from tests.support.configurations import Encrypted, bad, problem, problems, rest_of_set

PLAIN = "langfuse.environment"
SECRET = "langfuse.secretEnvironment"
UNKNOWN = "is read by no Langfuse release that is known here"


def environment(version: str = "2.95.12", **values: str) -> dict[str, Any]:
    return {"langfuse": {"version": version, "environment": values}}


def secret(**values: str) -> dict[str, Any]:
    return {"langfuse": {"secretEnvironment": {k: Encrypted(v) for k, v in values.items()}}}


def refused(name: str, value: str, rule: str, fix: str = "", *lacking: Problem) -> Any:  # noqa: ANN401
    return bad(
        f"{name}={value}",
        environment(**{name: value}),
        problem(f"{PLAIN}.{name}", f'"{value}"', rule, fix),
        *lacking,
    )


def lacking(name: str, *ignored: str) -> Problem:
    """The problem of a variable without which Langfuse ignores others."""
    is_mail = name in {"SMTP_CONNECTION_URL", "EMAIL_FROM_ADDRESS"}
    nothing = "sends no mail" if is_mail else "offers no login with this provider"
    rule = f"is missing: without it Langfuse {nothing} and ignores {', '.join(ignored)}"
    if name == "SMTP_CONNECTION_URL" or name.endswith("_CLIENT_SECRET"):
        command = f"pulumi config set --secret --path @{SECRET}.{name}"
        return problem(f"{SECRET}.{name}", "(nothing)", rule, command)
    return problem(f"{PLAIN}.{name}", "(nothing)", rule, "")


def renamed(name: str, to: str, value: str) -> str:
    return (
        f"pulumi config set --path @{PLAIN}.{to} {value} && pulumi config rm --path @{PLAIN}.{name}"
    )


FIXED = [
    refused(
        "AUTH_OKTA_ISSUERS",
        "https://a.example.com",
        f"{UNKNOWN}; did you mean 'AUTH_OKTA_ISSUER'?",
        renamed("AUTH_OKTA_ISSUERS", "AUTH_OKTA_ISSUER", "https://a.example.com"),
    ),
    refused(
        "AUTH_AZURE_AD_ALLOW_ACCOUNT_LINKING",
        "true",
        "needs Langfuse 3.27.0 or newer; this is 2.95.12; "
        "did you mean 'AUTH_AZURE_ALLOW_ACCOUNT_LINKING'?",
        "pulumi config set --path --type string "
        f"@{PLAIN}.AUTH_AZURE_ALLOW_ACCOUNT_LINKING true && "
        f"pulumi config rm --path @{PLAIN}.AUTH_AZURE_AD_ALLOW_ACCOUNT_LINKING",
    ),
    refused(
        "AUTH_OKTA_ALLOW_ACCOUNT_LINKING",
        "True",
        "must be 'true' or 'false', in small letters",
        f"pulumi config set --path --type string @{PLAIN}.AUTH_OKTA_ALLOW_ACCOUNT_LINKING true",
        lacking("AUTH_OKTA_CLIENT_ID", "AUTH_OKTA_ALLOW_ACCOUNT_LINKING"),
        lacking("AUTH_OKTA_CLIENT_SECRET", "AUTH_OKTA_ALLOW_ACCOUNT_LINKING"),
        lacking("AUTH_OKTA_ISSUER", "AUTH_OKTA_ALLOW_ACCOUNT_LINKING"),
    ),
    refused(
        "AUTH_DISABLE_USERNAME_PASSWORD",
        "no",
        "must be 'true' or 'false', in small letters",
        f"pulumi config set --path --type string @{PLAIN}.AUTH_DISABLE_USERNAME_PASSWORD false",
    ),
    bad(
        "a misspelt secret",
        secret(AUTH_OKTA_CLIENT_SECERT="hunter2"),
        problem(
            f"{SECRET}.AUTH_OKTA_CLIENT_SECERT",
            "[secret]",
            f"{UNKNOWN}; did you mean 'AUTH_OKTA_CLIENT_SECRET'?",
            "pulumi config set --secret --path "
            "agent-observability:langfuse.secretEnvironment.AUTH_OKTA_CLIENT_SECRET && "
            f"pulumi config rm --path @{SECRET}.AUTH_OKTA_CLIENT_SECERT",
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
        "mail at the port that Nodemailer takes, beside ports that are given",
        {
            "langfuse": {
                "egressPorts": [443, 5432],
                "secretEnvironment": {
                    "SMTP_CONNECTION_URL": Encrypted("smtp://a:hunter2@mail.example.com"),
                    "EMAIL_FROM_ADDRESS": Encrypted("langfuse@example.com"),
                },
            }
        },
        problem(
            "langfuse.egressPorts",
            "[secret]",  # as everything in a section that holds a secret
            "does not have 587, which SMTP_CONNECTION_URL leads to: Langfuse's NetworkPolicy "
            "lets its pods reach no other port",
            "pulumi config set --path '@langfuse.egressPorts[2]' 587",
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
    bad(
        "GitLab before 2.83.0",
        environment("2.82.0", AUTH_GITLAB_CLIENT_ID="x"),
        problem(
            f"{PLAIN}.AUTH_GITLAB_CLIENT_ID",
            '"x"',
            "needs Langfuse 2.83.0 or newer; this is 2.82.0",
            "",
        ),
    ),
    refused("MY_OWN_FLAG", "x", UNKNOWN),
    refused(
        "AUTH_GOOGLE_ISSUER",
        "https://a.example.com",
        UNKNOWN,
    ),
    refused(
        "AUTH_GITLAB_URL",
        "https://a.example.com",
        "needs Langfuse 3.42.0 or newer; this is 2.95.12; did you mean 'AUTH_GITLAB_ISSUER'?",
    ),
    refused(
        "LANGFUSE_DEFAULT_ORGANIZATION_ROLE",
        "MEMBER",
        f"{UNKNOWN}; did you mean 'LANGFUSE_DEFAULT_ORG_ROLE'?",
    ),
    refused(
        "LANGFUSE_PROVISION_ORG_ID",
        "x",
        "is read up to Langfuse 2.77.0 alone; this is 2.95.12",
    ),
    refused(
        "AUTH_OKTA_ISSUER",
        "a.example.com",
        "must be an http:// or https:// URL",
        "",
        lacking("AUTH_OKTA_CLIENT_ID", "AUTH_OKTA_ISSUER"),
        lacking("AUTH_OKTA_CLIENT_SECRET", "AUTH_OKTA_ISSUER"),
    ),
    refused("AUTH_SESSION_MAX_AGE", "1h", "must be a whole number"),
    refused(
        "SMTP_CONNECTION_URL",
        "ses://eu-west-1",
        "must be an smtp:// or smtps:// URL",
        "",
        lacking("EMAIL_FROM_ADDRESS", "SMTP_CONNECTION_URL"),
    ),
]


def both(plain: Mapping[str, str], *names: str, version: str = "2.95.12") -> dict[str, Any]:
    """As a change: variables in clear, and secret ones."""
    return {
        "langfuse": {
            "version": version,
            "environment": plain,
            "secretEnvironment": {name: Encrypted("https://a.example.com") for name in names},
        }
    }


INCOMPLETE = [
    bad(
        "a client without its secret",
        environment(AUTH_GOOGLE_CLIENT_ID="a"),
        lacking("AUTH_GOOGLE_CLIENT_SECRET", "AUTH_GOOGLE_CLIENT_ID"),
    ),
    bad(
        "a client without its id",
        secret(AUTH_GOOGLE_CLIENT_SECRET="hunter2"),
        lacking("AUTH_GOOGLE_CLIENT_ID", "AUTH_GOOGLE_CLIENT_SECRET"),
    ),
    bad(
        "a provider without its issuer",
        both({"AUTH_OKTA_CLIENT_ID": "a"}, "AUTH_OKTA_CLIENT_SECRET"),
        lacking("AUTH_OKTA_ISSUER", "AUTH_OKTA_CLIENT_ID", "AUTH_OKTA_CLIENT_SECRET"),
    ),
    bad(
        "Entra ID without its tenant",
        both(
            {"AUTH_AZURE_AD_CLIENT_ID": "a", "AUTH_AZURE_ALLOW_ACCOUNT_LINKING": "true"},
            "AUTH_AZURE_AD_CLIENT_SECRET",
        ),
        lacking(
            "AUTH_AZURE_AD_TENANT_ID",
            *("AUTH_AZURE_AD_CLIENT_ID", "AUTH_AZURE_AD_CLIENT_SECRET"),
            "AUTH_AZURE_ALLOW_ACCOUNT_LINKING",
        ),
    ),
    bad(
        "GitHub Enterprise without its address, which GitHub does not need",
        both(
            {"AUTH_GITHUB_ENTERPRISE_CLIENT_ID": "a", "AUTH_GITHUB_CLIENT_ID": "b"},
            *("AUTH_GITHUB_ENTERPRISE_CLIENT_SECRET", "AUTH_GITHUB_CLIENT_SECRET"),
        ),
        lacking(
            "AUTH_GITHUB_ENTERPRISE_BASE_URL",
            *("AUTH_GITHUB_ENTERPRISE_CLIENT_ID", "AUTH_GITHUB_ENTERPRISE_CLIENT_SECRET"),
        ),
    ),
    bad(
        "a provider of one's own without issuer and name",
        both({"AUTH_CUSTOM_CLIENT_ID": "a"}, "AUTH_CUSTOM_CLIENT_SECRET"),
        lacking("AUTH_CUSTOM_ISSUER", "AUTH_CUSTOM_CLIENT_ID", "AUTH_CUSTOM_CLIENT_SECRET"),
        lacking("AUTH_CUSTOM_NAME", "AUTH_CUSTOM_CLIENT_ID", "AUTH_CUSTOM_CLIENT_SECRET"),
    ),
    bad(
        "two providers",
        environment(AUTH_GOOGLE_ALLOWED_DOMAINS="a", AUTH_GITLAB_CLIENT_ID="b"),
        lacking("AUTH_GITLAB_CLIENT_SECRET", "AUTH_GITLAB_CLIENT_ID"),
        lacking("AUTH_GOOGLE_CLIENT_ID", "AUTH_GOOGLE_ALLOWED_DOMAINS"),
        lacking("AUTH_GOOGLE_CLIENT_SECRET", "AUTH_GOOGLE_ALLOWED_DOMAINS"),
    ),
    bad(
        "mail without a sender",
        secret(SMTP_CONNECTION_URL="smtp://a:b@mail"),
        lacking("EMAIL_FROM_ADDRESS", "SMTP_CONNECTION_URL"),
    ),
    bad(
        "a sender without a server",
        environment(EMAIL_FROM_ADDRESS="langfuse@example.com"),
        lacking("SMTP_CONNECTION_URL", "EMAIL_FROM_ADDRESS"),
    ),
]

BAD = [*FIXED, *NOT_FIXED, *INCOMPLETE]


@pytest.mark.parametrize("provider", ["AUTH0", "COGNITO", "KEYCLOAK", "OKTA"])
def test_these_providers_need_an_issuer(provider: str) -> None:
    plain = {f"AUTH_{provider}_CLIENT_ID": "a"}
    change = both(plain, f"AUTH_{provider}_CLIENT_SECRET")

    assert [problem.key.rpartition(".")[2] for problem in problems(change)] == [
        f"AUTH_{provider}_ISSUER"
    ]


@pytest.mark.parametrize("provider", ["GOOGLE", "GITHUB", "GITLAB"])
def test_these_providers_need_a_client_alone(provider: str) -> None:
    plain = {f"AUTH_{provider}_CLIENT_ID": "a", f"AUTH_{provider}_ALLOW_ACCOUNT_LINKING": "true"}

    assert problems(both(plain, f"AUTH_{provider}_CLIENT_SECRET")) == []


def test_a_misspelt_name_of_a_set_is_the_one_problem() -> None:
    plain = {"AUTH_OKTA_CLIENT_ID": "a", "AUTH_OKTA_ISSUR": "https://a.example.com"}
    (found,) = problems(both(plain, "AUTH_OKTA_CLIENT_SECRET"))

    assert found.rule == f"{UNKNOWN}; did you mean 'AUTH_OKTA_ISSUER'?"


def test_of_a_provider_that_the_release_does_not_have_nothing_is_missing() -> None:
    change = environment("2.90.1", AUTH_KEYCLOAK_CLIENT_ID="a")

    assert [problem.rule for problem in problems(change)] == [
        "needs Langfuse 2.93.3 or newer; this is 2.90.1"
    ]


@pytest.mark.parametrize(("change", "expected"), BAD)
def test_refuses(change: Mapping[str, Any], expected: list[Problem]) -> None:
    assert problems(change) == expected


def test_a_misspelt_name_is_not_written_over_the_right_one() -> None:
    change = environment(AUTH_OKTA_CLIENT_ID="a", AUTH_OKTA_CLIENTID="b")
    change["langfuse"]["secretEnvironment"] = rest_of_set("AUTH_OKTA_CLIENT_ID")
    (found,) = problems(change)

    assert found.rule == f"{UNKNOWN}; did you mean 'AUTH_OKTA_CLIENT_ID'?"
    assert found.fix == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AWS_REGION", "eu-west-1"),
        ("NODE_EXTRA_CA_CERTS", "/etc/ca.pem"),
        ("TZ", "UTC"),
        ("AUTH_HTTPS_PROXY", "http://squid.proxies.svc:3128"),
        ("AUTH_OKTA_ISSUER", "https://example.okta.com:443/x"),
        ("SMTP_CONNECTION_URL", "smtp://mail"),
        ("LANGFUSE_UI_DEFAULT_MODEL_ADAPTER", "anything"),
    ],
)
def test_accepts(name: str, value: str) -> None:
    change = environment(**{name: value})
    change["langfuse"]["secretEnvironment"] = rest_of_set(name)
    assert problems(change) == []


def test_two_ports_are_added_one_after_the_other() -> None:
    found = problems(
        environment(
            AUTH_HTTP_PROXY="http://proxy.example.com:3128",
            SMTP_CONNECTION_URL="smtps://mail.example.com",
            EMAIL_FROM_ADDRESS="langfuse@example.com",
        )
    )

    assert [p.rule.split(":")[0] for p in found] == [
        "does not have 3128, which AUTH_HTTP_PROXY leads to",
        "does not have 465, which SMTP_CONNECTION_URL leads to",
    ]


def test_a_secret_url_that_cannot_be_read_says_nothing_of_a_port() -> None:
    change = secret(SMTP_CONNECTION_URL="placeholder01234567", EMAIL_FROM_ADDRESS="a@example.com")
    assert problems(change) == []
