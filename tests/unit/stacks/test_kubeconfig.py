"""The explicit Kubernetes provider, and the message for a context that is not there."""

from pathlib import Path

import pytest
import yaml

from stacks import platforms
from stacks.settings import ConfigurationError
from tests.support.configurations import settings
from tests.support.recordings import recorded


def kubeconfig(folder: Path, *contexts: str) -> Path:
    file = folder / "kubeconfig"
    file.write_text(yaml.safe_dump({"contexts": [{"name": name} for name in contexts]}))
    return file


def test_the_provider_is_named_by_its_context_and_by_nothing_of_the_person_who_runs_it() -> None:
    (provider,) = recorded().of_type("pulumi:providers:kubernetes")

    assert provider.inputs == {
        "context": "kind-langfuse",
        "kubeconfig": "",
        "clusterIdentifier": "kind-langfuse",
        "enableSecretMutable": "true",
        "enableConfigMapMutable": "true",
    }


def test_every_kubernetes_object_goes_through_the_explicit_provider() -> None:
    recording = recorded()
    (provider,) = recording.of_type("pulumi:providers:kubernetes")

    through = {r.provider for r in recording.resources.values() if r.type.startswith("kubernetes:")}
    assert through == {f"{provider.urn}::kubernetes-id"}


def test_a_context_that_does_not_exist_is_one_message_with_those_that_do(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path, "kind-a", "kind-b")
    wrong = settings({"cluster": {"context": "kind-c", "kubeconfig": str(file)}})

    with pytest.raises(ConfigurationError) as caught:
        platforms.connect(wrong)

    assert str(caught.value) == (
        "The configuration of stack 'test' has 1 problem; nothing was changed.\n\n"
        '  agent-observability:cluster.context = "kind-c"\n'
        f"    rule: must be a context of the kubeconfig {file}; it has kind-a, kind-b\n"
    )


@pytest.mark.parametrize(
    ("written", "contexts", "fix"),
    [
        ("Kind_A", ["kind-a", "kind-b"], "kind-a"),
        ("kind a", ["kind-b", "kind-a"], "kind-a"),
        ("kind", ["kind-a"], None),
        ("kind.a", ["kind-a", "kind_a"], None),
        ("kinda", [], None),
    ],
)
def test_only_a_context_that_differs_in_case_or_separators_is_offered(
    tmp_path: Path, written: str, contexts: list[str], fix: str | None
) -> None:
    file = kubeconfig(tmp_path, *contexts)
    wrong = settings({"cluster": {"context": written, "kubeconfig": str(file)}})

    with pytest.raises(ConfigurationError) as caught:
        platforms.connect(wrong)

    command = f"pulumi config set --path agent-observability:cluster.context {fix}"
    assert [problem.fix for problem in caught.value.problems] == [command if fix else ""]


@pytest.mark.parametrize("content", [None, "", "[]", "{", "contexts: 3", "contexts: [{}]"])
def test_a_missing_or_broken_kubeconfig_has_no_context(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "kubeconfig"
    if content is not None:
        file.write_text(content)
    wrong = settings({"cluster": {"context": "kind-c", "kubeconfig": str(file)}})

    with pytest.raises(ConfigurationError) as caught:
        platforms.connect(wrong)

    (problem,) = caught.value.problems
    assert problem.rule == f"must be a context of the kubeconfig {file}; it has no context"


def test_the_ambient_kubeconfig_may_be_several_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = kubeconfig(tmp_path / "a", "one"), kubeconfig(tmp_path / "b", "two")
    monkeypatch.setenv("KUBECONFIG", f"{first}:{second}")

    with pytest.raises(ConfigurationError) as caught:
        platforms.connect(settings({"cluster": {"context": "three"}}))

    (problem,) = caught.value.problems
    assert problem.rule == f"must be a context of the kubeconfig {first}, {second}; it has one, two"
