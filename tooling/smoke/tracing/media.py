"""A file of a trace: uploaded by the SDK to the object store, and fetched again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from tooling.kit.masking import quote
from tooling.smoke.report import Verdict, fail, ok
from tooling.smoke.tracing import sdk
from tooling.smoke.tracing.sdk import Exchange
from tooling.smoke.tracing.trace import CHANGED, Trip
from tooling.smoke.web import UnreachableError, basic

MEDIA: Final = "media"

SECTION: Final = "storage-bucket"
PATH: Final = "/api/public/media"

PAGES: Final = "what pages upload is a browser's matter (CORS, Content-Security-Policy), not tried"

_OTHER_SETTINGS: Final = "the pods run with other settings than the stack file's"
_LINK: Final = "Langfuse cannot sign links to the store: its log says why"


def round_trip(
    trip: Trip, sent: Sequence[Exchange], content: bytes, through: Mapping[str, str]
) -> Verdict:
    """Whether the file that the SDK sent with the trace is there. ``through``: where to connect to
    instead of a store's own host and port."""
    if (refused := sdk.refused(sent, PATH, [200, 201])) is not None:
        off = "no bucket configured" in refused.seen
        return fail(
            MEDIA,
            refused.seen,
            cause=_OTHER_SETTINGS if off else _LINK,
            command=trip.commands.up() if off else trip.logs,
        )
    if (failure := _not_uploaded(trip, sent)) is not None:
        return failure
    told = [exchange for exchange in sent if exchange.method == "PATCH"]
    if not told or told[-1].status != 200:
        return fail(
            MEDIA,
            "the SDK uploaded a file, and could not tell Langfuse so: "
            f"{told[-1] if told else 'no answer'}",
            cause="Langfuse cannot write to its database, or was too slow: its log says why",
            command=trip.logs,
        )
    path = urlsplit(told[-1].url).path
    answer = trip.web.get(f"{trip.url}{path}", basic(trip.keys.public, trip.keys.secret))
    link = answer.document().get("url")
    if answer.status != 200 or not isinstance(link, str):
        return fail(MEDIA, f"{path} answers {answer}", cause=_LINK, command=trip.logs)
    return _fetched(trip, link, content, through)


def _not_uploaded(trip: Trip, sent: Sequence[Exchange]) -> Verdict | None:
    """The verdict on an upload that the store did not take."""
    puts = [exchange for exchange in sent if exchange.method == "PUT"]
    if not puts:
        return fail(
            MEDIA,
            "the SDK got no answer from the store",
            cause="Langfuse gave no link, or the store was too slow",
            command=trip.logs,
        )
    last = puts[-1]
    if 200 <= last.status < 300:
        return None
    return _no_store(trip, f"upload to {_host(last.url)}", last.status or last.trouble, str(last))


def _fetched(trip: Trip, link: str, content: bytes, through: Mapping[str, str]) -> Verdict:
    """The verdict on the file in the store, which is at a signed link."""
    parts = urlsplit(link)
    host = _host(link)
    # The header Host is part of the signature.
    headers = {"Host": parts.netloc} if parts.netloc in through else {}
    instead = parts._replace(netloc=through.get(parts.netloc, parts.netloc)).geturl()
    try:
        answer = trip.web.get(instead, headers)
    except UnreachableError as error:
        return _no_store(trip, f"download from {host}", error.kind, str(error))
    if answer.status != 200:
        return _no_store(trip, f"download from {host}", answer.status, str(answer))
    if answer.body != content:
        return fail(
            MEDIA,
            f"{host} has another file than was uploaded",
            cause=CHANGED,
            command=trip.logs,
        )
    return ok(MEDIA, f"a file uploaded to {host} by a signed link and downloaded; {PAGES}")


def _host(url: str) -> str:
    """Host and port, without credentials."""
    return quote(urlsplit(url).netloc.rpartition("@")[2], 100)


def _no_store(trip: Trip, what: str, why: int | str | None, seen: str) -> Verdict:
    """The verdict on a store that refuses, or cannot be reached. ``why``: its status, or the sort
    of failure."""
    command = trip.commands.doctor()
    if why == "certificate":
        cause = "the store's certificate is not to be trusted; a private authority's: --ca FILE"
        command = trip.commands.smoke("OPTIONS=--ca FILE")
    elif not isinstance(why, int):
        cause = "the store cannot be reached from here; agents upload to the same host"
    elif why in {301, 307, 400}:
        cause = "the bucket is in another region than Langfuse signs for, or signatures differ"
    elif why == 403:
        cause = (
            "Langfuse's role or keys may not read and write media (policy of the bucket, KMS "
            "key), or the clocks disagree"
        )
    elif why == 404:
        cause = "there is no such bucket or file"
    else:
        cause = "the store has a failure of its own"
    return fail(
        MEDIA,
        f"{what}{' answers' if isinstance(why, int) else ':'} {seen}",
        cause=cause,
        command=command,
        section=SECTION,
    )
