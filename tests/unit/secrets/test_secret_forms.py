"""The one detector of secrets: what it knows by form, what by name, and what it does not."""

from __future__ import annotations

import random
import string
import time
from typing import Final

import pytest

from components.secrets.forms import FORMS, decoded, form_of, secret_in
from components.secrets.masking import masked_tree
from components.secrets.names import is_harmless, is_random, is_secret_name
from tests.support.secret_texts import BY_FORM, HEX

SECRET_NAMES: Final = (
    *(
        "PASSWORD",
        "POSTGRES_PASSWORD",
        "PGPASSWORD",
        "dbPassword",
        "root-password",
        "passwd",
        "pwd",
    ),
    *("NEXTAUTH_SECRET", "CLIENT_SECRET", "AUTH_OKTA_CLIENT_SECRET", "clientSecret", "secretKey"),
    *(
        "API_KEY",
        "apiKey",
        "apikey",
        "OPENAI_API_KEY",
        "x-api-key",
        "ENCRYPTION_KEY",
        "SIGNING_KEY",
    ),
    *("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "GITHUB_TOKEN", "accessToken", "authToken"),
    *(
        "SALT",
        "passphrase",
        "PULUMI_CONFIG_PASSPHRASE",
        "SLACK_WEBHOOK",
        "webhookUrl",
        "WEBHOOK_URL",
    ),
    *("DATABASE_URL", "databaseUrl", "DIRECT_URL", "connectionString"),
    *("SENTRY_DSN", "SMTP_CONNECTION_URL", "REDIS_AUTH_TOKEN", "credentials", "LICENSE_KEY"),
    *("Authorization", "cookie", "JWT", "privateKey", "HMAC_KEY", "rootpassword", "licenseKey"),
)
OTHER_NAMES: Final = (
    # Langfuse reads the password from another variable; one in the URL shows by its form.
    "CLICKHOUSE_MIGRATION_URL",
    *("PASSWORD_FILE", "POSTGRES_PASSWORD_FILE", "TOKEN_LIMIT", "MAX_TOKENS_LIMIT", "TOKEN_URL"),
    *(
        "secretName",
        "existingSecret",
        "imagePullSecret",
        "SECRET_ARN",
        "tokenTtl",
        "PASSWORD_LENGTH",
    ),
    *(
        "NEXTAUTH_URL",
        "LANGFUSE_PUBLIC_KEY",
        "publicKey",
        "KEEP_ALIVE_TIMEOUT",
        "monkey",
        "keyboard",
    ),
    *("token.actions.githubusercontent.com", "secrets.internal"),
    *("token.actions.githubusercontent.com:sub", "token.actions.githubusercontent.com:aud"),
    *("HOSTNAME", "PORT", "compass", "bypass", "author", "secretsRegion", "recoveryDays", ""),
)


@pytest.mark.parametrize(
    ("form", "text"), [(form, text) for form, texts in BY_FORM.items() for text in texts]
)
def test_a_secret_is_known_by_its_form(form: str, text: str) -> None:
    assert form_of(text) == form
    assert secret_in("", text) == f"holds {form}"


def test_every_form_has_its_cases() -> None:
    named = {"an option with a secret", "a value that is named a secret"}
    encoded = {form for form in BY_FORM if form.endswith(" in Base64")}

    assert len(encoded) == 4
    assert {*BY_FORM} - encoded == {form.name for form in FORMS} | named


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_a_secret_is_known_by_its_name(name: str) -> None:
    assert is_secret_name(name)
    assert secret_in(name, "hunter2") == "is called like a secret"


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_a_name_that_says_where_or_how_is_that_of_no_secret(name: str) -> None:
    assert not is_secret_name(name)
    assert secret_in(name, "hunter2") is None


@pytest.mark.parametrize(
    "value",
    [
        *("", "true", "false", "500", "30s", "1.5", "10%", "none", "$PASSWORD", "$(PASSWORD)"),
        *("${PASSWORD}", "{{ .password }}", "%s", "<password>", "[secret]", "[unknown]", "****"),
        *("xxxx", "required", "prefer"),
    ],
)
def test_a_value_that_refers_to_another_is_none(value: str) -> None:
    assert is_harmless(value)
    assert secret_in("PASSWORD", value) is None


@pytest.mark.parametrize(
    "text",
    [
        *("postgres://me:$PASSWORD@db", "postgres://me:${PASSWORD}@db", "https://example.com/a@b"),
        *("https://example.com:443/x", "postgres://me@db", "redis://:{{ .password }}@x", "a:b@c"),
        *("-----BEGIN CERTIFICATE-----", "-----BEGIN PUBLIC KEY-----", "pk-lf-01234567-89ab"),
        *(
            "PASSWORD '%s'",
            "PASSWORD '$PASSWORD'",
            "--password-file=/run/x",
            "--password=$PASSWORD",
        ),
        *("--max-old-space-size=1152", "Bearer token", "basic authentication", "Bearer $TOKEN"),
        *("task-0123456789abcdefghij0123", "risk-proj-x", "token: ''", "password: ${PASSWORD}"),
        *("sha256:" + HEX, "arn:aws:iam::123456789012:role/x", "the password\nis secret", "AKIA"),
        *("no data yet: the server will be initialised with the password", "a secret: "),
        *("secretName: langfuse", "existingSecret: langfuse", "tokens: 500", "keep-alive: 5"),
        *("docker run --user 1000:1000 x", "ps -u 10:20", "docker run -p 80:80", "ssh -p 22 host"),
        *(
            "mkdir -p /var/lib/x",
            "sk-learn-is-a-library-for-machine",
            "password_encryption = scram",
        ),
        *("serviceAccountToken: {audience: a, path: token}", "tags: {token: none}"),
        *("--web-identity-token file://token", "secrets:\n  delivery: x", "token:\nnext: line"),
        *("tokens:\n- name: a", "- name: SALT\n  valueFrom:\n    secretKeyRef: {key: a}"),
        *("https://example.com/hooks/readme", "https://example.com/?key=name", "https://me@host"),
        *(
            "arn:a?s:*:*:*:*",
            "arn:*:secretsmanager:eu-central-1:123456789012:secret:a",
            "a:*:*:*:*",
        ),
        *("12:34:56:78:90:ab", "2026-01-01T10:00:00 a:b:c", "arn:aws:iam::123456789012:role/a"),
        *("arn:a?s:*:*:*:app", "arn:a*s:*:*:*:app", "arn:*:*:*:*:app", "arn:?:*:*:*:app"),
        *("LANGFUSE_PUBLIC_KEY=aB3dE5gH7jK9mN1p", "auth: disabled", "auth: bWVzZWNyZXQ="),
        *("pulumi config set --secret --path a:b.SALT", "MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0B"),
        *("cGxhaW4gdGV4dCBoZXJl", "agent-observability-prod-boundary", "Y2VydGlmaWNhdGU="),
        "token.actions.githubusercontent.com:sub: repo:acme/x:environment:prod",
        f"docker.io/langfuse/langfuse@sha256:{HEX}",
    ],
)
def test_a_text_without_a_secret_is_let_through(text: str) -> None:
    assert form_of(text) is None


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("SOME_KEY", "aB3dE5gH7jK9mN1p", "is called like a key and looks random"),
        ("AUTH", "f3a9c2e1b7d80456", "is called like a key and looks random"),
        ("SOME_KEY", "langfuse-production-key", None),
        ("KEY_ID", "aB3dE5gH7jK9mN1p", None),
        ("PUBLIC_KEY", "aB3dE5gH7jK9mN1p", None),
        ("ANYTHING", HEX, "is a key of 256 bits or more"),
        ("ANYTHING", f"{'Ab1+' * 10}Ab1=", "is a key of 256 bits or more"),
        ("IMAGE_SHA256", HEX, None),
        ("checksum/config", HEX, None),
        ("ANYTHING", HEX[:32], None),
        ("", "hunter2", None),
    ],
)
def test_a_value_that_looks_random_is_judged_with_its_name(
    name: str, value: str, why: str | None
) -> None:
    assert secret_in(name, value) == why


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GREETING", "hunter2"),  # neither its name nor its form tells
        ("NOTE", "the password is hunter2"),  # in prose
        ("NOTE", "aHVudGVyMg=="),  # the same in Base64
        ("NOTE", "postgres://me:hun ter@db"),  # a space, which no URL has
        ("NOTE", "setx DB_PASSWORD hunter2"),  # without a sign between name and value
        ("NOTE", "비밀번호: hunter2"),  # names in other languages
        ("NOTE", HEX[:32]),  # 128 bits: as often a digest, a trace or an id
        ("NOTE", "11111111-2222-3333-4444-555555555555"),  # a UUID, even if a service takes it
        ("NOTE", "secrets:\n  delivery: hunter2"),  # a section, of which each key tells
        ("NOTE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),  # AWS's secret half has no form
        ("NOTE", "me:hunter2"),  # a pair without a command
        ("PASSWORD", "12345678"),  # a number: as often a limit as a secret
        ("PASSWORD_NAME", "hunter2"),  # a name that lies
    ],
)
def test_what_is_not_seen(name: str, value: str) -> None:
    assert secret_in(name, value) is None


