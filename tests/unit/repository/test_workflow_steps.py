"""The workflows' own shell text, run with programs that record what they are asked.

`pulumi`, `gh` and `make` are stand-ins that answer from a file: what is proven is which of them is
called, with what, in which order, and what is written; not that the real ones answer so.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from stacks.stack_files import ROOT
from tests.support import workflows

pytestmark = pytest.mark.programs

_STAND_IN = f"""#!{sys.executable}
import json, os, pathlib, sys
here = pathlib.Path(os.environ["STAND_INS"])
name, arguments = pathlib.Path(sys.argv[0]).name, sys.argv[1:]
with (here / "calls").open("a") as calls:
    calls.write(json.dumps([name, *arguments]) + "\\n")
for words, answer in json.loads((here / "answers.json").read_text()):
    if words[0] == name and all(word in arguments for word in words[1:]):
        for path, text in answer.get("files", {{}}).items():
            pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
            pathlib.Path(path).write_text(text)
        print(answer.get("says", ""), end="")
        sys.exit(answer.get("code", 0))
sys.exit(0)
"""
PREVIEW = """Previewing update (prod):
 ~  aws:rds:Instance langfuse-postgres-instance update [diff: ~instanceClass]
Resources:
    ~ 1 to update
    84 unchanged
"""


@dataclass(frozen=True)
class Machine:
    """A folder with the tree's scripts, and stand-ins on PATH."""

    folder: Path

    def answers(self, *answers: tuple[list[str], Mapping[str, object]]) -> None:
        (self.folder / "answers.json").write_text(json.dumps(answers), encoding="utf-8")

    def run(self, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """As GitHub runs a step with `shell: bash`."""
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],  # noqa: S607
            cwd=self.folder,
            env={
                "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
                "STAND_INS": str(self.folder),
                "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md"),
                "GITHUB_RUN_ID": "7",
                "GITHUB_REPOSITORY": "acme/tracing",
                "GITHUB_SHA": "abc",
                "HOME": str(self.folder),
                **environment,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def calls(self) -> list[list[str]]:
        file = self.folder / "calls"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        return [json.loads(line) for line in lines]

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    (tmp_path / "bin").mkdir()
    for name in ("pulumi", "gh", "make"):
        program = tmp_path / "bin" / name
        program.write_text(_STAND_IN, encoding="utf-8")
        program.chmod(0o755)
    for name in ("tooling", "components"):
        (tmp_path / name).symlink_to(ROOT / name)
    # A link to the program alone would lose its packages.
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    python = tmp_path / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    found = Machine(tmp_path)
    found.answers()
    return found


def script(file: str, job: str, name: str) -> str:
    return workflows.step(file, job, name).script


PREVIEW_ARGUMENTS = [
    *("pulumi", "preview", "--stack", "prod", "--policy-pack", "policy"),
    *("--diff", "--non-interactive", "--color", "never"),
]


def test_a_preview_is_written_for_the_comment_and_the_summary(machine: Machine) -> None:
    machine.answers((["pulumi"], {"says": PREVIEW}))

    done = machine.run(script("preview.yml", "engine", "Preview"), STACK="prod")

    assert (done.returncode, machine.calls) == (0, [PREVIEW_ARGUMENTS])
    assert machine.text("preview.md") == (
        "## `pulumi preview` of prod: changes\n\n"
        "```text\n~ 1 to update\n84 unchanged\n```\n\n"
        f"<details><summary>All of it</summary>\n\n```text\n{PREVIEW}```\n\n</details>\n\n"
    )
    assert machine.text("summary.md") == machine.text("preview.md")


def test_a_preview_that_fails_says_so_and_fails_the_job(machine: Machine) -> None:
    machine.answers((["pulumi"], {"says": "error: a policy is violated\n", "code": 255}))

    done = machine.run(script("preview.yml", "engine", "Preview"), STACK="prod")

    assert done.returncode == 255
    assert machine.text("preview.md").startswith("## `pulumi preview` of prod: failed\n")
    assert "error: a policy is violated" in machine.text("preview.md")


def test_a_preview_without_a_change_says_so(machine: Machine) -> None:
    machine.answers((["pulumi"], {"says": "Resources:\n    85 unchanged\n"}))

    assert machine.run(script("preview.yml", "engine", "Preview"), STACK="prod").returncode == 0
    assert machine.text("preview.md").startswith("## `pulumi preview` of prod: no change\n")


def test_what_a_preview_prints_cannot_leave_its_block_nor_show_a_key(machine: Machine) -> None:
    machine.answers((["pulumi"], {"says": "```\n@acme/all sk-lf-0123456789abcdef\n````\n"}))

    machine.run(script("preview.yml", "engine", "Preview"), STACK="prod")

    assert "`````text\n```\n@acme/all sk-lf-[secret]\n````\n`````\n" in machine.text("preview.md")


