"""How the smoke test gets into a cluster: port-forward, EKS, keys that are not there."""

from __future__ import annotations

import os
import re
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.doctor_aws import FakeAws
from tests.support.fake_kubernetes import write_kubeconfig
from tests.support.fake_langfuse import PUBLIC_KEY, SECRET_KEY
from tests.support.loopback import Response, serving
from tests.support.smoke import CONTEXT, Surroundings, surroundings
from tooling.cluster import Cluster
from tooling.cluster import api as clusters
from tooling.doctor import aws
from tooling.smoke import cluster

PROFILE = {"aws:region": "eu-west-1", "aws:profile": "team"}


@pytest.fixture
def stack(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Surroundings]:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin")
    with surroundings(tmp_path, capsys, monkeypatch) as prepared:
        yield prepared


def eks(stack: Surroundings) -> None:
    stack.configure(cluster={"eksName": "platform-prod"})
    file = stack.folder / "Pulumi.test.yaml"
    aws = "".join(f"\n  {key}: {value}" for key, value in PROFILE.items())
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("config:", f"config:{aws}"), encoding="utf-8")


def forward(stack: Surroundings) -> str:
    """What kubectl prints and does while a port-forward is open: more than a pipe holds."""
    pid, written = stack.folder / "pid", stack.folder / "written"
    return (
        f"echo $$ >{pid}\n"
        f'echo "Forwarding from 127.0.0.1:{stack.port} -> 3000"\n'
        "i=0; while [ $i -lt 2000 ]; do i=$((i+1)); "
        'echo "Handling connection for 1 padding padding padding padding padding padding"; done\n'
        f"touch {written}\nexec sleep 60"
    )


@pytest.mark.programs
def test_a_stack_without_a_public_name_is_asked_through_a_port_forward_that_ends(
    stack: Surroundings,
) -> None:
    told = stack.program("kubectl", forward(stack))
    stack.langfuse.seconds = 0.05

    outcome = stack.run(url=None)

    assert outcome.verdicts() == {
        "health": "ok",
        "readiness": "ok",
        "sign-up": "ok",
        "project keys": "ok",
        "trace": "skip",
    }
    assert told.read_text(encoding="utf-8") == (
        f"--kubeconfig={stack.kubeconfig} --context={CONTEXT} -n observability port-forward "
        "--address 127.0.0.1 service/langfuse :80\n"
    )
    assert outcome.document["url"] == f"http://127.0.0.1:{stack.port}"
    assert (stack.folder / "written").exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int((stack.folder / "pid").read_text(encoding="utf-8")), 0)


@pytest.mark.programs
def test_a_port_forward_that_the_cluster_refuses_is_a_failure(stack: Surroundings) -> None:
    said = "error: unable to forward port because pod is not running. Current status=Pending"
    stack.program("kubectl", f'echo "{said}" >&2; exit 1')

    outcome = stack.run(url=None)

    kubectl = f"kubectl --kubeconfig={stack.kubeconfig} --context={CONTEXT} -n observability"
    assert outcome.lines[:5] == [
        f"FAIL  port-forward   kubectl port-forward ended: {said}",
        "      cause          no pod of Langfuse is ready, or the cluster refuses port-forwards",
        f"      next           {kubectl} get pods -o wide",
        "      see            docs/troubleshooting.md#not-ready",
        "skip  health         Langfuse was not reached",
    ]
    assert outcome.code == 1


@pytest.mark.programs
@pytest.mark.parametrize("kind", ["namespaces", "services"])
def test_a_stack_that_was_not_deployed_is_said_to_be_none(stack: Surroundings, kind: str) -> None:
    said = f'Error from server (NotFound): {kind} "observability" not found'
    stack.program("kubectl", f"echo '{said}' >&2; exit 1")

    outcome = stack.run(url=None)

    assert outcome.lines[:5] == [
        f"FAIL  port-forward   kubectl port-forward ended: {said}",
        "      cause          the stack was not deployed to this cluster, or was removed",
        "      next           make up STACK=test",
        "      see            docs/troubleshooting.md#namespace-missing",
        "skip  health         Langfuse was not reached",
    ]
    assert outcome.code == 1


