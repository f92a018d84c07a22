"""Rules of volumes in the cluster, for each section that has some."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from stacks.settings.machinery.problems import Problem, to_decide


class _WithVolume(Protocol):
    @property
    def storage_class(self) -> str | None: ...
    @property
    def create_storage_class(self) -> bool: ...


def one_class(path: str, section: _WithVolume) -> Iterator[Problem]:
    """The problem of two classes, in the section at ``path``."""
    if section.create_storage_class and section.storage_class is not None:
        rule = f"names a class that exists, and {path}.createStorageClass makes another; keep one"
        yield to_decide(f"{path}.storageClass", section.storage_class, rule)
