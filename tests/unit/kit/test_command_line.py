"""`python -m tooling`: its verbs, what each ends with, and what it says when it cannot go on."""

from __future__ import annotations

import argparse
import ast
import importlib.util
import json
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest

from stacks import stack_files
from stacks.stack_files import ROOT, StackFileError
from tests.support.doctor import error, warning
from tests.support.recordings import recorded
from tooling import bench, policy
from tooling.__main__ import VERBS, main
from tooling.ci import command as ci
from tooling.cluster import ClusterError
from tooling.cluster import command as cluster
from tooling.demo import command as demo
from tooling.diff import command as diff
from tooling.diff.model import DiffError
from tooling.docs import files
from tooling.doctor import examination
from tooling.doctor.report import Report
from tooling.engineless import offline
from tooling.engineless.recording import DuplicateUrnError, UnsupportedResourceError
from tooling.kit.errors import UsageError, is_explained
from tooling.kit.options import Parser
from tooling.kubernetes.api import LiveError
from tooling.platform import checks, draining
from tooling.platform.permissions import writing
from tooling.platform.removal import InUseError
from tooling.render.model import RenderError
from tooling.smoke import command as smoke
from tooling.smoke.report import Verdict, fail, ok, skip

Patch = pytest.MonkeyPatch
Prepare = Callable[[Patch], None]

DEV = ["--stack", "dev"]
PROD = ["--stack", "prod"]
CI_PREVIEW = ["ci", "preview", *DEV, "--status", "0", "--text"]


def nothing(_patch: Patch) -> None:
    """The command runs as it is."""


def returning(target: object, name: str, value: object) -> Prepare:
    def returns(*_args: object, **_options: object) -> object:
        return value

    def prepare(patch: Patch) -> None:
        patch.setattr(target, name, returns)

    return prepare


def raising(target: object, name: str, failure: BaseException) -> Prepare:
    def fails(*_args: object, **_options: object) -> None:
        raise failure

    def prepare(patch: Patch) -> None:
        patch.setattr(target, name, fails)

    return prepare


def recording(patch: Patch) -> None:
    returning(offline, "record", recorded())(patch)


def violating(patch: Patch) -> None:
    recording(patch)
    (found,) = policy.seen(recorded())[:1]
    violation = policy.Violation(rule="a-rule", resource=found, message="why")
    returning(policy, "violations", [violation])(patch)


def examined(*findings: object) -> Prepare:
    return returning(examination, "examine", Report(stack="dev", findings=findings))  # pyright: ignore[reportArgumentType]


def of_platform(*findings: object) -> Prepare:
    return returning(checks, "examine", Report(stack="platform/prod", findings=findings))  # pyright: ignore[reportArgumentType]


def checked(*verdicts: Verdict) -> Prepare:
    class Checks:
        url = "http://localhost"

        def __init__(self, *_: object) -> None:
            pass

        def verdicts(self) -> Iterator[Verdict]:
            return iter(verdicts)

    def prepare(patch: Patch) -> None:
        patch.setattr(smoke, "Run", Checks)

    return prepare


