"""Words of Langfuse, golang-migrate, ClickHouse, the cache and object storage, in their own form.

Each with the section, the cause and the command that a stack in AWS gets whose ClickHouse is in the
cluster and whose cache is in ElastiCache. What comes from an issue or a source says from where.
"""

from __future__ import annotations

import shlex
from typing import Final

from tests.support.doctor import IN_NAMESPACE
from tooling.doctor import statements
from tooling.doctor.place import Place

_AWS: Final = "--region eu-central-1 --profile ops"
_SET: Final = "pulumi config set --stack prod --path"
_CLICKHOUSE_PODS: Final = (
    f"{IN_NAMESPACE} get pods -l app.kubernetes.io/component=clickhouse -o wide"
)
_GROUPS: Final = (
    "aws elasticache describe-replication-groups --query "
    "'ReplicationGroups[].[ReplicationGroupId,Status,CacheNodeType]' --output table "
    f"{_AWS}"
)
_CONFIG: Final = f"{IN_NAMESPACE} get configmaps -l app.kubernetes.io/component=web -o yaml"
_RENDER: Final = "make render STACK=prod"
_BEFORE: Final = ".venv/bin/python -m tooling doctor --stack prod --before"
_VERSIONS: Final = f"{IN_NAMESPACE} get -L app.kubernetes.io/version deployment/langfuse"
_PRISMA: Final = (
    f"{IN_NAMESPACE} exec deployment/langfuse -- sh -c "
    '\'DIRECT_URL="${DIRECT_URL:-$DATABASE_URL}" prisma migrate resolve --rolled-back "$0" '
    "--schema=./packages/shared/prisma/schema.prisma' "
)
_CHANGE: Final = (
    f'{IN_NAMESPACE} exec deployment/langfuse -- sh -c \'printf %s "$0" | '
    'DIRECT_URL="${DIRECT_URL:-$DATABASE_URL}" prisma db execute --stdin --schema '
    "./packages/shared/prisma/schema.prisma' "
)
_RETRY: Final = shlex.quote(
    "UPDATE background_migrations SET failed_at = NULL, failed_reason = NULL "
    "WHERE name = '20241024_1730_migrate_traces_from_pg_to_ch'"
)


def _log(component: str) -> str:
    selector = f"app.kubernetes.io/component={component}"
    return f"{IN_NAMESPACE} logs -l {selector} --tail=100 --prefix"


def _ask(statement: str) -> str:
    place = Place(stack="prod", namespace="observability", context="kind-langfuse")
    return place.ask_clickhouse(statement)


_STOPPED: Final = "The guard stopped the migration before it changed anything: "