def test_a_preview_that_is_too_long_is_cut_and_says_so(machine: Machine) -> None:
    machine.answers((["pulumi"], {"says": "one line of many\n" * 9000 + "the last line\n"}))

    machine.run(script("preview.yml", "engine", "Preview"), STACK="prod")

    text = machine.text("preview.md")
    assert 29_000 < len(text) <= 30_000
    assert "… cut: 153,013 characters; all of it is in the log of the job …" in text
    assert "the last line\n" in text


def test_drift_fails_the_job_and_its_absence_does_not(machine: Machine) -> None:
    look = script("drift.yml", "look", "Look for drift")
    machine.answers((["pulumi"], {"says": PREVIEW, "code": 1}))
    assert machine.run(look, STACK="prod").returncode == 1
    assert machine.text("preview.md").startswith("## prod: drift\n")

    machine.answers((["pulumi"], {"says": "Resources:\n    85 unchanged\n"}))
    assert machine.run(look, STACK="prod").returncode == 0
    assert machine.text("preview.md") == "### prod: no drift\n\n"

    assert machine.calls == [[*PREVIEW_ARGUMENTS, "--refresh", "--expect-no-changes"]] * 2


ISSUES = ["gh", "issue", "list"]


def test_drift_opens_an_issue_with_what_was_found(machine: Machine) -> None:
    machine.answers(
        (["gh", "run", "download"], {"files": {"found/drift-prod/preview.md": "## prod: drift\n"}})
    )

    done = machine.run(script("drift.yml", "issue", "Report"), RESULT="failure", RUN="https://run")

    assert done.returncode == 0, done.stderr
    assert [call[:3] for call in machine.calls] == [
        ISSUES,
        ["gh", "run", "download"],
        ["gh", "issue", "create"],
    ]
    assert machine.text("short.md") == (
        "Found by https://run. docs/ci.md says what to do.\n## prod: drift\n"
    )


def test_drift_that_stays_updates_its_issue(machine: Machine) -> None:
    machine.answers((ISSUES, {"says": "12\n"}))

    machine.run(script("drift.yml", "issue", "Report"), RESULT="failure", RUN="https://run")

    assert machine.calls[-1] == ["gh", "issue", "edit", "12", "--body-file", "short.md"]


@pytest.mark.parametrize(("open_issue", "closed"), [("12\n", 1), ("", 0)])
def test_drift_that_is_gone_closes_its_issue(
    machine: Machine, open_issue: str, closed: int
) -> None:
    machine.answers((ISSUES, {"says": open_issue}))

    done = machine.run(script("drift.yml", "issue", "Report"), RESULT="success", RUN="https://run")

    assert done.returncode == 0
    assert (
        machine.calls[1:]
        == [["gh", "issue", "close", "12", "--comment", "Gone: https://run"]] * closed
    )


DOWNLOADED = (
    (["gh", "preview-prod"], {"files": {"preview/preview.md": "## preview\n"}}),
    (["gh", "offline-prod"], {"files": {"offline/offline.md": "## offline\n"}}),
)
COMMENT = {"STACK": "prod", "NUMBER": "5", "GH_REPO": "acme/tracing"}


def test_the_first_comment_is_made_and_later_ones_update_it(machine: Machine) -> None:
    comment = script("preview.yml", "comment", "Comment")
    machine.answers(*DOWNLOADED)
    assert machine.run(comment, **COMMENT).returncode == 0
    assert machine.text("body.md") == (
        "<!-- agent-observability preview prod -->\n## preview\n## offline\n"
    )
    comments = "repos/acme/tracing/issues/5/comments"
    assert machine.calls[-1] == [
        *("gh", "api", "--silent", "--method", "POST", comments, "-F", "body=@body.md")
    ]

    machine.answers(*DOWNLOADED, (["gh", "--paginate"], {"says": "99\n100\n"}))
    assert machine.run(comment, **COMMENT).returncode == 0
    assert machine.calls[-1] == [
        *("gh", "api", "--silent", "--method", "PATCH"),
        *("repos/acme/tracing/issues/comments/99", "-F", "body=@body.md"),
    ]


def test_without_a_result_of_either_job_there_is_no_comment(machine: Machine) -> None:
    machine.answers((["gh", "run", "download"], {"code": 1}))

    done = machine.run(script("preview.yml", "comment", "Comment"), **COMMENT)

    assert (done.returncode, done.stderr) == (
        1,
        "There is nothing to say: neither job left a result.\n",
    )
    assert [call[:2] for call in machine.calls] == [["gh", "run"]] * 2


