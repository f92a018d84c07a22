"""Which backing services a release needs, and which it has no use for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from components.langfuse import versions
from components.langfuse.versions import Version
from stacks.settings.machinery.dispatch import Check
from stacks.settings.machinery.problems import Problem, full_key, to_decide
from stacks.settings.sections.cache import ElastiCacheCache, ExternalCache, StatefulSetCache
from stacks.settings.sections.clickhouse import (
    ExternalClickHouse,
    OperatorClickHouse,
    StatefulSetClickHouse,
)
from stacks.settings.sections.database import RdsDatabase, StatefulSetDatabase
from stacks.settings.sections.langfuse import Langfuse
from stacks.settings.sections.object_storage import (
    ExternalObjectStorage,
    StatefulSetObjectStorage,
)

_PURPOSE: Final = {
    "cache": "queues between web and worker are in Redis or Valkey",
    "clickhouse": "traces are in ClickHouse",
    "objectStorage": "accepted events are in object storage until they are processed",
}


def _needed(langfuse: Langfuse) -> bool:
    return bool(versions.needs(Version.parse(langfuse.version)))


def _missing(key: str, langfuse: Langfuse) -> Iterator[Problem]:
    if _needed(langfuse):
        major = Version.parse(langfuse.version).major
        rule = f"is required by Langfuse {major}: {_PURPOSE[key]}"
        if "version" not in langfuse.model_fields_set:
            rule += (
                f". {langfuse.version} is the default of langfuse.version: a stack of version 2 "
                "names its release there"
            )
        elif key == "clickhouse":  # once is enough: it is the first of three
            rule += ". A stack of version 2 gets there by the steps in docs/upgrade.md"
        # No command: which engine fits is for the person to say.
        yield Problem(full_key(key), "(nothing)", rule, "")


def _useless(key: str, langfuse: Langfuse) -> Iterator[Problem]:
    if not _needed(langfuse) and not langfuse.is_prepared:
        rule = (
            f"has no use: Langfuse {langfuse.version} keeps everything in PostgreSQL; "
            "before the step to version 3 it may be there with langfuse.upgrade.to = 3"
        )
        yield Problem(full_key(key), "(an object)", rule, "")


def clickhouse_needed(
    clickhouse: None,
    langfuse: Langfuse,
) -> Iterator[Problem]:
    yield from _missing("clickhouse", langfuse)


def clickhouse_useless(
    clickhouse: StatefulSetClickHouse | OperatorClickHouse | ExternalClickHouse,
    langfuse: Langfuse,
) -> Iterator[Problem]:
    yield from _useless("clickhouse", langfuse)


def cache_needed(cache: None, langfuse: Langfuse) -> Iterator[Problem]:
    yield from _missing("cache", langfuse)


def cache_useless(
    cache: StatefulSetCache | ElastiCacheCache | ExternalCache,
    langfuse: Langfuse,
) -> Iterator[Problem]:
    yield from _useless("cache", langfuse)


def storage_needed(object_storage: None, langfuse: Langfuse) -> Iterator[Problem]:
    yield from _missing("objectStorage", langfuse)


def store_useless(
    object_storage: ExternalObjectStorage | StatefulSetObjectStorage,
    langfuse: Langfuse,
) -> Iterator[Problem]:
    if not _needed(langfuse) and not langfuse.is_prepared:
        rule = (
            "is for Langfuse 3 and newer; "
            f"Langfuse {langfuse.version} stores exports and media in Amazon S3 (engine s3)"
        )
        yield Problem(full_key("objectStorage"), "(an object)", rule, "")


def postgres_of_release(database: RdsDatabase, langfuse: Langfuse) -> Iterator[Problem]:
    yield from _postgres("database.version", database.version, int(database.version), langfuse)


def postgres_of_image(database: StatefulSetDatabase, langfuse: Langfuse) -> Iterator[Problem]:
    tag = database.image.rsplit("/", 1)[-1].partition("@")[0].partition(":")[2]
    if found := re.match(r"v?(\d+)(?![\d-])", tag, re.ASCII):
        yield from _postgres("database.image", database.image, int(found[1]), langfuse)


def _postgres(path: str, found: str, major: int, langfuse: Langfuse) -> Iterator[Problem]:
    line = versions.line(Version.parse(langfuse.version))
    if line is not None and major < line.postgres:
        rule = (
            f"is PostgreSQL {major}, and Langfuse {langfuse.version} needs {line.postgres} or "
            "newer. The data of one major version cannot be read by another without an upgrade"
        )
        yield to_decide(path, found, rule)


def workers_by_version(langfuse: Langfuse) -> Iterator[Problem]:
    if not (_needed(langfuse) or langfuse.is_prepared) and "worker" in langfuse.model_fields_set:
        key = full_key("langfuse.worker")
        rule = f"has no use: Langfuse {langfuse.version} has no workers"
        yield Problem(key, "(an object)", rule, "")


CHECKS: Final[tuple[Check, ...]] = (
    clickhouse_needed,
    clickhouse_useless,
    cache_needed,
    cache_useless,
    storage_needed,
    store_useless,
    postgres_of_release,
    postgres_of_image,
    workers_by_version,
)
