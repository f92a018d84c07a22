"""The prod stack on the real engine, on a local control plane that plays EKS.

AWS is a stand-in, and so are External Secrets and the load balancer controller: what is proven is
the program, the engine and the Kubernetes provider, not AWS. The tests of this file follow one
another on one stack.
"""

from __future__ import annotations

import base64
import json
import shlex
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from pulumi import automation

from components.kubernetes.labels import PART_OF
from tests.support.aws_standin import DATABASE, ENTRY, AwsStandIn
from tests.support.controllers import controllers
from tests.support.crds import definitions
from tests.support.live_stack import NAMESPACE, wait_until
from tests.support.real_engine import RealStack, real_engine
from tooling.cluster import Cluster, crds, temporary_cluster
from tooling.demo.standins.provider import serving
from tooling.engineless import offline
from tooling.kubernetes.api import Api
from tooling.kubernetes.readiness import readiness

pytestmark = pytest.mark.engine

MIRROR: Final = "registry.example.com/langfuse/langfuse"
OURS: Final = f"app.kubernetes.io/part-of={PART_OF}"
APP: Final = {
    "langfuse-app-entry-version": "replace",
    "langfuse-app-external-secret": "replace",
    "langfuse-deployment": "update",
}
UNPROTECTED: Final[dict[str, Any]] = {
    "cluster": {"protect": False},
    "database": {"protect": False},
    "secrets": {"protect": False},
}


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with temporary_cluster() as started:
        yield started


@pytest.fixture(scope="module")
def api(cluster: Cluster) -> Iterator[Api]:
    with (
        Api(cluster.kubeconfig, cluster.context) as connected,
        definitions(connected, crds.EXTERNAL_SECRETS, crds.PROMETHEUS_OPERATOR),
    ):
        yield connected


