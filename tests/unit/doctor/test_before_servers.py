"""What the servers of Langfuse 3 and 4 need in a cluster: volumes, ClickHouse's operator, nodes."""

from __future__ import annotations

from typing import Any

import pytest

from stacks.settings.sections.clickhouse import OperatorClickHouse
from tests.support import stacks
from tests.support.doctor import KUBECTL, PLACE, Object, condition, error, obj, warning
from tooling.doctor.before import clickhouse_operator
from tooling.doctor.before.storage import storage_classes
from tooling.doctor.findings import Finding

IN_CLUSTER = stacks.settings("version 4 in the cluster")
BY_OPERATOR = stacks.settings("version 4 with the operator of ClickHouse")
SET = "pulumi config set --stack dev --path agent-observability:"
CLASSES = f"{KUBECTL} get storageclasses"
DRIVER = obj("CSIDriver", "ebs.csi.aws.com", namespace=None)


def class_(name: str, provisioner: str, *, default: bool = True) -> Object:
    annotations = {"storageclass.kubernetes.io/is-default-class": str(default).lower()}
    metadata = {"annotations": annotations}
    return obj("StorageClass", name, namespace=None, metadata=metadata, provisioner=provisioner)


def bound(*names: str) -> list[Object]:
    status = {"phase": "Bound"}
    return [obj("PersistentVolumeClaim", name, status=status) for name in names]


def asked(*classes: Object, claims: list[Object] | None = None, **more: Any) -> list[Finding]:  # noqa: ANN401
    settings = more.get("settings", IN_CLUSTER)
    return [*storage_classes(settings, classes, [DRIVER], claims or [], PLACE)]


# Classes. ClickHouse's is made by the stack.


def test_servers_without_a_default_class_are_named_together_and_given_one_by_one() -> None:
    assert asked(class_("gp3", "ebs.csi.aws.com", default=False)) == [
        error(
            "storage-class-missing",
            "The default StorageClass",
            "It is not there. The volumes of the database, the cache and the object store take the "
            "default class. The cluster has gp3",
            f"{SET}database.storageClass gp3 && {SET}cache.storageClass gp3 && "
            f"{SET}objectStorage.storageClass gp3",
        )
    ]


def test_only_servers_without_a_volume_need_a_class() -> None:
    there = bound("data-langfuse-postgres-0", "data-langfuse-seaweedfs-0")

    (found,) = asked(claims=there)

    assert found.cause == (
        "It is not there. The volume of the cache takes the default class. The cluster has no "
        "class at all"
    )
    assert asked(claims=[*there, *bound("data-langfuse-valkey-0")]) == []


def test_servers_of_the_operator_need_a_class_until_every_claim_is_bound() -> None:
    begins = "clickhouse-storage-volume-langfuse-clickhouse-server-clickhouse-0-"
    others = bound("data-langfuse-postgres-0", "data-langfuse-valkey-0")
    waits = obj("PersistentVolumeClaim", f"{begins}1-0", status={"phase": "Pending"})
    claims = [*others, *bound(f"{begins}0-0"), waits]

    (found,) = asked(claims=claims, settings=BY_OPERATOR)

    assert "The volume of ClickHouse takes the default class" in found.cause
    assert asked(claims=[*others, *bound(f"{begins}0-0")], settings=BY_OPERATOR) == []


def network(section: str, provisioner: str) -> Finding:
    kind = f"Its provisioner {provisioner} makes a network file system"
    if section == "clickhouse":
        cause = (
            f"{kind}, on which ClickHouse cannot exchange two files: migrations stop half-way. "
            "Take one of block storage"
        )
        return error("storage-class-unsuitable", "StorageClass shared", cause, CLASSES)
    cause = (
        f"{kind}. {section} would be slow, and may lose what was written when the network fails. "
        "Take one of block storage"
    )
    return warning("storage-class-unsuitable", "StorageClass shared", cause, CLASSES)


@pytest.mark.parametrize(
    "provisioner",
    [
        "efs.csi.aws.com",
        "nfs.csi.k8s.io",
        "cluster.local/nfs-subdir-external-provisioner",
        "file.csi.azure.com",
        "filestore.csi.storage.gke.io",
        "rook-ceph.cephfs.csi.ceph.com",
    ],
)
def test_a_network_file_system_is_refused_for_clickhouse_and_warned_of_for_others(
    provisioner: str,
) -> None:
    drivers = [obj("CSIDriver", provisioner, namespace=None)]
    shared = class_("shared", provisioner)

    assert [*storage_classes(BY_OPERATOR, [shared], drivers, [], PLACE)] == [
        network("clickhouse", provisioner),
        network("The volumes of the database and the cache", provisioner),
    ]


@pytest.mark.parametrize(
    "provisioner",
    ["ebs.csi.aws.com", "disk.csi.azure.com", "pd.csi.storage.gke.io", "rancher.io/local-path"],
)
def test_block_storage_passes(provisioner: str) -> None:
    drivers = [obj("CSIDriver", provisioner, namespace=None)]
    found = storage_classes(BY_OPERATOR, [class_("block", provisioner)], drivers, [], PLACE)

    assert [*found] == []


# The operator.

AVAILABLE = {"conditions": [condition("Available", "True")], "availableReplicas": 1}
SECTION = OperatorClickHouse(engine="operator")
SYSTEM = "clickhouse-operator-system"


def definition(*versions: str) -> Object:
    served = [{"name": version, "served": True} for version in versions]
    return obj("CustomResourceDefinition", "x", namespace=None, spec={"versions": served})


