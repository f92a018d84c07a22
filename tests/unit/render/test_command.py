"""`python -m tooling render`: what it prints, what it writes, and what it leaves alone."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from stacks.stack_files import ROOT
from tests.support import stacks
from tests.support.recordings import recorded
from tooling.__main__ import main
from tooling.engineless import offline
from tooling.render import RenderError, collect, summary, to_files, write


def files(folder: Path) -> dict[str, str]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in found}


@pytest.mark.programs
def test_the_command_writes_the_stack_and_says_where(tmp_path: Path) -> None:
    out = tmp_path / "rendered"
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-m", "tooling", "render", "--stack", "dev", "--out", str(out)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines() == [
        "stack    dev: 48 Kubernetes objects, 10 generated values, 17 components, 1 provider",
        "chain    Namespace langfuse-namespace > ConfigMap langfuse-clickhouse-server-config > "
        "StatefulSet langfuse-clickhouse-server-stateful-set > Secret langfuse-clickhouse-secret > "
        "Job langfuse-migration > Deployment langfuse-deployment > "
        "StatefulSet langfuse-gateway-stateful-set > "
        "Secret langfuse-agents-ai-agents-access-secret",
        f"written  {out}",
    ]
    assert files(out) == to_files(stacks.rendered("dev"))


def test_a_preview_is_written_too(tmp_path: Path) -> None:
    out = tmp_path / "preview"
    assert main(["render", "--stack", "dev", "--preview", "--out", str(out)]) == 0
    assert "[unknown]" in files(out)["objects/observability/secret-langfuse-app-secret.yaml"]


def test_a_stack_on_eks_auto_mode_is_written_too(tmp_path: Path) -> None:
    out = tmp_path / "auto"
    assert main(["render", "--stack", "prod", "--auto-mode", "--out", str(out)]) == 0
    assert files(out) == to_files(stacks.rendered("prod on EKS Auto Mode"))


def test_another_project_is_rendered_from_its_own_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "roles"

    assert main(["render", "--project", "access", "--stack", "prod", "--out", str(out)]) == 0
    assert capsys.readouterr().out.startswith("stack    prod: 21 AWS resources, ")
    assert (out / "aws" / "iam-role-workflows-deploy-role.yaml").is_file()


def test_a_missing_stack_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "nothing"
    assert main(["render", "--stack", "stage", "--out", str(out)]) == 2
    message = "error: There is no stack file Pulumi.stage.yaml; stacks are dev, prod.\n"
    assert capsys.readouterr() == ("", message)
    assert not out.exists()


def test_a_configuration_mistake_is_the_programs_own_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    record = offline.record
    mistake = {"agent-observability:langfuse": {"version": "3.0.0"}}
    monkeypatch.setattr(offline, "record", partial(record, overrides=mistake))
    assert main(["render", "--stack", "dev", "--out", str(tmp_path / "x")]) == 2
    printed, error = capsys.readouterr()
    assert printed == ""
    assert error.startswith("error: The configuration of stack 'dev' has 1 problem")
    assert 'agent-observability:langfuse.version = "3.0.0"' in error
    assert "Traceback" not in error
    assert list(tmp_path.iterdir()) == []


def test_what_stood_there_before_is_gone(tmp_path: Path) -> None:
    out = tmp_path / "rendered"
    write(to_files(stacks.rendered("dev")), out)
    (out / "objects" / "stale.yaml").write_text("old", encoding="utf-8")
    write(to_files(stacks.rendered("fixed replicas")), out)
    assert files(out) == to_files(stacks.rendered("fixed replicas"))
    assert [path.name for path in tmp_path.iterdir()] == ["rendered"], "nothing is left beside it"


def test_a_folder_of_something_else_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    assert main(["render", "--stack", "dev", "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err == (
        f"error: {tmp_path} holds something else than a rendered stack, and would be emptied: "
        "choose another --out\n"
    )
    assert files(tmp_path) == {"thesis.txt": "years of work"}


def test_an_empty_folder_and_a_missing_one_are_taken(tmp_path: Path) -> None:
    text = {"SUMMARY.md": summary.MARKER}
    for folder in (tmp_path, tmp_path / "deep" / "er"):
        write(text, folder)
        assert (folder / "SUMMARY.md").read_text(encoding="utf-8") == summary.MARKER


def test_a_file_and_a_link_are_left_alone(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_text("x", encoding="utf-8")
    link.symlink_to(tmp_path)
    for path in (file, link):
        with pytest.raises(RenderError, match="holds something else"):
            write({"SUMMARY.md": summary.MARKER}, path)


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    out = tmp_path / "rendered"
    write({"SUMMARY.md": summary.MARKER}, out)
    with pytest.raises(OSError, match="File name too long"):
        write({"SUMMARY.md": summary.MARKER, f"{'x' * 300}.yaml": "a"}, out)
    assert files(out) == {"SUMMARY.md": summary.MARKER}
    assert [path.name for path in tmp_path.iterdir()] == ["rendered"]


def test_the_summary_names_every_resource_with_what_it_waits_for() -> None:
    lines = summary.to_markdown(stacks.rendered("dev")).splitlines()
    assert lines[:4] == [
        summary.MARKER,
        "# Stack dev",
        "",
        "48 Kubernetes objects, 10 generated values, 17 components, 1 provider.",
    ]
    header = lines.index("| kind | name | component | protected | depends on |")
    rows = lines[header + 2 :]
    assert len(rows) == 58
    (job,) = (row for row in rows if row.startswith("| Job |"))
    _, _, name, component, protected, needs = job.removesuffix(" |").split("|")
    assert name.strip().startswith("`observability/langfuse-migration-")
    assert component.strip() == "Langfuse `langfuse`"
    assert protected.strip() == ""
    assert [need.strip().split(" ")[0] for need in needs.split("<br>")] == [
        "ConfigMap",
        "NetworkPolicy",
        "Secret",
        "Secret",
        "ServiceAccount",
    ]


def test_the_summary_shows_outputs_and_protection() -> None:
    text = summary.to_markdown(collect(recorded(secrets={"protect": True})))
    assert "| url | `http://localhost:3000` |" in text
    protected = [line for line in text.splitlines() if "| yes |" in line]
    assert [line.split("`")[1] for line in protected] == [
        "langfuse-credentials-encryption-key",
        "langfuse-credentials-salt",
    ]
