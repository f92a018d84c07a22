"""Daily and weekly windows of time in UTC, in minutes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DAY: Final = 24 * 60
WEEK: Final = 7 * DAY

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Window:
    """A window that comes back each day or each week."""

    start: int
    """Minutes after midnight, or after Monday's."""
    minutes: int


def daily(text: str) -> Window:
    """Read ``hh24:mi-hh24:mi``; the end may be of the next day."""
    start, end = (_minutes(time) for time in text.split("-"))
    return Window(start, (end - start) % DAY)


def weekly(text: str) -> Window:
    """Read ``ddd:hh24:mi-ddd:hh24:mi``; the end may be of the next week."""
    start, end = (_DAYS.index(time[:3]) * DAY + _minutes(time[4:]) for time in text.split("-"))
    return Window(start, (end - start) % WEEK)


def daily_text(window: Window) -> str:
    """As ``daily`` reads it."""
    return f"{_time(window.start)}-{_time(window.start + window.minutes)}"


def weekly_text(window: Window) -> str:
    """As ``weekly`` reads it."""
    moments = (window.start, window.start + window.minutes)
    return "-".join(f"{_DAYS[moment // DAY % 7]}:{_time(moment)}" for moment in moments)


def overlap(each_day: Window, each_week: Window) -> bool:
    """Whether the daily window overlaps the weekly one. Adjacent windows do not overlap."""
    wait = (each_day.start - each_week.start) % DAY  # from the week's start to the next day's
    return wait < each_week.minutes or DAY - wait < each_day.minutes


def _minutes(time: str) -> int:
    hours, minutes = time.split(":")
    return int(hours) * 60 + int(minutes)


def _time(moment: int) -> str:
    return f"{moment // 60 % 24:02}:{moment % 60:02}"
