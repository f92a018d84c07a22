"""The components of the programs, discovered."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections import Counter
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import pulumi
import pytest

import access
import components


@dataclass(frozen=True)
class Component:
    """A component class and its module."""

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


def modules(package: ModuleType = components) -> list[str]:
    """The names of every module of a package, without that of its program."""
    found = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    return [module.name for module in found if not module.name.endswith(".__main__")]


@cache
def syntax(module: ModuleType) -> ast.Module:
    return ast.parse(inspect.getsource(module))


@cache
def discovered() -> dict[str, Component]:
    """Every component class by name."""
    found = dict[str, Component]()
    for name in (*modules(), *modules(access)):
        module = importlib.import_module(name)
        for cls in vars(module).values():
            if (
                inspect.isclass(cls)
                and issubclass(cls, pulumi.ComponentResource)
                and cls.__module__ == name
            ):
                found[cls.__name__] = Component(module, cls)
    return found


class RegistrationLog:
    """Sees when components register their outputs, and which children come after."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.registered = Counter[str]()
        """How often, by type and name."""
        self.late = list[str]()
        """Names of children made after their parent's outputs."""
        self._done = list[pulumi.Resource]()
        make, register = pulumi.Resource.__init__, pulumi.ComponentResource.register_outputs

        def logged_make(resource: pulumi.Resource, *args: Any, **options: Any) -> None:  # noqa: ANN401
            for value in (*args, *options.values()):
                parent = value.parent if isinstance(value, pulumi.ResourceOptions) else None
                if any(parent is done for done in self._done):
                    self.late.append(args[1])
            make(resource, *args, **options)

        def logged_register(resource: pulumi.ComponentResource, outputs: pulumi.Inputs) -> None:
            if resource.pulumi_resource_type != "pulumi:pulumi:Stack":
                key = f"{resource.pulumi_resource_type}::{resource.pulumi_resource_name}"
                self.registered[key] += 1
                self._done.append(resource)
            register(resource, outputs)

        monkeypatch.setattr(pulumi.Resource, "__init__", logged_make)
        monkeypatch.setattr(pulumi.ComponentResource, "register_outputs", logged_register)
