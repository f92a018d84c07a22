"""Recognises a secret by its form or by its name.

The one detector of this repository: settings, render, diff, doctor and the policy pack read it. It
judges text that nothing has marked as secret. What it takes for a secret may be none, and a secret
without a form and without a telling name is not seen (``tests/unit/secrets/test_secret_forms.py``
lists both).
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final


@dataclass(frozen=True)
class Form:
    """How one kind of secret looks."""

    name: str
    """With its article: ``an AWS access key``."""
    hints: tuple[str, ...]
    """A text without any of them, in lower case, has no such secret: most are told apart by these,
    so that a large text is not searched for each pattern."""
    pattern: re.Pattern[str]
    """The group ``secret`` is what must not be shown."""


def _token(name: str, hints: str, pattern: str) -> Form:
    """A secret that is recognised by its first characters, wherever it is in a text."""
    compiled = re.compile(rf"(?<![A-Za-z0-9])(?P<secret>{pattern})")
    return Form(name, tuple(hints.split()), compiled)


# In place of a value: $VAR, $(VAR), ${VAR}, {{ value }}, %s, <password>, [secret], ****.
_PLACEHOLDER: Final = r"(?:\$[A-Za-z_({]|\{\{|%[sdv(]|<|\[secret\]|\*{3})"

FORMS: Final[tuple[Form, ...]] = (
    Form(
        "a private key",
        ("private key",),
        re.compile(
            r"(?P<secret>-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
            r"(?:[\s\S]{0,20000}?-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?)"
        ),
    ),
    _token("a private key", "age-secret-key-", r"AGE-SECRET-KEY-1[A-Z0-9]{20,}"),
    Form(
        "a URL with a password",
        ("://",),
        # Up to the last @ before the path: a password may hold one.
        re.compile(rf"://[^\s:/@'\"]{{0,200}}:(?!{_PLACEHOLDER})(?P<secret>[^\s/'\"]{{1,400}})@"),
    ),
    Form(
        "a webhook's URL",
        ("https://",),
        re.compile(
            r"(?i)https://(?:hooks\.slack(?:-gov)?\.com/(?:services|workflows|triggers)/"
            r"|(?:ptb\.|canary\.)?discord(?:app)?\.com/api/(?:v\d+/)?webhooks/"
            r"|[\w.-]+\.webhook\.office\.com/webhookb2/"
            r"|outlook\.office(?:365)?\.com/webhook/"
            r"|[\w.-]+\.logic\.azure\.com(?::443)?/workflows/"
            r"|chat\.googleapis\.com/v1/spaces/"
            r"|events\.pagerduty\.com/integration/"
            r"|api\.telegram\.org/bot)(?P<secret>[^\s'\"]{8,})"
        ),
    ),
    _token(
        "an AWS access key",
        "akia asia abia acca",
        r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])",
    ),
    _token("a Langfuse secret key", "sk-lf-", r"sk-lf-[\w-]{8,}"),
    _token("a LangSmith key", "lsv2_ ls__", r"(?:lsv2_(?:sk|pt)_|ls__)\w{8,}"),
    _token("an Anthropic key", "sk-ant-", r"sk-ant-[\w-]{8,}"),
    _token("an OpenAI key", "sk-", r"sk-(?:proj-|svcacct-|admin-|None-)?[A-Za-z0-9_-]{20,}"),
    _token(
        "a GitHub token",
        "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
        r"(?:gh[pousr]_\w{16,}|github_pat_\w{16,})",
    ),
    _token(
        "a GitLab token",
        "glpat- gldt- glrt- glptt- glcbt- gloas- glsoat- glft- glagent-",
        r"gl(?:pat|dt|rt|ptt|cbt|oas|soat|ft|agent)-[\w.-]{16,}",
    ),
    _token(
        "a Slack token",
        "xox xapp-",
        r"(?:xox[abceprs](?:\.xox[bp])?-[\w-]{10,}|xapp-\d-[\w-]{10,})",
    ),
    _token("a Google API key", "aiza", r"AIza[\w-]{35}"),
    _token("a Google token", "ya29. gocspx-", r"(?:ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,})"),
    _token("a Stripe key", "sk_ rk_ whsec_", r"(?:[sr]k_(?:live|test)_\w{10,}|whsec_[\w+/=]{20,})"),
    _token("an npm token", "npm_", r"npm_\w{30,}"),
    _token("a PyPI token", "pypi-", r"pypi-[\w-]{30,}"),
    _token("a Docker token", "dckr_", r"dckr_(?:pat|oat)_[\w-]{20,}"),
    _token("a Hugging Face token", "hf_", r"hf_[A-Za-z0-9]{20,}"),
    _token("a Pulumi token", "pul-", r"pul-[0-9a-f]{30,}"),
    _token("a Terraform token", ".atlasv1.", r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{40,}"),
    _token("a Vault token", "hvs. hvb. hvr.", r"hv[sbr]\.[\w-]{20,}"),
    _token("a Grafana token", "glsa_ glc_", r"gl(?:sa|c)_[\w+/=]{20,}"),
    _token("a Databricks token", "dapi", r"dapi[0-9a-f]{32}"),
    _token("a DigitalOcean token", "_v1_", r"do[opr]_v1_[0-9a-f]{40,}"),
    _token("a SendGrid key", "sg.", r"SG\.[\w-]{16,}\.[\w-]{16,}"),
    _token("a Mailgun key", "key-", r"key-[0-9a-f]{32}"),
    _token("a Twilio key", "sk", r"SK[0-9a-f]{32}"),
    _token("a Telegram token", ":aa", r"\d{8,10}:AA[\w-]{30,}"),
    _token("a Shopify token", "shp", r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{30,}"),
    _token("a Linear key", "lin_", r"lin_(?:api|oauth)_\w{20,}"),
    _token("an Atlassian token", "atatt3", r"ATATT3[\w=-]{30,}"),
    _token("a New Relic key", "nrak-", r"NRAK-[A-Z0-9]{20,}"),
    _token("a JSON Web Token", "eyj", r"eyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*"),
    Form(
        "an authorization header",
        ("bearer", "basic"),
        re.compile(
            rf"(?i)\b(?:bearer|basic)\s{{1,4}}(?!{_PLACEHOLDER})"
            r"(?P<secret>(?=[\w+/=.~-]{0,200}[\d+/=])[\w+/=.~-]{8,})"
        ),
    ),
    Form(
        "an account key",
        ("accountkey=", "sharedaccesskey="),
        re.compile(r"(?i)\b(?:AccountKey|SharedAccessKey)=(?P<secret>[\w+/=]{16,})"),
    ),
    Form("a shared access signature", ("sig=",), re.compile(r"[?&]sig=(?P<secret>[\w%+/=]{16,})")),
    Form(
        "a presigned URL",
        ("-signature=",),
        re.compile(r"(?i)[?&]X-(?:Amz|Goog)-Signature=(?P<secret>[0-9a-f]{32,})"),
    ),
    Form(
        "a password for the registry",
        ('"auth"',),
        re.compile(r'"auth"\s{0,4}:\s{0,4}"(?P<secret>[\w+/=]{8,})"'),
    ),
    Form(
        "an SQL statement with a password",
        ("password", "identified"),
        re.compile(
            rf"(?i)\b(?:password|identified by)\s{{1,4}}'(?!{_PLACEHOLDER})(?P<secret>[^']+)'"
        ),
    ),
    Form(
        "a user with a password",
        ("-u", "-a", "-p", "--user"),
        # curl -u user:password, and the options of redis-cli and mysql
        re.compile(
            rf"(?:^|\s)(?:(?:-u|--user)[= ]\s{{0,4}}['\"]?[^\s:'\"]{{1,100}}:"
            rf"|redis-cli\s(?:[^\n]{{0,100}}\s)?-a\s{{1,4}}|mysql\s(?:[^\n]{{0,100}}\s)?-p)"
            rf"(?!{_PLACEHOLDER})(?P<secret>[^\s'\"]+)"
        ),
    ),
)
"""Every form that is known, the special ones before the general ones."""

_HINTS: Final = tuple((hint, index) for index, form in enumerate(FORMS) for hint in form.hints)

# One word of a command line or of a file; quotes hold it together.
_VALUE: Final = (
    r"(?:\"(?P<double>[^\"\n]{0,4000})\"|'(?P<single>[^'\n]{0,4000})'"
    r"|(?P<bare>[^\s,;&\"'\[\]()]{1,4000}))"
)
_OPTION: Final = re.compile(
    rf"(?<![\w-])--?(?P<name>[A-Za-z][\w-]{{1,80}})(?:=|[ \t]{{1,4}}){_VALUE}"
)
"""``--password hunter2``, ``--api-key=x``"""
_ASSIGNED: Final = re.compile(
    rf"(?<![\w.$@/-])(?P<name>[A-Za-z_][\w.-]{{0,80}})[\"']?[ \t]{{0,4}}[:=][ \t]{{0,4}}{_VALUE}"
)
"""``PGPASSWORD=x``, ``"apiKey": "x"``, ``password: x``, ``?token=x``"""

_SIGN: Final = re.compile(r"[:=]|-\w")
"""What is in each text that names a secret."""
_NAMED: Final = (
    (_OPTION, "an option with a secret"),
    (_ASSIGNED, "a value that is named a secret"),
)

_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+")

_STRONG: Final = frozenset(
    {
        *("password", "passwd", "pwd", "passphrase", "passcode", "passwords", "pass"),
        *("secret", "secrets", "token", "tokens", "salt", "pepper", "credential", "credentials"),
        *("apikey", "apikeys", "secretkey", "accesskey", "privatekey", "authkey", "authtoken"),
        *("dsn", "webhook", "webhooks", "bearer", "jwt", "authorization", "cookie", "pat"),
        *("pgpassword", "pgpass", "mysqlpwd", "redispass", "keystorepass", "htpasswd", "nextauth"),
    }
)
_PAIRS: Final = frozenset(
    {
        *("api key", "private key", "encryption key", "access key", "secret key", "signing key"),
        *("auth key", "account key", "shared key", "license key", "service key", "deploy key"),
        *("master key", "admin key", "host key", "storage key", "session key", "ssh key"),
        *("client secret", "connection string", "connection uri", "database url", "db url"),
        *("redis url", "mongo url", "broker url", "smtp url", "jdbc url", "pass word"),
        *("pass phrase", "auth string", "hmac key", "root key", "webhook url", "webhook uri"),
        *("smtp connection", "redis connection", "clickhouse migration", "direct url"),
    }
)
_ALWAYS: Final = re.compile(
    r"(?i)(?:database|direct|shadow_database|webhook|clickhouse_migration)_?(?:url|uri)$"
    r"|connection_?(?:string|url|uri)$|(?:^|[_.-])dsn$"
)
"""Names whose value has a password in it even if it ends like a reference."""
_ENDING: Final = re.compile(
    r"(?i)(?:password|passwd|passphrase|secret|token|apikey|secretkey|privatekey|credentials?)$"
)
"""Words that are written without a separator: ``PGPASSWORD``, ``rootpassword``."""

_REFERENCES: Final = frozenset(
    {
        *("file", "files", "path", "dir", "name", "names", "url", "uri", "endpoint", "issuer"),
        *("ttl", "seconds", "minutes", "hours", "days", "length", "size", "limit", "limits"),
        *("count", "version", "ref", "arn", "id", "ids", "type", "policy", "enabled", "disabled"),
        *("expiry", "expiration", "expires", "lifetime", "age", "rotation", "algorithm", "format"),
        *("method", "provider", "audience", "prefix", "header", "field", "namespace", "store"),
        *("class", "mode", "required", "bucket", "region", "host", "port", "user", "username"),
        *("com", "net", "org", "io", "local", "internal"),
        *("command", "budget", "revision", "delivery", "kind", "selector", "env", "label"),
    }
)
"""Last words of names whose value says where a secret is, or how, and is none."""
_ELSEWHERE: Final = frozenset({"existing", "pull", "public", "publishable"})
"""Words with which a name is that of a reference, or of what everybody may know."""

_HARMLESS: Final = re.compile(
    r"(?is)\s*|true|false|yes|no|on|off|null|none|nil|undefined|disabled?|enabled?|required?"
    r"|optional|prefer|[-+]?\d[\d.,]{0,9}[a-z%]{0,2}|\*+|x{3,}"
    r"|\$\w+|\$\([\w.]+\)|\$\{[^}]*\}|\{\{[\s\S]*\}\}|%[sdv]|<[\w .-]*>|\[(?:secret|unknown)\]"
)
"""Values that are no secret, whatever they are called."""
_DIGEST: Final = re.compile(r"(?i)sha\d*|digest|checksum|hash|fingerprint|thumbprint|commit|etag")
_WEAK: Final = frozenset({"key", "keys", "auth", "code", "pin", "seed", "signature", "otp", "sig"})
_RANDOM_KEY: Final = re.compile(r"[0-9a-fA-F]{64}|[A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{86}==")
_SHORTEST_RANDOM: Final = 16
_LEAST_ENTROPY: Final = 3.2
"""Bits for each character. Words of a language have less; 16 random hexadecimal digits have 3.2 or
more, nearly always."""


def form_of(text: str) -> str | None:
    """What kind of secret is in a text, with its article; None if none is known."""
    lower = text.lower()
    likely = {index for hint, index in _HINTS if hint in lower}
    for index in sorted(likely):
        if FORMS[index].pattern.search(text):
            return FORMS[index].name
    for pattern, name in _NAMED if _SIGN.search(text) else ():
        for found in pattern.finditer(text):
            value = found["double"] or found["single"] or found["bare"] or ""
            if is_secret_name(found["name"]) and not is_harmless(value):
                return name
    return None


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Whether a variable, key or option of this name holds a secret.

    ``API_TOKEN``, ``clientSecret``, ``PGPASSWORD``, ``DATABASE_URL``; not ``TOKEN_LIMIT``,
    ``POSTGRES_PASSWORD_FILE``.
    """
    if _ALWAYS.search(name):
        return True
    words = [word.lower() for word in _CAMEL.split(name) if word]
    if not words or words[-1] in _REFERENCES or _ELSEWHERE & {*words}:
        return False
    pairs = {f"{one} {other}" for one, other in pairwise(words)}
    return bool(_STRONG & {*words} or _PAIRS & pairs or _ENDING.search(words[-1]))


