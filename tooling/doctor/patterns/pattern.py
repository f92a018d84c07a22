"""The form of a known error text, and the commands that its rows use. Pure; imports no SDK."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tooling.doctor.findings import Severity
from tooling.doctor.place import Place

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
