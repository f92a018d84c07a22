"""The form of a case."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

MINUTES: Final = 40
"""When expressions are evaluated; a series has one sample a minute."""
NOW: Final = MINUTES * 60


@dataclass(frozen=True)
class Case:
    """What an expression gives for some series."""

    expression: str
    series: dict[str, str | float]
    """By selector; ``NS`` is the namespace. A number is the value of each minute."""
    expected: dict[str, float]
    """By labels."""
    id: str = field(kw_only=True)
