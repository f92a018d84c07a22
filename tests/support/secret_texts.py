"""Texts with a secret of each known form. None of them was ever one.

Those of a provider are put together here, so that no scanner takes them for one.
"""

from __future__ import annotations

from typing import Final

HEX: Final = "0123456789abcdef" * 4
MIXED: Final = "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA" * 2
_JWT: Final = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"

BY_FORM: Final = {
    "an AWS access key": [f"AKIA{'A1' * 8}", f"ASIA{'B2' * 8}", f"id AKIA{'A1' * 8} here"],
    "a Langfuse secret key": ["sk-lf-01234567-89ab", f"sk-lf-{HEX[:32]}"],
    "a LangSmith key": [
        f"lsv2_pt_{HEX[:32]}_{HEX[:10]}",
        f"lsv2_sk_{HEX[:32]}",
        "ls__01234567ab",
    ],
    "an Anthropic key": [f"sk-ant-api03-{MIXED}", f"sk-ant-admin01-{MIXED}"],
    "an OpenAI key": [f"sk-{MIXED[:48]}", f"sk-proj-{MIXED}", f"sk-svcacct-{MIXED}"],
    "a GitHub token": [
        *(f"gh{kind}_{MIXED[:36]}" for kind in "pousr"),
        f"github_pat_{MIXED[:22]}_{MIXED}",
    ],
    "a GitLab token": [f"glpat-{MIXED[:20]}", f"gldt-{MIXED[:20]}", f"glrt-{MIXED[:20]}"],
    "a Slack token": [
        *(f"xox{kind}-123456789012-{MIXED[:24]}" for kind in "bpars"),
        f"xapp-1-A0-{MIXED[:20]}",
    ],
    "a Google API key": [f"AIza{MIXED[:35]}"],
    "a Google token": [f"ya29.{MIXED[:40]}", f"GOCSPX-{MIXED[:28]}"],
    "a Stripe key": [f"sk_live_{MIXED[:24]}", f"rk_test_{MIXED[:24]}", f"whsec_{MIXED[:32]}"],
    "an npm token": [f"npm_{MIXED[:36]}"],
    "a PyPI token": [f"pypi-AgEIcHlwaS5vcmc{MIXED}"],
    "a Docker token": [f"dckr_pat_{MIXED[:27]}"],
    "a Hugging Face token": [f"hf_{MIXED[:34]}"],
    "a Pulumi token": [f"pul-{HEX[:40]}"],
    "a Terraform token": [f"{MIXED[:14]}.atlasv1.{MIXED}"],
    "a Vault token": [f"hvs.{MIXED[:24]}"],
    "a Grafana token": [f"glsa_{MIXED[:32]}_0123abcd", f"glc_{MIXED[:40]}"],
    "a Databricks token": [f"dapi{HEX[:32]}"],
    "a DigitalOcean token": [f"dop_v1_{HEX}"],
    "a SendGrid key": [f"SG.{MIXED[:22]}.{MIXED[:43]}"],
    "a Mailgun key": [f"key-{HEX[:32]}"],
    "a Twilio key": [f"SK{HEX[:32]}"],
    "a Telegram token": [f"123456789:AA{MIXED[:33]}"],
    "a Shopify token": [f"shpat_{HEX[:32]}"],
    "a Linear key": [f"lin_api_{MIXED[:40]}"],
    "an Atlassian token": [f"ATATT3{MIXED}"],
    "a New Relic key": [f"NRAK-{MIXED[:27].upper()}"],
    "a JSON Web Token": [_JWT, f"token {_JWT}"],
    "a private key": [
        *(f"-----BEGIN {kind}PRIVATE KEY-----" for kind in ("", "RSA ", "EC ", "OPENSSH ")),
        *("-----BEGIN ENCRYPTED PRIVATE KEY-----", "-----BEGIN PGP PRIVATE KEY BLOCK-----"),
        f"AGE-SECRET-KEY-1{MIXED[:30].upper()}",
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
        f"https://hooks.slack.com/services/T0/B0/{MIXED[:24]}",
        f"https://discord.com/api/webhooks/123456789/{MIXED}",
        f"https://acme.webhook.office.com/webhookb2/{HEX}",
        f"https://prod-1.westeurope.logic.azure.com:443/workflows/{HEX}",
        f"https://chat.googleapis.com/v1/spaces/AAAA/messages?key={MIXED}",
    ],
    "an authorization header": [
        *("Authorization: Bearer 0123456789abcdef", "Basic bWU6c2VjcmV0", "bearer abc.def-123=="),
    ],
    "an account key": [f"DefaultEndpointsProtocol=https;AccountKey={MIXED}=="],
    "a shared access signature": [f"https://x.blob.core.windows.net/c?sv=1&sig={MIXED[:40]}%3D"],
    "a presigned URL": [f"https://b.s3.amazonaws.com/k?X-Amz-Signature={HEX}"],
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

_KEY_LINES: Final = f"MIIEvQ{MIXED[::-1][:50]}+/ab\\n{MIXED[::-1][5:60]}/cd=="


def planted() -> dict[str, tuple[str, str]]:
    """By form, one text to plant and the part of it that no one may see.

    The part is unlike any other word of the repository.
    """
    key = _KEY_LINES.replace("\\n", "\n")
    texts = {form: (examples[0], examples[0]) for form, examples in BY_FORM.items()}
    return texts | {
        "a private key": (
            f"-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----",
            key.splitlines()[1],
        ),
        "a private key, cut": (f"-----BEGIN RSA PRIVATE KEY-----\n{key}", key.splitlines()[1]),
        "a private key in JSON": (
            f'{{"k": "-----BEGIN PRIVATE KEY-----\\n{_KEY_LINES}"}}',
            _KEY_LINES.partition("\\n")[2],
        ),
        "a URL with a password": ("postgres://me:pl4nted@pw@db/x", "pl4nted@pw"),
        "a URL with a slash in its password": ("redis://:pl4nted/slash@db:6379/0", "pl4nted/slash"),
        "a webhook's URL": (
            f"https://hooks.slack.com/services/T0/B0/{MIXED[:24]}",
            f"B0/{MIXED[:24]}",
        ),
        "an AWS access key": (f"id AKIA{'A1' * 8} here", f"AKIA{'A1' * 8}"),
        "an authorization header": ("Authorization: Bearer pl4nted-header", "pl4nted-header"),
        "an authorization header of words": (
            "Authorization: Bearer plantedbearer",
            "plantedbearer",
        ),
        "a JSON Web Token": (f"token {_JWT} used", _JWT),
        "an account key": (f"X=https;AccountKey={MIXED[:16].lower()}==", MIXED[:16].lower()),
        "a shared access signature": (
            f"https://x.blob.core.windows.net/c?sv=1&sig={MIXED[16:40].upper()}%3D",
            MIXED[16:40].upper(),
        ),
        "a presigned URL": (
            f"https://b.s3.amazonaws.com/k?X-Amz-Signature={'fedcba9876543210' * 4}",
            "fedcba9876543210",
        ),
        "a password for the registry": (
            '{"auths": {"r": {"auth": "cGw0bnRlZDphdXRo"}}}',
            "cGw0bnRlZDphdXRo",
        ),
        "an SQL statement with a password": ("ALTER ROLE a PASSWORD 'pl4nted sql';", "pl4nted sql"),
        "a user with a password": ("curl -u me:pl4nted-user https://x", "pl4nted-user"),
        "an option with a secret": ("run --password pl4nted-option", "pl4nted-option"),
        "a value that is named a secret": ("PGPASSWORD=pl4nted,name psql", "pl4nted,name"),
        "a value in JSON": ('{"clientSecret": "pl4nted \\" json"}', 'pl4nted \\" json'),
        "a value in JSON in JSON": (
            'said {\\"password\\": \\"pl4nted-inner\\"}',
            "pl4nted-inner",
        ),
        "a parameter of a URL": ("url=https://x/?a=1&token=pl4nted-query", "pl4nted-query"),
        "a value that was cut": ('password="pl4nted cut', "pl4nted cut"),
    }


BY_NAME: Final = {
    name: f"planted {name.lower()} value"
    for name in (
        "AUTH_OKTA_CLIENT_SECRET",
        "SALT",
        "databaseUrl",
        "passphrase",
        "webhook",
        "PGPASSWORD",
    )
}
"""Values without a form, by a name that tells."""
