"""The options that several commands share, and their answer to a wrong command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tooling.kit.errors import UsageError
from tooling.kit.options import Parser, add_json, add_markdown, add_project, add_stack, add_stacks


def json_parser() -> Parser:
    parser = Parser()
    add_json(parser)
    return parser


def test_a_file_that_can_be_written_keeps_what_it_has(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text("before", encoding="utf-8")

    given = json_parser().parse_args(["--json", str(file)])

    assert given.json == file
    assert file.read_text(encoding="utf-8") == "before"


def test_a_file_that_is_not_there_yet_is_made_by_the_report_alone(tmp_path: Path) -> None:
    file = tmp_path / "report.json"

    assert json_parser().parse_args(["--json", str(file)]).json == file
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("option", ["--json", "--markdown"])
def test_a_file_that_cannot_be_written_is_named_with_its_option(
    tmp_path: Path, option: str
) -> None:
    parser = json_parser()
    add_markdown(parser)

    with pytest.raises(UsageError, match=rf"^{option} {tmp_path}: Is a directory$"):
        parser.parse_args([option, str(tmp_path)])


def test_what_is_left_out_has_its_default() -> None:
    parser = json_parser()
    add_markdown(parser)
    add_project(parser)

    assert vars(parser.parse_args([])) == {"json": None, "markdown": None, "project": "."}


def test_one_stack_is_a_name_and_several_are_a_list() -> None:
    one, several = Parser(), Parser()
    add_stack(one)
    add_stacks(several)

    assert one.parse_args(["--stack", "dev"]).stack == "dev"
    assert several.parse_args(["--stack", "dev", "--stack", "prod"]).stack == ["dev", "prod"]
    for parser in (one, several):
        with pytest.raises(UsageError, match=r"^the following arguments are required: --stack$"):
            parser.parse_args([])


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("prod", "prod"),
        ("acme/prod", "prod"),
        ("acme/agent-observability/prod", "prod"),
        ("my.org/my_project/prod.eu-1", "prod.eu-1"),
    ],
)
def test_a_stack_may_have_its_organization_and_its_project(given: str, name: str) -> None:
    one, several = Parser(), Parser()
    add_stack(one)
    add_stacks(several)

    found = one.parse_args(["--stack", given])
    both = several.parse_args(["--stack", "dev", "--stack", given])

    assert (found.stack, found.qualified_stack) == (name, given)
    assert both.stack == ["dev", name]


@pytest.mark.parametrize(
    "given", ["", "/", "acme/", "/prod", "a/b/c/d", "acme//prod", "a b", "prod\n", "é", "x" * 101]
)
def test_what_names_no_stack_is_one_message(given: str) -> None:
    parser = Parser()
    add_stack(parser)

    with pytest.raises(UsageError) as caught:
        parser.parse_args([f"--stack={given}"])

    assert str(caught.value) == (
        f"{given!r} names no stack: it is STACK, ORGANIZATION/STACK or ORGANIZATION/PROJECT/STACK, "
        "each of letters, digits, '-', '_' and '.'"
    )


def test_what_is_not_understood_is_answered_with_what_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(UsageError, match=r"^unrecognized arguments: --xml x$"):
        json_parser().parse_args(["--xml", "x"])

    said = capsys.readouterr()
    assert (said.out, said.err.startswith("usage: ")) == ("", True)
    assert "[--json FILE]" in said.err
