"""Rules that the workflows keep, read from their files.

What GitHub does with them is not proven: no workflow runs here. Their shell steps do, in
tests/unit/repository/test_workflow_steps.py.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from access.roles import DEPLOY_SECONDS, PREVIEW_SECONDS
from stacks.stack_files import ROOT
from tests.support import workflows

_PINNED = re.compile(r"^[\w.-]+/[\w./-]+@[0-9a-f]{40}$")
_USES = re.compile(r"^\s*-?\s*uses: (\S+)(.*)$", re.MULTILINE)
_STACKS = sorted(path.name.split(".")[1] for path in ROOT.glob("Pulumi.*.yaml"))
JOBS = list(workflows.jobs())
NAMES = [f"{file} {name}" for file, name, _ in JOBS]


def test_there_are_the_workflows_that_the_page_describes() -> None:
    assert [path.name for path in workflows.WORKFLOWS] == [
        "checks.yml",
        "deploy.yml",
        "drift.yml",
        "preview.yml",
    ]


@pytest.mark.parametrize("path", workflows.FILES, ids=str)
def test_every_action_is_pinned_by_commit_with_its_version_beside_it(path: Path) -> None:
    for action, comment in _USES.findall(path.read_text(encoding="utf-8")):
        if not action.startswith("./"):
            assert _PINNED.match(action), action
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), f"{action}{comment}"


def test_one_action_has_one_commit_everywhere() -> None:
    texts = "\n".join(path.read_text(encoding="utf-8") for path in workflows.FILES)
    commits: dict[str, set[str]] = {}
    for action, comment in _USES.findall(texts):
        name, _, commit = action.partition("@")
        commits.setdefault(name, set()).add(commit + comment)

    assert {name: pins for name, pins in commits.items() if len(pins) > 1} == {}


@pytest.mark.parametrize("path", workflows.WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_has_no_permission_that_a_job_does_not_ask_for(path: Path) -> None:
    workflow = workflows.load(path)

    assert workflow["permissions"] == {}
    assert workflow["defaults"]["run"] == {"shell": "bash"}
    assert {"pull_request_target", "workflow_run", "issue_comment"} & {*workflow["on"]} == set()


@pytest.mark.parametrize(("file", "name", "job"), JOBS, ids=NAMES)
def test_a_job_has_a_time_limit_a_pinned_machine_and_its_own_permissions(
    file: str, name: str, job: dict[str, Any]
) -> None:
    assert job["runs-on"] == "ubuntu-24.04", (file, name)
    assert 0 < job["timeout-minutes"] <= 120
    assert "contents" not in job["permissions"] or job["permissions"]["contents"] == "read"
    assert "secrets" not in job


SECONDS = {
    "${{ vars.AWS_DEPLOY_ROLE_ARN }}": DEPLOY_SECONDS,
    "${{ vars.AWS_PREVIEW_ROLE_ARN }}": PREVIEW_SECONDS,
}


def test_credentials_last_as_long_as_the_job_and_as_the_role_lets_them() -> None:
    action = workflows.load(ROOT / ".github" / "actions" / "engine" / "action.yml")
    default = action["inputs"]["role-seconds"]["default"]
    (assumed,) = (
        step["with"]
        for step in action["runs"]["steps"]
        if "configure-aws-credentials" in step.get("uses", "")
    )
    asked = {
        (file, name): (step["with"]["role"], int(step["with"].get("role-seconds", default)))
        for file, name, job in JOBS
        for step in job["steps"]
        if step.get("uses") == "./.github/actions/engine"
    }

    assert assumed["role-duration-seconds"] == "${{ inputs.role-seconds }}"
    assert len(asked) == 5
    for file, name, job in JOBS:
        if (file, name) in asked:
            role, seconds = asked[file, name]
            assert job["timeout-minutes"] * 60 <= seconds == SECONDS[role], (file, name)


def test_only_these_jobs_may_write_anything() -> None:
    writing = {
        (file, name): sorted(k for k, v in job["permissions"].items() if v == "write")
        for file, name, job in JOBS
        if "write" in job["permissions"].values()
    }

    assert writing == {
        ("deploy.yml", "dev"): ["id-token"],
        ("deploy.yml", "preview-prod"): ["id-token"],
        ("deploy.yml", "prod"): ["id-token"],
        ("drift.yml", "issue"): ["issues"],
        ("drift.yml", "look"): ["id-token"],
        ("preview.yml", "comment"): ["pull-requests"],
        ("preview.yml", "engine"): ["id-token"],
    }


def test_a_job_that_gets_credentials_names_an_environment_and_no_fork_reaches_it() -> None:
    for file, name, job in JOBS:
        if job["permissions"].get("id-token") != "write":
            assert "environment" not in job, (file, name)
            assert "secrets." not in str(job), (file, name)
            continue
        assert job["environment"] in {
            "dev",
            "prod",
            "prod-preview",
            "${{ matrix.stack }}-preview",
        }, (file, name)
        if "pull_request" in workflows.load(workflows.FOLDER / "workflows" / file)["on"]:
            assert "github.event.pull_request.head.repo.full_name == github.repository" in job["if"]
            assert "github.event.pull_request.user.login != 'dependabot[bot]'" in job["if"]


@pytest.mark.parametrize(("file", "name", "job"), JOBS, ids=NAMES)
def test_a_preview_gets_credentials_that_read_and_no_other_job_gets_those(
    file: str, name: str, job: dict[str, Any]
) -> None:
    used = set(re.findall(r"\bsecrets\.(\w+)|\bvars\.(AWS_\w+_ARN)", str(job["steps"])))
    given = {secret or variable for secret, variable in used}
    expected = set[str]()
    if job.get("environment") is not None:
        purpose = "PREVIEW" if job["environment"].endswith("-preview") else "DEPLOY"
        expected = {"PULUMI_CONFIG_PASSPHRASE", f"AWS_{purpose}_ROLE_ARN"}
        reads = {"PULUMI_PREVIEW_TOKEN", "PREVIEW_KUBECONFIG"}
        expected |= reads if purpose == "PREVIEW" else {"PULUMI_ACCESS_TOKEN", "KUBECONFIG"}

    assert given == expected, (file, name)


def test_the_page_gives_each_credential_to_one_environment() -> None:
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    places = dict(re.findall(r"^\| ([A-Z_]+) \| secret \| (.+?) \|", page, re.MULTILINE))

    assert places == {
        "PULUMI_PREVIEW_TOKEN": "`<stack>-preview`",
        "PULUMI_ACCESS_TOKEN": "`<stack>`",
        "PREVIEW_KUBECONFIG": "`<stack>-preview`",
        "KUBECONFIG": "`<stack>`",
        "PULUMI_CONFIG_PASSPHRASE": "both",
    }


def test_packages_are_installed_as_wheels_by_hash_so_that_none_runs_code_then() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (installs,) = re.findall(r"^PIP_INSTALL := (.*)$", makefile, re.MULTILINE)
    commands = re.findall(r"-m \$\(PIP_INSTALL\) (\S+)", makefile)
    elsewhere = [ROOT / ".ci/run", *workflows.FILES, *(ROOT / "tooling/ci").glob("*.sh")]

    assert installs.startswith("pip install ")
    assert installs.endswith(" --only-binary :all:")
    assert commands == ["uv==0.13.9", *["--require-hashes"] * 7]
    assert makefile.count("pip install") == 1
    assert [file.name for file in elsewhere if "pip install" in file.read_text("utf-8")] == []


def test_what_may_write_to_a_pull_request_or_an_issue_runs_no_code_of_it() -> None:
    for file, name in (("preview.yml", "comment"), ("drift.yml", "issue")):
        (job,) = (job for f, n, job in JOBS if (f, n) == (file, name))
        assert [step.get("uses") for step in job["steps"]] == [None]
        assert re.findall(r"make|python|pulumi", job["steps"][0]["run"]) == []


@pytest.mark.parametrize("step", list(workflows.steps()), ids=str)
def test_no_expression_is_pasted_into_a_script(step: workflows.Step) -> None:
    assert workflows.expressions(step.script) == []


@pytest.mark.parametrize("step", list(workflows.steps()), ids=str)
def test_a_checkout_leaves_no_token_behind(step: workflows.Step) -> None:
    if str(step.content.get("uses", "")).startswith("actions/checkout@"):
        assert step.content["with"]["persist-credentials"] is False


def test_a_job_that_runs_up_is_never_cancelled_and_checks_first_and_tests_after() -> None:
    deploying = {
        name: job for _, name, job in JOBS if "up.sh" in str([s.get("run") for s in job["steps"]])
    }

    assert sorted(deploying) == _STACKS
    for name, job in deploying.items():
        assert job["concurrency"] == {"group": f"deploy-{name}", "cancel-in-progress": False}
        assert job["environment"] == name
        named = [step["name"] for step in job["steps"] if "name" in step]
        assert named == [
            "Refuse an old commit",
            "Check what the stack needs",
            "Deploy",
            "Smoke test",
        ]
        assert "continue-on-error" not in str(job)


def test_prod_waits_for_a_preview_of_main_that_succeeded() -> None:
    jobs = {name: job for file, name, job in JOBS if file == "deploy.yml"}

    assert jobs["prod"]["needs"] == "preview-prod"
    assert jobs["prod"]["if"] == ("${{ !cancelled() && needs.preview-prod.result == 'success' }}")
    assert jobs["preview-prod"]["environment"] == "prod-preview"
    assert workflows.load(workflows.FOLDER / "workflows" / "deploy.yml")["on"] == {
        "push": {"branches": ["main"]}
    }


def test_a_matrix_of_stacks_is_that_of_the_stack_files() -> None:
    matrices = [
        job["strategy"]["matrix"]["stack"]
        for _, _, job in JOBS
        if "stack" in job.get("strategy", {}).get("matrix", {})
    ]

    assert sorted(map(str, matrices)) == sorted(
        [
            str(_STACKS),
            str(_STACKS),
            "${{ fromJSON(vars.DRIFT_STACKS) }}",
            "${{ fromJSON(vars.PREVIEW_STACKS) }}",
        ]
    )


def test_every_make_command_is_a_target_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    scripts = [step.script for step in workflows.steps()]
    scripts += [path.read_text(encoding="utf-8") for path in (ROOT / "tooling/ci").glob("*.sh")]
    used = {
        word
        for script in scripts
        for command in re.findall(r"^\s*make ([^\n|>]+)", script, re.MULTILINE)
        for word in command.split()
        if re.fullmatch(r"[a-z-]+", word)
    }

    checks = {"lint", "test", "test-cluster", "test-gateway", "test-programs", "types"}
    assert used == {"diff", "doctor", "policy", "smoke", *checks}
    assert {name for name in used if not re.search(rf"^{name}:", makefile, re.MULTILINE)} == set()
    for folder in (".venv", ".venv-smoke", ".venv-smoke-4", ".venv-policy"):
        assert any(f"{folder}/.installed" in script for script in scripts)


def test_the_page_lists_exactly_the_variables_and_secrets_that_are_used() -> None:
    texts = "\n".join(path.read_text(encoding="utf-8") for path in workflows.FILES)
    used = {(kind[:-1], name) for kind, name in re.findall(r"\b(vars|secrets)\.([A-Z_]+)", texts)}
    page = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    listed = {
        ("var" if kind == "variable" else kind, name)
        for names, kind in re.findall(
            r"^\| ([A-Z_, ]+) \| (variable|secret) \|", page, re.MULTILINE
        )
        for name in names.split(", ")
    }

    assert listed == used


def test_the_checks_are_those_of_the_landing_gate() -> None:
    gate = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    (steps,) = re.findall(r"^for step in ([a-z -]+); do$", gate, re.MULTILINE)
    jobs = [job for file, _, job in JOBS if file == "checks.yml"]

    assert sorted(f"make {step}" for step in steps.split()) == sorted(
        step["run"]
        for job in jobs
        for step in job["steps"]
        if step.get("run", "").startswith("make ")
    )


def test_every_stack_that_the_engine_or_a_tool_is_given_can_have_an_organization() -> None:
    given = {
        name: sorted(set(re.findall(r"^ +STACK: (.+)$", path.read_text(encoding="utf-8"), re.M)))
        for name, path in ((p.name, p) for p in (ROOT / ".github" / "workflows").glob("*.yml"))
    }

    prefix = "${{ vars.STACK_PREFIX }}"
    assert given == {
        "checks.yml": [],
        "deploy.yml": [f"{prefix}dev", f"{prefix}prod"],
        "drift.yml": [f"{prefix}${{{{ matrix.stack }}}}"],
        # Without it: the jobs that show a stack file, and name an artifact.
        "preview.yml": ["${{ matrix.stack }}", f"{prefix}${{{{ matrix.stack }}}}"],
    }


@pytest.mark.programs
@pytest.mark.parametrize(
    ("stack", "of_roles"),
    [("prod", "prod"), ("acme/prod", "acme/prod"), ("acme/agent-observability/prod", "acme/prod")],
)
def test_the_roles_project_is_asked_for_the_stack_without_the_programs_own(
    stack: str, of_roles: str
) -> None:
    installed = [f"-o{venv}/.installed" for venv in (".venv", ".venv-smoke", ".venv-policy")]
    done = subprocess.run(
        ["make", "-n", *installed, "-ocli", "access", "preview", f"STACK={stack}"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    commands = [line for line in done.stdout.splitlines() if line.startswith("pulumi ")]
    assert commands == [
        f"pulumi up --cwd access --stack {of_roles}",
        f"pulumi preview --stack {stack} --policy-pack policy --diff",
    ]


@pytest.mark.programs
@pytest.mark.parametrize(
    ("target", "commands"),
    [
        (
            "platform",
            [
                ".venv/bin/python -m tooling platform doctor --stack acme/prod --before",
                "pulumi up --cwd platform --stack acme/prod --policy-pack ../policy",
            ],
        ),
        (
            "platform-preview",
            ["pulumi preview --cwd platform --stack acme/prod --policy-pack ../policy --diff"],
        ),
        (
            "platform-destroy",
            [
                ".venv/bin/python -m tooling platform drain --stack acme/prod",
                "pulumi destroy --cwd platform --stack acme/prod",
                ".venv/bin/python -m tooling platform doctor --stack acme/prod",
            ],
        ),
        ("doctor", [".venv/bin/python -m tooling platform doctor --stack acme/prod"]),
    ],
)
def test_the_platform_is_asked_drained_and_looked_at_in_this_order(
    target: str, commands: list[str]
) -> None:
    installed = [f"-o{venv}/.installed" for venv in (".venv", ".venv-smoke", ".venv-policy")]
    done = subprocess.run(
        [
            *("make", "-n", "--no-print-directory", *installed, "-ocli"),
            *(target, "PROJECT=platform", "STACK=acme/prod"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert [line.strip() for line in done.stdout.splitlines()] == commands
