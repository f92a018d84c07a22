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


@pytest.mark.parametrize("content", [b"config: {", b"\xff\xfe\x00", b"a: \xe9"])
def test_a_file_that_is_no_yaml_is_named(folder: Path, content: bytes) -> None:
    (folder / "Pulumi.broken.yaml").write_bytes(content)

    with pytest.raises(StackFileError, match=r"^Pulumi\.broken\.yaml is not valid YAML: "):
        stack_files.read("broken")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            "config:\n  a: b: hunter2",
            "line 2, column 7: mapping values are not allowed in this context",
        ),
        ("a: *hunter2", "line 1, column 4: an alias has no anchor before it"),
        ("a: &hunter2 [*hunter2]", "line 1, column 14: an alias repeats what it is a part of"),
        (
            "a: !!int hunter2",
            "line 1, column 4: the value is not of the type that its tag names",
        ),
        ("a: !!binary hunter2", "line 1, column 4: the value is not valid base64"),
        ("a: [hunter2\nb: c", "line 2, column 2: did not find expected ',' or ']'"),
        ("b: 1\nhunter2: \0", "line 2: control characters are not allowed"),
        ("hunter2: 1\nhunter2: 2", "line 2, column 1: the key is given twice, first in line 1"),
        ("? [hunter2]\n: 1", "line 1, column 3: a key has to be text"),
        (
            "a: {<<: hunter2}",
            "line 1, column 9: only a mapping, or a list of mappings, can be merged with <<",
        ),
        ("a: [hunter2?]", "line 1, column 5: text with a '?' has to be quoted inside of brackets"),
        ('a: "hunter2\\/"', "line 1, column 4: a slash is escaped, which the engine does not know"),
        (f"a: {'[' * 100}", "line 1, column 103: it is nested more than 100 deep"),
        ("%YAML 1.2\n---\na: hunter2", "line 1, column 1: the engine reads %YAML 1.1 alone"),
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


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            "config:\n  hunter2:x:y: 1",
            "line 2: a key under 'config' is NAMESPACE:NAME, or NAME alone",
        ),
        ("config:\n  1: hunter2", "line 2: a key has to be text: quote it"),
        ("config: {}\ntrue: hunter2", "line 2: a key has to be text: quote it"),
        ("encryptionsalt: [hunter2]", "line 1: the value of 'encryptionsalt' has to be text"),
        (
            "config:\n  a: [.inf]",
            "line 2: the value has an infinite number, or one that is none (.nan)",
        ),
        (
            "config:\n  hunter2: 1\n  agent-observability:hunter2: 2",
            "line 3: the key is given twice, in two forms",
        ),
    ],
)
def test_what_is_wrong_with_a_key_is_said_by_its_line(
    folder: Path, content: str, reason: str
) -> None:
    (folder / "Pulumi.broken.yaml").write_text(content, encoding="utf-8")

    with pytest.raises(StackFileError) as caught:
        stack_files.read("broken")

    assert str(caught.value) == f"Pulumi.broken.yaml: {reason}."


def test_aliases_of_aliases_end_in_a_message(folder: Path) -> None:
    lines = ["x0: &x0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"x{i}: &x{i} [{', '.join([f'*x{i - 1}'] * 10)}]" for i in range(1, 9)]
    (folder / "Pulumi.broken.yaml").write_text("\n".join(lines), encoding="utf-8")

    with pytest.raises(
        StackFileError, match=r"line 6, .*: aliases repeat more than 400000 values$"
    ):
        stack_files.read("broken")


def test_a_stack_without_a_file_is_named_with_those_that_have_one(folder: Path) -> None:
    (folder / "Pulumi.one.yaml").write_text("", encoding="utf-8")
    (folder / "Pulumi.two.yaml").write_text("", encoding="utf-8")

    with pytest.raises(StackFileError) as caught:
        stack_files.read("three")

    assert str(caught.value) == "There is no stack file Pulumi.three.yaml; stacks are one, two."


def test_a_key_without_a_namespace_is_the_projects_as_for_the_engine(folder: Path) -> None:
    content = "config: {agents: {namespaces: [a]}, 'aws:region': eu-west-1, '1': 2}"
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


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("- name: x", "Pulumi.yaml has to be a mapping."),
        ("runtime: python", "Pulumi.yaml has to have the key 'name', whose value is text."),
        ("name: 1", "Pulumi.yaml has to have the key 'name', whose value is text."),
        (
            "name: [",
            "Pulumi.yaml is not valid YAML: line 2, column 1: did not find expected node content",
        ),
    ],
)
def test_a_project_file_that_is_broken_is_one_message(
    folder: Path, content: str, message: str
) -> None:
    (folder / "Pulumi.yaml").write_text(content, encoding="utf-8")
    (folder / "Pulumi.one.yaml").write_text("", encoding="utf-8")

    with pytest.raises(StackFileError) as caught:
        stack_files.read("one")

    assert str(caught.value) == message


def test_a_stack_with_dots_in_its_name_is_listed_whole(folder: Path) -> None:
    (folder / "Pulumi.prod.eu-1.yaml").write_text("", encoding="utf-8")

    assert stack_files.stacks() == ["prod.eu-1"]


def test_a_document_that_is_changed_is_read_again_as_it_is(folder: Path) -> None:
    path = folder / "Pulumi.one.yaml"
    path.write_text("config: {a: {b: 1}}", encoding="utf-8")

    stack_files.document(path)["config"]["a"]["b"] = 2

    assert stack_files.document(path) == {"config": {"a": {"b": 1}}}
