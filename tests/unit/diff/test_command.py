"""`make diff` between a commit and a working tree, each recorded by its own code."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from stacks.stack_files import ROOT
from tests.support.shared import shared
from tooling.__main__ import main
from tooling.diff import command, trees

pytestmark = pytest.mark.programs

KEY = b"k"
"""What all sides make fingerprints of secrets with: those of two tests can be compared."""


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", "-C", str(folder), *identity, *arguments],  # noqa: S607 - the one on PATH
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the program as its only commit."""
    folder = tmp_path_factory.mktemp("repository")
    for name in (
        "__main__.py",
        "Pulumi.yaml",
        "Pulumi.dev.yaml",
        "Pulumi.prod.yaml",
        "requirements.txt",
    ):
        shutil.copy(ROOT / name, folder)
    for name in ("access", "components", "stacks", "tooling"):
        # With compiled modules, which are of use as long as their sources have the same time.
        shutil.copytree(ROOT / name, folder / name)
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / ".git" / "info" / "exclude").write_text("__pycache__\n", encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "base")
    return folder


@pytest.fixture
def tree(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The repository as its commit has it. What a commit registers is recorded once."""
    record = trees._recorded  # pyright: ignore[reportPrivateUsage]

    def recorded(tree: Path, *, project: str, stacks: Sequence[str], key: bytes) -> Any:  # noqa: ANN401
        def fresh() -> Any:  # noqa: ANN401 - JSON
            return record(tree, project=project, stacks=stacks, key=key)

        if tree == repository:
            return fresh()
        files = (file for file in sorted(tree.rglob("*")) if file.is_file())
        held = [(str(f.relative_to(tree)), hashlib.sha256(f.read_bytes()).digest()) for f in files]
        return shared(f"diff {held} {project} {stacks}", fresh)

    monkeypatch.setattr(trees, "_recorded", recorded)
    monkeypatch.setattr(trees.secrets, "token_bytes", KEY.__mul__)
    monkeypatch.setattr(command, "ROOT", repository)
    git(repository, "checkout", "--quiet", "--force", "main")
    git(repository, "clean", "--quiet", "--force", "-d")
    return repository


def edit(file: Path, before: str, after: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(before) == 1, f"{file.name} has {before!r} {text.count(before)} times"
    file.write_text(text.replace(before, after), encoding="utf-8")


def test_a_stack_file_and_the_programs_own_code_are_both_compared(
    tree: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(tree / "Pulumi.dev.yaml", "admin@example.com", "ops@example.com")
    edit(
        tree / "components" / "kubernetes" / "labels.py",
        'PART_OF: Final = "agent-observability"',
        'PART_OF: Final = "observability"',
    )
    sha = git(tree, "rev-parse", "HEAD")[:7]
    file = tmp_path / "comment.md"

    code = main(["diff", "--base", "main", "--stack", "dev", "--markdown", str(file)])

    text = file.read_text(encoding="utf-8")
    assert (code, capsys.readouterr().out) == (0, text)
    assert "- `adminEmail`: `admin@example.com` → `ops@example.com`\n" in text
    assert text.count("`agent-observability` → `observability`") > 10
    assert f"here and in `{sha}`" in text


def test_two_stacks_without_a_change_are_two_lines(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sha = git(tree, "rev-parse", "HEAD")[:7]

    assert main(["diff", "--base", "HEAD", "--stack", "dev", "--stack", "prod"]) == 0
    assert capsys.readouterr().out == (
        f"**dev**: no change against `{sha}`.\n\n**prod**: no change against `{sha}`.\n"
    )


def test_other_packages_are_named(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(tree / "requirements.txt", "pulumi==3.272.0", "pulumi==3.273.0")
    sha = git(tree, "rev-parse", "HEAD")[:7]

    assert main(["diff", "--base", "HEAD", "--stack", "dev"]) == 0
    assert capsys.readouterr().out == (
        f"**dev**: no change against `{sha}`. Packages differ (pulumi 3.272.0 → 3.273.0).\n"
    )


def test_a_base_that_is_no_commit_says_what_to_name(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", "--base", "nowhere", "--stack", "dev"]) == 2
    assert capsys.readouterr().err == (
        "error: BASE=nowhere is no commit of this repository. Name a branch, a tag or a hash that "
        "`git log` shows, and fetch it first in a shallow clone.\n"
    )


def test_no_base_says_how_to_name_one(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "--base", "", "--stack", "dev"]) == 2
    assert capsys.readouterr().err == (
        "error: BASE names no commit. Say which: make diff BASE=origin/main STACK=prod\n"
    )


def test_a_base_that_looks_like_an_option_is_not_one(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", "--base=--git-dir=x", "--stack", "dev"]) == 2
    assert "error: BASE=--git-dir=x is no commit of this repository." in capsys.readouterr().err


def test_a_stack_that_neither_side_has_names_those_there_are(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", "--base", "HEAD", "--stack", "staging"]) == 2
    assert capsys.readouterr().err == (
        "error: STACK=staging has no stack file Pulumi.staging.yaml on either side; "
        "stacks are dev, prod.\n"
    )


def test_a_configuration_that_is_refused_says_on_which_side_and_why(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(tree / "Pulumi.dev.yaml", "version: 4.16.0", "version: 3.1.0")

    assert main(["diff", "--base", "HEAD", "--stack", "dev"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: The stack cannot be recorded in this tree: ")
    assert 'agent-observability:langfuse.version = "3.1.0"' in error
    assert "Traceback" not in error


def test_a_stack_file_that_is_broken_cannot_be_compared(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tree / "Pulumi.dev.yaml").write_text("a: [b", encoding="utf-8")

    assert main(["diff", "--base", "HEAD", "--stack", "dev"]) == 2
    assert capsys.readouterr().err.startswith(
        "error: The stack cannot be recorded in this tree: Pulumi.dev.yaml is not valid YAML: "
    )


def test_a_new_stack_file_is_a_new_stack(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(tree / "Pulumi.dev.yaml", tree / "Pulumi.staging.yaml")

    assert main(["diff", "--base", "HEAD", "--stack", "staging"]) == 0
    assert "\nThe stack is new: " in capsys.readouterr().out


def test_another_project_is_compared_by_its_own_folder(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(tree / "access" / "Pulumi.prod.yaml", "acme-pulumi-state", "acme-other-state")

    assert main(["diff", "--base", "HEAD", "--project", "access", "--stack", "prod"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("### access/prod: 2 changed\n")
    assert text.count("- iam.Policy `workflows-") == 2


def test_a_project_that_is_new_says_where_its_file_is(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(tree, "rm", "--quiet", "-r", "--cached", "access")
    git(tree, "commit", "--quiet", "--message", "without the roles")
    sha = git(tree, "rev-parse", "HEAD")[:7]

    code = main(["diff", "--base", "HEAD", "--project", "access", "--stack", "prod"])
    git(tree, "reset", "--quiet", "--hard", "HEAD^")

    assert code == 0
    assert capsys.readouterr().out.startswith(
        "### access/prod: 22 created\n\n"
        f"The stack is new: `{sha}` has no `access/Pulumi.prod.yaml`.\n"
    )


@pytest.mark.parametrize(
    ("project", "stack", "problem"),
    [
        (
            "nowhere",
            "prod",
            "PROJECT=nowhere is no project on either side: there is no nowhere/Pulumi.yaml. "
            "Leave PROJECT out for the program itself.",
        ),
        (
            "access",
            "dev",
            "STACK=dev has no stack file access/Pulumi.dev.yaml on either side; stacks are prod.",
        ),
    ],
)
def test_a_project_or_a_stack_of_it_that_is_not_there_is_named(
    project: str, stack: str, problem: str, tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", "--base", "HEAD", "--project", project, "--stack", stack]) == 2
    assert capsys.readouterr().err == f"error: {problem}\n"


def test_a_commit_that_records_its_root_folder_alone_records_a_project_too(
    tmp_path: Path,
) -> None:
    for name, text in _BEFORE_PROJECTS.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    script = ROOT / "tooling" / "diff" / "snapshot.py"

    said = {
        project: json.loads(
            subprocess.run(
                [sys.executable, "-P", str(script), project, "prod"],
                cwd=tmp_path,
                input=b"k" * 32,
                capture_output=True,
                check=True,
            ).stdout
        )["prod"]["outputs"]
        for project in (".", "access")
    }

    assert said == {
        ".": {"recorded": "prod"},
        "access": {"ran": "prod", "project": "of access", "read": "access", "sees": tmp_path.name},
    }


_BEFORE_PROJECTS = {
    "Pulumi.yaml": "of the program",
    "Pulumi.prod.yaml": "",
    "access/Pulumi.yaml": "of access",
    "access/Pulumi.prod.yaml": "",
    "access/__main__.py": "from tooling import recording, stack_files\n"
    "recording.exports['sees'] = stack_files.ROOT.name\n",
    "tooling/__init__.py": "",
    "tooling/stack_files.py": """\
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parent.parent


def project_name():
    return (ROOT / "Pulumi.yaml").read_text()


def read(stack):
    return SimpleNamespace(values={"read": ROOT.name})
""",
    "tooling/recording.py": """\
from types import SimpleNamespace
from tooling.stack_files import project_name

exports = {}
UNKNOWN = "unknown"


class Secret:
    pass


def run(stack, configuration, backend, body):
    exports.update(ran=stack, project=project_name(), **configuration.values)
    body()
    return SimpleNamespace(resources={}, exports=exports)
""",
    "tooling/offline.py": """\
from types import SimpleNamespace

OfflineBackend = object


def record(stack):
    return SimpleNamespace(resources={}, exports={"recorded": stack})
""",
}
"""The modules that a comparison uses, where they were first and as far as it uses them."""


def test_the_answer_of_a_side_holds_no_secret(tree: Path) -> None:
    script = ROOT / "tooling" / "diff" / "snapshot.py"

    done = subprocess.run(
        [sys.executable, "-P", str(script), ".", "dev"],
        cwd=tree,
        input=b"k" * 32,
        capture_output=True,
        check=True,
    )

    answer = done.stdout.decode()
    assert answer.count('"$secret"') > 3
    assert "postgresql://" not in answer


def test_a_link_that_leads_out_of_the_tree_is_refused(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tree / "out").symlink_to("/etc/hostname")
    git(tree, "add", "--all")
    git(tree, "commit", "--quiet", "--message", "a link")
    sha = git(tree, "rev-parse", "HEAD")[:7]

    code = main(["diff", "--base", "HEAD", "--stack", "dev"])
    git(tree, "reset", "--quiet", "--hard", "HEAD^")

    assert code == 2
    assert capsys.readouterr().err.startswith(f"error: The files of {sha} cannot be taken: ")
