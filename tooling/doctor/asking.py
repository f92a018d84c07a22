"""Asks many questions side by side, and waits for none of them longer than all may take."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from tooling.doctor.findings import Check, Finding, Unanswerable
from tooling.kit.masking import quote

T = TypeVar("T")

_MISTAKES = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a program raises about itself: its text says little without its name."""


class Deadline:
    """A moment that all questions share."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        return max(0.0, self._end - time.monotonic())


class UnansweredError(Exception):
    """The deadline came before the answer."""


class Question(Generic[T]):
    """One call in a thread of its own, which is given up rather than waited for."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._done = threading.Event()
        self._value: T | None = None
        self._error: Exception | None = None
        # A daemon: a request that hangs does not keep the program from ending.
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            self._value = self._call()
        except Exception as error:  # is raised where the answer is asked for
            self._error = error
        self._done.set()

    def answer(self, deadline: Deadline) -> T:
        """The result, or what the call raised; ``UnansweredError`` at the deadline."""
        if not self._done.wait(deadline.left()):
            raise UnansweredError(f"No answer within {deadline.seconds:g} s")
        if self._error is not None:
            raise self._error
        return self._value  # type: ignore[return-value] # T may allow None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One check's outcome."""

    title: str
    findings: Sequence[Finding] = ()
    """Nothing found: all is well."""


Asked: TypeAlias = tuple[str, Question[list[Finding]]]
"""A check's title, and its question."""


def ask(checks: Iterable[Check]) -> list[Asked]:
    """Start every check."""
    return [(check.title, Question(lambda run=check.run: [*run()])) for check in checks]


def answers(asked: Iterable[Asked], deadline: Deadline, again: str) -> list[Answer]:
    """Every check's answer by the deadline. ``again``: the command that asks once more."""
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
    except Exception as error:  # one question's failure must not hide the others
        return [unanswered(title, in_words(error), again)]


def in_words(error: Exception) -> str:
    """What an exception says; with its name where its text needs it."""
    mistake = isinstance(error, _MISTAKES)
    named = f"{type(error).__name__}: {error}" if mistake or not str(error) else str(error)
    return quote(named)


def unanswered(title: str, reason: str, again: str) -> Finding:
    """What could not be found out, and why."""
    return Finding(
        section="unknown-error",
        severity="warning",
        subject=title,
        cause=f"It could not be checked: {reason}",
        command=again,
    )
