"""The loader of stack files against the engine's own answers, which are in ``engine_yaml.json``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, cast

import pytest

from stacks import stack_files
from stacks.stack_files import StackFileError

TABLE: Final[dict[str, Any]] = json.loads(
    Path(__file__).with_name("engine_yaml.json").read_text(encoding="utf-8")
)
FORMS: Final[dict[str, dict[str, Any]]] = {row["form"]: row for row in TABLE["forms"]}
_REFUSED: Final = "refused"
STRICTER: Final = {
    "a dash and a colon": "found unexpected ':'",
    "a key twice by an anchor": "the key is given twice, in two forms",
    "two forms of a number as keys": "the key is given twice, in two forms",
    "no number as a key": "a key has to be text",
    "a byte order mark at a line's start": "a byte order mark inside of the file",
    "three byte order marks": "a byte order mark inside of the file",
    # The engine takes either, by chance.
    "a key with and without the project's name": "the key is given twice, in two forms.",
    "a key in the old and the new form": "the key is given twice, in two forms.",
}
"""What the engine reads and the loader refuses, with the reason."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: agent-observability\n", encoding="utf-8")
    monkeypatch.setattr(stack_files, "ROOT", tmp_path)
    return tmp_path


def _read(folder: Path, row: Mapping[str, Any]) -> stack_files.StackConfiguration:
    data = bytes.fromhex(row["bytes"]) if "bytes" in row else row["text"].encode()
    (folder / "Pulumi.x.yaml").write_bytes(data)
    return stack_files.read("x")


def test_the_table_is_large_and_holds_both_kinds_of_answers() -> None:
    refused = [form for form, row in FORMS.items() if row.get("refused")]

    assert len(FORMS) == len(TABLE["forms"]) >= 560
    assert len(refused) >= 130
    assert STRICTER.keys() <= FORMS.keys() - set(refused)


def test_every_form_is_read_as_the_engine_reads_it(folder: Path) -> None:
    """One test for all: each of them alone would cost more in pytest than in the loader."""
    answers = {form: _expected(row) for form, row in FORMS.items() if form not in STRICTER}

    found = {form: _found(folder, FORMS[form]) for form in answers}

    assert {
        form: (found[form], answers[form]) for form in answers if found[form] != answers[form]
    } == {
        # The engine decrypts it, and does not call it secret.
        "secure that is a date": (
            '{"agent-observability:a": "secret"} secret: agent-observability:a',
            '{"agent-observability:a": "secret"} secret: ',
        )
    }


def _expected(row: Mapping[str, Any]) -> str:
    return _REFUSED if row.get("refused") else _shown(row["values"], row.get("secret", ()))


def _found(folder: Path, row: Mapping[str, Any]) -> str:
    try:
        found = _read(folder, row)
    except StackFileError as error:
        return _REFUSED if str(error).startswith("Pulumi.x.yaml") else str(error)
    return _shown(found.values, found.secret_keys)


def _shown(values: Mapping[str, str], secret_keys: Iterable[str]) -> str:
    """Objects and lists by what is in them, other values by their text."""
    decoded = {
        key: json.loads(text) if text.startswith(("{", "[")) else text
        for key, text in values.items()
    }
    text = json.dumps(_without_secrets(decoded), sort_keys=True)
    return f"{text} secret: {' '.join(sorted(secret_keys))}"


def _without_secrets(value: object) -> object:
    """With one word for each decrypted text and each placeholder."""
    if isinstance(value, dict):
        pairs = cast("dict[str, object]", value).items()
        return {key: _without_secrets(inner) for key, inner in pairs}
    if isinstance(value, list):
        return [_without_secrets(item) for item in cast("list[object]", value)]
    if isinstance(value, str) and value.startswith(("decrypted ", "placeholder")):
        return "secret"
    return value


@pytest.mark.parametrize(("form", "reason"), STRICTER.items())
def test_a_form_that_means_nothing_certain_is_refused(folder: Path, form: str, reason: str) -> None:
    with pytest.raises(StackFileError) as caught:
        _read(folder, FORMS[form])

    assert str(caught.value).startswith("Pulumi.x.yaml")
    assert str(caught.value).endswith(f": {reason}")
    assert ": line " in str(caught.value)
