"""Where a stack is on the way to version 4, and who would not come along.

Pure; imports no SDK.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from components.langfuse import guard, write_modes
from components.langfuse.versions import LINES, Version
from components.langfuse.write_modes import BACKFILL
from tooling.doctor import statements
from tooling.doctor.databases.answers import BackgroundMigration, Told
from tooling.doctor.findings import Finding
from tooling.doctor.place import Place

_END: Final = "eventsOnly"

STEPS: Final = {
    "prepare": "1. Prepare",
    "pause": "2. Pause",
    "version 3": "3. Migrate to version 3",
    "version 4": "5. Version 4 as version 3",
    "dual": "6. Write twice",
    "backfill": "7. Copy the history",
    "eventsOnly": "8. Leave the old tables",
}
"""Headings of the page on upgrades that a stack can stand before."""

_SHOWN: Final = 5
"""SDKs that are named."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of the stack beside the answers."""

    release: Version
    paused: bool = False
    prepared: bool = True
    """Whether it has the services of version 3."""


def state(told: Told, known: Known) -> Iterator[str]:
    """What is installed, what is still copied, and what comes next; a line each."""
    parts = [f"Langfuse {known.release}{', paused' if known.paused else ''}"]
    if known.release.major >= write_modes.TABLES_SINCE and told.mode:
        parts.append(f"writes {told.mode}")
    if told.newest:
        parts.append(f"PostgreSQL's schema {told.newest[:14]}")
    if server := told.row("server"):
        parts.append(f"ClickHouse {server['version']}")
    if last := told.row("schema"):
        dirty = ", dirty" if int(last["dirty"]) else ""
        parts.append(f"its schema {last['version']}{dirty}")
    yield "; ".join(parts)
    if told.background:
        yield _background(told, told.background)
    if (following := _next(told, known)) is not None:
        yield following


def _background(told: Told, every: list[BackgroundMigration]) -> str:
    waits = told.waits()
    later = [item for item in every if not (item.finished or item.failed) and item not in waits]
    parts = [f"background migrations: {sum(i.finished for i in every)} of {len(every)} finished"]
    running = [item for item in waits if item.runs]
    for item in running:
        parts.append(f"{item.name} runs" + (f" ({item.progress})" if item.progress else ""))
    if others := len(waits) - len(running):
        parts.append(f"{others} wait")
    if failed := sum(item.failed and not item.finished for item in every):
        parts.append(f"{failed} failed")
    if later:
        parts.append(f"{len(later)} for a later step")
    return "; ".join(parts)


def _next(told: Told, known: Known) -> str | None:
    """The next step, as far as these answers decide about it."""
    if known.release.major == LINES[2].first.major:
        return _within_2(known)
    if known.paused:
        return "next: langfuse.paused false, when the migration has completed"
    if told.background is None:
        return None
    if known.release.major == LINES[3].first.major:
        return _within_3(told.background)
    return _within_4(told, told.background)


def _within_2(known: Known) -> str:
    if known.release < LINES[2].newest:
        return f"next: Langfuse {LINES[2].newest}"
    if not known.prepared:
        return _step("prepare")
    return _step("version 3" if known.paused else "pause")


def _within_3(every: list[BackgroundMigration]) -> str:
    left = [item.name for item in every if item.name in guard.DELETED and not item.finished]
    return _step("version 4", f"when these are finished: {', '.join(left)}" if left else "")


def _within_4(told: Told, every: list[BackgroundMigration]) -> str | None:
    copied = all(item.finished for item in every if item.gate == BACKFILL)
    copies = told.flags.get(BACKFILL) == "true"
    if told.mode == _END:
        return None if copied or not copies else "next: the copy of older traces has to finish"
    if told.mode != "dual":
        return _step("dual")
    if not (copied or copies):
        return _step("backfill")
    ended = "" if copied else "the copy has ended and "
    return _step("eventsOnly", f"when {ended}every agent has an SDK that it takes")


def _step(name: str, when: str = "") -> str:
    """A step of the page on upgrades."""
    return f'next: "{STEPS[name]}" in docs/upgrade.md{", " if when else ""}{when}'


def findings(told: Told, release: Version, place: Place) -> Iterator[Finding]:
    """Agents that the end of the way would shut out."""
    if told.mode == _END or release.major < 3:
        return
    named = told.clickhouse.get("sdks", [])
    count = int(told.row("legacy").get("count", 0))
    if named:
        listed = [f"{row['name']} {row['version']}: {row['count']}" for row in named[:_SHOWN]]
        more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
        said = f"In the last 7 days these came by the old API ({', '.join(listed)}{more})"
        look = statements.OLD_API
    elif count:
        said = f"On the last day {count} observations came by the old API"
        look = statements.OLD_API_BEFORE
    else:
        return
    yield Finding.warning(
        "sdk-too-old",
        "Agents",
        f"{said}. In the mode eventsOnly Langfuse refuses what it brings: Python SDKs below 3, "
        "JavaScript SDKs below 4, and what calls /api/public/ingestion itself",
        place.ask_clickhouse(look),
    )
