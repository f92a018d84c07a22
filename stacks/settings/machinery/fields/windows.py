"""Types of windows of time in UTC, each day or each week."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Final

from stacks.settings.machinery.rule import Meant, matching

TIME: Final = r"([01]\d|2[0-3]):[0-5]\d"
"""A time of the day as a regular expression."""

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY: Final = f"({'|'.join(_DAYS)})"

_CLOCK: Final = re.compile(r"(\d{1,2})(?:[:.h]?(\d{2}))?\s*(am|pm)?")
_MOMENT: Final = re.compile(rf"({'|'.join(_DAYS)})?[a-z]*[\s:,]*(\d.*)")


def _clock(text: str) -> str | None:
    match = _CLOCK.fullmatch(text)
    if match is None or (match[2] is None and match[3] is None):
        return None
    hour = int(match[1])
    if match[3] is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match[3] == "pm" else 0)
    return f"{0 if hour == 24 else hour:02}:{match[2] or '00'}"


def _ends(text: str) -> list[str]:
    """Both ends of a window, which are in UTC whether it says so or not."""
    said = re.sub(r"\s*(utc|gmt|(?<=\d)z)\b", "", text.lower())
    return re.split(r"\s*(?:[-\u2013\u2014]|\bto\b|\buntil\b)\s*", said.strip())


def _daily(text: str) -> Iterator[str]:
    clocks = [_clock(end) for end in _ends(text)]
    if len(clocks) == 2 and None not in clocks:
        yield "-".join(filter(None, clocks))


def _weekly(text: str) -> Iterator[str]:
    """Full names of days, and one day for both ends."""
    moments = [_MOMENT.fullmatch(end) for end in _ends(text)]
    if len(moments) != 2 or moments[0] is None or moments[1] is None:
        return
    (first, start), (last, end) = moments[0].groups(), moments[1].groups()
    start, end = _clock(start), _clock(end)
    if first and start and end and (last or start < end):
        yield f"{first}:{start}-{last or first}:{end}"


DailyWindow = Annotated[
    str,
    matching("must be a daily window in UTC such as '17:00-18:00'", f"{TIME}-{TIME}"),
    Meant(_daily),
]

WeeklyWindow = Annotated[
    str,
    matching(
        "must be a weekly window in UTC such as 'sun:18:30-sun:19:30'",
        f"{_DAY}:{TIME}-{_DAY}:{TIME}",
    ),
    Meant(_weekly),
]