@pytest.mark.programs
def test_a_port_forward_that_never_opens_does_not_keep_the_run(stack: Surroundings) -> None:
    stack.program("kubectl", "exec sleep 60")

    start = time.monotonic()
    outcome = stack.run("--timeout", "0.5", url=None)

    assert time.monotonic() - start < 2.5
    assert outcome.lines[0].startswith("FAIL  port-forward   kubectl port-forward was not ready")


def test_without_a_cluster_there_is_no_port_forward(stack: Surroundings) -> None:
    told = stack.program("kubectl", forward(stack))
    stack.kubeconfig.unlink()

    outcome = stack.run(url=None)

    assert outcome.lines[3:5] == [
        "skip  port-forward   the cluster was not reached",
        "      next           make smoke STACK=test URL=https://HOST",
    ]
    assert [line[21:] for line in outcome.lines[5:-1]] == ["Langfuse was not reached"] * 5
    assert not told.exists()


def test_where_nothing_could_be_checked_nothing_is_proven(stack: Surroundings) -> None:
    stack.kubeconfig.unlink()

    outcome = stack.run("--allow-skips", url=None)

    assert outcome.lines[-1] == (
        "Langfuse of stack test is not proven to work: 0 ok, 0 FAIL, 7 skip, N s"
    )
    assert (outcome.code, outcome.document["passed"]) == (1, False)


def test_the_context_of_the_command_line_comes_before_the_stacks(stack: Surroundings) -> None:
    outcome = stack.run("--context", "other")

    assert outcome.lines[:3] == [
        f"skip  cluster        there is no context other in {stack.kubeconfig}; contexts are "
        "kind-langfuse",
        f"      next           kubectl config get-contexts --kubeconfig={stack.kubeconfig}",
        "      see            docs/troubleshooting.md#context-unusable",
    ]


