"""The import graph of the repository's own Python code, from its syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path


@dataclass(frozen=True)
class Import:
    """One import, wherever it is in a module: at its top or in a function."""

    importer: str
    imported: str
    """A module of the repository; of others, the name as it is written."""
    typing: bool
    """Whether it is for type checkers alone (``if TYPE_CHECKING``)."""


@dataclass(frozen=True)
class ImportGraph:
    """Modules below some folders of a root, and what they import."""

    root: Path
    folders: tuple[str, ...]
    """Names of folders, and of single files without ``.py``."""

    @cached_property
    def modules(self) -> Mapping[str, Path]:
        """Every module's file by its dotted name; a package is its ``__init__``."""
        found = dict[str, Path]()
        for folder in self.folders:
            for path in [self.root / f"{folder}.py", *(self.root / folder).rglob("*.py")]:
                if path.exists():
                    parts = path.relative_to(self.root).with_suffix("").parts
                    found[".".join(p for p in parts if p != "__init__")] = path
        return found

    @cached_property
    def trees(self) -> Mapping[str, ast.Module]:
        """The syntax tree of each module."""
        return {
            name: ast.parse(path.read_text(encoding="utf-8")) for name, path in self.modules.items()
        }

    @cached_property
    def imports(self) -> frozenset[Import]:
        """All imports of all modules."""
        return frozenset(
            Import(name, imported, typing)
            for name, tree in self.trees.items()
            for node, typing in _statements(tree, typing=False)
            for imported in self._imported(name, node)
        )

    def of(self, *folders: str, typing: bool = True) -> Iterator[Import]:
        """The imports of the modules below ``folders``; ``typing``: those for types too."""
        for found in self.imports:
            if below(found.importer, folders) and (typing or not found.typing):
                yield found

    def loaded(self, module: str) -> set[str]:
        """What importing a module loads, by name: the repository's modules and others'."""
        arrows = dict[str, set[str]]()
        for found in self.imports:
            if not found.typing:
                arrows.setdefault(found.importer, set()).add(found.imported)
        seen, waiting = set[str](), [module]
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                # Packages are loaded before what is in them.
                packages = [parent for parent in _parents(name) if parent in self.modules]
                waiting += [*packages, *arrows.get(name, ())]
        return seen - {module}

    def _imported(self, importer: str, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
            return
        base = node.module or ""
        if node.level:
            package = self.modules[importer].name == "__init__.py"
            parts = importer.split(".")
            kept = parts[: len(parts) - node.level + package]
            base = ".".join([*kept, *([base] if base else [])])
        for alias in node.names:
            inner = f"{base}.{alias.name}"
            yield inner if inner in self.modules else base


def below(module: str, folders: Iterable[str]) -> bool:
    """Whether a module is one of ``folders`` or in one."""
    return any(module == folder or module.startswith(f"{folder}.") for folder in folders)


def circle(arrows: Iterable[tuple[str, str]]) -> list[str]:
    """The names on one circle, first and last the same; nothing if there is none."""
    sorter = TopologicalSorter[str]()
    for start, end in sorted(arrows):
        sorter.add(start, end)
    try:
        sorter.prepare()
    except CycleError as error:
        # graphlib's arrows lead from what comes first to what depends on it.
        return list(reversed(error.args[1]))
    return []


def _parents(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def _statements(
    node: ast.AST, *, typing: bool
) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child, typing
        elif isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            for statement in child.body:
                yield from _statements(ast.Module([statement], []), typing=True)
            for statement in child.orelse:
                yield from _statements(ast.Module([statement], []), typing=typing)
        else:
            yield from _statements(child, typing=typing)
