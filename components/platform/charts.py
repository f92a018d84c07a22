"""The Helm charts of a cluster, at exact versions, with their values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

STORAGE_CLASS: Final = "gp3"
"""The cluster's default StorageClass, which the platform makes."""


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One chart, as one release."""

    name: str
    """Of the release."""
    chart: str
    version: str
    namespace: str
    values: Mapping[str, Any]


CERT_MANAGER: Final = Chart(
    name="cert-manager",
    chart="oci://quay.io/jetstack/charts/cert-manager",
    # https://github.com/cert-manager/cert-manager/releases; the release that Langfuse's own chart
    # asks for.
    version="v1.20.2",
    namespace="cert-manager",
    # The definitions outlive the release, and with them every certificate.
    values={"crds": {"enabled": True, "keep": True}},
)

CLICKHOUSE_OPERATOR: Final = Chart(
    name="clickhouse-operator",
    chart="oci://ghcr.io/clickhouse/clickhouse-operator-helm",
    # https://github.com/ClickHouse/clickhouse-operator/releases
    version="0.0.7",
    namespace="clickhouse-operator-system",
    values={},
)

PROMETHEUS_NAMESPACE: Final = "monitoring"
"""What workloads name as ``monitoring.prometheusRules.prometheusNamespace``."""

PROMETHEUS: Final = Chart(
    name="kube-prometheus-stack",
    chart="oci://ghcr.io/prometheus-community/charts/kube-prometheus-stack",
    # https://github.com/prometheus-community/helm-charts/releases. Its definitions outlive the
    # release, because they are in the chart's folder `crds`.
    version="88.5.3",
    namespace=PROMETHEUS_NAMESPACE,
    values={
        # What runs outside of the cluster in Auto Mode: alerts about it would fire for ever.
        "coreDns": {"enabled": False},
        "kubeControllerManager": {"enabled": False},
        "kubeEtcd": {"enabled": False},
        "kubeProxy": {"enabled": False},
        "kubeScheduler": {"enabled": False},
        "prometheus": {
            "prometheusSpec": {
                # Else only what has the label `release` is read, and nothing says what is not.
                **{
                    f"{kind}SelectorNilUsesHelmValues": False
                    for kind in ("podMonitor", "probe", "rule", "scrapeConfig", "serviceMonitor")
                },
                "retention": "15d",
                # Before the volume is full.
                "retentionSize": "45GB",
                "resources": {"requests": {"cpu": "500m", "memory": "2Gi"}},
                # A claim that outlives the release would keep the cluster from being removed.
                "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"},
                "storageSpec": {
                    "volumeClaimTemplate": {
                        "spec": {
                            "storageClassName": STORAGE_CLASS,
                            "accessModes": ["ReadWriteOnce"],
                            "resources": {"requests": {"storage": "50Gi"}},
                        }
                    }
                },
            }
        },
        # Dashboards of every namespace, in the folders that they name.
        "grafana": {
            "sidecar": {
                "dashboards": {
                    "label": "grafana_dashboard",
                    "labelValue": "1",
                    "searchNamespace": "ALL",
                    "folderAnnotation": "grafana_folder",
                    "provider": {"foldersFromFilesStructure": True},
                }
            }
        },
    },
)

BLACKBOX_EXPORTER: Final = Chart(
    name="blackbox-exporter",
    chart="oci://ghcr.io/prometheus-community/charts/prometheus-blackbox-exporter",
    # https://github.com/prometheus-community/helm-charts/releases
    version="11.17.2",
    namespace=PROMETHEUS_NAMESPACE,
    # The name of its Service, which workloads name as ``monitoring.prometheusRules.prober``.
    values={"fullnameOverride": "blackbox-exporter"},
)