def test_the_demos_cluster_comes_before_the_stacks(
    stack: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = Cluster("demo", "kwok", stack.folder, stack.folder / "of-the-demo", "kwok-demo")
    demo.kubeconfig.write_text(
        stack.kubeconfig.read_text(encoding="utf-8").replace(CONTEXT, "kwok-demo"), encoding="utf-8"
    )
    stack.kubeconfig.unlink()
    monkeypatch.setattr(clusters, "clusters", lambda: [demo])
    stack.langfuse.version = "2.94.0"

    outcome = stack.run("--demo")

    assert outcome.verdicts()["project keys"] == "ok"
    assert outcome.lines[2] == (
        f"      next           kubectl --kubeconfig={demo.kubeconfig} --context=kwok-demo "
        "-n observability rollout status deployment/langfuse"
    )


PLUGIN: dict[str, Any] = {"apiVersion": "client.authentication.k8s.io/v1", "args": [], "env": None}


def log_in_with(stack: Surroundings, plugin: str) -> None:
    """A kubeconfig whose credentials come from a program."""
    document = yaml.safe_load(stack.kubeconfig.read_text(encoding="utf-8"))
    document["users"][0]["user"] = {"exec": {**PLUGIN, "command": plugin}}
    stack.kubeconfig.write_text(yaml.safe_dump(document), encoding="utf-8")


def test_a_missing_credential_plugin_is_named_and_not_waited_for(stack: Surroundings) -> None:
    log_in_with(stack, "gke-login")

    outcome = stack.run()

    assert outcome.lines[:3] == [
        "skip  cluster        context kind-langfuse takes its credentials from the command "
        "gke-login, which is not there",
        "      next           command -v gke-login",
        "      see            docs/troubleshooting.md#context-unusable",
    ]
    assert (outcome.errors, stack.kubernetes.asked) == ("", [])


@pytest.mark.programs
def test_a_credential_plugin_that_fails_is_quoted_where_the_cluster_refuses(
    stack: Surroundings,
) -> None:
    stack.program("gke-login", "echo 'session expired' >&2; exit 3")
    log_in_with(stack, "gke-login")
    stack.kubernetes.anonymous = False

    outcome = stack.run()

    assert outcome.lines[0] == (
        "skip  cluster        context kind-langfuse: discovery was refused: Unauthorized; its "
        "credentials could not be had: exec: process returned 3. session expired"
    )
    assert outcome.errors == ""


def test_an_api_server_that_refuses_the_connection_is_reported_in_plain_words(
    stack: Surroundings,
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        write_kubeconfig(stack.kubeconfig, CONTEXT, closed.getsockname()[1])
        outcome = stack.run()

    options = f"--kubeconfig={stack.kubeconfig} --context={CONTEXT}"
    assert outcome.lines[:3] == [
        "skip  cluster        context kind-langfuse: the API server refuses the connection",
        f"      next           kubectl {options} version",
        "      see            docs/troubleshooting.md#cluster-unreachable",
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("\t- :", "is no kubeconfig: it is no YAML"),
        ("[]", "is no kubeconfig"),
    ],
)
def test_a_file_that_is_no_kubeconfig_is_named(stack: Surroundings, text: str, why: str) -> None:
    stack.kubeconfig.write_text(text, encoding="utf-8")

    assert stack.run().lines[0] == f"skip  cluster        {stack.kubeconfig} {why}"


def test_a_context_without_a_cluster_is_reported_with_the_clients_message(
    stack: Surroundings,
) -> None:
    document = yaml.safe_load(stack.kubeconfig.read_text(encoding="utf-8"))
    document["clusters"] = [{"name": "other", "cluster": {"server": "http://127.0.0.1:1"}}]
    stack.kubeconfig.write_text(yaml.safe_dump(document), encoding="utf-8")

    outcome = stack.run()

    assert outcome.lines[0].startswith(
        f"skip  cluster        context {CONTEXT} of {stack.kubeconfig} cannot be used: "
    )
    assert outcome.lines[2] == "      see            docs/troubleshooting.md#context-unusable"


@pytest.mark.parametrize("text", ["{}", "contexts: [1, {name: c}, {name: d, context: 1}]"])
def test_a_kubeconfig_without_contexts_has_none(stack: Surroundings, text: str) -> None:
    stack.kubeconfig.write_text(text, encoding="utf-8")

    assert stack.run().lines[0] == (
        f"skip  cluster        there is no context {CONTEXT} in {stack.kubeconfig}; contexts are "
        "none"
    )


def test_all_files_of_the_environment_are_looked_through(
    stack: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.configure(cluster={"context": CONTEXT})
    absent = stack.folder / "absent"
    monkeypatch.setenv("KUBECONFIG", f"{absent}{os.pathsep}{stack.kubeconfig}")

    assert stack.run().verdicts()["project keys"] == "ok"


LOGIN = (
    "aws eks update-kubeconfig --name platform-prod --alias platform-prod --region eu-west-1 "
    "--profile team"
)
TOKEN = (
    '{"apiVersion": "client.authentication.k8s.io/v1beta1", "kind": "ExecCredential", '
    '"status": {"token": "token-of-the-test"}}'
)
INSTEAD = "Or set LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY, or give --kubeconfig and --context"


@pytest.fixture
def fake_aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAws]:
    fake = FakeAws()
    asked = list[tuple[str | None, str | None]]()

    def clients(region: str | None, profile: str | None) -> Any:  # noqa: ANN401 - has no types
        asked.append((region, profile))
        return fake.client

    monkeypatch.setattr(aws, "session_clients", clients)
    yield fake
    fake.finish()
    assert asked == [("eu-west-1", "team")]


@pytest.mark.programs
def test_an_eks_cluster_is_reached_as_aws_describes_it_with_a_token_of_the_aws_cli(
    stack: Surroundings, fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    eks(stack)
    port = yaml.safe_load(stack.kubeconfig.read_text(encoding="utf-8"))["clusters"][0]
    fake_aws.cluster(endpoint=port["cluster"]["server"])
    told = stack.program("aws", f"echo '{TOKEN}'")
    stack.langfuse.database = False
    stack.kubernetes.anonymous = False
    temporary = stack.folder / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))

    outcome = stack.run()

    assert outcome.verdicts()["project keys"] == "ok"
    # The temporary kubeconfig is gone when people paste it.
    assert outcome.lines[2] == (
        f"      next           {LOGIN} && kubectl --context=platform-prod -n observability logs "
        "--tail=50 deployment/langfuse"
    )
    assert told.read_text(encoding="utf-8") == (
        "eks get-token --cluster-name platform-prod --region eu-west-1 --output json "
        "--profile team\n"
    )
    assert [file.name for file in temporary.iterdir() if file.name.startswith("smoke-")] == []


