"""Recognises a secret by its form or by its name.

The one detector of this repository, with ``names``: settings, render, diff, doctor and the policy
pack read it. It judges text that nothing has marked as secret. What it takes for a secret may be
none, and a secret without a form and without a telling name is not seen
(``tests/unit/secrets/test_secret_forms.py`` lists both). ``masking`` takes out what it finds.
"""

from __future__ import annotations

import base64
import binascii
import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from components.secrets.names import (
    ELSEWHERE,
    REFERENCES,
    is_address_name,
    is_harmless,
    is_random,
    is_secret_name,
    words_of,
)


@dataclass(frozen=True)
class Form:
    """How one kind of secret looks."""

    name: str
    """With its article: ``an AWS access key``."""
    hints: tuple[str, ...]
    """A text without any of them, in lower case, has no such secret: most are told apart by these,
    so that a large text is not searched for each pattern."""
    pattern: re.Pattern[str]
    """The group ``secret`` is what must not be shown; what it begins with may be, if it is
    the group ``shown``: it tells keys apart."""


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
            r"(?:[\s\S]{0,20000}?-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
            # cut off: the lines of the key that are there
            r"|(?:(?:\s|\\{1,4}[nr])[\s+~|>-]{0,20}(?:[A-Za-z0-9+/=]{40,}"
            r"|(?:[\w-]{4,20}: [\w,-]+|[A-Za-z0-9+/=]+)(?=[ \t]*(?:\n|\r|\\|[\"',]|$))))*))"
        ),
    ),
    _token("a private key", "age-secret-key-", r"AGE-SECRET-KEY-1[A-Z0-9]{20,}"),
    Form(
        "a URL with a password",
        ("://",),
        # Up to the last @ of the word: a password may hold one, and a slash. A port has none.
        re.compile(
            rf"://[^\s:/@'\"]{{0,200}}:(?!{_PLACEHOLDER}|\d{{1,5}}[/,])"
            r"(?P<secret>[^\s'\"]{1,400})@"
        ),
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
        r"(?P<shown>(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{4})[A-Z0-9]{12}(?![A-Za-z0-9])",
    ),
    _token("a Langfuse secret key", "sk-lf-", r"(?P<shown>sk-lf-)[\w-]+"),
    _token("a LangSmith key", "lsv2_ ls__", r"(?P<shown>lsv2_(?:sk|pt)_|ls__)\w{6,}"),
    _token("an Anthropic key", "sk-ant-", r"sk-ant-[\w-]{8,}"),
    _token(
        "an OpenAI key", "sk-", r"sk-(?!lf-|ant-)(?:proj-|svcacct-|admin-|None-)?[A-Za-z0-9_-]{20,}"
    ),
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
    _token("a JSON Web Token", "eyj", r"eyJ[\w-]{8,}\.[\w-]{2,}\.[\w-]*"),
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
        ('"auth"', "auth\\"),
        re.compile(r'"auth\\{0,3}"\s{0,4}:\s{0,4}\\{0,3}"(?P<secret>[\w+/=]{8,})\\{0,3}"'),
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

# One word of a command line or of a file; quotes hold it together, also those of a JSON document
# within another. A text that was cut has no second quote.
_VALUE: Final = re.compile(
    r"(?P<slash>\\{1,3})\"(?P<escaped>[^\"\n\\]{0,4000})(?:(?P=slash)\")?"
    r"|\"(?P<double>(?:[^\"\\\n]|\\.){0,4000})\"?|'(?P<single>[^'\n]{0,4000})'?"
    r"|(?P<bare>[^\s,;&\"'\[\]()\\]{1,4000})[^\s;&\"']{0,4000}"
)
_OPTION: Final = re.compile(r"(?<![\w-])--?(?P<name>[A-Za-z][\w-]{1,80})(?P<sign>=|[ \t]{1,4})")
"""``--password hunter2``, ``--api-key=x``"""
_ASSIGNED: Final = re.compile(
    r"(?<![\w.$@/-])(?P<name>[A-Za-z_][\w.-]{0,80})(?:\\{0,3}[\"'])?"
    r"[ \t]{0,4}(?P<sign>[:=])[ \t]{0,4}"
)
"""``PGPASSWORD=x``, ``"apiKey": "x"``, ``password: x``, ``?token=x``"""
_SCHEME: Final = re.compile(
    r"(?i)(?:bearer|basic|token|digest|negotiate|apikey)[ \t]{1,4}(?P<secret>[^\s\"']{1,4000})"
)
"""What begins the value of ``Authorization``; the secret is the next word."""

