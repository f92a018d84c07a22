"""What a cluster in Auto Mode comes without: node pool, classes, controllers, a public zone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pulumi
from pulumi_aws import eks, route53
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.core.v1 import ConfigMap
from pulumi_kubernetes.helm.v3 import Release
from pulumi_kubernetes.networking.v1 import IngressClass
from pulumi_kubernetes.storage.v1 import StorageClass

from components.kubernetes.cluster_mode import AUTO
from components.kubernetes.labels import PART_OF
from components.platform import charts, node_pool
from components.platform.charts import STORAGE_CLASS, Chart
from components.platform.node_pool import NodePool
from components.secrets.external_secrets_operator import (
    ExternalSecretsOperator,
    ExternalSecretsOperatorArgs,
)

TYPE = "agent-observability:index:ClusterServices"

INGRESS_CLASS: Final = "alb"
"""The name that the AWS Load Balancer Controller's own class has, so that workloads need not
know what runs their load balancers."""
PARAMETERS: Final = {"apiGroup": "eks.amazonaws.com", "kind": "IngressClassParams"}

_LABELS: Final = {
    "app.kubernetes.io/part-of": PART_OF,
    "app.kubernetes.io/managed-by": "pulumi",
}
_DRAINING_MINUTES: Final = 30
"""Pods get their grace periods, one node after the other."""
_INSTALL_SECONDS: Final = 600
"""A first node takes some minutes, then images are pulled."""


@dataclass(frozen=True, kw_only=True)
class ClusterServicesArgs:
    cluster: eks.Cluster
    """The cluster, in Auto Mode."""
    after: Sequence[pulumi.Resource]
    """What has to exist before an object can be made in the cluster: the caller's access entry."""
    ssl_policy: str
    """TLS policy of every load balancer of the class, whatever an Ingress asks for."""
    node_pool: NodePool = field(default_factory=NodePool)
    metrics_server: bool = True
    metrics_server_version: str | None = None
    """Version of the add-on; None: the one that EKS has as the default for the cluster's Kubernetes
    version when it is installed, which then stays."""
    external_secrets: bool = True
    clickhouse_operator: bool = False
    """ClickHouse's operator, and cert-manager, which its webhooks need."""
    prometheus: bool = False
    """The Prometheus Operator with Prometheus, Alertmanager and Grafana, and an exporter that
    probes URLs."""
    hosted_zone: str | None = None
    """Domain of a public zone to make."""


