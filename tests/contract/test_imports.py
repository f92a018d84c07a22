"""What each part of the repository may import: the programs lean on nothing above them."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from stacks.stack_files import ROOT

OWN: Final = ("components", "stacks", "access", "policy", "tooling", "tests")
"""The packages of this repository."""

MAY_IMPORT: Final[Mapping[str, tuple[str, ...]]] = {
    "components": ("components",),
    "stacks/settings/machinery": ("components.kubernetes", "stacks.settings.machinery"),
    "stacks/settings/sections": (
        "components",
        "stacks.settings.machinery",
        "stacks.settings.sections",
    ),
    "stacks/settings/rules": ("components", "stacks.names", "stacks.settings"),
    "stacks/settings": ("components", "stacks.settings"),
    "stacks": ("components", "stacks"),
    "__main__.py": ("components", "stacks"),
    "access": (
        "access",
        "components",
        "stacks.names",
        "stacks.platforms",
        "stacks.settings",
        "stacks.stack_files",
    ),
    "policy": ("policy",),
}
"""What a folder may import of the repository; the longest path that fits a file counts."""


def files() -> list[Path]:
    """The files of the programs."""
    tops = {path.split("/")[0] for path in MAY_IMPORT}
    found = [p for top in tops for p in (ROOT / top).glob("**/*.py")]
    return sorted(p.relative_to(ROOT) for p in [*found, ROOT / "__main__.py"])


@cache
def imported(path: Path) -> frozenset[str]:
    """The modules of this repository that a file imports, wherever in it."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(name for name in _imported(tree) if name.split(".")[0] in OWN)


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def allowed(path: Path) -> tuple[str, ...]:
    fitting = [p for p in MAY_IMPORT if path.as_posix() == p or path.is_relative_to(p)]
    return MAY_IMPORT[max(fitting, key=len)]


@pytest.mark.parametrize("path", files(), ids=str)
def test_a_program_imports_only_what_is_below_it(path: Path) -> None:
    may = allowed(path)

    assert [
        m for m in sorted(imported(path)) if not f"{m}.".startswith(tuple(f"{a}." for a in may))
    ] == []


def test_the_files_of_every_program_are_looked_at() -> None:
    seen = {path.parts[0] for path in files()}

    assert seen == {"__main__.py", "components", "stacks", "access", "policy"}
    assert "stacks.settings.machinery.reader" in imported(Path("stacks/settings/__init__.py"))
    assert "stacks.stack_files" in imported(Path("access/settings.py"))


def test_the_machinery_of_the_settings_names_no_section() -> None:
    """The names of sections and engines, as text, stand in `sections/` and `rules/` alone."""
    from stacks.settings.settings import Settings  # noqa: PLC0415

    sections = {field.alias for field in Settings.model_fields.values()} - {"stack"}
    texts = {
        f"{path.name}: {node.value}"
        for path in (ROOT / "stacks/settings/machinery").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in {*sections, "engine", "rds"}
    }

    assert texts == set()
