"""What the databases of a stack answered. Pure; imports no SDK."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from components.langfuse import write_modes
from components.langfuse.write_modes import WriteMode
from tooling.kit.json_values import as_list, as_mapping

Row = dict[str, Any]

_ALIVE: Final = 120.0
"""Seconds within which a worker renews its lock on a background migration; it does each 15 s."""


_PARTS: Final = ("postgres", "clickhouse", "redis", "health")


@dataclass(frozen=True, kw_only=True)
class BackgroundMigration:
    """One row of ``background_migrations``."""

    name: str
    finished: bool
    failed: bool
    reason: str
    locked: float | None
    """Seconds since a worker renewed its lock; None without one."""
    gate: str | None
    """Variable of the worker without which it is not run."""
    progress: str
    """How far it is, in words; empty if it does not say."""

    @property
    def runs(self) -> bool:
        """Whether a worker renews its lock."""
        return self.locked is not None and self.locked < _ALIVE


@dataclass(frozen=True, kw_only=True)
class Told:
    """Everything that was answered. What could not be asked is not there."""

    flags: Mapping[str, str] = field(default_factory=dict[str, str])
    """Variables of the worker that decide what it does with older data."""
    postgres: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """A document by the name of each question that has an answer."""
    clickhouse: Mapping[str, list[Row]] = field(default_factory=dict[str, list[Row]])
    """Rows, likewise."""
    redis: Mapping[str, Any] = field(default_factory=dict[str, Any])
    health: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """The worker's own page."""
    problems: Mapping[str, str] = field(default_factory=dict[str, str])
    """Why a part has no answer at all, by its name."""

    @property
    def background(self) -> list[BackgroundMigration] | None:
        """In the order in which they are run; None if that is not known."""
        rows: list[Row] | None = self.postgres.get("background")
        return None if rows is None else [_migration(row) for row in rows]

    @property
    def newest(self) -> str:
        """The newest migration of PostgreSQL's schema; empty if that is not known."""
        return str((as_mapping(self.postgres.get("schema")) or {}).get("newest") or "")

    @property
    def broken(self) -> list[str]:
        """Migrations of PostgreSQL's schema that stopped half-way."""
        return as_list((as_mapping(self.postgres.get("schema")) or {}).get("broken")) or []

    def row(self, question: str) -> Row:
        """The only row that ClickHouse answered; empty without one."""
        rows = self.clickhouse.get(question, [])
        return rows[0] if rows else {}

    @property
    def mode(self) -> WriteMode | None:
        """Where traces are written, as the worker was told; None if it was not."""
        return write_modes.of(self.flags)

    def waits(self) -> list[BackgroundMigration]:
        """What workers have still to do, by their own rules."""
        return [
            item
            for item in self.background or []
            if not (item.finished or item.failed)
            and (item.gate is None or self.flags.get(item.gate) == "true")
        ]


def _migration(row: Row) -> BackgroundMigration:
    chunks, down_to = row.get("chunks"), row.get("down_to")
    progress = f"{row['done']} of {chunks} parts" if chunks else ""
    if down_to:
        progress = f"down to {str(down_to)[:10]}"
    return BackgroundMigration(
        name=row["name"],
        finished=row["finished"],
        failed=row["failed"],
        reason=row.get("reason") or "",
        locked=row.get("locked"),
        gate=row.get("gate"),
        progress=progress,
    )


def read(text: str) -> Told:
    """The answers in what the program in the container wrote. Raises ``ValueError`` if it is
    something else."""
    document = as_mapping(json.loads(text))
    if document is None:
        raise ValueError("no JSON object")
    parts = {part: as_mapping(document.get(part)) or {} for part in _PARTS}
    answers = {part: as_mapping(told.get("answer")) or {} for part, told in parts.items()}
    flags = as_mapping(document.get("flags")) or {}
    return Told(
        flags={str(key): str(value) for key, value in flags.items()},
        postgres=_answered(answers["postgres"]),
        clickhouse={
            name: rows
            for name, given in _answered(answers["clickhouse"]).items()
            if (rows := as_list(given)) is not None
        },
        redis=answers["redis"],
        health=answers["health"],
        problems=_problems(parts),
    )


def _problems(parts: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Why a part has no answer: none was possible, or each of its questions failed."""
    problems = {part: str(told["error"]) for part, told in parts.items() if told.get("error")}
    questions = as_mapping(parts["clickhouse"].get("answer")) or {}
    if questions and not _answered(questions):
        first = as_mapping(next(iter(questions.values()))) or {}
        problems["clickhouse"] = str(first.get("error"))
    return problems


def _answered(questions: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: as_mapping(given) or {} for name, given in questions.items()}
    return {name: given["answer"] for name, given in told.items() if "answer" in given}
