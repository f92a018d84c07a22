"""What is shown: no secret comes through, and nothing that steers a terminal."""

from __future__ import annotations

import base64

import pytest

from tooling.kit.masking import Masker, clean, last_line, quote


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("at postgresql://u:pw@h:5432/d", "at postgresql://u:[secret]@h:5432/d"),
        ("postgresql://u:p@w:x@h/d", "postgresql://u:[secret]@h/d"),
        ("postgresql://u:p/w@h/d", "postgresql://u:[secret]@h/d"),
        ("redis://:pw@h", "redis://:[secret]@h"),
        ("https://host/path@x", "https://host/path@x"),
        ("PASSWORD=pw x", "PASSWORD=[secret] x"),
        ("NEXTAUTH_SECRET='a b' x", "NEXTAUTH_SECRET=[secret] x"),
        ("sslpassword=pw&sslmode=x", "sslpassword=[secret]&sslmode=x"),
        ('{"password": "a b", "user": "u"}', '{"password": [secret], "user": "u"}'),
        ("password: pw", "password: [secret]"),
        ("Authorization: Bearer abcdefgh.ij", "Authorization: Bearer [secret]"),
        ("key sk-lf-1234-5678 used", "key sk-lf-[secret] used"),
        ("key lsv2_sk_abc_def used", "key lsv2_sk_[secret] used"),
        ("AKIAIOSFODNN7EXAMPLE", "AKIAIOSF[secret]"),
        ("token eyJhbGciOiJIUzI1.abc.def", "token [secret]"),
    ],
)
def test_a_secret_is_masked(text: str, shown: str) -> None:
    assert clean(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "SecretSyncedError: could not get secret data from provider",
        "secretsmanager:GetSecretValue on resource: arn:aws:x",
        "couldn't find key DATABASE_URL in Secret observability/x",
        'serviceaccounts "token-reader" not found',
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert clean(text) == text


def test_nothing_steers_the_terminal() -> None:
    text = "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x07bell \u202eright\r\nnext"

    assert quote(text) == "red bell right next"


def test_a_long_text_is_cut_and_says_so() -> None:
    assert quote("a" * 401) == "a" * 399 + "…"
    assert quote("a" * 400) == "a" * 400


@pytest.mark.parametrize(
    ("log", "line"),
    [("", ""), ("\n \n", ""), ("one\ntwo\n\n", "two"), ("PASSWORD=x", "PASSWORD=[secret]")],
)
def test_the_last_line_that_says_something_is_taken(log: str, line: str) -> None:
    assert last_line(log) == line


def test_secrets_are_masked_plain_and_encoded_longest_first() -> None:
    masker = Masker()
    masker.learn(["open-sesame", "open-sesame-now", "abc"])
    encoded = base64.b64encode(b"open-sesame").decode()

    masked = masker.mask(f"open-sesame-now, open-sesame, {encoded}, abc")

    assert masked == "[secret], [secret], [secret], abc"


def test_a_name_stays_readable_when_a_secret_is_part_of_it() -> None:
    masker = Masker()
    masker.learn(["langfuse", "open-sesame"])
    masker.allow("langfuse-migration")

    assert masker.mask("langfuse-migration: open-sesame") == "langfuse-migration: [secret]"
