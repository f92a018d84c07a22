"""What databases answer the doctor, for tests of what it concludes."""

from __future__ import annotations

import json
from typing import Any, Final

from components.langfuse.write_modes import BACKFILL
from tooling.doctor.databases.answers import Told, read

COPIED: Final = "20241024_1730_migrate_traces_from_pg_to_ch"
STEP_1: Final = "20260701_v4_step_1_create_root_spans_from_traces"
STEP_3: Final = "20260701_v4_step_3_backfill_events_full_from_observations"
STEP_5: Final = "20260701_v4_step_5_drop_pid_tid_sorting_tables"
DROP: Final = "LANGFUSE_BACKGROUND_MIGRATION_V4_DROP_PID_TID_SORTING_TABLES"

GIB: Final = 2**30


def migration(
    name: str,
    *,
    finished: bool = False,
    failed: bool = False,
    locked: float | None = None,
    gate: str | None = None,
    **more: Any,  # noqa: ANN401 - JSON
) -> dict[str, Any]:
    """One background migration, as PostgreSQL's answer has it."""
    row = {"name": name, "finished": finished, "failed": failed, "locked": locked, "gate": gate}
    return {**row, "reason": None, "chunks": None, "done": None, "down_to": None, **more}


def chain(**more: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON
    """What version 4 copies, and what it tidies up last."""
    return [
        migration(STEP_1, gate=BACKFILL, **more),
        migration(STEP_3, gate=BACKFILL),
        migration(STEP_5, gate=DROP),
    ]


def told(
    *,
    flags: dict[str, str] | None = None,
    background: list[dict[str, Any]] | None = None,
    history: dict[str, Any] | None = None,
    redis: dict[str, Any] | None = None,
    health: dict[str, Any] | None = None,
    **clickhouse: list[dict[str, Any]],
) -> Told:
    """What the program in the container writes, read.

    ``history``: of PostgreSQL's schema; ``clickhouse``: rows by question.
    """
    documents = {"background": background, "schema": history}
    parts: dict[str, Any] = {
        "postgres": {name: {"answer": d} for name, d in documents.items() if d is not None},
        "clickhouse": {name: {"answer": rows} for name, rows in clickhouse.items()},
        "redis": redis,
        "health": health,
    }
    answered = {part: {"answer": answer} for part, answer in parts.items() if answer}
    return read(json.dumps({"flags": flags or {}, **answered}))
