"""Langfuse's SDKs, each in a virtual environment of its own: what they send, and the answers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from components.langfuse import versions
from components.langfuse.versions import Version
from stacks.stack_files import ROOT
from tooling.kit.masking import last_line, quote
from tooling.smoke.tracing.trace import Trip
from tooling.smoke.web import Trouble, UnreachableError, allowed

FOLDER: Final = ROOT
"""Where the SDKs' environments are; the packages of neither agree with the program's."""

SEND_SECONDS: Final = 20.0

_NO_WRITES: Final = "the keys may not write, or something before Langfuse refuses POST"

CAUSES: Final = {
    401: _NO_WRITES,
    403: _NO_WRITES,
    413: "something before Langfuse limits the size of requests",
}
"""Why a request is refused, whatever it says."""


def environment(version: Version) -> str:
    """Name of the virtual environment with the SDK that fits a server."""
    return ".venv-smoke-4" if version >= versions.OPENTELEMETRY else ".venv-smoke"


class NotSentError(Exception):
    """The SDK could not be run; the text says why."""

    def __init__(self, text: str, command: str) -> None:
        super().__init__(text)
        self.command = command


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request of an SDK, and the answer."""

    method: str
    url: str
    """Without its query, which may be a signature."""
    status: int = 0
    """0: there was no answer."""
    said: str = ""
    """The answer in the server's own words; without an answer, what happened instead."""
    errors: Sequence[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])
    """What was refused of a batch that was accepted."""
    trouble: Trouble | None = None
    """Without an answer: of which sort the failure was."""

    def __str__(self) -> str:
        if not self.status:
            return quote(self.said, 200)
        return f"{self.status} ({quote(self.said, 200)})" if self.said else str(self.status)


@dataclass(frozen=True, kw_only=True)
class Refused:
    """What the server had against a request."""

    seen: str
    status: int
    """0: there was no answer."""


def send(trip: Trip, script: str, what: Mapping[str, Any]) -> list[Exchange]:
    """Runs a script next to this file with the SDK's interpreter: its requests so far when it
    ended, or its time was over. Raises ``NotSentError``.

    What it needs goes through standard input: arguments and environment can be read in the
    process list.
    """
    sdk, commands, web = trip.sdk, trip.commands, trip.web
    python = sdk / "bin" / "python"
    if not python.exists():
        raise NotSentError(
            f"Langfuse's SDK is not installed: {sdk.name} is not there; make smoke installs it",
            commands.smoke(),
        )
    again = f"rm -r {sdk.name}; {commands.smoke()}"
    module = f"{__name__.rpartition('.')[0]}.{script}"
    seconds = allowed(web.deadline, SEND_SECONDS)
    given = {
        "host": trip.url,
        "publicKey": trip.keys.public,
        "secretKey": trip.keys.secret,
        "seconds": max(1, int(seconds / 2)),
        "ca": str(web.ca.absolute()) if web.ca else None,
        **what,
    }
    try:
        done = subprocess.run(  # noqa: S603 - our script, with the SDK's interpreter
            [str(python), "-s", "-P", "-m", module],
            input=json.dumps(given).encode(),
            # No LANGFUSE_* or OTEL_* of the caller's counts.
            env={"PYTHONPATH": str(ROOT)},
            check=False,
            capture_output=True,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired as over:
        return _exchanges(over.stdout or b"") or []
    except OSError as error:
        raise NotSentError(f"{sdk.name} cannot be run: {error.strerror}", again) from None
    found = _exchanges(done.stdout)
    if found is None or done.returncode:
        said = last_line(done.stderr.decode(errors="replace")) or "it wrote nothing"
        raise NotSentError(f"Langfuse's SDK cannot be used: {said}", again)
    return found


def refused(exchanges: Iterable[Exchange], path: str, accepted: Sequence[int]) -> Refused | None:
    """What ``path`` refused, as a whole or of single events; None if nothing.

    A request that the SDK made again counts with its last answer. Raises ``UnreachableError`` where
    the SDK did not reach Langfuse.
    """
    asked = [exchange for exchange in exchanges if exchange.url.endswith(path)]
    if not asked:
        return Refused(seen=f"the SDK got no answer from {path}", status=0)
    last = asked[-1]
    if last.trouble is not None and last.trouble != "timeout":
        raise UnreachableError(last.trouble, str(last))
    if not last.status:
        return Refused(seen=f"{path}: {last}", status=0)
    if last.status in accepted and not last.errors:
        return None
    if not last.errors:
        return Refused(seen=f"{path} answers {last}", status=last.status)
    first = last.errors[0]
    words = [str(first[key]) for key in ("status", "message", "error") if first.get(key)]
    told = f": event refused with {quote(', '.join(words), 200)}" if words else ""
    found = first.get("status")
    return Refused(
        seen=f"{path} answers {last.status}{told}",
        status=found if isinstance(found, int) else last.status,
    )


def _exchanges(output: bytes) -> list[Exchange] | None:
    """The lines that a script wrote, one for each request; None if it wrote something else. The
    last one may be cut."""
    lines = output.decode(errors="replace").split("\n")
    try:
        return [_exchange(json.loads(line)) for line in lines[:-1]]
    except (ValueError, KeyError, TypeError):
        return None


def _exchange(document: Mapping[str, Any]) -> Exchange:
    errors = cast("list[Any]", document["errors"])
    return Exchange(
        method=document["method"],
        url=document["url"],
        status=int(document["status"]),
        said=str(document["said"]),
        trouble=document.get("trouble"),
        errors=[cast("dict[str, Any]", error) for error in errors if isinstance(error, dict)],
    )
