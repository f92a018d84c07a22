"""The stack files in ``examples/`` are complete but for the secrets that they ask for."""

from __future__ import annotations

import json

import jsonschema
import pytest

from stacks import stack_files
from stacks.settings import ConfigurationError, read
from tests.support import examples

FILES = examples.files()


def test_there_is_an_example_for_each_way_that_the_table_of_the_readme_has() -> None:
    readme = (stack_files.ROOT / "README.md").read_text(encoding="utf-8")

    assert [*FILES] == ["v4-clickhouse-cloud", "v4-cluster", "v4-eks"]
    assert [name for name in FILES if f"(examples/Pulumi.{name}.yaml)" not in readme] == []


def test_without_its_secrets_an_example_lacks_these_and_nothing_else() -> None:
    lacking: dict[str, list[str]] = {}
    for name, path in FILES.items():
        given = stack_files.assemble(examples.configuration(path, given=False))
        try:
            read("example", given.values, given.secret_keys)
        except ConfigurationError as error:
            lacking[name] = sorted(problem.key for problem in error.problems)

    wanted = {name: sorted(examples.secrets(path)) for name, path in FILES.items()}
    assert lacking == {name: keys for name, keys in wanted.items() if keys}
    assert [*lacking] == ["v4-clickhouse-cloud"]


@pytest.mark.parametrize("name", FILES)
def test_with_its_secrets_an_example_is_valid(name: str) -> None:
    given = stack_files.assemble(examples.configuration(FILES[name]))

    assert read("example", given.values, given.secret_keys).langfuse.version == "4.16.0"


@pytest.mark.parametrize("name", FILES)
def test_an_editor_underlines_nothing_but_what_is_missing(name: str) -> None:
    schema = json.loads((stack_files.ROOT / "stacks/config.schema.json").read_text("utf-8"))
    document = {"config": dict(examples.configuration(FILES[name]))}

    assert [e.message for e in jsonschema.Draft7Validator(schema).iter_errors(document)] == []  # pyright: ignore[reportUnknownMemberType]
