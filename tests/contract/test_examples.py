"""The stack files are complete but for the secrets that they ask for, with and without their
comments."""

from __future__ import annotations

import json
from typing import Final

import jsonschema
import pytest

from components.langfuse import versions
from components.project import PROJECT
from stacks import stack_files
from stacks.settings import ConfigurationError, Settings, read
from stacks.settings.machinery.shape import fields
from tests.support import bases, examples
from tests.support.bases import BASES

CLOUD: Final = "version 4 with ClickHouse Cloud"

SECRETS: Final = {
    "dev with its comments": ["langsmith.apiKey"],
    "prod with its comments": [
        "langfuse.sso.providers.okta.clientSecret",
        "langsmith.apiKey",
    ],
    CLOUD: [
        "clickhouse.password",
        "cache.password",
        "objectStorage.accessKeyId",
        "objectStorage.secretAccessKey",
    ],
}
"""What the comments of a file tell to set."""


def test_every_stack_file_is_a_base_and_in_the_table_of_the_readme() -> None:
    readme = (stack_files.ROOT / "README.md").read_text(encoding="utf-8")
    files = {*stack_files.ROOT.glob("Pulumi.*.yaml"), *examples.FOLDER.glob("*.yaml")}

    assert {base.path for base in BASES.values()} == files
    assert len(files) == 6
    shown = [str(file.relative_to(stack_files.ROOT)) for file in sorted(files)]
    assert [name for name in shown if f"| [`{name}`]({name}) |" not in readme] == []


def test_the_comments_of_a_stack_file_say_which_secrets_to_set() -> None:
    assert {
        name: [place.removeprefix(f"{PROJECT}:") for place in found]
        for name, base in BASES.items()
        if (found := examples.secrets(base.path.read_text(encoding="utf-8")))
        and (base.comments or base.example)
    } == SECRETS


@pytest.mark.parametrize("base", BASES)
def test_without_its_secrets_a_stack_file_lacks_these_and_nothing_else(base: str) -> None:
    given = stack_files.assemble(bases.configuration(base, secrets=False))
    lacking: list[str] = []
    try:
        read(BASES[base].stack, given.values, given.secret_keys)
    except ConfigurationError as error:
        lacking = [problem.key.removeprefix(f"{PROJECT}:") for problem in error.problems]

    assert sorted(lacking) == sorted(SECRETS.get(base, []))


@pytest.mark.parametrize("base", BASES)
def test_with_its_secrets_a_stack_file_is_valid(base: str) -> None:
    version = bases.read_settings(base).langfuse.version

    newest = versions.LAST_2 if base.startswith("version 2") else versions.DEFAULT
    assert version == str(newest)


@pytest.mark.parametrize("base", BASES)
def test_an_editor_underlines_nothing(base: str) -> None:
    schema = json.loads((stack_files.ROOT / "stacks/config.schema.json").read_text("utf-8"))
    document = {"config": {k: value for k, value in bases.configuration(base).items() if value}}

    assert [e.message for e in jsonschema.Draft7Validator(schema).iter_errors(document)] == []  # pyright: ignore[reportUnknownMemberType]


def test_what_stands_in_a_comment_is_not_in_the_file_and_is_the_rest_of_the_sections() -> None:
    sections = {f"{PROJECT}:{key}" for key in fields(Settings)} - {
        f"{PROJECT}:{key}" for key in ("stack", "aws", "acknowledge")
    }

    shown = {
        base: {key for key, value in bases.configuration(base).items() if value} & sections
        for base in ("dev", "dev with its comments", "prod", "prod with its comments")
    }
    of_aws = {f"{PROJECT}:{key}" for key in ("endpoint", "secrets")}
    optional = {f"{PROJECT}:{key}" for key in ("langsmith", "monitoring")}
    assert shown == {
        "dev": sections - of_aws - optional,
        "dev with its comments": sections - of_aws,
        "prod": sections - {f"{PROJECT}:langsmith"},
        "prod with its comments": sections,
    }
