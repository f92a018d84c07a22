"""Rules of windows in UTC: one of every day for backups, one of every week for maintenance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from stacks.settings.machinery.problems import (
    Problem,
    full_key,
    set_command,
    show,
    to_change,
    to_decide,
)
from stacks.settings.machinery.windows import (
    DAY,
    Window,
    daily,
    daily_text,
    overlap,
    weekly,
    weekly_text,
)

_HOUR: Final = 60
_GAP: Final = 30
"""Minutes between a window and the one that makes way for it."""


@dataclass(frozen=True)
class Setting:
    """A window as it is configured."""

    path: str
    text: str
    given: bool
    """False for the default."""


def apart(each_day: Setting, each_week: Setting, *, shortest: int) -> Iterator[Problem]:
    """Problems of two windows that are too short or too long, or that overlap.

    ``shortest``: minutes that AWS asks for at least.
    """
    problems = [*_lengths(each_day, each_week, shortest)]
    if not problems and overlap(daily(each_day.text), weekly(each_week.text)):
        problems = [_overlapping(each_day, each_week)]
    yield from problems


def _lengths(each_day: Setting, each_week: Setting, shortest: int) -> Iterator[Problem]:
    rule = f"must be at least {shortest} minutes long, and is {{}}"
    if (minutes := daily(each_day.text).minutes) < shortest:
        yield to_decide(each_day.path, each_day.text, rule.format(minutes))
    if not shortest <= (minutes := weekly(each_week.text).minutes) < DAY:
        told = rule.format(minutes)
        if minutes >= DAY:
            told = f"must be shorter than 24 hours, and is {minutes // 60}"
        yield to_decide(each_week.path, each_week.text, told)


def _overlapping(each_day: Setting, each_week: Setting) -> Problem:
    """The problem of overlapping windows. The one that was not given makes way."""
    backup, maintenance = daily(each_day.text), weekly(each_week.text)
    path, found = each_week.path, each_week.text
    rule = f"must not overlap {each_day.path}, which is {each_day.text} every day"
    given = (each_day.given, each_week.given)
    if given == (True, False) and backup.minutes <= DAY // 2:
        midnight = maintenance.start // DAY * DAY
        after = Window(midnight + backup.start + backup.minutes + _GAP, _HOUR)
        return to_change(path, found, rule, weekly_text(after))
    if given == (False, True) and maintenance.minutes <= DAY // 2:
        after = Window(maintenance.start + maintenance.minutes + _GAP, _HOUR)
        fix = set_command(full_key(each_day.path), daily_text(after))
        return Problem(full_key(path), show(found), rule, fix)
    return to_decide(path, found, rule)