def measured(patch: Patch) -> None:
    returning(bench, "stacks", list[str]())(patch)
    returning(bench, "_agents", None)(patch)


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: Patch) -> None:
    """An empty folder without clusters, and no keys of the person's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AGENT_OBSERVABILITY_STATE", str(tmp_path))
    for name in ("LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY", "LANGSMITH_API_KEY"):
        monkeypatch.delenv(name, raising=False)


FAILS = fail("api", "500", cause="why", command="look")
CASES: list[tuple[list[str], Prepare, int]] = [
    (["render", *DEV, "--out", "out"], recording, 0),
    (["render", "--stack", "absent"], nothing, 2),
    (["render", *DEV, "--project", "absent"], nothing, 2),
    (["render"], nothing, 2),
    (["diff", *DEV, "--base", "main"], returning(diff, "difference", "### dev: 1 changed\n"), 0),
    (["diff", *DEV, "--base", "main"], raising(diff, "difference", DiffError("no")), 2),
    (["diff", *DEV], nothing, 2),
    (["policy", *DEV], recording, 0),
    (["policy", *DEV], violating, 1),
    (["policy", "--stack", "absent"], nothing, 2),
    (["policy"], nothing, 2),
    (["demo", "down"], returning(demo, "stop", True), 0),
    (["demo", "up"], raising(demo, "start", ClusterError("no")), 2),
    (["demo", "up"], raising(demo, "start", LiveError("no")), 2),
    (["demo", "up", "--provider", "minikube"], nothing, 2),
    (["demo"], nothing, 2),
    (["cluster", "status"], nothing, 0),
    (["cluster", "down"], nothing, 0),
    (["cluster", "down", "--name", "Not Good"], nothing, 2),
    (["cluster"], nothing, 2),
    (["doctor", *DEV], examined(), 0),
    (["doctor", *DEV], examined(warning("a", "b", "c", "d")), 0),
    (["doctor", *DEV], examined(error("a", "b", "c", "d")), 1),
    (["doctor", "--stack", "absent"], nothing, 2),
    (["doctor", *DEV, "--demo"], nothing, 2),
    (["doctor"], nothing, 2),
    (["platform", "doctor", *PROD], of_platform(), 0),
    (["platform", "doctor", *PROD], of_platform(warning("a", "b", "c", "d")), 0),
    (["platform", "doctor", *PROD], of_platform(error("a", "b", "c", "d")), 1),
    (["platform", "permissions", *PROD], returning(writing, "write", "written"), 0),
    (["platform", "drain", *PROD], returning(draining, "drain", None), 0),
    (["platform", "drain", *PROD], raising(draining, "drain", InUseError("no")), 1),
    (["platform", "drain", *PROD], raising(draining, "drain", LiveError("no")), 2),
    (["platform", "doctor", "--stack", "absent"], nothing, 2),
    (["platform", "remove", *PROD], nothing, 2),
    (["platform"], nothing, 2),
    (["smoke", *DEV], checked(ok("api", "200")), 0),
    (["smoke", *DEV, "--allow-skips"], checked(ok("api", "200"), skip("tls", "no")), 0),
    (["smoke", *DEV], checked(ok("api", "200"), skip("tls", "no")), 1),
    (["smoke", *DEV], checked(ok("api", "200"), FAILS), 1),
    (["smoke", "--stack", "absent"], nothing, 2),
    (["smoke", *DEV, "--demo"], nothing, 2),
    (["smoke", *DEV, "--timeout", "0"], nothing, 2),
    (["smoke"], nothing, 2),
    (["docs", "--check"], returning(files, "stale", []), 0),
    (["docs", "--check"], returning(files, "stale", [files.ROOT / "docs" / "a.md"]), 1),
    (["docs", "--nonsense"], nothing, 2),
    (["bench"], measured, 0),
    (["bench", "--runs", "0"], nothing, 2),
    (["bench", "--runs", "some"], nothing, 2),
    (["ci", "lint"], returning(ci, "lint", True), 0),
    (["ci", "lint"], returning(ci, "lint", False), 1),
    (["ci", "lint"], raising(ci, "lint", ClusterError("no")), 2),
    ([*CI_PREVIEW, str(ROOT / "README.md")], nothing, 0),
    ([*CI_PREVIEW, "absent"], nothing, 2),
    (["ci"], nothing, 2),
]


@pytest.mark.parametrize(
    ("words", "prepare", "code"), CASES, ids=[f"{' '.join(w)} {c}" for w, _, c in CASES]
)
@pytest.mark.usefixtures("nowhere")
def test_a_verb_ends_with(
    words: list[str],
    prepare: Prepare,
    code: int,
    monkeypatch: Patch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    prepare(monkeypatch)

    assert main(words) == code

    said = capsys.readouterr().err.splitlines()
    assert [line for line in said if line.startswith("error: ")] == said[-1:] * (code == 2)
    assert "Traceback" not in "".join(said)


def test_every_verb_is_seen_to_work_and_not_to_be_asked() -> None:
    codes = defaultdict[str, set[int]](set)
    for words, _, code in CASES:
        codes[words[0]].add(code)

    assert [*codes] == [*VERBS]
    assert {verb: {0, 2} - seen for verb, seen in codes.items() if {0, 2} - seen} == {}


BROKEN = {
    "no YAML": ("a: [b", "error: Pulumi.dev.yaml is not valid YAML: "),
    "no mapping": ("- a", "error: Pulumi.dev.yaml has to be a mapping with the key 'config'"),
    "refused": ("config: {x: 1}", "error: The configuration of stack 'dev' has "),
}


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize(
    "words",
    [["render", *DEV], ["policy", *DEV], ["doctor", *DEV], ["smoke", *DEV], ["demo", "up"]],
    ids=lambda words: words[0],
)
def test_a_broken_stack_file_is_2_for_each_verb_that_takes_a_stack(
    words: list[str],
    broken: str,
    tmp_path: Path,
    monkeypatch: Patch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text, message = BROKEN[broken]
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "Pulumi.dev.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(stack_files, "ROOT", tmp_path)
    raising(demo, "start", AssertionError("a cluster is started"))(monkeypatch)
    project = ["--project", str(tmp_path)] if words[0] in {"render", "policy"} else []

    assert main([*words, *project]) == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(message)


@pytest.mark.parametrize("words", [[], ["nonsense"], ["--nonsense"]])
def test_without_a_verb_that_there_is_they_are_listed(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2

    said = capsys.readouterr().err
    assert "error: " in said
    if words == ["nonsense"]:
        assert [verb for verb in VERBS if verb in said.splitlines()[-1]] == [*VERBS]


@pytest.mark.parametrize(
    ("words", "prepare", "said"),
    [
        (["docs"], raising(files, "stale", KeyboardInterrupt()), "interrupted"),
        (
            ["demo", "up"],
            raising(demo, "start", KeyboardInterrupt()),
            "interrupted; run `make demo` to continue, `make demo-down` to remove what is there",
        ),
        (
            ["cluster", "up"],
            raising(cluster.api, "start", KeyboardInterrupt()),
            "interrupted; nothing is left of this start",
        ),
        (["cluster", "down"], raising(cluster.api, "stop", KeyboardInterrupt()), "interrupted"),
    ],
)
def test_an_interruption_is_130_and_says_what_is_left(
    words: list[str],
    prepare: Prepare,
    said: str,
    monkeypatch: Patch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    prepare(monkeypatch)

    assert main(words) == 130
    assert capsys.readouterr() == ("", f"{said}\n")


@pytest.mark.parametrize(
    ("failure", "explained"),
    [
        (UsageError("a"), True),
        (ClusterError("a"), True),
        (LiveError("a"), True),
        (DiffError("a"), True),
        (RenderError("a"), True),
        (DuplicateUrnError("a"), True),
        (UnsupportedResourceError("a"), True),
        (StackFileError("a"), True),
        (pulumi.RunError("a"), True),
        (FileNotFoundError("a"), True),
        (ValueError("a"), False),
        (NotImplementedError("a"), False),
        (Exception("a"), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_that_explains_itself_has_no_traceback_and_any_other_has_one(
    failure: Exception,
    explained: bool,
    monkeypatch: Patch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    raising(files, "stale", failure)(monkeypatch)

    assert is_explained(failure) is explained
    if explained:
        assert main(["docs"]) == 2
        assert capsys.readouterr() == ("", "error: a\n")
    else:
        with pytest.raises(type(failure), match=r"^a$"):
            main(["docs"])


def test_an_error_shows_no_secret_and_steers_no_terminal(
    monkeypatch: Patch, capsys: pytest.CaptureFixture[str]
) -> None:
    failure = LiveError("at postgresql://u:hunter2@h/d \x1b[2Jpassword=hunter2")
    raising(files, "stale", failure)(monkeypatch)

    assert main(["docs"]) == 2
    assert capsys.readouterr().err == ("error: at postgresql://u:[secret]@h/d password=[secret]\n")


@pytest.mark.programs
def test_help_and_a_stack_outside_aws_load_no_sdk_that_they_do_without(tmp_path: Path) -> None:
    program = """
