"""The doctor's command: its deadline, its report, its exit codes."""

from __future__ import annotations

import io
import json
import os
import re
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
import yaml

from tests.support.doctor import PLACE, error, stack, warning
from tooling.__main__ import main
from tooling.doctor import asking, aws, examination, failed_run, report
from tooling.doctor.asking import Answer
from tooling.doctor.findings import Check, Finding, Unanswerable
from tooling.doctor.place import Place
from tooling.doctor.report import Report
from tooling.kit.deadline import Deadline
from tooling.kubernetes.api import LiveError

AGAIN = "python -m tooling doctor --stack dev"
FOUND = error("image-pull", "Pod a/b", "why", "kubectl get pods")


def answered(*checks: Check, seconds: float = 5.0) -> list[Answer]:
    return asking.answers(asking.ask(checks), Deadline(seconds), AGAIN)


def raising(failure: Exception) -> Check:
    def run() -> Sequence[Finding]:
        raise failure

    return Check(title="zones", run=run)


def unanswered(reason: str) -> Finding:
    return warning("not-checked", "zones", f"It could not be checked: {reason}", AGAIN)


def test_answers_come_in_the_order_of_the_questions() -> None:
    first = threading.Event()

    def slow() -> list[Finding]:
        assert first.wait(5)
        return [FOUND]

    def quick() -> list[Finding]:
        first.set()
        return []

    assert answered(Check(title="slow", run=slow), Check(title="quick", run=quick)) == [
        Answer(title="slow", findings=[FOUND]),
        Answer(title="quick", findings=[]),
    ]


@pytest.mark.parametrize(
    ("failure", "finding"),
    [
        (Unanswerable(FOUND), FOUND),
        (LiveError("listing Pod was refused"), unanswered("listing Pod was refused")),
        (KeyError("kind"), unanswered("KeyError: 'kind'")),
        (RuntimeError(), unanswered("RuntimeError: ")),
        (OSError("at postgresql://u:pw@h/d"), unanswered("at postgresql://u:[secret]@h/d")),
    ],
)
def test_a_question_that_fails_is_a_finding_of_its_own(
    failure: Exception, finding: Finding
) -> None:
    (answer,) = answered(raising(failure))

    assert [replaced(found) for found in answer.findings] == [replaced(finding)]


def replaced(finding: Finding) -> dict[str, str]:
    return {key: str(value).rstrip() for key, value in asdict(finding).items()}


def test_a_question_that_hangs_is_not_waited_for() -> None:
    over = threading.Event()

    def hang() -> list[Finding]:
        over.wait(30)
        return []

    start = time.monotonic()
    (answer,) = answered(Check(title="zones", run=hang), seconds=0.1)
    over.set()

    assert answer.findings == [unanswered("No answer within 0.1 s")]
    assert time.monotonic() - start < 5


@pytest.fixture
def silent_server() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def kubeconfig(folder: Path, port: int) -> str:
    document = {
        "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "u", "user": {"token": "hunter2-token"}}],
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
    }
    file = folder / "kubeconfig"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return str(file)


def test_a_cluster_that_hangs_is_unreachable_by_the_deadline(
    tmp_path: Path, silent_server: int
) -> None:
    file = kubeconfig(tmp_path, silent_server)

    place = Place.of(stack(), kubeconfig=file, context="here")

    found = examination.examine(stack(), place, before_up=True, seconds=0.3)

    assert found.findings == [
        error(
            "cluster-unreachable",
            "Context here",
            "The API server does not answer in time: its address is wrong, it is down, or a VPN, a "
            "firewall or the command that gets its token is in between",
            f"kubectl --kubeconfig={file} --context=here version",
        )
    ]
    assert found.well == []
    assert found.seconds < 5


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def one_line(text: str) -> str:
    return " ".join(text.split())


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["doctor", "--stack", "dev", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_cluster_that_refuses_connections_is_unreachable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = kubeconfig(tmp_path, free_port())

    code, said, _ = run(capsys, "--before", "--kubeconfig", file, "--context", "here")

    assert code == 1
    assert said.startswith("error    Context here\n")
    assert f"The cluster cannot be reached (context here of {file}): discovery:" in one_line(said)
    assert f"next: kubectl --kubeconfig={file} --context=here version" in said
    assert "see:  docs/troubleshooting.md#cluster-unreachable" in said
    assert re.search(r"\n\nStack dev: 1 error, 0 warnings, 0 ok \(\d\.\d s\)\n$", said)
    assert "hunter2" not in said


@pytest.mark.parametrize("content", [None, "", "a: [b", "contexts: 1", "contexts: [{name: x}]"])
def test_a_context_that_cannot_be_used_is_reported_without_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None
) -> None:
    file = tmp_path / "kubeconfig"
    if content is not None:
        file.write_text(content, encoding="utf-8")

    code, said, wrong = run(capsys, "--kubeconfig", str(file), "--context", "here")

    assert code == 1
    assert said.startswith("error    Context here\n")
    assert "next: kubectl config get-contexts" in said
    assert "see:  docs/troubleshooting.md#context-unusable" in said
    assert wrong == ""


