"""What the guard says that stops a migration which would lose data. Pure; imports no SDK.

The sentences are those of ``components.langfuse.guard``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from components.langfuse import guard, versions
from tooling.doctor.patterns.pattern import MIGRATION_LOG, Groups, Pattern, of, pattern
from tooling.doctor.place import Place

SECTION: Final = "guard-refused"

_COPIES: Final = str(versions.LINES[3].newest)
"""The release whose background migrations copy what version 4 would delete."""


def _refused(
    state: str, why: str, said: str, way_out: Callable[[Place, Groups], str] = MIGRATION_LOG
) -> Pattern:
    """``why``: a regular expression of what follows the name of the state."""
    return pattern(
        SECTION,
        rf"{guard.MARK} {state}: {why}",
        f"The guard stopped the migration before it changed anything: {said}",
        way_out,
    )


def _version_3(place: Place, _: Groups) -> str:
    runs = place.running if place.running.startswith("3.") else _COPIES
    return place.config_set("langfuse.version", runs)


PATTERNS: Final = of(
    ("migration",),
    _refused(
        "not_copied",
        r"version 4",
        "version 4 would drop traces of version 2 that no version 3 has copied to ClickHouse yet. "
        "Its workers copy them",
        _version_3,
    ),
    _refused(
        "unfinished",
        r"[^\n:]{1,160}: (?P<names>[\w, ()]{1,900})",
        "version 4 would delete what version 3 has not copied yet. Let its workers finish {names}",
        _version_3,
    ),
    _refused(
        "not_paused",
        r"",
        "traces are copied once, and what pods write meanwhile would be lost. Paused, none writes",
        lambda place, _: place.config_set("langfuse.paused", value=True),
    ),
    _refused(
        "no_backup",
        r"(?:[^\n.]{1,120} schema of|version 4 drops)(?: version (?P<to>3))?",
        "only a backup leads back from this step, and none is named. Take it; the settings then "
        "ask for its name",
        lambda place, found: place.config_set("langfuse.upgrade.to", int(found.get("to") or 4)),
    ),
    _refused(
        "backfilled",
        r"",
        "the copy to version 4's tables runs once and has begun, so that what legacy writes from "
        "now on would never be in them",
        lambda place, _: place.config_set("langfuse.writeMode", "dual"),
    ),
    _refused(
        "newer_schema",
        r"the database is at (?P<found>\d{14}_\w{1,120})",
        "a newer release has migrated the database, to {found}. The running pods have that release",
        lambda place, _: place.back_to_running,
    ),
    _refused(
        "failed_migration",
        r"(?P<name>\d{14}_\w{1,120})",
        "an earlier schema migration, {name}, stopped half-way. See what it did, undo that, and "
        "mark it as undone",
        lambda place, groups: place.mark_rolled_back(groups["name"]),
    ),
    _refused(
        "no_history",
        r"the database",
        "the database has Langfuse's tables without the record of its migrations, as after a "
        "restore of some tables. Restore _prisma_migrations too, or take an empty database",
    ),
)