class ClusterServices(pulumi.ComponentResource):
    """Objects and controllers that workloads expect of a cluster."""

    name_servers: pulumi.Output[Any] | None
    """Where the domain of the zone has to be delegated to; None without a zone."""

    def __init__(
        self, name: str, args: ClusterServicesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        self._name = name
        self._args = args
        # In a cluster that is deleted nothing of this has to be: it costs nothing in AWS, but for
        # the volume of Prometheus, whose claim `make platform-destroy` sees. So a cluster that
        # cannot be reached can be removed.
        self._gone = pulumi.ResourceOptions(
            parent=self, deleted_with=args.cluster, depends_on=[*args.after]
        )

        self._classes()
        # Without it NetworkPolicies are stored, and have no effect
        # (https://docs.aws.amazon.com/eks/latest/userguide/auto-net-pol.html).
        ConfigMap(
            f"{name}-network-policies",
            metadata={"namespace": "kube-system", "name": "amazon-vpc-cni", "labels": _LABELS},
            data={"enable-network-policy-controller": "true"},
            opts=self._gone,
        )
        minutes = f"{_DRAINING_MINUTES}m"
        pool = CustomResource(
            f"{name}-node-pool",
            api_version=node_pool.API_VERSION,
            kind=node_pool.KIND,
            metadata={"name": node_pool.NAME, "labels": _LABELS},
            spec=node_pool.spec(args.node_pool),
            # Deleted by itself, before the cluster and the network: its nodes are drained then.
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[*args.after],
                custom_timeouts=pulumi.CustomTimeouts(delete=minutes),
            ),
        )
        self._controllers(pool)
        self.name_servers = self._zone(args.hosted_zone) if args.hosted_zone else None
        self.register_outputs({"nameServers": self.name_servers})

    def _classes(self) -> None:
        parameters = CustomResource(
            f"{self._name}-load-balancers",
            api_version=f"{PARAMETERS['apiGroup']}/v1",
            kind=PARAMETERS["kind"],
            metadata={"name": INGRESS_CLASS, "labels": _LABELS},
            # A parameter wins over the annotation of an Ingress: nothing else is for the platform
            # to decide.
            spec={"sslPolicy": self._args.ssl_policy},
            opts=self._gone,
        )
        IngressClass(
            f"{self._name}-ingress-class",
            metadata={"name": INGRESS_CLASS, "labels": _LABELS},
            spec={
                "controller": AUTO.ingress_controller,
                "parameters": {
                    "api_group": PARAMETERS["apiGroup"],
                    "kind": PARAMETERS["kind"],
                    "name": INGRESS_CLASS,
                },
            },
            opts=pulumi.ResourceOptions.merge(
                self._gone, pulumi.ResourceOptions(depends_on=[parameters])
            ),
        )
        StorageClass(
            f"{self._name}-storage-class",
            metadata={
                "name": STORAGE_CLASS,
                "labels": _LABELS,
                "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
            },
            provisioner=AUTO.volume_provisioner,
            parameters={"type": "gp3", "encrypted": "true"},
            allowed_topologies=[
                {"match_label_expressions": [{"key": key, "values": [value]}]}
                for key, value in AUTO.volume_topology.items()
            ],
            volume_binding_mode="WaitForFirstConsumer",
            allow_volume_expansion=True,
            reclaim_policy="Delete",
            opts=self._gone,
        )

    def _controllers(self, pool: pulumi.Resource) -> None:
        # Their pods need a node. Without one an add-on is DEGRADED after 20 minutes.
        on_nodes = pulumi.ResourceOptions.merge(
            self._gone, pulumi.ResourceOptions(depends_on=[pool])
        )
        if self._args.metrics_server:
            eks.Addon(
                f"{self._name}-metrics-server",
                cluster_name=self._args.cluster.name,
                addon_name="metrics-server",
                addon_version=self._args.metrics_server_version,
                resolve_conflicts_on_create="OVERWRITE",
                resolve_conflicts_on_update="OVERWRITE",
                opts=on_nodes,
            )
        before: list[pulumi.Resource] = [pool]
        if self._args.prometheus:
            # It brings the definition of ServiceMonitors.
            before.append(self._release(charts.PROMETHEUS, on_nodes))
            self._release(charts.BLACKBOX_EXPORTER, on_nodes)
        if self._args.external_secrets:
            ExternalSecretsOperator(
                f"{self._name}-external-secrets",
                ExternalSecretsOperatorArgs(monitored=self._args.prometheus, after=before),
                self._gone,
            )
        if self._args.clickhouse_operator:
            certificates = self._release(charts.CERT_MANAGER, on_nodes)
            self._release(
                charts.CLICKHOUSE_OPERATOR,
                pulumi.ResourceOptions.merge(
                    self._gone, pulumi.ResourceOptions(depends_on=[certificates])
                ),
            )

    def _release(self, chart: Chart, opts: pulumi.ResourceOptions) -> Release:
        return Release(
            f"{self._name}-{chart.name}",
            name=chart.name,
            namespace=chart.namespace,
            create_namespace=True,
            chart=chart.chart,
            version=chart.version,
            values=chart.values,
            atomic=True,
            timeout=_INSTALL_SECONDS,
            opts=opts,
        )

    def _zone(self, domain: str) -> pulumi.Output[Any]:
        zone = route53.Zone(
            f"{self._name}-zone",
            name=domain,
            comment="Workloads of the cluster",
            # A zone with records of somebody's is not deleted.
            force_destroy=False,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return zone.name_servers