import contextlib, io, json, sys
from tooling.__main__ import VERBS, main

loaded, codes = {}, []
def run(*words):
    with contextlib.redirect_stdout(io.StringIO()) as said:
        try:
            codes.append(main(words))
        except SystemExit as ended:
            codes.append(ended.code)
    names = {name.partition(".")[0] for name in sys.modules}
    loaded[" ".join(words)] = sorted(names & set(json.loads(sys.argv[1])))
    return said.getvalue()

listed = run("--help")
names = sorted({name.partition(".")[0] for name in sys.modules} & {"pulumi", "stacks", "yaml"})
helps = [run(verb, "--help").partition("\\n")[0] for verb in VERBS]
run("doctor", "--stack", "dev", "--kubeconfig", "/absent")
print(json.dumps([listed, names, helps, codes, loaded]))
"""
    sdks = ["pulumi_aws", "pulumi_kubernetes", "pulumi_random", "boto3", "grafana_foundation_sdk"]
    ran = subprocess.run(
        [sys.executable, "-c", program, json.dumps(sdks)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    listed, names, helps, codes, loaded = json.loads(ran.stdout)

    lines = {line[2:].split()[0]: line for line in listed.splitlines() if line.startswith("    ")}
    assert {verb: line for verb, (_, line) in VERBS.items() if line not in lines[verb]} == {}
    assert names == []
    assert [line.removeprefix("usage: python -m tooling ").split()[0] for line in helps] == [*VERBS]
    assert codes == [0, *[0] * len(VERBS), 1]
    assert {words: found for words, found in loaded.items() if found} == {}


def options_of(verb: str) -> Iterator[argparse.Action]:
    """The options of a verb and of its commands."""
    parser = Parser()
    importlib.import_module(VERBS[verb][0]).options(parser)
    parsers = [parser]
    for found in parsers:
        for action in found._actions:
            yield action
            parsers += (action.choices or {}).values() if action.nargs == "A..." else []  # pyright: ignore


def test_an_option_that_several_verbs_have_is_explained_in_the_same_words() -> None:
    shared = (
        "--stack",
        "--project",
        "--json",
        "--markdown",
        "--demo",
        "--provider",
        "--kubeconfig",
    )
    texts = defaultdict[str, set[Any]](set)
    verbs = defaultdict[str, set[str]](set)
    for verb in VERBS:
        for action in options_of(verb):
            for option in {*action.option_strings} & {*shared}:
                texts[option].add((action.help or "").removesuffix("; may be repeated"))
                verbs[option].add(verb)

    assert {option: len(found) for option, found in texts.items()} == dict.fromkeys(shared, 1)
    assert verbs == {
        "--stack": {"render", "diff", "policy", "doctor", "platform", "smoke", "ci"},
        "--project": {"render", "diff", "policy"},
        "--json": {"doctor", "platform", "smoke"},
        "--markdown": {"diff", "policy"},
        "--demo": {"doctor", "smoke"},
        "--provider": {"demo", "cluster"},
        "--kubeconfig": {"doctor", "smoke"},
    }


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["diff", "--base", "nowhere"], "--markdown"),
        (["policy"], "--markdown"),
        (["doctor"], "--json"),
        (["smoke"], "--json"),
    ],
)
def test_a_report_that_cannot_be_written_is_said_before_the_work(
    words: list[str], option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--stack", "absent", option, "/absent/file"]) == 2
    assert capsys.readouterr() == ("", f"error: {option} /absent/file: No such file or directory\n")


def test_a_command_that_fails_leaves_no_report(tmp_path: Path) -> None:
    file = tmp_path / "diff.md"

    assert main(["policy", "--stack", "absent", "--markdown", str(file)]) == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.programs
def test_a_measured_process_that_fails_is_said(
    monkeypatch: Patch, capfd: pytest.CaptureFixture[str]
) -> None:
    returning(bench, "stacks", ["dev"])(monkeypatch)
    monkeypatch.setattr(bench, "_MODULES", "raise SystemExit('the child: why')")

    assert main(["bench", "--runs", "1"]) == 2
    assert capfd.readouterr().err == (
        "the child: why\n"
        "error: a measured process failed: -c raise SystemExit('the child: why') dev .\n"
    )


def test_what_the_measured_processes_import_is_there() -> None:
    programs = [
        text for name, text in vars(bench).items() if name in {"_RECORD", "_MODULES", "_CHAIN"}
    ]
    imported = {
        f"{node.module}.{alias.name}"
        for text in programs
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }

    assert len(programs) == 3
    assert imported == {
        "tooling.render",
        "tooling.engineless.offline",
        "tooling.render.summary",
    }
    assert [name for name in sorted(imported) if importlib.util.find_spec(name) is None] == []
