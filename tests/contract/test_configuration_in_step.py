"""Pulumi.yaml, the stack files, the schema, the reference page and the models say the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast, get_origin

import jsonschema
import pytest

from components.project import PROJECT
from stacks import stack_files
from stacks.settings import Section, Settings
from stacks.settings.machinery.shape import fields, is_secret, models_of
from stacks.settings.sections.aws import Aws
from tests.support import bases
from tests.support.bases import BASES
from tests.support.configurations import EKS, EXTERNAL, KEY, SMALL, Encrypted
from tooling.__main__ import main
from tooling.docs import files

ROOT = Path(__file__).resolve().parent.parent.parent
SECTIONS = {key: field for key, field in fields(Settings).items() if key not in {"stack", "aws"}}


def _yaml(name: str) -> dict[str, Any]:
    return stack_files.document(ROOT / name)


def _schema() -> dict[str, Any]:
    return json.loads((ROOT / "stacks/config.schema.json").read_text(encoding="utf-8"))


def _declared() -> dict[str, Any]:
    config = _yaml("Pulumi.yaml")["config"]
    return {key: value for key, value in config.items() if ":" not in key}


def _errors(config: Mapping[str, Any]) -> list[str]:
    validator: Any = jsonschema.Draft7Validator(_schema())
    return sorted(error.json_path for error in validator.iter_errors({"config": config}))


def _written(config: Any) -> Any:  # noqa: ANN401 - configuration is any JSON
    """Configuration as a stack file has it: encrypted values as objects."""
    if isinstance(config, Encrypted):
        return {"secure": "v1:AAAA"}
    if isinstance(config, Mapping):
        values = cast("Mapping[str, Any]", config)
        return {key: _written(value) for key, value in values.items()}
    return config


def _config(**sections: Any) -> dict[str, Any]:  # noqa: ANN401
    return {f"{PROJECT}:{k}": _written(v) for k, v in {**SMALL, **sections}.items()}


def test_the_generated_files_are_as_they_would_be_generated_now() -> None:
    assert files.stale() == [], "run `make docs` and commit the result"


def test_the_check_names_a_stale_file_and_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(files, "ROOT", tmp_path)

    assert main(["docs"]) == 0
    assert main(["docs", "--check"]) == 0
    (tmp_path / "docs" / "configuration.md").write_text("old", encoding="utf-8")
    capsys.readouterr()

    assert main(["docs", "--check"]) == 1
    assert capsys.readouterr().err == (
        "docs/configuration.md is stale: run `make docs` and commit the result\n"
    )


def test_the_project_declares_each_section_and_nothing_else() -> None:
    assert list(_declared()) == list(SECTIONS)


def test_the_project_declares_each_section_with_the_type_that_the_program_reads() -> None:
    for key, declared in _declared().items():
        is_list = get_origin(SECTIONS[key].annotation) is tuple
        assert declared["type"] == ("array" if is_list else "object"), key
        assert declared["default"] == ([] if is_list else {}), key
        assert declared["description"].endswith("."), key


def test_the_namespace_is_the_name_of_the_project() -> None:
    assert _yaml("Pulumi.yaml")["name"] == PROJECT == stack_files.project_name()


def test_every_key_of_a_stack_file_is_known(base: str) -> None:
    known = {f"{PROJECT}:{key}" for key in SECTIONS} | {f"aws:{key}" for key in fields(Aws)}

    config = bases.configuration(base).keys()
    assert {key for key in config if not key.startswith("pulumi:")} <= known


def test_a_stack_file_names_the_schema_on_its_first_line(base: str) -> None:
    path = BASES[base].path
    first, schema = path.read_text(encoding="utf-8").partition("\n")[0].split("$schema=")

    assert first == "# yaml-language-server: "
    assert (path.parent / schema).resolve() == ROOT / "stacks/config.schema.json"


def test_the_schema_is_valid_and_has_no_external_references() -> None:
    schema = _schema()

    jsonschema.Draft7Validator.check_schema(schema)
    assert "$ref" not in json.dumps(schema)


@pytest.mark.parametrize(
    ("config", "places"),
    [
        (_config(), []),
        (_config(database=EXTERNAL), []),
        (_config(database={"engine": "rds", "multiAz": True}), []),
        (_config(langsmith={"apiKey": Encrypted(KEY)}), []),
        (_config(langfuse={"secretEnvironment": {"AUTH_SECRET": Encrypted("x")}}), []),
        ({**_config(), "pulumi:autonaming": {"mode": "default"}}, []),
        ({**_config(), "kubernetes:context": "kind"}, ["$.config"]),
        ({**_config(), "aws:skipMetadataApiCheck": True}, ["$.config"]),
        ({}, ["$.config", "$.config", "$.config"]),
        (_config(database={}), ["$.config['agent-observability:database']"]),
        (
            _config(database={"engine": "statefulSet", "multiAz": True}),
            ["$.config['agent-observability:database']"],
        ),
        (
            _config(database={"engine": "postgres"}),
            ["$.config['agent-observability:database'].engine"],
        ),
        (
            _config(database={**EXTERNAL, "password": "hunter2"}),
            ["$.config['agent-observability:database'].password"],
        ),
        (
            _config(langsmith={"apiKey": KEY}),
            ["$.config['agent-observability:langsmith'].apiKey"],
        ),
        (
            _config(langfuse={"version": "2.95.2"}),
            ["$.config['agent-observability:langfuse'].version"],
        ),
        (
            _config(langfuse={"environment": {"lower": "x"}}),
            ["$.config['agent-observability:langfuse'].environment"],
        ),
        (
            _config(cluster={"namespace": "Observability"}),
            ["$.config['agent-observability:cluster'].namespace"],
        ),
        (
            _config(acknowledge=["everything"]),
            ["$.config['agent-observability:acknowledge'][0]"],
        ),
    ],
)
def test_the_schema_refuses_what_the_program_refuses_of_one_value(
    config: Mapping[str, Any], places: list[str]
) -> None:
    assert _errors(config) == places


def test_a_cluster_by_eks_name_is_valid_by_schema() -> None:
    cluster = {key: value for key, value in EKS.items() if isinstance(value, str)}

    assert _errors(_config(cluster=cluster)) == []


def test_every_field_has_a_description_in_the_reference_and_in_the_schema() -> None:
    page = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    for model in _models():
        for key, field in fields(model).items():
            assert field.description, f"{model.__name__}.{key}"
            assert f"| `{key}`" in page, f"{model.__name__}.{key}"
            assert ("**secret**" in _row(page, key)) == is_secret(field.annotation), key


def test_a_table_of_the_reference_has_four_columns_in_every_row() -> None:
    page = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("|")]

    assert len(rows) > 100
    assert {row.replace("\\|", "").count("|") for row in rows} == {5}


def _row(page: str, key: str) -> str:
    return next(line for line in page.splitlines() if line.startswith(f"| `{key}`"))


def _models() -> Iterator[type[Section]]:
    waiting: list[type[Section]] = [Aws]
    waiting += [m for field in SECTIONS.values() for m in models_of(field.annotation)]
    while waiting:
        model = waiting.pop()
        yield model
        waiting += [m for f in model.model_fields.values() for m in models_of(f.annotation)]
