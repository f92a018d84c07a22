"""Numbers that were written with a unit, for a key whose name says its unit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Final

_NUMBER: Final = re.compile(r"(\d{1,3}(?:[,_]\d{3})+|\d{1,18}\.\d{1,6}|\d{1,18})\s*(.*)", re.ASCII)

# How many of the key's own unit each one is. A decimal unit is taken for the binary one, as AWS
# itself writes "GB" for GiB; a terabyte is not, where the difference is a tenth.
_UNITS: Final[Mapping[str, Mapping[str, Fraction]]] = {
    "gib": {
        **dict.fromkeys(("gib", "gi", "gb", "g"), Fraction(1)),
        **dict.fromkeys(("tib", "ti"), Fraction(1024)),
        **dict.fromkeys(("mib", "mi"), Fraction(1, 1024)),
    },
    "mibps": dict.fromkeys(("mibps", "mib/s", "mbps", "mb/s", "mib", "mb"), Fraction(1)),
    "days": {
        **dict.fromkeys(("days", "day", "d"), Fraction(1)),
        **dict.fromkeys(("weeks", "week", "w"), Fraction(7)),
    },
    "seconds": {
        **dict.fromkeys(("seconds", "second", "sec", "s"), Fraction(1)),
        **dict.fromkeys(("minutes", "minute", "min", "m"), Fraction(60)),
    },
    "percent": dict.fromkeys(("percent", "%"), Fraction(1)),
    "iops": {"iops": Fraction(1)},
}


def numbers(text: str, key: str) -> Iterator[int]:
    """The whole number that a text says, in the unit that the name of ``key`` ends with."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return
    number, unit = Fraction(re.sub("[,_]", "", match[1])), match[2].strip().lower()
    name = key.lower()
    known = [factors for end, factors in _UNITS.items() if name.endswith(end)]
    factors = known[0] if known else dict[str, Fraction]()
    amount = number * factors.get(unit, Fraction(0)) if unit else number
    if amount.denominator == 1 and (amount or not unit):
        yield int(amount)
