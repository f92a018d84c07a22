"""What a check found: the one form of everything that the doctor says."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal, Self

Severity = Literal["error", "warning"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One cause, and what to do about it."""

    section: str
    """Heading of the section in ``docs/troubleshooting.md``, such as ``claim-pending``."""
    severity: Severity
    """``error``: `up` fails, or Langfuse does not work. ``warning``: something is worse than it
    looks, and `up` goes on."""
    subject: str
    """What it is about, as ``Kind namespace/name`` for an object."""
    cause: str
    """What is wrong and why, with the cluster's own words where it has any."""
    command: str
    """The next command, ready to be pasted."""

    @classmethod
    def error(cls, section: str, subject: str, cause: str, command: str) -> Self:
        return cls(section=section, severity="error", subject=subject, cause=cause, command=command)

    @classmethod
    def warning(cls, section: str, subject: str, cause: str, command: str) -> Self:
        return replace(cls.error(section, subject, cause, command), severity="warning")


@dataclass(frozen=True, kw_only=True)
class Check:
    """One question, asked beside the others; ``run`` may raise, and is then itself unanswered."""

    title: str
    """What is asked, as the line that answers it begins: ``External Secrets``."""
    run: Callable[[], Iterable[Finding]]
    """Nothing found: all is well."""


class Unanswerable(Exception):  # noqa: N818 - not a failure of the program
    """A question that cannot be asked; the finding says what stands in the way."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding
        super().__init__(f"{finding.subject}: {finding.cause}")
