"""What is put in place of a secret, and what stays around it."""

from __future__ import annotations

import time

import pytest

from components.secrets.masking import masked, masked_lines, masked_tree, masked_value
from components.secrets.names import may_be_secret_name

KEY = f"-----BEGIN PRIVATE KEY-----\n{'Ab1+' * 16}\nMIIE\n-----END PRIVATE KEY-----\n"
TOKEN = f"ghp_{'a1' * 18}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("nothing", "nothing"),
        ("", ""),
        (f"{TOKEN} and {TOKEN}", "[secret] and [secret]"),
        # One within another, and one beside another.
        (f"PASSWORD={TOKEN} x", "PASSWORD=[secret] x"),
        (f"https://me:{TOKEN}@h", "https://me:[secret]@h"),
        (f"PASSWORD='a {TOKEN} b' x", "PASSWORD=[secret] x"),
        ("postgres://me:a/b@db/x", "postgres://me:[secret]@db/x"),
        ("https://host:443/a@b", "https://host:443/a@b"),
        ("config: PGPASSWORD=a,b psql", "config: PGPASSWORD=[secret] psql"),
        ("url=https://h/?a=1&token=b9c&d=2", "url=https://h/?a=1&token=[secret]&d=2"),
        (r"{\"password\": \"a b\", \"c\": 1}", r"{\"password\": [secret], \"c\": 1}"),
        (r'{"password": "a \" b", "c": 1}', '{"password": [secret], "c": 1}'),
        ("password='a b", "password=[secret]"),
        ("Authorization: token abcd1 x", "Authorization: token [secret] x"),
        ("authorization: abcd1", "authorization: [secret]"),
        ("PASSWORD=12345678", "PASSWORD=[secret]"),
        ("SECRET=true", "SECRET=true"),
        ("tokens: 500", "tokens: 500"),
        ("secrets: {", "secrets: {"),
        ("secret: hunter", "secret: [secret]"),
        ("password: could not", "password: [secret] not"),
        ("SomeSecret: could not be read", "SomeSecret: could not be read"),
        (
            "get credentials: exec: aws not found",
            "get credentials: exec: aws not found",
        ),
        ("arn:aws:secretsmanager:a:1:secret:b-c", "arn:aws:secretsmanager:a:1:secret:b-c"),
        ("PASSWORD=[secret]", "PASSWORD=[secret]"),
        ("a:\n  password: |\n    one\n    two\nb: c", "a:\n  password: |\n    [secret]\nb: c"),
        ("tokens:\n- one\n- two\nb: c", "tokens:\n[secret]\nb: c"),
        ("password:\n  one\n\n  two\n\nend", "password:\n  [secret]\n\nend"),
        ("password:\nb: c", "password:\nb: c"),
        ("password: |", "password: |"),
        ("a:password: b", "a:password: [secret]"),
        ("a:password:\n  b", "a:password:\n  [secret]"),
        ("a:password:b", "a:password:b"),
        ("the password:\nnext line", "the password:\nnext line"),
        ("secrets:\n  delivery: kubernetes", "secrets:\n  delivery: kubernetes"),
        ('{"tokens": ["a", "b"], "c": 1}', '{"tokens": [secret], "c": 1}'),
        (
            r'{"a": "b:\n  password: |\n    one\n    two\nc: d", "e": 1}',
            r'{"a": "b:\n  password: |\n    [secret]\nc: d", "e": 1}',
        ),
        (r'{"a": "tokens:\n- one\n- two", "e": 1}', r'{"a": "tokens:\n[secret]", "e": 1}'),
        (r'"- name: SALT\n  value: a", 1', r'"- name: SALT\n  value: [secret]", 1'),
        ("PWD={a;b};x", "PWD=[secret];x"),
        ("<password>a b</password>", "<password>[secret]</password>"),
        (
            "<password></password><secret>true</secret>",
            "<password></password><secret>true</secret>",
        ),
        ("- name: SALT\n  value: a", "- name: SALT\n  value: [secret]"),
        ("- name: HOST\n  value: a", "- name: HOST\n  value: a"),
        ("data: LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1JSUV2UUlC x", "data: [secret] x"),
        ("a%3BPWD%3Dhunter2%26b", "a%3BPWD%3D[secret]"),
        # What says something of a secret.
        ("token: expired", "token: expired"),
        ("id-token: write", "id-token: write"),
        ("secretKey: NEXTAUTH_SECRET", "secretKey: NEXTAUTH_SECRET"),
        ("password: NEXTAUTHSECRET", "password: [secret]"),
        (
            'failed to fetch token: serviceaccounts "a" not found',
            'failed to fetch token: serviceaccounts "a" not found',
        ),
        ("failed to fetch token: abc", "failed to fetch token: [secret]"),
        ("DATABASE_URL: postgres://db:5432/x", "DATABASE_URL: postgres://db:5432/x"),
        ("Authorization: Bearer $TOKEN", "Authorization: Bearer $TOKEN"),
        (
            "pulumi config set --secret --path 'a:b.SALT'",
            "pulumi config set --secret --path 'a:b.SALT'",
        ),
        (
            "pulumi config set --secret a:b.SALT 'a b' && x",
            "pulumi config set --secret a:b.SALT [secret] && x",
        ),
        (
            "pulumi config set --secret --path a:b.SALT\n\n  a:c.name = x\nThese commands",
            "pulumi config set --secret --path a:b.SALT\n\n  a:c.name = x\nThese commands",
        ),
        (
            "pulumi config set --secret a:b.SALT \\\n  abc",
            "pulumi config set --secret a:b.SALT \\\n  [secret]",
        ),
        (f"a\n{KEY}b", "a\n[secret]\nb"),
        (f"a\n{KEY.partition('-----END')[0]}", "a\n[secret]\n"),
        (f"a\n{KEY.partition('-----END')[0]}said the log", "a\n[secret]\nsaid the log"),
        ("key AKIAIOSFODNN7EXAMPLE.", "key AKIAIOSF[secret]."),
    ],
)
def test_only_the_secret_is_masked(text: str, shown: str) -> None:
    assert masked(text) == shown
    assert masked(shown) == shown


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("A", "hunter2", "hunter2"),
        ("PASSWORD", "hunter2", "[secret]"),
        ("A", f"run --token {TOKEN} x", "run --token [secret] x"),
        ("PASSWORD", f"before {TOKEN} after", "[secret]"),
        ("SOME_KEY", "aB3dE5gH7jK9mN1p", "[secret]"),
        ("A", "cGFzc3dvcmQ9aHVudGVyMg==", "[secret]"),
        ("A", "cGxhaW4gdGV4dCBoZXJl", "cGxhaW4gdGV4dCBoZXJl"),
        ("DATABASE_URL", "postgres://db:5432/langfuse", "postgres://db:5432/langfuse"),
        ("WEBHOOK_URL", "https://example.com/hook", "[secret]"),
        ("DATABASE_URL", "postgres://db/?password=hunter2", "[secret]"),
        ("PASSWORD", "", ""),
    ],
)
def test_a_value_is_judged_with_its_name(name: str, value: str, shown: str) -> None:
    assert masked_value(name, value) == shown


