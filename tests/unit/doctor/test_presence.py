"""What a stack has under fixed names, and what its pods read."""

from __future__ import annotations

import pytest

from tests.support import stacks
from tests.support.doctor import stack
from tooling.doctor.cluster import presence
from tooling.doctor.cluster.presence import Kind
from tooling.engineless.offline import is_kubernetes, kubernetes_name
from tooling.engineless.recording import reveal

DEPLOYMENT = {
    "kind": "Deployment",
    "metadata": {"name": "langfuse", "namespace": "observability"},
    "spec": {
        "template": {
            "spec": {
                "containers": [
                    {
                        "envFrom": [
                            {"secretRef": {"name": "app"}},
                            {"configMapRef": {"name": "settings"}},
                            {"secretRef": {"name": "extra", "optional": True}},
                        ],
                        "env": [{"valueFrom": {"secretKeyRef": {"name": "url", "key": "x"}}}],
                    }
                ],
                "volumes": [{"configMap": {"name": "ca"}}, {"secret": {"secretName": "tls"}}],
            }
        }
    },
}


IN_CLUSTER = "version 4 in the cluster"
GATEWAY = "version 4 with a gateway"
BY_OPERATOR = "version 4 with the operator of ClickHouse"


@pytest.mark.parametrize("variant", ["dev", "prod", IN_CLUSTER, BY_OPERATOR, GATEWAY])
def test_every_fixed_name_is_one_that_the_program_makes(variant: str) -> None:
    made = {
        (r.inputs["kind"], reveal(r.inputs["metadata"]).get("namespace"), kubernetes_name(r))
        for r in stacks.recorded(variant).resources.values()
        if is_kubernetes(r)
    }
    wanted = {
        (kind.kind, kind.namespace, wanted)
        for kind, names in presence.fixed(stacks.settings(variant)).items()
        for wanted in names
    }

    assert wanted <= made
    assert len(wanted) >= 9


def names(variant: str) -> dict[str, set[str]]:
    found = presence.fixed(stacks.settings(variant))
    return {kind.kind: named for kind, named in found.items() if kind.namespace == "observability"}


def test_a_gateway_has_five_names_and_one_pod_of_it_no_disruption_budget() -> None:
    def of_gateway(**section: int) -> set[str]:
        base = stack("dev", gateway=section)
        found = presence.fixed(base)
        return {kind.kind for kind, named in found.items() if "langfuse-gateway" in named}

    kinds = {"StatefulSet", "Service", "ServiceAccount", "NetworkPolicy"}
    assert of_gateway(replicas=2) == {*kinds, "PodDisruptionBudget"}
    assert of_gateway(replicas=1) == kinds


def test_a_stack_with_workers_and_four_servers_has_exactly_these_names_more() -> None:
    pods = {"langfuse", "langfuse-worker"}
    servers = {
        "langfuse-postgres",
        "langfuse-clickhouse-server",
        "langfuse-valkey",
        "langfuse-seaweedfs",
    }

    assert names(IN_CLUSTER) == {
        "Deployment": pods,
        "HorizontalPodAutoscaler": pods,
        "NetworkPolicy": pods | servers | {"langfuse-migration"},
        "PodDisruptionBudget": pods,
        "Service": servers | {"langfuse"},
        "ServiceAccount": pods | {"langfuse-migration"},
        "StatefulSet": servers,
    }


def test_of_the_operator_its_custom_resources_are_wanted_and_not_its_stateful_sets() -> None:
    found = names(BY_OPERATOR)

    assert found["ClickHouseCluster"] == found["KeeperCluster"] == {"langfuse-clickhouse-server"}
    assert found["StatefulSet"] == {"langfuse-postgres", "langfuse-valkey"}
    assert "langfuse-clickhouse-server" in found["Service"] & found["NetworkPolicy"]


def test_the_fixed_names_of_a_stack_with_its_database_in_the_cluster_are_exactly_these() -> None:
    own, agents = {"namespace": "observability"}, {"namespace": "ai-agents"}
    policies = Kind(api_version="networking.k8s.io/v1", kind="NetworkPolicy", **own)

    assert presence.fixed(stack()) == {
        Kind(api_version="apps/v1", kind="Deployment", **own): {"langfuse"},
        Kind(api_version="v1", kind="Service", **own): {"langfuse", "langfuse-postgres"},
        Kind(api_version="v1", kind="ServiceAccount", **own): {"langfuse", "langfuse-migration"},
        policies: {"langfuse", "langfuse-migration", "langfuse-postgres"},
        Kind(api_version="autoscaling/v2", kind="HorizontalPodAutoscaler", **own): {"langfuse"},
        Kind(api_version="policy/v1", kind="PodDisruptionBudget", **own): {"langfuse"},
        Kind(api_version="apps/v1", kind="StatefulSet", **own): {"langfuse-postgres"},
        Kind(api_version="v1", kind="Secret", **agents): {"agent-observability"},
    }


def test_a_paused_stack_has_no_autoscaler() -> None:
    paused = stack().model_copy(
        update={"langfuse": stack().langfuse.model_copy(update={"paused": True})}
    )
    running = presence.fixed(stack())

    assert presence.fixed(paused) == {
        kind: names for kind, names in running.items() if kind.kind != "HorizontalPodAutoscaler"
    }
    assert len(presence.fixed(paused)) == len(running) - 1


def test_pods_cannot_start_without_what_they_read_unless_it_is_optional() -> None:
    assert presence.read_by([DEPLOYMENT]) == {
        Kind(api_version="v1", kind="ConfigMap", namespace="observability"): {"ca", "settings"},
        Kind(api_version="v1", kind="Secret", namespace="observability"): {"app", "tls", "url"},
    }


def test_only_kinds_that_could_be_read_have_something_missing() -> None:
    read = Kind(api_version="v1", kind="Service", namespace="a")
    unread = Kind(api_version="v1", kind="Secret", namespace="a")

    assert presence.absent({read: {"x", "y", "z"}, unread: {"s"}}, {read: {"y"}}) == [
        "Service a/x",
        "Service a/z",
    ]