def is_harmless(value: str) -> bool:
    """Whether a value is none to hide: a switch, a number, a reference to another variable."""
    return _HARMLESS.fullmatch(value) is not None


def is_random(value: str) -> bool:
    """Whether a text looks like one that a generator made: long, mixed, without words."""
    if len(value) < _SHORTEST_RANDOM or not re.fullmatch(r"[\w+/=.~!@#$%^&*-]+", value):
        return False
    if value.startswith(("/", "arn:", "http")) or not re.search(r"\d", value):
        return False
    counts = Counter(value)
    bits = -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values())
    return bits >= _LEAST_ENTROPY


def secret_in(name: str, value: str) -> str | None:
    """Why the value of ``name`` is a secret, as the end of a sentence about it; None if it is none.

    ``holds an AWS access key``, ``is called like a secret``. A ``name`` of "" says nothing.
    """
    if is_harmless(value):
        return None
    form = form_of(value)
    if form is not None:
        return f"holds {form}"
    if name and is_secret_name(name):
        return "is called like a secret"
    words = {word.lower() for word in _CAMEL.split(name) if word}
    if _WEAK & words and not (_REFERENCES | _ELSEWHERE) & words and is_random(value):
        return "is called like a key and looks random"
    if _RANDOM_KEY.fullmatch(value) and not _DIGEST.search(name):
        return "is a key of 256 bits or more"
    return None


def decoded(text: str) -> str | None:
    """The text that ``text`` is the Base64 form of; None if it is not."""
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return None