GUARD: Final = [
    # components/langfuse/guard.py, as Prisma prints it.
    (
        "Error: ERROR: LANGFUSE_GUARD not_copied: version 4 would drop the traces of version 2, "
        "which no version 3 has copied to ClickHouse. Nothing was changed. Set langfuse.version to "
        "the one before, then upgrade over version 3 (docs/upgrade.md).",
        "guard-refused",
        f"{_STOPPED}version 4 would drop traces of version 2 that no version 3 has copied to "
        "ClickHouse yet. Its workers copy them",
        f"{_SET} agent-observability:langfuse.version 3.225.4",
    ),
    (
        "ERROR: LANGFUSE_GUARD unfinished: version 4 would delete what these background migrations "
        "of version 3 have not copied: 20250417_1737_migrate_event_log_to_blob_storage (failed). "
        "Nothing was changed. Let version 3 finish them.",
        "guard-refused",
        f"{_STOPPED}version 4 would delete what version 3 has not copied yet. Let its workers "
        "finish 20250417_1737_migrate_event_log_to_blob_storage (failed)",
        f"{_SET} agent-observability:langfuse.version 3.225.4",
    ),
    (
        "ERROR: LANGFUSE_GUARD not_paused: version 3 copies the traces of version 2 once, and what "
        "pods of version 2 write meanwhile would be lost. Nothing was changed.",
        "guard-refused",
        f"{_STOPPED}traces are copied once, and what pods write meanwhile would be lost. Paused, "
        "none writes",
        f"{_SET} agent-observability:langfuse.paused true",
    ),
    (
        "ERROR: LANGFUSE_GUARD no_backup: version 2 does not work on the schema of version 3, and "
        "only a backup leads back. Nothing was changed.",
        "guard-refused",
        f"{_STOPPED}only a backup leads back from this step, and none is named. Take it; the "
        "settings then ask for its name",
        f"{_SET} agent-observability:langfuse.upgrade.to 3",
    ),
    (
        "ERROR: LANGFUSE_GUARD no_backup: version 4 drops tables, and version 3 does not work "
        "without them. Nothing was changed.",
        "guard-refused",
        f"{_STOPPED}only a backup leads back from this step, and none is named. Take it; the "
        "settings then ask for its name",
        f"{_SET} agent-observability:langfuse.upgrade.to 4",
    ),
    (
        "ERROR: LANGFUSE_GUARD backfilled: what legacy writes from now on would never be copied to "
        "the tables of version 4: these copies run once, and have begun: 20260701_v4_step_1_a.",
        "guard-refused",
        f"{_STOPPED}the copy to version 4's tables runs once and has begun, so that what legacy "
        "writes from now on would never be in them",
        f"{_SET} agent-observability:langfuse.writeMode dual",
    ),
    (
        "ERROR: LANGFUSE_GUARD newer_schema: the database is at 20261105101010_add_x, and 4.16.0 "
        "ends at 20260801000000_y. Set langfuse.version to the release that the database was "
        "migrated by, or restore a backup.",
        "guard-refused",
        f"{_STOPPED}a newer release has migrated the database, to 20261105101010_add_x. The "
        "running pods have that release",
        _VERSIONS,
    ),
    (
        "ERROR: LANGFUSE_GUARD failed_migration: 20260723124010_drop_x did not finish. Repair it "
        'as the page on upgrades says, and mark it with "prisma migrate resolve".',
        "guard-refused",
        f"{_STOPPED}an earlier schema migration, 20260723124010_drop_x, stopped half-way. See what "
        "it did, undo that, and mark it as undone",
        f"{_PRISMA}20260723124010_drop_x",
    ),
    (
        "ERROR: LANGFUSE_GUARD no_history: the database has tables of Langfuse but no record of "
        "its migrations (_prisma_migrations). Restore the record from a backup, or take an empty "
        "database.",
        "guard-refused",
        f"{_STOPPED}the database has Langfuse's tables without the record of its migrations, as "
        "after a restore of some tables. Restore _prisma_migrations too, or take an empty database",
        _log("migration"),
    ),
]

