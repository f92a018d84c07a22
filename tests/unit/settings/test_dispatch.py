"""Which rules run: those whose parameters take the sections that there are."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Annotated, Final, Literal

import pytest
from pydantic import Field

from stacks.settings import rules
from stacks.settings.machinery import dispatch
from stacks.settings.machinery.problems import Problem
from stacks.settings.machinery.section import Section
from stacks.settings.settings import Settings


class Red(Section):
    colour: Literal["red"] = "red"


class Green(Section):
    colour: Literal["green"] = "green"


class Blue(Section):
    colour: Literal["blue"] = "blue"


Light = Annotated[Red | Green | Blue, Field(discriminator="colour")]


def said(rule: str) -> Iterator[Problem]:
    yield Problem("a:b", "1", rule, "fix")


def for_one(light: Red) -> Iterator[Problem]:
    yield from said(f"one: {light.colour}")


def for_two(light: Red | Blue) -> Iterator[Problem]:
    yield from said(f"two: {light.colour}")


def for_all(light: Light) -> Iterator[Problem]:
    yield from said(f"all: {light.colour}")


def for_any(light: Light | None) -> Iterator[Problem]:
    yield from said(f"any: {light.colour if light is not None else None}")


def without(light: None) -> Iterator[Problem]:
    yield from said(f"without: {light}")


def with_names(light: Light, names: tuple[str, ...]) -> Iterator[Problem]:
    yield from said(f"names: {light.colour} {names}")


CHECKS: Final = (with_names, for_one, for_two, for_all, for_any, without)


def ran(**sections: object) -> list[str]:
    return [problem.rule for problem in dispatch.run(CHECKS, sections)]


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        ({"light": Red()}, ["one: red", "two: red", "all: red", "any: red"]),
        ({"light": Blue()}, ["two: blue", "all: blue", "any: blue"]),
        ({"light": Green()}, ["all: green", "any: green"]),
        ({"light": None}, ["any: None", "without: None"]),
        ({}, []),
        (
            {"light": Green(), "names": ("a",)},
            ["names: green ('a',)", "all: green", "any: green"],
        ),
        ({"names": ("a",)}, []),
    ],
)
def test_a_rule_runs_for_the_sections_and_variants_that_its_parameters_take(
    sections: dict[str, object], expected: list[str]
) -> None:
    assert ran(**sections) == expected


def _modules() -> Iterator[ModuleType]:
    yield from (module for _, module in inspect.getmembers(rules, inspect.ismodule))


def test_every_rule_of_every_module_is_registered_once() -> None:
    listed = [check for module in _modules() for check in vars(module).get("CHECKS", ())]

    assert sorted(map(_name, rules.CHECKS)) == sorted(map(_name, listed))
    assert len(set(rules.CHECKS)) == len(rules.CHECKS) > 50


def test_every_function_of_a_module_that_only_takes_sections_is_one_of_its_rules() -> None:
    for module in _modules():
        functions = [f for _, f in inspect.getmembers(module, inspect.isfunction)]
        made = [f for f in functions if f.__module__ == module.__name__ and _takes_sections(f)]
        assert set(made) == set(vars(module).get("CHECKS", ())), module.__name__


def test_the_parameters_of_every_rule_are_fields_of_the_settings() -> None:
    for check in rules.CHECKS:
        named = set(inspect.signature(check).parameters)
        assert named, check
        assert named <= set(Settings.model_fields) - {"stack"}, check


def _name(check: dispatch.Check) -> str:
    return f"{check.__module__}.{check.__qualname__}"


def _takes_sections(function: dispatch.Check) -> bool:
    public = not function.__name__.startswith("_")
    return public and set(inspect.signature(function).parameters) <= set(Settings.model_fields)
