"""A namespace whose keys are settings themselves, as `aws:` and `access:` are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

import pytest
from pydantic import Field, SecretStr

from stacks.settings.machinery import reader
from stacks.settings.machinery.fields.text import SecretText
from stacks.settings.machinery.problems import Problem, full_key, join, to_change, to_remove
from stacks.settings.machinery.section import Section


class Shop(Section):
    """A shop."""

    name: Annotated[str, Field(min_length=1, max_length=8, examples=["corner"])]
    """Name."""
    door_code: SecretText | None = None
    """Code."""
    size: Annotated[int, Field(ge=1, le=9)] = 2
    """Size."""
    day: Literal["1", "2"] = "1"
    """Day, as text."""
    floor: Literal[0, "roof"] | None = None
    """Floor."""
    open: bool = True
    """Open."""
    tags: tuple[str, ...] = ()
    """Tags."""


class Program(Section):
    """What a program reads."""

    shop: Shop


READER: Final = reader.Reader(
    Program, {"shop": "shop:"}, elsewhere={"mall": "is not read: a shop is no mall"}
)
NAME: Final = {"shop:name": "12"}


def found(values: Mapping[str, str], *secret: str) -> reader.Found:
    return READER.read(reader.Configuration(values, frozenset(secret)))


def test_a_value_is_read_by_its_type_as_the_engine_passes_it() -> None:
    values = {
        "shop:name": "12",
        "shop:doorCode": "42",
        "shop:size": "3",
        "shop:day": "2",
        "shop:floor": "0",
        "shop:open": "false",
        "shop:tags": '["a", "b"]',
    }

    read = found(values, "shop:doorCode")

    assert list(read.problems) == []
    shop: Shop = read.sections["shop"]
    assert shop == Shop.model_validate(
        {
            "name": "12",
            "doorCode": SecretStr("42"),
            "size": 3,
            "day": "2",
            "floor": 0,
            "open": False,
            "tags": ("a", "b"),
        }
    )


def test_an_empty_value_counts_as_left_out() -> None:
    empty = {"shop:doorCode": "", "shop:size": "", "shop:day": "", "shop:open": "", "shop:tags": ""}

    assert found({**NAME, **empty}) == found(NAME)
    assert list(found(NAME).problems) == []


@pytest.mark.parametrize(
    ("values", "secret", "expected"),
    [
        (
            {},
            (),
            Problem("shop:name", "(nothing)", "is required", "pulumi config set shop:name NAME"),
        ),
        (
            {**NAME, "shop:size": "two"},
            (),
            Problem("shop:size", '"two"', "must be a whole number", ""),
        ),
        (
            {**NAME, "shop:size": "10"},
            (),
            Problem(
                "shop:size",
                "10",
                "must be less than or equal to 9",
                "",
            ),
        ),
        (
            {**NAME, "shop:tags": "[1]"},
            (),
            Problem(
                "shop:tags[0]",
                "1",
                "must be text; numbers, true and false go in quotes",
                "pulumi config set --path --type string 'shop:tags[0]' 1",
            ),
        ),
        (
            {**NAME, "shop:doorCode": "0042"},
            (),
            Problem(
                "shop:doorCode",
                "[secret]",
                "is a secret and has to be stored encrypted",
                "pulumi config set --secret shop:doorCode",
            ),
        ),
        (
            {**NAME, "shop:day": "Correct Horse"},
            ("shop:day",),
            Problem("shop:day", "[secret]", "must be '1' or '2'", ""),
        ),
        (
            {**NAME, "shop:day": "3"},
            ("shop:name",),
            Problem("shop:day", '"3"', "must be '1' or '2'", ""),
        ),
        (
            {**NAME, "shop:tags[0]": "a"},
            (),
            Problem(
                "shop:tags[0]",
                '"a"',
                "was set without --path; with it, the value goes into 'tags'",
                "pulumi config set --path 'shop:tags[0]' a && pulumi config rm 'shop:tags[0]'",
            ),
        ),
        (
            {**NAME, "shop:opens": "true"},
            (),
            Problem(
                "shop:opens",
                "true",
                "unknown key, did you mean 'open'? "
                "known here: day, doorCode, floor, name, open, size, tags",
                "pulumi config set shop:open true && pulumi config rm shop:opens",
            ),
        ),
        (
            {**NAME, "mall:name": "big"},
            ("mall:name",),
            Problem(
                "mall:name",
                "[secret]",
                "is not read: a shop is no mall",
                "",
            ),
        ),
        (
            {**NAME, "market:name": "big"},
            (),
            Problem(
                "market:name",
                '"big"',
                "is not read by this program",
                "",
            ),
        ),
    ],
)
def test_a_mistake_says_key_value_rule_and_fix(
    values: Mapping[str, str], secret: tuple[str, ...], expected: Problem
) -> None:
    assert list(found(values, *secret).problems) == [expected]


def test_a_key_of_a_namespace_is_a_full_key() -> None:
    assert join("shop:", ["tags", 0]) == "shop:tags[0]"
    assert full_key("shop:tags[0]") == "shop:tags[0]"
    assert full_key("cluster.context") == "agent-observability:cluster.context"
    assert full_key('cluster.nodeSelector["a:b"]') == (
        'agent-observability:cluster.nodeSelector["a:b"]'
    )
    assert to_change("shop:size", 1, "is small", 2) == Problem(
        "shop:size", "1", "is small", "pulumi config set shop:size 2"
    )
    assert to_remove("shop:size", 1, "is small") == Problem(
        "shop:size", "1", "is small", "pulumi config rm shop:size"
    )