def test_a_tree_is_judged_by_its_keys() -> None:
    tree = {
        "data": {"PASSWORD": "hunter2", "A": 1, TOKEN: True},
        "env": [{"name": "API_TOKEN", "value": "hunter2"}, {"name": "API_TOKEN", "key": "a"}],
        "args": ["--password", "hunter2", "hunter2", "--token=hunter2", "hunter2"],
        "passwords": ("hunter2", {"a": "hunter2"}),
        "value": "hunter2",
    }

    assert masked_tree(tree) == {
        "data": {"PASSWORD": "[secret]", "A": 1, "[secret]": True},
        "env": [{"name": "API_TOKEN", "value": "[secret]"}, {"name": "API_TOKEN", "key": "a"}],
        "args": ["--password", "[secret]", "hunter2", "--token=[secret]", "hunter2"],
        "passwords": ["[secret]", {"a": "hunter2"}],
        "value": "hunter2",
    }


@pytest.mark.parametrize(
    "part",
    [
        *("password=", "a=password=", "--token ", '"password": "x", ', "://:", "a:1234:b:"),
        *("tokens:\n- a\n", r"token: |\n  a\n", "  token:\n    a\n", "%3A%2F%2Fa%3A"),
    ],
)
def test_a_long_text_is_masked_in_time_that_grows_with_its_length(part: str) -> None:
    def seconds(times: int) -> float:
        started = time.process_time()
        masked(part * times)
        return time.process_time() - started

    # Four times the text takes four times as long; with each name read again inside of a secret,
    # sixteen times. The fastest of three, because other processes use the same cache.
    assert min(seconds(8_000) for _ in range(3)) < 9 * min(seconds(2_000) for _ in range(3))


def test_lines_come_at_once_but_for_those_of_a_key() -> None:
    seen: list[str] = []

    def lines() -> list[str]:
        return ["a\n", *KEY.splitlines(keepends=True), f"{TOKEN}\n"]

    for shown in masked_lines(lines()):
        seen.append(shown)

    assert seen == ["a\n", "[secret]\n", "[secret]\n"]
    assert list(masked_lines(["-----BEGIN PRIVATE KEY-----\n", "MIIE\n"])) == ["[secret]\n"]
    assert list(masked_lines([])) == []


@pytest.mark.parametrize("name", ["pasword", "apiKye", "monkey", "secretName", "TOKENS", "SALT"])
def test_a_misspelt_name_may_be_that_of_a_secret(name: str) -> None:
    assert may_be_secret_name(name)


@pytest.mark.parametrize("name", ["email", "replicas", "host", "", "nodeSelectors"])
def test_another_name_is_not(name: str) -> None:
    assert not may_be_secret_name(name)