@pytest.mark.programs
def test_a_port_forward_to_an_eks_cluster_uses_the_kubeconfig_that_was_made(
    stack: Surroundings, fake_aws: FakeAws
) -> None:
    eks(stack)
    port = yaml.safe_load(stack.kubeconfig.read_text(encoding="utf-8"))["clusters"][0]
    fake_aws.cluster(endpoint=port["cluster"]["server"])
    stack.program("aws", f"echo '{TOKEN}'")
    told = stack.program("kubectl", forward(stack))

    outcome = stack.run(url=None)

    assert outcome.verdicts()["project keys"] == "ok"
    made, *words = told.read_text(encoding="utf-8").split()
    assert re.fullmatch(r"--kubeconfig=/.+/smoke-[^/]+/kubeconfig", made)
    assert " ".join(words) == (
        "--context=platform-prod -n observability port-forward --address 127.0.0.1 "
        "service/langfuse :80"
    )


@pytest.mark.parametrize(
    ("refused", "told"),
    [
        (
            ("sts", "GetCallerIdentity", "ExpiredToken"),
            (
                "The AWS credentials of the profile 'team' have expired. Get new ones from the "
                "same source; the command shows what that source is.",
                "aws configure list --profile team",
                "aws-credentials",
            ),
        ),
        (
            ("eks", "DescribeCluster", "ResourceNotFoundException"),
            (
                "There is no EKS cluster 'platform-prod' in eu-west-1 of account 123456789012 "
                "(cluster.eksName, aws:region). The command lists those that are there.",
                "aws eks list-clusters --region eu-west-1 --profile team",
                "eks-cluster",
            ),
        ),
    ],
)
def test_a_refusal_of_aws_is_explained_without_its_message(
    stack: Surroundings,
    fake_aws: FakeAws,
    refused: tuple[str, str, str],
    told: tuple[str, str, str],
) -> None:
    eks(stack)
    if refused[0] == "sts":
        fake_aws.forget("sts")
    fake_aws.refuse(*refused)

    outcome = stack.run()

    why, command, section = told
    assert outcome.lines[:3] == [
        f"skip  cluster        {why} {INSTEAD}",
        f"      next           {command}",
        f"      see            docs/troubleshooting.md#{section}",
    ]
    assert "SESSIONTOKEN" not in "".join(outcome.lines) + outcome.errors


def test_a_cluster_of_another_account_than_the_stacks_is_not_asked(
    stack: Surroundings, fake_aws: FakeAws
) -> None:
    eks(stack)
    file = stack.folder / "Pulumi.test.yaml"
    text = file.read_text(encoding="utf-8")
    allowed = '  aws:allowedAccountIds: ["999999999999"]'
    file.write_text(text.replace("config:", f"config:\n{allowed}"), encoding="utf-8")

    outcome = stack.run()

    assert outcome.lines[0].startswith(
        "skip  cluster        The credentials are of account 123456789012, and the stack may go "
        "to 999999999999 only (aws:allowedAccountIds). "
    )
    assert outcome.lines[2] == "      see            docs/troubleshooting.md#aws-account"


def test_an_aws_that_does_not_answer_does_not_keep_the_run(
    stack: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    eks(stack)
    over = threading.Event()

    def hang(*_: object) -> None:
        over.wait(30)

    monkeypatch.setattr(aws, "kubeconfig", hang)
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.3)

    start = time.monotonic()
    outcome = stack.run()
    over.set()

    assert time.monotonic() - start < 5
    assert outcome.lines[:3] == [
        f"skip  cluster        AWS did not answer within N s. {INSTEAD}",
        f"      next           {LOGIN}",
        "      see            docs/troubleshooting.md#eks-cluster",
    ]


