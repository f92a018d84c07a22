"""The import graph: what counts as an import, and what importing a module loads."""

from pathlib import Path

import pytest

from tests.support.imports import Import, ImportGraph, circle

FILES = {
    "main.py": "import app.a, sdk.core\n",
    "app/__init__.py": "",
    "app/a.py": "from app import b, NAME\nfrom app.b import thing\n",
    "app/b.py": (
        "import typing\n"
        "if typing.TYPE_CHECKING:\n"
        "    from sdk import types\n"
        "else:\n"
        "    import json\n"
        "def late():\n"
        "    from app.sub import c\n"
    ),
    "app/sub/__init__.py": "from .c import x\nfrom ..b import y\n",
    "app/sub/c.py": "from . import d\nfrom .d import z\n",
    "app/sub/d.py": "import sdk.extra\n",
    "other/e.py": "import app.a\n",
}


@pytest.fixture
def graph(tmp_path: Path) -> ImportGraph:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return ImportGraph(tmp_path, ("main", "app"))


def test_the_modules_are_those_of_the_given_folders_and_files(graph: ImportGraph) -> None:
    assert {name: path.name for name, path in graph.modules.items()} == {
        "main": "main.py",
        "app": "__init__.py",
        "app.a": "a.py",
        "app.b": "b.py",
        "app.sub": "__init__.py",
        "app.sub.c": "c.py",
        "app.sub.d": "d.py",
    }


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("main", {("app.a", False), ("sdk.core", False)}),
        ("app.a", {("app.b", False), ("app", False)}),
        (
            "app.b",
            {("typing", False), ("sdk", True), ("json", False), ("app.sub.c", False)},
        ),
        ("app.sub", {("app.sub.c", False), ("app.b", False)}),
        ("app.sub.c", {("app.sub.d", False)}),
    ],
)
def test_imports_are_found_by_their_full_name_with_those_for_types_told_apart(
    graph: ImportGraph, importer: str, imported: set[tuple[str, bool]]
) -> None:
    found = {i for i in graph.imports if i.importer == importer}

    assert found == {Import(importer, name, typing) for name, typing in imported}


def test_the_imports_of_a_folder_are_those_below_it(graph: ImportGraph) -> None:
    assert {i.importer for i in graph.of("app.sub")} == {"app.sub", "app.sub.c", "app.sub.d"}
    assert {i.importer for i in graph.of("app.s")} == set()
    assert {i.imported for i in graph.of("app.b", typing=False)} == {"typing", "json", "app.sub.c"}


def test_a_module_loads_what_it_imports_with_packages_and_without_imports_for_types(
    graph: ImportGraph,
) -> None:
    below_b = {"app", "typing", "json", "app.sub", "app.sub.c", "app.sub.d", "sdk.extra"}

    assert graph.loaded("app.sub.d") == {"sdk.extra", "app", "app.sub", "app.sub.c", "app.b"} | (
        below_b - {"app.sub.d"}
    )
    assert graph.loaded("app.a") == {"app.b"} | below_b


@pytest.mark.parametrize(
    ("arrows", "found"),
    [
        ([], []),
        ([("a", "b"), ("b", "c"), ("a", "c")], []),
        ([("a", "a")], ["a", "a"]),
        ([("a", "b"), ("b", "c"), ("c", "b")], ["b", "c", "b"]),
    ],
)
def test_a_circle_is_named_from_a_module_to_itself(
    arrows: list[tuple[str, str]], found: list[str]
) -> None:
    assert sorted(circle(arrows)) == sorted(found)
    assert not found or circle(arrows)[0] == circle(arrows)[-1]
