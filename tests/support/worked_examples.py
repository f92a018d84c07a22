"""The worked examples of CONTRIBUTING.md: patches, commands and what the commands print."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from stacks.stack_files import ROOT

PAGE: Final = ROOT / "CONTRIBUTING.md"
_EXAMPLES: Final = "## Worked examples\n"
_BLOCK: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ELSEWHERE: Final = "tooling ci lint"
"""A line of `make lint` that needs Go or a network; its own tests run it."""

_AUTHOR: Final = ("-c", "user.name=example", "-c", "user.email=example@example.com")


@dataclass(frozen=True)
class Command:
    """A line after ``$``, and the lines after it."""

    text: str
    prints: Sequence[str]

    @property
    def fails(self) -> bool:
        return any(re.search(r"\bfailed\b", line) for line in self.prints)

    @property
    def needs_promtool(self) -> bool:
        return "tests/prometheus" in self.text


@dataclass(frozen=True)
class Example:
    title: str
    steps: Sequence[str | list[Command]]
    """Patches as text, blocks of commands as lists."""


def examples() -> list[Example]:
    """Those of the page, in order."""
    _, _, text = PAGE.read_text(encoding="utf-8").partition(_EXAMPLES)
    return [
        Example(part.partition("\n")[0], list(_steps(part))) for part in text.split("\n### ")[1:]
    ]


def _steps(text: str) -> Iterator[str | list[Command]]:
    for language, body in _BLOCK.findall(text):
        if language == "diff":
            yield body
        elif language == "console":
            yield [
                Command(lines[0], lines[1:])
                for lines in (part.splitlines() for part in re.split(r"^\$ ", body, flags=re.M)[1:])
            ]


def copy_repository(folder: Path) -> None:
    """The files that git would commit, committed in a new repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").symlink_to(sys.prefix)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, *_AUTHOR, "commit", "--quiet", "--no-verify", "--message", "As it is")


def start_again(folder: Path) -> None:
    """Undo an example. What git ignores stays: compiled modules, the linter's cache."""
    git(folder, "reset", "--quiet", "--hard")
    git(folder, "clean", "--quiet", "-d", "--force", "--exclude", ".venv")


def git(folder: Path, *arguments: str, given: str | None = None) -> None:
    done = subprocess.run(
        ["git", *arguments],  # noqa: S607 - the one on PATH
        cwd=folder,
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def run(folder: Path, command: str) -> tuple[int, str]:
    """The exit code of a command, and what it printed; ``make`` by the Makefile's recipe."""
    script = (
        "\n".join(_recipe(command.removeprefix("make ")))
        if command.startswith("make ")
        else command
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_"))}
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],  # noqa: S607
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def _recipe(target: str) -> Iterator[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (body,) = re.findall(rf"^{target}:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    for line in body.splitlines():
        if _ELSEWHERE not in line:
            yield line.strip().removeprefix("@").replace("$(BIN)", ".venv/bin")
