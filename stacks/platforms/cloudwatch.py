"""What CloudWatch has about a stack: alarms on it, and where dashboards find it."""

from __future__ import annotations

import pulumi

from components.aws.cluster import EksCluster
from components.langfuse import versions
from components.langfuse.pods import WORKER_CONTAINER
from components.langfuse.versions import Version
from components.monitoring.alarms import thresholds
from components.monitoring.alarms.cloud_alarms import (
    CloudAlarms,
    CloudAlarmsArgs,
    WatchedCache,
    WatchedDatabase,
    WorkerLog,
)
from components.monitoring.dashboards.cloudwatch_source import CloudWatchSource
from components.monitoring.dashboards.panels import limits
from stacks import names, translation
from stacks.platforms.platform import Managed, Watch
from stacks.settings import Settings
from stacks.settings.sections.cache import ElastiCacheCache
from stacks.settings.sections.database import RdsDatabase
from stacks.settings.sections.monitoring import Alarms, Monitoring


def watch(
    name: str,
    section: Monitoring,
    managed: Managed,
    *,
    settings: Settings,
    cluster: EksCluster,
    opts: pulumi.ResourceOptions,
) -> Watch:
    """Alarms where the section asks for them, and the source of dashboards."""
    endpoint = managed.endpoint
    load_balancer = None
    # Dashboards and alarms name it both; nothing else does.
    if endpoint and (section.dashboards or section.alarms):
        load_balancer = endpoint.find_load_balancer()
    database, cache = _database(settings, managed), _cache(settings, managed)
    source = CloudWatchSource(
        region=cluster.region,
        database=database and database.identifier,
        load_balancer=load_balancer,
        database_limits=database
        and limits.of_database(
            instance_class=database.instance_class,
            storage_gib=database.storage_gib,
            max_storage_gib=database.max_storage_gib,
        ),
        cache=cache.nodes if cache else (),
        cache_thresholds=cache and thresholds.of_cache(cache.node_type),
        buckets=_buckets(managed),
        queues=translation.queue_metrics(settings),
    )
    if section.alarms is None:
        return Watch(source=source)
    in_account = names.AccountNames(settings.stack)
    alarms = CloudAlarms(
        name,
        CloudAlarmsArgs(
            cluster=cluster,
            alarm_prefix=in_account.alarm_prefix,
            dashboard=in_account.whole,
            name_prefix=in_account.alarms,
            runbooks=section.runbooks,
            email=section.alarms.email,
            topic_arn=section.alarms.topic_arn,
            database=database,
            cache=cache,
            load_balancer=load_balancer,
            agents=translation.agents_use_public_url(settings),
            opentelemetry=Version.parse(settings.langfuse.version) >= versions.OPENTELEMETRY,
            paused=settings.langfuse.paused,
            certificate_arn=endpoint and endpoint.certificate_arn,
            certificate_days=section.certificate_days,
            queue_metrics=translation.queue_metrics(settings),
            worker_log=_log(settings, section.alarms),
        ),
        opts,
    )
    return Watch(source=source, alarm_topic=alarms.topic_arn)


def _database(settings: Settings, managed: Managed) -> WatchedDatabase | None:
    section = settings.database
    if managed.database is None or not isinstance(section, RdsDatabase):
        return None
    return WatchedDatabase(
        identifier=managed.database.identifier,
        instance_class=section.instance_class,
        storage_gib=section.storage_gib,
        max_storage_gib=section.max_storage_gib,
    )


def _cache(settings: Settings, managed: Managed) -> WatchedCache | None:
    section = settings.cache
    if managed.cache is None or not isinstance(section, ElastiCacheCache):
        return None
    return WatchedCache(nodes=managed.cache.nodes, node_type=section.node_type)


def _buckets(managed: Managed) -> dict[str, pulumi.Output[str]]:
    """Buckets by what Langfuse keeps there, from version 3 on."""
    if managed.storage is None or managed.storage.media_bucket_name is None:
        return {}
    return {
        "events and exports": managed.storage.bucket_name,
        "media": managed.storage.media_bucket_name,
    }


def _log(settings: Settings, section: Alarms) -> WorkerLog | None:
    if section.worker_log_group is None:
        return None
    return WorkerLog(
        group=section.worker_log_group,
        namespace=settings.cluster.namespace,
        container=WORKER_CONTAINER,
    )