@pytest.fixture(scope="module")
def kubeconfig(cluster: Cluster) -> dict[str, Any]:
    return yaml.safe_load(cluster.kubeconfig.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def aws(kubeconfig: dict[str, Any], api: Api, cluster: Cluster) -> Iterator[AwsStandIn]:
    assert api  # its kinds are there before anything is deployed
    found = kubeconfig["clusters"][0]["cluster"]
    stand_in = AwsStandIn(endpoint=found["server"], authority=found["certificate-authority-data"])
    with (
        serving(stand_in) as port,
        controllers(cluster, stand_in.value),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("PULUMI_DEBUG_PROVIDERS", f"aws:{port}")
        yield stand_in


@pytest.fixture(scope="module")
def prod(
    aws: AwsStandIn, kubeconfig: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> RealStack:
    assert aws
    engine = real_engine(tmp_path_factory.mktemp("engine"), "prod")
    engine.prepare()
    write_aws_command(engine.programs / "aws", kubeconfig["users"][0]["user"])
    return RealStack(engine, {})


def write_aws_command(path: Path, user: dict[str, str]) -> None:
    """An `aws eks get-token` that answers with the certificate of the local cluster's user."""
    credential = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "kind": "ExecCredential",
        "status": {
            "clientCertificateData": _decoded(user["client-certificate-data"]),
            "clientKeyData": _decoded(user["client-key-data"]),
        },
    }
    said = shlex.quote(json.dumps(credential))
    path.write_text(f"#!/bin/sh\nprintf '%s' {said}\n", encoding="utf-8")
    path.chmod(0o700)


def _decoded(text: str) -> str:
    return base64.b64decode(text).decode()


@pytest.fixture(scope="module")
def names() -> list[str]:
    """Logical names of everything that the stack has."""
    found = [resource.name for resource in offline.record("prod").resources.values()]
    return sorted({*found, "agent-observability-prod"})


def test_a_database_whose_making_is_killed_is_left_in_the_account_with_its_tag(
    prod: RealStack, aws: AwsStandIn
) -> None:
    aws.hold = threading.Event()

    prod.killed("kill at the database", lambda _: waits_for_the_database(aws))
    aws.hold.set()
    aws.hold = None

    assert prod.after_a_kill()["langfuse-postgres-instance"] == "creating"
    (left,) = aws.account.of_type(DATABASE)
    assert left.tags["agent-observability:stack"] == "prod"
    assert left.inputs["deletionProtection"] is True
    assert "langfuse-postgres-instance" not in prod.resources()


def waits_for_the_database(aws: AwsStandIn) -> bool:
    """Whether AWS is making it, and whatever was begun beside it is over."""
    if not aws.account.of_type(DATABASE):
        return False
    time.sleep(2)
    return True


def test_a_preview_shows_what_up_makes(prod: RealStack, aws: AwsStandIn, names: list[str]) -> None:
    shown = prod.preview("preview")
    done = prod.up("up")

    assert done == shown
    assert sorted(prod.resources()) == names
    databases = [made.state["identifier"] for made in aws.account.of_type(DATABASE)]
    assert len(set(databases)) == 2, "the stack's own, and the one that the kill left"


def test_what_is_up_is_ready(api: Api) -> None:
    # The autoscaler adds the second pod. A refresh in between would find the Deployment unready.
    wait_until(lambda: available(api) == 2, 120)
    deployments = api.list("apps/v1", "Deployment", NAMESPACE)

    assert [readiness(item) for item in deployments] == [None]


def available(api: Api) -> int:
    (deployment,) = api.list("apps/v1", "Deployment", NAMESPACE)
    return deployment["status"].get("availableReplicas", 0)


def test_nothing_changes_without_a_change(prod: RealStack) -> None:
    assert prod.preview("unchanged preview") == {}
    assert prod.up("unchanged up") == {}
    assert prod.refresh("refresh") == {}
    assert prod.up("up after the refresh") == {}


@pytest.mark.parametrize(
    ("name", "with_it"),
    [
        ("langfuse-credentials-nextauth-secret", APP),
        (
            "langfuse-credentials-project-keys",
            {
                **APP,
                "langfuse-agents-ai-agents-access-entry-version": "replace",
                "langfuse-agents-ai-agents-access-external-secret": "update",
            },
        ),
        ("langfuse-credentials-admin-password", APP),
        (
            "langfuse-postgres-password",
            {
                "langfuse-postgres-instance": "update",
                "langfuse-database-entry-version": "replace",
                "langfuse-database-external-secret": "replace",
                "langfuse-migration": "replace",
                "langfuse-deployment": "update",
            },
        ),
    ],
)
def test_a_rotation_does_what_the_table_of_rotations_says(
    prod: RealStack, name: str, with_it: dict[str, str]
) -> None:
    done = prod.up(f"rotation of {name.removeprefix('langfuse-')}", replace=[prod.urn(name)])

    assert done == {name: "replace", **with_it}


@pytest.mark.parametrize("name", ["salt", "encryption-key"])
def test_a_protected_value_is_not_rotated(prod: RealStack, name: str) -> None:
    urn = prod.urn(f"langfuse-credentials-{name}")

    with pytest.raises(automation.CommandError):
        prod.up(f"rotation of the protected {name}", replace=[urn])

    assert "as it is currently marked for protection" in "\n".join(prod.said)
    assert prod.preview(f"preview after that of the {name}") == {}


def test_a_protected_stack_is_not_destroyed(prod: RealStack) -> None:
    # With its preview, which refuses. An update without one deletes what is not protected first.
    with pytest.raises(automation.CommandError, match="protect"):
        prod.command("destroy", "--yes")

    assert prod.preview("preview after that") == {}


def test_an_up_that_is_killed_at_an_external_secret_is_resumed(prod: RealStack, api: Api) -> None:
    before = _external_secrets(api)
    urn = prod.urn("langfuse-credentials-nextauth-secret")

    prod.killed(
        "kill at an ExternalSecret", lambda _: bool(_external_secrets(api) - before), replace=[urn]
    )

    prod.after_a_kill()
    prod.up("up after the kill")
    assert prod.preview("preview after the kill") == {}


def _external_secrets(api: Api) -> set[str]:
    found = api.list("external-secrets.io/v1", "ExternalSecret", NAMESPACE)
    return {item["metadata"]["name"] for item in found}


def test_a_setting_replaces_the_configuration_and_rolls_the_pods(prod: RealStack) -> None:
    assert prod.with_(langfuse={"logLevel": "debug"}).up("a setting") == {
        "langfuse-config": "replace",
        "langfuse-deployment": "update",
    }


def test_another_image_is_migrated_to_before_pods_have_it(prod: RealStack) -> None:
    assert prod.with_(langfuse={"logLevel": "debug", "repository": MIRROR}).up("an image") == {
        "langfuse-migration": "replace",
        "langfuse-deployment": "update",
    }


def test_without_protection_destroy_leaves_the_orphan_and_the_names_of_entries(
    prod: RealStack, aws: AwsStandIn, api: Api
) -> None:
    open_ = prod.with_(**UNPROTECTED)
    open_.overrides["agent-observability:acknowledge"] = ["noProtection"]
    open_.up("protection off")

    open_.destroy("destroy")

    assert prod.exported().get("resources") in (None, [])
    assert [made.type for made in aws.account.made.values()] == [DATABASE]
    assert aws.account.of_type(ENTRY) == []
    assert len(aws.account.scheduled) == 3
    assert api.list("v1", "Namespace", selector=OURS) == []
