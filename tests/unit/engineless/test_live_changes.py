"""What a change of an object means, what is sent for it, and what is generated."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest

from tooling.engineless.generated import generate
from tooling.engineless.live import changes
from tooling.engineless.live.changes import Change, UnsupportedPathError
from tooling.engineless.recording import UnsupportedResourceError
from tooling.engineless.replacement import MUTABLE

PASSWORD = "random:index/randomPassword:RandomPassword"
BYTES = "random:index/randomBytes:RandomBytes"


def item(api_version: str, kind: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "one"}, **fields}


def config_map(**fields: Any) -> dict[str, Any]:  # noqa: ANN401
    return item("v1", "ConfigMap", **fields)


def spec(api_version: str, kind: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    return item(api_version, kind, spec=fields)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (config_map(), config_map(), Change.NONE),
        (config_map(data={"a": "1"}), config_map(data={"a": "2"}), Change.UPDATE),
        (
            config_map(immutable=True, data={"a": "1"}),
            config_map(immutable=True, data={"a": "2"}),
            Change.REPLACE,
        ),
        (config_map(immutable=True), config_map(), Change.REPLACE),
        (config_map(), config_map(immutable=True), Change.UPDATE),
        (
            config_map(immutable=True, metadata={"labels": {"a": "1"}}),
            config_map(immutable=True, metadata={"labels": {"a": "2"}}),
            Change.UPDATE,
        ),
        (config_map(metadata={"name": "one"}), config_map(metadata={}), Change.REPLACE),
        (
            config_map(metadata={"namespace": "a"}),
            config_map(metadata={"namespace": "b"}),
            Change.REPLACE,
        ),
        (config_map(), item("v1", "Secret"), Change.REPLACE),
        (
            item("v1", "Secret", type="Opaque"),
            item("v1", "Secret", type="kubernetes.io/tls"),
            Change.REPLACE,
        ),
        (
            item("v1", "Secret", stringData={"a": "1"}),
            item("v1", "Secret", stringData={"a": "2"}),
            Change.UPDATE,
        ),
        (
            spec("batch/v1", "Job", template={"a": 1}),
            spec("batch/v1", "Job", template={"a": 2}),
            Change.REPLACE,
        ),
        (
            spec("batch/v1", "Job", backoffLimit=1),
            spec("batch/v1", "Job", backoffLimit=2),
            Change.UPDATE,
        ),
        (
            spec("apps/v1", "Deployment", template={"a": 1}),
            spec("apps/v1", "Deployment", template={"a": 2}),
            Change.UPDATE,
        ),
        (
            spec("apps/v1", "Deployment", selector={"a": 1}),
            spec("apps/v1", "Deployment", selector={"a": 2}),
            Change.REPLACE,
        ),
        (
            spec("apps/v1", "StatefulSet", serviceName="a"),
            spec("apps/v1", "StatefulSet", serviceName="b"),
            Change.REPLACE,
        ),
        (
            item("storage.k8s.io/v1", "StorageClass", parameters={"type": "gp2"}),
            item("storage.k8s.io/v1", "StorageClass", parameters={"type": "gp3"}),
            Change.REPLACE,
        ),
        (
            item("policy/v1beta1", "PodDisruptionBudget"),
            item("policy/v1", "PodDisruptionBudget"),
            Change.UPDATE,
        ),
    ],
)
def test_what_a_change_means(old: dict[str, Any], new: dict[str, Any], expected: Change) -> None:
    assert changes.change(old, new, provider=MUTABLE) is expected


def test_an_ignored_path_keeps_what_it_had() -> None:
    old = {"spec": {"size": 1, "claims": [{"a": 1}]}}
    new = {"spec": {"size": 2, "claims": [{"a": 2}]}}

    assert changes.ignoring(new, old, ["spec.claims"]) == {
        "spec": {"size": 2, "claims": [{"a": 1}]}
    }
    assert changes.ignoring({}, old, ["spec.claims"]) == {"spec": {"claims": [{"a": 1}]}}
    assert changes.ignoring(new, {}, ["spec.claims"]) == {"spec": {"size": 2}}
    assert new["spec"]["claims"] == [{"a": 2}]


def test_an_ignored_path_into_a_list_is_refused() -> None:
    with pytest.raises(UnsupportedPathError, match=re.escape("spec.claims[0].size")):
        changes.ignoring({}, {}, ["spec.claims[0].size"])


def test_a_secret_is_sent_with_data_alone() -> None:
    inputs = item("v1", "Secret", stringData={"a": "1"}, data={"b": "Mg=="})

    sent = changes.manifest(inputs, "one-1")

    assert sent == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "one-1"},
        "data": {"a": "MQ==", "b": "Mg=="},
    }
    assert inputs["stringData"] == {"a": "1"}


def test_other_objects_are_sent_as_they_are() -> None:
    assert changes.manifest(config_map(data={"a": "1"}), "one") == config_map(data={"a": "1"})


def test_generated_bytes_are_one_value_in_two_forms() -> None:
    value = generate(BYTES, {"length": 32})

    assert bytes.fromhex(value["hex"]) == base64.b64decode(value["base64"])
    assert len(value["hex"]) == 64
    assert generate(BYTES, {"length": 32}) != value


@pytest.mark.parametrize(
    ("inputs", "pattern"),
    [
        ({"special": False}, r"[A-Za-z0-9]{200}"),
        ({}, r"[A-Za-z0-9!@#$%&*()\-_=+\[\]{}<>:?]{200}"),
        (
            {"lower": False, "upper": False, "overrideSpecial": "abcdef"},
            r"[0-9a-f]{200}",
        ),
        ({"numeric": False, "special": False, "upper": False}, r"[a-z]{200}"),
    ],
)
def test_a_password_keeps_to_its_alphabet(inputs: dict[str, Any], pattern: str) -> None:
    assert re.fullmatch(pattern, generate(PASSWORD, {"length": 200, **inputs})["result"])


def test_an_unknown_generated_type_is_named() -> None:
    with pytest.raises(UnsupportedResourceError, match="random:index/randomPet:RandomPet"):
        generate("random:index/randomPet:RandomPet", {"length": 1})