def test_without_an_aws_cli_the_variables_are_named(
    stack: Surroundings, fake_aws: FakeAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    eks(stack)
    fake_aws.cluster()
    monkeypatch.setenv("PATH", str(stack.folder / "bin"))

    outcome = stack.run()

    assert outcome.lines[:3] == [
        "skip  cluster        context platform-prod takes its credentials from the command aws, "
        f"which is not there. {INSTEAD}",
        "      next           command -v aws",
        "      see            docs/troubleshooting.md#aws-cli-missing",
    ]
    assert stack.kubernetes.asked == []


def test_an_eks_cluster_can_be_given_by_kubeconfig_and_context(stack: Surroundings) -> None:
    eks(stack)

    outcome = stack.run("--kubeconfig", str(stack.kubeconfig), "--context", CONTEXT)

    assert outcome.verdicts()["project keys"] == "ok"


def test_a_cluster_that_does_not_answer_does_not_keep_the_run(
    stack: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        write_kubeconfig(stack.kubeconfig, CONTEXT, silent.getsockname()[1])

        start = time.monotonic()
        outcome = stack.run()

        assert time.monotonic() - start < 2
    assert outcome.verdicts() == {
        "cluster": "skip",
        "health": "ok",
        "readiness": "ok",
        "sign-up": "ok",
        "project keys": "skip",
        "trace": "skip",
    }
    assert outcome.lines[0] == "skip  cluster        the cluster did not answer within N s"
    assert outcome.lines[2] == ("      see            docs/troubleshooting.md#cluster-unreachable")


@pytest.mark.parametrize("content", ["<html>", {}, []])
def test_a_server_that_is_no_cluster_is_reported(stack: Surroundings, content: object) -> None:
    with serving(lambda _: Response(200, content)) as port:
        write_kubeconfig(stack.kubeconfig, CONTEXT, port)
        outcome = stack.run()

    assert outcome.lines[0] == (
        "skip  cluster        context kind-langfuse: what answers at "
        f"http://127.0.0.1:{port} is no Kubernetes API server: a login, a proxy or a captive "
        "portal is in between, or the address is another server's"
    )


def test_a_namespace_without_langfuse_has_no_keys(stack: Surroundings) -> None:
    stack.kubernetes.objects.clear()

    outcome = stack.run()

    assert outcome.lines[3] == (
        "skip  project keys   there are no keys: there is no Deployment observability/langfuse"
    )


def test_a_release_that_makes_no_keys_is_reported(stack: Surroundings) -> None:
    stack.kubernetes.put_secret("observability", "langfuse-app-1", {"SALT": "salt-of-the-test"})

    outcome = stack.run()

    assert outcome.lines[3:5] == [
        "skip  project keys   there are no keys: no Secret of Deployment observability/langfuse "
        "has LANGFUSE_INIT_PROJECT_PUBLIC_KEY and LANGFUSE_INIT_PROJECT_SECRET_KEY",
        "      next           set LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY",
    ]


def test_a_secret_that_is_no_text_is_named(stack: Surroundings) -> None:
    (path,) = [path for path in stack.kubernetes.objects if "/secrets/" in path]
    stack.kubernetes.objects[path]["data"]["SALT"] = "/w=="

    outcome = stack.run()

    assert outcome.lines[3] == (
        "skip  project keys   there are no keys: Secret observability/langfuse-app-1 has a value "
        "that is no text"
    )


def test_agents_with_other_keys_than_the_pods_fail_whatever_the_environment_has(
    stack: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.configure(agents={"existingNamespaces": ["research"]})
    stack.put_agents("research", LANGFUSE_SECRET_KEY="sk-lf-of-last-month")
    monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", PUBLIC_KEY)
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", SECRET_KEY)

    outcome = stack.run()

    assert [line for line in outcome.lines if line.startswith("FAIL")] == [
        "FAIL  agents         Secret research/agent-observability has another "
        "LANGFUSE_SECRET_KEY than Langfuse's pods"
    ]
