"""The options that several commands have, and how a command line that is wrong is answered."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NoReturn

from tooling.kit.errors import UsageError


class Parser(argparse.ArgumentParser):
    """Raises ``UsageError`` for what it does not understand, instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        raise UsageError(message)


_PARTS: Final = re.compile(r"(?:[\w.-]{1,100}/){0,2}([\w.-]{1,100})", re.ASCII)
"""A stack as Pulumi names it: alone, or with its organization, or with its project too."""
_STACK: Final = "as in Pulumi.<stack>.yaml, or ORGANIZATION/STACK, or ORGANIZATION/PROJECT/STACK"


class _Stack(argparse.Action):
    """Keeps the stack's own name, and as ``qualified_stack`` the one for `pulumi` and `make`."""

    def __init__(self, *args: Any, repeated: bool = False, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **options)
        self._repeated = repeated

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        name = stack_name(str(values))
        before: list[str] = getattr(namespace, self.dest) or []
        setattr(namespace, self.dest, [*before, name] if self._repeated else name)
        namespace.qualified_stack = str(values)


def stack_name(given: str) -> str:
    """The stack's own name, which its file has; raises ``UsageError`` for what names no stack."""
    found = _PARTS.fullmatch(given)
    if found is None:
        raise UsageError(
            f"{given!r} names no stack: it is STACK, ORGANIZATION/STACK or "
            "ORGANIZATION/PROJECT/STACK, each of letters, digits, '-', '_' and '.'"
        )
    return found[1]


def add_stack(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stack", required=True, action=_Stack, help=_STACK)


def add_stacks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--stack", required=True, action=_Stack, repeated=True, help=f"{_STACK}; may be repeated"
    )


def add_project(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--project", default=".", help="its folder; default: the program itself")


def add_json(parser: argparse.ArgumentParser) -> None:
    _add_file(parser, "--json", "write the report to this file too, for programs")


def add_markdown(parser: argparse.ArgumentParser) -> None:
    _add_file(parser, "--markdown", "write the report to this file too, as Markdown")


def _add_file(parser: argparse.ArgumentParser, option: str, what: str) -> None:
    parser.add_argument(option, type=_writable(option), metavar="FILE", help=what)


def _writable(option: str) -> Callable[[str], Path]:
    """Finds out before the work, and not after a minute of it, that a file cannot be written."""

    def checked(text: str) -> Path:
        file = Path(text)
        new = not file.exists()
        try:
            file.open("a", encoding="utf-8").close()
        except OSError as error:
            raise UsageError(f"{option} {file}: {error.strerror}") from None
        if new:  # a command that fails leaves none, which its readers can rely on
            file.unlink()
        return file

    return checked
