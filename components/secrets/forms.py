"""Recognises a secret by its form or by its name.

The one detector of this repository, with ``known_forms`` and ``names``: settings, render, diff,
doctor and the policy pack read it. It judges text that nothing has marked as secret. What it takes
for a secret may be none, and a secret without a form and without a telling name is not seen
(``tests/unit/secrets/test_secret_forms.py`` lists both). ``masking`` takes out what it finds.
"""

from __future__ import annotations

import base64
import binascii
import functools
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from components.secrets.known_forms import FORMS
from components.secrets.names import (
    ELSEWHERE,
    REFERENCES,
    is_address_name,
    is_harmless,
    is_random,
    is_secret_name,
    words_of,
)

_USUAL: Final = "etaoinsrlcdumpghfbyvkw.-:/_ 0123456789xjqz"
"""Characters of a text, most frequent first. Any other is rare."""


def _rarest(hint: str) -> str:
    return max(hint, key=lambda sign: _USUAL.find(sign) % 100)


_HINTS: Final = tuple((hint, index) for index, form in enumerate(FORMS) for hint in form.hints)
_BY_SIGN: Final = {
    sign: tuple((hint, index) for hint, index in _HINTS if _rarest(hint) == sign)
    for sign in {_rarest(hint) for hint, _ in _HINTS}
}
"""Hints by a character of each that few texts have: a text without it has no such hint."""

# One word of a command line or of a file; quotes hold it together, also those of a JSON document
# within another. A text that was cut has no second quote.
_VALUE: Final = re.compile(
    r"(?P<slash>\\{1,9})\"(?P<escaped>[^\"\n\\]{0,4000})(?:(?P=slash)\")?"
    r"|\"(?P<double>(?:[^\"\\\n]|\\.){0,4000})\"?|'(?P<single>[^'\n]{0,4000})'?"
    r"|(?P<list>\[[^\[\]{}:\n]{1,4000}\])|(?P<braced>\{[^{}:\n]{1,4000}\})"
    r"|(?P<reference>\$\([\w.]{1,80}\)|\$\{[^{}\n]{0,200}\}|\{\{[^{}\n]{0,200}\}\})"
    r"|(?P<bare>[^\s,;&\"'\[\](){\\][^\s,;&\"'\[\]()\\]{0,4000})[^\s;&\"']{0,4000}"
)
_OPTION: Final = re.compile(r"(?<![\w-])--?(?P<name>[A-Za-z][\w-]{1,80})(?P<sign>=|[ \t]{1,4})")
"""``--password hunter2``, ``--api-key=x``"""
_ASSIGNED: Final = re.compile(
    r"(?:(?<![\w.$@/-])|(?<=%3[Bb])|(?<=%26))(?P<name>[A-Za-z_][\w.-]{0,80})(?:\\{0,9}[\"'])?"
    r"[ \t]{0,4}(?P<sign>=>|:=|[:=]|%3[dD])[ \t]{0,4}(?:!{1,2}[\w/]{1,40}[ \t]{1,4})?"
)
"""``PGPASSWORD=x``, ``"apiKey": "x"``, ``password: x``, ``?token=x``, ``password: !!str x``"""
_PAIR: Final = re.compile(
    r"(?i)\b(?:name|key|variable|field|header)\\{0,9}[\"']?[ \t]{0,3}[:=][ \t]{0,4}\\{0,9}[\"']?"
    r"(?P<name>[A-Za-z_][\w.-]{0,80})\\{0,9}[\"']?,?(?:\s|\\{1,9}n){1,40}?\\{0,9}[\"']?value\\{0,9}[\"']?"
    r"[ \t]{0,3}(?P<sign>[:=])[ \t]{0,4}"
    r"|\b(?:name|key)\\{0,9}\"\s?:\s?\\{0,9}\"(?P<tight>[A-Za-z_][\w.-]{0,80})\\{0,9}\","
    r"\\{0,9}\"value\\{0,9}\"\s?:\s?"
)
"""``{"name": "API_TOKEN", "value": "x"}`` and its forms in YAML and XML"""
_ELEMENT: Final = re.compile(r"<(?P<name>[A-Za-z][\w.:-]{0,80})>(?P<value>[^<>\n]{1,4000})</")
_BLOCK: Final = re.compile(
    r"[ \t]{0,4}[|>]?[-+\d]{0,2}[ \t]{0,4}(?P<newline>\n|\\{1,9}n)(?P<indent>[ \t]*)(?P<item>- )?"
)
"""After ``password:`` at the end of a line: the lines below."""
_LONGEST_LINE: Final = 2000
_MAPPING: Final = re.compile(r"(?:- )?[\"']?[\w./-]+[\"']?:(?:\s|$)")
_SCHEME: Final = re.compile(
    r"(?i)(?:bearer|basic|token|digest|negotiate|apikey)[ \t]{1,4}(?P<secret>[^\s\"']{1,4000})"
)
"""What begins the value of ``Authorization``; the secret is the next word."""
_BASE64: Final = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/_-]{20,}={0,2}")
_VARIABLE: Final = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_KEY")
"""``OPENAI_KEY``: a key, if its value is random."""

