"""Which objects could not be applied a second time after an update that was killed.

Pulumi then has no entry of an object that exists, and applies it under another field manager. Each
object of these stacks is applied under two managers here, as the API server sees it.
"""

from __future__ import annotations

import base64
import copy
from collections.abc import Iterator

import pytest

from components.kubernetes.field_ownership import OURS_ALONE
from tests.support import stacks
from tests.support.crds import definitions
from tests.support.live_stack import remove
from tooling.cluster import crds
from tooling.kubernetes.api import Api, ApiError, Object

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def server(api: Api) -> Iterator[Api]:
    with definitions(api, crds.EXTERNAL_SECRETS, crds.PROMETHEUS_OPERATOR):
        yield api


def objects(variant: str) -> list[Object]:
    """The stack's objects in namespaces of this test, the namespaces first."""
    # Namespaces of each case's own: those of the one before are still going.
    own = f"own-{variant.replace(' ', '-')}"
    moved = {"observability": own, "ai-agents": f"{own}-agents"}
    found = [copy.deepcopy(dict(item.manifest)) for item in stacks.rendered(variant).objects]
    for item in found:
        metadata = item["metadata"]
        metadata["name"] = moved.get(metadata["name"], metadata["name"])
        if "namespace" in metadata:
            metadata["namespace"] = moved[metadata["namespace"]]
        # As the provider sends it: the server keeps nothing of `stringData`.
        texts: dict[str, str] = item.pop("stringData", {})
        if texts:
            item["data"] = {k: base64.b64encode(v.encode()).decode() for k, v in texts.items()}
    return sorted(found, key=lambda item: item["kind"] != "Namespace")


@pytest.mark.parametrize(
    ("variant", "kinds"),
    [
        ("version 2 dev", ["StatefulSet"]),
        ("version 2 prod", ["ExternalSecret"] * 3),
        ("version 4 small", [*["StatefulSet"] * 2, *["ExternalSecret"] * 6]),
        ("version 4 in the cluster", ["StatefulSet"] * 4),
    ],
)
def test_exactly_the_objects_that_conflict_are_declared_the_stacks_own(
    server: Api, variant: str, kinds: list[str]
) -> None:
    written = objects(variant)
    try:
        for item in written:
            server.apply(item, manager="killed")
        refused = [item for item in written if conflicts(server, item)]
    finally:
        remove(server, *reversed(written))

    own = [item for item in written if OURS_ALONE.items() <= annotated(item).items()]
    assert refused == own
    assert sorted(item["kind"] for item in own) == sorted(kinds)


def conflicts(server: Api, item: Object) -> bool:
    try:
        server.apply(item, manager="next")
    except ApiError as error:
        return "conflict with" in str(error)
    return False


def annotated(item: Object) -> dict[str, str]:
    return item["metadata"].get("annotations") or {}