CLICKHOUSE: Final = [
    # https://github.com/langfuse/langfuse/issues/6679
    (
        "error: Dirty database version 13. Fix and force version.\nApplying clickhouse migrations "
        "failed. This is mostly caused by the database being unavailable.\nExiting...",
        "clickhouse-schema-dirty",
        "Migration 13 of ClickHouse stopped half-way, and no other one runs until that is "
        "repaired. See first what it did, finish or undo that by hand, and then mark the one "
        "before it as the last",
        _ask(statements.mark_before(13)),
    ),
    # https://github.com/langfuse/langfuse/issues/16346
    (
        "error: no migration found for version 46: read down for version 46 .: file does not exist",
        "clickhouse-schema-newer",
        "ClickHouse's schema is at 46, which this release does not have: a newer one made it. "
        "Another langfuse.version is no way back; the running pods have the release that is",
        _VERSIONS,
    ),
    # https://github.com/langfuse/langfuse-k8s/issues/381
    (
        "error: migration failed in line 0: CREATE OR REPLACE VIEW analytics_scores (details: "
        "code: 1, message: System call renameat2() is not supported)",
        "clickhouse-unsuitable",
        "ClickHouse's volume is on a network file system (NFS, EFS), which cannot exchange two "
        "files: it needs block storage, and so another volume",
        _BEFORE,
    ),
    (
        "error: migration failed in line 0: CREATE TABLE traces ON CLUSTER default (details: code: "
        "701, message: Requested cluster 'default' not found)",
        "clickhouse-unsuitable",
        "ClickHouse knows no cluster named default. Langfuse's migrations run on one of the name "
        "default and on no other; a single server is clickhouse.kind server",
        _ask(statements.CLUSTERS),
    ),
    # src/Databases/DatabaseReplicated.cpp of ClickHouse
    (
        "error: migration failed (details: code: 80, message: It's not initial query. ON CLUSTER "
        "is not allowed for Replicated database.)",
        "clickhouse-unsuitable",
        "The database replicates its schema by itself, and refuses statements for a cluster: "
        "clickhouse.kind has to be server, or the database one of the engine Atomic",
        _ask(statements.DATABASES),
    ),
    # https://github.com/langfuse/langfuse/issues/6679
    (
        "error: migration failed in line 0: ALTER TABLE scores (details: driver: bad connection)",
        "clickhouse-unreachable",
        "The migration does not reach ClickHouse's native port: its pod is not ready, or a "
        "NetworkPolicy keeps the pods apart",
        _log("migration"),
    ),
    (
        "error: failed to open database: dial tcp 10.0.7.9:9000: connect: connection refused",
        "clickhouse-unreachable",
        "The migration does not reach ClickHouse's native port (dial tcp 10.0.7.9:9000: connect: "
        "connection refused): its pod is not ready, or a NetworkPolicy keeps the pods apart",
        _log("migration"),
    ),
    # https://github.com/golang-migrate/migrate/issues/1326
    (
        "error: code: 516, message: langfuse: Authentication failed: password is incorrect, or "
        "there is no user with such name.",
        "clickhouse-password",
        "ClickHouse refuses the user or the password: they were changed on one side only",
        "pulumi up --stack prod --replace '**::langfuse-clickhouse-server-password'",
    ),
    # As the engine answers: tests/clickhouse/test_texts.py.
    (
        '{"level":"error","message":"ClickhouseWriter.flush events_full Not enough privileges. To '
        "execute this query, it's necessary to have the grant INSERT(id, name) ON "
        'default.events_full."}',
        "clickhouse-grants",
        "ClickHouse's user lacks a grant: INSERT(id, name) ON default.events_full. What Langfuse "
        "writes by it is lost, and no health page shows that",
        _ask(statements.GRANTS),
    ),
    (
        "ClickhouseWriter.flush events_full Code: 407. DB::Exception: value 1790000000000 out of "
        "range for DateTime64",
        "clickhouse-unsuitable",
        "ClickHouse reads times in another way than Langfuse writes them, as from 26.8 on, and "
        "refuses what it is sent or stores wrong times. Traces are lost",
        _ask(statements.TIMES),
    ),
    (
        "Code: 243. DB::Exception: Cannot reserve 1.00 MiB, not enough space. (NOT_ENOUGH_SPACE)",
        "clickhouse-disk",
        "ClickHouse's disk is full: nothing is written or merged",
        _ask(statements.DISK),
    ),
    (
        "Code: 242. DB::Exception: Table is in readonly mode (replica path: /clickhouse/tables/a). "
        "(TABLE_IS_READ_ONLY)",
        "clickhouse-read-only",
        "ClickHouse takes no writes: a replica has lost Keeper, or what Keeper knows of it",
        _CLICKHOUSE_PODS,
    ),
    (
        "Code: 252. DB::Exception: Too many parts (300 with average size of 2.10 KiB). Merges are "
        "processing significantly slower than inserts. (TOO_MANY_PARTS)",
        "clickhouse-parts",
        "ClickHouse refuses writes until it has merged what it has: too many small inserts, or "
        "merges that fail or have no disk, memory or processor left",
        _ask(statements.PARTS),
    ),
    (
        "Code: 241. DB::Exception: Memory limit (total) exceeded: would use 2.41 GiB. "
        "(MEMORY_LIMIT_EXCEEDED)",
        "clickhouse-memory",
        "A query needed more memory than ClickHouse may use, and failed: often a page over a long "
        "time. Raise the server's memory limit if it goes on",
        _CLICKHOUSE_PODS,
    ),
    # worker/src/services/ClickhouseWriter/index.ts at v4.16.0
    (
        '{"level":"error","message":"ClickhouseWriter: Max attempts reached, dropped 812 '
        'events_full record(s)"}',
        "events-lost",
        "A worker could not write to ClickHouse and gave up: 812 rows of events_full, which agents "
        "were told are accepted, are lost. What is above in its log says why",
        _log("worker"),
    ),
    # https://github.com/langfuse/langfuse/issues/13982
    (
        "Unknown expression identifier `ingestion_sdk_name` in scope SELECT (UNKNOWN_IDENTIFIER)",
        "clickhouse-schema-older",
        "ClickHouse's schema is older than this release: its migrations did not run, or not to "
        "their end",
        "make up STACK=prod",
    ),
    # worker/src/backgroundMigrations/backgroundMigrationManager.ts at v4.16.0
    (
        '{"level":"error","message":"[Background Migration] Failed to run background migration '
        '20241024_1730_migrate_traces_from_pg_to_ch: Error: socket hang up"}',
        "background-migration-failed",
        "The background migration 20241024_1730_migrate_traces_from_pg_to_ch has failed, and what "
        "follows from it does not run: Error: socket hang up",
        f"{_CHANGE}{_RETRY} && {IN_NAMESPACE} rollout restart deployment/langfuse-worker",
    ),
    # components/langfuse/waiting.py
    (
        "ClickHouse langfuse-clickhouse-server.observability.svc:8123: ECONNREFUSED",
        "clickhouse-unreachable",
        "Langfuse does not reach ClickHouse at langfuse-clickhouse-server.observability.svc:8123 "
        "(ECONNREFUSED): its pod is not ready, or a NetworkPolicy keeps the pods apart",
        _CLICKHOUSE_PODS,
    ),
    (
        "Error: connect ECONNREFUSED 10.0.7.9:8123",
        "clickhouse-unreachable",
        "Langfuse does not reach ClickHouse: its pod is not ready, or a NetworkPolicy keeps the "
        "pods apart",
        _CLICKHOUSE_PODS,
    ),
    (
        "Application: Code: 231. DB::Exception: Suspiciously many (101 parts, 2.00 GiB in total) "
        "broken parts to remove. (TOO_MANY_UNEXPECTED_DATA_PARTS)",
        "clickhouse-data",
        "ClickHouse does not start on its data: parts of it are broken, as after a lost write of "
        "the disk, or a newer release wrote them",
        _log("clickhouse"),
    ),
]

