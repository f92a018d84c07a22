"""The pack as Pulumi loads it, its offline command, and its page.

The registration runs in the pack's own environment, against pulumi-policy's own server class and
the engine's own request types; no engine is started.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from components.endpoint import address_space
from components.secrets import forms, known_forms, names
from policy.rules import RULES, STACK_RULES
from policy.rules.model import Seen
from stacks.stack_files import ROOT
from tests.support import access
from tooling import policy
from tooling.__main__ import main
from tooling.engineless import offline

PYTHON = ROOT / ".venv-policy" / "bin" / "python"
PROTECTS = {rule.name: rule.protects for rule in (*RULES, *STACK_RULES)}

_ASK = """
import json, os, runpy, sys, tempfile
import pulumi_policy.policy as p
from google.protobuf import struct_pb2
from pulumi.runtime.proto import analyzer_pb2 as proto
os.chdir(tempfile.gettempdir())
root = sys.path.pop(0)
made = []
class Pack:
    def __init__(self, **given):
        made.append(given)
import pulumi_policy
pulumi_policy.PolicyPack = Pack
runpy.run_path(os.environ["PACK"], run_name="__main__")
(given,) = made
servicer = p._PolicyAnalyzerServicer("agent-observability", "1", given["policies"],
                                     given["enforcement_level"])
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
def struct(values):
    result = struct_pb2.Struct()
    result.update(values)
    return result
def analyze(type_, values, protect=False):
    request = proto.AnalyzeRequest(type=type_, name="a", urn="urn:a", properties=struct(values))
    request.options.protect = protect
    return [(d.policyName, d.message, d.enforcementLevel)
            for d in servicer.Analyze(request, None).diagnostics]
def analyze_stack(values):
    resource = proto.AnalyzerResource(type="kubernetes:batch/v1:Job", name="a", urn="urn:a",
                                      properties=struct(values))
    request = proto.AnalyzeStackRequest(resources=[resource])
    answer = servicer.AnalyzeStack(request, None)
    return [(d.policyName, d.message, d.urn) for d in answer.diagnostics]