_SIGN: Final = re.compile(r"[:=]|-\w|%3[dD]|</")
"""What is in each text that names a secret."""
_SENTENCE: Final = re.compile(r"[A-Za-z][a-z']*:?[ \t]+[\w'\"]")
"""After a colon and a space: ``Secret: could not be read`` says something of a secret."""
_STATE: Final = frozenset(
    {
        *("changed", "denied", "empty", "expired", "inherit", "invalid", "missing", "must", "not"),
        *("optional", "read", "required", "revoked", "rotated", "unauthorized", "unset", "write"),
    }
)
"""Words after a colon that say something of a secret."""
_ALWAYS_VALUE: Final = re.compile(r"(?i)(?:password|passwd|pwd|passphrase|token|api_?key)$")
"""Names after whose colon is a value, whatever follows, and whose value may be a number."""
_TRIED: Final = re.compile(
    r"(?i)\b(?:create|creating|fetch|fetching|get|getting|parse|parsing|read|reading|refresh"
    r"|request|requesting|retrieve|retrieving|validate|validating|verify|verifying)"
    r" (?:the |a |an |your )?(?:[\w-]+ )?$"
)
"""Before the name: ``failed to fetch token: serviceaccounts "a" not found`` says why."""
_NUMBER: Final = re.compile(r"\d{4,12}")
_NO_VALUE: Final = re.compile(r"[-{}|>.…]{1,3}")

_STANDARD: Final = str.maketrans("-_", "+/")
_READABLE: Final = re.compile(r"[\t\n\r -~]+")

_DIGEST: Final = re.compile(r"(?i)sha\d*|digest|checksum|hash|fingerprint|thumbprint|commit|etag")
_WEAK: Final = frozenset({"key", "keys", "auth", "code", "pin", "seed", "signature", "otp", "sig"})
_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]*://[\w.-]+(?::\d+)?(?:/[a-z_-]*)?")
"""A URL without a user, a password, parameters or anything random."""
_RANDOM_KEY: Final = re.compile(r"[0-9a-fA-F]{64}|[A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{86}==")


class _Named(NamedTuple):
    """A value that has the name of a secret, and where in a text it is."""

    kind: str
    name: str
    start: int
    end: int
    value: str
    """Without quotes."""
    is_prose: bool = False
    """Whether it says something of a secret, and is none."""


def form_of(text: str) -> str | None:
    """What kind of secret is in a text, with its article; None if none is known."""
    for index in _likely(text):
        if FORMS[index].pattern.search(text):
            return FORMS[index].name
    for named in _named(text):
        if not is_harmless(named.value):
            return named.kind
    for _, _, inside in _encoded(text):
        return f"{inside} in Base64"
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
    for named in _named(text):
        header = _SCHEME.match(text, named.start)
        if header is not None and named.name.lower().endswith("authorization"):
            if not is_harmless(header["secret"]):
                yield header.span("secret")
        elif not named.is_prose and not _is_address(named.name, named.value):
            yield named.start, named.end
    for start, end, _ in _encoded(text):
        yield start, end


def _likely(text: str) -> list[int]:
    lower = text.lower()
    signs = _BY_SIGN.keys() & {*lower}
    return sorted({index for sign in signs for hint, index in _BY_SIGN[sign] if hint in lower})


def _named(text: str) -> Iterator[_Named]:
    """Each value that a text gives the name of a secret.

    A value may hold further names, as in ``url=https://example.com?token=x``.
    """
    if not _SIGN.search(text):
        return
    yield from _options(text)
    yield from _assigned(text)
    if "value" in text.lower():
        for pair in _PAIR.finditer(text):
            if is_secret_name(pair["name"] or pair["tight"]):
                value = _VALUE.match(text, pair.end())
                if value is not None:
                    yield _of(
                        value, "a value that is named a secret", pair["name"] or pair["tight"]
                    )
    if "</" in text:
        for element in _ELEMENT.finditer(text):
            if is_secret_name(element["name"]):
                kind, (start, end) = "a value that is named a secret", element.span("value")
                prose = is_harmless(element["value"])
                yield _Named(kind, element["name"], start, end, element["value"], prose)


def _options(text: str) -> Iterator[_Named]:
    known = 0
    for option in _OPTION.finditer(text):
        # The option of `pulumi config set` that takes no value.
        bare = option["name"] == "secret" and "config set" in text[: option.start()]
        if option.start() >= known and not bare and is_secret_name(option["name"]):
            value = _VALUE.match(text, option.end())
            if value is not None:
                found = _of(value, "an option with a secret", option["name"])
                known = 0 if is_harmless(found.value) else found.end
                yield found


