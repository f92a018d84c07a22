"""What workers still copy from older tables, and what of it does not go on.

Pure; imports no SDK.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from stacks.names import NAMES
from tooling.doctor.databases.answers import BackgroundMigration, Told
from tooling.doctor.findings import Finding
from tooling.doctor.place import Place
from tooling.kit.masking import quote

_SWITCH: Final = "LANGFUSE_ENABLE_BACKGROUND_MIGRATIONS"

_YOUNG: Final = 120.0
"""Seconds after its start within which a worker has looked for something to do."""


def findings(told: Told, place: Place, age: float) -> Iterator[Finding]:
    """``age``: seconds since the worker started that was asked."""
    for name in told.broken:
        yield Finding.error(
            "migration-broken",
            f"Migration {name}",
            "It stopped half-way, and Prisma goes no further until it is told how that ended. See "
            "what it did, undo that, and mark it as undone",
            place.mark_rolled_back(name),
        )
    for item in told.background or []:
        if item.failed and not item.finished:
            yield Finding.error(
                "background-migration-failed",
                _subject(item),
                f"It has failed, and no worker tries it again: {quote(item.reason) or 'no reason'}",
                place.retry_background_migration(item.name),
            )
    waits = told.waits()
    if waits and not waits[0].runs and age > _YOUNG:
        yield _stalled(waits, told, place)


def _stalled(waits: list[BackgroundMigration], told: Told, place: Place) -> Finding:
    first, others = waits[0], len(waits) - 1
    if told.flags.get(_SWITCH) == "false":
        why = f"{_SWITCH} is false, so that no worker runs it"
        command = place.pulumi("config")
    else:
        since = f" since {first.locked / 60:.0f} minutes" if first.locked else ""
        why = (
            f"no worker works on it{since}: each looks for one at its start only, and not where "
            "another one has just ended without giving it up"
        )
        command = place.own("rollout", "restart", f"deployment/{NAMES.worker}")
    more = f", and {others} more wait for it" if others else ""
    progress = f" ({first.progress})" if first.progress else ""
    cause = f"It is not finished{progress}{more}: {why}"
    return Finding.warning("background-migration-stalled", _subject(first), cause, command)


def _subject(item: BackgroundMigration) -> str:
    return f"Background migration {item.name}"
