"""Which cluster the options of a command name."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from tooling.cluster import Cluster, ClusterError
from tooling.kit.commands import Commands
from tooling.kit.errors import UsageError
from tooling.kit.stack_settings import read_settings
from tooling.kubernetes import target as options


def commands(stack: str, *words: str) -> Commands:
    parser = argparse.ArgumentParser()
    options.add_options(parser)
    given = parser.parse_args(["--stack", stack, *words])
    return options.target(given, read_settings(given.stack), Commands)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ((), ("--context=kind-langfuse",)),
        (("--context", "c"), ("--context=c",)),
        (("--kubeconfig", "k"), ("--kubeconfig=k", "--context=kind-langfuse")),
        (("--kubeconfig", "k", "--context", "c"), ("--kubeconfig=k", "--context=c")),
    ],
)
def test_what_is_given_takes_the_place_of_the_stacks_own(
    words: tuple[str, ...], named: tuple[str, ...]
) -> None:
    made = commands("dev", *words)

    assert (made.stack, made.options, made.demo) == ("dev", named, False)


def test_the_demo_is_a_cluster_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Cluster("demo", "kwok", Path("/d"), Path("/d/kubeconfig"), "kwok-demo")
    monkeypatch.setattr(options, "demo", lambda: cluster)

    made = commands("prod", "--demo")

    assert made.options == ("--kubeconfig=/d/kubeconfig", "--context=kwok-demo")
    assert (made.demo, made.login) == (True, "")


def test_a_demo_that_is_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_OBSERVABILITY_STATE", str(tmp_path))

    with pytest.raises(ClusterError, match=r"^there is no demo: `make demo` makes one$"):
        commands("dev", "--demo")


@pytest.mark.parametrize(
    ("stack", "words", "message"),
    [
        (
            "dev",
            ("--demo", "--context", "c"),
            "--demo names the cluster already: leave --kubeconfig and --context out",
        ),
        (
            "dev",
            ("--demo", "--kubeconfig", "k"),
            "--demo names the cluster already: leave --kubeconfig and --context out",
        ),
        (
            "prod",
            ("--kubeconfig", "k"),
            "--kubeconfig needs --context for a stack with cluster.eksName",
        ),
    ],
)
def test_what_names_no_cluster_is_refused(stack: str, words: tuple[str, ...], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        commands(stack, *words)

    assert str(caught.value) == message


def test_commands_keep_the_organization_of_a_stack_and_names_do_not() -> None:
    made = commands("acme/agent-observability/dev")

    assert made.up() == "make up STACK=acme/agent-observability/dev"
    assert made.pulumi("refresh") == "pulumi refresh --stack acme/agent-observability/dev"
    assert made.doctor(before=True).endswith(" --stack acme/agent-observability/dev --before")
