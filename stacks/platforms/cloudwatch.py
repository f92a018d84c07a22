"""What CloudWatch has about a stack: alarms on it, and where dashboards find it.

Imported by stacks on EKS with a `monitoring` section alone: it loads more of AWS's SDK.
"""

from __future__ import annotations

import pulumi

from components.endpoint.public_endpoint import PublicEndpoint
from components.monitoring.alarms.cloud_alarms import CloudAlarms, CloudAlarmsArgs, WatchedDatabase
from components.monitoring.dashboards.grafana_dashboards import CloudWatchSource
from components.monitoring.dashboards.panels import limits
from components.postgres.rds.instance import PostgresRds
from stacks.platforms.eks_providers import Eks
from stacks.settings import Settings
from stacks.settings.sections.database import RdsDatabase


def alarms(
    name: str,
    settings: Settings,
    *,
    database: PostgresRds | None,
    endpoint: PublicEndpoint | None,
    load_balancer: pulumi.Output[str] | None,
    eks: Eks,
    opts: pulumi.ResourceOptions,
) -> CloudAlarms | None:
    """Alarms of what the stack has in AWS, where the settings ask for them."""
    monitoring = settings.monitoring
    if monitoring is None or monitoring.alarms is None:
        return None
    watched = None
    if database is not None and isinstance(settings.database, RdsDatabase):
        watched = WatchedDatabase(
            identifier=database.identifier,
            instance_class=settings.database.instance_class,
            storage_gib=settings.database.storage_gib,
            max_storage_gib=settings.database.max_storage_gib,
        )
    return CloudAlarms(
        name,
        CloudAlarmsArgs(
            cluster=eks.cluster,
            stack=f"{pulumi.get_project()}-{settings.stack}",
            runbooks=monitoring.runbooks,
            email=monitoring.alarms.email,
            topic_arn=monitoring.alarms.topic_arn,
            database=watched,
            load_balancer=load_balancer,
            certificate_arn=endpoint and endpoint.certificate_arn,
            certificate_days=monitoring.certificate_days,
        ),
        opts,
    )


def dashboard_source(
    settings: Settings,
    database: PostgresRds | None,
    load_balancer: pulumi.Output[str] | None,
    eks: Eks,
) -> CloudWatchSource:
    """What dashboards show of the stack in AWS."""
    sizes = None
    if isinstance(settings.database, RdsDatabase):
        sizes = limits.of_database(
            instance_class=settings.database.instance_class,
            storage_gib=settings.database.storage_gib,
            max_storage_gib=settings.database.max_storage_gib,
        )
    return CloudWatchSource(
        region=eks.cluster.region,
        database=database and database.identifier,
        load_balancer=load_balancer,
        database_limits=sizes,
    )
