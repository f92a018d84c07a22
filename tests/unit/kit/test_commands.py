"""Commands about a stack can be pasted as they are, and name the cluster that was looked at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support import bases
from tests.support.doctor import stack
from tooling.kit.commands import Commands, aws


def commands(**changes: Any) -> Commands:  # noqa: ANN401 - any field
    return replace(Commands(stack="a b", namespace="n"), **changes)


def test_every_word_is_quoted_where_it_has_to_be() -> None:
    given = commands(context="it's", kubeconfig="my file")

    assert given.options == ("--kubeconfig=my file", "--context=it's")
    assert given.own("get", "pods") == (
        "kubectl '--kubeconfig=my file' '--context=it'\"'\"'s' -n n get pods"
    )
    assert given.up() == "make up 'STACK=a b'"
    assert given.pulumi("preview", "--diff") == "pulumi preview --diff --stack 'a b'"
    assert given.refresh_and_up() == "pulumi refresh --stack 'a b' && make up 'STACK=a b'"


def test_a_kubectl_command_is_for_a_namespace_or_for_the_whole_cluster() -> None:
    given = commands(context="c")

    assert given.kubectl("version") == "kubectl --context=c version"
    assert given.kubectl("get", "pods", namespace="m") == "kubectl --context=c -n m get pods"
    assert given.own("get", "pods") == "kubectl --context=c -n n get pods"
    assert given.deployment("logs", "--tail=50") == (
        "kubectl --context=c -n n logs --tail=50 deployment/langfuse"
    )
    assert commands().kubectl("version") == "kubectl version"


def test_a_login_comes_before_kubectl() -> None:
    assert commands(login="aws login").kubectl("version") == "aws login && kubectl version"


@pytest.mark.parametrize(
    ("region", "profile", "options"),
    [
        (None, None, ""),
        ("eu-west-1", None, " --region eu-west-1"),
        ("eu-west-1", "my profile", " --region eu-west-1 --profile 'my profile'"),
    ],
)
def test_an_aws_command_has_the_stacks_region_and_profile(
    region: str | None, profile: str | None, options: str
) -> None:
    assert aws("sts", "x y", region=region, profile=profile) == f"aws sts 'x y'{options}"
    assert commands(region=region, profile=profile).aws("sts", "x y") == f"aws sts 'x y'{options}"


@pytest.mark.parametrize(
    ("path", "value", "secret", "words"),
    [
        ("langsmith.apiKey", "", True, "--secret --path agent-observability:langsmith.apiKey"),
        (
            "cluster.createNamespace",
            False,
            False,
            "--path agent-observability:cluster.createNamespace false",
        ),
        ("aws:region", "eu-west-1", False, "aws:region eu-west-1"),
    ],
)
def test_a_setting_is_changed_in_its_stack(
    path: str, value: object, secret: bool, words: str
) -> None:
    assert commands().config_set(path, value, secret=secret) == (
        f"pulumi config set --stack 'a b' {words}"
    )


def test_a_check_is_run_again_as_it_was() -> None:
    assert commands(stack="dev").smoke("OPTIONS=--ca FILE") == (
        "make smoke STACK=dev 'OPTIONS=--ca FILE'"
    )
    assert commands(stack="dev").doctor() == "make doctor STACK=dev"
    assert commands(stack="dev").doctor(before=True) == (
        ".venv/bin/python -m tooling doctor --stack dev --before"
    )
    demo = commands(stack="dev", demo=True)
    assert demo.smoke("URL=u") == "make smoke STACK=dev DEMO=1 URL=u"
    assert demo.doctor() == "make doctor STACK=dev DEMO=1"


def test_commands_name_the_stacks_own_cluster_until_another_is_given() -> None:
    assert Commands.of(bases.read_settings("version 2 dev")) == Commands(
        stack="dev", namespace="observability", context="kind-langfuse"
    )
    own = stack(cluster={"kubeconfig": "~/own"})
    assert Commands.of(own).options == (
        f"--kubeconfig={Path.home() / 'own'}",
        "--context=kind-langfuse",
    )
    given = Commands.of(own, kubeconfig=Path("k"), context="x", demo=True)
    assert (given.options, given.demo) == (("--kubeconfig=k", "--context=x"), True)


def test_commands_for_an_eks_cluster_make_its_context_first() -> None:
    login = (
        "aws eks update-kubeconfig --name platform-prod --alias platform-prod "
        "--region ap-northeast-2 --profile team"
    )

    prod = bases.read_settings("version 2 prod", {"aws:profile": "team"})
    assert Commands.of(prod) == Commands(
        stack="prod",
        namespace="observability",
        context="platform-prod",
        region="ap-northeast-2",
        profile="team",
        login=login,
        database="rds",
    )
    assert Commands.of(prod, kubeconfig="k").options == ("--context=platform-prod",)
    elsewhere = Commands.of(prod, kubeconfig="k", context="x")
    assert elsewhere.kubectl("version") == "kubectl --kubeconfig=k --context=x version"
