"""Shortcuts: a program registers the same with Pulumi's own functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

import pulumi
import pulumi_random as random
import pytest
from pulumi import output
from pulumi.runtime import resource, rpc
from pulumi_kubernetes.core.v1.outputs import TopologySelectorLabelRequirement

from stacks.stack_files import StackConfiguration
from tests.support import bases
from tooling.engineless import running, shortcuts
from tooling.engineless.offline import OfflineBackend
from tooling.engineless.recording import Recording, Resource

UNKNOWN: Any = output.UNKNOWN


def content(run: Recording) -> object:
    """What was registered, apart from its order, which depends on who waits for whom."""
    return (
        {
            r.urn: (r.inputs, r.dependencies, r.property_dependencies, r.provider, r.protect)
            for r in run.resources.values()
        },
        run.registered_outputs,
        run.exports,
    )


@pytest.mark.parametrize(
    ("base", "preview"), [("version 2 dev", False), ("version 2 dev", True), ("prod", True)]
)
def test_a_stack_registers_the_same_without_them(
    base: str, preview: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = bases.record(base, preview=preview)
    monkeypatch.setattr(shortcuts, "taken", nullcontext)
    long = bases.record(base, preview=preview)

    assert len(short.resources) >= 30
    assert content(short) == content(long)


@pytest.mark.parametrize(
    ("value", "unknown"),
    list[tuple[Any, bool]](
        [
            (UNKNOWN, True),
            ("text", False),
            ([1, {"a": [UNKNOWN]}], True),
            ({"a": {"b": UNKNOWN}}, True),
            ({"a": [None, 1.5, dict[str, Any]()]}, False),
            (TopologySelectorLabelRequirement(key="zone", values=["a"]), False),
        ]
    ),
)
def test_unknown_parts_are_found_where_the_sdk_finds_them(value: object, unknown: bool) -> None:
    found = list[bool]()

    def program() -> None:
        found.append(rpc.contains_unknowns(value))

    assert rpc.contains_unknowns(value) is unknown
    run(program)
    assert found == [unknown]


def test_a_value_that_holds_itself_is_looked_through_once() -> None:
    itself = list[Any]()
    itself += [itself, {"again": itself}]
    found = list[bool]()

    run(lambda: found.append(rpc.contains_unknowns(itself)))

    assert found == [False]


@pytest.mark.parametrize("taken", [shortcuts.taken, nullcontext])
@pytest.mark.parametrize("preview", [False, True])
def test_properties_say_whether_they_are_known_or_secret_and_what_they_depend_on(
    preview: bool, taken: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def look(made: random.RandomPassword) -> None:
        for value in (made.length, made.result, made.keepers):
            known, secret = await value.is_known(), await value.is_secret()
            assert await value.resources() == {made}
            seen.append((known, secret))

    def program() -> pulumi.Output[None]:
        return pulumi.Output.from_input(look(random.RandomPassword("password", length=4)))

    monkeypatch.setattr(shortcuts, "taken", taken)
    seen = list[tuple[bool, bool]]()
    run(program, preview=preview)

    assert seen == [(True, False), (not preview, True), (not preview, False)]


@pytest.mark.parametrize("taken", [shortcuts.taken, nullcontext])
def test_properties_of_a_resource_that_failed_raise_why(
    taken: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Refusing(OfflineBackend):
        def create(self, resource: Resource) -> tuple[str, Mapping[str, Any]]:
            raise RuntimeError("refused")

    async def look(made: random.RandomPassword) -> None:
        try:
            await made.result.future()
        except RuntimeError as error:
            seen.append(str(error))

    def program() -> None:
        pulumi.Output.from_input(look(random.RandomPassword("password", length=4)))

    monkeypatch.setattr(shortcuts, "taken", taken)
    seen = list[str]()
    with pytest.raises(RuntimeError, match="refused"):
        run(program, Refusing())

    assert seen == ["refused"]


@pytest.mark.parametrize("parent", ["urn:pulumi:test::project::test:index:Parent::parent", None])
def test_a_urn_is_the_one_that_the_sdk_makes(parent: str | None) -> None:
    made = list[str]()

    def program() -> pulumi.Output[None]:
        urn = resource.create_urn("child", "test:index:Child", parent)
        return urn.apply(made.append)

    def long() -> pulumi.Output[None]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(resource, "create_urn", vars(shortcuts)["_URN"])
            return program()

    run(program)
    run(long)

    assert len(made) == 2
    assert made[0] == made[1]


def test_the_sdk_is_left_as_it_was() -> None:
    names = ("transfer_properties", "contains_unknowns")
    before = [vars(rpc)[name] for name in names]
    inside = list[Any]()

    run(lambda: inside.extend(vars(rpc)[name] for name in names))

    assert [vars(rpc)[name] for name in names] == before
    assert not set(inside) & set(before)


def run(
    body: Callable[[], object], backend: OfflineBackend | None = None, *, preview: bool = False
) -> None:
    def program() -> None:
        body()

    answering = backend or OfflineBackend(preview=preview)
    running.run("test", StackConfiguration({}, frozenset()), answering, program, preview=preview)