def test_a_fork_gets_the_comparison_and_the_policies_and_asks_no_engine(machine: Machine) -> None:
    machine.answers(
        (["make", "diff"], {"files": {"diff.md": "**dev**: no change, says @someone.\n"}}),
        (["make", "policy"], {"files": {"policy.md": "**dev**: no violation.\n"}}),
    )

    done = machine.run(script("preview.yml", "offline", "Compare and check"), STACK="dev")

    assert done.returncode == 0, done.stderr
    assert machine.calls == [
        ["make", "diff", "STACK=dev", "BASE=HEAD^1", "MARKDOWN=diff.md"],
        ["make", "policy", "STACK=dev", "MARKDOWN=policy.md"],
    ]
    assert machine.text("offline.md") == (
        "## dev, without a look at what runs\n\n"
        "**dev**: no change, says @\u2060someone.\n\n**dev**: no violation.\n\n"
    )
    assert machine.text("summary.md") == machine.text("offline.md")


def test_a_broken_policy_fails_the_job_after_both_were_said(machine: Machine) -> None:
    machine.answers(
        (["make", "diff"], {"files": {"diff.md": "the diff\n"}}),
        (["make", "policy"], {"files": {"policy.md": "1 violation\n"}, "code": 2}),
    )

    done = machine.run(script("preview.yml", "offline", "Compare and check"), STACK="dev")

    assert done.returncode == 2
    assert "the diff\n\n1 violation\n" in machine.text("offline.md")


def test_a_comparison_that_cannot_be_made_is_shown_with_its_error(machine: Machine) -> None:
    machine.answers((["make", "diff"], {"says": "error: BASE names no commit.\n", "code": 2}))

    done = machine.run(script("preview.yml", "offline", "Compare and check"), STACK="dev")

    assert done.returncode == 2
    assert "`make diff` failed:\n\n```text\nerror: BASE names no commit.\n```\n" in machine.text(
        "offline.md"
    )


@pytest.mark.parametrize(("newest", "code"), [("abc\n", 0), ("def\n", 1)])
@pytest.mark.parametrize("job", ["dev", "prod"])
def test_a_commit_that_is_not_main_any_more_is_not_deployed(
    machine: Machine, job: str, newest: str, code: int
) -> None:
    machine.answers((["gh", "api"], {"says": newest}))

    done = machine.run(script("deploy.yml", job, "Refuse an old commit"))

    assert done.returncode == code
    assert machine.calls == [["gh", "api", "repos/acme/tracing/commits/main", "--jq", ".sha"]]


@pytest.mark.parametrize("job", ["dev", "prod"])
def test_a_deployment_asks_the_doctor_deploys_with_the_policies_and_tests(
    machine: Machine, job: str
) -> None:
    for name in ("Check what the stack needs", "Deploy", "Smoke test"):
        assert machine.run(script("deploy.yml", job, name), STACK=job).returncode == 0

    assert machine.calls == [
        ["make", "doctor", f"STACK={job}", "OPTIONS=--before"],
        [
            *("pulumi", "up", "--stack", job, "--policy-pack", "policy"),
            *("--yes", "--non-interactive", "--color", "never"),
        ],
        ["make", "smoke", f"STACK={job}"],
    ]


@pytest.mark.parametrize("name", ["Check what the stack needs", "Deploy", "Smoke test"])
def test_a_step_of_a_deployment_that_fails_ends_it(machine: Machine, name: str) -> None:
    machine.answers((["make"], {"code": 2}), (["pulumi"], {"code": 255}))

    assert machine.run(script("deploy.yml", "prod", name), STACK="prod").returncode > 0


@pytest.mark.parametrize("code", [0, 255])
def test_what_an_update_prints_shows_no_key_and_its_exit_code_is_the_engines(
    machine: Machine, code: int
) -> None:
    said = "error: password=hunter2\nsk-lf-0123456789abcdef\nResources:\n    85 unchanged\n"
    machine.answers((["pulumi"], {"says": said, "code": code}))

    done = machine.run(script("deploy.yml", "prod", "Deploy"), STACK="prod")

    assert done.returncode == code
    assert done.stdout == (
        "error: password=[secret]\nsk-lf-[secret]\nResources:\n    85 unchanged\n"
    )
    assert done.stderr == ""


def test_an_update_ends_by_itself_where_its_masking_does_not(machine: Machine) -> None:
    """A pipe that is closed would end it in the middle of a change."""
    engine = "#!/bin/bash\nset -e\nfor n in {1..50000}; do echo hunter2; done\ntouch ended\n"
    (machine.folder / "bin" / "pulumi").write_text(engine, encoding="utf-8")
    (machine.folder / ".venv" / "bin" / "python").write_text("#!/bin/sh\nexit 1\n", "utf-8")

    done = machine.run(script("deploy.yml", "prod", "Deploy"), STACK="prod")

    assert (machine.folder / "ended").exists()
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")


def test_a_kubeconfig_is_written_for_its_owner_alone(machine: Machine) -> None:
    text = script("engine", "action", "Write kubeconfig")

    done = machine.run(text, KUBECONFIG_TEXT="apiVersion: v1\nkind: Config")

    file = machine.folder / ".kube" / "config"
    assert done.returncode == 0
    assert file.read_text(encoding="utf-8") == "apiVersion: v1\nkind: Config\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert done.stdout + done.stderr == ""