def deployment(name: str, namespace: str = SYSTEM, status: Object = AVAILABLE) -> Object:
    labels = {"app.kubernetes.io/name": name}
    return obj("Deployment", name, namespace=namespace, labels=labels, status=status)


KNOWN = dict.fromkeys(clickhouse_operator.DEFINITIONS, definition("v1alpha1"))
UNKNOWN = dict.fromkeys(clickhouse_operator.DEFINITIONS)
OPERATOR = deployment("clickhouse-operator-helm")


def operator(definitions: Any = KNOWN, *deployments: Object) -> list[Finding]:  # noqa: ANN401
    return [*clickhouse_operator.operator(SECTION, definitions, deployments, PLACE)]


def missing(cause: str, command: str) -> list[Finding]:
    return [error("clickhouse-operator-missing", "ClickHouse's operator", cause, command)]


def test_an_operator_that_runs_in_its_namespace_passes() -> None:
    assert operator(KNOWN, deployment("other-operator", "other"), OPERATOR) == []


def test_a_cluster_without_the_operator_gets_the_command_that_installs_it() -> None:
    assert operator(UNKNOWN, deployment("other-operator")) == missing(
        "It makes ClickHouse's servers from the stack's resources, and is not in the cluster",
        "helm install clickhouse-operator oci://ghcr.io/clickhouse/clickhouse-operator-helm "
        f"--namespace {SYSTEM} --create-namespace",
    )


def test_definitions_of_another_release_are_named() -> None:
    known = {**KNOWN, "keeperclusters.clickhouse.com": definition("v1")}

    assert operator(known, OPERATOR) == missing(
        "The cluster does not know keeperclusters.clickhouse.com in the version v1alpha1: its "
        "definitions are missing or of another release",
        f"{KUBECTL} get crd keeperclusters.clickhouse.com -o yaml",
    )


def test_an_operator_in_another_namespace_is_kept_out_by_the_network_policies() -> None:
    assert operator(KNOWN, deployment("clickhouse-operator", "clickhouse")) == missing(
        f"It runs in the namespace clickhouse, and only pods of {SYSTEM} "
        "(clickhouse.operatorNamespace) may connect to the servers",
        f"{SET}clickhouse.operatorNamespace clickhouse",
    )


@pytest.mark.parametrize(
    ("deployments", "cause"),
    [
        ([], "It is not in the cluster"),
        (
            [deployment("clickhouse-operator", status={})],
            f"It has no available pod (Deployment {SYSTEM}/clickhouse-operator)",
        ),
    ],
)
def test_an_operator_that_does_not_run_is_told_by_its_pods(
    deployments: list[Object], cause: str
) -> None:
    assert operator(KNOWN, *deployments) == missing(cause, f"{KUBECTL} -n {SYSTEM} get pods")


# cert-manager.


def cert_manager(found: Object | None, *deployments: Object) -> list[Finding]:
    return [*clickhouse_operator.cert_manager(found, deployments, PLACE)]


@pytest.mark.parametrize(
    ("found", "deployments", "cause", "command"),
    [
        (
            None,
            [],
            "It is not in the cluster",
            "helm install cert-manager oci://quay.io/jetstack/charts/cert-manager --namespace "
            "cert-manager --create-namespace --set crds.enabled=true",
        ),
        (
            definition("v1"),
            [deployment("cert-manager", "cert-manager", {})],
            "Its controller has no available pod (Deployment cert-manager/cert-manager)",
            f"{KUBECTL} get pods -A -l app.kubernetes.io/name=cert-manager",
        ),
    ],
)
def test_a_cluster_without_cert_manager_is_warned_of(
    found: Object | None, deployments: list[Object], cause: str, command: str
) -> None:
    told = f"{cause}. ClickHouse's operator gets the certificate of its webhooks from it"

    assert cert_manager(found, *deployments) == [
        warning("cert-manager-missing", "cert-manager", told, command)
    ]


def test_a_cert_manager_that_runs_passes() -> None:
    assert cert_manager(definition("v1"), deployment("cert-manager", "cert-manager")) == []


# Nodes.


def node(name: str, zone: str | None = "a", *, cordoned: bool = False) -> Object:
    labels = {"topology.kubernetes.io/zone": zone} if zone else {}
    spec = {"unschedulable": True} if cordoned else {}
    return obj("Node", name, namespace=None, labels=labels, spec=spec)


def nodes(*found: Object) -> list[Finding]:
    return [*clickhouse_operator.nodes(found, PLACE)]


LOOK = f"{KUBECTL} get nodes -L topology.kubernetes.io/zone"


def test_three_nodes_with_a_zone_pass_and_a_cluster_without_nodes_says_nothing() -> None:
    assert nodes(node("a"), node("b", "b"), node("c", "c")) == []
    assert nodes() == []


def test_nodes_without_zones_let_every_server_wait() -> None:
    assert nodes(node("a", None), node("b", None), node("c", None)) == [
        error(
            "clickhouse-nodes",
            "Nodes for ClickHouse",
            "No node has the label topology.kubernetes.io/zone, by which the operator spreads "
            "servers and Keepers: they all wait",
            LOOK,
        )
    ]


def test_too_few_nodes_are_a_warning_because_there_may_be_more_later() -> None:
    assert nodes(node("a"), node("b", "b"), node("c", "c", cordoned=True), node("d", None)) == [
        warning(
            "clickhouse-nodes",
            "Nodes for ClickHouse",
            "2 of 3 nodes can take a server (a, b), and each of the 3 needs one of its own: the "
            "others wait until there are more",
            LOOK,
        )
    ]