CACHE: Final = [
    (
        "Redis connection error: WRONGPASS invalid username-password pair or user is disabled.",
        "cache-password",
        "The cache refuses the password: it was changed on one side only, or the server has none",
        "pulumi up --stack prod --replace '**::langfuse-valkey-password'",
    ),
    (
        "ReplyError: OOM command not allowed when used memory > 'maxmemory'.",
        "cache-full",
        "The cache is full and evicts nothing: Langfuse takes no traces. Workers have to catch up, "
        "or the cache needs more memory",
        _GROUPS,
    ),
    # https://github.com/langfuse/langfuse/issues/5906
    (
        "queue errored: ReplyError: CROSSSLOT Keys in request don't hash to the same slot",
        "cache-unsuitable",
        "The cache spreads its keys over slots (cluster mode, ElastiCache Serverless), and "
        "Langfuse's queues use several keys at once: no trace gets through",
        _BEFORE,
    ),
    # src/classes/redis-connection.ts of BullMQ
    (
        'IMPORTANT! Eviction policy is volatile-lru. It should be "noeviction"',
        "cache-unsuitable",
        "The cache evicts by volatile-lru when it is full, and an evicted job is a lost trace: its "
        "maxmemory-policy has to be noeviction",
        _GROUPS,
    ),
    # https://github.com/langfuse/langfuse/issues/13601
    (
        "Redis error Socket timeout. Expecting data, but didn't receive any in 30000ms.",
        "cpu-starved",
        "A pod had no time to read the cache's answers for 30000 ms: it has too little CPU, or the "
        "cache hangs",
        f"{IN_NAMESPACE} top pods --containers",
    ),
    (
        "Error: connect ECONNREFUSED 10.0.7.10:6379",
        "cache-unreachable",
        "Langfuse does not reach the cache, and answers agents with errors",
        _GROUPS,
    ),
    # src/aof.c of Valkey
    (
        "# Bad file format reading the append only file appendonly.aof.1.incr.aof: make a backup "
        "of your AOF file, then use ./valkey-check-aof --fix <filename.manifest>",
        "cache-data",
        "The cache does not start on its append-only file, which is cut off or broken",
        f"{IN_NAMESPACE} logs langfuse-valkey-0 --previous --tail=50",
    ),
]

