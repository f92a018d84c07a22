"""Settings of ClickHouse's backups: what is refused, and what is just right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest

from stacks.settings import Problem
from tests.support.configurations import ON_EKS, Encrypted, bad, problem, problems, settings

STACK: Final[Mapping[str, Any]] = {
    **ON_EKS,
    "langfuse": {"version": "4.16.0", "publicUrl": "https://langfuse.example.com"},
    "cache": {"engine": "statefulSet"},
    "objectStorage": {"engine": "s3"},
}
EXTERNAL: Final = {
    "engine": "external",
    "endpoint": "https://s3.example.com",
    "bucket": "bucket",
    "accessKeyId": Encrypted("key"),
    "secretAccessKey": Encrypted("half"),
}
ROLE: Final = (
    "needs objectStorage.engine s3: the server writes with a role, and another store's keys would "
    "have to be given to it"
)
ADOPTED: Final = (
    "needs a bucket of media that this program creates: in adopted it sets no rule by which "
    "backups expire. Remove objectStorage.bucket and mediaBucket, or make backups outside of this "
    "program"
)
SCHEDULE: Final = (
    "must be a schedule in numbers, 'minute hour * * weekday', such as '0 2 * * *' for every day "
    "at two and '30 1 * * 0' for Sundays at half past one, in UTC"
)


def stack(backups: object, *, engine: str = "operator", **sections: object) -> dict[str, Any]:
    return {**STACK, "clickhouse": {"engine": engine, "backups": backups}, **sections}


BAD = [
    *(
        bad(
            f"backups in {section['engine']}, where they cannot be written by role",
            stack({}, objectStorage=section),
            problem("clickhouse.backups", "(an object)", ROLE, ""),
        )
        for section in ({"engine": "statefulSet"}, EXTERNAL)
    ),
    *(
        bad(
            f"backups in {key} that exists",
            stack({}, objectStorage={"engine": "s3", key: "adopted", **more}),
            problem("clickhouse.backups", "(an object)", ADOPTED, ""),
        )
        for key, more in (("bucket", {}), ("mediaBucket", {"media": True}))
    ),
    bad(
        "backups that a weekly schedule does not renew",
        stack({"days": 7}),
        problem(
            "clickhouse.backups.days",
            "7",
            "must be greater than or equal to 8",
            "",
        ),
    ),
]


@pytest.mark.parametrize(("change", "expected"), BAD)
def test_what_is_refused(change: Mapping[str, Any], expected: list[Problem]) -> None:
    assert problems(change) == expected


@pytest.mark.parametrize(
    "schedule",
    [
        "0 2 * *",
        "0 2 * * * *",
        "0  2 * * *",
        "60 2 * * *",
        "0 24 * * *",
        "0 2 1 * *",
        "0 2 * 6 *",
        "0 2 * * 7",
        "0 2 * * SUN",
        "@daily",
        "5-1 2 * * *",
        "*/0 2 * * *",
        "*/60 2 * * *",
        "1,,2 2 * * *",
        "",
    ],
)
def test_a_schedule_that_kubernetes_refuses_or_that_leaves_weeks_out_is_refused(
    schedule: str,
) -> None:
    (found,) = problems(stack({"schedule": schedule}))

    assert (found.key, found.rule) == ("agent-observability:clickhouse.backups.schedule", SCHEDULE)


@pytest.mark.parametrize(
    "schedule",
    ["0 2 * * *", "30 1 * * 0", "0,30 */6 * * 1-5", "15 0-23/4 * * 0,3,6", "59 23 * * 6"],
)
@pytest.mark.parametrize("engine", ["statefulSet", "operator"])
def test_these_schedules_are_taken_as_they_are(engine: str, schedule: str) -> None:
    read = settings(stack({"schedule": schedule}, engine=engine))

    assert read.backups is not None
    assert (read.backups.schedule, read.backups.days) == (schedule, 14)


def test_a_server_that_is_not_the_programs_has_no_backups() -> None:
    section = {
        "engine": "external",
        "kind": "server",
        "url": "http://ch.example.com:8123",
        "password": Encrypted("secret"),
    }

    assert settings({**STACK, "clickhouse": section}).backups is None
    assert problems({**STACK, "clickhouse": {**section, "backups": {}}}) == [
        problem(
            "clickhouse.backups",
            "(an object)",
            "unknown key of engine external (engine statefulSet and operator have it); known here: "
            "engine, kind, memory, migrationHost, password, url, username",
            "",
        )
    ]


def test_backups_begin_with_langfuse_3() -> None:
    change = stack({}, langfuse={"version": "2.95.12", "upgrade": {"to": 3}})

    assert problems(change) == [
        problem(
            "clickhouse.backups",
            "(an object)",
            "begins with Langfuse 3: 2.95.12 keeps nothing in ClickHouse",
            "pulumi config rm --path @clickhouse.backups",
        )
    ]
