"""The API server and External Secrets' own definitions, on what the components write.

Does not prove that the operator can deliver: no operator runs here, and no AWS.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator

import pytest

from tests.support import stacks
from tests.support.crds import definitions
from tests.support.delivered_secrets import APP, STORE, recorded
from tests.support.live_stack import remove
from tests.support.recordings import inputs
from tooling.cluster import crds
from tooling.kit.json_values import as_list, as_mapping
from tooling.kubernetes.api import Api, ApiError, Object

pytestmark = pytest.mark.cluster

NAMESPACE = "external-secrets-check"
NAMESPACE_OBJECT = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}

OBJECTS = [f"{STORE}-store", f"{APP}-external-secret"]


@pytest.fixture(scope="module")
def server(api: Api) -> Iterator[Api]:
    """The API server with the definitions, which are gone again afterwards."""
    with definitions(api, crds.EXTERNAL_SECRETS, crds.PROMETHEUS_OPERATOR):
        try:
            api.apply(NAMESPACE_OBJECT)
            yield api
        finally:
            remove(api, NAMESPACE_OBJECT)


def rendered(name: str) -> Object:
    """An object as the component writes it, in a namespace of this test."""
    object_ = copy.deepcopy(inputs(recorded(), name))
    object_["metadata"]["namespace"] = NAMESPACE
    return object_


@pytest.mark.parametrize("name", OBJECTS)
def test_the_object_is_accepted_and_kept_as_it_was_written(server: Api, name: str) -> None:
    written = rendered(name)

    kept = server.apply(written)

    assert holds(kept["spec"], written["spec"]), "the server dropped or changed a field"


def test_agents_external_secret_is_accepted_too(server: Api) -> None:
    fixed = recorded(fixed_name="agent-observability")
    written = copy.deepcopy(inputs(fixed, f"{APP}-external-secret"))
    written["metadata"]["namespace"] = NAMESPACE

    kept = server.apply(written)

    assert kept["spec"]["target"]["name"] == "agent-observability"


@pytest.mark.parametrize(
    ("name", "path", "value", "reason"),
    [
        (f"{STORE}-store", ["provider", "aws", "service"], "Vault", "Unsupported value"),
        (f"{STORE}-store", ["provider", "aws", "regoin"], "x", "field not declared in schema"),
        (f"{STORE}-store", ["provider", "aws", "region"], 1, "expected string"),
        (f"{APP}-external-secret", ["refreshPolicy"], "Never", "Unsupported value"),
        (f"{APP}-external-secret", ["target", "creationPolicy"], "Own", "Unsupported value"),
        (f"{APP}-external-secret", ["target", "imutable"], True, "field not declared in schema"),
        (f"{APP}-external-secret", ["secretStoreRef", "kind"], "Store", "Unsupported value"),
    ],
)
def test_a_wrong_field_is_refused(
    server: Api,
    name: str,
    path: list[str],
    value: object,
    reason: str,
) -> None:
    wrong = rendered(name)
    wrong["metadata"]["name"] = "wrong"
    section = wrong["spec"]
    for key in path[:-1]:
        section = section[key]
    section[path[-1]] = value

    with pytest.raises(ApiError, match=reason):
        server.apply(wrong)


def holds(kept: object, written: object) -> bool:
    """Whether everything that was written is there; the server adds defaults."""
    if (mapping := as_mapping(written)) is not None:
        found = as_mapping(kept) or {}
        return all(key in found and holds(found[key], value) for key, value in mapping.items())
    if (items := as_list(written)) is not None:
        others = as_list(kept) or []
        return len(others) == len(items) and all(map(holds, others, items))
    return kept == written


@pytest.mark.parametrize(("variant", "count"), [("version 2 prod", 25), ("version 4 small", 55)])
def test_every_object_of_a_stack_on_eks_is_accepted(server: Api, variant: str, count: int) -> None:
    """In namespaces of this test, with the labels that the stack gives its own."""
    name = variant.replace(" ", "-")
    moved = {"observability": name, "ai-agents": f"{name}-agents"}
    objects = [copy.deepcopy(dict(item.manifest)) for item in stacks.rendered(variant).objects]
    objects.sort(key=lambda item: item["kind"] != "Namespace")
    try:
        for written in objects:
            metadata = written["metadata"]
            metadata["name"] = moved.get(metadata["name"], metadata["name"])
            if "namespace" in metadata:
                metadata["namespace"] = moved[metadata["namespace"]]
            kept = server.apply(written)
            assert kept["metadata"]["name"] == metadata["name"]
    finally:
        namespaces = [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            for name in moved.values()
        ]
        remove(server, *namespaces)
    assert len(objects) == count
