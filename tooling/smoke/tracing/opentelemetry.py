"""From Langfuse 3 on: a trace by OpenTelemetry, its file and its score, written with the SDK that
agents use, and read back when a worker has processed them."""

from __future__ import annotations

import functools
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from tooling.kit.json_values import as_list, as_mapping
from tooling.smoke.report import Verdict, fail, ok, skip
from tooling.smoke.tracing import media, sdk
from tooling.smoke.tracing.media import MEDIA
from tooling.smoke.tracing.reading import Seen, read
from tooling.smoke.tracing.sdk import Exchange, NotSentError, Refused
from tooling.smoke.tracing.trace import CHANGED, NAME, TRACE, Trip, content
from tooling.smoke.worker import SECTION

SCORE: Final = "score"

SENT_TO: Final = "/api/public/otel/v1/traces"
SCORES_SENT_TO: Final = "/api/public/ingestion"

OBSERVATIONS: Final = "/api/public/v2/observations"
TRACES: Final = "/api/public/traces"
SCORES: Final = "/api/public/v3/scores"

TRACE_SECONDS: Final = 30.0
"""A worker needs about one; where older tables are written too, the delay of the queue on top."""

SCORE_SECONDS: Final = 45.0
"""Workers let a score wait for 15 seconds, in case that it changes."""

_OTHER_PATH: Final = (
    "something before Langfuse takes this path: every Langfuse from version 3 on has it"
)
_CAUSES: Final = {
    **sdk.CAUSES,
    400: "this release does not understand what SDK 4 sends",
    404: _OTHER_PATH,
    405: _OTHER_PATH,
}
_NOT_STORED: Final = (
    "Langfuse cannot keep what it is sent, in object storage or in the cache's queue, or was too "
    "slow: its log says why"
)


_Items = Callable[[Mapping[str, Any]], list[Mapping[str, Any]]]


class RoundTrip:
    """All that is written in one run. The SDK runs once, when the first check asks."""

    def __init__(
        self,
        trip: Trip,
        through: Mapping[str, str] | str,
        *,
        trace_seconds: float = TRACE_SECONDS,
        score_seconds: float = SCORE_SECONDS,
    ) -> None:
        """``through``: where to connect to instead of a store's own host and port, or why there
        is no way to it."""
        self._trip = trip
        self._through = through
        self._trace_seconds, self._score_seconds = trace_seconds, score_seconds
        self._name = f"{NAME}-{trip.run}"
        self._trace = hashlib.sha256(self._name.encode()).hexdigest()[:32]
        self._start = time.monotonic()

    def trace(self) -> Verdict:
        """Whether the trace is accepted, processed, and read back as it was written."""
        try:
            sent = self.sent
        except NotSentError as error:
            return skip(TRACE, str(error), error.command)
        if (refused := sdk.refused(sent, SENT_TO, [200])) is not None:
            return self._refused(TRACE, refused)
        for path, query, items in self._reads():
            seen = read(
                self._trip,
                f"{path}{query}",
                lambda found, items=items: bool(items(found)),
                self._trace_seconds,
            )
            if not seen.there:
                return self._not_processed(TRACE, f"trace {self._trace}", path, seen)
            if not any(self._is_ours(item) for item in items(seen.document)):
                return self._changed(TRACE, f"trace {self._trace}", path)
        read_from = " and ".join(path for path, _, _ in self._reads())
        return ok(
            TRACE,
            f"{self._trace} written with the SDK by OpenTelemetry, processed by a worker and read "
            f"back from {read_from}, in {self._seconds}; it stays",
        )

    def media(self) -> Verdict:
        """Whether a file of the trace is stored, and comes back."""
        if isinstance(self._through, str):
            why = "not checked from outside, as the store answers in the cluster only: "
            return skip(MEDIA, f"{why}{self._through}")
        try:
            sent = self.sent
        except NotSentError as error:
            return skip(MEDIA, str(error))
        return media.round_trip(self._trip, sent, self._name.encode(), self._through)

    def score(self) -> Verdict:
        """Whether a score of the trace is accepted, processed, and read back."""
        try:
            sent = self.sent
        except NotSentError as error:
            return skip(SCORE, str(error))
        if (refused := sdk.refused(sent, SCORES_SENT_TO, [207])) is not None:
            return self._refused(SCORE, refused)
        query = urlencode({"id": self._name})
        seen = read(
            self._trip, f"{SCORES}?{query}", lambda found: bool(_data(found)), self._score_seconds
        )
        if not seen.there:
            return self._not_processed(SCORE, self._name, SCORES, seen)
        found = _data(seen.document)[0]
        if (found.get("id"), found.get("name"), found.get("value")) != (self._name, NAME, 1):
            return self._changed(SCORE, self._name, SCORES)
        return ok(SCORE, f"{self._name} processed by a worker and read back, in {self._seconds}")

    @functools.cached_property
    def sent(self) -> Sequence[Exchange]:
        """What the SDK sent. Raises ``NotSentError``."""
        through = None if isinstance(self._through, str) else self._through
        stores = self._trip.expected.media and through is not None
        score = {"score_id": self._name, "name": NAME, "value": 1, "data_type": "NUMERIC"}
        what = {
            "trace": {"id": self._trace, **content(self._trip.run)},
            "score": {**score, "trace_id": self._trace},
            "file": self._name if stores else None,
            "through": through or {},
        }
        return sdk.send(self._trip, "send_opentelemetry", what)

    def _reads(self) -> list[tuple[str, str, _Items]]:
        """Where the trace has to be: path, rest of the URL, and its observations in the answer."""
        query = urlencode({"traceId": self._trace, "fields": "core,basic,metadata"})
        every: dict[str, tuple[str, str, _Items]] = {
            "events": (OBSERVATIONS, f"?{query}", _data),
            "traces": (TRACES, f"/{self._trace}", _observations),
        }
        return [every[table] for table in self._trip.expected.tables]

    def _is_ours(self, observation: Mapping[str, Any]) -> bool:
        run = (as_mapping(observation.get("metadata")) or {}).get("run")
        wanted = (self._trace, NAME, self._trip.run)
        return (observation.get("traceId"), observation.get("name"), run) == wanted

    @property
    def _seconds(self) -> str:
        return f"{time.monotonic() - self._start:.1f} s"

    def _refused(self, check: str, refused: Refused) -> Verdict:
        return fail(
            check,
            refused.seen,
            cause=_CAUSES.get(refused.status, _NOT_STORED),
            command=self._trip.logs,
        )

    def _changed(self, check: str, what: str, path: str) -> Verdict:
        seen = f"{path}: {what} was read back with other content than was written"
        return fail(check, seen, cause=CHANGED, command=self._trip.logs)

    def _not_processed(self, check: str, what: str, path: str, seen: Seen) -> Verdict:
        return fail(
            check,
            f"{what} was accepted, and {path} {seen.last} after {seen.seconds:.0f} s",
            cause="no worker works, or ClickHouse does not take what workers write: their log "
            "says why",
            command=self._trip.commands.worker("logs", "--tail=50"),
            section=SECTION,
        )


def _data(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return _objects(document.get("data"))


def _observations(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return _objects(document.get("observations"))


def _objects(found: object) -> list[Mapping[str, Any]]:
    items = [as_mapping(item) for item in as_list(found) or ()]
    return [item for item in items if item is not None]
