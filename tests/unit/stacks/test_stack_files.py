"""Stack files as they are read without the engine, and what is said of broken ones."""

from pathlib import Path

import pytest

from stacks import stack_files
from stacks.stack_files import StackFileError

SHAPE = "Pulumi.broken.yaml has to be a mapping with the key 'config', which is a mapping of keys."


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    project = (stack_files.ROOT / "Pulumi.yaml").read_text(encoding="utf-8")
    (tmp_path / "Pulumi.yaml").write_text(project, encoding="utf-8")
    monkeypatch.setattr(stack_files, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize("content", ["foo", "- foo", "config: [a]", "config: text"])
def test_a_file_of_another_shape_is_one_message(folder: Path, content: str) -> None:
    (folder / "Pulumi.broken.yaml").write_text(content, encoding="utf-8")

    with pytest.raises(StackFileError) as caught:
        stack_files.read("broken")

    assert str(caught.value) == SHAPE


@pytest.mark.parametrize("content", [b"config: {", b"\xff\xfe\x00"])
def test_a_file_that_is_no_yaml_is_named(folder: Path, content: bytes) -> None:
    (folder / "Pulumi.broken.yaml").write_bytes(content)

    with pytest.raises(StackFileError, match=r"^Pulumi\.broken\.yaml is not valid YAML: "):
        stack_files.read("broken")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("config:\n  a: b: hunter2", "line 2, column 7: mapping values are not allowed here"),
        ("a: *hunter2", "line 1, column 4: found undefined alias '[secret]'"),
        (
            "a: !hunter2 b",
            "line 1, column 4: could not determine a constructor for the tag '[secret]'",
        ),
        ("a: [hunter2\nb: c", "line 2, column 2: expected ',' or ']', but got ':'"),
        ("hunter2: \0", "position 9: special characters are not allowed"),
        (
            "a: 2024-99-99",
            "a value is not what it looks like, such as a date that does not exist",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_said_without_a_word_of_it(
    folder: Path, content: str, reason: str
) -> None:
    (folder / "Pulumi.broken.yaml").write_text(content, encoding="utf-8")

    with pytest.raises(StackFileError) as caught:
        stack_files.read("broken")

    assert str(caught.value) == f"Pulumi.broken.yaml is not valid YAML: {reason}"
    assert (caught.value.__cause__, caught.value.__suppress_context__) == (None, True)


def test_a_stack_without_a_file_is_named_with_those_that_have_one(folder: Path) -> None:
    (folder / "Pulumi.one.yaml").write_text("", encoding="utf-8")
    (folder / "Pulumi.two.yaml").write_text("", encoding="utf-8")

    with pytest.raises(StackFileError) as caught:
        stack_files.read("three")

    assert str(caught.value) == "There is no stack file Pulumi.three.yaml; stacks are one, two."


def test_a_key_without_a_namespace_is_the_projects_as_for_the_engine(folder: Path) -> None:
    content = "config: {agents: {namespaces: [a]}, 'aws:region': eu-west-1, 1: 2}"
    (folder / "Pulumi.one.yaml").write_text(content, encoding="utf-8")

    values = stack_files.read("one").values

    assert values["agent-observability:agents"] == '{"namespaces": ["a"]}'
    assert values["aws:region"] == "eu-west-1"
    assert values["agent-observability:1"] == "2"


def test_another_project_has_its_own_declarations_and_keys() -> None:
    values = stack_files.read("prod", project=stack_files.ROOT / "access").values

    assert values == {
        "pulumi:disable-default-providers": '["aws", "kubernetes"]',
        "access:repository": "acme/agent-observability",
        "access:providerArn": "",
        "access:stateBucket": "acme-pulumi-state",
        "access:statePrefix": "",
        "access:stateKeyArn": (
            "arn:aws:kms:ap-northeast-2:123456789012:key/11111111-2222-3333-4444-555555555555"
        ),
        "access:bounded": "true",
        "access:clusterAccess": "true",
    }
