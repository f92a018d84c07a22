"""One trace there and back: written with the SDK that agents use, read through the API."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast

from stacks.stack_files import ROOT
from tooling.kit.commands import Commands
from tooling.kit.deadline import Deadline
from tooling.kit.masking import last_line, quote
from tooling.smoke.keys import KeyPair
from tooling.smoke.report import Verdict, fail, ok, skip
from tooling.smoke.web import UnreachableError, Web, allowed, basic

TRACE: Final = "trace"

NAME: Final = "smoke-test"
"""Name and tag of the trace."""

SDK: Final = ROOT / ".venv-smoke"
"""Where the SDK is installed; not among the program's packages, which are newer than it bears."""

SEND_SECONDS: Final = 20.0
READ_SECONDS: Final = 10.0
"""Version 2 has written a trace when it accepts it; with a queue, soon after."""

_PAUSE: Final = 0.5


class NotSentError(Exception):
    """The SDK could not be run; the text says why."""


@dataclass(frozen=True, kw_only=True)
class Refused:
    """What the ingestion API had against the trace."""

    seen: str
    status: int


def round_trip(
    web: Web,
    url: str,
    keys: KeyPair,
    *,
    run: str,
    commands: Commands,
    sdk: Path,
    read_seconds: float = READ_SECONDS,
) -> Verdict:
    """Writes a trace and waits until it can be read."""
    identifier = f"{NAME}-{run}"
    python = sdk / "bin" / "python"
    if not python.exists():
        return skip(
            TRACE,
            f"Langfuse's SDK is not installed: {sdk.name} is not there; make smoke installs it",
            commands.smoke(),
        )
    start = time.monotonic()
    try:
        answers = _send(python, web, url, keys, _trace(identifier, run))
    except NotSentError as error:
        return skip(TRACE, str(error), f"rm -r {sdk.name}; {commands.smoke()}")
    logs = commands.deployment("logs", "--tail=50")
    if (refused := _refused(answers)) is not None:
        return fail(TRACE, refused.seen, cause=_why(refused.status), command=logs)
    seen = _read(web, f"{url}/api/public/traces/{identifier}", keys, read_seconds)
    if isinstance(seen, str):
        return fail(
            TRACE,
            f"{identifier} was accepted, and {seen}",
            cause="its events wait in a queue that nothing works off (version 2 has no worker "
            "here), or the database refuses them",
            command=logs,
        )
    if (seen.get("id"), seen.get("name"), _run_of(seen)) != (identifier, NAME, run):
        return fail(
            TRACE,
            f"{identifier} was read back with other content than was written",
            cause="something between here and Langfuse changes or caches answers",
            command=logs,
        )
    seconds = time.monotonic() - start
    return ok(
        TRACE,
        f"{identifier} written with the SDK and read back, in {seconds:.1f} s; it stays "
        "(Langfuse 2 has no API to delete it)",
    )


def _trace(identifier: str, run: str) -> dict[str, Any]:
    return {
        "id": identifier,
        "name": NAME,
        "tags": [NAME],
        "input": "Does tracing work?",
        "output": "Written by the smoke test of this deployment.",
        "metadata": {"run": run, "at": datetime.now(UTC).isoformat(timespec="seconds")},
    }


def _send(
    python: Path, web: Web, url: str, keys: KeyPair, trace: dict[str, Any]
) -> list[dict[str, Any]]:
    """What the ingestion API answered. The keys go through standard input: arguments and
    environment can be read in the process list."""
    seconds = allowed(web.deadline, SEND_SECONDS)
    given = {
        "host": url,
        "publicKey": keys.public,
        "secretKey": keys.secret,
        "seconds": max(1, int(seconds / 2)),
        "ca": str(web.ca.absolute()) if web.ca else None,
        "trace": trace,
    }
    script = Path(__file__).with_name("send_trace.py")
    try:
        done = subprocess.run(  # noqa: S603 - our script, with the SDK's interpreter
            # Isolated, with an empty environment: no LANGFUSE_* of the caller's counts.
            [str(python), "-I", str(script)],
            input=json.dumps(given),
            env={},
            check=False,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return []
    except OSError as error:
        raise NotSentError(f"{python.parent.parent.name} cannot be run: {error.strerror}") from None
    try:
        return cast("list[dict[str, Any]]", json.loads(done.stdout)["answers"])
    except (ValueError, KeyError, TypeError):
        said = last_line(done.stderr) or "it wrote nothing"
        raise NotSentError(f"Langfuse's SDK cannot be used: {said}") from None


def _refused(answers: list[dict[str, Any]]) -> Refused | None:
    """What the API refused, as a whole or of single events; None if nothing."""
    if not answers:
        return Refused(seen="the SDK got no answer from /api/public/ingestion", status=0)
    for answer in answers:
        status, errors = int(answer["status"]), cast("list[Any]", answer["errors"] or [])
        if status != 207 or errors:
            first = cast("dict[str, Any]", errors[0]) if _is_event(errors) else {}
            words = [str(first[key]) for key in ("status", "message", "error") if first.get(key)]
            told = f": event refused with {quote(', '.join(words), 200)}" if words else ""
            found = first.get("status")
            return Refused(
                seen=f"/api/public/ingestion answers {status}{told}",
                status=found if isinstance(found, int) else status,
            )
    return None


def _is_event(errors: list[Any]) -> bool:
    return bool(errors) and isinstance(errors[0], dict)


def _why(status: int) -> str:
    if status in {401, 403}:
        return "the keys may not write, or something before Langfuse refuses POST"
    if status in {400, 404, 405}:
        return "this release does not understand what SDK 2 sends: langfuse.version is too old or 3"
    if status == 413:
        return "something before Langfuse limits the size of requests"
    return "Langfuse cannot write to its database, or was too slow: its log says why"


def _read(web: Web, url: str, keys: KeyPair, seconds: float) -> dict[str, Any] | str:
    """The trace, or what was seen in its place until the time was over."""
    patience = Deadline(seconds)
    while True:
        try:
            answer = web.get(url, basic(keys.public, keys.secret))
            if answer.status == 200:
                return answer.document()
            last = f"reading it answers {answer}"
        except UnreachableError as error:
            last = f"reading it: {error}"
        if not (pause := min(patience.left(_PAUSE), web.deadline.left(_PAUSE))):
            return f"{last} after {seconds:.0f} s"
        time.sleep(pause)


def _run_of(trace: dict[str, Any]) -> object:
    metadata: object = trace.get("metadata")
    return cast("dict[str, Any]", metadata).get("run") if isinstance(metadata, dict) else None
