"""Every object against the API schemas of each supported Kubernetes version, strictly."""

from __future__ import annotations

from typing import Final

import kubernetes_validate  # pyright: ignore[reportMissingTypeStubs]
import pytest
from kubernetes_validate import utils  # pyright: ignore[reportMissingTypeStubs]

from tests.support import stacks
from tests.support.schemas import VERSIONS, faults

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
