"""Reads until something is there."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tooling.kit.deadline import Deadline
from tooling.smoke.tracing.trace import Trip
from tooling.smoke.web import UnreachableError, basic

_PAUSE: Final = 0.5


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What was read last."""

    there: bool
    last: str
    """How the last answer is spoken of, after the path."""
    seconds: float
    """How long it was waited for."""
    document: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """The answer in which it is."""


def read(
    trip: Trip,
    path: str,
    is_there: Callable[[Mapping[str, Any]], bool],
    seconds: float,
) -> Seen:
    """Asks Langfuse until it is there, for so many seconds at most or until the run is over."""
    web, headers = trip.web, basic(trip.keys.public, trip.keys.secret)
    start, patience = time.monotonic(), Deadline(seconds)
    while True:
        try:
            answer = web.get(f"{trip.url}{path}", headers)
            if answer.status == 200 and is_there(document := answer.document()):
                return Seen(there=True, last="", seconds=_since(start), document=document)
            last = f"answers {answer}" + (" without it" if answer.status == 200 else "")
        except UnreachableError as error:
            last = f"was not answered ({error})"
        if not (pause := min(patience.left(_PAUSE), web.deadline.left(_PAUSE))):
            return Seen(there=False, last=last, seconds=_since(start))
        time.sleep(pause)


def _since(start: float) -> float:
    return time.monotonic() - start
