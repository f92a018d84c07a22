"""The options that several commands have, and how a command line that is wrong is answered."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from tooling.kit.errors import UsageError


class Parser(argparse.ArgumentParser):
    """Raises ``UsageError`` for what it does not understand, instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        raise UsageError(message)


def add_stack(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stack", required=True, help="as in Pulumi.<stack>.yaml")


def add_stacks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--stack", required=True, action="append", help="as in Pulumi.<stack>.yaml; may be repeated"
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
