"""Requests to an API server, and which of its groups they ask for."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support.fake_kubernetes import FakeKubernetes, write_kubeconfig
from tests.support.loopback import serving
from tooling.kubernetes.api import Api, Reference, UnknownKindError

GOING = "external-secrets.io"


@pytest.fixture
def server() -> FakeKubernetes:
    fake = FakeKubernetes(going=GOING)
    fake.put_secret("observability", "app", {"key": "value"})
    fake.put_deployment("observability", "langfuse", secret="app")
    return fake


@pytest.fixture
def api(server: FakeKubernetes, tmp_path: Path) -> Generator[Api]:
    with serving(server) as port:
        write_kubeconfig(tmp_path / "kubeconfig", "here", port)
        with Api(tmp_path / "kubeconfig", "here") as connected:
            yield connected


@pytest.mark.parametrize(
    ("api_version", "kind", "name"),
    [("v1", "Secret", "app"), ("apps/v1", "Deployment", "langfuse")],
)
def test_an_object_is_read_while_the_group_of_another_kind_is_being_deleted(
    api: Api, server: FakeKubernetes, api_version: str, kind: str, name: str
) -> None:
    where = Reference(api_version=api_version, kind=kind, namespace="observability", name=name)

    found = api.get(where)

    assert found is not None
    assert found["metadata"]["name"] == name
    assert f"/apis/{GOING}/v1" not in server.asked


def test_a_kind_whose_group_is_being_deleted_is_not_known(api: Api) -> None:
    with pytest.raises(UnknownKindError, match=r"does not know external-secrets\.io/v1 Exter"):
        api.list(f"{GOING}/v1", "ExternalSecret")
