"""What a stack on EKS has in AWS: settings turned into the arguments of components.

Imported by stacks on EKS alone: AWS's SDK takes a second to load.
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from components.aws import discovery
from components.endpoint.public_endpoint import AccessLogs, PublicEndpoint, PublicEndpointArgs
from components.langfuse import storage_environment, versions
from components.langfuse.versions import Version
from components.postgres.rds.instance import PostgresRds, PostgresRdsArgs
from components.postgres.rds.restore import Restore
from components.secrets.external_secrets_operator import (
    ExternalSecretsOperator,
    ExternalSecretsOperatorArgs,
)
from components.secrets.secrets_manager_delivery import SecretsManagerDelivery
from components.storage.object_storage import ObjectStorage, ObjectStorageArgs
from stacks.platforms.eks_providers import Eks
from stacks.settings import Settings
from stacks.settings.sections.database import RdsDatabase
from stacks.settings.sections.endpoint import Endpoint
from stacks.settings.sections.object_storage import ObjectStorage as ObjectStorageSettings


def database(
    name: str, settings: RdsDatabase, eks: Eks, opts: pulumi.ResourceOptions
) -> PostgresRds:
    """The RDS instance, in the cluster's private subnets unless the settings name others."""
    restore = settings.restore_from
    subnets = list(settings.subnet_ids) or discovery.find_private_subnets(eks.cluster, eks.look_up)
    return PostgresRds(
        name,
        PostgresRdsArgs(
            cluster=eks.cluster,
            subnet_ids=subnets,
            client_security_group_ids=settings.client_security_group_ids,
            version=settings.version,
            instance_class=settings.instance_class,
            storage_gib=settings.storage_gib,
            max_storage_gib=settings.max_storage_gib,
            iops=settings.iops,
            throughput_mibps=settings.throughput_mibps,
            multi_az=settings.multi_az,
            backup_days=settings.backup_days,
            backup_window=settings.backup_window,
            maintenance_window=settings.maintenance_window,
            kms_key_arn=settings.kms_key_arn,
            insights=settings.insights,
            monitoring_seconds=settings.monitoring_seconds,
            apply_immediately=settings.apply_immediately,
            allow_major_upgrade=settings.allow_major_upgrade,
            connection_limit=settings.connection_limit,
            protect=settings.protect,
            restore=restore
            and Restore(snapshot=restore.snapshot, instance=restore.instance, time=restore.time),
        ),
        opts,
    )


def delivery(
    name: str, settings: Settings, eks: Eks, opts: pulumi.ResourceOptions
) -> SecretsManagerDelivery:
    """Delivery through Secrets Manager, with the operator where the stack installs it."""
    secrets = settings.secrets
    operator = None
    if secrets.install_external_secrets:
        operator = ExternalSecretsOperator(
            f"{name}-external-secrets", ExternalSecretsOperatorArgs(), opts
        ).release
    return SecretsManagerDelivery(
        project=pulumi.get_project(),
        stack=settings.stack,
        region=eks.cluster.region,
        oidc=discovery.find_oidc_provider(eks.cluster, eks.look_up),
        recovery_days=secrets.recovery_days,
        kms_key_arn=secrets.kms_key_arn,
        protect=secrets.protect,
        operator=operator,
        permissions_boundary_arn=eks.cluster.permissions_boundary_arn,
    )


def storage(
    name: str,
    *,
    service_account: str,
    namespace: pulumi.Input[str],
    settings: ObjectStorageSettings,
    release: Version,
    eks: Eks,
    opts: pulumi.ResourceOptions,
) -> ObjectStorage:
    """The bucket, reached by role where the release can."""
    prefixes = storage_environment.role_prefixes(
        version=release, exports=settings.exports, media=settings.media
    )
    oidc = discovery.find_oidc_provider(eks.cluster, eks.look_up) if prefixes else None
    return ObjectStorage(
        name,
        ObjectStorageArgs(
            cluster=eks.cluster,
            oidc=oidc,
            namespace=namespace,
            service_account=service_account,
            version=release,
            exports=settings.exports,
            media=settings.media,
            export_days=settings.export_days,
            protect=settings.protect,
            bucket=settings.bucket,
            kms_key_arn=settings.kms_key_arn,
        ),
        opts,
    )


def load_balancer_networks(settings: Endpoint, eks: Eks) -> pulumi.Output[Sequence[str]]:
    """Where the load balancer connects from."""
    return discovery.find_load_balancer_networks(
        eks.cluster, settings.scheme, settings.subnet_ids, eks.look_up
    )


def endpoint(
    name: str,
    *,
    namespace: pulumi.Input[str],
    service_name: pulumi.Input[str],
    settings: Endpoint,
    release: Version,
    tags: dict[str, str],
    eks: Eks,
    opts: pulumi.ResourceOptions,
) -> PublicEndpoint:
    """The public name, with the health check of the release."""
    logs = settings.access_logs
    return PublicEndpoint(
        name,
        PublicEndpointArgs(
            namespace=namespace,
            service_name=service_name,
            host=settings.host,
            health_path=versions.readiness_path(release),
            hosted_zone=settings.hosted_zone,
            certificate_arn=settings.certificate_arn,
            scheme=settings.scheme,
            ingress_class=settings.ingress_class,
            ssl_policy=settings.ssl_policy,
            account_id=eks.cluster.account_id,
            inbound_cidrs=settings.inbound_cidrs,
            subnet_ids=settings.subnet_ids,
            web_acl_arn=settings.web_acl_arn,
            access_logs=logs and AccessLogs(bucket=logs.bucket, days=logs.days),
            deletion_protection=settings.deletion_protection,
            tags=tags,
        ),
        opts,
    )
