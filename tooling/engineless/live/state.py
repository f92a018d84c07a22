"""What was deployed: the part of Pulumi's state that a comparison of old and new needs.

The file holds secret values, so only its owner can read it. It is removed with its throwaway
cluster.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from tooling.engineless.recording import short_type
from tooling.kit.private import write_private
from tooling.kubernetes.api import LiveError, Reference

_VERSION = 1


class Stage(StrEnum):
    CREATING = "creating"
    """The request may or may not have been sent."""
    APPLIED = "applied"
    """The server has it; not seen ready yet."""
    READY = "ready"


@dataclass(kw_only=True)
class Entry:
    """One resource that exists, or that is being created."""

    urn: str
    name: str
    """Logical name."""
    type: str
    inputs: Mapping[str, Any] = field(repr=False)
    """Secret ones in clear."""
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    """Generated values."""
    object: Reference | None = None
    provider: str = ""
    """URN of the provider."""
    protect: bool = False
    dependencies: tuple[str, ...] = ()
    stage: Stage = Stage.CREATING

    @property
    def label(self) -> str:
        """For people: the object, or type and logical name."""
        return str(self.object) if self.object else f"{short_type(self.type)} {self.name}"


class State:
    """The entries by URN, written to the file with every change. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._entries: dict[str, Entry] = {}
        self._replaced: list[Entry] = []

    @classmethod
    def load(cls, path: Path) -> Self:
        """The state in a file, or an empty one; raises ``LiveError`` for a damaged file."""
        state = cls(path)
        if not path.exists():
            return state
        try:
            stored = json.loads(path.read_text(encoding="utf-8"))
            if stored["version"] != _VERSION:
                raise ValueError(f"version {stored['version']}")  # noqa: TRY301
            state._entries = {item["urn"]: _entry(item) for item in stored["entries"]}
            state._replaced = [_entry(item) for item in stored["replaced"]]
        except (ValueError, KeyError, TypeError) as error:
            raise LiveError(f"the state file {path} cannot be read: {error}") from error
        return state

    def get(self, urn: str) -> Entry | None:
        return self._entries.get(urn)

    def entries(self) -> list[Entry]:
        """In the order in which they were created."""
        with self._lock:
            return list(self._entries.values())

    def replaced(self) -> list[Entry]:
        """What was replaced by another object, and is still to be deleted."""
        with self._lock:
            return list(self._replaced)

    def put(self, entry: Entry) -> None:
        with self._changed():
            self._entries[entry.urn] = entry

    def replace(self, old: Entry, new: Entry) -> None:
        """``new`` in place of ``old``, which is to be deleted later."""
        with self._changed():
            self._entries[new.urn] = new
            self._replaced.append(old)

    def remove(self, entry: Entry) -> None:
        """Forget an entry whose object is gone."""
        with self._changed():
            if self._entries.get(entry.urn) is entry:
                del self._entries[entry.urn]
            self._replaced = [other for other in self._replaced if other is not entry]

    @contextmanager
    def _changed(self) -> Generator[None]:
        with self._lock:
            yield
            self._write()

    def _write(self) -> None:
        stored = {
            "version": _VERSION,
            "entries": [asdict(entry) for entry in self._entries.values()],
            "replaced": [asdict(entry) for entry in self._replaced],
        }
        write_private(self._path, json.dumps(stored))


def _entry(stored: Mapping[str, Any]) -> Entry:
    known: dict[str, Any] = dict(stored)
    if known["object"] is not None:
        known["object"] = Reference(**known["object"])
    known["dependencies"] = tuple(known["dependencies"])
    known["stage"] = Stage(known["stage"])
    return Entry(**known)


def deletion_order(entries: list[Entry]) -> Iterator[list[Entry]]:
    """Groups to delete one after another, dependents first; within a group in any order."""
    left = list(entries)
    while left:
        needed = {urn for entry in left for urn in (*entry.dependencies, entry.provider)}
        free = [entry for entry in left if entry.urn not in needed]
        # A circle cannot come from one run, but could from two: then newest first.
        group = free or left[-1:]
        yield group
        left = [entry for entry in left if all(entry is not other for other in group)]
