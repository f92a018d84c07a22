"""The examples for agents as files: manifests, images, requirements. tests/gateway runs them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.agents.environment import SECRET_NAME
from policy.rules import RULES
from policy.rules.model import Seen
from stacks.stack_files import ROOT
from tests.support.agent_examples import FOLDER, KINDS, manifest
from tests.support.schemas import VERSIONS, faults


def deployment(kind: str) -> Any:  # noqa: ANN401 - YAML
    return yaml.safe_load(manifest(kind).read_text(encoding="utf-8"))


def container(kind: str) -> Any:  # noqa: ANN401 - YAML
    [found] = deployment(kind)["spec"]["template"]["spec"]["containers"]
    return found


def pins(file: Path) -> dict[str, str]:
    """Version of each package."""
    text = file.read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", text, re.MULTILINE))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_deployment_is_valid(kind: str, version: str) -> None:
    assert faults(deployment(kind), version) is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_deployment_breaks_no_rule_of_the_policy(kind: str) -> None:
    inputs = deployment(kind)
    seen = Seen(type="kubernetes:apps/v1:Deployment", name="agent", urn="urn", inputs=inputs)

    assert [message for rule in RULES for message in rule.check(seen)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_all_that_tracing_needs_comes_from_one_secret(kind: str) -> None:
    agent = container(kind)

    assert agent["envFrom"] == [{"secretRef": {"name": SECRET_NAME}}]
    assert [each["name"] for each in agent["env"]] == [
        *("OTEL_SERVICE_NAME", "MODEL_URL", "MODEL_NAME")
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_a_deployment_runs_the_example_of_its_folder(kind: str) -> None:
    agent = container(kind)

    assert agent["command"] == ["python", "-m", f"support_agent.with_{kind}"]
    assert agent["image"] == f"registry.example.com/support-agent-{kind}:1.0.0"
    assert (FOLDER / "support_agent" / f"with_{kind}.py").is_file()


def test_deployments_differ_in_image_and_command_alone() -> None:
    texts = {manifest(kind).read_text(encoding="utf-8").replace(kind, "KIND") for kind in KINDS}

    assert len(texts) == 1


def test_every_example_is_compiled_and_installed_by_make() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    folders = {file.parent.name for file in FOLDER.glob("*/requirements.in")}

    assert folders == {*KINDS}
    assert f"EXAMPLES := {' '.join(KINDS)}\n" in makefile


def test_the_examples_share_one_environment_in_tests() -> None:
    agreed: dict[str, set[str]] = {}
    for kind in KINDS:
        for package, version in pins(FOLDER / kind / "requirements.txt").items():
            agreed.setdefault(package, set()).add(version)

    assert len(agreed) >= 30
    assert {name: versions for name, versions in agreed.items() if len(versions) > 1} == {}


@pytest.mark.parametrize("kind", KINDS)
def test_what_an_example_asks_for_is_what_is_installed(kind: str) -> None:
    asked = pins(FOLDER / kind / "requirements.in")

    assert asked
    assert asked.items() <= pins(FOLDER / kind / "requirements.txt").items()


def test_langfuses_sdk_is_the_one_of_the_smoke_test() -> None:
    smoke = pins(ROOT / "requirements-smoke-4.in")

    assert pins(FOLDER / "langfuse" / "requirements.in")["langfuse"] == smoke["langfuse"]


def test_the_image_has_what_the_deployments_start() -> None:
    lines = (FOLDER / "Dockerfile").read_text(encoding="utf-8").splitlines()

    assert "COPY ${WITH}/requirements.txt ." in lines
    assert "COPY support_agent support_agent" in lines
    [user] = [line.removeprefix("USER ") for line in lines if line.startswith("USER ")]
    assert user.split(":")[0] == str(
        deployment("langfuse")["spec"]["template"]["spec"]["securityContext"]["runAsUser"]
    )


def test_the_page_for_agents_names_the_packages_that_the_example_has() -> None:
    page = (ROOT / "docs" / "agents.md").read_text(encoding="utf-8")

    assert dict(re.findall(r"`([\w-]+)==([\d.]+)`", page)) == pins(
        FOLDER / "langfuse" / "requirements.in"
    )
