"""The dev stack with a real pulumi CLI on a local control plane, when there is a CLI."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pulumi.automation import PulumiCommand

from components.kubernetes.labels import PART_OF
from stacks import stack_files
from tests.support.live_stack import NAMESPACE
from tooling.cluster import Cluster, temporary_cluster
from tooling.demo import cli
from tooling.demo.engine import Engine
from tooling.engineless import offline
from tooling.engineless.live import LiveError
from tooling.kubernetes.api import Api
from tooling.kubernetes.readiness import readiness

pytestmark = pytest.mark.engine

PROJECT = stack_files.project_name()


@pytest.fixture(scope="module")
def command() -> PulumiCommand:
    found = cli.find(print, install=False)
    if not isinstance(found, cli.Missing):
        problem = cli.install_plugins(found, print)
        if problem is None:
            return found
        found = cli.Missing(problem)
    pytest.skip(
        f"engine tier: {found.reason}. Install the pulumi CLI "
        "(https://www.pulumi.com/docs/iac/download-install/), or name one with "
        f"${cli.PATH_VARIABLE}."
    )


@pytest.fixture(scope="module")
def cluster(command: PulumiCommand) -> Iterator[Cluster]:
    assert command  # first, so that no cluster is started without a CLI
    with temporary_cluster() as started:
        yield started


@pytest.fixture(scope="module")
def engine(command: PulumiCommand, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return Engine(command, tmp_path_factory.mktemp("engine"), "dev")


def overrides(cluster: Cluster, **sections: Mapping[str, Any]) -> dict[str, Any]:
    where = {"context": cluster.context, "kubeconfig": str(cluster.kubeconfig)}
    return {f"{PROJECT}:{k}": v for k, v in {"cluster": where, **sections}.items()}


def test_the_whole_life_of_the_dev_stack(engine: Engine, cluster: Cluster) -> None:
    stack_file = (stack_files.ROOT / "Pulumi.dev.yaml").read_text(encoding="utf-8")
    configuration = overrides(cluster)
    # The engine adds the stack itself.
    resources = len(offline.record("dev").resources) + 1

    said: list[str] = []
    with pytest.raises(LiveError, match="`pulumi preview` failed"):
        engine.preview(overrides(cluster, langfuse={"version": "3.0.0"}), said.append)
    assert '      agent-observability:langfuse.version = "3.0.0"' in said
    assert "Traceback" not in "\n".join(said)

    assert engine.preview(configuration, print) == {"create": resources}

    first = engine.deploy(configuration, print)
    assert first.changes == {"create": resources}
    assert first.outputs["namespace"] == NAMESPACE
    with Api(cluster.kubeconfig, cluster.context) as api:
        deployments = api.list("apps/v1", "Deployment", NAMESPACE)
        assert [readiness(item) for item in deployments] == [None]

        second = engine.deploy(configuration, print)
        assert second.changes == {"same": resources}
        assert not second.changed
        assert second.outputs == first.outputs

        changed = engine.deploy(overrides(cluster, langfuse={"logLevel": "debug"}), print)
        assert changed.changes == {"replace": 1, "update": 1, "same": resources - 2}

        assert _plain_texts(engine, api) == []

        engine.destroy(configuration, print)
        left = api.list("v1", "Namespace", selector=f"app.kubernetes.io/part-of={PART_OF}")
        assert left == []
    assert (stack_files.ROOT / "Pulumi.dev.yaml").read_text(encoding="utf-8") == stack_file


def _plain_texts(engine: Engine, api: Api) -> list[str]:
    """Names of the generated values that stand in clear in a file of the backend."""
    secrets = api.list("v1", "Secret", NAMESPACE, selector=f"app.kubernetes.io/part-of={PART_OF}")
    generated = {
        key: value
        for secret in secrets
        for key, value in secret["data"].items()
        if key in {"NEXTAUTH_SECRET", "SALT", "ENCRYPTION_KEY", "POSTGRES_PASSWORD"}
    }
    assert len(generated) == 4
    stored = "\n".join(map(_read, (engine.folder / "backend").rglob("*.json")))
    return sorted(key for key, value in generated.items() if _shows(stored, value))


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _shows(text: str, encoded: str) -> bool:
    plain = base64.b64decode(encoded).decode()
    forms = {plain, encoded}
    if len(plain) == 64:  # hexadecimal: the engine could show the same bytes as base64
        forms.add(base64.b64encode(bytes.fromhex(plain)).decode())
    return any(form in text for form in forms)
