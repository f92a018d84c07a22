"""The examples for agents on an API server: accepted in a namespace that enforces the `restricted`
standard, and rolled out. Simulated nodes run no containers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from components.agents.environment import SECRET_NAME
from tests.support.agent_examples import KINDS, manifest
from tests.support.live_stack import remove, wait_until
from tooling.kubernetes.api import Api, Reference

pytestmark = pytest.mark.cluster

NAMESPACE = "agents-of-examples"


@pytest.fixture(scope="module")
def server(api: Api) -> Iterator[Api]:
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    namespace = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": NAMESPACE, "labels": labels},
    }
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": SECRET_NAME, "namespace": NAMESPACE},
    }
    api.apply(namespace)
    api.apply(secret)
    yield api
    remove(api, namespace)


@pytest.mark.parametrize("kind", KINDS)
def test_an_example_rolls_out_in_a_restricted_namespace(server: Api, kind: str) -> None:
    written = yaml.safe_load(manifest(kind).read_text(encoding="utf-8"))
    written["metadata"]["namespace"] = NAMESPACE
    reference = Reference.of(written)

    kept = server.apply(written)

    [pod, asked] = [each["spec"]["template"]["spec"] for each in (kept, written)]
    [agent], [wanted] = pod["containers"], asked["containers"]
    assert (agent["envFrom"], agent["securityContext"]) == (
        *(wanted["envFrom"], wanted["securityContext"]),
    )
    wait_until(lambda: ready(server.get(reference)), 60)
    remove(server, written)


def ready(found: Any) -> bool:  # noqa: ANN401 - JSON
    return found["status"].get("readyReplicas") == 1
