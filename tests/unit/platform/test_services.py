"""What the cluster gets: exact objects, what waits for what. No API server is asked here."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi_aws import eks

from components.platform import node_pool
from components.platform.node_pool import NodePool
from components.platform.services import ClusterServices, ClusterServicesArgs
from components.secrets.external_secrets_operator import CHART_VERSION
from tests.support.component_run import run_component
from tests.support.recordings import depends_on
from tooling.engineless.recording import Recording, Resource, reveal

LABELS = {
    "app.kubernetes.io/part-of": "agent-observability",
    "app.kubernetes.io/managed-by": "pulumi",
}
SSL_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"


def run(**args: Any) -> Recording:  # noqa: ANN401
    def program() -> None:
        cluster = eks.Cluster(
            "eks", name="platform-test", role_arn="arn", vpc_config={"subnet_ids": []}
        )
        given: dict[str, Any] = {"cluster": cluster, "after": (), "ssl_policy": SSL_POLICY, **args}
        ClusterServices("svc", ClusterServicesArgs(**given))

    return run_component(program)


def inputs(made: Recording, name: str) -> dict[str, Any]:
    return dict(reveal(made.named(name).inputs))


def names(made: Recording) -> list[str]:
    return sorted(r.name for r in made.resources.values() if r.custom and r.name != "eks")


ALWAYS = [
    "svc-ingress-class",
    "svc-load-balancers",
    "svc-network-policies",
    "svc-node-pool",
    "svc-storage-class",
]


@pytest.mark.parametrize(
    ("args", "more"),
    [
        ({}, ["svc-external-secrets-release", "svc-metrics-server"]),
        (
            {"prometheus": True},
            [
                "svc-blackbox-exporter",
                "svc-external-secrets-release",
                "svc-kube-prometheus-stack",
                "svc-metrics-server",
            ],
        ),
        ({"metrics_server": False}, ["svc-external-secrets-release"]),
        ({"external_secrets": False}, ["svc-metrics-server"]),
        (
            {"clickhouse_operator": True, "hosted_zone": "example.com"},
            [
                "svc-cert-manager",
                "svc-clickhouse-operator",
                "svc-external-secrets-release",
                "svc-metrics-server",
                "svc-zone",
            ],
        ),
    ],
)
def test_it_makes_these_resources_and_no_other(args: dict[str, Any], more: list[str]) -> None:
    assert names(run(**args)) == sorted([*ALWAYS, *more])


def test_the_ingress_class_is_that_of_auto_mode_and_overrides_tls_alone() -> None:
    made = run()

    assert inputs(made, "svc-ingress-class") == {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": "alb", "labels": LABELS},
        "spec": {
            "controller": "eks.amazonaws.com/alb",
            "parameters": {
                "apiGroup": "eks.amazonaws.com",
                "kind": "IngressClassParams",
                "name": "alb",
            },
        },
    }
    assert inputs(made, "svc-load-balancers") == {
        "apiVersion": "eks.amazonaws.com/v1",
        "kind": "IngressClassParams",
        "metadata": {"name": "alb", "labels": LABELS},
        "spec": {"sslPolicy": SSL_POLICY},
    }
    assert "svc-load-balancers" in depends_on(made, made.named("svc-ingress-class"))


def test_the_default_storage_class_is_encrypted_and_of_auto_mode() -> None:
    assert inputs(run(), "svc-storage-class") == {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": "gp3",
            "labels": LABELS,
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": "ebs.csi.eks.amazonaws.com",
        "parameters": {"type": "gp3", "encrypted": "true"},
        "allowedTopologies": [
            {
                "matchLabelExpressions": [
                    {"key": "eks.amazonaws.com/compute-type", "values": ["auto"]}
                ]
            }
        ],
        "volumeBindingMode": "WaitForFirstConsumer",
        "allowVolumeExpansion": True,
        "reclaimPolicy": "Delete",
    }


def test_network_policies_are_enforced() -> None:
    assert inputs(run(), "svc-network-policies") == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "amazon-vpc-cni", "namespace": "kube-system", "labels": LABELS},
        "data": {"enable-network-policy-controller": "true"},
    }


def test_the_node_pool_starts_machines_of_both_architectures() -> None:
    assert inputs(run(), "svc-node-pool") == {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": "workloads", "labels": LABELS},
        "spec": {
            "template": {
                "spec": {
                    "nodeClassRef": {
                        "group": "eks.amazonaws.com",
                        "kind": "NodeClass",
                        "name": "default",
                    },
                    "requirements": [
                        {
                            "key": "kubernetes.io/arch",
                            "operator": "In",
                            "values": ["arm64", "amd64"],
                        },
                        {
                            "key": "karpenter.sh/capacity-type",
                            "operator": "In",
                            "values": ["on-demand"],
                        },
                        {
                            "key": "eks.amazonaws.com/instance-category",
                            "operator": "In",
                            "values": ["c", "m", "r"],
                        },
                        {
                            "key": "eks.amazonaws.com/instance-generation",
                            "operator": "Gt",
                            "values": ["5"],
                        },
                    ],
                    "expireAfter": "336h",
                    "terminationGracePeriod": "24h",
                }
            },
            "limits": {"cpu": "64", "memory": "256Gi"},
            "disruption": {
                "consolidationPolicy": "WhenEmptyOrUnderutilized",
                "consolidateAfter": "5m",
                "budgets": [{"nodes": "1"}],
            },
        },
    }


def test_the_settings_limit_the_node_pool() -> None:
    pool = NodePool(architectures=("amd64",), capacity=("spot",), cpus=8, memory_gib=32)

    spec = node_pool.spec(pool)

    values = {row["key"]: row["values"] for row in spec["template"]["spec"]["requirements"]}
    assert values["kubernetes.io/arch"] == ["amd64"]
    assert values["karpenter.sh/capacity-type"] == ["spot"]
    assert spec["limits"] == {"cpu": "8", "memory": "32Gi"}


def test_metrics_server_is_an_add_on_of_eks() -> None:
    assert inputs(run(), "svc-metrics-server") == {
        "clusterName": "platform-test",
        "addonName": "metrics-server",
        "resolveConflictsOnCreate": "OVERWRITE",
        "resolveConflictsOnUpdate": "OVERWRITE",
    }


def test_the_version_of_metrics_server_can_be_given() -> None:
    given = inputs(run(metrics_server_version="v0.8.0-eksbuild.2"), "svc-metrics-server")

    assert given["addonVersion"] == "v0.8.0-eksbuild.2"


def release(made: Recording, name: str) -> dict[str, Any]:
    kept = (
        "name",
        "namespace",
        "createNamespace",
        "chart",
        "version",
        "atomic",
        "timeout",
        "values",
    )
    given = inputs(made, name)
    return {key: given[key] for key in kept if key in given}


def test_the_charts_are_of_these_versions() -> None:
    made = run(clickhouse_operator=True)

    assert release(made, "svc-cert-manager") == {
        "name": "cert-manager",
        "namespace": "cert-manager",
        "createNamespace": True,
        "chart": "oci://quay.io/jetstack/charts/cert-manager",
        "version": "v1.20.2",
        "atomic": True,
        "timeout": 600,
        "values": {"crds": {"enabled": True, "keep": True}},
    }
    assert release(made, "svc-clickhouse-operator") == {
        "name": "clickhouse-operator",
        "namespace": "clickhouse-operator-system",
        "createNamespace": True,
        "chart": "oci://ghcr.io/clickhouse/clickhouse-operator-helm",
        "version": "0.0.7",
        "atomic": True,
        "timeout": 600,
        "values": {},
    }
    secrets = release(made, "svc-external-secrets-release")
    # All wait as long for the first node.
    assert (secrets["version"], secrets["timeout"]) == (CHART_VERSION, 600)


def test_prometheus_reads_everything_and_grafana_shows_every_namespace() -> None:
    """Whatever labels a workload gives: one that is not selected is left out without a word."""
    assert release(run(prometheus=True), "svc-kube-prometheus-stack") == {
        "name": "kube-prometheus-stack",
        "namespace": "monitoring",
        "createNamespace": True,
        "chart": "oci://ghcr.io/prometheus-community/charts/kube-prometheus-stack",
        "version": "88.5.3",
        "atomic": True,
        "timeout": 600,
        "values": {
            "coreDns": {"enabled": False},
            "kubeControllerManager": {"enabled": False},
            "kubeEtcd": {"enabled": False},
            "kubeProxy": {"enabled": False},
            "kubeScheduler": {"enabled": False},
            "prometheus": {
                "prometheusSpec": {
                    "podMonitorSelectorNilUsesHelmValues": False,
                    "probeSelectorNilUsesHelmValues": False,
                    "ruleSelectorNilUsesHelmValues": False,
                    "scrapeConfigSelectorNilUsesHelmValues": False,
                    "serviceMonitorSelectorNilUsesHelmValues": False,
                    "retention": "15d",
                    "retentionSize": "45GB",
                    "resources": {"requests": {"cpu": "500m", "memory": "2Gi"}},
                    "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete"},
                    "storageSpec": {
                        "volumeClaimTemplate": {
                            "spec": {
                                "storageClassName": "gp3",
                                "accessModes": ["ReadWriteOnce"],
                                "resources": {"requests": {"storage": "50Gi"}},
                            }
                        }
                    },
                }
            },
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
    }


def test_the_blackbox_exporter_has_the_name_that_workloads_call() -> None:
    assert release(run(prometheus=True), "svc-blackbox-exporter") == {
        "name": "blackbox-exporter",
        "namespace": "monitoring",
        "createNamespace": True,
        "chart": "oci://ghcr.io/prometheus-community/charts/prometheus-blackbox-exporter",
        "version": "11.17.2",
        "atomic": True,
        "timeout": 600,
        "values": {"fullnameOverride": "blackbox-exporter"},
    }


@pytest.mark.parametrize(
    ("args", "more"),
    [
        ({}, {}),
        ({"prometheus": True}, {"serviceMonitor": {"enabled": True, "renderMode": "alwaysRender"}}),
    ],
)
def test_external_secrets_is_watched_where_there_is_prometheus(
    args: dict[str, Any], more: dict[str, Any]
) -> None:
    values = release(run(**args), "svc-external-secrets-release")["values"]

    assert values == {"crds": {"annotations": {"helm.sh/resource-policy": "keep"}}, **more}


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("svc-metrics-server", "svc-node-pool"),
        ("svc-external-secrets-release", "svc-node-pool"),
        ("svc-cert-manager", "svc-node-pool"),
        ("svc-clickhouse-operator", "svc-cert-manager"),
        ("svc-kube-prometheus-stack", "svc-node-pool"),
        ("svc-blackbox-exporter", "svc-node-pool"),
        # Whose definition of ServiceMonitors it needs.
        ("svc-external-secrets-release", "svc-kube-prometheus-stack"),
    ],
)
def test_what_has_pods_waits_for_nodes_and_webhooks_for_certificates(
    name: str, before: str
) -> None:
    made = run(clickhouse_operator=True, prometheus=True)

    assert before in depends_on(made, made.named(name))


def test_only_what_costs_money_in_aws_is_deleted_before_the_cluster() -> None:
    made = run(clickhouse_operator=True, prometheus=True, hosted_zone="example.com")
    cluster = made.named("eks").urn

    def deleted_with(resource: Resource) -> str:
        """Of the resource, or of the component that it is in: the engine passes it on."""
        parent = made.resources.get(resource.parent)
        return resource.request.deletedWith or (deleted_with(parent) if parent else "")

    gone = {
        r.name: deleted_with(r) for r in made.resources.values() if r.custom and r.name != "eks"
    }
    assert {name for name, urn in gone.items() if not urn} == {"svc-node-pool", "svc-zone"}
    assert {urn for urn in gone.values() if urn} == {cluster}


def test_draining_the_nodes_may_take_half_an_hour() -> None:
    timeouts = run().named("svc-node-pool").request.customTimeouts

    assert (timeouts.create, timeouts.update, timeouts.delete) == ("", "", "30m")


def test_the_zone_is_not_deleted_with_records_in_it() -> None:
    made = run(hosted_zone="example.com")

    assert inputs(made, "svc-zone") == {
        "name": "example.com",
        "comment": "Workloads of the cluster",
        "forceDestroy": False,
    }
    (outputs,) = (o for urn, o in made.registered_outputs.items() if urn.endswith("::svc"))
    assert outputs["nameServers"] == [
        "ns-1.awsdns-01.com",
        "ns-2.awsdns-02.net",
        "ns-3.awsdns-03.org",
        "ns-4.awsdns-04.co.uk",
    ]
