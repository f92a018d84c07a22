"""The form of a known error text, and the commands that its rows use. Pure; imports no SDK."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from tooling.doctor.findings import Severity
from tooling.doctor.place import Place
from tooling.doctor.run_log.marks import Caller

Groups = dict[str, str]
"""What a pattern's named groups matched; empty texts for those that did not."""


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """One known text."""

    section: str
    text: re.Pattern[str]
    cause: Callable[[Place, Groups], str]
    command: Callable[[Place, Groups], str]
    severity: Severity = "error"
    by: frozenset[Caller] = frozenset()
    """Whose words it is about; empty: anyone's."""
    only_alone: bool = False
    """Whether it says too little to be reported beside another text of its section."""


def pattern(
    section: str,
    text: str,
    cause: str | Callable[[Place, Groups], str],
    command: Callable[[Place, Groups], str],
) -> Pattern:
    """A row of the table; ``{name}`` in a cause is the group of that name."""

    def filled(place: Place, groups: Groups) -> str:
        return cause.format_map(groups) if isinstance(cause, str) else cause(place, groups)

    return Pattern(section=section, text=re.compile(text), cause=filled, command=command)


def of(callers: Iterable[Caller], *rows: Pattern) -> tuple[Pattern, ...]:
    """Rows that are only about what these say."""
    return tuple(replace(row, by=frozenset(callers)) for row in rows)


def warns(row: Pattern) -> Pattern:
    """A row about what stops neither `up` nor Langfuse."""
    return replace(row, severity="warning")


def alone(row: Pattern) -> Pattern:
    """A row that says too little beside another one of its section."""
    return replace(row, only_alone=True)


def kubectl(*words: str) -> Callable[[Place, Groups], str]:
    """A kubectl command in Langfuse's namespace."""

    def command(place: Place, groups: Groups) -> str:
        return place.own(*(word.format_map(groups) for word in words))

    return command


def aws(*words: str) -> Callable[[Place, Groups], str]:
    def command(place: Place, groups: Groups) -> str:
        return place.aws(*(word.format_map(groups) for word in words))

    return command


def up(place: Place, _: Groups) -> str:
    return place.up()


def doctor(place: Place, _: Groups) -> str:
    return place.doctor()


def doctor_before(place: Place, _: Groups) -> str:
    return place.doctor(before=True)


MIGRATION_LOG: Final = kubectl(
    "logs", "-l", "app.kubernetes.io/component=migration", "--tail=100", "--prefix"
)
