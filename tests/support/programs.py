"""Small programs, rendered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi

from stacks.stack_files import StackConfiguration
from tooling import render
from tooling.engineless import running
from tooling.engineless.offline import OfflineBackend
from tooling.engineless.recording import Resource
from tooling.render import RenderedStack


class InventingBackend(OfflineBackend):
    """Also answers for every AWS resource."""

    def create(self, resource: Resource) -> tuple[str, dict[str, Any]]:
        if resource.type.startswith("aws:"):
            return f"{resource.name}-id", dict(resource.inputs)
        id_, state = super().create(resource)
        return id_, dict(state)


def rendered(
    body: Callable[[], object], *, preview: bool = False, keep_secrets: bool = False
) -> RenderedStack:
    def program() -> None:
        body()

    empty = StackConfiguration({}, frozenset())
    backend = InventingBackend(preview=preview)
    run = running.run("test", empty, backend, program, preview=preview)
    return render.collect(run, keep_secrets=keep_secrets, allow_unknown=preview)


def files(body: Callable[[], object], *, preview: bool = False) -> dict[str, str]:
    return render.to_files(rendered(body, preview=preview))


class Anything(pulumi.CustomResource):
    """A resource of any type."""

    def __init__(self, type_: str, name: str, inputs: dict[str, Any]) -> None:
        super().__init__(type_, name, inputs)
