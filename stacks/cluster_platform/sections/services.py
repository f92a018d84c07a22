"""Section ``services``: what the cluster comes without and workloads expect."""

from __future__ import annotations

from stacks.settings.machinery.fields.aws import SslPolicy
from stacks.settings.machinery.fields.network import HostName
from stacks.settings.machinery.section import Section


class Services(Section):
    """What is in the cluster beside the IngressClass `alb`, the default StorageClass `gp3` and the
    enforcement of NetworkPolicies, which every platform has."""

    metrics_server: bool = True
    """metrics-server, which HorizontalPodAutoscalers read, as an add-on of EKS. EKS chooses its
    version when it is installed, and leaves it then."""
    external_secrets: bool = True
    """The External Secrets Operator. Workloads leave `secrets.installExternalSecrets` at false."""
    clickhouse_operator: bool = False
    """ClickHouse's operator and cert-manager: for workloads with `clickhouse.engine: operator`."""
    ssl_policy: SslPolicy = "ELBSecurityPolicy-TLS13-1-2-2021-06"
    """TLS policy of every load balancer of the class `alb`. It wins over the workload's
    `endpoint.sslPolicy`."""
    hosted_zone: HostName | None = None
    """Domain of a public Route 53 zone to make. Its name servers, output `nameServers`, have to be
    entered where the domain is registered."""
