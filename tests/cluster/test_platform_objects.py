"""The platform's objects on an API server: accepted, kept as written, applied twice without change.

The kinds of Auto Mode are on its clusters alone. Here they have stubs: definitions that tests wrote
from AWS's and Karpenter's pages. That EKS accepts the objects is not proven.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support import platform
from tests.support.auto_mode_stubs import STUBS
from tests.support.crds import established, withdraw
from tests.support.doctor_aws import FakeAws
from tests.support.live_stack import remove
from tests.support.platform import small
from tooling.engineless.offline import is_kubernetes
from tooling.engineless.recording import reveal
from tooling.kit.json_values import as_mapping
from tooling.kubernetes.api import Api, ApiError, Object, Reference
from tooling.platform import removal
from tooling.platform.account import PlatformAccount
from tooling.platform.removal import InUseError

pytestmark = pytest.mark.cluster


def objects() -> dict[str, Object]:
    """What the platform makes in its cluster, by kind."""
    run = platform.recorded()
    made = [copy.deepcopy(reveal(r.inputs)) for r in run.resources.values() if is_kubernetes(r)]
    return {item["kind"]: item for item in made}


@pytest.fixture(scope="module")
def server(api: Api) -> Iterator[Api]:
    """The API server with the stubs, which are gone again afterwards."""
    references = [Reference.of(stub) for stub in STUBS]
    try:
        for stub in STUBS:
            api.apply(stub)
        for reference in references:
            established(api, reference)
        yield api
    finally:
        stubbed = {"NodePool", "IngressClassParams"}
        remove(api, *(made for kind, made in objects().items() if kind not in stubbed))
        withdraw(api, references)


def holds(kept: Any, written: Any) -> bool:  # noqa: ANN401 - JSON
    """Whether everything that was written was kept."""
    if (wanted := as_mapping(written)) is None:
        return kept == written
    there = as_mapping(kept) or {}
    return all(key in there and holds(there[key], value) for key, value in wanted.items())


@pytest.mark.parametrize("kind", sorted(objects()))
def test_an_object_is_accepted_kept_and_not_changed_by_a_second_apply(
    server: Api, kind: str
) -> None:
    written = objects()[kind]

    first = server.apply(written)
    second = server.apply(written)

    assert holds(first, written), "the server dropped or changed a field"
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


def test_there_are_five_objects() -> None:
    assert sorted(objects()) == [
        "ConfigMap",
        "IngressClass",
        "IngressClassParams",
        "NodePool",
        "StorageClass",
    ]


def test_the_stub_of_a_node_pool_refuses_another_policy(server: Api) -> None:
    pool = objects()["NodePool"]
    pool["metadata"]["name"] = "broken"
    pool["spec"]["disruption"]["consolidationPolicy"] = "Always"

    with pytest.raises(ApiError, match="consolidationPolicy"):
        server.apply(pool)


def test_an_ingress_of_the_class_is_admitted_and_stops_the_removal(server: Api) -> None:
    server.apply(objects()["IngressClassParams"])
    server.apply(objects()["IngressClass"])
    rule = {
        "host": "a.example.com",
        "http": {
            "paths": [
                {
                    "path": "/",
                    "pathType": "Prefix",
                    "backend": {"service": {"name": "a", "port": {"number": 80}}},
                }
            ]
        },
    }
    ingress: Object = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "a", "namespace": "default"},
        "spec": {"ingressClassName": "alb", "rules": [rule]},
    }
    server.apply(ingress)
    try:
        with pytest.raises(InUseError, match="Ingress default/a"):
            removal.unused(server, PlatformAccount(small({}), FakeAws().client))
    finally:
        remove(server, ingress)


def test_services_and_claims_are_found_in_every_namespace(server: Api) -> None:
    service: Object = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "b", "namespace": "kube-public"},
        "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
    }
    claim: Object = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "c", "namespace": "default"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }
    for item in (service, claim):
        server.apply(item)
    try:
        found = removal.users(server)
        assert {"Service kube-public/b", "PersistentVolumeClaim default/c"} <= {*found}
    finally:
        for item in (service, claim):
            remove(server, item)


def test_node_pools_can_be_found_and_removed(server: Api) -> None:
    pool = objects()["NodePool"]
    server.apply(pool)
    assert server.knows("karpenter.sh/v1", "NodePool")

    names = [item["metadata"]["name"] for item in server.list("karpenter.sh/v1", "NodePool")]
    remove(server, pool)

    assert "workloads" in names
    assert server.list("karpenter.sh/v1", "NodeClaim") == []
