"""What Langfuse, its migration and the server itself say about ClickHouse. Pure; imports no SDK.

The migration's words are those of golang-migrate (github.com/golang-migrate/migrate) and of the
driver, the others those of the server's exceptions, which Langfuse's log repeats.
"""

from __future__ import annotations

from typing import Final

from components.clickhouse import releases
from tooling.doctor import statements
from tooling.doctor.patterns.pattern import (
    MIGRATION_LOG,
    Groups,
    doctor_before,
    kubectl,
    of,
    pattern,
    warns,
)
from tooling.doctor.place import Place

_TOO_NEW: Final = ".".join(map(str, releases.TOO_NEW))


def _mark_before(place: Place, groups: Groups) -> str:
    """The command that marks the migration before the broken one as the last."""
    return place.ask_clickhouse(statements.mark_before(int(groups["version"])))


def _look(place: Place, _: Groups) -> str:
    return place.look_at_clickhouse


def _back(place: Place, _: Groups) -> str:
    return place.back_to_running


_WORKER_LOG: Final = kubectl(
    "logs", "-l", "app.kubernetes.io/component=worker", "--tail=100", "--prefix"
)

_SCHEMA: Final = of(
    ("migration",),
    pattern(
        "clickhouse-schema-dirty",
        r"Dirty database version (?P<version>\d{1,9})\. Fix and force version",
        "Migration {version} of ClickHouse stopped half-way, and no other one runs until that is "
        "repaired. See first what it did, finish or undo that by hand, and then mark the one "
        "before it as the last",
        _mark_before,
    ),
    pattern(
        "clickhouse-schema-newer",
        r"no migration found for version (?P<version>\d{1,9})",
        "ClickHouse's schema is at {version}, which this release does not have: a newer one made "
        "it. Another langfuse.version is no way back; the running pods have the release that is",
        _back,
    ),
    pattern(
        "clickhouse-unsuitable",
        r"renameat2\(\) is not supported",
        "ClickHouse's volume is on a network file system (NFS, EFS), which cannot exchange two "
        "files: it needs block storage, and so another volume",
        doctor_before,
    ),
    pattern(
        "clickhouse-unsuitable",
        r"Requested cluster '(?P<cluster>[\w.-]{1,80})' not found",
        "ClickHouse knows no cluster named {cluster}. Langfuse's migrations run on one of the name "
        "default and on no other; a single server is clickhouse.kind server",
        lambda place, _: place.ask_clickhouse(statements.CLUSTERS),
    ),
    pattern(
        "clickhouse-unsuitable",
        r"ON CLUSTER is not allowed for Replicated database",
        "The database replicates its schema by itself, and refuses statements for a cluster: "
        "clickhouse.kind has to be server, or the database one of the engine Atomic",
        lambda place, _: place.ask_clickhouse(statements.DATABASES),
    ),
    pattern(
        "clickhouse-unreachable",
        r"driver: bad connection|failed to open database: (?P<why>[^\n]{1,160})"
        r"|\[handshake\] unexpected packet",
        lambda place, groups: (
            "The migration does not reach ClickHouse's native port"
            + (f" ({groups['why']})" if groups["why"] else "")
            + f": {place.clickhouse_unreachable_because}"
        ),
        MIGRATION_LOG,
    ),
)

