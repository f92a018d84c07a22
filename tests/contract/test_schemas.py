"""Every object against the API schemas of each supported Kubernetes version, strictly."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from typing import Any, Final

import kubernetes_validate  # pyright: ignore[reportMissingTypeStubs]
import pytest
from kubernetes_validate import utils  # pyright: ignore[reportMissingTypeStubs]

from tests.support import stacks

VERSIONS: Final = ("1.30", "1.31", "1.32", "1.33", "1.34", "1.35", "1.36", "1.37")

WITHOUT_SCHEMA: Final = frozenset(
    {
        ("clickhouse.com/v1alpha1", "ClickHouseCluster"),
        ("clickhouse.com/v1alpha1", "KeeperCluster"),
        ("external-secrets.io/v1", "ExternalSecret"),
        ("external-secrets.io/v1", "SecretStore"),
        ("monitoring.coreos.com/v1", "PodMonitor"),
        ("monitoring.coreos.com/v1", "PrometheusRule"),
        ("monitoring.coreos.com/v1", "Probe"),
    }
)
"""Kinds of custom resource definitions, which the cluster tier checks against the definitions.
Those of ClickHouse's operator are checked in tests/unit/clickhouse."""


@pytest.fixture(scope="module", autouse=True)
def _schemas_are_read_once() -> Iterator[None]:  # pyright: ignore[reportUnusedFunction]
    """The library lists a folder and reads a file of megabytes for every object."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utils, "all_versions", functools.cache(utils.all_versions))
        patch.setattr(utils, "schema_contents", functools.cache(utils.schema_contents))
        yield


@functools.cache
def fault(text: str, version: str) -> str | None:
    """What is wrong with an object as JSON; variants share most of theirs."""
    try:
        kubernetes_validate.validate(json.loads(text), version, strict=True)
    except kubernetes_validate.ValidationError as error:
        return f"{'.'.join(str(part) for part in error.path)}: {error.message}"
    return None


def faults(manifest: Any, version: str) -> str | None:  # noqa: ANN401 - JSON
    return fault(json.dumps(manifest, sort_keys=True), version)


def test_the_checker_knows_every_supported_version() -> None:
    known = {utils.major_minor(version) for version in utils.all_versions()}
    assert set(VERSIONS) <= known, "an unknown version is silently checked as an older one"


@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_is_valid(variant: str, version: str) -> None:
    found = [
        (item.kind, item.name, problem)
        for item in stacks.rendered(variant).objects
        if (item.manifest["apiVersion"], item.kind) not in WITHOUT_SCHEMA
        and (problem := faults(item.manifest, version)) is not None
    ]
    assert found == []


def test_an_unknown_field_is_a_fault() -> None:
    item = stacks.rendered("version 2 dev").objects[0]
    assert item.kind == "Namespace"
    broken = {**item.manifest, "spec": {"finalisers": ["x"]}}
    assert (faults(broken, "1.30") or "").startswith("spec: Additional properties are not allowed")


def test_an_unknown_kind_is_an_error() -> None:
    manifest = {"apiVersion": "apps/v2", "kind": "Deployment", "metadata": {"name": "x"}}
    with pytest.raises(kubernetes_validate.SchemaNotFoundError):
        faults(manifest, "1.30")
