"""Every command that a problem offers, carried out: sound, nothing lost, nothing moved."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
from pydantic import JsonValue

from stacks.settings import ConfigurationError, read
from stacks.settings.machinery.secrecy import decoded
from tests.support.config_commands import PLACEHOLDERS, fixed
from tests.support.configurations import KEY, small
from tests.unit.settings import (
    test_aws_cache,
    test_aws_database,
    test_aws_endpoint,
    test_aws_platform,
    test_aws_risks,
    test_checks,
    test_clickhouse,
    test_environment,
    test_monitoring,
    test_object_storage,
    test_problems,
    test_settings,
    test_sso,
    test_typed_keys,
    test_types,
    test_upgrade,
    test_values,
    test_version_4,
)

_TABLES: Final = (
    test_aws_cache,
    test_aws_database,
    test_aws_endpoint,
    test_aws_platform,
    test_aws_risks,
    test_checks,
    test_clickhouse,
    test_environment,
    test_monitoring,
    test_object_storage,
    test_problems,
    test_sso,
    test_typed_keys,
    test_types,
    test_upgrade,
    test_values,
    test_version_4,
)
CHANGES: Final = [
    pytest.param(test_settings.EVERY, id="every problem"),
    *(
        pytest.param(row.values[0], id=f"{table.__name__.rpartition('.')[2]}: {row.id}")
        for table in _TABLES
        for row in table.BAD
    ),
]

SAFER: Final = {
    "acknowledge",
    "cache.protect",
    "cache.replicas",
    "cache.snapshotDays",
    "clickhouse.protect",
    "clickhouse.resources.memoryLimit",
    "database.backupDays",
    "database.multiAz",
    "database.protect",
    "endpoint.inboundCidrs",
    "langfuse.backfill",
    "langfuse.resources.memoryLimit",
    "langfuse.signUp",
    "langfuse.worker.resources.memoryLimit",
    "objectStorage.protect",
    "langfuse.smtp.encryption",
    "langfuse.upgrade.to",
    "secrets.protect",
    "secrets.recoveryDays",
}
"""Where a command offers the safe value: to accept the risk is the reader's decision."""

ONE: Final = {
    "cache.image",
    "cache.tls",
    "clickhouse.image",
    "clickhouse.keeper.image",
    "clickhouse.kind",
    "clickhouse.url",
    "langfuse.repository",
    "langfuse.worker.repository",
    "objectStorage.image",
}
"""Where what was given cannot work, and what is offered is the one thing that can, or the release
that Langfuse is tested with."""

SAME: Final = {
    ("10.1.2.3/16", "10.1.0.0/16"),
    ("203.0.113.7/24", "203.0.113.0/24"),
    ("2.91.00", "2.91.0"),
    # The same minor release, without a mistake.
    ("2.90.0", "2.90.1"),
    ("2.95.11", test_checks.CORRECTED),
    ("no", "false"),
    ("5pm-6pm", "17:00-18:00"),
}
"""What has one meaning without being spelt alike."""

OPPOSITE: Final = {
    "langfuse.environment.AUTH_DISABLE_USERNAME_PASSWORD": "langfuse.sso.passwordLogin"
}
"""Variables that turn off what the key that stands for them turns on."""


def leaves(value: JsonValue, path: str) -> Iterator[tuple[str, JsonValue]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from leaves(part, f"{path}.{key}")
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from leaves(part, f"{path}[{index}]")
    else:
        yield path.removeprefix("agent-observability:"), value


def every_leaf(values: Mapping[str, str]) -> dict[str, JsonValue]:
    return {p: v for key, text in values.items() for p, v in leaves(decoded(text), key)}


def letters(value: JsonValue) -> str:
    return re.sub(r"[^a-z0-9]", "", str(value).lower())


def spelt_alike(one: JsonValue, other: JsonValue) -> bool:
    first, second = letters(one), letters(other)
    return (str(one), str(other)) in SAME or first in second or second in first


def differences(before: Mapping[str, JsonValue], after: Mapping[str, JsonValue]) -> list[str]:
    """The settings that are gone, or that say something else."""
    there = [letters(value) for value in after.values()]
    url = letters(f"https://{after.get('endpoint.host')}")
    found: list[str] = []
    for path, value in before.items():
        parts = [letters(part) for part in str(value).split(",")]
        moved = {*parts} <= {*there} or letters(value) == url or value is None
        moved |= (after.get(OPPOSITE.get(path, "")), value) == (False, "true")
        asked_for = after.get(path) == KEY  # at a prompt, for a secret
        prompted = [*after.values()].count(KEY) > [*before.values()].count(KEY)
        if path not in after and not (moved or prompted):
            found.append(f"{path} is gone")
        elif path in after and not (moved or asked_for or spelt_alike(value, after[path])):
            found.append(f"{path} was {value} and is {after[path]}")
    return found


@pytest.mark.parametrize("change", CHANGES)
def test_the_commands_offered_end_in_a_configuration_that_has_lost_nothing(
    change: Mapping[str, Any],
) -> None:
    values, secret_keys = small(change)
    after = fixed(values, secret_keys)

    assert [problem for problem in after.left if problem.fix] == []
    lost = differences(every_leaf(values), every_leaf(after.values))
    assert [line for line in lost if re.split(r"[ \[]", line)[0] not in SAFER | ONE] == []


@pytest.mark.parametrize("change", CHANGES)
def test_a_word_in_place_of_a_value_is_refused_where_it_was_put(change: Mapping[str, Any]) -> None:
    values, secret_keys = small(change)
    as_they_are = fixed(values, secret_keys, fill=False)
    words = [shlex.split(command) for command in as_they_are.commands]
    placed = {key for *_, key, value in words if value in PLACEHOLDERS}

    keys: set[str] = set()
    if placed:
        with pytest.raises(ConfigurationError) as caught:
            read("test", as_they_are.values, secret_keys)
        keys = {problem.key for problem in caught.value.problems}
    assert placed - keys == set()