_SERVER: Final = of(
    ("migration", "langfuse", "clickhouse"),
    pattern(
        "clickhouse-password",
        r"Authentication failed: password is incorrect, or there is no user with such name",
        "ClickHouse refuses the user or the password: they were changed on one side only",
        lambda place, _: place.new_clickhouse_password,
    ),
    pattern(
        "clickhouse-grants",
        r"Not enough privileges\. To execute this query, it's necessary to have (?:the )?grant "
        r"(?P<grant>[A-Z][\w ,()]{0,160} ON [\w.*`]{1,120})",
        lambda _, groups: (
            f"ClickHouse's user lacks a grant: {groups['grant'].rstrip('.')}. What Langfuse writes "
            "by it is lost, and no health page shows that"
        ),
        lambda place, _: place.ask_clickhouse(statements.GRANTS),
    ),
    pattern(
        "clickhouse-unsuitable",
        r"out of range for DateTime64|Code: 407\b",
        f"ClickHouse reads times in another way than Langfuse writes them, as from {_TOO_NEW} on, "
        "and refuses what it is sent or stores wrong times. Traces are lost",
        lambda place, _: place.ask_clickhouse(statements.TIMES),
    ),
    pattern(
        "clickhouse-disk",
        r"NOT_ENOUGH_SPACE|Cannot reserve [^\n]{1,80}, not enough space",
        "ClickHouse's disk is full: nothing is written or merged",
        lambda place, _: place.ask_clickhouse(statements.DISK),
    ),
    pattern(
        "clickhouse-read-only",
        r"Table is in readonly mode|TABLE_IS_READ_ONLY|KEEPER_EXCEPTION|Coordination::Exception",
        "ClickHouse takes no writes: a replica has lost Keeper, or what Keeper knows of it",
        _look,
    ),
    pattern(
        "clickhouse-parts",
        r"Too many parts \(|TOO_MANY_PARTS",
        "ClickHouse refuses writes until it has merged what it has: too many small inserts, or "
        "merges that fail or have no disk, memory or processor left",
        lambda place, _: place.ask_clickhouse(statements.PARTS),
    ),
    warns(
        pattern(
            "clickhouse-memory",
            r"MEMORY_LIMIT_EXCEEDED|[Mm]emory limit (?:\([\w ]{1,20}\) )?exceeded",
            "A query needed more memory than ClickHouse may use, and failed: often a page over a "
            "long time. Raise the server's memory limit if it goes on",
            _look,
        )
    ),
)

_LANGFUSE: Final = of(
    ("langfuse",),
    pattern(
        "events-lost",
        r"Max attempts reached, dropped (?P<count>\d{1,9}) (?P<table>\w{1,60}) record",
        "A worker could not write to ClickHouse and gave up: {count} rows of {table}, which agents "
        "were told are accepted, are lost. What is above in its log says why",
        _WORKER_LOG,
    ),
    pattern(
        "clickhouse-schema-older",
        r"Unknown (?:table )?expression (?:or table expression )?identifier|\bUNKNOWN_IDENTIFIER\b"
        r"|\bUNKNOWN_TABLE\b|NO_SUCH_COLUMN_IN_TABLE"
        r"|Table (?P<table>[\w.]{1,80}) does not exist",
        "ClickHouse's schema is older than this release: its migrations did not run, or not to "
        "their end",
        lambda place, _: place.up(),
    ),
    pattern(
        "background-migration-failed",
        r"\[Background Migration\] (?:Failed to run|Validation failed for) background migration "
        r"(?P<name>\w{1,120}): (?P<why>[^\n\"]{1,200})",
        "The background migration {name} has failed, and what follows from it does not run: {why}",
        lambda place, groups: place.retry_background_migration(groups["name"]),
    ),
    # What its waiting container writes (components/langfuse/waiting.py).
    pattern(
        "clickhouse-unreachable",
        r"ClickHouse (?P<host>[\w.:\[\]-]{1,255}): (?P<why>(?!Ok\.)[\w ]{1,60})"
        r"|connect E\w{4,20} (?P<address>[\w.:-]{1,80}:(?:8123|8443))",
        lambda place, groups: (
            "Langfuse does not reach ClickHouse"
            + (f" at {groups['host']} ({groups['why']})" if groups["host"] else "")
            + f": {place.clickhouse_unreachable_because}"
        ),
        _look,
    ),
)

_OWN: Final = of(
    ("clickhouse",),
    pattern(
        "clickhouse-data",
        r"Suspiciously (?:many|big) [^\n]{1,120}broken parts?|TOO_MANY_UNEXPECTED_DATA_PARTS"
        r"|Unknown (?:part|format) (?:type|version)",
        "ClickHouse does not start on its data: parts of it are broken, as after a lost write of "
        "the disk, or a newer release wrote them",
        kubectl("logs", "-l", "app.kubernetes.io/component=clickhouse", "--tail=100", "--prefix"),
    ),
)

PATTERNS: Final = (*_SCHEMA, *_SERVER, *_LANGFUSE, *_OWN)
