"""The results of the checks, as lines for people and as JSON for machines.

Pure; imports no SDK.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from tooling.kit.masking import clean
from tooling.kit.report import guide, wrapped

Status = Literal["ok", "FAIL", "skip", "note"]

_WIDTH: Final = 14
"""Of the column with the check's name."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The result of one check."""

    check: str
    """What was checked, in a word or two."""
    status: Status
    """``skip``: the check belongs to the stack and could not be made. ``note``: it is none that a
    program can make, so it does not count."""
    seen: str
    """What was found; for ``skip`` and ``note``, why it could not be checked."""
    cause: str = ""
    """The likely cause of a failure."""
    command: str = ""
    """The next command, ready to be pasted."""
    section: str = ""
    """Heading of the section in ``docs/troubleshooting.md``, where one fits."""


def ok(check: str, seen: str) -> Verdict:
    return Verdict(check=check, status="ok", seen=seen)


def skip(check: str, why: str, command: str = "", section: str = "") -> Verdict:
    return Verdict(check=check, status="skip", seen=why, command=command, section=section)


def note(check: str, why: str) -> Verdict:
    return Verdict(check=check, status="note", seen=why)


def fail(check: str, seen: str, *, cause: str, command: str, section: str = "") -> Verdict:
    return Verdict(
        check=check, status="FAIL", seen=seen, cause=cause, command=command, section=section
    )


def line(verdict: Verdict) -> str:
    """What was seen, with lines for each of cause, next command and further reading."""
    lines = [wrapped(f"{verdict.status:<5} {verdict.check:<{_WIDTH}} ", verdict.seen)]
    if verdict.cause:
        lines.append(wrapped(_title("cause"), verdict.cause))
    if verdict.command:
        lines.append(_title("next") + verdict.command)
    if verdict.section:
        lines.append(f"{_title('see')}{guide(verdict.section)}")
    return "\n".join(lines)


def _title(word: str) -> str:
    return f"      {word:<{_WIDTH}} "


@dataclass(frozen=True, kw_only=True)
class Report:
    """All verdicts of one run."""

    stack: str
    run: str
    """Identifies the run; the trace that it wrote carries it."""
    url: str
    """Where Langfuse was asked."""
    version: str
    """The release that the stack pins."""
    seconds: float
    verdicts: Sequence[Verdict]

    def passed(self, *, allow_skips: bool = False) -> bool:
        """Whether every check passed; a skipped check counts as not passed."""
        found = {verdict.status for verdict in self.verdicts} - {"note"}
        # If nothing could be checked, the run has not passed.
        return "ok" in found and found <= ({"ok", "skip"} if allow_skips else {"ok"})

    def summary(self, *, allow_skips: bool = False) -> str:
        """The last line."""
        counts = [
            f"{sum(v.status == status for v in self.verdicts)} {status}"
            for status in ("ok", "FAIL", "skip")
        ]
        failed = any(v.status == "FAIL" for v in self.verdicts)
        word = "works" if self.passed(allow_skips=allow_skips) else "does not work"
        if not failed and word != "works":
            word = "is not proven to work"
            if not allow_skips:
                word += " (OPTIONS=--allow-skips accepts what could not be checked)"
        return f"Langfuse of stack {self.stack} {word}: {', '.join(counts)}, {self.seconds:.1f} s"

    def document(self, *, allow_skips: bool = False) -> dict[str, Any]:
        """The report for ``--json``."""
        return {
            "stack": self.stack,
            "run": self.run,
            "url": self.url,
            "version": self.version,
            "passed": self.passed(allow_skips=allow_skips),
            "seconds": round(self.seconds, 1),
            "checks": [
                {
                    "check": verdict.check,
                    "status": verdict.status,
                    "seen": verdict.seen,
                    "cause": verdict.cause,
                    "next": verdict.command,
                    "section": verdict.section,
                }
                for verdict in self.verdicts
            ],
        }


def presentable(verdict: Verdict, mask: Callable[[str], str]) -> Verdict:
    """``verdict`` fit to be shown. Its texts may quote a server, a Secret or a kubeconfig: no
    control character is left in them, nothing that looks like a secret, and nothing that ``mask``
    knows to be one."""

    def shown(text: str) -> str:
        # Control characters first: within a secret they would hide it.
        return mask(clean(text).replace("\n", " "))

    return Verdict(
        check=shown(verdict.check),
        status=verdict.status,
        seen=shown(verdict.seen),
        cause=shown(verdict.cause),
        command=shown(verdict.command),
        section=verdict.section,
    )
