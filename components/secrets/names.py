"""Knows a secret by the name of its value, and values that are none whatever they are called.

Part of the one detector, ``components/secrets/forms.py``.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from difflib import get_close_matches
from functools import lru_cache
from itertools import pairwise
from typing import Final

_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[^A-Za-z0-9]+")

_STRONG: Final = frozenset(
    {
        *("password", "passwd", "pwd", "passphrase", "passcode", "passwords", "pass"),
        *("secret", "secrets", "token", "tokens", "salt", "pepper", "credential", "credentials"),
        *("apikey", "apikeys", "secretkey", "accesskey", "privatekey", "authkey", "authtoken"),
        *("dsn", "webhook", "webhooks", "bearer", "jwt", "authorization", "cookie", "pat"),
        *(
            "pw",
            "pswd",
            "creds",
            "cred",
            "psk",
            "pgpassword",
            "pgpass",
            "mysqlpwd",
            "redispass",
            "keystorepass",
            "htpasswd",
            "nextauth",
        ),
    }
)
_PAIRS: Final = frozenset(
    {
        *(
            "client key",
            "tls key",
            "ssl key",
            "api key",
            "private key",
            "encryption key",
            "access key",
            "secret key",
            "signing key",
        ),
        *("auth key", "account key", "shared key", "license key", "service key", "deploy key"),
        *("master key", "admin key", "host key", "storage key", "session key", "ssh key"),
        *("client secret", "connection string", "connection uri", "database url", "db url"),
        *("redis url", "mongo url", "broker url", "smtp url", "jdbc url", "pass word"),
        *("pass phrase", "auth string", "hmac key", "root key", "webhook url", "webhook uri"),
        *("smtp connection", "redis connection", "direct url"),
    }
)
_ALWAYS: Final = re.compile(
    r"(?i)(?:database|direct|shadow_database|webhook)_?(?:url|uri)$"
    r"|connection_?(?:string|url|uri)$|(?:^|[_.-])dsn$"
)
"""Names whose value has a password in it even if it ends like a reference."""
_ENDING: Final = re.compile(
    r"(?i)(?:password|passwd|passphrase|secret|token|apikey|secretkey|privatekey|credentials?)$"
)
"""Words that are written without a separator: ``PGPASSWORD``, ``rootpassword``."""

REFERENCES: Final = frozenset(
    {
        *("file", "files", "path", "dir", "name", "names", "url", "uri", "endpoint", "issuer"),
        *("ttl", "seconds", "minutes", "hours", "days", "length", "size", "limit", "limits"),
        *("count", "version", "ref", "arn", "id", "ids", "type", "policy", "enabled", "disabled"),
        *("expiry", "expiration", "expires", "lifetime", "age", "rotation", "algorithm", "format"),
        *("method", "provider", "audience", "prefix", "header", "field", "namespace", "store"),
        *("class", "mode", "required", "bucket", "region", "host", "port", "user", "username"),
        *("com", "net", "org", "io", "local", "internal"),
        *("error", "errors", "exception", "failed", "failure", "warning", "reason", "message"),
        *(
            "aud",
            "sub",
            "iss",
            "encryption",
            "command",
            "budget",
            "revision",
            "delivery",
            "kind",
            "selector",
            "env",
            "label",
        ),
    }
)
"""Last words of names whose value says where a secret is, or how, and is none."""
ELSEWHERE: Final = frozenset({"existing", "pull", "public", "publishable"})
"""Words with which a name is that of a reference, or of what everybody may know."""

_HARMLESS: Final = re.compile(
    r"(?is)\s*|true|false|yes|no|on|off|null|none|nil|undefined|disabled?|enabled?|required?"
    r"|optional|prefer|[-+]?\d[\d.,]{0,9}[a-z%]{0,2}|\*+|x{3,}"
    r"|\$\w+|\$\([\w.]+\)|\$\{[^}]*\}|\{\{[\s\S]*\}\}|%[sdv]|<[\w .-]*>|\[(?:secret|unknown)\]"
    r"|fileb?://\S+"
)
"""Values that are no secret, whatever they are called."""
_SPELT: Final = ("apikey", "credential", "key", "passphrase", "password", "secret", "token")
"""What a misspelt name of a secret resembles."""
_SHORTEST_RANDOM: Final = 16
_LEAST_ENTROPY: Final = 3.2
"""Bits for each character. Words of a language have less; 16 random hexadecimal digits have 3.2 or
more, nearly always."""


def words_of(name: str) -> list[str]:
    """The words of a name in small letters: ``clientSecret`` and ``CLIENT_SECRET`` have two."""
    return [word.lower() for word in _CAMEL.split(name) if word]


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Whether a variable, key or option of this name holds a secret.

    ``API_TOKEN``, ``clientSecret``, ``PGPASSWORD``, ``DATABASE_URL``; not ``TOKEN_LIMIT``,
    ``POSTGRES_PASSWORD_FILE``.
    """
    if _ALWAYS.search(name):
        return True
    words = words_of(name)
    if not words or words[-1] in REFERENCES or ELSEWHERE & {*words}:
        return False
    pairs = {f"{one} {other}" for one, other in pairwise(words)}
    return bool(_STRONG & {*words} or _PAIRS & pairs or _ENDING.search(words[-1]))


def is_address_name(name: str) -> bool:
    """Whether a name is that of a URL, which is a secret only if it holds a password."""
    words = words_of(name)
    return bool(words) and words[-1].endswith(("url", "uri")) and "webhook" not in words[-2:]


def may_be_secret_name(name: str) -> bool:
    """Whether a name is that of a secret, or one that is misspelt: ``pasword``, ``apiKye``."""
    words = [name.lower(), *words_of(name)]
    return (
        is_secret_name(name)
        or any(word in name.lower() for word in _SPELT)
        or any(get_close_matches(word, _SPELT) for word in words)
    )


def is_harmless(value: str) -> bool:
    """Whether a value is none to hide: a switch, a number, a reference to another variable."""
    return _HARMLESS.fullmatch(value) is not None


_VARIABLE: Final = re.compile(r"(?:[A-Z]{2,}|[A-Z]\d)(?:_(?:[A-Z]{2,}|[A-Z]\d))+")
"""The name of an environment variable: capital words, and such as ``S3``."""


def is_random(value: str) -> bool:
    """Whether a text looks like one that a generator made: long, mixed, without words."""
    if len(value) < _SHORTEST_RANDOM or not re.fullmatch(r"[\w+/=.~!@#$%^&*-]+", value):
        return False
    if value.startswith(("/", "arn:", "http")) or not re.search(r"\d", value):
        return False
    if _VARIABLE.fullmatch(value):
        return False
    counts = Counter(value)
    bits = -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values())
    return bits >= _LEAST_ENTROPY