_SIGN: Final = re.compile(r"[:=]|-\w")
"""What is in each text that names a secret."""
_NAMED: Final = (
    (_OPTION, "an option with a secret"),
    (_ASSIGNED, "a value that is named a secret"),
)
_SENTENCE: Final = re.compile(r"[A-Za-z][a-z']*:?[ \t]+[\w'\"]")
"""After a colon and a space: ``Secret: could not be read`` says something of a secret."""
_ALWAYS_VALUE: Final = re.compile(r"(?i)(?:password|passwd|pwd|passphrase|token|api_?key)$")
"""Names after whose colon is a value, whatever follows, and whose value may be a number."""
_NUMBER: Final = re.compile(r"\d{4,12}")
_NO_VALUE: Final = re.compile(r"[-{}|>.…]{1,3}")

_DIGEST: Final = re.compile(r"(?i)sha\d*|digest|checksum|hash|fingerprint|thumbprint|commit|etag")
_WEAK: Final = frozenset({"key", "keys", "auth", "code", "pin", "seed", "signature", "otp", "sig"})
_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]*://[\w.-]+(?::\d+)?(?:/[a-z_-]*)?")
"""A URL without a user, a password, parameters or anything random."""
_RANDOM_KEY: Final = re.compile(r"[0-9a-fA-F]{64}|[A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{86}==")


def form_of(text: str) -> str | None:
    """What kind of secret is in a text, with its article; None if none is known."""
    for index in _likely(text):
        if FORMS[index].pattern.search(text):
            return FORMS[index].name
    for kind, _, value in _named(text):
        if not is_harmless(_unquoted(value)):
            return kind
    return None


def spans(text: str) -> Iterator[tuple[int, int]]:
    """Where in a text secrets are, from and to; they may overlap.

    More than ``form_of`` tells: a number after ``password=`` is one here. Less too: in prose, what
    follows ``Secret:`` is none.
    """
    for index in _likely(text):
        for found in FORMS[index].pattern.finditer(text):
            start, end = found.span("secret")
            yield (found.end("shown") if "shown" in found.groupdict() else start), end
    for _, name, value in _named(text):
        header = _SCHEME.match(text, value.start())
        if header is not None and name["name"].lower().endswith("authorization"):
            yield header.span("secret")
        elif not _is_prose(name, value):
            yield value.span()


def _likely(text: str) -> list[int]:
    lower = text.lower()
    return sorted({index for hint, index in _HINTS if hint in lower})


def _named(text: str) -> Iterator[tuple[str, re.Match[str], re.Match[str]]]:
    """What kind, which name, which value: of each secret that a text names.

    A value may hold further names, as in ``url=https://example.com?token=x``.
    """
    for pattern, kind in _NAMED if _SIGN.search(text) else ():
        known = 0
        for name in pattern.finditer(text):
            if name.start() < known:  # part of a secret
                continue
            # arn:aws:secretsmanager:eu-central-1:123456789012:secret:name
            in_path = name["sign"] == ":" and text[name.start() - 1 : name.start()] == ":"
            if not in_path and is_secret_name(name["name"]):
                value = _VALUE.match(text, name.end())
                if value is not None:
                    known = 0 if is_harmless(_unquoted(value)) else value.end()
                    yield kind, name, value


def _unquoted(value: re.Match[str]) -> str:
    groups = value.groupdict()
    return next(filter(None, map(groups.get, ("escaped", "double", "single", "bare"))), "")


def _is_prose(name: re.Match[str], value: re.Match[str]) -> bool:
    """Whether what follows a secret's name is not its value."""
    text, is_value = _unquoted(value), _ALWAYS_VALUE.search(name["name"]) is not None
    if _NO_VALUE.fullmatch(text) or (
        is_harmless(text) and not (is_value and _NUMBER.fullmatch(text))
    ):
        return True
    after_colon = name["sign"] == ":" and name.string[name.end("sign")] in " \t"
    return not is_value and after_colon and _SENTENCE.match(name.string, value.start()) is not None


@functools.lru_cache(maxsize=1 << 14)
def secret_in(name: str, value: str) -> str | None:
    """Why the value of ``name`` is a secret, as the end of a sentence about it; None if it is none.

    ``holds an AWS access key``, ``is called like a secret``. A ``name`` of "" says nothing.
    """
    if is_harmless(value):
        return None
    form = form_of(value)
    if form is not None:
        return f"holds {form}"
    if name and is_secret_name(name) and not (is_address_name(name) and _ADDRESS.fullmatch(value)):
        return "is called like a secret"
    words = {*words_of(name)}
    if _WEAK & words and not (REFERENCES | ELSEWHERE) & words and is_random(value):
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
