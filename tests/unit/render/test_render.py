"""Rendering: what is shown and how, and what is masked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes
import pulumi_random as random
import pytest
import yaml
from pulumi_kubernetes.core.v1 import ConfigMap, Namespace, Secret

from tests.support import bases, stacks
from tests.support.programs import Anything, files, rendered
from tooling import render
from tooling.render.text import ordered, to_yaml


def a_secret() -> None:
    password = random.RandomPassword("password", length=24).result
    Secret("login", metadata={"namespace": "n"}, string_data={"A": "x", "B": password})


def test_the_dev_stack_has_these_files() -> None:
    names = sorted(render.to_files(stacks.rendered("version 2 dev")))
    assert [name for name in names if not name.startswith("objects/observability/")] == [
        "SUMMARY.md",
        "generated.yaml",
        "graph.mmd",
        "objects/ai-agents/secret-agent-observability.yaml",
        "objects/cluster/namespace-ai-agents.yaml",
        "objects/cluster/namespace-observability.yaml",
        "providers.yaml",
    ]
    assert [n.rpartition("/")[2] for n in names if n.startswith("objects/observability/")] == [
        "configmap-langfuse-config.yaml",
        "deployment-langfuse.yaml",
        "horizontalpodautoscaler-langfuse.yaml",
        "job-langfuse-migration.yaml",
        "networkpolicy-langfuse-migration.yaml",
        "networkpolicy-langfuse-postgres.yaml",
        "networkpolicy-langfuse.yaml",
        "poddisruptionbudget-langfuse.yaml",
        "secret-langfuse-app-secret.yaml",
        "secret-langfuse-database-secret.yaml",
        "secret-langfuse-postgres-credentials.yaml",
        "service-langfuse-postgres.yaml",
        "service-langfuse.yaml",
        "serviceaccount-langfuse-migration.yaml",
        "serviceaccount-langfuse.yaml",
        "statefulset-langfuse-postgres.yaml",
    ]


def test_two_runs_render_the_same_files() -> None:
    again = render.to_files(render.collect(bases.record("version 2 dev")))
    assert again == render.to_files(stacks.rendered("version 2 dev"))


def test_every_rendered_object_reads_back_as_it_is() -> None:
    found = render.to_files(stacks.rendered("version 2 dev"))
    by_text = [yaml.safe_load(text) for name, text in found.items() if "objects/" in name]
    manifests = [item.manifest for item in stacks.rendered("version 2 dev").objects]

    def key(manifest: Mapping[str, Any]) -> tuple[str, str, str]:
        metadata = manifest["metadata"]
        return manifest["kind"], metadata.get("namespace", ""), metadata["name"]

    assert sorted(by_text, key=key) == sorted(manifests, key=key)


def test_a_secret_shows_its_keys_and_no_value() -> None:
    text = files(a_secret)["objects/n/secret-login.yaml"]
    assert yaml.safe_load(text)["stringData"] == {"A": "[secret]", "B": "[secret]"}


def test_secrets_can_be_kept_for_checks() -> None:
    (item,) = rendered(a_secret, keep_secrets=True).objects
    assert item.manifest["stringData"]["A"] == "x"
    assert len(item.manifest["stringData"]["B"]) == 24


def test_a_preview_shows_what_is_not_known_yet() -> None:
    text = files(a_secret, preview=True)["objects/n/secret-login.yaml"]
    assert yaml.safe_load(text)["stringData"] == "[unknown]"


def test_objects_of_one_file_name_are_told_apart() -> None:
    def program() -> None:
        ConfigMap("x", metadata={"namespace": "n"})
        ConfigMap("y", metadata={"name": "x", "namespace": "n"})
        for group in ("a.example", "b.example"):
            kubernetes.apiextensions.CustomResource(
                f"z-{group[0]}",
                api_version=f"{group}/v1",
                kind="Thing",
                metadata={"name": "z", "namespace": "n"},
            )

    names = [name for name in files(program) if name.startswith("objects/")]
    assert len(names) == 4
    assert names[1].startswith("objects/n/configmap-x-")
    assert [names[0], *names[2:]] == [
        "objects/n/configmap-x.yaml",
        "objects/n/thing-z.a.example.yaml",
        "objects/n/thing-z.b.example.yaml",
    ]


def test_an_object_without_a_namespace_is_of_the_cluster_or_in_default() -> None:
    def program() -> None:
        Namespace("ns", metadata={"name": "ns"})
        ConfigMap("cm", metadata={"name": "cm"})
        for kind, group in (
            ("NodePool", "karpenter.sh"),
            ("IngressClassParams", "eks.amazonaws.com"),
            ("SecretStore", "external-secrets.io"),
        ):
            kubernetes.apiextensions.CustomResource(
                kind, api_version=f"{group}/v1", kind=kind, metadata={"name": "a"}
            )

    names = [name for name in files(program) if name.startswith("objects/")]
    assert names == [
        "objects/cluster/ingressclassparams-a.yaml",
        "objects/cluster/namespace-ns.yaml",
        "objects/cluster/nodepool-a.yaml",
        "objects/default/configmap-cm.yaml",
        "objects/default/secretstore-a.yaml",
    ]


def test_an_aws_resource_is_shown_with_its_policy_opened() -> None:
    def program() -> None:
        policy = '{"Statement": [{"Effect": "Allow", "Action": "s3:*", "Sid": "x"}]}'
        value = pulumi.Output.secret('{"KEY": "hidden"}')
        Anything(
            "aws:iam/rolePolicy:RolePolicy",
            "app-policy",
            {"policy": policy, "role": "app", "secretString": value, "text": "{no json"},
        )

    found = files(program)
    assert [name for name in found if name.startswith("aws/")] == [
        "aws/iam-rolepolicy-app-policy.yaml"
    ]
    assert found["aws/iam-rolepolicy-app-policy.yaml"] == (
        "name: app-policy\n"
        "type: aws:iam/rolePolicy:RolePolicy\n"
        "inputs:\n"
        "  policy:\n"
        "    Statement:\n"
        "    - Sid: x\n"
        "      Effect: Allow\n"
        "      Action: s3:*\n"
        "  role: app\n"
        "  secretString:\n"
        "    KEY: '[secret]'\n"
        "  text: '{no json'\n"
    )


def test_generated_values_are_described_and_not_shown() -> None:
    described = yaml.safe_load(files(a_secret)["generated.yaml"])
    assert described == [
        {
            "name": "password",
            "type": "random:index/randomPassword:RandomPassword",
            "generates": {"length": 24},
            "protect": False,
        }
    ]


def test_providers_are_shown_without_the_path_of_a_users_kubeconfig() -> None:
    text = render.to_files(stacks.rendered("version 2 dev"))["providers.yaml"]
    assert yaml.safe_load(text) == [
        {
            "name": "kubernetes",
            "type": "pulumi:providers:kubernetes",
            "inputs": {
                "clusterIdentifier": "kind-langfuse",
                "context": "kind-langfuse",
                "enableConfigMapMutable": "true",
                "enableSecretMutable": "true",
                "kubeconfig": "[file of the caller]",
            },
        }
    ]


def test_keys_have_their_conventional_order() -> None:
    metadata = {"labels": dict[str, str](), "name": "x"}
    manifest = {"spec": {"b": 1, "a": 2}, "metadata": metadata, "kind": "K"}
    assert str(ordered({**manifest, "apiVersion": "v1"})) == (
        "{'apiVersion': 'v1', 'kind': 'K', 'metadata': {'name': 'x', 'labels': {}}, "
        "'spec': {'a': 2, 'b': 1}}"
    )


@pytest.mark.parametrize(
    "text",
    ["1e3", "0o17", "12", "0x1f", "1.5", "y", "N", "yes", "null", "~", "", "2026-11-22", ".inf"],
)
def test_texts_that_look_like_something_else_are_quoted(text: str) -> None:
    assert to_yaml({"a": text}) == f"a: '{text}'\n"


def test_several_lines_are_a_block() -> None:
    assert to_yaml({"a": "one\ntwo\n"}) == "a: |\n  one\n  two\n"
    assert to_yaml({"a": "x " * 100 + "y"}).count("\n") == 1


def test_a_helm_release_is_shown_with_its_chart_and_its_values_without_secrets() -> None:
    def release() -> None:
        password = random.RandomPassword("password", length=24).result
        kubernetes.helm.v3.Release(
            "nginx", chart="nginx", version="1.2.3", values={"replicas": 2, "password": password}
        )

    shown = files(release)

    assert yaml.safe_load(shown["releases/nginx.yaml"]) == {
        "type": "kubernetes:helm.sh/v3:Release",
        "name": "nginx",
        "inputs": {
            "chart": "nginx",
            "version": "1.2.3",
            "values": {"replicas": 2, "password": "[secret]"},
            "compat": "true",
        },
    }
    assert "\n1 Helm release, 1 generated value.\n" in shown["SUMMARY.md"]


def test_the_prod_stack_with_the_operator_has_one_more_file_and_nothing_else_is_gone() -> None:
    overrides = {"agent-observability:secrets": {"installExternalSecrets": True}}
    with_operator = render.to_files(render.collect(bases.record("version 2 prod", overrides)))

    new = with_operator.keys() - render.to_files(stacks.rendered("version 2 prod")).keys()

    assert new == {"releases/langfuse-external-secrets-release.yaml"}
    release = yaml.safe_load(with_operator["releases/langfuse-external-secrets-release.yaml"])
    assert release["inputs"]["chart"] == "external-secrets"
    assert release["inputs"]["repositoryOpts"] == {"repo": "https://charts.external-secrets.io"}
    assert ", 1 Helm release, " in with_operator["SUMMARY.md"]
