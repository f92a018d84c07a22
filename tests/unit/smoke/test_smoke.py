"""The smoke test as a person or CI runs it: lines, report, exit codes, and no secret anywhere."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.fake_langfuse import API_KEY, PUBLIC_KEY, SECRET_KEY
from tests.support.loopback import Response
from tests.support.smoke import HOST, Surroundings, needs_sdk_2, surroundings

WORKING = [
    "ok    health         Langfuse 2.95.12 answers OK, and so does its database",
    "ok    readiness      /api/public/ready answers OK",
    "ok    sign-up        registration is disabled, as the stack has it (signUp: disabled)",
    "ok    project keys   those of Secret observability/langfuse-app-1 are accepted: "
    "project default",
    "ok    trace          smoke-test-RUN written with the SDK and read back, in N s; it stays "
    "(Langfuse 2 has no API to delete it)",
]
AGENTS = (
    "ok    agents         Secret research/agent-observability has Langfuse's own keys and "
    f"LANGFUSE_HOST {HOST}"
)
BASIC = ["health", "readiness", "sign-up", "project keys", "trace"]


@pytest.fixture
def stack(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Surroundings]:
    with surroundings(tmp_path, capsys, monkeypatch) as prepared:
        yield prepared


def langsmith(stack: Surroundings, **settings: object) -> dict[str, Any]:
    endpoint = f"http://127.0.0.1:{stack.langsmith_port}"
    return {"apiKey": {"secure": "v1:x"}, "endpoint": endpoint, "project": "p", **settings}


def langsmith_values(stack: Surroundings) -> dict[str, str]:
    endpoint = f"http://127.0.0.1:{stack.langsmith_port}"
    values = {"TRACING": "true", "ENDPOINT": endpoint, "PROJECT": "p", "API_KEY": API_KEY}
    legacy = {"TRACING_V2": "true", **{k: v for k, v in values.items() if k != "TRACING"}}
    return {f"LANGSMITH_{k}": v for k, v in values.items()} | {
        f"LANGCHAIN_{k}": v for k, v in legacy.items()
    }


@pytest.mark.programs
@needs_sdk_2
def test_a_working_stack_passes_with_a_line_for_each_check(stack: Surroundings) -> None:
    stack.configure(
        agents={"existingNamespaces": ["research"]},
        langsmith=langsmith(stack),
    )
    stack.put_agents("research", **langsmith_values(stack))
    stack.install_sdk()
    endpoint = f"http://127.0.0.1:{stack.langsmith_port}"

    outcome = stack.run()

    accepted = f"that of agents in research is accepted by {endpoint} (langsmith.endpoint)"
    assert outcome.lines == [
        *WORKING,
        f"ok    LangSmith key  {accepted}",
        AGENTS,
        "Langfuse of stack test works: 7 ok, 0 FAIL, 0 skip, N s",
    ]
    assert (outcome.code, outcome.errors) == (0, "")
    nothing = {"cause": "", "next": "", "section": ""}
    assert outcome.document == {
        "stack": "test",
        "run": "RUN",
        "url": f"http://127.0.0.1:{stack.port}",
        "version": "2.95.12",
        "passed": True,
        "seconds": 0,
        "checks": [
            {"check": line[6:20].strip(), "status": "ok", "seen": line[21:], **nothing}
            for line in outcome.lines[:-1]
        ],
    }


def test_sign_up_is_looked_up_and_not_tried(stack: Surroundings) -> None:
    stack.langfuse.sign_up = "open"

    outcome = stack.run()

    assert outcome.verdicts()["sign-up"] == "FAIL"
    assert {request.method for request in stack.langfuse.requests} == {"GET"}


def test_a_failure_comes_with_cause_next_command_and_further_reading(stack: Surroundings) -> None:
    stack.langfuse.database = False

    outcome = stack.run()

    options = f"--kubeconfig={stack.kubeconfig} --context=kind-langfuse -n observability"
    assert outcome.lines[:4] == [
        "FAIL  health         /api/public/health?failIfDatabaseUnavailable=true answers 503 "
        "(Database not available)",
        "      cause          Langfuse runs, and cannot reach its database",
        f"      next           kubectl {options} logs --tail=50 deployment/langfuse",
        "      see            docs/troubleshooting.md#database-unreachable",
    ]
    assert outcome.code == 1
    assert outcome.lines[-1].startswith("Langfuse of stack test does not work: ")
    assert outcome.document["passed"] is False
    assert outcome.document["checks"][0] == {
        "check": "health",
        "status": "FAIL",
        "seen": outcome.lines[0][21:],
        "cause": outcome.lines[1][21:],
        "next": outcome.lines[2][21:],
        "section": "database-unreachable",
    }


def test_keys_of_the_environment_come_before_the_clusters(
    stack: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    public, secret = "pk-lf-of-another", "sk-lf-of-another"
    stack.secrets += [public, secret]
    stack.configure(agents={"existingNamespaces": ["research"]})
    stack.put_agents("research")
    monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", public)
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", f"{secret}\n")

    outcome = stack.run()

    assert outcome.lines[3:7] == [
        "FAIL  project keys   the keys of the environment are refused: 401 (Invalid credentials. "
        "Confirm that you've configured the correct host.)",
        "      cause          they are of another Langfuse, or were deleted in this one",
        "      next           unset LANGFUSE_PUBLIC_KEY LANGFUSE_SECRET_KEY",
        "skip  trace          the project's keys were not accepted",
    ]


def test_with_keys_and_a_url_no_cluster_is_needed(
    stack: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", PUBLIC_KEY)
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", SECRET_KEY)
    stack.langfuse.project = "research"

    outcome = stack.run()

    assert outcome.lines[3] == (
        "ok    project keys   those of the environment are accepted: project research"
    )
    assert stack.kubernetes.asked == []


def test_a_paused_stack_is_not_asked_anything(stack: Surroundings) -> None:
    stack.configure(
        langfuse={"version": "2.95.12", "admin": {"email": "a@example.com"}, "paused": True}
    )

    outcome = stack.run()

    assert outcome.lines == [
        "skip  health         langfuse.paused is true: no pod of Langfuse runs",
        "      next           pulumi config set --stack test --path "
        "agent-observability:langfuse.paused false && make up STACK=test",
        outcome.lines[-1],
    ]
    assert outcome.code == 1
    assert stack.kubernetes.asked == []


@pytest.mark.parametrize(("options", "code"), [((), 1), (("--allow-skips",), 0)])
def test_without_a_cluster_the_rest_is_checked_and_what_was_not_counts(
    stack: Surroundings, options: tuple[str, ...], code: int
) -> None:
    stack.configure(agents={"existingNamespaces": ["research"]}, langsmith=langsmith(stack))
    stack.kubeconfig.unlink()

    outcome = stack.run(*options)

    assert [line for line in outcome.lines if not line.startswith("ok")] == [
        f"skip  cluster        there is no kubeconfig {stack.kubeconfig}",
        f"      next           kubectl config get-contexts --kubeconfig={stack.kubeconfig}",
        "      see            docs/troubleshooting.md#context-unusable",
        "skip  project keys   there are no keys: the cluster was not reached",
        "      next           set LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY",
        "skip  trace          there are no keys",
        "skip  LangSmith key  there is no key: the cluster was not reached",
        "      next           set LANGSMITH_API_KEY",
        "skip  agents         namespace research: the cluster was not reached",
        outcome.lines[-1],
    ]
    assert outcome.code == code
    word = "works" if options else (
        "is not proven to work (OPTIONS=--allow-skips accepts what could not be checked)"
    )  # fmt: skip
    assert outcome.lines[-1] == f"Langfuse of stack test {word}: 3 ok, 0 FAIL, 5 skip, N s"
    assert outcome.document["passed"] is (code == 0)


def test_a_refused_secret_is_reported_with_the_clusters_message(stack: Surroundings) -> None:
    stack.kubernetes.refused = "secrets is forbidden: User cannot get resource"
    stack.configure(agents={"existingNamespaces": ["research"]})

    outcome = stack.run()

    why = "was refused: secrets is forbidden: User cannot get resource"
    no_keys = f"there are no keys: reading Deployment observability/langfuse {why}"
    assert [line for line in outcome.lines if "forbidden" in line] == [
        f"skip  project keys   {no_keys}",
        "skip  agents         namespace research: reading Secret research/agent-observability "
        f"{why}",
    ]


def test_where_nothing_answers_the_other_checks_do_not_wait(stack: Surroundings) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"

        outcome = stack.run(url=url)

    assert outcome.lines[0] == f"FAIL  health         {url}: the connection was refused"
    assert outcome.lines[3] == "      see            docs/troubleshooting.md#langfusedown"
    assert outcome.lines[4:8] == [
        f"skip  {check:<14} Langfuse was not reached"
        for check in ("readiness", "sign-up", "project keys", "trace")
    ]
    assert outcome.code == 1


def test_a_slow_langfuse_does_not_keep_the_run(stack: Surroundings) -> None:
    stack.langfuse.seconds = 3

    start = time.monotonic()
    outcome = stack.run("--timeout", "0.3")

    assert time.monotonic() - start < 2
    assert outcome.lines[0] == (
        f"FAIL  health         http://127.0.0.1:{stack.port}: no answer within N s"
    )
    assert outcome.code == 1


def test_a_server_that_says_the_key_aloud_is_not_quoted(stack: Surroundings) -> None:
    echo = {"message": f"no such key: {SECRET_KEY}, {PUBLIC_KEY}"}
    stack.langfuse.instead = {"/api/public/projects": Response(401, echo)}

    outcome = stack.run()

    assert outcome.lines[3] == (
        "FAIL  project keys   the keys of Secret observability/langfuse-app-1 are refused: "
        "401 (no such key: sk-lf-[secret], [secret])"
    )


def test_keys_of_the_environment_are_not_quoted_either(
    stack: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = ["one-of-the-test", "two-of-the-test", "three-of-the-test"]
    stack.secrets += given
    names = ("LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY", "LANGSMITH_API_KEY")
    for name, value in zip(names, given, strict=True):
        monkeypatch.setenv(name, value)
    stack.configure(
        agents={"existingNamespaces": ["research"]},
        langsmith=langsmith(stack),
    )
    stack.kubeconfig.unlink()
    stack.langfuse.instead = {
        "/api/public/projects": Response(401, {"message": f"not {given[0]} with {given[1]}"})
    }
    stack.langsmith.instead = Response(401, {"detail": f"not {given[2]}"})

    outcome = stack.run()

    assert [line[21:] for line in outcome.lines if line.startswith("FAIL")] == [
        "the keys of the environment are refused: 401 (not [secret] with [secret])",
        f"that of the environment is refused by http://127.0.0.1:{stack.langsmith_port}: "
        "401 (not [secret])",
    ]


def test_keys_are_not_sent_where_a_redirect_points(stack: Surroundings) -> None:
    elsewhere = f"http://127.0.0.1:{stack.langsmith_port}/"
    moved = Response(302, "", {"Location": elsewhere})
    stack.langfuse.instead = {"/api/public/projects": moved}

    outcome = stack.run()

    assert outcome.lines[3] == (
        f"FAIL  project keys   /api/public/projects answers 302, to {elsewhere}, with no JSON"
    )
    assert stack.langsmith.requests == []


@pytest.mark.parametrize("given", [False, True])
def test_keys_of_the_cluster_are_not_sent_in_clear_text(
    stack: Surroundings, monkeypatch: pytest.MonkeyPatch, *, given: bool
) -> None:
    if given:
        monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", PUBLIC_KEY)
        monkeypatch.setenv("LANGFUSE_SECRET_KEY", SECRET_KEY)
    url = f"http://0.0.0.0:{stack.port}"

    outcome = stack.run(url=url)

    sent = [r for r in stack.langfuse.requests if "authorization" in r.headers]
    assert bool(sent) is given
    assert outcome.verdicts()["project keys"] == ("ok" if given else "skip")
    if not given:
        assert outcome.lines[3:6] == [
            f"skip  project keys   {url} is plain HTTP: the keys of Secret "
            "observability/langfuse-app-1 are not sent over it; give an https:// URL, or set "
            "LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY to send them all the same",
            "      next           make smoke STACK=test URL=https://HOST",
            "skip  trace          the project's keys were not sent",
        ]


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        (Response(404, "no"), "answers 404, with no JSON"),
        (Response(302, "", {"Location": "https://a/"}), "answers 302, to https://a/, with no JSON"),
        (Response(200, {"status": "OK", "version": "3.1.0"}), None),
    ],
)
def test_where_something_else_answers_it_gets_no_key(
    stack: Surroundings, answer: Response, seen: str | None
) -> None:
    stack.langfuse.instead = {"/api/public/health": answer}

    outcome = stack.run()

    assert outcome.lines[0].startswith("FAIL  health         ")
    assert seen is None or outcome.lines[0].endswith(seen)
    assert outcome.lines[3] == "      see            docs/troubleshooting.md#langfusedown"
    assert outcome.lines[4:8] == [
        f"skip  {check:<14} what answers is not this stack's Langfuse" for check in BASIC[1:]
    ]
    assert [r.path.partition("?")[0] for r in stack.langfuse.requests] == ["/api/public/health"]


def test_nothing_that_is_shown_steers_the_terminal(stack: Surroundings) -> None:
    context = "c\x1b[2J\x07"

    outcome = stack.run("--context", context)

    assert outcome.lines[0].startswith("skip  cluster        there is no context c in ")
    assert "\x1b" not in "".join(outcome.lines) + json.dumps(outcome.document)
    assert "\\u001b" not in json.dumps(outcome.document)


def test_langsmith_is_asked_with_the_key_of_the_environment_and_the_workspace(
    stack: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.langsmith.workspace = "1234abcd-12ab-34cd-56ef-1234567890ab"
    monkeypatch.setenv("LANGSMITH_API_KEY", API_KEY)
    agents = {"existingNamespaces": ["research"]}
    stack.configure(
        agents=agents,
        langsmith=langsmith(stack, workspaceId="1234abcd-12ab-34cd-56ef-1234567890ab"),
    )

    outcome = stack.run()

    assert outcome.verdicts()["LangSmith key"] == "ok"
    (asked,) = stack.langsmith.requests
    assert (asked.path, asked.headers["x-tenant-id"]) == (
        "/sessions?limit=1",
        "1234abcd-12ab-34cd-56ef-1234567890ab",
    )


@pytest.mark.parametrize("section", [{}, {"tracing": False}])
def test_langsmith_is_left_alone_where_agents_do_not_trace_to_it(
    stack: Surroundings, section: dict[str, object]
) -> None:
    agents = {"existingNamespaces": ["research"]}
    sections = {"langsmith": langsmith(stack, **section)} if section else {}
    stack.configure(agents=agents, **sections)

    outcome = stack.run()

    assert list(outcome.verdicts()) == [*BASIC, "agents"]
    assert stack.langsmith.requests == []


@pytest.mark.parametrize("between", ["\n", " ", "ä"])
def test_a_key_that_no_header_can_carry_is_named_and_not_shown(
    stack: Surroundings, monkeypatch: pytest.MonkeyPatch, between: str
) -> None:
    monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", PUBLIC_KEY)
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", f"{SECRET_KEY}{between}{SECRET_KEY}")

    outcome = stack.run()

    assert (outcome.code, outcome.lines) == (2, [])
    assert outcome.errors == (
        "error: LANGFUSE_SECRET_KEY holds a space or a character that no key has\n"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--timeout", "0"), "--timeout has to be more than 0 and at most 3600 seconds"),
        (("--ca", "/absent.pem"), "--ca /absent.pem: there is no such file"),
        (("--ca", "Pulumi.yaml"), "--ca Pulumi.yaml: is no file of PEM certificates"),
        (
            ("--demo", "--context", "c"),
            "--demo names the cluster already: leave --kubeconfig and --context out",
        ),
        (("--demo",), "there is no demo: `make demo` makes one"),
        (("--json", "/absent/r.json"), "--json /absent/r.json: No such file or directory"),
        (("--stack", "none"), "There is no stack file Pulumi.none.yaml; stacks are test."),
    ],
)
def test_a_wrong_question_is_one_message(
    stack: Surroundings,
    monkeypatch: pytest.MonkeyPatch,
    options: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.chdir(stack.folder)
    monkeypatch.setenv("AGENT_OBSERVABILITY_STATE", str(stack.folder))

    outcome = stack.run(*options)

    assert (outcome.code, outcome.lines, outcome.errors) == (2, [], f"error: {message}\n")
    assert stack.langfuse.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "langfuse.example.com",
        "ftp://a",
        "https://user:pw@a",
        "https://a/",
        "https://a?b",
        "http://",
    ],
)
def test_a_url_that_is_none_is_refused_and_not_repeated(stack: Surroundings, url: str) -> None:
    outcome = stack.run(url=url)

    assert (outcome.code, outcome.lines) == (2, [])
    assert outcome.errors == (
        "error: --url has to be an http:// or https:// URL without credentials, query or trailing "
        "slash\n"
    )


def test_half_a_pair_of_keys_is_refused(
    stack: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", SECRET_KEY)

    outcome = stack.run()

    assert outcome.errors == (
        "error: LANGFUSE_PUBLIC_KEY is not set, but the other half of the pair is: "
        "set both or none\n"
    )
    assert outcome.code == 2


def test_a_broken_stack_file_is_reported_as_the_program_does(stack: Surroundings) -> None:
    stack.configure(langfuse={"version": "3.1.0"})

    outcome = stack.run()

    assert (outcome.code, outcome.lines) == (2, [])
    assert 'agent-observability:langfuse.version = "3.1.0"' in outcome.errors


def test_a_kubeconfig_of_an_eks_stack_needs_a_context(stack: Surroundings) -> None:
    stack.configure(cluster={"eksName": "platform"})
    file = stack.folder / "Pulumi.test.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("config:", "config:\n  aws:region: eu-west-1"), encoding="utf-8")

    outcome = stack.run("--kubeconfig", str(stack.kubeconfig))

    assert (
        outcome.errors == "error: --kubeconfig needs --context for a stack with cluster.eksName\n"
    )
    assert outcome.code == 2


def test_a_missing_sdk_names_the_command_that_installs_it(stack: Surroundings) -> None:
    outcome = stack.run()

    assert outcome.lines[4:] == [
        "skip  trace          Langfuse's SDK is not installed: .venv-smoke is not there; "
        "make smoke installs it",
        "      next           make smoke STACK=test",
        "Langfuse of stack test is not proven to work (OPTIONS=--allow-skips accepts what could "
        "not be checked): 4 ok, 0 FAIL, 1 skip, N s",
    ]
    assert outcome.code == 1
