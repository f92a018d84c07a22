"""What no message shows: what is encrypted, what has a telling name or form, and parts of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from stacks.settings import ConfigurationError, read
from tests.support.configurations import (
    EXTERNAL,
    Encrypted,
    bad,
    endpoint,
    problem,
    problems,
    rds,
    small,
)

SMTP = {"host": "smtp.example.com", "sender": "langfuse@example.com"}
ARN = "arn:aws:kms:us-west-2:210987654321:key/0f0e0d0c-1111-4222-8333-444455556666"
KUBECONFIG = "apiVersion: v1\nusers: [{name: a, user: {token: k8s-aws-v1.abcdef0123456789}}]\n"
LONG = f"postgres://me:{'p' * 60}-hunter2@db.example.com/langfuse"


def texts(change: Mapping[str, Any]) -> str:
    values, secret_keys = small(change)
    with pytest.raises(ConfigurationError) as caught:
        read("test", values, secret_keys)
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        bad(
            "a kubeconfig in place of its path",
            {
                "cluster": {"eksName": "p", "context": None, "kubeconfig": Encrypted(KUBECONFIG)},
                "aws:region": "eu-central-1",
            },
            problem("cluster.kubeconfig", "[secret]", "must not hold control characters", ""),
            problem(
                "cluster.kubeconfig",
                "[secret]",
                "belongs to 'context'; the access to an EKS cluster is discovered",
                "",
            ),
        ),
        bad(
            "an encrypted number in place of a section",
            {"monitoring": Encrypted("12345678")},
            problem(
                "monitoring",
                "[secret]",
                "must be an object of keys and values",
                "",
            ),
        ),
        bad(
            "an encrypted number under an unknown key",
            {"pin": Encrypted("12345678")},
            problem(
                "pin",
                "[secret]",
                "unknown key; known here: acknowledge, agents, cache, clickhouse, cluster, "
                "database, endpoint, gateway, langfuse, langsmith, monitoring, objectStorage, "
                "secrets",
                "",
            ),
        ),
        bad(
            "an encrypted number inside of a section, which is text however it is set",
            {"langfuse": {"smtp": {**SMTP, "port": Encrypted("2525")}}},
            problem("langfuse.smtp.port", "[secret]", "must be a whole number, not in quotes", ""),
        ),
        bad(
            "a number in place of a text, as which another key has it encrypted",
            {"langfuse": {"smtp": {**SMTP, "username": 5555, "password": Encrypted("5555")}}},
            problem(
                "langfuse.smtp.username",
                "5555",
                "must be text; numbers, true and false go in quotes",
                "pulumi config set --secret --path @langfuse.smtp.username",
            ),
        ),
        bad(
            "an encrypted switch inside of a section, which is no secret",
            {"langfuse": {"paused": Encrypted("true")}},
            problem(
                "langfuse.paused",
                "[secret]",
                "must be true or false, not in quotes",
                "pulumi config rm --path @langfuse.paused && "
                "pulumi config set --path @langfuse.paused true",
            ),
        ),
        bad(
            "a URL with a password where a URL belongs",
            {"langfuse": {"publicUrl": "https://me:hunter2@langfuse.example.com"}},
            problem(
                "langfuse.publicUrl",
                "[secret]",
                "must be an http:// or https:// URL without path, credentials, query or trailing "
                "slash: Langfuse's images are built for the root of a host",
                "",
            ),
        ),
        bad(
            "a key in place of a name, of which no fix is made",
            {"cluster": {"namespace": "sk-proj-ABCDEFGHIJ0123456789"}},
            problem(
                "cluster.namespace",
                "[secret]",
                "must be a DNS label: 1 to 63 lower-case letters, digits or '-', "
                "starting and ending with a letter or digit",
                "",
            ),
        ),
        bad(
            "a key as the name of a label, whose value has a fix",
            {"cluster": {"nodeSelector": {"sk-proj-0123456789abcdefghij": 5}}},
            problem(
                "cluster.nodeSelector.[secret]",
                "5",
                "must be text; numbers, true and false go in quotes",
                "",
            ),
        ),
        bad(
            "an encrypted value with a word of the documentation beside a mistake",
            {
                "langfuse": {
                    "admin": {"email": "bad"},
                    "environment": {"A": Encrypted("hidden-example-value")},
                }
            },
            problem(
                "langfuse.admin.email",
                "[secret]",
                "must be an e-mail address",
                "",
            ),
        ),
        bad(
            "a key as the name of a variable",
            {"langfuse": {"environment": {"sk-proj-0123456789abcdefghij": "on"}}},
            problem(
                "langfuse.environment.[secret]",
                "[secret]",
                "must be an environment variable name: upper-case letters, digits and '_'",
                "",
            ),
        ),
    ],
)
def test_refuses(change: Mapping[str, Any], expected: list[Any]) -> None:
    assert problems(change) == expected


@pytest.mark.parametrize(
    "key", ["databaseUrl", "salt", "passphrase", "webhook", "clientSecret", "pasword", "dsn"]
)
@pytest.mark.parametrize("place", ["cluster", "langfuse", ""])
def test_a_value_under_an_unknown_key_with_a_telling_name_is_masked(key: str, place: str) -> None:
    change = {place: {key: "hunter2"}} if place else {key: "hunter2"}

    assert "hunter2" not in texts(change)
    assert [p.found for p in problems(change)] == ["[secret]"]


def test_an_encrypted_arn_is_masked_in_the_rule() -> None:
    change = {**rds(kmsKeyArn=Encrypted(ARN)), "aws:allowedAccountIds": ["123456789012"]}

    found = [p for p in problems(change) if p.key.endswith("kmsKeyArn")]

    assert [(p.found, p.rule, p.fix) for p in found] == [
        (
            "[secret]",
            "is of [secret], and has to be of aws:region, ap-northeast-2",
            "",
        ),
        (
            "[secret]",
            "is of account [secret], which aws:allowedAccountIds does not name",
            "",
        ),
    ]


def test_an_encrypted_zone_is_masked_in_the_rule() -> None:
    change = endpoint(host="langfuse.other.org", hostedZone=Encrypted("hidden.zone.net"))

    (found,) = (p for p in problems(change) if p.key.endswith("host"))

    assert (found.found, found.rule, found.fix) == (
        "[secret]",
        "must be endpoint.hostedZone, [secret], or below it: the record is made there",
        "",
    )


def test_an_encrypted_value_of_one_key_is_not_shown_in_the_problem_of_another() -> None:
    change = {**rds(kmsKeyArn=ARN), "aws:region": Encrypted("eu-central-1")}

    (found, *_) = (p for p in problems(change) if p.key.endswith("kmsKeyArn"))

    assert found.rule == "is of us-west-2, and has to be of aws:region, [secret]"


@pytest.mark.parametrize("name", ["NEXTAUTH_SECRET", "SALT", "ENCRYPTION_KEY", "REDIS_AUTH"])
def test_a_variable_that_the_program_generates_is_not_shown(name: str) -> None:
    (found,) = problems({"langfuse": {"environment": {name: "sk-lf-hunter2"}}})

    assert (found.found, "hunter2" in found.rule + found.fix) == ("[secret]", False)


def test_a_secret_in_a_long_value_is_not_shown_though_its_end_is_cut_off() -> None:
    change = {"database": LONG, "cluster": {"namespace": ["a", LONG]}, "agents": {"url": LONG}}

    assert "ppp" not in texts(change)


def test_a_choice_or_a_default_of_the_documentation_is_not_taken_for_a_secret() -> None:
    change = {"langfuse": {"version": "v2.91.0", "environment": {"A": Encrypted("hidden-value")}}}
    values, secret_keys = small(change)
    with pytest.raises(ConfigurationError) as caught:
        read("test", values, secret_keys)

    fixes = [p.fix for p in caught.value.problems if p.key.endswith(".version")]
    assert "hidden" not in str(caught.value)
    assert fixes != []
    assert all("--secret" not in fix for fix in fixes)


def test_a_problem_without_a_fix_has_no_line_for_one() -> None:
    text = texts({"cluster": {"namespace": "sk-proj-ABCDEFGHIJ0123456789"}})

    assert "fix:" not in text
    assert text.count("rule:") == 1


IN_CLEAR = {
    "SLACK_CLIENT_SECRET": ("hunter2", "is called like a secret"),
    "AUTH_HTTP_PROXY": ("http://me:hunter2@proxy:3128", "holds a URL with a password"),
    "OPENAI_API_KEY": ("hunter2", "is called like a secret"),
    "NOTE": ("sk-proj-0123456789abcdefghij", "holds an OpenAI key"),
    "LICENSE_KEY": ("hunter2", "is called like a secret"),
}


@pytest.mark.parametrize(("name", "value", "why"), [(n, v, w) for n, (v, w) in IN_CLEAR.items()])
def test_a_secret_variable_in_clear_is_refused_and_told_to_be_rotated(
    name: str, value: str, why: str
) -> None:
    key = "agent-observability:langfuse.secretEnvironment"

    assert problems({"langfuse": {"environment": {name: value}}}) == [
        problem(
            f"langfuse.environment.{name}",
            "[secret]",
            f"{why}, and all that is here is stored and shown in clear: it belongs to "
            f"langfuse.secretEnvironment.{name}. If it was in clear before, rotate it: give it a "
            "new value where it comes from, and take that one",
            f"pulumi config set --secret --path {key}.{name} && "
            f"pulumi config rm --path @langfuse.environment.{name}",
        )
    ]


@pytest.mark.parametrize(
    ("secret", "fixes"),
    [
        ("hunter3", {""}),
        (
            "hunter2",
            {"", "pulumi config rm --path agent-observability:langfuse.environment.API_TOKEN"},
        ),
    ],
)
def test_a_secret_variable_that_is_given_twice_is_only_taken_out_if_both_are_the_same(
    secret: str, fixes: set[str]
) -> None:
    both = {
        "environment": {"API_TOKEN": "hunter2"},
        "secretEnvironment": {"API_TOKEN": Encrypted(secret)},
    }

    assert {p.fix for p in problems({"langfuse": both})} == fixes


def test_an_encrypted_value_under_a_misspelt_key_is_asked_for() -> None:
    change = {"database": {**EXTERNAL, "usernmae": "hidden-name"}}

    assert problems(change) == [
        problem(
            "database.usernmae",
            "[secret]",
            "unknown key, did you mean 'username'? known here: connectionLimit, database, engine, "
            "host, maxConnections, password, pooler, port, tls, username",
            "pulumi config set --secret --path @database.username && "
            "pulumi config rm --path @database.usernmae",
        )
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUTH_HTTP_PROXY", "http://proxy.example.com:443"),
        ("AUTH_IGNORE_ACCOUNT_FIELDS", "refresh_expires_in"),
        ("AUTH_SESSION_MAX_AGE", "3600"),
        ("LANGFUSE_DEFAULT_ORG_ID", "0oa1b2c3d4"),
    ],
)
def test_a_variable_that_is_no_secret_is_accepted(name: str, value: str) -> None:
    assert problems({"langfuse": {"environment": {name: value}}}) == []
