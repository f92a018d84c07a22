"""The components of the program, discovered."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from dataclasses import dataclass
from functools import cache
from types import ModuleType

import pulumi

import components


@dataclass(frozen=True)
class Component:
    """A component class and where it stands."""

    module: ModuleType
    cls: type[pulumi.ComponentResource]

    @property
    def name(self) -> str:
        return self.cls.__name__

    @property
    def constructor(self) -> ast.FunctionDef:
        """The constructor's source."""
        (definition,) = (
            node
            for node in ast.walk(syntax(self.module))
            if isinstance(node, ast.ClassDef) and node.name == self.name
        )
        (constructor,) = (
            node
            for node in definition.body
            if isinstance(node, ast.FunctionDef) and node.name == "__init__"
        )
        return constructor


def modules() -> list[str]:
    """The names of every module of the package."""
    found = pkgutil.walk_packages(components.__path__, "components.")
    return [module.name for module in found]


@cache
def syntax(module: ModuleType) -> ast.Module:
    return ast.parse(inspect.getsource(module))


@cache
def discovered() -> dict[str, Component]:
    """Every component class by name."""
    found = dict[str, Component]()
    for name in modules():
        module = importlib.import_module(name)
        for cls in vars(module).values():
            if (
                inspect.isclass(cls)
                and issubclass(cls, pulumi.ComponentResource)
                and cls.__module__ == name
            ):
                found[cls.__name__] = Component(module, cls)
    return found
