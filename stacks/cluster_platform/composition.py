"""A platform: its network, its cluster, and what the cluster needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal

import pulumi

from components.platform import kubernetes_versions
from components.platform.cluster import Cluster, ClusterArgs, Right
from components.platform.flow_logs import FlowLogs
from components.platform.network import Network, NetworkArgs
from components.platform.node_pool import NodePool
from components.platform.services import ClusterServices, ClusterServicesArgs
from stacks.cluster_platform.sections.network import CreatedNetwork
from stacks.cluster_platform.settings import PlatformSettings
from stacks.platforms import eks_providers

TYPE = "agent-observability:index:Platform"

_TRAFFIC: Final[Mapping[str, Literal["REJECT", "ALL"] | None]] = {
    "rejected": "REJECT",
    "all": "ALL",
    "off": None,
}


@dataclass(frozen=True, kw_only=True)
class PlatformArgs:
    settings: PlatformSettings
    today: date = field(default_factory=date.today)
    """When the end of support is near is judged by it."""


class Platform(pulumi.ComponentResource):
    """Everything between an empty account and the workload. The workload needs its name alone."""

    outputs: Mapping[str, Any]
    """What the stack exports; nothing in it is secret."""

    def __init__(
        self, name: str, args: PlatformArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        self._name = name
        self._settings = settings = args.settings
        self._child = pulumi.ResourceOptions(parent=self)
        version = settings.cluster.kubernetes_version
        if (warning := kubernetes_versions.warning(version, args.today)) is not None:
            pulumi.log.warn(warning, self)

        network = self._network()
        cluster = self._cluster(network)
        services = self._services(cluster)
        self.outputs = self._outputs(network, services)
        self.register_outputs(dict(self.outputs))

    def _network(self) -> Network | None:
        settings, section = self._settings, self._settings.network
        if not isinstance(section, CreatedNetwork):
            return None
        return Network(
            f"{self._name}-network",
            NetworkArgs(
                region=settings.region,
                account_id=settings.account_id,
                partition=settings.partition,
                label=settings.cluster.name,
                cidr=section.cidr,
                zones=section.zones,
                nat=section.nat,
                flow_logs=FlowLogs(traffic=_TRAFFIC[section.flow_logs], days=section.flow_log_days),
                permissions_boundary_arn=settings.cluster.permissions_boundary_arn,
            ),
            self._child,
        )

    def _cluster(self, network: Network | None) -> Cluster:
        settings, section = self._settings, self._settings.cluster
        rights: dict[str, Right] = {}
        rights |= dict.fromkeys(settings.access.viewers, "viewer")
        rights |= dict.fromkeys(settings.access.deployers, "deployer")
        rights |= dict.fromkeys(settings.access.admins, "admin")
        return Cluster(
            f"{self._name}-cluster",
            ClusterArgs(
                region=settings.region,
                account_id=settings.account_id,
                partition=settings.partition,
                cluster_name=section.name,
                version=section.kubernetes_version,
                subnet_ids=network.private_subnet_ids if network else list(settings.subnet_ids),
                public_access_cidrs=section.public_access_cidrs,
                principals=rights,
                service_cidr=section.service_cidr,
                log_types=section.log_types,
                log_days=section.log_days,
                kms_key_arn=section.kms_key_arn,
                deletion_protection=section.deletion_protection,
                permissions_boundary_arn=section.permissions_boundary_arn,
                after=network.ways if network else (),
            ),
            self._child,
        )

    def _services(self, cluster: Cluster) -> ClusterServices:
        settings, section = self._settings, self._settings.services
        kubernetes = eks_providers.provider_of(
            settings.cluster.name,
            settings.region,
            endpoint=cluster.endpoint,
            certificate_authority=cluster.certificate_authority,
            profile=settings.aws.profile,
        )
        return ClusterServices(
            f"{self._name}-services",
            ClusterServicesArgs(
                cluster=cluster.cluster,
                after=cluster.entries,
                ssl_policy=section.ssl_policy,
                node_pool=NodePool(
                    architectures=settings.nodes.architectures,
                    capacity=settings.nodes.capacity,
                    cpus=settings.nodes.max_cpus,
                    memory_gib=settings.nodes.max_memory_gib,
                ),
                metrics_server=section.metrics_server,
                metrics_server_version=section.metrics_server_version,
                external_secrets=section.external_secrets,
                clickhouse_operator=section.clickhouse_operator,
                prometheus=section.prometheus,
                hosted_zone=section.hosted_zone,
            ),
            pulumi.ResourceOptions(parent=self, providers=[kubernetes]),
        )

    def _outputs(self, network: Network | None, services: ClusterServices) -> Mapping[str, Any]:
        settings = self._settings
        known = {
            "clusterName": settings.cluster.name,
            "region": settings.region,
            "kubernetesVersion": settings.cluster.kubernetes_version,
            "egressAddresses": network and network.egress_addresses,
            "hostedZone": settings.services.hosted_zone,
            "nameServers": services.name_servers,
            # For people, and for the policy pack: it is not told the configuration.
            "acknowledged": [*settings.acknowledge] or None,
            "kubeconfigCommand": (
                f"aws eks update-kubeconfig --region {settings.region} "
                f"--name {settings.cluster.name}"
            ),
        }
        return {key: value for key, value in known.items() if value is not None}
