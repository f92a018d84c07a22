"""Rendering refuses what it cannot show, and names it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi_kubernetes as kubernetes
import pulumi_random as random
import pytest
from pulumi_kubernetes.core.v1 import ConfigMap, ConfigMapPatch

from stacks.stack_files import StackConfiguration
from tests.support import stacks
from tests.support.programs import Anything, rendered
from tooling import render
from tooling.engineless import running
from tooling.engineless.offline import OfflineBackend
from tooling.engineless.recording import Resource, UnsupportedResourceError
from tooling.render import RenderError


def test_an_unknown_value_is_refused_outside_of_a_preview() -> None:
    run = stacks.recorded("version 2 dev", preview=True)
    with pytest.raises(RenderError) as error:
        render.collect(run)
    assert str(error.value).splitlines() == [
        f"kubernetes:core/v1:Secret '{name}' cannot be shown: "
        "stringData is known only after a deployment"
        for name in (
            "langfuse-agents-ai-agents-access-secret",
            "langfuse-app-secret",
            "langfuse-database-secret",
            "langfuse-postgres-credentials",
        )
    ]


def config_patch() -> None:
    ConfigMapPatch("patch", metadata={"name": "x"}, data={"a": "b"})


def secret_annotation() -> None:
    key = random.RandomBytes("key", length=8).hex
    ConfigMap("noted", metadata={"name": "noted", "annotations": {"checksum": key}})


def stranger() -> None:
    Anything("other:index:Thing", "thing", {"apiVersion": None})


def remote_component() -> None:
    kubernetes.yaml.v2.ConfigGroup("group", yaml="a: b")


@pytest.mark.parametrize(
    ("program", "error", "message"),
    [
        (
            config_patch,
            RenderError,
            "kubernetes:core/v1:ConfigMapPatch 'patch' cannot be shown: it is no whole object",
        ),
        (
            secret_annotation,
            RenderError,
            "kubernetes:core/v1:ConfigMap 'noted' cannot be shown: its metadata holds a secret, "
            "for all to read",
        ),
        (
            remote_component,
            RenderError,
            "kubernetes:yaml/v2:ConfigGroup 'group' cannot be shown: it is a remote component, "
            "whose resources only its provider knows",
        ),
        (
            stranger,
            UnsupportedResourceError,
            "other:index:Thing 'thing' cannot be shown without its provider: "
            "add it to tooling/engineless/offline.py, or use a resource that can be.",
        ),
    ],
)
def test_what_cannot_be_shown_is_refused(
    program: Callable[[], None], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as raised:
        rendered(program)
    assert str(raised.value) == message


def test_a_type_that_a_backend_answers_for_is_still_refused_if_it_has_no_form() -> None:
    class Obliging(OfflineBackend):
        def create(self, resource: Resource) -> tuple[str, dict[str, Any]]:
            return "id", dict(resource.inputs)

    empty = StackConfiguration({}, frozenset())
    run = running.run("test", empty, Obliging(), stranger)
    with pytest.raises(RenderError) as raised:
        render.collect(run)
    assert str(raised.value) == (
        "other:index:Thing 'thing' cannot be shown: it is none of a Kubernetes object, a Helm "
        "release, an AWS or random resource, a provider, a local component"
    )


def test_two_resources_that_are_one_object_are_refused() -> None:
    def program() -> None:
        for name in ("one", "two"):
            ConfigMap(name, metadata={"name": "same", "namespace": "n"})

    with pytest.raises(RenderError) as error:
        rendered(program)
    assert str(error.value) == "'one' and 'two' are one object: ConfigMap n/same"
