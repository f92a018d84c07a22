"""The result of a check: everything that the doctor reports has this form."""

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
    """``error``: `up` fails, or Langfuse does not work. ``warning``: a problem that does not
    stop `up`."""
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
    """Whether the check found nothing."""


class Unanswerable(Exception):  # noqa: N818 - not a failure of the program
    """A check that cannot run; the finding says why."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding
        super().__init__(f"{finding.subject}: {finding.cause}")
