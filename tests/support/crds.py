"""Operators' own definitions of their kinds, on an API server for some tests."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest
import yaml

from tooling.cluster import crds
from tooling.cluster.crds import CrdModule
from tooling.kit.json_values import as_list
from tooling.kubernetes.api import Api, ApiError, Object, Reference

_NEEDED: Final = {crds.PROMETHEUS_OPERATOR: ("_prometheusrules", "_probes", "_podmonitors")}
"""The kinds that a test needs of a module with many; some of the others are no YAML 1.1."""


@contextmanager
def definitions(api: Api, *modules: CrdModule) -> Generator[None]:
    """The definitions of these modules, which are gone again afterwards."""
    files = [
        file
        for module in modules
        for file in crds.crd_files(module)
        if file.stem.endswith(_NEEDED.get(module, ("",)))
    ]
    applied = [read(file) for file in files]
    references = [Reference.of(definition) for definition in applied]
    try:
        for definition in applied:
            api.apply(definition)
        for reference in references:
            established(api, reference)
        yield
    finally:
        withdraw(api, references)


def read(file: Path) -> Object:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def withdraw(api: Api, references: list[Reference]) -> None:
    """Delete these definitions with their objects, and wait until they are gone: the next test that
    needs them would apply them to what is going."""
    for reference in references:
        api.delete(reference)
    deadline = time.monotonic() + 120
    while left := [reference for reference in references if api.get(reference)]:
        assert time.monotonic() < deadline, f"these definitions do not go: {left}"
        time.sleep(0.5)
        # The server's finalizer lists the objects of a definition first. If that fails once, it
        # tries again after 5 ms with what its cache has; on a busy machine that is the state
        # before, and the conflict ends its tries for minutes. Any other change makes it go on.
        for reference in left:
            with suppress(ApiError):
                api.patch(reference, {"metadata": {"annotations": {"tried": str(time.time())}}})


def established(api: Api, reference: Reference) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        definition: Object = api.get(reference) or {}
        conditions = as_list(definition.get("status", {}).get("conditions")) or []
        if any(c["type"] == "Established" and c["status"] == "True" for c in conditions):
            return
        time.sleep(0.1)
    pytest.fail(f"{reference} is not established")
