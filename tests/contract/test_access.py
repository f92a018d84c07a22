"""The project `access/` keeps to the rules of the program: keys, files, parents, names, references.

The rules for the form of its component are those of `test_components.py`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

import jsonschema
import pulumi
import pytest

from access import settings as access_settings
from access.keys import NAMESPACE, Access
from stacks import stack_files
from stacks.settings.machinery.shape import fields
from stacks.stack_files import StackConfiguration
from tests.support import access, bases
from tests.support.components import RegistrationLog, discovered
from tests.support.leaks import plain_texts
from tooling.engineless.recording import Recording, Resource, holds_secret, reveal

TOKEN: Final = "agent-observability:index:WorkflowRoles"
KEYS: Final = {f"{NAMESPACE}:{key}": field for key, field in fields(Access).items()}
PROVIDER: Final = "arn:aws:iam::210987654321:oidc-provider/token.actions.githubusercontent.com"
KMS_KEY: Final = "arn:aws:kms:ap-northeast-2:123456789012:key/22222222-2222-3333-4444-555555555555"


def _yaml(name: str) -> dict[str, Any]:
    return stack_files.document(access.FOLDER / name)


# Keys


def test_the_project_declares_each_key_and_its_default() -> None:
    config = _yaml("Pulumi.yaml")["config"]
    declared = {key: value for key, value in config.items() if not key.startswith("pulumi:")}

    assert declared.keys() == KEYS.keys()
    for key, field in KEYS.items():
        default = None if field.is_required() else field.default
        text = {None: "", True: "true"}.get(default, default)
        # Pulumi takes no type and no default for a key of another namespace than the project's.
        assert declared[key].keys() == {"description", "value"}, key
        assert declared[key]["value"] == text, key
        assert declared[key]["description"].endswith("."), key


def test_what_the_project_declares_is_what_a_file_without_the_key_means() -> None:
    bare = {"access:repository": "acme/tracing"}
    declared = access.read("prod", {**dict.fromkeys(KEYS, ""), **bare}).values

    assert access_settings.read("prod", declared) == access_settings.read("prod", bare)


@pytest.mark.parametrize("path", [*access.FOLDER.glob("Pulumi.*.yaml")], ids=lambda path: path.name)
def test_a_stack_file_is_valid_for_editors_and_for_the_program(path: Path) -> None:
    schema = json.loads((access.FOLDER / "config.schema.json").read_text(encoding="utf-8"))
    stack = path.name.split(".")[1]

    jsonschema.Draft7Validator.check_schema(schema)
    jsonschema.validate(_yaml(path.name), schema, jsonschema.Draft7Validator)
    assert path.read_text(encoding="utf-8").startswith(
        "# yaml-language-server: $schema=config.schema.json\n"
    )
    access_settings.read(stack, access.read(stack).values)


@pytest.mark.parametrize(
    ("change", "places"),
    [
        ({}, []),
        ({"access:bounded": "false"}, []),
        ({"access:bounded": False}, []),
        ({"pulumi:autonaming": {"mode": "default"}}, []),
        ({"access:bounded": "no"}, ["$.config['access:bounded']"]),
        ({"access:repository": "acme"}, ["$.config['access:repository']"]),
        ({"access:repository": "acme/.."}, ["$.config['access:repository']"]),
        ({"access:repository": "acme@1/tracing"}, ["$.config['access:repository']"]),
        ({"access:repository": "acme@1/tracing@2"}, []),
        ({"access:stateKeyArn": "alias/pulumi"}, ["$.config['access:stateKeyArn']"]),
        ({"access:repo": "acme/tracing"}, ["$.config"]),
        ({"aws:region": "eu-west-1"}, ["$.config"]),
    ],
)
def test_the_schema_refuses_what_the_program_refuses_of_one_value(
    change: Mapping[str, Any], places: list[str]
) -> None:
    schema = json.loads((access.FOLDER / "config.schema.json").read_text(encoding="utf-8"))
    config = {"access:repository": "acme/tracing", **change}
    validator: Any = jsonschema.Draft7Validator(schema)

    assert sorted(e.json_path for e in validator.iter_errors({"config": config})) == places
    assert [e.json_path for e in validator.iter_errors({"config": {}})] == ["$.config"]


ROLES: Final = {"workflows-preview-role", "workflows-deploy-role"}
STATE: Final = {"workflows-preview-permission-2", "workflows-deploy-permission-4"}

CHANGES: Final[Mapping[str, tuple[str, str, str, set[str]]]] = {
    "access:repository": (
        "acme/other",
        "repo:acme/agent-observability:environment:",
        "repo:acme/other:environment:",
        ROLES,
    ),
    "access:providerArn": (
        PROVIDER,
        "arn:aws:iam::123456789012:oidc-provider/",
        PROVIDER,
        {*ROLES, "workflows-github"},
    ),
    "access:stateBucket": ("other-state", "s3:::acme-pulumi-state", "s3:::other-state", STATE),
    "access:statePrefix": ("folder", "", "s3:::acme-pulumi-state/folder", STATE),
    "access:stateKeyArn": (KMS_KEY, "key/11111111-", KMS_KEY, STATE),
    "access:bounded": (
        "false",
        "iam:PermissionsBoundary",
        "",
        {f"workflows-deploy-permission-{number}" for number in (2, 3, 4)},
    ),
    "access:clusterAccess": (
        "false",
        "platform-prod",
        "",
        {
            "workflows-deploy-access-entry",
            "workflows-deploy-access-policy",
            "workflows-preview-access-entry",
            "workflows-preview-access-policy",
            "workflows-preview-access-policy-namespaces",
        },
    ),
}
"""Another value of each key, the text that goes with it and the one that comes, and where."""


@pytest.mark.parametrize("key", KEYS)
def test_another_value_of_a_key_changes_what_is_registered(key: str) -> None:
    value, gone, new, expected = CHANGES[key]
    before, after = _inputs(access.recorded()), _inputs(access.recorded({key: value}))

    changed = {n for n in before.keys() | after.keys() if before.get(n) != after.get(n)}
    assert changed == expected
    texts = [json.dumps([run.get(name) for name in changed]) for run in (before, after)]
    assert [gone in text for text in texts] == [True, not gone]
    assert [new in text for text in texts] == [not new, True]


def _inputs(run: Recording) -> dict[str, Any]:
    return {r.name: reveal(r.inputs) for r in run.resources.values() if r.custom}


# What is registered


def test_every_resource_belongs_to_the_component_and_carries_its_name() -> None:
    run = access.recorded()
    roots = [r for r in run.resources.values() if r.parent not in run.resources]

    assert [(r.type, r.name) for r in roots] == [
        ("pulumi:providers:aws", "aws"),
        (TOKEN, "workflows"),
    ]
    children = [r for r in run.resources.values() if r.parent in run.resources]
    assert {run.resources[r.parent].type for r in children} == {TOKEN}
    assert [r.name for r in children if not r.name.startswith("workflows-")] == []
    assert len(children) == len(_inputs(run)) - 1 >= 13


def test_every_resource_has_the_provider_of_the_stacks_account() -> None:
    run = access.recorded()
    (provider,) = run.of_type("pulumi:providers:aws")

    children = [r for r in run.resources.values() if r.parent in run.resources]
    assert {r.provider.rpartition("::")[0] for r in children} == {provider.urn}
    assert reveal(provider.inputs)["region"] == "ap-northeast-2"


def test_its_component_registers_its_outputs_once_and_after_its_children(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = RegistrationLog(monkeypatch)
    access.record(access.read())

    assert log.registered == {f"{TOKEN}::workflows": 1}
    assert log.late == []


def test_its_outputs_are_those_of_the_component() -> None:
    run = access.recorded()
    (outputs,) = run.registered_outputs.values()

    assert sorted(run.exports) == ["boundaryArn", "deployRoleArn", "previewRoleArn"]
    assert run.exports == outputs


def test_a_preview_with_unknown_values_registers_the_same_resources() -> None:
    assert access.recorded(preview=True).resources.keys() == access.recorded().resources.keys()


def test_only_the_boundary_has_a_physical_name_and_it_is_the_stacks() -> None:
    named = {
        r.name: reveal(r.inputs)["name"]
        for r in access.recorded().resources.values()
        if r.custom and "name" in r.inputs
    }

    assert named == {"workflows-boundary": "agent-observability-prod-boundary"}


def test_the_roles_and_policies_can_be_removed() -> None:
    """A `destroy` of the project takes the workflows' access away; there is no data to protect."""
    assert [r.name for r in access.recorded().resources.values() if r.protect] == []


