"""What the text of a failed run says, and what of it is not understood. Pure; imports no SDK."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tooling.doctor.findings import Finding
from tooling.doctor.patterns import known
from tooling.doctor.place import Place
from tooling.kit.masking import quote

_SUBJECT: Final = "The failed run"


@dataclass(frozen=True, kw_only=True)
class Log:
    """The findings of a log."""

    known: Sequence[Finding] = ()
    unknown: Sequence[Finding] = ()
    """What is not understood."""


def read(text: str, place: Place) -> Log:
    """The findings of a run's whole text; none for an empty one."""
    said = [line for line in text.splitlines() if line.strip()]
    if not said:
        return Log()
    reading = known.read(text, place)
    left = list(reading.not_understood)
    if not left and not reading.explanations:
        left = [quote(said[-1])]
    return Log(
        known=[explanation.about(_SUBJECT) for explanation in reading.explanations],
        unknown=[_unknown(left, place)] if left else [],
    )


def _unknown(errors: Sequence[str], place: Place) -> Finding:
    first, others = errors[0], len(errors) - 1
    them = "this text. It says" if not others else f"{len(errors)} of its errors. The first is"
    return Finding.error(
        known.GENERAL,
        _SUBJECT,
        f"The doctor does not know {them}: {first}",
        place.pulumi("preview", "--diff"),
    )
