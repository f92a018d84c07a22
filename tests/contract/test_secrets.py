"""No secret is in clear text outside the Secret objects."""

from __future__ import annotations

from collections.abc import Callable

import pulumi
import pulumi_random as random
import pytest
from pulumi_kubernetes.core.v1 import ConfigMap, Secret

from components.secrets.masking import MASK
from stacks.stack_files import StackConfiguration
from tests.support import stacks
from tests.support.leaks import Leaks, generated_values, plain_texts
from tooling import render
from tooling.engineless import offline, running
from tooling.engineless.recording import Recording, holds_secret, secret_texts

CONFIGURED = ("placeholder", "lsv2_sk_placeholder")
"""Placeholders for encrypted values of a stack file."""


def leaks_of(run: Recording) -> Leaks:
    return Leaks(generated_values(run), CONFIGURED)


def record(body: Callable[[], None]) -> Recording:
    empty = StackConfiguration({}, frozenset())
    return running.run("fixture", empty, offline.OfflineBackend(), body)


def test_no_secret_is_outside_of_a_secret_mark(variant: str) -> None:
    run = stacks.recorded(variant)
    assert len(generated_values(run)) >= 3
    assert leaks_of(run).of_recording(run) == []


def test_no_secret_is_in_any_rendered_file(variant: str) -> None:
    leaks = leaks_of(stacks.recorded(variant))
    files = render.to_files(stacks.rendered(variant))
    assert [path for path, text in files.items() if leaks.within(text)] == []


def test_every_secret_object_is_marked_and_masked_in_full(variant: str) -> None:
    run = stacks.recorded(variant)
    for resource in run.of_type("kubernetes:core/v1:Secret"):
        values = {key: resource.inputs.get(key) for key in ("data", "stringData")}
        assert any(map(holds_secret, values.values())), resource.name
        assert [text for _, text in plain_texts(values)][:2] == ["data", "stringData"]
        assert [path for path, _ in plain_texts(values) if path != " key"] == []
    objects = stacks.rendered(variant).objects
    delivered = [item for item in objects if item.kind in {"Secret", "ExternalSecret"}]
    assert len(delivered) >= 2
    for item in delivered:
        if item.kind == "Secret":
            assert set(item.manifest["stringData"].values()) == {MASK}


def test_each_secret_is_somewhere_behind_a_mark(variant: str) -> None:
    run = stacks.recorded(variant)
    texts = [text for resource in run.resources.values() for text in secret_texts(resource.inputs)]
    leaks = leaks_of(run)
    assert [leaks.within(text) for text in texts].count(True) >= 3


def test_the_stack_outputs_hold_no_secret(base: str) -> None:
    assert not holds_secret(stacks.recorded(base).exports)


def leak_by_unsecret() -> None:
    password = random.RandomPassword("password", length=24).result
    ConfigMap("leaky", data={"PASSWORD": pulumi.Output.unsecret(password)})


def leak_half_in_an_annotation() -> None:
    key = random.RandomBytes("key", length=32).hex
    half = pulumi.Output.unsecret(key).apply(lambda text: text[:32])
    Secret("leaky", metadata={"annotations": {"checksum": half}}, string_data={"KEY": key})


def leak_as_base64() -> None:
    key = random.RandomBytes("key", length=32).base64
    encoded = pulumi.Output.unsecret(key).apply(
        lambda text: __import__("base64").b64encode(text.encode()).decode()
    )
    ConfigMap("leaky", data={"KEY": encoded})


def leak_in_an_output() -> None:
    password = random.RandomPassword("password", length=24).result
    pulumi.export("address", pulumi.Output.unsecret(pulumi.Output.concat("u:", password, "@h")))


@pytest.mark.parametrize(
    ("program", "place"),
    [
        (leak_by_unsecret, "kubernetes:core/v1:ConfigMap 'leaky' data.PASSWORD"),
        (
            leak_half_in_an_annotation,
            "kubernetes:core/v1:Secret 'leaky' metadata.annotations.checksum",
        ),
        (leak_as_base64, "kubernetes:core/v1:ConfigMap 'leaky' data.KEY"),
        (leak_in_an_output, "stack output address"),
    ],
)
def test_a_leak_is_found(program: Callable[[], None], place: str) -> None:
    run = record(program)
    assert leaks_of(run).of_recording(run) == [place]


def test_a_configured_secret_in_clear_is_found() -> None:
    run = record(lambda: ConfigMap("leaky", data={"KEY": "a-placeholder"}) and None)
    assert leaks_of(run).of_recording(run) == ["kubernetes:core/v1:ConfigMap 'leaky' data.KEY"]
