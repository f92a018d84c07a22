"""CONTRIBUTING.md is followed to the letter, on a copy of the repository."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from stacks.stack_files import ROOT, document
from tests.support import worked_examples as worked
from tests.support.promtool import promtool_is_there

EXAMPLES = worked.examples()
LICENCE = "50e6751797c50dedd75ef1b8a0d9e42f5f8472e9fbce91f34718e9f97b0c780a"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("repository")
    worked.copy_repository(folder)
    return folder


def test_each_example_has_patches_and_one_command_that_fails() -> None:
    assert [example.title for example in EXAMPLES] == [
        "Add a setting",
        "Add a component",
        "Add an alert",
        "Add a doctor finding",
        "Bump Langfuse",
    ]
    for example in EXAMPLES:
        patches = [step for step in example.steps if isinstance(step, str)]
        commands = [c for step in example.steps if not isinstance(step, str) for c in step]
        assert len(patches) >= 2
        assert [command.fails for command in commands].count(True) == 1


@pytest.mark.programs
@pytest.mark.parametrize("example", EXAMPLES, ids=[example.title for example in EXAMPLES])
def test_an_example_works_as_it_is_written(example: worked.Example, repository: Path) -> None:
    worked.start_again(repository)

    for step in example.steps:
        if isinstance(step, str):
            worked.git(repository, "apply", "--index", "-", given=step)
            continue
        for command in step:
            if command.needs_promtool and not promtool_is_there():
                continue
            code, printed = worked.run(repository, command.text)
            assert (code != 0) is command.fails, f"{command.text}\n{printed}"
            for line in command.prints:
                # Not "1 failed" for eleven.
                found = re.search(rf"(?<!\d){re.escape(line)}", printed)
                assert found, f"{command.text}\n{printed}"


@pytest.mark.programs
def test_an_example_does_not_see_the_one_before(repository: Path) -> None:
    committed = (ROOT / "README.md").read_text(encoding="utf-8")
    (repository / "README.md").write_text("changed", encoding="utf-8")
    (repository / "components" / "added.py").touch()
    worked.git(repository, "add", "components/added.py")
    (repository / "stacks" / "untracked.py").touch()

    worked.start_again(repository)

    assert (repository / "README.md").read_text(encoding="utf-8") == committed
    assert not (repository / "components" / "added.py").exists()
    assert not (repository / "stacks" / "untracked.py").exists()
    assert (repository / ".venv").exists()


def test_every_make_command_of_the_page_is_a_target() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    page = worked.PAGE.read_text(encoding="utf-8")
    used = {
        name for names in re.findall(r"(?:`|\$ )make ([a-z -]+)", page) for name in names.split()
    }

    tests = {"test", "test-cluster", "test-gateway", "test-programs"}
    assert used == {"demo", "diff", "docs", "help", "lint", "types", *tests}
    assert {n for n in used if not re.search(rf"^{n}:", makefile, re.MULTILINE)} == set()


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "CHANGELOG.md"])
def test_every_file_that_a_page_names_is_there(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    linked = [link for link in re.findall(r"\]\(([^)#]+)", prose) if "://" not in link]
    named = re.findall(
        r"`((?:components|stacks|tests|tooling|docs)/[\w/.-]+\.(?:py|md|json))`", prose
    )

    assert linked or name == "CHANGELOG.md"
    assert [path for path in {*linked, *named} if not (ROOT / path).exists()] == []


def test_every_hook_runs_a_tool_of_the_environment_that_is_installed() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    (local,) = config["repos"]

    assert local["repo"] == "local"
    tools = [hook["entry"].split()[0] for hook in local["hooks"] if hook["language"] == "system"]
    assert {tool for tool in tools if not (ROOT / tool).exists()} == set()
    assert {tool for tool in tools if not tool.startswith(".venv/bin/")} == set()


def test_the_editor_completes_every_stack_file_by_the_generated_schema() -> None:
    settings = json.loads((ROOT / ".vscode" / "settings.json").read_text(encoding="utf-8"))

    assert settings["yaml.schemas"] == {
        "./stacks/config.schema.json": ["/Pulumi.*.yaml"],
        "./access/config.schema.json": ["/access/Pulumi.*.yaml"],
        "./platform/config.schema.json": ["/platform/Pulumi.*.yaml"],
    }
    for schema, (pattern,) in settings["yaml.schemas"].items():
        files = list(ROOT.glob(pattern[1:]))
        assert files, pattern
        for file in files:
            named = file.read_text(encoding="utf-8").partition("\n")[0].partition("$schema=")[2]
            assert (file.parent / named).resolve() == (ROOT / schema).resolve()


def test_a_bad_stack_file_is_underlined_by_the_editor_too() -> None:
    schema = json.loads((ROOT / "stacks" / "config.schema.json").read_text(encoding="utf-8"))
    stack = document(ROOT / "Pulumi.dev.yaml")
    stack["config"]["agent-observability:langfuse"]["signUp"] = "perhaps"

    validator: Any = jsonschema.Draft7Validator(schema)
    assert [error.message for error in validator.iter_errors(stack)] == [
        "'perhaps' is not one of ['disabled', 'open']"
    ]


def test_the_licence_is_the_unchanged_apache_2() -> None:
    text = (ROOT / "LICENSE").read_bytes()

    # That of https://www.apache.org/licenses/LICENSE-2.0.txt.
    assert hashlib.sha256(text.strip() + b"\n").hexdigest() == LICENCE
