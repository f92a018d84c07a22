"""What differs between a stack on EKS Auto Mode and on a cluster with its owner's controllers.

``docs/eks-auto-mode.md`` explains each difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from stacks.stack_files import ROOT
from tests.support import recordings
from tests.support.stacks import DEV_ON_EKS
from tooling.engineless.recording import Recording, reveal
from tooling.kit.json_values import as_list, as_mapping

NAMESPACE: Final = "Namespace/langfuse-namespace metadata.labels."
OURS: Final = "elbv2.k8s.aws/pod-readiness-gate-inject"
AUTOS: Final = "eks.amazonaws.com/pod-readiness-gate-inject"
INGRESS: Final = "Ingress/langfuse-endpoint-ingress spec.ingressClassName"
CLASS: Final = "IngressClass/langfuse-endpoint-alb spec.controller"
STORAGE: Final = "StorageClass/langfuse-postgres-gp3"
CLAIM: Final = (
    "StatefulSet/langfuse-postgres-stateful-set spec.volumeClaimTemplates.0.spec.storageClassName"
)
ABSENT: Final = "-"


def leaves(value: object, path: str = "") -> Iterator[tuple[str, Any]]:
    items = as_mapping(value)
    if items is None and (entries := as_list(value)) is not None:
        items = {str(index): entry for index, entry in enumerate(entries)}
    if items is None:
        yield path, value
        return
    for key, item in items.items():
        yield from leaves(item, f"{path}.{key}" if path else key)


def flat(recording: Recording) -> dict[str, Any]:
    """Every input, by kind, logical name and path."""
    return {
        f"{resource.type.rpartition(':')[2]}/{resource.name} {path}": value
        for resource in recording.resources.values()
        for path, value in leaves(reveal(resource.inputs))
    }


def differences(
    stack: str, overrides: Mapping[str, Any], *, preview: bool = False
) -> dict[str, tuple[Any, Any]]:
    """What each mode has where they differ: that of the owner's controllers first."""
    owners, autos = (
        flat(recordings.with_overrides(stack, overrides, preview=preview, auto_mode=auto))
        for auto in (False, True)
    )
    return {
        key: (owners.get(key, ABSENT), autos.get(key, ABSENT))
        for key in sorted({*owners, *autos})
        if owners.get(key, ABSENT) != autos.get(key, ABSENT)
    }


@pytest.mark.parametrize("preview", [False, True])
def test_prod_differs_in_its_readiness_gates_and_in_its_ingress_class_alone(preview: bool) -> None:
    found = differences("version 2 prod", {}, preview=preview)

    named = found.pop(INGRESS)
    labels = {key: value for key, value in found.items() if key.startswith("IngressClass/")}
    assert named[0] == "alb"
    assert named[1].startswith("langfuse-endpoint-alb-")
    assert labels.pop(CLASS) == (ABSENT, "eks.amazonaws.com/alb")
    assert {key.partition(" ")[2].partition(".")[0] for key in labels} == {
        "apiVersion",
        "kind",
        "metadata",
    }
    assert {key: value for key, value in found.items() if not key.startswith("IngressClass/")} == {
        f"{NAMESPACE}{OURS}": ("enabled", ABSENT),
        f"{NAMESPACE}{AUTOS}": (ABSENT, "enabled"),
    }


@pytest.mark.parametrize("preview", [False, True])
def test_dev_on_eks_differs_in_its_storage_class_alone(preview: bool) -> None:
    found = differences("version 2 dev", DEV_ON_EKS, preview=preview)

    # Its provisioner and topology are part of what replaces the class, and so of its name.
    assert {name.rpartition("-")[0] for name in found.pop(CLAIM)} == {"langfuse-postgres-gp3"}
    topology = f"{STORAGE} allowedTopologies.0.matchLabelExpressions.0"
    assert found == {
        f"{STORAGE} provisioner": ("ebs.csi.aws.com", "ebs.csi.eks.amazonaws.com"),
        f"{topology}.key": (ABSENT, "eks.amazonaws.com/compute-type"),
        f"{topology}.values.0": (ABSENT, "auto"),
    }


@pytest.mark.parametrize(
    ("stack", "overrides"), [("version 2 prod", {}), ("version 2 dev", DEV_ON_EKS)]
)
def test_the_page_names_what_differs(stack: str, overrides: Mapping[str, Any]) -> None:
    page = (ROOT / "docs" / "eks-auto-mode.md").read_text(encoding="utf-8")

    for key, values in differences(stack, overrides).items():
        last = key.rpartition(" ")[2].removeprefix("metadata.labels.")
        told = (last, *(str(value) for value in values))
        if "/pod-readiness-gate-inject" in last:
            assert f"`{last}`" in page
        elif any(name in last for name in ("provisioner", "controller")):
            assert [text for text in told[1:] if text != ABSENT and f"`{text}`" not in page] == []
        elif "allowedTopologies" in last:
            assert [text for text in told[1:] if text != ABSENT and text not in page] == []


def test_a_class_that_the_settings_name_is_taken_and_its_controller_may_be_either() -> None:
    """A cluster in Auto Mode can run the AWS Load Balancer Controller too."""
    named = {"agent-observability:endpoint": {"ingressClass": "alb-shared"}}
    recording = recordings.with_overrides("version 2 prod", named, auto_mode=True)

    labels = recording.named("langfuse-namespace").inputs["metadata"]["labels"]
    spec = recording.named("langfuse-endpoint-ingress").inputs["spec"]
    assert spec["ingressClassName"] == "alb-shared"
    assert not recording.of_type("kubernetes:networking.k8s.io/v1:IngressClass")
    assert (labels[OURS], labels[AUTOS]) == ("enabled", "enabled")


def test_a_named_class_changes_no_label_on_a_cluster_without_auto_mode() -> None:
    named = {"agent-observability:endpoint": {"ingressClass": "alb-shared"}}
    labels = recordings.with_overrides("version 2 prod", named).named("langfuse-namespace").inputs

    assert labels["metadata"]["labels"][OURS] == "enabled"
    assert AUTOS not in labels["metadata"]["labels"]
