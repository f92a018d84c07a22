"""Recordings of the program, one for each configuration, shared by the tests that read them."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

from tests.support import bases
from tests.support.shared import shared
from tooling.engineless.recording import Recording, Resource, reveal


def recorded(
    base: str = "version 2 dev", *, preview: bool = False, **sections: object
) -> Recording:
    """The program's registrations for a base with changed sections of the project."""
    overrides = {f"agent-observability:{name}": value for name, value in sections.items()}
    return with_overrides(base, overrides, preview=preview)


def with_overrides(
    base: str,
    overrides: Mapping[str, Any] | None = None,
    *,
    preview: bool = False,
    auto_mode: bool = False,
) -> Recording:
    """``bases.record`` of the same arguments, made once in a run. Not to be changed."""
    return _made(base, json.dumps(overrides or {}, sort_keys=True), preview, auto_mode)


@functools.cache
def _made(base: str, overrides: str, preview: bool, auto_mode: bool) -> Recording:
    def make() -> Recording:
        return bases.record(base, json.loads(overrides), preview=preview, auto_mode=auto_mode)

    return shared(json.dumps([base, overrides, preview, auto_mode]), make)


def inputs(recording: Recording, name: str, type_: str | None = None) -> Any:  # noqa: ANN401
    """A resource's inputs, without secret marks."""
    return reveal(recording.named(name, type_).inputs)


def depends_on(recording: Recording, resource: Resource) -> list[str]:
    """Logical names of what a resource waits for, components left out."""
    return sorted(
        recording.resources[urn].name
        for urn in resource.dependencies
        if recording.resources[urn].custom
    )


def all_before(recording: Recording, name: str, type_: str | None = None) -> set[str]:
    """Logical names of everything that is complete before a resource starts."""
    names: set[str] = set()
    pending = list(recording.named(name, type_).dependencies)
    while pending:
        resource = recording.resources[pending.pop()]
        if resource.name not in names:
            names.add(resource.name)
            pending += resource.dependencies
    return names