def test_every_arn_of_a_resource_that_is_made_is_a_reference_to_it() -> None:
    run = access.recorded()
    made = {r.urn: r for r in run.resources.values()}

    def targets(resource: Resource, key: str) -> list[str]:
        return sorted(made[urn].name for urn in resource.property_dependencies.get(key, ()))

    for role in ("preview", "deploy"):
        name = f"workflows-{role}"
        assert targets(run.named(f"{name}-role"), "assumeRolePolicy") == ["workflows-github"]
        entry = run.named(f"{name}-access-entry")
        assert targets(entry, "principalArn") == [f"{name}-role"]
        attachments = [
            r for r in made.values() if re.fullmatch(rf"{name}-permission-\d-attachment", r.name)
        ]
        assert attachments
        for attachment in attachments:
            assert targets(attachment, "role") == [f"{name}-role"]
            policy = attachment.name.removesuffix("-attachment")
            assert targets(attachment, "policyArn") == [policy]
    for association in run.of_type("aws:eks/accessPolicyAssociation:AccessPolicyAssociation"):
        (target,) = targets(association, "principalArn")
        assert association.name.startswith(target.removesuffix("-access-entry"))


def test_the_boundary_that_the_deployer_has_to_set_is_the_one_that_is_made() -> None:
    run = access.recorded()

    text = json.dumps(_inputs(run)["workflows-deploy-permission-2"])
    assert f"{run.exports['boundaryArn']}" in text
    assert "policy/agent-observability-prod-boundary" in run.exports["boundaryArn"]


