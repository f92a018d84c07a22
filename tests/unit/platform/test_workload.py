"""The workload's `prod` on a cluster that the platform makes: names agree, nothing is missing.

The contract between the two is the cluster's name and its region; the rest is found by tags and by
AWS's API, which is not asked here.
"""

from __future__ import annotations

from typing import Any, Final

import pytest

from components.aws import cluster_support, discovery
from components.kubernetes.cluster_mode import AUTO
from components.platform import node_pool
from components.platform.charts import BLACKBOX_EXPORTER, CLICKHOUSE_OPERATOR, PROMETHEUS
from stacks import stack_files
from stacks.settings.sections.clickhouse import OperatorClickHouse
from tests.support import platform, recordings
from tests.support.doctor import PLACE
from tests.support.recordings import inputs
from tooling.doctor.before import enforcement, ingress_class, preconditions, storage
from tooling.engineless.offline import is_kubernetes
from tooling.engineless.recording import Recording, reveal
from tooling.kit.json_values import parsed
from tooling.kit.stack_settings import read_settings

ON_PLATFORM: Final = {
    "agent-observability:endpoint": {"ingressClass": "alb"},
    "agent-observability:monitoring": {"prometheusRules": None, "dashboards": None},
}
"""What docs/platform.md tells people to set."""

SETTINGS: Final = read_settings("prod", ON_PLATFORM)


def workload() -> Recording:
    return recordings.with_overrides("prod", ON_PLATFORM, auto_mode=True)


def objects(kind: str) -> list[dict[str, Any]]:
    """What the platform puts into its cluster, as the API server would show it."""
    run = platform.recorded()
    found = [reveal(r.inputs) for r in run.resources.values() if is_kubernetes(r)]
    return [
        {**item, "metadata": {"creationTimestamp": "2026-11-01T11:00:00Z", **item["metadata"]}}
        for item in found
        if item["kind"] == kind
    ]


def test_the_examples_name_one_cluster_one_region_and_one_zone() -> None:
    own, theirs = platform.read().values, stack_files.read("prod").values
    cluster = parsed(own["platform:cluster"])
    services = parsed(own["platform:services"])

    assert parsed(theirs["agent-observability:cluster"])["eksName"] == cluster["name"]
    assert theirs["aws:region"] == own["aws:region"]
    assert theirs["aws:allowedAccountIds"] == own["aws:allowedAccountIds"]
    endpoint = parsed(theirs["agent-observability:endpoint"])
    assert endpoint["hostedZone"] == services["hostedZone"]


def test_its_kubernetes_is_new_enough_and_has_ipv4() -> None:
    eks = inputs(platform.recorded(), "platform-cluster-eks")

    problem = cluster_support.problem(
        status="ACTIVE",
        kubernetes=eks["version"],
        ip_family=eks["kubernetesNetworkConfig"]["ipFamily"],
    )
    assert problem is None


def test_the_ingress_takes_the_platforms_class_and_the_stack_makes_none() -> None:
    run = workload()

    (class_,) = objects("IngressClass")
    assert class_["metadata"]["name"] == "alb"
    ingress = inputs(run, "langfuse-endpoint-ingress")
    assert ingress["spec"]["ingressClassName"] == "alb"
    assert run.of_type("kubernetes:networking.k8s.io/v1:IngressClass") == []


def test_rollouts_wait_for_the_load_balancer_of_auto_mode() -> None:
    labels = inputs(workload(), "langfuse-namespace")["metadata"]["labels"]

    assert labels[AUTO.readiness_gate] == "enabled"


def test_volumes_of_both_are_those_of_auto_mode() -> None:
    (default,) = objects("StorageClass")
    (own,) = workload().of_type("kubernetes:storage.k8s.io/v1:StorageClass")

    made = reveal(own.inputs)
    assert default["provisioner"] == made["provisioner"] == "ebs.csi.eks.amazonaws.com"
    assert default["allowedTopologies"] == made["allowedTopologies"]


def test_tags_of_the_stack_are_among_what_the_clusters_role_allows() -> None:
    annotations = inputs(workload(), "langfuse-endpoint-ingress")["metadata"]["annotations"]
    policy = inputs(platform.recorded(), "platform-cluster-own-tags")["policy"]

    assert "service=agent-observability" in annotations["alb.ingress.kubernetes.io/tags"]
    assert "elasticloadbalancing:CreateLoadBalancer" in policy


def test_subnets_are_tagged_as_the_workload_looks_for_them() -> None:
    run = platform.recorded()
    tags = {
        r.name: {key for key in reveal(r.inputs)["tags"] if key.startswith("kubernetes.io/")}
        for r in run.of_type("aws:ec2/subnet:Subnet")
    }

    wanted = {"public": discovery.PUBLIC_SUBNET_TAG, "private": discovery.PRIVATE_SUBNET_TAG}
    assert len(tags) == 6
    assert all(tags[name] == {wanted[name.split("-")[2]]} for name in tags)