STORAGE: Final = [
    (
        "[pod/langfuse-6f-x/langfuse] NoSuchBucket: The specified bucket does not exist",
        "storage-bucket",
        "The bucket that Langfuse writes accepted traces to does not exist",
        _CONFIG,
    ),
    # https://github.com/langfuse/langfuse/issues/9333
    (
        "[pod/langfuse-worker-6f-x/worker] PermanentRedirect: The bucket you are attempting to "
        "access must be addressed using the specified endpoint.",
        "storage-bucket",
        "The bucket is in another region than Langfuse is told",
        _CONFIG,
    ),
    (
        "CredentialsProviderError: Could not load credentials from any providers",
        "storage-refused",
        "Langfuse has no credentials for its bucket: the pods got no role from their service "
        "account",
        f"{IN_NAMESPACE} get serviceaccounts langfuse langfuse-worker -o yaml",
    ),
    (
        "[pod/langfuse-6f-x/langfuse] AccessDenied: User: arn:aws:sts::1:assumed-role/langfuse/x "
        'is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::b/events/1.json"',
        "storage-refused",
        "Object storage refuses Langfuse the action s3:PutObject: its role, the bucket's policy or "
        "the key of the objects does not allow it, or the access key is wrong",
        _CONFIG,
    ),
    (
        "[pod/langfuse-6f-x/langfuse] SignatureDoesNotMatch: The request signature we calculated "
        "does not match the signature you provided.",
        "storage-refused",
        "Object storage refuses Langfuse (SignatureDoesNotMatch): its role, the bucket's policy or "
        "the key of the objects does not allow it, or the access key is wrong",
        _CONFIG,
    ),
    (
        "Error: connect ECONNREFUSED 10.0.7.11:8333",
        "storage-unreachable",
        "Langfuse does not reach the object store, and answers agents with errors",
        _CONFIG,
    ),
    # weed/server/master_grpc_server_assign.go of SeaweedFS
    (
        "assign volume: rpc error: code = Unknown desc = no free volumes left for "
        '{"collection":"langfuse"}',
        "storage-full",
        "The object store has no room for another file: Langfuse takes no traces",
        f"{IN_NAMESPACE} get persistentvolumeclaims",
    ),
]

WORKER: Final = [
    # worker/src/env.ts at v4.16.0
    (
        "Error: Invalid V4 config: LANGFUSE_MIGRATION_V4_NATIVE_OTEL_BEHAVIOUR=direct requires "
        "LANGFUSE_MIGRATION_V4_WRITE_MODE in {dual, events_only}.",
        "environment-invalid",
        "The worker refuses the modes of version 4: "
        "LANGFUSE_MIGRATION_V4_NATIVE_OTEL_BEHAVIOUR=direct requires "
        "LANGFUSE_MIGRATION_V4_WRITE_MODE in {dual, events_only}.",
        _RENDER,
    ),
    (
        'ZodError: [\n  {\n    "expected": "string",\n    "code": "invalid_type",\n    "path": [\n'
        '      "CLICKHOUSE_URL"\n    ],\n    "message": "Invalid input"\n  }\n]',
        "environment-invalid",
        "The worker refuses its environment: CLICKHOUSE_URL. Its release does not accept the "
        "value, or the variable is missing",
        _RENDER,
    ),
]

AGENTS: Final = [
    # web/src/pages/api/public/ingestion.ts at v4.16.0
    (
        '{"level":"warn","message":"Rejected 12 event(s) from the legacy /api/public/ingestion '
        "endpoint for project cm1abc because this Langfuse v4 deployment runs in events_only mode. "
        'These events were not stored.","sdkName":"python","sdkVersion":"2.60.3"}',
        "sdk-too-old",
        "Langfuse refuses what agents of project cm1abc send by the old API: Python SDKs below 3, "
        "JavaScript SDKs below 4, and what calls /api/public/ingestion itself. The SDK and its "
        "version are in the same line of the log",
        f"{IN_NAMESPACE} logs -l app.kubernetes.io/component=web --since=1h --prefix",
    ),
    # web/src/features/public-api/server/apiAuth.ts at v4.16.0, of two places
    *(
        (
            f"2026-11-01T12:00:00.000Z error {text} pk-lf-1234",
            "agents-refused",
            "Langfuse has been asked with a public key that it does not know: agents with keys of "
            "another stack, or of before a rotation",
            "make smoke STACK=prod",
        )
        for text in ("No key found for public key", "No api key found for public key:")
    ),
]

TEXTS: Final = [*GUARD, *CLICKHOUSE, *CACHE, *STORAGE, *WORKER, *AGENTS]
