"""An EKS cluster and AWS around it: sections of the settings turned into components.

Imported for stacks on EKS alone (see ``stacks.platforms.connect``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pulumi
import pulumi_aws
import pulumi_kubernetes

from components.aws import discovery
from components.aws.cluster import EksCluster
from components.cache.elasticache.replication_group import CacheElastiCache, CacheElastiCacheArgs
from components.endpoint.public_endpoint import AccessLogs, PublicEndpoint, PublicEndpointArgs
from components.kubernetes import cluster_mode
from components.kubernetes.cluster_mode import ClusterMode
from components.langfuse import storage_environment, versions
from components.langfuse.versions import Version
from components.monitoring import queue_metrics
from components.postgres.rds.instance import PostgresRds, PostgresRdsArgs
from components.postgres.rds.restore import Restore
from components.project import PROJECT
from components.secrets.external_secrets_operator import (
    ExternalSecretsOperator,
    ExternalSecretsOperatorArgs,
)
from components.secrets.secrets_manager_delivery import SecretsManagerDelivery
from components.storage.object_storage import Backups, ObjectStorage, ObjectStorageArgs
from stacks import translation
from stacks.names import AccountNames
from stacks.platforms import cloudwatch, eks_providers
from stacks.platforms.platform import Managed, Watch
from stacks.settings import Settings
from stacks.settings.sections.cache import ElastiCacheCache
from stacks.settings.sections.database import RdsDatabase
from stacks.settings.sections.endpoint import Endpoint
from stacks.settings.sections.monitoring import Monitoring
from stacks.settings.sections.object_storage import S3ObjectStorage
from stacks.settings.sections.secrets import Secrets


def connect(settings: Settings) -> Eks:
    """Find the stack's cluster. One that is not there, or not the account's, stops the preview."""
    region = settings.aws.region
    name = settings.cluster.eks_name
    if name is None or region is None:
        raise ValueError("the settings name no EKS cluster, or no region")
    aws = eks_providers.aws_provider(settings.aws, stack=settings.stack)
    cluster = replace(
        discovery.find_cluster(name, region, pulumi.InvokeOptions(provider=aws)),
        permissions_boundary_arn=settings.cluster.permissions_boundary_arn,
        role_path=AccountNames(settings.stack).role_path,
    )
    kubernetes = eks_providers.kubernetes_provider(cluster, profile=settings.aws.profile)
    return Eks(settings=settings, aws=aws, kubernetes=kubernetes, cluster=cluster)


@dataclass(frozen=True, kw_only=True)
class Eks:
    """A stack's EKS cluster, and the providers that reach it and what is beside it."""

    settings: Settings
    aws: pulumi_aws.Provider
    kubernetes: pulumi_kubernetes.Provider
    cluster: EksCluster

    @property
    def providers(self) -> list[pulumi.ProviderResource]:
        return [self.kubernetes, self.aws]

    @property
    def kubectl(self) -> pulumi.Output[str]:
        """With the context that `aws eks update-kubeconfig` names: the cluster's ARN."""
        return pulumi.Output.format("kubectl --context={0}", self.cluster.arn)

    @property
    def mode(self) -> ClusterMode:
        return self.cluster.mode

    def delivery(
        self, name: str, section: Secrets, opts: pulumi.ResourceOptions
    ) -> SecretsManagerDelivery:
        """By Secrets Manager, with the operator where the stack installs it."""
        operator = None
        if section.install_external_secrets:
            operator = ExternalSecretsOperator(name, ExternalSecretsOperatorArgs(), opts).release
        return SecretsManagerDelivery(
            project=PROJECT,
            stack=self.settings.stack,
            region=self.cluster.region,
            oidc=discovery.find_oidc_provider(self.cluster, self._look_up),
            recovery_days=section.recovery_days,
            kms_key_arn=section.kms_key_arn,
            protect=section.protect,
            operator=operator,
            permissions_boundary_arn=self.cluster.permissions_boundary_arn,
            role_path=self.cluster.role_path,
        )

    def database(
        self, name: str, section: RdsDatabase, opts: pulumi.ResourceOptions
    ) -> PostgresRds:
        """On RDS, in the cluster's private subnets unless the section names others."""
        restore = section.restore_from
        return PostgresRds(
            name,
            PostgresRdsArgs(
                cluster=self.cluster,
                name_prefix=self._names.database,
                subnet_ids=self._subnets(section.subnet_ids),
                client_security_group_ids=section.client_security_group_ids,
                version=section.version,
                instance_class=section.instance_class,
                storage_gib=section.storage_gib,
                max_storage_gib=section.max_storage_gib,
                iops=section.iops,
                throughput_mibps=section.throughput_mibps,
                multi_az=section.multi_az,
                backup_days=section.backup_days,
                backup_window=section.backup_window,
                maintenance_window=section.maintenance_window,
                root_certificates=section.root_certificates,
                kms_key_arn=section.kms_key_arn,
                insights=section.insights,
                monitoring_seconds=section.monitoring_seconds,
                apply_immediately=section.apply_immediately,
                allow_major_upgrade=section.allow_major_upgrade,
                connection_limit=section.connection_limit,
                protect=section.protect,
                restore=restore
                and Restore(
                    snapshot=restore.snapshot, instance=restore.instance, time=restore.time
                ),
            ),
            opts,
        )

    def cache(
        self, name: str, section: ElastiCacheCache, opts: pulumi.ResourceOptions
    ) -> CacheElastiCache:
        """On ElastiCache, in the cluster's private subnets unless the section names others."""
        return CacheElastiCache(
            name,
            CacheElastiCacheArgs(
                cluster=self.cluster,
                identifier_prefix=self._names.replication_group,
                name_prefix=self._names.cache,
                subnet_ids=self._subnets(section.subnet_ids),
                client_security_group_ids=section.client_security_group_ids,
                version=section.version,
                node_type=section.node_type,
                replicas=section.replicas,
                snapshot_days=section.snapshot_days,
                snapshot_window=section.snapshot_window,
                maintenance_window=section.maintenance_window,
                kms_key_arn=section.kms_key_arn,
                apply_immediately=section.apply_immediately,
                protect=section.protect,
            ),
            opts,
        )

    def storage(
        self,
        name: str,
        section: S3ObjectStorage,
        *,
        namespace: pulumi.Input[str],
        service_accounts: Sequence[str],
        origin: str,
        clickhouse: str,
        backup_days: int | None,
        opts: pulumi.ResourceOptions,
    ) -> ObjectStorage:
        """Buckets in S3, reached by role where the release can."""
        prefixes = storage_environment.role_prefixes(
            version=self._release, exports=section.exports, media=section.media
        )
        roles = prefixes or backup_days is not None
        oidc = discovery.find_oidc_provider(self.cluster, self._look_up) if roles else None
        return ObjectStorage(
            name,
            ObjectStorageArgs(
                cluster=self.cluster,
                name_prefix=self._names.storage,
                events_name_prefix=self._names.events,
                oidc=oidc,
                namespace=namespace,
                service_accounts=service_accounts,
                version=self._release,
                exports=section.exports,
                media=section.media,
                export_days=section.export_days,
                event_days=section.event_days,
                protect=section.protect,
                origin=origin,
                bucket=section.bucket,
                media_bucket=section.media_bucket,
                kms_key_arn=section.kms_key_arn,
                backups=None
                if backup_days is None
                else Backups(service_account=clickhouse, days=backup_days),
                metrics=queue_metrics.NAMESPACE
                if translation.queue_metrics(self.settings)
                else None,
            ),
            opts,
        )

    def endpoint(
        self,
        name: str,
        section: Endpoint,
        *,
        namespace: pulumi.Input[str],
        service_name: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
    ) -> PublicEndpoint:
        """An Application Load Balancer, with the health check of the release."""
        logs = section.access_logs
        return PublicEndpoint(
            name,
            PublicEndpointArgs(
                namespace=namespace,
                service_name=service_name,
                host=section.host,
                health_path=versions.readiness_path(self._release),
                hosted_zone=section.hosted_zone,
                certificate_arn=section.certificate_arn,
                scheme=section.scheme,
                ingress_class=section.ingress_class or self.mode.ingress_class,
                ingress_controller=self.mode.ingress_controller,
                ssl_policy=section.ssl_policy,
                account_id=self.cluster.account_id,
                inbound_cidrs=section.inbound_cidrs,
                subnet_ids=section.subnet_ids,
                web_acl_arn=section.web_acl_arn,
                log_bucket_prefix=self._names.access_logs,
                access_logs=logs and AccessLogs(bucket=logs.bucket, days=logs.days),
                deletion_protection=section.deletion_protection,
                paused=self.settings.langfuse.paused,
                tags=self.settings.aws.default_tags.get("tags", {}),
            ),
            opts,
        )

    def readiness_gates(self, section: Endpoint) -> Mapping[str, str]:
        """Those of every controller that the Ingress's class may belong to. A cluster in Auto Mode
        may have the other one too, whose class the section then names; a label of a controller that
        has no part in the Ingress does nothing."""
        modes = [self.mode, *([cluster_mode.SELF_MANAGED] if section.ingress_class else [])]
        return {mode.readiness_gate: "enabled" for mode in modes}

    def endpoint_networks(self, section: Endpoint) -> pulumi.Output[Sequence[str]]:
        """Those of the load balancer's subnets."""
        return discovery.find_load_balancer_networks(
            self.cluster, section.scheme, section.subnet_ids, self._look_up
        )

    def watch(
        self, name: str, section: Monitoring, managed: Managed, opts: pulumi.ResourceOptions
    ) -> Watch:
        """By CloudWatch."""
        return cloudwatch.watch(
            name, section, managed, settings=self.settings, cluster=self.cluster, opts=opts
        )

    def _subnets(self, given: Sequence[str]) -> pulumi.Input[Sequence[str]]:
        """Those that a section names, or the private ones of the cluster."""
        return list(given) or discovery.find_private_subnets(self.cluster, self._look_up)

    @property
    def _release(self) -> Version:
        return Version.parse(self.settings.langfuse.version)

    @property
    def _names(self) -> AccountNames:
        """Names in the account."""
        return AccountNames(self.settings.stack)

    @property
    def _look_up(self) -> pulumi.InvokeOptions:
        """Options of look-ups in the stack's account."""
        return pulumi.InvokeOptions(provider=self.aws)
