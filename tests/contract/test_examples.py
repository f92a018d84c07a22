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

    assert [*FILES] == ["v4-clickhouse-cloud", "v4-cluster"]
    assert [name for name in FILES if f"(examples/Pulumi.{name}.yaml)" not in readme] == []


@pytest.mark.parametrize("name", FILES)
def test_without_its_secrets_an_example_lacks_these_and_nothing_else(name: str) -> None:
    given = stack_files.assemble(examples.configuration(FILES[name], given=False))
    wanted = examples.secrets(FILES[name])

    with pytest.raises(ConfigurationError) as refused:
        read("example", given.values, given.secret_keys)

    assert sorted(problem.key for problem in refused.value.problems) == sorted(wanted) != []


@pytest.mark.parametrize("name", FILES)
def test_with_its_secrets_an_example_is_valid(name: str) -> None:
    given = stack_files.assemble(examples.configuration(FILES[name]))

    assert read("example", given.values, given.secret_keys).langfuse.version == "4.16.0"


@pytest.mark.parametrize("name", FILES)
def test_an_editor_underlines_nothing_but_what_is_missing(name: str) -> None:
    schema = json.loads((stack_files.ROOT / "stacks/config.schema.json").read_text("utf-8"))
    document = {"config": dict(examples.configuration(FILES[name]))}

    assert [e.message for e in jsonschema.Draft7Validator(schema).iter_errors(document)] == []  # pyright: ignore[reportUnknownMemberType]
