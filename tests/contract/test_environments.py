"""Each container has the variables that its release reads, and all that it needs."""

from __future__ import annotations

import functools
import re
from typing import Final

import pytest

from components.langfuse import variables, versions
from components.langfuse.versions import Version
from tests.support import stacks
from tests.support.pod_environments import Environment, environments

_DATABASE: Final = {"DATABASE_URL", "DIRECT_URL"}
_CLICKHOUSE: Final = {"CLICKHOUSE_URL", "CLICKHOUSE_USER", "CLICKHOUSE_PASSWORD"}
_QUEUES: Final = {"REDIS_CONNECTION_STRING", "LANGFUSE_S3_EVENT_UPLOAD_BUCKET"}
_LOGIN: Final = {"NEXTAUTH_URL", "NEXTAUTH_SECRET", "SALT", "ENCRYPTION_KEY"}
_MODES: Final = {
    "LANGFUSE_BACKGROUND_MIGRATION_V4_ENABLE_HISTORIC_BACKFILL",
    *(
        f"LANGFUSE_MIGRATION_V4_{name}"
        for name in ("ALLOW_PREVIEW_OPT_IN", "NATIVE_OTEL_BEHAVIOUR", "WRITE_MODE")
    ),
}
_NO_MIGRATION: Final = {
    f"LANGFUSE_AUTO_{name}_MIGRATION_DISABLED" for name in ("CLICKHOUSE", "POSTGRES")
}
_LISTENS: Final = {"HOSTNAME", "PORT", "NODE_OPTIONS"}

_NEWER: Final = {
    "langfuse": {
        *(_DATABASE | _CLICKHOUSE | _QUEUES | _LOGIN | _MODES | _NO_MIGRATION | _LISTENS),
        "KEEP_ALIVE_TIMEOUT",
    },
    "worker": {
        *(_CLICKHOUSE | _QUEUES | _LOGIN | _MODES | _LISTENS),
        "DATABASE_URL",
        "LANGFUSE_INGESTION_CLICKHOUSE_MAX_ATTEMPTS",
    },
    "migration": {
        *(_DATABASE | _CLICKHOUSE),
        *("CLICKHOUSE_CLUSTER_ENABLED", "CLICKHOUSE_DB", "CLICKHOUSE_MIGRATION_URL"),
    },
    "guard": {"DIRECT_URL", "LANGFUSE_PAUSED", "LANGFUSE_STEP"},
    "wait-for-database": {"DIRECT_URL"},
    "wait-for-clickhouse": {"CLICKHOUSE_URL"},
}
REQUIRED: Final = {
    2: {
        "langfuse": {
            *(_DATABASE | _LOGIN | _LISTENS),
            *("KEEP_ALIVE_TIMEOUT", "LANGFUSE_AUTO_POSTGRES_MIGRATION_DISABLED"),
        },
        "migration": _DATABASE,
        "wait-for-database": {"DIRECT_URL"},
    },
    3: _NEWER,
    4: _NEWER,
}
"""What each container of a line of releases does not work without."""

_SCRIPTS: Final = {
    "guard": {
        *_DATABASE,
        *("LANGFUSE_PAUSED", "LANGFUSE_STEP"),
        *("LANGFUSE_STEP_CLICKHOUSE_BACKUP", "LANGFUSE_STEP_DATABASE_BACKUP"),
    },
    "migration": variables.MIGRATION,
    "wait-for-clickhouse": {"CLICKHOUSE_URL"},
    "wait-for-database": {"DIRECT_URL"},
}
"""All that a container which runs a script reads."""

_OF_NEXT: Final = {"HOSTNAME", "PORT"}
"""What Next.js reads beside Langfuse (https://nextjs.org/docs/app/api-reference/cli/next)."""


@functools.cache
def found(variant: str) -> list[Environment]:
    return list(environments(stacks.cluster(variant), stacks.recorded(variant)))


def read_by(version: Version, *containers: variables.Container) -> set[str]:
    """What some containers of a release read."""
    return {*variables.names(version, containers), *_OF_NEXT}


def unread(environment: Environment) -> set[str]:
    """The variables of a container that nothing in it reads."""
    version = environment.version
    if environment.container in _SCRIPTS:
        return environment.names - _SCRIPTS[environment.container]
    mine: variables.Container = "worker" if environment.container == "worker" else "web"
    # What both kinds of pods have is read in one of them.
    shared = environment.shared.keys() - read_by(version, *variables.containers(version))
    own = environment.own.keys() - read_by(version, mine)
    return {name for name in shared | own if not variables.is_read_beside(name)}


def test_the_stacks_are_of_every_line_and_of_its_oldest_and_newest_release() -> None:
    releases = {e.version for variant in stacks.VARIANTS for e in found(variant)}

    assert {release.major for release in releases} == {*versions.LINES}
    assert {versions.OLDEST, *(line.newest for line in versions.LINES.values())} <= releases


@pytest.mark.parametrize("variant", stacks.VARIANTS)
def test_each_container_has_what_its_release_reads_and_nothing_else(variant: str) -> None:
    assert {(e.workload, e.container): unread(e) for e in found(variant) if unread(e)} == {}


@pytest.mark.parametrize("variant", stacks.VARIANTS)
def test_each_container_has_all_that_it_needs(variant: str) -> None:
    lacking = {
        (e.workload, e.container): REQUIRED[e.version.major][e.container] - e.names
        for e in found(variant)
    }

    assert {where: names for where, names in lacking.items() if names} == {}


@pytest.mark.parametrize("variant", stacks.VARIANTS)
def test_a_stack_has_the_containers_of_its_line(variant: str) -> None:
    (major,) = {e.version.major for e in found(variant)}

    assert {e.container for e in found(variant)} == {*REQUIRED[major]}


@pytest.mark.parametrize("variant", stacks.VARIANTS)
def test_no_variable_of_a_container_hides_a_shared_one(variant: str) -> None:
    hidden = {e.container: e.own.keys() & e.shared.keys() for e in found(variant)}

    assert {where: names for where, names in hidden.items() if names} == {}


@pytest.mark.parametrize("variant", stacks.VARIANTS)
def test_each_value_has_the_form_that_its_name_asks_for(variant: str) -> None:
    wrong = {
        (e.container, name)
        for e in found(variant)
        for name, value in e.values.items()
        if (form := variables.form(name, e.version)) is not None
        and re.fullmatch(form.pattern, value, re.ASCII) is None
    }

    assert wrong == set()
