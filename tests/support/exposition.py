"""Prometheus's text format, as a metrics endpoint writes it."""

from __future__ import annotations

import re
from typing import Final

Series = tuple[str, frozenset[tuple[str, str]]]
"""A metric's name, and its labels."""

_LINE: Final = re.compile(r"(\w+)(?:\{(.*)\})? (\S+)(?: \d+)?")
_LABEL: Final = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def series(text: str) -> dict[Series, float]:
    """Prometheus's text format, without comments."""
    found: dict[Series, float] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            matched = _LINE.fullmatch(line)
            assert matched, line
            name, labels, value = matched.groups()
            found[name, frozenset(_LABEL.findall(labels or ""))] = float(value)
    return found
