"""Runs a component by itself, as a program of one stack, against the invented providers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from stacks.stack_files import StackConfiguration
from tooling.engineless import running
from tooling.engineless.offline import OfflineBackend
from tooling.engineless.recording import Recording

STACK: Final = "test"

_NOTHING: Final = StackConfiguration({}, frozenset())


def run_component(
    body: Callable[[], object], *, preview: bool = False, auto_mode: bool = False
) -> Recording:
    """What ``body`` registers. ``preview``: every value that a provider computes is unknown.
    ``auto_mode``: EKS clusters are in Auto Mode."""

    def program() -> None:
        body()

    backend = OfflineBackend(preview=preview, auto_mode=auto_mode)
    return running.run(STACK, _NOTHING, backend, program, preview=preview)


def urn(parent: str, type_: str, name: str) -> str:
    """The URN of a resource below a parent of type ``parent`` ("" for the stack)."""
    qualified = f"{parent}${type_}" if parent else type_
    return f"urn:pulumi:{STACK}::agent-observability::{qualified}::{name}"
