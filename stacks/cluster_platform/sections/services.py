"""Section ``services``: what the cluster comes without and workloads expect."""

from __future__ import annotations

from stacks.settings.machinery.fields.aws import AddonVersion, SslPolicy
from stacks.settings.machinery.fields.network import HostName
from stacks.settings.machinery.section import Section


class Services(Section):
    """What is in the cluster beside the IngressClass `alb`, the default StorageClass `gp3` and the
    enforcement of NetworkPolicies, which every platform has."""

    metrics_server: bool = True
    """metrics-server, which HorizontalPodAutoscalers read, as an add-on of EKS."""
    metrics_server_version: AddonVersion | None = None
    """Version of the add-on. None: the one that EKS has as the default for `kubernetesVersion` when
    it is installed; nothing changes it then."""
    external_secrets: bool = True
    """The External Secrets Operator. Workloads leave `secrets.installExternalSecrets` at false."""
    clickhouse_operator: bool = False
    """ClickHouse's operator and cert-manager: for workloads with `clickhouse.engine: operator`."""
    prometheus: bool = False
    """The chart kube-prometheus-stack in the namespace `monitoring`: the Prometheus Operator,
    Prometheus with a volume of 50 GiB, Alertmanager and Grafana; and the blackbox exporter. For
    workloads with `monitoring.prometheusRules` and `monitoring.dashboards`."""
    ssl_policy: SslPolicy = "ELBSecurityPolicy-TLS13-1-2-2021-06"
    """TLS policy of every load balancer of the class `alb`. It wins over the workload's
    `endpoint.sslPolicy`."""
    hosted_zone: HostName | None = None
    """Domain of a public Route 53 zone to make. Its name servers, output `nameServers`, have to be
    entered where the domain is registered."""
