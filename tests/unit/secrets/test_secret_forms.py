"""The one detector of secrets: what it knows by its form, what by its name, and what it does not.

No text here was ever a secret. Those of a provider are put together here, so that no scanner takes
them for one.
"""

from __future__ import annotations

import random
import string
import time
from typing import Final

import pytest

from components.secrets.forms import FORMS, decoded, form_of, secret_in
from components.secrets.names import is_harmless, is_random, is_secret_name

_HEX: Final = "0123456789abcdef" * 4
_MIXED: Final = "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA" * 2
_JWT: Final = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"

BY_FORM: Final = {
    "an AWS access key": [f"AKIA{'A1' * 8}", f"ASIA{'B2' * 8}", f"id AKIA{'A1' * 8} here"],
    "a Langfuse secret key": ["sk-lf-01234567-89ab", f"sk-lf-{_HEX[:32]}"],
    "a LangSmith key": [
        f"lsv2_pt_{_HEX[:32]}_{_HEX[:10]}",
        f"lsv2_sk_{_HEX[:32]}",
        "ls__01234567ab",
    ],
    "an Anthropic key": [f"sk-ant-api03-{_MIXED}", f"sk-ant-admin01-{_MIXED}"],
    "an OpenAI key": [f"sk-{_MIXED[:48]}", f"sk-proj-{_MIXED}", f"sk-svcacct-{_MIXED}"],
    "a GitHub token": [
        *(f"gh{kind}_{_MIXED[:36]}" for kind in "pousr"),
        f"github_pat_{_MIXED[:22]}_{_MIXED}",
    ],
    "a GitLab token": [f"glpat-{_MIXED[:20]}", f"gldt-{_MIXED[:20]}", f"glrt-{_MIXED[:20]}"],
    "a Slack token": [
        *(f"xox{kind}-123456789012-{_MIXED[:24]}" for kind in "bpars"),
        f"xapp-1-A0-{_MIXED[:20]}",
    ],
    "a Google API key": [f"AIza{_MIXED[:35]}"],
    "a Google token": [f"ya29.{_MIXED[:40]}", f"GOCSPX-{_MIXED[:28]}"],
    "a Stripe key": [f"sk_live_{_MIXED[:24]}", f"rk_test_{_MIXED[:24]}", f"whsec_{_MIXED[:32]}"],
    "an npm token": [f"npm_{_MIXED[:36]}"],
    "a PyPI token": [f"pypi-AgEIcHlwaS5vcmc{_MIXED}"],
    "a Docker token": [f"dckr_pat_{_MIXED[:27]}"],
    "a Hugging Face token": [f"hf_{_MIXED[:34]}"],
    "a Pulumi token": [f"pul-{_HEX[:40]}"],
    "a Terraform token": [f"{_MIXED[:14]}.atlasv1.{_MIXED}"],
    "a Vault token": [f"hvs.{_MIXED[:24]}"],
    "a Grafana token": [f"glsa_{_MIXED[:32]}_0123abcd", f"glc_{_MIXED[:40]}"],
    "a Databricks token": [f"dapi{_HEX[:32]}"],
    "a DigitalOcean token": [f"dop_v1_{_HEX}"],
    "a SendGrid key": [f"SG.{_MIXED[:22]}.{_MIXED[:43]}"],
    "a Mailgun key": [f"key-{_HEX[:32]}"],
    "a Twilio key": [f"SK{_HEX[:32]}"],
    "a Telegram token": [f"123456789:AA{_MIXED[:33]}"],
    "a Shopify token": [f"shpat_{_HEX[:32]}"],
    "a Linear key": [f"lin_api_{_MIXED[:40]}"],
    "an Atlassian token": [f"ATATT3{_MIXED}"],
    "a New Relic key": [f"NRAK-{_MIXED[:27].upper()}"],
    "a JSON Web Token": [_JWT, f"token {_JWT}"],
    "a private key": [
        *(f"-----BEGIN {kind}PRIVATE KEY-----" for kind in ("", "RSA ", "EC ", "OPENSSH ")),
        *("-----BEGIN ENCRYPTED PRIVATE KEY-----", "-----BEGIN PGP PRIVATE KEY BLOCK-----"),
        f"AGE-SECRET-KEY-1{_MIXED[:30].upper()}",
        '{"private_key": "-----BEGIN PRIVATE KEY-----\\nMIIE"}',
    ],
    "a URL with a password": [
        *(
            "postgres://me:secret@db",
            "redis://:secret@cache:6379/0",
            "https://a:b%40c@example.com/x",
        ),
        *("amqps://me:p@ss:word@mq", "mongodb+srv://me:secret@db", "smtp://me:x@mail:587"),
        *("clickhouse://default:x@ch:9000/db", "jdbc:postgresql://me:secret@db/x"),
    ],
    "a webhook's URL": [
        f"https://hooks.slack.com/services/T0/B0/{_MIXED[:24]}",
        f"https://discord.com/api/webhooks/123456789/{_MIXED}",
        f"https://acme.webhook.office.com/webhookb2/{_HEX}",
        f"https://prod-1.westeurope.logic.azure.com:443/workflows/{_HEX}",
        f"https://chat.googleapis.com/v1/spaces/AAAA/messages?key={_MIXED}",
    ],
    "an authorization header": [
        *("Authorization: Bearer 0123456789abcdef", "Basic bWU6c2VjcmV0", "bearer abc.def-123=="),
    ],
    "an account key": [f"DefaultEndpointsProtocol=https;AccountKey={_MIXED}=="],
    "a shared access signature": [f"https://x.blob.core.windows.net/c?sv=1&sig={_MIXED[:40]}%3D"],
    "a presigned URL": [f"https://b.s3.amazonaws.com/k?X-Amz-Signature={_HEX}"],
    "a password for the registry": ['{"auths": {"r": {"auth": "bWU6c2VjcmV0"}}}'],
    "an SQL statement with a password": [
        *("ALTER ROLE a PASSWORD 'hunter2';", "CREATE USER a IDENTIFIED BY 'hunter2'"),
    ],
    "a user with a password": [
        *(
            "curl -u me:secret https://x",
            "curl --user me:secret x",
            "redis-cli -h x -a secret ping",
        ),
        "mysql -u me -psecret",
    ],
    "an option with a secret": [
        *("--password=hunter2", "--password hunter2", "run --api-key 'hunter2'", "-token=hunter2"),
        '--client-secret="a b"',
    ],
    "a value that is named a secret": [
        *(
            "PGPASSWORD=hunter2 psql",
            "password: hunter2",
            'a = 1\ndb_password = "a b"',
            "a?token=x9y",
        ),
        *('{"clientSecret": "hunter2"}', "host=db password=hunter2", "Server=x;Pwd=hunter2;"),
        *("database:\n  password: hunter2", "export API_TOKEN=hunter2; run", "[db]\npasswd=x"),
        "aws_secret_access_key = abc/def+ghi",
    ],
}

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
    *("DATABASE_URL", "databaseUrl", "DIRECT_URL", "CLICKHOUSE_MIGRATION_URL", "connectionString"),
    *("SENTRY_DSN", "SMTP_CONNECTION_URL", "REDIS_AUTH_TOKEN", "credentials", "LICENSE_KEY"),
    *("Authorization", "cookie", "JWT", "privateKey", "HMAC_KEY", "rootpassword", "licenseKey"),
)
OTHER_NAMES: Final = (
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

    assert {*BY_FORM} == {form.name for form in FORMS} | named


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
        *("sha256:" + _HEX, "arn:aws:iam::123456789012:role/x", "the password\nis secret", "AKIA"),
        *("no data yet: the server will be initialised with the password", "a secret: "),
        *("secretName: langfuse", "existingSecret: langfuse", "tokens: 500", "keep-alive: 5"),
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
        ("ANYTHING", _HEX, "is a key of 256 bits or more"),
        ("ANYTHING", f"{'Ab1+' * 10}Ab1=", "is a key of 256 bits or more"),
        ("IMAGE_SHA256", _HEX, None),
        ("checksum/config", _HEX, None),
        ("ANYTHING", _HEX[:32], None),
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
        ("NOTE", "cGFzc3dvcmQ9aHVudGVyMg=="),  # in Base64, where it is not asked for
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

    started = time.perf_counter()
    form_of(text)
    assert time.perf_counter() - started < 3  # several times slower than it is on a busy machine
