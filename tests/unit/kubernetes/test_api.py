"""Requests to an API server, and which of its groups they ask for."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support.fake_kubernetes import FakeKubernetes, write_kubeconfig
from tests.support.loopback import Response, serving
from tooling.kubernetes.api import Api, ApiError, LiveError, Reference, UnknownKindError

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


LOGIN = "<!doctype html><html><head><title>Log in</title></head></html>"


@pytest.mark.parametrize(
    "answer",
    [
        Response(200, LOGIN),
        Response(200, {"status": "ok"}),
        Response(200, []),
        Response(302, "", {"Location": "https://sso.example.com/login"}),
        Response(407, LOGIN),
        Response(502, LOGIN),
        Response(401, {"error": "login"}),
    ],
    ids=lambda answer: f"{answer.status} {str(answer.content)[:10]}",
)
def test_what_is_no_api_server_is_named(answer: Response, tmp_path: Path) -> None:
    with serving(lambda _: answer) as port:
        write_kubeconfig(tmp_path / "kubeconfig", "here", port)
        with pytest.raises(LiveError) as caught:
            Api(tmp_path / "kubeconfig", "here")

    assert type(caught.value) is LiveError
    assert str(caught.value) == (
        f"what answers at http://127.0.0.1:{port} is no Kubernetes API server: a login, a proxy or "
        "a captive portal is in between, or the address is another server's"
    )


def test_a_refusal_of_the_api_server_itself_is_one(tmp_path: Path) -> None:
    refusal = Response(401, {"kind": "Status", "message": "Unauthorized"})
    with serving(lambda _: refusal) as port:
        write_kubeconfig(tmp_path / "kubeconfig", "here", port)
        with pytest.raises(ApiError) as caught:
            Api(tmp_path / "kubeconfig", "here")

    assert str(caught.value) == "discovery was refused: Unauthorized"