def test_what_must_not_be_shown_is_marked_in_the_form() -> None:
    marked = {
        form.name: found["secret"]
        for form in FORMS
        for text in BY_FORM[form.name][:1]
        if (found := form.pattern.search(text)) is not None
    }

    assert {*marked} >= {"a private key", "a URL with a password", "a user with a password"}
    assert marked["a URL with a password"] == "secret"
    assert marked["an authorization header"] == "0123456789abcdef"
    assert marked["an SQL statement with a password"] == "hunter2"
    assert marked["a user with a password"] == "secret"
    assert marked["an AWS access key"] == f"AKIA{'A1' * 8}"


def test_only_what_is_base64_of_a_text_is_decoded() -> None:
    assert decoded("cGFzc3dvcmQ9aHVudGVyMg==") == "password=hunter2"
    assert decoded("password") is None
    assert decoded("//8=") is None
    assert decoded("é") is None


def test_a_text_is_random_if_it_is_long_and_mixed() -> None:
    assert is_random("aB3dE5gH7jK9mN1p")
    assert not is_random("aB3dE5gH7jK9mN1")
    assert not is_random("1111111111111111")
    assert not is_random("production-langfuse-database")
    assert not is_random("/var/lib/postgresql/16/data")


def test_the_name_of_a_variable_is_not_random() -> None:
    assert not is_random("LANGFUSE_S3_EVENT_UPLOAD_SECRET_ACCESS_KEY")
    assert is_random("LANGFUSE_S3X_EVENT_UPLOAD_ACCESS_KEY")
    assert is_random("LANGFUSE_S3_EVENT_UPLOAD_ACCESS_key")
    assert is_random("LANGFUSE_S3_EVENT-UPLOAD_SECRET_ACCESS_KEY")
    reference = {"secretKeyRef": {"key": "LANGFUSE_S3_EVENT_UPLOAD_ACCESS_KEY_ID"}}
    assert masked_tree(reference) == reference


@pytest.mark.parametrize("seed", range(5))
def test_any_text_is_judged_and_a_long_one_within_a_second(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same texts in every run
    pieces = [
        "://",
        "password=",
        "--token ",
        "sk-",
        "eyJ",
        "'",
        '"',
        "@",
        ":",
        "-----BEGIN ",
        "a",
        " ",
    ]
    letters = [*pieces, *string.printable]
    text = "".join(chance.choice(letters) for _ in range(100_000))

    started = time.process_time()
    form_of(text)
    assert time.process_time() - started < 3