def test_a_failed_runs_log_is_explained_without_a_cluster(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "up.log"
    log.write_text('no matches for kind "SecretStore" in version "external-secrets.io/v1beta1"')

    code, said, _ = run(capsys, "--log", str(log), "--kubeconfig", str(tmp_path / "absent"))

    assert code == 1
    assert re.findall(r"see:  docs/troubleshooting\.md#(.*)", said) == [
        "context-unusable",
        "no-matches-for-kind",
    ]
    assert "error    The failed run\n" in said


def test_a_log_may_come_by_standard_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = io.TextIOWrapper(io.BytesIO(b"\xff P1001: Can't reach database server"))
    monkeypatch.setattr(sys, "stdin", text)

    _, said, _ = run(capsys, "--log", "-", "--kubeconfig", str(tmp_path / "absent"))

    assert "docs/troubleshooting.md#database-unreachable" in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--stack", "nope"], "error: There is no stack file Pulumi.nope.yaml; stacks are "),
    ],
)
def test_what_cannot_be_read_is_named(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", *arguments]) == 2
    assert capsys.readouterr().err.startswith(message)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: --stack"),
        (["--stack", "dev", "--after"], "unrecognized arguments: --after"),
        (
            ["--stack", "prod", "--kubeconfig", "x"],
            "--kubeconfig needs --context for a stack with cluster.eksName",
        ),
        (
            ["--stack", "dev", "--demo", "--context", "c"],
            "--demo names the cluster already: leave --kubeconfig and --context out",
        ),
        (
            ["--stack", "dev", "--demo", "--kubeconfig", "k"],
            "--demo names the cluster already: leave --kubeconfig and --context out",
        ),
        (
            ["--stack", "dev", "--json", "/absent/r.json"],
            "--json /absent/r.json: No such file or directory",
        ),
    ],
)
def test_wrong_usage_ends_with_two(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_without_aws_credentials_a_stack_on_eks_says_that_and_not_what_follows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(examination, "ROOT", tmp_path)

    code = main(["doctor", "--stack", "prod"])

    said = capsys.readouterr().out
    assert code == 1
    assert re.findall(r"^error .*|see: .*", said, re.MULTILINE) == [
        "error    AWS credentials",
        "see:  docs/troubleshooting.md#aws-credentials",
        "error    AWS CLI",
        "see:  docs/troubleshooting.md#aws-cli-missing",
        "see:  docs/troubleshooting.md#not-checked",
        "see:  docs/troubleshooting.md#not-checked",
    ]
    assert re.findall(r"^warning  .*", said, re.MULTILINE) == [
        "warning  AWS account",
        "warning  EKS cluster, IAM identity provider, Load balancer subnets and 18 more",
    ]


def test_what_aws_is_asked_about_has_the_stacks_whole_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[object] = []

    def checks(*_: object, **options: object) -> list[Check]:
        asked.append(options)
        return []

    monkeypatch.setattr(aws, "checks_before", checks)
    monkeypatch.setattr(aws, "checks_after", checks)
    file = str(tmp_path / "kubeconfig")
    main(["doctor", "--stack", "acme/prod", "--kubeconfig", file, "--context", "here"])

    capsys.readouterr()
    assert asked == [{"stack": "acme/prod"}, {"stack": "acme/prod"}]


def test_the_cluster_of_the_demo_is_named_by_one_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AGENT_OBSERVABILITY_STATE", str(tmp_path))

    without = run(capsys, "--demo")
    folder = tmp_path / "cluster" / "demo"
    folder.mkdir(parents=True)
    (folder / "cluster.json").write_text('{"name": "demo", "provider": "kwok"}')
    code, said, _ = run(capsys, "--demo")

    assert without == (2, "", "error: there is no demo: `make demo` makes one\n")
    assert code == 1
    assert said.startswith("error    Context kwok-demo\n")
    assert f"Context kwok-demo of {folder / 'kubeconfig'} cannot be used" in one_line(said)


def test_the_report_is_written_for_programs_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "report.json"

    run(capsys, "--json", str(file), "--kubeconfig", str(tmp_path / "absent"))

    written = json.loads(file.read_text(encoding="utf-8"))
    assert written.pop("seconds") < 10
    (finding,) = written.pop("findings")
    assert finding.pop("cause")
    assert finding == {
        "section": "context-unusable",
        "severity": "error",
        "subject": "Context kind-langfuse",
        "command": "kubectl config get-contexts",
    }
    assert written == {"stack": "dev", "failed": True, "state": [], "ok": []}


def test_errors_come_first_then_warnings_then_passed_checks_then_the_summary() -> None:
    found = Report(
        stack="dev",
        findings=[warning("metrics-server-missing", "metrics-server", "w " * 60, "look"), FOUND],
        well=["permissions", "namespaces"],
        seconds=1.25,
    )

    assert report.text(found) == (
        "error    Pod a/b\n"
        "         why\n"
        "         next: kubectl get pods\n"
        "         see:  docs/troubleshooting.md#image-pull\n"
        "\n"
        "warning  metrics-server\n"
        f"         {' '.join('w' * 46)}\n"
        f"         {' '.join('w' * 14)}\n"
        "         next: look\n"
        "         see:  docs/troubleshooting.md#metrics-server-missing\n"
        "\n"
        "ok       permissions\n"
        "ok       namespaces\n"
        "\n"
        "Stack dev: 1 error, 1 warning, 2 ok (1.2 s)"
    )


def test_warnings_alone_do_not_stop_up() -> None:
    assert not Report(stack="dev", findings=[unanswered("x")]).failed
    assert Report(stack="dev", findings=[unanswered("x"), FOUND]).failed


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Where a kubeconfig is named, and which is taken; ``~`` is the home folder."""

    given: str | None = None
    configured: str | None = None
    ambient: str | None = None
    taken: str
    shown: str | None


@pytest.mark.parametrize(
    "choice",
    [
        Choice(taken="~/.kube/config", shown=None),
        Choice(ambient="~/a:~/b", taken="~/a:~/b", shown=None),
        Choice(ambient="~/a", configured="~/c", taken="~/c", shown="~/c"),
        Choice(ambient="~/a", configured="~/c", given="~/d", taken="~/d", shown="~/d"),
    ],
)
def test_the_kubeconfig_is_the_one_that_kubectl_and_pulumi_take(
    choice: Choice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def at_home(text: str | None) -> str | None:
        return text.replace("~", str(tmp_path)) if text else None

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KUBECONFIG", choice.ambient or "")
    settings = stack(cluster={"kubeconfig": choice.configured} if choice.configured else {})

    place = Place.of(settings, kubeconfig=choice.given)

    access = examination.access(settings, place)

    assert access.kubeconfig == at_home(choice.taken)
    assert access.place.context == "kind-langfuse"
    assert access.place.kubeconfig == at_home(choice.shown)


def test_a_log_in_which_nothing_is_known_is_said_to_be_unknown() -> None:
    log = "Updating\nerror: \x1b[31mthe foo\n\nfinished\n"

    assert failed_run.read(log, PLACE) == failed_run.Log(
        known=[],
        unknown=[
            error(
                "unknown-error",
                "The failed run",
                "The doctor does not know this text. It says: error: the foo finished",
                "pulumi preview --diff --stack dev",
            )
        ],
    )


def test_a_log_without_any_error_is_said_to_be_unknown_with_its_last_line() -> None:
    (found,) = failed_run.read("Updating\nbye\n\n", PLACE).unknown

    assert found.cause == "The doctor does not know this text. It says: bye"


def test_several_errors_that_are_not_known_are_counted() -> None:
    (found,) = failed_run.read("error: the foo\nerror: the bar\nerror: the foo\n", PLACE).unknown

    assert found.cause == ("The doctor does not know 2 of its errors. The first is: error: the foo")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read: No such file or directory"),
        (" \n", "is empty: keep the text with `pulumi up 2>&1 | tee up.log`"),
    ],
)
def test_a_log_that_cannot_be_explained_is_wrong_usage(
    content: str | None, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "up.log"
    if content is not None:
        file.write_text(content, encoding="utf-8")

    assert main(["doctor", "--stack", "dev", "--log", str(file)]) == 2
    assert f"--log {file} {message}" in capsys.readouterr().err


def test_no_text_of_the_cluster_controls_the_terminal() -> None:
    hostile = "a\x1b[2J\x07b\nc\u202ed"
    shown = Report(stack="dev", findings=[error("image-pull", hostile, hostile, hostile)])

    assert report.text(shown).splitlines()[:3] == [
        "error    ab cd",
        "         ab cd",
        "         next: ab cd",
    ]
    assert json.loads(report.as_json(shown))["findings"][0]["cause"] == "ab cd"
