"""Runs checks in parallel, under one deadline for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from tooling.doctor.findings import Check, Finding, Unanswerable
from tooling.kit.deadline import Deadline, Question
from tooling.kit.masking import quote

NOT_CHECKED: Final = "not-checked"
"""Section of a question that was not answered."""

_MISTAKES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""Programming errors: their text says little without the name of the exception."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One check's outcome."""

    title: str
    findings: Sequence[Finding] = ()
    """Whether the check found nothing."""


Asked: TypeAlias = tuple[str, Question[list[Finding]]]
"""A check's title, and its question."""


def ask(checks: Iterable[Check]) -> list[Asked]:
    """Start every check."""
    return [(check.title, Question(lambda run=check.run: [*run()])) for check in checks]


def answers(asked: Iterable[Asked], deadline: Deadline, again: str) -> list[Answer]:
    """Every check's outcome at the deadline. ``again``: the command that repeats the checks."""
    return [
        Answer(title=title, findings=found(title, question, deadline, again))
        for title, question in asked
    ]


def found(
    title: str, question: Question[list[Finding]], deadline: Deadline, again: str
) -> list[Finding]:
    """A question's findings; one that is not answered is a warning of its own."""
    try:
        return question.answer(deadline)
    except Unanswerable as error:
        return [error.finding]
    except Exception as error:  # the failure of one check must not hide the others
        return [unanswered(title, in_words(error), again)]


def in_words(error: Exception) -> str:
    """The text of an exception, with its name where the text alone says little."""
    mistake = isinstance(error, _MISTAKES)
    named = f"{type(error).__name__}: {error}" if mistake or not str(error) else str(error)
    return quote(named)


def unanswered(title: str, reason: str, again: str) -> Finding:
    """What could not be found out, and why."""
    return Finding.warning(NOT_CHECKED, title, f"It could not be checked: {reason}", again)
