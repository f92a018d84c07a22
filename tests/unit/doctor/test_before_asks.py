"""What the doctor's checks before `up` read of a cluster, and of which kind they take it to be."""

from __future__ import annotations

from typing import Any, Final, cast

import pytest

from stacks.settings import Settings
from tests.support import bases, stacks
from tests.support.doctor import PLACE, Object, obj, stack
from tests.support.stacks import DEV_ON_EKS
from tooling.doctor.before import checks as before
from tooling.doctor.before.permissions import Need
from tooling.doctor.cluster.server import Server
from tooling.doctor.findings import Finding
from tooling.kubernetes.api import ApiError, Reference, UnknownKindError

AUTO_MODE: Final = obj(
    "CustomResourceDefinition", "ingressclassparams.eks.amazonaws.com", namespace=None
)
SHARED: Final = obj(
    "IngressClass",
    "alb-shared",
    namespace=None,
    spec={
        "controller": "eks.amazonaws.com/alb",
        "parameters": {
            "apiGroup": "eks.amazonaws.com",
            "kind": "IngressClassParams",
            "name": "shared",
        },
    },
)
OTHER: Final = {**SHARED, "metadata": {"name": "other"}}
PARAMETERS: Final = {
    **obj("IngressClassParams", "shared", namespace=None, spec={"group": {"name": "a"}}),
    "apiVersion": "eks.amazonaws.com/v1",
}
NAMESPACE: Final = obj("Namespace", "observability", namespace=None)
DRIVER: Final = obj("CSIDriver", "ebs.csi.aws.com", namespace=None)


class Cluster:
    """A server that has some objects, and lets its user do everything but be an administrator."""

    def __init__(
        self, *objects: Object, unknown: tuple[str, ...] = (), refused: tuple[str, ...] = ()
    ) -> None:
        self._objects = objects
        self._unknown = unknown
        self._refused = refused
        self.asked = set[str]()

    def knows(self, api_version: str, kind: str) -> bool:
        definition = f"{kind.lower()}.{api_version.partition('/')[0]}"
        return definition in {item["metadata"]["name"] for item in self._objects}

    def list(self, api_version: str, kind: str, *_: object, **__: object) -> list[Object]:
        return [item for item in self._objects if item["kind"] == kind]

    def get(self, reference: Reference) -> Object | None:
        if reference.kind in self._refused:
            raise ApiError(f"reading {reference} was refused")
        if reference.kind in self._unknown:
            raise UnknownKindError(reference.kind)
        found = self.list(reference.api_version, reference.kind)
        return next((item for item in found if item["metadata"]["name"] == reference.name), None)

    def allowed(self, need: Need, _verb: str) -> bool:
        self.asked.add(need.resource)
        return need.resource != "*"


def found(title: str, settings: Settings, cluster: Cluster) -> list[Finding]:
    checks = before.checks(cast("Server", cluster), settings, PLACE)
    (check,) = (check for check in checks if check.title == title)
    return [*check.run()]


def sections(title: str, settings: Settings, *objects: Object, **more: Any) -> list[str]:  # noqa: ANN401
    return [finding.section for finding in found(title, settings, Cluster(*objects, **more))]


LOAD_BALANCER: Final = "AWS Load Balancer Controller"


def test_the_class_of_an_ingress_is_looked_at_with_its_parameters_and_the_adopted_namespace() -> (
    None
):
    named = stack("version 2 prod", endpoint={"ingressClass": "alb-shared"})
    adopted = stack(
        "version 2 prod",
        endpoint={"ingressClass": "alb-shared"},
        cluster={"createNamespace": False},
    )
    objects = (AUTO_MODE, OTHER, SHARED, PARAMETERS, NAMESPACE)

    assert sections(LOAD_BALANCER, named, *objects) == ["ingress-class-overrides"]
    assert sections(LOAD_BALANCER, adopted, *objects) == [
        "ingress-class-overrides",
        "readiness-gate-missing",
    ]


def test_parameters_of_a_kind_that_the_cluster_does_not_know_are_none() -> None:
    named = stack("version 2 prod", endpoint={"ingressClass": "alb-shared"})

    unknown = ("IngressClassParams",)
    assert sections(LOAD_BALANCER, named, AUTO_MODE, SHARED, unknown=unknown) == []


def test_auto_mode_needs_no_class_and_a_cluster_without_it_needs_one() -> None:
    assert sections(LOAD_BALANCER, stack("version 2 prod"), AUTO_MODE) == []
    assert sections(LOAD_BALANCER, stack("version 2 prod")) == ["load-balancer-controller-missing"]


def test_a_created_storage_class_follows_the_mode_on_eks_alone() -> None:
    """The program does not know the mode of a cluster that a context names."""
    title = "StorageClasses"
    eks = bases.read_settings("version 2 dev", DEV_ON_EKS)
    by_context = stack("version 2 dev", database={"createStorageClass": True})

    assert sections(title, eks, AUTO_MODE) == []
    assert sections(title, eks) == ["storage-class-missing"]
    assert sections(title, by_context, AUTO_MODE) == ["storage-class-missing"]
    assert sections(title, by_context, AUTO_MODE, DRIVER) == []


@pytest.mark.parametrize(("objects", "asked"), [((AUTO_MODE,), True), ((), False)])
def test_the_permission_to_make_a_class_is_asked_for_in_auto_mode(
    objects: tuple[Object, ...], asked: bool
) -> None:
    cluster = Cluster(*objects)

    assert found("permissions", stack("version 2 prod"), cluster) == []
    assert ("ingressclasses" in cluster.asked) is asked


def test_what_a_user_may_do_is_asked_without_reading_definitions() -> None:
    """Whoever may do nothing may not read them either, and is told what is missing."""
    cluster = Cluster(AUTO_MODE, refused=("CustomResourceDefinition",))

    assert found("permissions", stack("version 2 prod"), cluster) == []
    assert "ingressclasses" in cluster.asked


def test_nodes_and_networks_are_looked_at() -> None:
    fargate = {"eks.amazonaws.com/compute-type": "fargate"}
    node = obj("Node", "node", namespace=None, metadata={"labels": fargate})
    service = obj("Service", "kubernetes", namespace="default", spec={"ipFamilies": ["IPv6"]})

    assert sections("nodes and network", stack("version 2 dev"), node, service) == [
        "cluster-unsupported",
        "cluster-unsupported",
    ]
    assert sections("NetworkPolicy", stack("version 2 dev"), AUTO_MODE) == [
        "network-policy-unenforced"
    ]
    assert sections("NetworkPolicy", stack("version 2 dev")) == []


def test_the_operator_of_clickhouse_is_looked_for_with_cert_manager_and_nodes() -> None:
    settings = stacks.settings("version 4 with the operator of ClickHouse")

    assert sections("ClickHouse's operator", settings) == [
        "clickhouse-operator-missing",
        "cert-manager-missing",
    ]
    node = obj("Node", "a", namespace=None, spec={})
    assert sections("nodes for ClickHouse", settings, node) == ["clickhouse-nodes"]


def test_only_a_stack_with_the_operator_is_asked_for_it() -> None:
    settings = stacks.settings("version 4 in the cluster")
    checks = before.checks(cast("Server", Cluster()), settings, PLACE)

    assert [c.title for c in checks if "ClickHouse" in c.title] == []
