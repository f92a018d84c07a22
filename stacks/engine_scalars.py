"""What a plain YAML scalar is to Pulumi's engine: number, boolean, time, nothing or text. Pure.

The rules are those of ``resolve`` in gopkg.in/yaml.v3 3.0.1 (resolve.go), and of Go's
``encoding/json`` for the text of numbers.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Final, cast

BINARY, BOOL, FLOAT, INT = "!!binary", "!!bool", "!!float", "!!int"
NULL, STR, TIMESTAMP = "!!null", "!!str", "!!timestamp"

_LONG: Final = "tag:yaml.org,2002:"
_JUDGED: Final = frozenset({"", STR, BOOL, INT, FLOAT, NULL, TIMESTAMP})
"""Tags that say what the text has to be. Any other is ignored, and the value is text."""

_WORDS: Final[dict[str, tuple[str, object]]] = {
    **dict.fromkeys(("true", "True", "TRUE"), (BOOL, True)),
    **dict.fromkeys(("false", "False", "FALSE"), (BOOL, False)),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), (NULL, None)),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), (FLOAT, math.nan)),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), (FLOAT, math.inf)),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), (FLOAT, -math.inf)),
}
_INTEGER: Final = re.compile(
    r"(?P<sign>[+-]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<bin>[01]+)|0[oO](?P<oct>[0-7]+)"
    r"|0(?P<old>[0-7]+)|(?P<dec>0|[1-9][0-9]*))",
    re.ASCII,
)
_BASES: Final = {"hex": 16, "bin": 2, "oct": 8, "old": 8, "dec": 10}
_SIGN_INSIDE: Final = re.compile(r"0(?:b([+-][01]+)|o([+-][0-7]+))", re.ASCII)
_DECIMAL: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_AFTER_POINT: Final = re.compile(r"\.\d+(_\d+)*([eE][-+]?\d+(_\d+)*)?", re.ASCII)
_TIME: Final = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d?)-(?P<day>\d\d?)"
    r"(?:(?P<mark>[Tt ])(?P<hour>\d\d?):(?P<minute>\d\d?):(?P<second>\d\d?)"
    r"(?:[.,](?P<part>\d+))?(?P<zone>Z|[+-]\d\d:\d\d)?)?",
    re.ASCII,
)
_WIDEST: Final = 1e21
"""From here on, and below the next, Go writes a number of JSON with an exponent."""
_SMALLEST: Final = 1e-6


class NotOfTagError(ValueError):
    """The text is not what its tag says."""


def short_tag(tag: str | None) -> str:
    """``!!str`` for its long form; empty for none, and for the tag that says nothing."""
    if tag is None or tag == "!":
        return ""
    return f"!!{tag.removeprefix(_LONG)}" if tag.startswith(_LONG) else tag


def resolve(tag: str, text: str) -> object:
    """The value of a scalar with a short tag, or with none if it is plain.

    Raises ``NotOfTagError``.
    """
    if tag not in _JUDGED or tag == STR:
        return text
    kind, value = _plain(text)
    if tag == FLOAT and kind == INT and fits(value):
        return _float(str(value))[1]
    if tag not in ("", kind):
        raise NotOfTagError
    return value


def number_text(value: float) -> str:
    """A number as Go's JSON has it."""
    if isinstance(value, int):
        return str(value)
    if not value or _SMALLEST <= abs(value) < _WIDEST:
        return f"{Decimal(repr(value)):f}".removesuffix(".0")
    return re.sub(r"e([+-])0(\d)$", r"e\1\2", repr(value))


def key_text(value: object) -> str:
    """A key that is no text, as Go prints it: the engine takes it for text."""
    if value is None:
        return "<nil>"
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{value:+}".title()
    return str(value).lower() if isinstance(value, bool) else repr(value)


def json_value(value: object) -> object:
    """A value as it is inside of JSON, where the engine's integers have 64 bits with the sign.

    Raises ``ValueError`` for what JSON does not have.
    """
    if isinstance(value, dict):
        return {key: json_value(v) for key, v in cast("dict[str, object]", value).items()}
    if isinstance(value, list):
        return [json_value(item) for item in cast("list[object]", value)]
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError
    if isinstance(value, int) and not isinstance(value, bool) and not fits(value):
        return _float(str(value))[1]
    return value


def _plain(text: str) -> tuple[str, object]:
    if text in _WORDS:
        return _WORDS[text]
    if text[0] == ".":
        return _float(text) if _AFTER_POINT.fullmatch(text) else (STR, text)
    if text[0] not in "+-0123456789":
        return STR, text
    if (time := _time(text)) is not None:
        return TIMESTAMP, time
    digits = text.replace("_", "")
    if (integer := _integer(digits)) is not None:
        return INT, integer
    return _float(text, digits) if _DECIMAL.fullmatch(digits) else (STR, text)


def fits(value: object) -> bool:
    """Whether it is an integer of 64 bits with its sign."""
    return isinstance(value, int) and -(2**63) <= value < 2**63


def _integer(text: str) -> int | None:
    if inside := _SIGN_INSIDE.fullmatch(text):
        value = int(inside[1], 2) if inside[1] else int(inside[2], 8)
        return value if fits(value) else None
    found = _INTEGER.fullmatch(text)
    if found is None:
        return None
    name, digits = next((n, d) for n in _BASES if (d := found[n]) is not None)
    value = int(f"{found['sign']}{digits}", _BASES[name])
    return value if fits(value) or (not found["sign"] and value < 2**64) else None


def _float(text: str, digits: str | None = None) -> tuple[str, object]:
    value = float(text if digits is None else digits)
    if math.isinf(value):
        return STR, text
    # The engine writes the file once more and reads that: 1.0 has become 1.
    if value.is_integer() and abs(value) < _WIDEST:
        return FLOAT, int(Decimal(repr(value)))
    return FLOAT, value


def _time(text: str) -> str | None:
    """A time as Go prints it, in its own zone."""
    found = _TIME.fullmatch(text)
    if found is None or (found["mark"] not in (None, " ")) != (found["zone"] is not None):
        return None
    year, month, day = (int(found[name]) for name in ("year", "month", "day"))
    clock = [int(found[name] or 0) for name in ("hour", "minute", "second")]
    if not (1 <= month <= 12 and 1 <= day <= _days(year, month)):
        return None
    if clock[0] > 23 or clock[1] > 59 or clock[2] > 59:
        return None
    zone = found["zone"] or "Z"
    if zone == "Z" or zone[1:] == "00:00":
        zone = "+0000 UTC"
    elif int(zone[1:3]) > 24 or int(zone[4:]) > 60:
        return None
    else:
        hours, minutes = divmod(int(zone[1:3]) * 60 + int(zone[4:]), 60)
        zone = " ".join([f"{zone[0]}{hours:02}{minutes:02}"] * 2)
    part = (found["part"] or "")[:9].rstrip("0")
    time = ":".join(f"{value:02}" for value in clock) + (f".{part}" if part else "")
    return f"{year:04}-{month:02}-{day:02} {time} {zone}"


def _days(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31
