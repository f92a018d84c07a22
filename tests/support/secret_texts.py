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
    "an AWS session token": [f"IQoJb3JpZ2lu{MIXED}", f"FwoGZXIv{MIXED}"],
    "an AWS API key": [f"ABSK{MIXED}{MIXED[:8]}"],
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
    "a Google token": [f"ya29.{MIXED[:40]}", f"GOCSPX-{MIXED[:28]}", f"1//0{MIXED}"],
    "an Azure secret": [f"aB38Q~{MIXED[:34]}"],
    "a Bitbucket token": [f"ATBB{MIXED[:32]}", f"ATCTT3{MIXED}"],
    "a Cloudflare key": [f"v1.0-{HEX[:24]}-{HEX * 2}"],
    "a Fly token": [f"fm2_{MIXED}", f"FlyV1 fo1_{MIXED}"],
    "a Heroku key": [f"HRKU-{MIXED}"],
    "a Notion token": [f"ntn_{MIXED[:46]}", f"secret_{MIXED[:43]}"],
    "a Discord token": [f"M{MIXED[:25]}.aB3dE5.{MIXED[:30]}"],
    "a Mapbox token": [f"sk.eyJ1IjoibSJ9.{MIXED[:22]}"],
    "an Airtable token": [f"pat{MIXED[:14]}.{HEX}"],
    "a Doppler token": [f"dp.pt.{MIXED[:43]}", f"dp.st.prod.{MIXED[:43]}"],
    "a 1Password token": [f"ops_eyJ{MIXED}"],
    "an Artifactory token": [f"AKCp8{MIXED}", f"cmVmdGtuOjAxOj{MIXED}"],
    "a SonarQube token": [f"sq{kind}_{HEX[:40]}" for kind in "pua"],
    "a Sentry token": [f"sntrys_{MIXED}", f"sntryu_{HEX}"],
    "a PlanetScale token": [f"pscale_pw_{MIXED[:43]}", f"pscale_tkn_{MIXED[:43]}"],
    "a Supabase key": [f"sbp_{HEX[:40]}", f"sb_secret_{MIXED[:31]}"],
    "a Tailscale key": [f"tskey-auth-{MIXED[:30]}"],
    "an Alibaba Cloud key": [f"LTAI{MIXED[:20]}"],
    "a Square token": [f"sq0atp-{MIXED[:22]}"],
    "a key of a model's provider": [
        *(f"pplx-{MIXED[:48]}", f"gsk_{MIXED[:52]}", f"xai-{MIXED}{MIXED[:20]}"),
        *(f"r8_{MIXED[:37]}", f"nvapi-{MIXED}", f"tvly-{MIXED[:32]}", f"pcsk_{MIXED}"),
        *(f"jina_{MIXED}", f"fw_{MIXED[:24]}"),
    ],
    "a token of a build service": [
        *(f"bkua_{HEX[:40]}", f"CCIPAT_{MIXED}", f"rubygems_{HEX[:48]}", f"cio{MIXED[:32]}"),
        *(f"PMAK-{HEX[:24]}-{HEX[:34]}", f"figd_{MIXED[:40]}", f"phx_{MIXED}"),
    ],
    "a Stripe key": [f"sk_live_{MIXED[:24]}", f"rk_test_{MIXED[:24]}", f"whsec_{MIXED[:32]}"],
    "an npm token": [f"npm_{MIXED[:36]}"],
    "a PyPI token": [f"pypi-AgEIcHlwaS5vcmc{MIXED}"],
    "a Docker token": [f"dckr_pat_{MIXED[:27]}"],
    "a Hugging Face token": [f"hf_{MIXED[:34]}"],
    "a Pulumi token": [f"pul-{HEX[:40]}"],
    "a Terraform token": [f"{MIXED[:14]}.atlasv1.{MIXED}"],
    "a Vault token": [f"hvs.{MIXED[:24]}", f"s.{MIXED[:24]}"],
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
    "a JSON Web Token": [_JWT, f"token {_JWT}", f"{_JWT}.{MIXED}.{MIXED}"],
    "a private key": [
        *(f"-----BEGIN {kind}PRIVATE KEY-----" for kind in ("", "RSA ", "EC ", "OPENSSH ")),
        *("-----BEGIN ENCRYPTED PRIVATE KEY-----", "-----BEGIN PGP PRIVATE KEY BLOCK-----"),
        *(f"MIIEv{size}IBADANBgkqhkiG9w0B{MIXED}" for size in "gQw"),
        *(f"MIIEowIBAAKCAQEA{MIXED}", f"MIGHAgEAMBMGByqGSM49{MIXED}", f"MHcCAQEE{MIXED}"),
        f"PuTTY-User-Key-File-3: x\nPrivate-Lines: 1\n{MIXED}\nPrivate-MAC: 0",
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
        *("postgres://me:it's@db", "//me:secret@db/x", "to=//me:secret@db"),
        *("postgres%3A%2F%2Fme%3Asecret%40db%2Fx", "jdbc:oracle:thin:me/secret@//db:1521/x"),
    ],
    "a URL with a token": [
        f"https://{HEX[:32]}@o1.ingest.example.com/42",
        f"https://{MIXED[:40]}:x-oauth-basic@example.com/a.git",
    ],
    "a URL with a key": [
        f"https://example.com/?key={MIXED[:32]}",
        f"https://example.com/x?code={MIXED[:54]}==",
        f"https://example.com/x?Expires=1&Signature={MIXED}&Key-Pair-Id=K1",
    ],
    "a signature": [
        f"AWS4-HMAC-SHA256 Credential=x/20260101/y, SignedHeaders=host, Signature={HEX}"
    ],
    "the hash of a password": [
        *("me:$apr1$salt$9FQm4d7vJXoVqkqkq0yZ1/", f"$2y$10$N9qo8uLOickgx2{MIXED[:39]}"),
        *(f"$6$salt${MIXED}", f"$argon2id$v=19$m=65536,t=2,p=1$c2FsdA${MIXED[:43]}"),
        *("me:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "SCRAM-SHA-256$4096:c2FsdA==$a2V5:a2V5"),
        f"pbkdf2_sha256$260000$salt${MIXED[:43]}=",
    ],
    "a line of a password file": [
        "machine example.com login me password hunter2",
        "machine example.com\n  login me\n  password hunter2",
        "db.example.com:5432:langfuse:me:hunter2",
        "*:*:*:me:hunter2",
    ],
    "a secret on standard input": [
        "echo hunter2 | docker login -u me --password-stdin",
        "printf '%s' 'hunter2' | helm registry login --password-stdin x",
    ],
    "a secret of Pulumi's": [
        "pulumi config set --secret --path a:b.SALT hunter2",
        "pulumi -C access config set -s dev --secret 'a:b' 'hunter 2'",
        "pulumi config set a:b hunter2 --secret",
    ],
    "a webhook's URL": [
        f"https://hooks.slack.com/services/T0/B0/{MIXED[:24]}",
        f"https://discord.com/api/webhooks/123456789/{MIXED}",
        f"https://acme.webhook.office.com/webhookb2/{HEX}",
        f"https://prod-1.westeurope.logic.azure.com:443/workflows/{HEX}",
        f"https://chat.googleapis.com/v1/spaces/AAAA/messages?key={MIXED}",
        "https://hooks.zapier.com/hooks/catch/123456/abcdef/",
        f"https://maker.ifttt.com/trigger/a/with/key/{MIXED[:22]}",
        f"https://hook.eu1.make.com/{MIXED[:32]}",
        f"https://chat.example.com/hooks/{HEX[:26]}",
        f"https://chat.example.com/hooks/{MIXED[:17]}/{MIXED[:40]}",
    ],
    "an authorization header": [
        *("Authorization: Bearer 0123456789abcdef", "Basic bWU6c2VjcmV0", "bearer abc.def-123=="),
        # As in OTEL_EXPORTER_OTLP_HEADERS, and that within a URL.
        *("Basic%20bWU6c2VjcmV0", "got Basic%20bWU6c2VjcmV%2BM%3D%3D", "basic%2520bWU6c2VjcmV0"),
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
        *("mysql -u me -psecret", "mysqldump -u root -psecret db", "sshpass -p secret ssh a@b"),
        "curl -ume:secret https://x",
        *("docker login -u me -p secret example.com", "mariadb-dump -u me -psecret"),
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
        *("'password' => 'hunter2'", "DB_PASSWORD:=hunter2", "password: !!str hunter2"),
        *("password: |\n  hunter2\n", "a:\n  password: >-\n    hunter2\n    more\n"),
        *("password:\n  hunter2", "tokens:\n- hunter2\n- hunter3\n", "tokens:\n  - a\n"),
        *('{"passwords": ["hunter2", "hunter3"]}', "PWD={hunter;2}", "db_pw=hunter2"),
        *('[{"name":"DB_PASSWORD","value":"hunter2"}]', "- name: API_TOKEN\n  value: hunter2"),
        *('{"name": "SALT", "value": "x"}', '<add key="Password" value="hunter2"/>'),
        *("<password>hunter2</password>", "<db.password>hunter2</db.password>"),
        *("client-key-data: LS0t", f"OPENAI_KEY={MIXED[:30]}", "_auth=bWU6c2VjcmV0"),
        *("auths:\n  r:\n    auth: bWU6c2VjcmV0", "odbc_connect=UID%3Dme%3BPWD%3Dhunter2"),
        r'{"a":"{\"b\":\"{\\\"password\\\":\\\"hunter2\\\"}\"}"}',
    ],
    "a private key in Base64": ["LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1JSUV2UUlC"],
    "a URL with a password in Base64": ["url: cG9zdGdyZXM6Ly9tZTpodW50ZXIyeEBkYi94"],
    "a password for the registry in Base64": [
        "eyJhdXRocyI6IHsiciI6IHsiYXV0aCI6ICJiV1U2YzJWamNtVjAifX19"
    ],
    "a value that is named a secret in Base64": [
        "cGFzc3dvcmQ9aHVudGVyMg==",
        "cGFzc3dvcmQ9aHVudGVyMg",
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
        "a URL with a token": (f"https://{MIXED[7:47]}@example.com/a", MIXED[7:47]),
        "a URL with a key": (f"https://example.com/?code={MIXED[9:41]}", MIXED[9:41]),
        "a signature": (
            f"AWS4-HMAC-SHA256 Credential=x/y, Signature={'0f1e2d3c' * 8}",
            "0f1e2d3c" * 8,
        ),
        "the hash of a password": ("me:$apr1$salt$pl4ntedFQm4d7vJXoVqkq", "pl4ntedFQm4d7vJXoVqkq"),
        "a line of a password file": ("machine h login me password pl4nted-netrc", "pl4nted-netrc"),
        "a line of .pgpass": ("db.example.com:5432:langfuse:me:pl4nted-pgpass", "pl4nted-pgpass"),
        "a secret on standard input": (
            "echo pl4nted-stdin | docker login --password-stdin",
            "pl4nted-stdin",
        ),
        "a secret of Pulumi's": ("pulumi config set --secret a:b pl4nted-pulumi", "pl4nted-pulumi"),
        "a Fly token": (f"FlyV1 fm2_{MIXED[3:50]}", MIXED[3:50]),
        "a block in YAML": ("password: |\n  pl4nted block\n  pl4nted line\nother: 1", "nted line"),
        "a list in YAML": ("tokens:\n- pl4nted-one\n- pl4nted-item\nother: 1", "pl4nted-item"),
        "a list in JSON": ('{"tokens": ["pl4nted-a", "pl4nted-second"]}', "pl4nted-second"),
        "a pair in YAML": ("- name: API_TOKEN\n  value: pl4nted-pair", "pl4nted-pair"),
        "a pair in JSON": ('[{"name":"SALT","value":"pl4nted-tight"}]', "pl4nted-tight"),
        "an element of XML": ("<password>pl4nted-element</password>", "pl4nted-element"),
        "a percent-encoded URL": ("postgres%3A%2F%2Fme%3Apl4nted-pct%40db", "pl4nted-pct"),
        "a URL with a password in Base64": (
            "url: cG9zdGdyZXM6Ly9tZTpodW50ZXIyeEBkYi94",
            "cG9zdGdyZXM6Ly9tZTpodW50ZXIyeEBkYi94",
        ),
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
