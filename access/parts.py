"""Which parts of a stack need something in AWS, and on what of the account."""

from __future__ import annotations

from access.actions import Given, Part
from access.place import Place
from components.langfuse import storage_environment, versions
from components.langfuse.versions import Version
from components.monitoring import queue_metrics
from stacks.settings import Settings
from stacks.settings.sections.cache import ElastiCacheCache
from stacks.settings.sections.database import RdsDatabase


def parts(settings: Settings) -> set[Part]:
    """The parts of a stack that need something in AWS."""
    database, cache, endpoint = settings.database, settings.cache, settings.endpoint
    storage, monitoring = settings.s3, settings.monitoring
    alarms = monitoring.alarms if monitoring else None
    entries = settings.secrets.delivery == "secretsManager"
    roles = bool(_prefixes(settings))
    events = bool(versions.needs(Version.parse(settings.langfuse.version)))
    pages = storage is not None and storage.media and events
    made = storage is not None and storage.bucket is None and storage.media_bucket is None
    rds = isinstance(database, RdsDatabase)
    restore = database.restore_from if rds else None
    chosen: dict[Part, bool] = {
        "cluster": True,
        "oidc": entries or roles,
        "database": rds,
        "monitoring role": rds and database.monitoring_seconds > 0,
        "restore": restore is not None,
        "restore from snapshot": restore is not None and restore.snapshot is not None,
        "restore from instance": restore is not None and restore.instance is not None,
        "database key": rds and database.kms_key_arn is not None,
        "cache": isinstance(cache, ElastiCacheCache),
        # The database's statements about groups and rules are about all of the stack's.
        "cache firewall": isinstance(cache, ElastiCacheCache) and not rds,
        "cache key": isinstance(cache, ElastiCacheCache) and cache.kms_key_arn is not None,
        "entries": entries,
        "entries key": entries and settings.secrets.kms_key_arn is not None,
        "log bucket": bool(endpoint and endpoint.access_logs and not endpoint.access_logs.bucket),
        "adopted log bucket": bool(
            endpoint and endpoint.access_logs and endpoint.access_logs.bucket
        ),
        "certificate": endpoint is not None and endpoint.certificate_arn is None,
        "adopted certificate": endpoint is not None and endpoint.certificate_arn is not None,
        "zone": endpoint is not None and endpoint.hosted_zone is not None,
        "bucket": made,
        "bucket for pages": made and pages,
        "events bucket": events and storage is not None and storage.bucket is None,
        "adopted bucket": storage is not None and storage.bucket is not None,
        "adopted bucket for pages": pages
        and storage is not None
        and storage.bucket is not None
        and storage.media_bucket is None,
        "adopted media bucket": storage is not None and storage.media_bucket is not None,
        "bucket role": roles,
        "load balancer": endpoint is not None
        and monitoring is not None
        and (monitoring.alarms or monitoring.dashboards) is not None,
        "alarms": alarms is not None,
        "topic": alarms is not None and alarms.topic_arn is None,
        "adopted topic": alarms is not None and alarms.topic_arn is not None,
        "worker log": alarms is not None and alarms.worker_log_group is not None,
    }
    return {part for part, needed in chosen.items() if needed}


def _prefixes(settings: Settings) -> list[str]:
    """Of the objects that Langfuse and ClickHouse use by a role."""
    storage = settings.s3
    if storage is None:
        return []
    prefixes = storage_environment.role_prefixes(
        version=Version.parse(settings.langfuse.version),
        exports=storage.exports,
        media=storage.media,
    )
    backups = [storage_environment.BACKUPS] if settings.backups else []
    return [*prefixes, *backups]


def _metrics(settings: Settings) -> str | None:
    """The namespace that workers publish metrics to."""
    published = settings.monitoring is not None and settings.monitoring.queue_metrics
    return queue_metrics.NAMESPACE if published else None


def place(settings: Settings, *, partition: str, account: str) -> Place:
    """Where a stack on EKS is, with the parts that its settings switch on."""
    region, endpoint = str(settings.aws.region), settings.endpoint
    return Place(
        partition=partition,
        region=region,
        account=account,
        cluster=str(settings.cluster.eks_name),
        stack=settings.stack,
        parts=frozenset(parts(settings)),
        given=_given(settings, f"arn:{partition}:rds:{region}:{account}:snapshot:"),
        host=endpoint.host.lower() if endpoint else "",
        prefixes=tuple(_prefixes(settings)),
        metrics=_metrics(settings),
        namespaces=(settings.cluster.namespace, *settings.agents.every_namespace),
    )


def _given(settings: Settings, snapshots: str) -> dict[Given, str]:
    """What the settings name in AWS. ``snapshots``: what the ARN of a snapshot begins with."""
    database, storage, endpoint = settings.database, settings.s3, settings.endpoint
    rds = database if isinstance(database, RdsDatabase) else None
    cache = settings.cache if isinstance(settings.cache, ElastiCacheCache) else None
    restore = rds and rds.restore_from
    alarms = settings.monitoring.alarms if settings.monitoring else None
    snapshot = restore and restore.snapshot
    if snapshot and not snapshot.startswith("arn:"):
        snapshot = snapshots + snapshot
    named: dict[Given, str | None] = {
        "database_key": rds and rds.kms_key_arn,
        "cache_key": cache and cache.kms_key_arn,
        "entries_key": settings.secrets.kms_key_arn,
        "bucket_key": storage and storage.kms_key_arn,
        "bucket": storage and storage.bucket,
        "media_bucket": storage and storage.media_bucket,
        "log_bucket": endpoint and endpoint.access_logs and endpoint.access_logs.bucket,
        "certificate": endpoint and endpoint.certificate_arn,
        "topic": alarms and alarms.topic_arn,
        "worker_log": alarms and alarms.worker_log_group,
        "snapshot": snapshot,
        "source": restore and restore.instance,
    }
    return {name: value for name, value in named.items() if value}