info = servicer.GetAnalyzerInfo(None, None)
print(json.dumps({
    "level": given["enforcement_level"].name,
    "policies": [(policy.name, policy.description) for policy in info.policies],
    "refused": analyze("aws:rds/instance:Instance",
                       {"storageEncrypted": False, "deletionProtection": False,
                        "deleteAutomatedBackups": False}, protect=True),
    "unknown": analyze("aws:rds/instance:Instance",
                       {"storageEncrypted": UNKNOWN, "publiclyAccessible": UNKNOWN,
                        "tags": {"a": "b"}}),
    "stack": analyze_stack({"metadata": {"namespace": "a"}, "spec": {"template": {"spec": {
        "containers": [{"name": "a", "image": UNKNOWN}]}}}}),
}))
"""


@pytest.fixture(scope="module")
def answer() -> dict[str, list[list[str]]]:
    if not PYTHON.is_file():
        pytest.skip(
            "the policy pack's environment .venv-policy is not installed (make test-programs does)"
        )
    done = subprocess.run(
        [str(PYTHON), "-c", _ASK],
        env=os.environ | {"PACK": str(ROOT / "policy")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.programs
def test_every_rule_is_registered_once_and_mandatory(answer: dict[str, list[list[str]]]) -> None:
    assert answer["level"] == "MANDATORY"
    assert sorted(answer["policies"]) == sorted([name, text] for name, text in PROTECTS.items())


@pytest.mark.programs
def test_the_engine_is_told_each_violation_with_its_rule(
    answer: dict[str, list[list[str]]],
) -> None:
    assert sorted((name, message.splitlines()[-1]) for name, message, _ in answer["refused"]) == [
        (
            "encryption-at-rest",
            "storageEncrypted is not true: set it when the database is made, it cannot change",
        ),
        (
            "protected-data-is-kept",
            "deletionProtection is not true: the console would delete what Pulumi protects",
        ),
        ("tags-present", "has no tag: set aws:defaultTags in the stack's configuration"),
    ]


@pytest.mark.programs
def test_an_unknown_value_breaks_no_rule_and_stops_none(answer: dict[str, list[list[str]]]) -> None:
    assert answer["unknown"] == []


@pytest.mark.programs
def test_a_stack_rule_names_the_resource(answer: dict[str, list[list[str]]]) -> None:
    ((name, message, urn),) = answer["stack"]

    assert (name, urn) == ("network-policy-for-every-workload", "urn:a")
    assert message.endswith(
        "no NetworkPolicy selects its pods: anything in the cluster may connect"
    )


def test_the_command_counts_rules_and_resources(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "--stack", "dev", "--stack", "prod"]) == 0
    assert re.fullmatch(
        r"\*\*dev\*\*: 27 rules, \d+ resources, no violation\.\n\n"
        r"\*\*prod\*\*: 27 rules, \d+ resources, no violation\.\n",
        capsys.readouterr().out,
    )


def test_the_command_lists_violations_and_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    topic = Seen(type="aws:sns/topic:Topic", name="t", urn="u", inputs={"tags": {"a": "b"}})
    monkeypatch.setattr(policy, "seen", lambda _run: [topic])  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    file = tmp_path / "policy.md"

    assert main(["policy", "--stack", "dev", "--markdown", str(file)]) == 1
    assert capsys.readouterr().out == (
        "**dev**: 1 violation of 27 rules.\n\n"
        "- encryption-at-rest: aws:sns/topic:Topic t: kmsMasterKeyId is missing: name a key, "
        "alias/aws/sns at least\n"
    )
    assert file.read_text(encoding="utf-8").startswith("**dev**: 1 violation")


def test_a_stack_that_does_not_exist_is_an_error_without_a_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["policy", "--stack", "staging"]) == 2
    assert capsys.readouterr().err == (
        "error: There is no stack file Pulumi.staging.yaml; stacks are dev, prod.\n"
    )


def test_another_project_is_checked_from_its_own_folder(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["policy", "--project", "access", "--stack", "prod"]) == 0

    rules, resources = len(RULES) + len(STACK_RULES), len(access.recorded().resources)
    assert capsys.readouterr().out == (
        f"**access/prod**: {rules} rules, {resources} resources, no violation.\n"
    )


def test_a_configuration_that_is_refused_is_an_error_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record = offline.record
    wrong = {"agent-observability:langfuse": {"version": "3.1.0"}}
    monkeypatch.setattr(offline, "record", partial(record, overrides=wrong))

    assert main(["policy", "--stack", "dev"]) == 2
    assert 'agent-observability:langfuse.version = "3.1.0"' in capsys.readouterr().err


def test_the_page_lists_exactly_the_rules_with_what_they_protect() -> None:
    page = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")

    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (.*?) \|$", page, re.MULTILINE)
    assert rows == list(PROTECTS.items())


def test_the_rules_import_only_the_standard_library_and_the_judges_of_secrets_and_networks() -> (
    None
):
    judges = (forms, known_forms, names, address_space)
    files = [
        *(ROOT / "policy" / "rules").rglob("*.py"),
        *(Path(str(module.__file__)) for module in judges),
    ]
    imports = {
        line.split()[1]
        for file in files
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.startswith(("import ", "from ")) and not line.split()[1].startswith(".")
    }
    folders = ("components", "components/endpoint", "components/secrets")
    packages = [ROOT / folder / "__init__.py" for folder in folders]

    own = {
        *("components.secrets.forms", "components.secrets.known_forms"),
        *("components.secrets.names", "components.endpoint.address_space"),
    }
    assert imports - own <= sys.stdlib_module_names | {"collections.abc"}
    assert not any("import" in file.read_text(encoding="utf-8") for file in packages)