def test_no_secret_is_read_made_or_exported() -> None:
    run = access.recorded()

    assert not any(holds_secret(r.inputs) for r in run.resources.values())
    assert not holds_secret(run.exports)
    assert {r.type.partition(":")[0] for r in run.resources.values()} == {
        "aws",
        "pulumi",
        "agent-observability",
    }


def test_a_secret_of_the_stacks_own_file_is_in_nothing_that_is_registered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configuration, own, key = access.read(), bases.read("version 2 prod"), "lsv2_sk_correcthorse"
    name = "agent-observability:langsmith"
    values = {**own.values, name: json.dumps({"apiKey": key})}
    with_secret = StackConfiguration(values, own.secret_keys | {name})
    monkeypatch.setattr(stack_files, "read", {"prod": with_secret}.__getitem__)

    run = access.record(configuration)

    texts = [text for r in run.resources.values() for text in _texts(r)]
    assert len(texts) > 50
    assert [text for text in texts if key in text] == []


def _texts(resource: Resource) -> Iterator[str]:
    yield from (text for _, text in plain_texts(reveal(resource.inputs)))


def test_its_component_is_among_those_that_are_looked_at() -> None:
    component = discovered()["WorkflowRoles"]

    assert component.module.__name__ == "access.roles"
    assert issubclass(component.cls, pulumi.ComponentResource)
    assert cast("str", component.module.__dict__["TYPE"]) == TOKEN
