"""Langfuse 2: a trace written with the SDK that agents use, read through the API."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final, cast

from tooling.smoke.report import Verdict, fail, ok, skip
from tooling.smoke.tracing import sdk
from tooling.smoke.tracing.reading import read
from tooling.smoke.tracing.sdk import NotSentError
from tooling.smoke.tracing.trace import CHANGED, NAME, TRACE, Trip, content

SENT_TO: Final = "/api/public/ingestion"

_NOT_UNDERSTOOD: Final = (
    "this release does not understand what SDK 2 sends: langfuse.version is too old"
)
_CAUSES: Final = {**sdk.CAUSES, **dict.fromkeys((400, 404, 405), _NOT_UNDERSTOOD)}
_NOT_STORED: Final = "Langfuse cannot write to its database, or was too slow: its log says why"

READ_SECONDS: Final = 10.0
"""Version 2 has written a trace when it accepts it."""


def round_trip(trip: Trip, read_seconds: float = READ_SECONDS) -> Verdict:
    """Writes a trace and waits until it can be read."""
    identifier = f"{NAME}-{trip.run}"
    start = time.monotonic()
    trace = {"id": identifier, "tags": [NAME], **content(trip.run)}
    try:
        sent = sdk.send(trip, "send_version_2", {"trace": trace})
    except NotSentError as error:
        return skip(TRACE, str(error), error.command)
    if (refused := sdk.refused(sent, SENT_TO, [207])) is not None:
        return fail(
            TRACE, refused.seen, cause=_CAUSES.get(refused.status, _NOT_STORED), command=trip.logs
        )
    path = f"/api/public/traces/{identifier}"
    seen = read(trip, path, lambda _: True, read_seconds)
    if not seen.there:
        return fail(
            TRACE,
            f"{identifier} was accepted, and reading it {seen.last} after {seen.seconds:.0f} s",
            cause="its events wait in a queue that nothing works off (version 2 has no worker "
            "here), or the database refuses them",
            command=trip.logs,
        )
    found = seen.document
    if (found.get("id"), found.get("name"), _run_of(found)) != (identifier, NAME, trip.run):
        return fail(
            TRACE,
            f"{identifier} was read back with other content than was written",
            cause=CHANGED,
            command=trip.logs,
        )
    seconds = time.monotonic() - start
    return ok(
        TRACE,
        f"{identifier} written with the SDK and read back, in {seconds:.1f} s; it stays "
        "(Langfuse 2 has no API to delete it)",
    )


def _run_of(trace: Mapping[str, Any]) -> object:
    metadata: object = trace.get("metadata")
    return cast("dict[str, Any]", metadata).get("run") if isinstance(metadata, dict) else None
