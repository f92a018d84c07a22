"""Daily and weekly windows: read, written, and compared minute by minute."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import pytest

from stacks.settings import Problem
from stacks.settings.machinery.windows import (
    DAY,
    WEEK,
    Window,
    daily,
    daily_text,
    overlap,
    weekly,
    weekly_text,
)
from stacks.settings.rules import database
from stacks.settings.sections.database import RdsDatabase
from tests.support.configurations import problems, rds

STARTS = (0, 1, 10, 719, 720, 1080, 1410, 1439)
LENGTHS = (30, 31, 60, 720, 1380, 1409, 1410, 1439)
WEEKLY_STARTS = (*STARTS, 3 * DAY + 600, WEEK - 30, WEEK - 1)


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("17:00-18:00", Window(1020, 60)),
        ("23:45-00:15", Window(1425, 30)),
        ("00:00-00:00", Window(0, 0)),
    ],
)
def test_a_daily_window_is_read_and_written(text: str, window: Window) -> None:
    assert daily(text) == window
    assert daily_text(window) == text


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("mon:00:00-mon:00:30", Window(0, 30)),
        ("sun:18:30-sun:19:30", Window(6 * DAY + 1110, 60)),
        ("sun:23:45-mon:00:15", Window(WEEK - 15, 30)),
        ("tue:10:00-wed:09:00", Window(DAY + 600, 1380)),
    ],
)
def test_a_weekly_window_is_read_and_written(text: str, window: Window) -> None:
    assert weekly(text) == window
    assert weekly_text(window) == text


def _minutes(window: Window, period: int) -> int:
    """The minutes of the week in which a window is open, one bit each."""
    once = (1 << window.minutes) - 1
    line = 0
    for start in range(window.start, window.start + WEEK, period):
        line |= once << start
    while line >> WEEK:
        line = line & _WHOLE_WEEK | line >> WEEK
    return line


_WHOLE_WEEK = (1 << WEEK) - 1


def test_each_minute_of_a_window_is_counted() -> None:
    assert _minutes(Window(2, 3), WEEK) == 0b11100
    assert _minutes(Window(WEEK - 1, 2), WEEK) == 1 << (WEEK - 1) | 1
    assert _minutes(Window(DAY - 1, 2), DAY).bit_count() == 14


@pytest.mark.parametrize("each_day", [Window(s, n) for s, n in itertools.product(STARTS, LENGTHS)])
def test_windows_overlap_when_they_share_a_minute(each_day: Window) -> None:
    open_daily = _minutes(each_day, DAY)
    for start, minutes in itertools.product(WEEKLY_STARTS, LENGTHS):
        each_week = Window(start, minutes)
        shared = open_daily & _minutes(each_week, WEEK)
        assert overlap(each_day, each_week) == bool(shared), each_week


@pytest.mark.parametrize("given", ["backupWindow", "maintenanceWindow"])
@pytest.mark.parametrize("start", [*range(0, DAY, 45), *STARTS])
def test_the_window_that_was_not_given_makes_way_for_the_one_that_was(
    start: int, given: str
) -> None:
    for minutes in (30, 31, 60, 719, 720):
        window = Window(6 * DAY + start, minutes)
        text = daily_text(window) if given == "backupWindow" else weekly_text(window)
        windows = {given: text}
        for problem in overlapping(windows):
            *_, key, value = problem.fix.split()
            windows[key.rpartition(".")[2]] = value
        assert overlapping(windows) == [], windows
        assert windows[given] == text


def overlapping(windows: Mapping[str, str]) -> list[Problem]:
    """What the one rule of both says; all the others would take a hundred times as long."""
    section = RdsDatabase.model_validate({"engine": "rds", **windows})
    return list(database.windows(section))


def test_the_rule_of_both_windows_is_one_of_the_settings() -> None:
    windows = {"backupWindow": "18:00-19:00"}

    assert problems(rds(**windows)) == overlapping(windows) != []


def test_of_two_windows_that_were_given_none_makes_way() -> None:
    windows = {"backupWindow": "03:00-04:00", "maintenanceWindow": "sun:03:30-sun:04:30"}

    assert [problem.fix for problem in problems(rds(**windows))] == [""]


@pytest.mark.parametrize(
    "windows",
    [{"backupWindow": "12:00-00:01"}, {"maintenanceWindow": "sun:12:00-mon:00:01"}],
)
def test_no_window_makes_way_for_one_of_more_than_half_a_day(windows: dict[str, str]) -> None:
    assert [problem.fix for problem in problems(rds(**windows))] == [""]
