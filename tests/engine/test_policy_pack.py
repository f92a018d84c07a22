"""The policy pack in the real engine: it loads, refuses, and hears what a stack acknowledges.

The program registers components that look like resources, so that no provider is needed: what a
provider's own check adds to the inputs is not proven.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stacks.stack_files import ROOT

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not shutil.which("pulumi"), reason="engine tier: no pulumi CLI on PATH"),
]

_PROGRAM = """
import json, os, pulumi

class Like(pulumi.ComponentResource):
    def __init__(self, type_, name, values, protect):
        super().__init__(type_, name, values, pulumi.ResourceOptions(protect=protect))
        self.register_outputs(values)

for given in json.loads(os.environ["RESOURCES"]):
    Like(*given)
"""
DATABASE = {
    "storageEncrypted": True,
    "deletionProtection": True,
    "deleteAutomatedBackups": False,
    "backupRetentionPeriod": 1,
    "tags": {"service": "agent-observability"},
}
STACK = ["agent-observability:index:ObservabilityStack", "langfuse"]
INSTANCE = ["aws:rds/instance:Instance", "langfuse-postgres-instance"]


def run(folder: Path, resources: str) -> subprocess.CompletedProcess[str]:
    """A preview with the policy pack, in a backend of its own."""
    (folder / "__main__.py").write_text(_PROGRAM, encoding="utf-8")
    (folder / "Pulumi.yaml").write_text(
        "name: trial\nruntime:\n  name: python\n"
        f"  options: {{toolchain: pip, virtualenv: '{sys.prefix}'}}\n",
        encoding="utf-8",
    )
    environment = os.environ | {
        "PULUMI_BACKEND_URL": f"file://{folder}",
        "PULUMI_CONFIG_PASSPHRASE": "trial",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "RESOURCES": resources,
    }
    command = ["pulumi", "preview", "--stack", "trial", "--policy-pack", str(ROOT / "policy")]
    done: subprocess.CompletedProcess[str] | None = None
    for words in (["pulumi", "stack", "init", "trial"], [*command, "--color", "never"]):
        done = subprocess.run(
            [*words, "--non-interactive"],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert done is not None
    return done


def test_a_resource_that_breaks_a_rule_stops_the_preview_and_is_named(tmp_path: Path) -> None:
    plain = {**DATABASE, "storageEncrypted": False}

    done = run(tmp_path, json.dumps([[*STACK, {}, False], [*INSTANCE, plain, False]]))

    assert done.returncode != 0
    assert "[mandatory]  encryption-at-rest  (aws:rds:Instance: langfuse-postgres-instance)" in (
        done.stdout
    )
    assert done.stdout.count("[mandatory]") == 1


@pytest.mark.parametrize(("risks", "broken"), [([], 1), (["shortBackups"], 0)])
def test_a_risk_that_the_stack_acknowledges_reaches_the_pack(
    tmp_path: Path, risks: list[str], broken: int
) -> None:
    stack = [*STACK, {"acknowledged": risks}, False]

    done = run(tmp_path, json.dumps([stack, [*INSTANCE, DATABASE, True]]))

    assert (done.returncode != 0) is bool(broken), done.stdout
    assert done.stdout.count("backups-of-a-protected-database") == broken