def _assigned(text: str) -> Iterator[_Named]:
    known = 0
    kind = "a value that is named a secret"
    for name in _ASSIGNED.finditer(text):
        if name.start() < known:  # part of a secret
            continue
        # arn:aws:secretsmanager:eu-central-1:123456789012:secret:name
        after = text[name.end("sign") : name.end("sign") + 1]
        in_path = (
            name["sign"] == ":"
            and text[name.start() - 1 : name.start()] == ":"
            and not after.isspace()
        )
        if in_path:
            continue
        if is_secret_name(name["name"]):
            block = _block(text, name)
            value = _VALUE.match(text, name.end())
            if block is not None:
                yield _Named(kind, name["name"], *block, text[slice(*block)])
                known = block[1]
            elif value is not None:
                found = _of(value, kind, name["name"])
                known = 0 if is_harmless(found.value) else found.end
                yield found._replace(is_prose=_is_prose(name, found))
        elif _is_weak(name["name"]):
            value = _VALUE.match(text, name.end())
            if value is not None and _is_key(name, _unquoted(value)):
                yield _of(value, kind, name["name"])


def _of(value: re.Match[str], kind: str, name: str) -> _Named:
    text = _unquoted(value)
    known = _ALWAYS_VALUE.search(name) and _NUMBER.fullmatch(text)
    return _Named(kind, name, *value.span(), text, is_prose=is_harmless(text) and not known)


def _unquoted(value: re.Match[str]) -> str:
    groups = value.groupdict()
    if bare := groups["bare"]:
        return bare if "{" in bare else bare.rstrip("}")
    quoted = map(groups.get, ("escaped", "double", "single", "list", "braced", "reference"))
    return next(filter(None, quoted), "")


def _block(text: str, name: re.Match[str]) -> tuple[int, int] | None:
    """Where the lines are that a name in YAML has as its value, or the items of its list."""
    start = _BLOCK.match(text, name.end("sign")) if name["sign"] == ":" else None
    if start is None:
        return None
    newline, first = start["newline"], start.end("indent")
    begin = text.rfind(newline, max(0, name.start() - _LONGEST_LINE), name.start())
    line = text[max(0, begin) : name.start()].removeprefix(newline)
    in_json = newline != "\n"
    outer, inner = _depth(line.rpartition('"')[2] if in_json else line), len(start["indent"])
    if inner < outer or (inner == outer and not start["item"]):
        return None
    end = at = first
    while at < len(text):
        stop = text.find(newline, at)
        below = text[at : stop if stop >= 0 else len(text)]
        shown, quote, _ = below.partition('"') if in_json else (below, "", "")
        content = shown.strip()
        ends = _depth(shown) < inner or (start["item"] and not content.startswith("- "))
        if content and at > first and ends:
            break
        if _MAPPING.match(content):
            return None
        end = at + len(shown.rstrip()) if content else end
        if quote or stop < 0:
            break
        at = stop + len(newline)
    return (first, end) if end > first else None


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _is_weak(name: str) -> bool:
    return _VARIABLE.fullmatch(name) is not None or name.lower().lstrip("_") == "auth"


def _is_key(name: re.Match[str], value: str) -> bool:
    """Whether a value is a key that has the name of many things."""
    if _VARIABLE.fullmatch(name["name"]):
        return not ELSEWHERE & {*words_of(name["name"])} and is_random(value)
    return ":" in (decoded(value) or "")


def _is_prose(name: re.Match[str], found: _Named) -> bool:
    """Whether what follows a secret's name is not its value."""
    if found.is_prose or _NO_VALUE.fullmatch(found.value):
        return True
    if name["sign"] != ":" or name.string[name.end("sign")] not in " \t":
        return False
    # The name of a variable that is read elsewhere, in an ExternalSecret.
    if found.value.isupper() and "_" in found.value and is_secret_name(found.value):
        return True
    if found.value.lower() in _STATE:
        return True
    if _SENTENCE.match(name.string, found.start) is None:
        return False
    tried = _TRIED.search(name.string[max(0, name.start() - 60) : name.start()])
    return _ALWAYS_VALUE.search(name["name"]) is None or tried is not None


def _is_address(name: str, value: str) -> bool:
    return is_address_name(name) and _ADDRESS.fullmatch(value) is not None


def _encoded(text: str) -> Iterator[tuple[int, int, str]]:
    """Where a text has a secret in Base64, from and to, and what kind it is."""
    for found in _BASE64.finditer(text):
        inside = _started(found.group())
        kind = form_of(inside) if inside else None
        if kind is not None:
            yield *found.span(), kind


def _started(text: str) -> str:
    """What a text in Base64 says, which may be cut; "" if it is no text."""
    text = text.rstrip("=").translate(_STANDARD)
    try:
        head = base64.b64decode(text[:20]).decode("ascii")
        if not _READABLE.fullmatch(head):
            return ""
        return base64.b64decode(text[: len(text) // 4 * 4] + _rest(text)).decode(errors="replace")
    except (binascii.Error, ValueError):
        return ""


def _rest(text: str) -> str:
    """The last, shorter group of a text in Base64, filled up; one sign alone is none."""
    rest = text[len(text) // 4 * 4 :]
    return rest + "=" * (4 - len(rest)) if len(rest) > 1 else ""


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
    if name and is_secret_name(name) and not _is_address(name, value):
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
