"""Metrics as Prometheus reads them. Pure.

https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

_LINE: Final = re.compile(r"(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})?\s+(?P<value>\S+)")
_LABEL: Final = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
_ESCAPED: Final = {r"\n": "\n", r"\\": "\\", r"\"": '"'}


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One series and its value."""

    name: str
    labels: Mapping[str, str]
    value: float


def samples(text: str) -> Iterator[Sample]:
    """The series of a page; what is none of the format is left out."""
    for line in text.splitlines():
        found = _LINE.match(line)
        if found is None:
            continue
        try:
            value = float(found["value"])
        except ValueError:
            continue
        labels = {name: _plain(text) for name, text in _LABEL.findall(found["labels"] or "")}
        yield Sample(name=found["name"], labels=labels, value=value)


def total(found: Iterable[Sample], name: str, **labels: str) -> float:
    """The sum of a metric over the series with these labels; 0 without any."""
    return sum(
        sample.value
        for sample in found
        if sample.name == name and labels.items() <= sample.labels.items()
    )


def _plain(text: str) -> str:
    return re.sub(r"\\.", lambda found: _ESCAPED.get(found[0], found[0]), text)
