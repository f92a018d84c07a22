"""Recording: what it keeps, what it refuses, and that nothing is left unresolved."""

from __future__ import annotations

import gc
import threading
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pulumi_random as random
import pytest
from pulumi.runtime import resource
from pulumi_kubernetes.core.v1 import ConfigMap, Secret

from stacks.stack_files import StackConfiguration
from tooling.engineless import running
from tooling.engineless.offline import OfflineBackend
from tooling.engineless.recording import (
    UNKNOWN,
    DuplicateUrnError,
    Recording,
    Resource,
    holds_secret,
    reveal,
    secret_texts,
)
from tooling.engineless.recording import Secret as Mark


def record(body: Callable[[], object], *, preview: bool = False) -> Recording:
    def program() -> None:
        body()

    empty = StackConfiguration({}, frozenset())
    backend = OfflineBackend(preview=preview)
    return running.run("test", empty, backend, program, preview=preview)


def password() -> pulumi.Output[str]:
    return random.RandomPassword("password", length=24).result


def test_a_urn_that_is_registered_twice_is_refused() -> None:
    def program() -> None:
        for _ in range(2):
            random.RandomBytes("same", length=4)

    with pytest.raises(DuplicateUrnError, match="RandomBytes::same is registered twice"):
        record(program)


def test_a_registration_reads_no_source_and_the_sdk_is_left_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = vars(resource)["_get_stack_trace"]

    real, read = traceback.extract_stack, list[str]()

    def extract_stack() -> object:
        read.append("a stack")
        return real()

    monkeypatch.setattr(traceback, "extract_stack", extract_stack)

    assert len(record(password).resources) == 1
    assert read == []
    assert vars(resource)["_get_stack_trace"] is before


@pytest.mark.parametrize("waits", [False, True])
def test_a_backend_is_asked_on_threads_if_an_answer_takes_time(*, waits: bool) -> None:
    asked = set[threading.Thread]()

    class Seen(OfflineBackend):
        def create(self, resource: Resource) -> tuple[str, Mapping[str, Any]]:
            asked.add(threading.current_thread())
            return super().create(resource)

    backend = Seen()
    backend.waits = waits
    running.run("test", StackConfiguration({}, frozenset()), backend, lambda: (password(), None)[1])

    assert len(asked) == 1
    assert (threading.current_thread() in asked) is not waits


def test_one_name_with_two_types_is_two_resources() -> None:
    def program() -> None:
        random.RandomBytes("same", length=4)
        random.RandomPassword("same", length=4)

    assert len(record(program).resources) == 2


def test_an_error_inside_an_apply_fails_the_run() -> None:
    def refuse(_: str) -> None:
        raise ValueError("seen only when the value is known")

    with pytest.raises(ValueError, match=r"^seen only when the value is known$"):
        record(lambda: password().apply(refuse))


def test_an_error_inside_an_apply_on_an_apply_fails_the_run() -> None:
    def refuse(_: str) -> None:
        raise ValueError("late")

    with pytest.raises(ValueError, match=r"^late$"):
        record(lambda: password().apply(len).apply(str).apply(refuse))


def test_outputs_that_nothing_awaits_are_resolved() -> None:
    seen = list[int]()
    record(lambda: password().apply(lambda text: seen.append(len(text))))
    assert seen == [24]


def test_a_failed_run_says_no_more_than_its_error(capfd: pytest.CaptureFixture[str]) -> None:
    def program() -> None:
        first = random.RandomBytes("first", length=4)
        for index in range(10):
            ConfigMap(f"waits-{index}", data={"KEY": first.hex})
        random.RandomBytes("first", length=4)

    gc.freeze()  # what is there already is not looked through
    with pytest.raises(DuplicateUrnError):
        record(program)
    gc.collect()
    assert capfd.readouterr() == ("", "")


def test_a_run_after_a_failed_one_is_clean() -> None:
    def failing() -> None:
        pulumi.export("old", "value")
        raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        record(failing)
    again = record(lambda: pulumi.export("new", "value"))
    assert again.exports == {"new": "value"}
    assert again.resources == {}


def test_generated_values_stay_secret_through_format_and_apply() -> None:
    def program() -> None:
        value = password()
        url = pulumi.Output.format("postgresql://app:{0}@host/db", value)
        half = value.apply(lambda text: text[:12])
        Secret("delivered", string_data={"URL": url, "HALF": half})

    run = record(program)
    data = run.named("delivered").inputs["stringData"]
    assert isinstance(data, Mark)
    generated = reveal(data)["HALF"]
    assert len(generated) == 12
    assert sorted(secret_texts(data)) == sorted(
        [generated, reveal(data)["URL"]],
    )
    assert reveal(data)["URL"].startswith(f"postgresql://app:{generated}")


def test_a_generated_value_stays_secret_where_the_provider_marks_nothing() -> None:
    run = record(lambda: ConfigMap("plain", data={"KEY": password(), "OPEN": "x"}))
    data = run.named("plain").inputs["data"]
    assert isinstance(data["KEY"], Mark)
    assert {key: repr(value) for key, value in data.items()} == {"KEY": "[secret]", "OPEN": "'x'"}
    assert len(reveal(data)["KEY"]) == 24


def test_every_random_value_is_a_secret() -> None:
    def program() -> None:
        data = random.RandomBytes("bytes", length=8)
        pulumi.export("hex", data.hex)
        pulumi.export("base64", data.base64)
        pulumi.export("password", password())

    exports = record(program).exports
    assert {key for key, value in exports.items() if holds_secret(value)} == {
        "hex",
        "base64",
        "password",
    }


def test_a_preview_knows_no_generated_value() -> None:
    def program() -> None:
        ConfigMap("plain", data={"KEY": password(), "OPEN": "x"})

    data = record(program, preview=True).named("plain").inputs["data"]
    assert reveal(data) == {"KEY": UNKNOWN, "OPEN": "x"}
    assert list(secret_texts(data)) == []


def test_numbers_keep_their_type() -> None:
    run = record(lambda: random.RandomBytes("bytes", length=8))
    assert repr(run.named("bytes").inputs["length"]) == "8"


def test_what_the_engine_is_told_is_kept() -> None:
    def program() -> None:
        parent = pulumi.ComponentResource("test:index:Parent", "parent")
        first = random.RandomBytes(
            "first", length=8, opts=pulumi.ResourceOptions(parent=parent, protect=True)
        )
        ConfigMap(
            "second",
            data={"KEY": first.hex},
            opts=pulumi.ResourceOptions(ignore_changes=["data"]),
        )

    run = record(program)
    first, second = run.named("first"), run.named("second")
    assert first.parent == run.named("parent").urn
    assert (first.protect, second.protect) == (True, False)
    assert second.dependencies == (first.urn,)
    assert second.property_dependencies == {"data": (first.urn,)}
    assert second.ignore_changes == ("data",)