def test_the_operators_are_the_platforms_and_where_the_workload_expects_them() -> None:
    assert not SETTINGS.secrets.install_external_secrets
    section = SETTINGS.clickhouse
    assert isinstance(section, OperatorClickHouse)
    assert section.operator_namespace == CLICKHOUSE_OPERATOR.namespace
    releases = {
        r.inputs["name"]: r.inputs["namespace"]
        for r in platform.recorded().of_type("kubernetes:helm.sh/v3:Release")
    }
    assert releases["clickhouse-operator"] == CLICKHOUSE_OPERATOR.namespace
    # Nothing of the workload is a chart then.
    assert workload().of_type("kubernetes:helm.sh/v3:Release") == []


def test_nodes_have_an_architecture_and_room_for_the_largest_pod() -> None:
    pool = inputs(platform.recorded(), "platform-services-node-pool")["spec"]
    values = {row["key"]: row["values"] for row in pool["template"]["spec"]["requirements"]}

    assert values["kubernetes.io/arch"] == ["arm64", "amd64"]
    assert "taints" not in pool["template"]["spec"]
    assert int(pool["limits"]["cpu"]) >= 16
    assert node_pool.BUILT_IN == ("system",)


def test_prometheus_and_grafana_find_what_the_example_of_the_workload_makes() -> None:
    """With ``platform:services.prometheus`` and nothing else that fits one to the other."""
    run = recordings.with_overrides("prod", {}, auto_mode=True)
    values = PROMETHEUS.values
    sidecar = values["grafana"]["sidecar"]["dashboards"]
    spec = values["prometheus"]["prometheusSpec"]

    dashboards = [
        reveal(r.inputs)["metadata"]
        for r in run.of_type("kubernetes:core/v1:ConfigMap")
        if "-dashboards-" in r.name
    ]
    assert dashboards
    for metadata in dashboards:
        assert metadata["labels"][sidecar["label"]] == sidecar["labelValue"]
        assert metadata["annotations"][sidecar["folderAnnotation"]] == "Langfuse"
    assert sidecar["searchNamespace"] == "ALL"

    kinds = {r.inputs["kind"] for r in run.resources.values() if "monitoring.coreos" in r.type}
    assert kinds == {"PodMonitor", "Probe", "PrometheusRule"}
    for kind in kinds:
        selector = kind.removeprefix("Prometheus")
        selector = selector[0].lower() + selector[1:]
        assert spec[f"{selector}SelectorNilUsesHelmValues"] is False

    (probe,) = run.of_type("kubernetes:monitoring.coreos.com/v1:Probe")
    exporter = f"{BLACKBOX_EXPORTER.values['fullnameOverride']}.{BLACKBOX_EXPORTER.namespace}"
    assert reveal(probe.inputs)["spec"]["prober"]["url"] == f"{exporter}.svc:9115"
    admitted = [
        peer["namespaceSelector"]["matchLabels"]
        for r in run.of_type("kubernetes:networking.k8s.io/v1:NetworkPolicy")
        for rule in reveal(r.inputs)["spec"].get("ingress", [])
        for peer in rule.get("from", [])
        if "namespaceSelector" in peer
    ]
    assert {"kubernetes.io/metadata.name": PROMETHEUS.namespace} in admitted


# -- The workload's doctor on the platform's objects -----------------------------------------------


def test_the_doctor_of_the_workload_finds_its_class() -> None:
    found = preconditions.load_balancer_controller(
        SETTINGS, objects("IngressClass"), [], PLACE, mode=AUTO
    )

    assert list(found) == []


def test_the_parameters_of_the_class_override_nothing_of_the_workload() -> None:
    (class_,) = objects("IngressClass")
    (parameters,) = objects("IngressClassParams")

    assert ingress_class.parameters_of(class_) == ("eks.amazonaws.com/v1", "alb")
    assert list(ingress_class.overrides(SETTINGS, parameters, PLACE)) == []


def test_another_tls_policy_of_the_workload_is_told_to_lose() -> None:
    (parameters,) = objects("IngressClassParams")
    endpoint = {"ingressClass": "alb", "sslPolicy": "ELBSecurityPolicy-TLS13-1-3-2021-06"}
    settings = read_settings("prod", {"agent-observability:endpoint": endpoint})

    (finding,) = ingress_class.overrides(settings, parameters, PLACE)

    assert finding.section == "ingress-class-overrides"
    assert "endpoint.sslPolicy" in finding.cause


def test_the_doctor_sees_that_network_policies_are_enforced() -> None:
    (config,) = objects("ConfigMap")

    assert (config["metadata"]["namespace"], config["metadata"]["name"]) == (
        enforcement.SYSTEM,
        enforcement.VPC_CNI,
    )
    assert list(enforcement.network_policies([], config, AUTO, PLACE)) == []
    assert len(list(enforcement.network_policies([], None, AUTO, PLACE))) == 1


@pytest.mark.parametrize("section", [{"createStorageClass": False}, {"createStorageClass": True}])
def test_the_doctor_sees_a_class_for_every_volume(section: dict[str, Any]) -> None:
    settings = read_settings("prod", {"agent-observability:clickhouse": section})

    found = storage.storage_classes(settings, objects("StorageClass"), [], [], PLACE, mode=AUTO)
    assert list(found) == []
