"""Rules of the steps from one major version of Langfuse to the next, and of version 4's states."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from components.langfuse import versions, write_modes
from components.langfuse.versions import Version
from stacks.settings.machinery.dispatch import Check
from stacks.settings.machinery.problems import (
    Problem,
    full_key,
    to_change,
    to_decide,
    to_give,
)
from stacks.settings.sections.langfuse import Langfuse, Upgrade

_WRITE_MODE: Final = "langfuse.writeMode"
_BACKFILL: Final = "langfuse.backfill"
_TO: Final = "langfuse.upgrade.to"


def _major(langfuse: Langfuse) -> int:
    return Version.parse(langfuse.version).major


def write_mode_of_version(langfuse: Langfuse) -> Iterator[Problem]:
    release, write, backfill = langfuse.version, langfuse.write_mode, langfuse.backfill
    if not versions.has_worker(Version.parse(release)):
        rule = f"has no use: Langfuse {release} keeps everything in PostgreSQL"
        if write is not None:
            yield to_decide(_WRITE_MODE, write, rule)
        if backfill is not None:
            yield to_decide(_BACKFILL, backfill, rule)
    elif _major(langfuse) < write_modes.TABLES_SINCE:
        rule = f"needs Langfuse 4, whose migrations make the tables that it is about; {release}"
        if write not in {None, "legacy"}:
            yield to_decide(_WRITE_MODE, write, f"{rule} writes to those of version 3 alone")
        if backfill:
            yield to_decide(_BACKFILL, backfill, f"{rule} has none to copy to")


def backfill_of_write_mode(langfuse: Langfuse) -> Iterator[Problem]:
    write = langfuse.write_mode
    if write is None or write in write_modes.COPIES or _major(langfuse) < write_modes.TABLES_SINCE:
        return
    if langfuse.backfill:
        rule = (
            f"must be false with langfuse.writeMode {write}: traces are copied once, and what is "
            "written afterwards would never be; copy in dual"
        )
        yield to_change(_BACKFILL, langfuse.backfill, rule, value=False)


def next_step(langfuse: Langfuse) -> Iterator[Problem]:
    step, major = langfuse.upgrade, _major(langfuse)
    if step is None:
        return
    if major > step.to:
        rule = f"is done: this is Langfuse {langfuse.version}"
        yield Problem(full_key("langfuse.upgrade"), "(an object)", rule, "")
    elif major < step.to - 1:
        rule = (
            f"cannot be the step after {langfuse.version}: version 4 deletes the traces of version "
            "2, which version 3 has to copy before"
        )
        yield to_change(_TO, step.to, rule, major + 1)
    elif major == step.to:
        yield from _made(step)
        if step.to == write_modes.TABLES_SINCE and langfuse.write_mode is None:
            rule = (
                "is required in a step to version 4: legacy changes nothing for agents and people, "
                "dual lets people choose the new pages, eventsOnly cannot be left again"
            )
            yield to_change(_WRITE_MODE, None, rule, "legacy")


def _made(step: Upgrade) -> Iterator[Problem]:
    """Without a way back a step is not made."""
    if step.database_backup is None:
        rule = "is required: without a backup of PostgreSQL the step cannot be undone"
        yield to_give("langfuse.upgrade.databaseBackup", rule)
    if step.to == write_modes.TABLES_SINCE and step.clickhouse_backup is None:
        rule = "is required: without a backup of ClickHouse the step cannot be undone"
        yield to_give("langfuse.upgrade.clickhouseBackup", rule)


CHECKS: Final[tuple[Check, ...]] = (write_mode_of_version, backfill_of_write_mode, next_step)
