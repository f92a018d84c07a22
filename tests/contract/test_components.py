"""Rules for every component, whichever there are: form, names, parents, outputs."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import re
from collections.abc import Iterator

import pulumi
import pytest
from pulumi_random import RandomBytes

from stacks.stack_files import StackConfiguration
from tests.support import bases, stacks
from tests.support.components import (
    Component,
    RegistrationLog,
    discovered,
    modules,
    syntax,
)
from tooling.engineless import offline, running
from tooling.engineless.offline import is_kubernetes
from tooling.engineless.recording import Recording, Resource

TOKEN = "agent-observability:index:"
BY_ITSELF = {
    "AccessLogBucket",
    "ClickHouseStatefulSet",
    "Cluster",
    "ClusterServices",
    "ExternalSecretsOperator",
    "Network",
    "ObjectStorage",
    "OperatedClickHouse",
    "WorkflowRoles",
}
"""Components that no stack file asks for; their own tests run them."""

PHYSICAL = ("name", "namePrefix", "identifier", "bucket", "clusterIdentifier")
"""Inputs that name something outside of the stack."""

IN_ACCOUNT = (*PHYSICAL, "bucketPrefix", "dashboardName", "identifierPrefix")
"""Inputs that name something in an AWS account."""


@pytest.fixture(scope="session", params=sorted(discovered()))
def component(request: pytest.FixtureRequest) -> Component:
    return discovered()[request.param]


def test_every_component_of_the_program_is_discovered() -> None:
    assert {
        "AgentAccess",
        "AppCredentials",
        "KubernetesSecret",
        "Langfuse",
        "PostgresStatefulSet",
    } <= discovered().keys()


def test_its_module_declares_its_type_token(component: Component) -> None:
    assert component.module.__dict__["TYPE"] == f"{TOKEN}{component.name}"


def test_its_constructor_takes_name_args_and_opts(component: Component) -> None:
    parameters = inspect.signature(component.cls.__init__).parameters.values()
    assert [(p.name, p.annotation, p.default) for p in parameters] == [
        ("self", inspect.Parameter.empty, inspect.Parameter.empty),
        ("name", "str", inspect.Parameter.empty),
        ("args", f"{component.name}Args", inspect.Parameter.empty),
        ("opts", "pulumi.ResourceOptions | None", None),
    ]


def test_its_arguments_are_a_frozen_keyword_only_dataclass(component: Component) -> None:
    args = component.module.__dict__[f"{component.name}Args"]
    assert dataclasses.is_dataclass(args)
    assert args.__dict__["__dataclass_params__"].frozen
    assert [field.name for field in dataclasses.fields(args) if not field.kw_only] == []


def test_the_callers_options_go_to_the_base_class_alone(component: Component) -> None:
    first = component.constructor.body[0]
    assert ast.unparse(first) == "super().__init__(TYPE, name, None, opts)"
    used = [
        node
        for node in ast.walk(component.constructor)
        if isinstance(node, ast.Name) and node.id == "opts"
    ]
    assert len(used) == 1


def test_it_registers_its_outputs_last(component: Component) -> None:
    assert ast.unparse(component.constructor.body[-1]).startswith("self.register_outputs({")


@pytest.mark.parametrize("module", modules())
def test_no_component_module_reads_configuration(module: str) -> None:
    tree = syntax(importlib.import_module(module))
    imported = {
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in [
            *(alias.name for alias in node.names),
            *([node.module] if isinstance(node, ast.ImportFrom) and node.module else []),
        ]
    }
    used = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    forbidden = {"pulumi.Config", "pulumi.get_stack", "pulumi.get_project", "pulumi.export"}
    assert not forbidden & used
    assert "Config" not in imported


def test_the_type_tokens_in_use_are_those_of_the_classes(variant: str) -> None:
    used = {r.type for r in _components(stacks.recorded(variant))}
    known = {f"{TOKEN}{name}" for name in (*discovered(), "ObservabilityStack")}
    assert used <= known


def test_every_component_is_in_some_tested_stack() -> None:
    used = {r.type for name in stacks.VARIANTS for r in _components(stacks.recorded(name))}
    assert {name for name in discovered() if f"{TOKEN}{name}" not in used} <= BY_ITSELF


def test_every_resource_belongs_to_a_component_and_carries_its_name(variant: str) -> None:
    run = stacks.recorded(variant)
    roots = [r for r in run.resources.values() if r.parent not in run.resources]
    assert {r.type for r in roots if r.custom} <= {
        "pulumi:providers:kubernetes",
        "pulumi:providers:aws",
    }
    assert [(r.type, r.name) for r in roots if not r.custom] == [
        (f"{TOKEN}ObservabilityStack", "langfuse")
    ]
    misnamed = [
        (r.type, r.name, run.resources[r.parent].name)
        for r in run.resources.values()
        if r.parent in run.resources
        and not f"{r.name}-".startswith(f"{run.resources[r.parent].name}-")
    ]
    assert misnamed == []
    assert not [r.name for r in run.resources.values() if _parent_is_custom(run, r)]


def test_every_component_registers_its_outputs_once_and_after_its_children(
    base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = RegistrationLog(monkeypatch)
    run = bases.record(base)
    components = _components(run)
    assert log.registered == {f"{r.type}::{r.name}": 1 for r in components}
    assert {r.urn for r in components} == run.registered_outputs.keys()
    assert log.late == []


def test_a_child_after_its_component_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    log = RegistrationLog(monkeypatch)

    def program() -> None:
        component = pulumi.ComponentResource("test:index:Test", "test")
        component.register_outputs({})
        RandomBytes("test-late", length=4, opts=pulumi.ResourceOptions(parent=component))
        component.register_outputs({})

    empty = StackConfiguration({}, frozenset())
    running.run("fixture", empty, offline.OfflineBackend(), program)
    assert log.registered == {"test:index:Test::test": 2}
    assert log.late == ["test-late"]


def test_no_physical_name_contains_the_name_of_the_stack(base: str) -> None:
    run = offline.record_configuration("quokka", bases.read(base))
    # An account has what all stacks have in AWS: there, the stack is in each name or path.
    aws = [r for r in run.resources.values() if r.type.startswith("aws:")]
    names = [n for r in run.resources.values() if r not in aws for n in _physical_names(r)]
    assert len(names) >= 10
    assert [name for name in names if "quokka" in name] == []
    own = re.compile("(langfuse-|/?agent-observability[/-])quokka([/-]|$)")
    named = {r.name: [*_names_in_account(r)] for r in aws}
    assert {r: n for r, n in named.items() if not all(map(own.match, n))} == {}


def test_a_preview_with_unknown_values_registers_the_same_resources(variant: str) -> None:
    run = stacks.recorded(variant, preview=True)
    assert run.resources.keys() == stacks.recorded(variant).resources.keys()


def _components(run: Recording) -> list[Resource]:
    return [r for r in run.resources.values() if not r.custom]


def _parent_is_custom(run: Recording, resource: Resource) -> bool:
    parent = run.resources.get(resource.parent)
    return parent is not None and parent.custom


def _names_in_account(resource: Resource) -> Iterator[str]:
    """Names that are the account's. A record is the zone's, and a role is told by its path."""
    if resource.type == "aws:route53/record:Record":
        return
    if resource.type == "aws:iam/role:Role":
        yield resource.inputs["path"]
        return
    for key in IN_ACCOUNT:
        if isinstance(resource.inputs.get(key), str):
            yield resource.inputs[key]


def _physical_names(resource: Resource) -> Iterator[str]:
    named = resource.inputs.get("metadata", {}) if is_kubernetes(resource) else resource.inputs
    for key in PHYSICAL:
        if isinstance(named.get(key), str):
            yield named[key]
    if isinstance(named.get("namespace"), str):
        yield named["namespace"]
