"""Where Langfuse 4 keeps traces: one table of the flags of each state on the way there.

From worker/src/env.ts and web/src/env.mjs at v3.225.4 and v4.16.0, and upstream's guide
(https://langfuse.com/self-hosting/upgrade/upgrade-guides/upgrade-v3-to-v4). The defaults of the
images differ between versions 3 and 4, and a worker ends at its start with any combination of
`legacy` and `direct`, or of `events_only` with `dual_write` or without the new pages. So all of
them are always written, and none can be set one by one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from components.langfuse.versions import Version

WriteMode = Literal["legacy", "dual", "eventsOnly"]


@dataclass(frozen=True)
class Mode:
    """A state on the way from version 3's tables to version 4's."""

    write: WriteMode
    backfill: bool
    """Whether workers copy what is in version 3's tables, once, to those of version 4."""


@dataclass(frozen=True, kw_only=True)
class _Flags:
    write: str
    """The tables that are written: version 3's, both, or version 4's alone."""
    opentelemetry: str
    """Whether spans of OpenTelemetry go to version 4's tables at once, or past those of 3."""
    new_pages: bool
    """Whether people may choose the pages that read version 4's tables, and agents those APIs."""


_FLAGS: Final[dict[WriteMode, _Flags]] = {
    "legacy": _Flags(write="legacy", opentelemetry="dual_write", new_pages=False),
    "dual": _Flags(write="dual", opentelemetry="dual_write", new_pages=True),
    "eventsOnly": _Flags(write="events_only", opentelemetry="direct", new_pages=True),
}

WRITES: Final = "LANGFUSE_MIGRATION_V4_WRITE_MODE"
"""Variable that names the tables that are written."""

BACKFILL: Final = "LANGFUSE_BACKGROUND_MIGRATION_V4_ENABLE_HISTORIC_BACKFILL"
"""Variable that lets workers copy older traces to the tables of version 4."""

COPIES: Final = frozenset[WriteMode]({"dual", "eventsOnly"})
"""Where a backfill may run. It runs once: what `legacy` wrote after it would never be copied."""

TABLES_SINCE: Final = 4
"""The major version whose migrations make the new tables: before, there is `legacy` alone."""


def default(version: Version) -> WriteMode:
    """Upstream's state for a new installation."""
    return "eventsOnly" if version.major >= TABLES_SINCE else "legacy"


def mode(version: Version, write: WriteMode | None = None, *, backfill: bool | None = None) -> Mode:
    """A state, from what is said of it; the rest is as for a new installation.

    In `dual` the backfill waits until it is asked for: upstream starts it when what is written
    twice was seen to arrive.
    """
    write = write or default(version)
    return Mode(write, backfill if backfill is not None else write == "eventsOnly")


def flags(mode: Mode) -> dict[str, str]:
    """The variables of a state, for web and worker alike."""
    found = _FLAGS[mode.write]
    return {
        BACKFILL: _text(mode.backfill),
        "LANGFUSE_MIGRATION_V4_ALLOW_PREVIEW_OPT_IN": _text(found.new_pages),
        "LANGFUSE_MIGRATION_V4_NATIVE_OTEL_BEHAVIOUR": found.opentelemetry,
        WRITES: found.write,
    }


def of(variables: Mapping[str, str]) -> WriteMode | None:
    """The state that these variables are of; None if they do not say it."""
    return next((mode for mode, its in _FLAGS.items() if its.write == variables.get(WRITES)), None)


def _text(flag: bool) -> str:
    return "true" if flag else "false"
