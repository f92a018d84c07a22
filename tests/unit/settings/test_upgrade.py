"""Steps to the next major version, and version 4's states: what the settings know of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest

from components.langfuse import guard, write_modes
from components.langfuse.versions import Version
from components.langfuse.write_modes import Mode
from stacks import translation
from stacks.settings import Problem
from tests.support.configurations import (
    ON_EKS,
    VERSION_4_ELSEWHERE,
    Encrypted,
    bad,
    problem,
    problems,
    settings,
)

CACHE: Final = {
    "engine": "external",
    "host": "redis.example.com",
    "password": Encrypted("hunter2"),
}
SERVICES: Final[dict[str, Any]] = {
    **{k: v for k, v in VERSION_4_ELSEWHERE.items() if k != "langfuse"},
    "cache": CACHE,
}
TO_3: Final = {"to": 3, "databaseBackup": "before-3"}
TO_4: Final = {"to": 4, "databaseBackup": "before-4", "clickhouseBackup": "before-4"}


def two(**langfuse: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"langfuse": {"version": "2.95.12", **langfuse}}


def three(**langfuse: Any) -> dict[str, Any]:  # noqa: ANN401
    return {**SERVICES, "langfuse": {"version": "3.225.4", **langfuse}}


def four(**langfuse: Any) -> dict[str, Any]:  # noqa: ANN401
    return {**SERVICES, "langfuse": {"version": "4.16.0", **langfuse}}


def without(key: str) -> str:
    return f"is required: without a backup of {key} the step cannot be undone"


ONLY_2 = "has no use: Langfuse 2.95.12 keeps everything in PostgreSQL"
ONLY_4 = "needs Langfuse 4, whose migrations make the tables that it is about; 3.225.4"
OVER_3 = (
    "cannot be the step after 2.95.12: version 4 deletes the traces of version 2, which version 3 "
    "has to copy before"
)
CHOOSE = (
    "is required in a step to version 4: legacy changes nothing for agents and people, dual lets "
    "people choose the new pages, eventsOnly cannot be left again"
)
ONCE = (
    "must be false with langfuse.writeMode legacy: traces are copied once, and what is written "
    "afterwards would never be; copy in dual"
)
OLD_BUCKET = "must be true, or objectStorage.media: the bucket would hold nothing"

BAD = [
    bad(
        "a state of version 4 with version 2",
        two(writeMode="dual", backfill=True),
        problem("langfuse.writeMode", '"dual"', ONLY_2, ""),
        problem("langfuse.backfill", "true", ONLY_2, ""),
    ),
    bad(
        "dual with version 3",
        three(writeMode="dual", backfill=True),
        problem("langfuse.writeMode", '"dual"', f"{ONLY_4} writes to those of version 3 alone", ""),
        problem("langfuse.backfill", "true", f"{ONLY_4} has none to copy to", ""),
    ),
    bad(
        "a copy in legacy",
        four(writeMode="legacy", backfill=True),
        problem(
            "langfuse.backfill",
            "true",
            ONCE,
            "pulumi config set --path @langfuse.backfill false",
        ),
    ),
    bad(
        "a state as upstream writes it",
        four(writeMode="events_only"),
        problem(
            "langfuse.writeMode",
            '"events_only"',
            "must be 'legacy', 'dual' or 'eventsOnly'",
            "pulumi config set --path @langfuse.writeMode eventsOnly",
        ),
    ),
    bad(
        "a flag of the states by itself",
        four(environment={"LANGFUSE_MIGRATION_V4_WRITE_MODE": "dual"}),
        problem(
            "langfuse.environment.LANGFUSE_MIGRATION_V4_WRITE_MODE",
            '"dual"',
            "is not for the environment; set langfuse.writeMode",
            "",
        ),
    ),
    bad(
        "the flag of the copy by itself",
        four(environment={"LANGFUSE_BACKGROUND_MIGRATION_V4_ENABLE_HISTORIC_BACKFILL": "true"}),
        problem(
            "langfuse.environment.LANGFUSE_BACKGROUND_MIGRATION_V4_ENABLE_HISTORIC_BACKFILL",
            '"true"',
            "is not for the environment; set langfuse.backfill",
            "",
        ),
    ),
    bad(
        "version 4 after 2",
        two(upgrade=TO_4),
        problem(
            "langfuse.upgrade.to", "4", OVER_3, "pulumi config set --path @langfuse.upgrade.to 3"
        ),
    ),
    bad(
        "a step that was made",
        four(upgrade=TO_3),
        problem("langfuse.upgrade", "(an object)", "is done: this is Langfuse 4.16.0", ""),
    ),
    bad(
        "a step to 3 without a backup",
        three(upgrade={"to": 3}),
        problem(
            "langfuse.upgrade.databaseBackup",
            "(nothing)",
            without("PostgreSQL"),
            "pulumi config set --path @langfuse.upgrade.databaseBackup DATABASE_BACKUP",
        ),
    ),
    bad(
        "a step to 4 without backups and without a state",
        four(upgrade={"to": 4}),
        problem(
            "langfuse.upgrade.databaseBackup",
            "(nothing)",
            without("PostgreSQL"),
            "pulumi config set --path @langfuse.upgrade.databaseBackup DATABASE_BACKUP",
        ),
        problem(
            "langfuse.upgrade.clickhouseBackup",
            "(nothing)",
            without("ClickHouse"),
            "pulumi config set --path @langfuse.upgrade.clickhouseBackup CLICKHOUSE_BACKUP",
        ),
        problem(
            "langfuse.writeMode",
            "(nothing)",
            CHOOSE,
            "pulumi config set --path @langfuse.writeMode legacy",
        ),
    ),
    bad(
        "a word in place of a backup",
        three(upgrade={"to": 3, "databaseBackup": "DATABASE_BACKUP"}),
        problem(
            "langfuse.upgrade.databaseBackup",
            '"DATABASE_BACKUP"',
            "is a word in place of a value that only you know",
            "",
        ),
    ),
    *(
        bad(
            f"{what} in place of a backup's name",
            three(upgrade={"to": 3, "databaseBackup": backup}),
            problem(
                "langfuse.upgrade.databaseBackup",
                "[secret]",
                "must have no credentials: every preview shows it, and the migration's pod has it "
                "in clear",
                "",
            ),
        )
        for what, backup in (
            ("a URL with a password", "postgres://langfuse:hunter2@db.example.com/x"),
            ("a key", "sk-proj-ABCDEFGHIJ0123456789"),
        )
    ),
    bad(
        "a copy in version 3, which has one mistake whatever the mode",
        three(writeMode="legacy", backfill=True),
        problem("langfuse.backfill", "true", f"{ONLY_4} has none to copy to", ""),
    ),
    bad(
        "a version that is no step",
        three(upgrade={"to": 5}),
        problem("langfuse.upgrade.to", "5", "must be 3 or 4", ""),
    ),
    bad(
        "services of version 3 before the step to 4 is possible",
        {**SERVICES, **two(upgrade={"to": 4})},
        problem(
            "langfuse.upgrade.to", "4", OVER_3, "pulumi config set --path @langfuse.upgrade.to 3"
        ),
        *(
            problem(
                key,
                "(an object)",
                f"{ONLY_2}; before the step to version 3 it may be there with langfuse.upgrade.to "
                "= 3",
                "",
            )
            for key in ("clickhouse", "cache")
        ),
        problem(
            "objectStorage",
            "(an object)",
            "is for Langfuse 3 and newer; Langfuse 2.95.12 stores exports and media in Amazon S3 "
            "(engine s3)",
            "",
        ),
    ),
]


@pytest.mark.parametrize(("change", "expected"), BAD)
def test_refuses(change: Mapping[str, Any], expected: list[Problem]) -> None:
    found = problems(change)

    assert sorted(map(str, found)) == sorted(map(str, expected))


@pytest.mark.parametrize(
    "change",
    [
        {**SERVICES, **two(upgrade={"to": 3}, worker={"maxReplicas": 2})},
        {
            **ON_EKS,
            **two(upgrade={"to": 3}),
            "objectStorage": {
                "engine": "s3",
                "exports": False,
                "eventDays": 60,
                "mediaBucket": "media",
            },
        },
        three(upgrade=TO_3, paused=True),
        three(upgrade=TO_3),
        three(upgrade={"to": 4}),
        three(writeMode="legacy", backfill=False),
        four(upgrade=TO_4, writeMode="legacy"),
        four(upgrade=TO_4, writeMode="dual"),
        four(upgrade=TO_4, writeMode="eventsOnly", paused=True),
        four(writeMode="dual", backfill=True),
        four(writeMode="eventsOnly", backfill=False),
        four(),
    ],
)
def test_each_step_of_the_path_is_accepted(change: Mapping[str, Any]) -> None:
    assert problems(change) == []


PREFIX = "LANGFUSE_MIGRATION_V4_"
COPY = "LANGFUSE_BACKGROUND_MIGRATION_V4_ENABLE_HISTORIC_BACKFILL"


@pytest.mark.parametrize(
    ("change", "written"),
    [
        (three(), ("legacy", "dual_write", "false", "false")),
        (three(writeMode="legacy"), ("legacy", "dual_write", "false", "false")),
        (four(writeMode="legacy"), ("legacy", "dual_write", "false", "false")),
        (four(writeMode="dual"), ("dual", "dual_write", "true", "false")),
        (four(writeMode="dual", backfill=True), ("dual", "dual_write", "true", "true")),
        (four(), ("events_only", "direct", "true", "true")),
        (four(writeMode="eventsOnly"), ("events_only", "direct", "true", "true")),
        (four(backfill=False), ("events_only", "direct", "true", "false")),
    ],
)
def test_the_four_flags_of_each_state_are_written(
    change: Mapping[str, Any], written: tuple[str, ...]
) -> None:
    names = ("WRITE_MODE", "NATIVE_OTEL_BEHAVIOUR", "ALLOW_PREVIEW_OPT_IN")
    expected = dict(zip((*(PREFIX + name for name in names), COPY), written, strict=True))

    variables = translation.environment(settings(change), None)
    assert {k: v for k, v in variables.items() if "_V4_" in k} == expected


def test_a_worker_starts_in_every_state() -> None:
    """As worker/src/env.ts at v3.225.4 and v4.16.0 decides."""
    for write in ("legacy", "dual", "eventsOnly"):
        found = write_modes.flags(Mode(write, backfill=False))
        mode, spans, pages = (
            found[f"{PREFIX}{name}"]
            for name in ("WRITE_MODE", "NATIVE_OTEL_BEHAVIOUR", "ALLOW_PREVIEW_OPT_IN")
        )
        assert (mode, spans) not in {("legacy", "direct"), ("events_only", "dual_write")}
        assert (mode, pages) != ("events_only", "false")


def test_the_guard_knows_every_state_that_the_settings_accept() -> None:
    version = Version(4, 16, 0)
    for write in ("legacy", "dual", "eventsOnly"):
        for backfill in (False, True):
            if not problems(four(writeMode=write, backfill=backfill)):
                assert guard.sql(version, Mode(write, backfill=backfill))


def test_a_step_is_told_to_the_guard_when_its_version_is_there() -> None:
    def step(change: Mapping[str, Any]) -> tuple[int, str, str] | None:
        found = translation.step(settings(change).langfuse)
        return found and (found.to, found.database_backup, found.clickhouse_backup)

    assert step({**SERVICES, **two(upgrade={"to": 3})}) is None
    assert step(three()) is None
    assert step(three(upgrade=TO_3)) == (3, "before-3", "")
    assert step(three(upgrade={**TO_4, "databaseBackup": "early"})) is None
    assert step(four(upgrade={**TO_4, "databaseBackup": "d"}, writeMode="dual")) == (
        4,
        "d",
        "before-4",
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (two(), None),
        (two(upgrade={"to": 3}), "The next step is to Langfuse 3."),
        (
            {**SERVICES, **two(upgrade={"to": 3})},
            "The next step is to Langfuse 3: Langfuse 2.95.12 reads nothing of clickhouse, cache, "
            "objectStorage.",
        ),
        # Version 2 has its exports in S3.
        (
            {
                **SERVICES,
                **ON_EKS,
                "objectStorage": {"engine": "s3"},
                **two(upgrade={"to": 3}),
            },
            "The next step is to Langfuse 3: Langfuse 2.95.12 reads nothing of clickhouse, cache.",
        ),
        (
            three(upgrade=TO_3),
            "Step to Langfuse 3: before-3 can undo it. Remove langfuse.upgrade when it is done.",
        ),
        (three(upgrade={"to": 4}), "The next step is to Langfuse 4."),
        (
            four(upgrade={**TO_4, "clickhouseBackup": "other"}, writeMode="dual"),
            "Step to Langfuse 4: before-4 and other can undo it. Remove langfuse.upgrade when it "
            "is done.",
        ),
    ],
)
def test_where_a_stack_is_on_the_path_is_said_in_each_preview(
    change: Mapping[str, Any], said: str | None
) -> None:
    assert translation.stage(settings(change)) == said
