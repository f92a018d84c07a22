"""CloudWatch's metric math, as far as the alarms use it, on figures that are given.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from components.monitoring.alarms.cloudwatch_metrics import Alarm, Formula

Figure = float | None
"""None where nothing was measured."""


class Series:
    """Figures of one period after the other."""

    def __init__(self, figures: Sequence[Figure]) -> None:
        self.figures = list(figures)

    def _with(self, other: Series | float, combine: Callable[[float, float], float]) -> Series:
        """What lacks a figure on either side has none."""
        return Series(
            [
                None if mine is None or theirs is None else combine(mine, theirs)
                for mine, theirs in zip(self.figures, self._beside(other), strict=True)
            ]
        )

    def _compare(self, other: Series | float, is_so: Callable[[float, float], bool]) -> Series:
        """Between two series a missing figure counts as 0; beside a number it stays missing."""
        if not isinstance(other, Series):
            return self._with(other, is_so)
        return Series(
            [
                None if mine is None and theirs is None else is_so(mine or 0, theirs or 0)
                for mine, theirs in zip(self.figures, other.figures, strict=True)
            ]
        )

    def _beside(self, other: Series | float) -> list[Figure]:
        return other.figures if isinstance(other, Series) else [other] * len(self.figures)

    def __add__(self, other: Series | float) -> Series:
        return self._with(other, operator.add)

    def __mul__(self, other: Series | float) -> Series:
        return self._with(other, operator.mul)

    def __rmul__(self, other: float) -> Series:
        return self._with(other, operator.mul)

    def __truediv__(self, other: Series | float) -> Series:
        return self._with(other, lambda a, b: a / b if b else float("nan"))

    def __gt__(self, other: Series | float) -> Series:
        return self._compare(other, operator.gt)

    def __lt__(self, other: Series | float) -> Series:
        return self._compare(other, operator.lt)

    def __ge__(self, other: Series | float) -> Series:
        return self._compare(other, operator.ge)


def _if(condition: Series, then: Series | float, otherwise: Series | float) -> Series:
    def beside(value: Series | float) -> list[Figure]:
        return value.figures if isinstance(value, Series) else [value] * len(condition.figures)

    chosen: list[Figure] = []
    for holds, yes, no in zip(condition.figures, beside(then), beside(otherwise), strict=True):
        # A condition that holds without a figure to take gives 0.
        chosen.append(None if holds is None else ((yes or 0) if holds else no))
    return Series(chosen)


def _fill(series: Series, number: float) -> Series:
    return Series([number if figure is None else figure for figure in series.figures])


def _sum(series: Sequence[Series]) -> Series:
    """Of the figures that there are; none where all are missing."""
    rows = zip(*(one.figures for one in series), strict=True)
    known = [[figure for figure in row if figure is not None] for row in rows]
    return Series([sum(row) if row else None for row in known])


def _max(series: Sequence[Series]) -> Series:
    """Of the figures that there are; none where all are missing."""
    rows = zip(*(one.figures for one in series), strict=True)
    known = [[figure for figure in row if figure is not None] for row in rows]
    return Series([max(row) if row else None for row in known])


def _diff(series: Series) -> Series:
    figures: list[Figure] = [None]
    for before, after in zip(series.figures, series.figures[1:], strict=False):
        figures.append(None if before is None or after is None else after - before)
    return Series(figures)


_FUNCTIONS: dict[str, Any] = {"IF": _if, "FILL": _fill, "DIFF": _diff, "MAX": _max, "SUM": _sum}


def compared(alarm: Alarm, figures: Mapping[str, Sequence[Figure]]) -> list[Figure]:
    """What ``alarm`` compares with its threshold, from the figures of its metrics by their keys."""
    known: dict[str, Any] = {}
    for key, series in alarm.series.items():
        if isinstance(series, Formula):
            known[key] = eval(series.expression, {"__builtins__": {}}, {**_FUNCTIONS, **known})  # noqa: S307 - the program's own text
        else:
            known[key] = Series(figures[key])
    return known[[*known][-1]].figures
