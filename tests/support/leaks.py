"""Looks for secret values outside of secret marks."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from tooling.engineless.offline import OfflineBackend
from tooling.engineless.recording import Recording, Resource, Secret
from tooling.kit.json_values import as_list, as_mapping

_WINDOW: Final = 12
"""A part of a generated value as long as this counts as the value: halves of one are used."""

_RUN: Final = re.compile(rf"[A-Za-z0-9+/=]{{{_WINDOW},}}")
"""What a generated value, in whatever form, is a part of."""

_STATE_KEYS: Final = ("hex", "base64", "result")


def generated_values(recording: Recording) -> set[str]:
    """Every form of every value that the offline backend generated."""
    backend = OfflineBackend()
    return {
        state[key]
        for resource in recording.resources.values()
        if resource.type.startswith("random:")
        for state in [backend.create(resource)[1]]
        for key in _STATE_KEYS
        if key in state
    }


class Leaks:
    """Finds generated or configured secrets in text, whole, in part, or as base64."""

    def __init__(self, generated: Iterable[str], configured: Iterable[str] = ()) -> None:
        self._parts = {
            text[start : start + _WINDOW]
            for value in generated
            for text in (value, base64.b64encode(value.encode()).decode())
            for start in range(len(text) - _WINDOW + 1)
        }
        assert all(map(_RUN.fullmatch, self._parts))
        self._whole = {
            form
            for value in configured
            for form in (value, base64.b64encode(value.encode()).decode())
        }

    def within(self, text: str) -> bool:
        """Whether a text gives a secret away."""
        windows = (
            run[start : start + _WINDOW]
            for run in _RUN.findall(text)
            for start in range(len(run) - _WINDOW + 1)
        )
        return any(value in text for value in self._whole) or any(
            window in self._parts for window in windows
        )

    def of_recording(self, recording: Recording) -> list[str]:
        """Every place outside of a secret mark that gives a secret away."""
        found = [
            f"{resource.type} '{resource.name}' {path}"
            for resource in recording.resources.values()
            for path, text in plain_texts(_shown(resource))
            if self.within(text)
        ]
        for urn, outputs in recording.registered_outputs.items():
            name = urn.rpartition("::")[2]
            found += [f"output of '{name}' {p}" for p, t in plain_texts(outputs) if self.within(t)]
        exports = plain_texts(recording.exports)
        return found + [f"stack output {path}" for path, text in exports if self.within(text)]


def plain_texts(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Path and text of everything that is not below a secret mark; keys are texts too."""
    if isinstance(value, Secret):
        return
    if isinstance(value, str):
        yield path, value
    for key, item in (as_mapping(value) or {}).items():
        yield f"{path} key", key
        yield from plain_texts(item, f"{path}.{key}" if path else key)
    for index, item in enumerate(as_list(value) or []):
        yield from plain_texts(item, f"{path}[{index}]")


def _shown(resource: Resource) -> Mapping[str, object]:
    return {"name": resource.name, **resource.inputs}
