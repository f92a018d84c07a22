"""Volumes of a StatefulSet whose data outlives it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pulumi
from pulumi_kubernetes.storage.v1 import StorageClass

from components.kubernetes.claims import VOLUME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_kubernetes.apps.v1 import (
        StatefulSetPersistentVolumeClaimRetentionPolicyArgsDict,
    )
    from pulumi_kubernetes.core.v1 import (
        PersistentVolumeClaimArgsDict,
        TopologySelectorTermArgsDict,
    )

    from components.kubernetes.cluster_mode import ClusterMode

RETAINED: Final[StatefulSetPersistentVolumeClaimRetentionPolicyArgsDict] = {
    "when_deleted": "Retain",
    "when_scaled": "Retain",
}
"""The volume outlives the StatefulSet, so that a replacement loses no data. It is deleted with the
namespace."""

FIXED: Final = ("spec.volumeClaimTemplates",)
"""Immutable: a changed size or class would replace the StatefulSet without changing the volume. To
grow the volume, edit the claim."""


def data_claim(
    storage_gib: int, storage_class: pulumi.Input[str] | None
) -> PersistentVolumeClaimArgsDict:
    """A claim for one pod at a time; no class takes the cluster's default."""
    return {
        "metadata": {"name": VOLUME},
        "spec": {
            "access_modes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": f"{storage_gib}Gi"}},
            "storage_class_name": storage_class,
        },
    }


def encrypted_gp3(
    name: str, object_labels: Mapping[str, str], mode: ClusterMode, opts: pulumi.ResourceOptions
) -> pulumi.Output[str]:
    """The name of a new encrypted gp3 class.

    Autonamed because cluster-wide names would collide between stacks. It is not marked as the
    default class, which is the cluster owner's decision.
    """
    topology: list[TopologySelectorTermArgsDict] = [
        {"match_label_expressions": [{"key": key, "values": [value]}]}
        for key, value in mode.volume_topology.items()
    ]
    made = StorageClass(
        name,
        metadata={"labels": object_labels},
        provisioner=mode.volume_provisioner,
        allowed_topologies=topology or None,
        parameters={"type": "gp3", "encrypted": "true", "csi.storage.k8s.io/fstype": "ext4"},
        volume_binding_mode="WaitForFirstConsumer",
        allow_volume_expansion=True,
        reclaim_policy="Delete",
        opts=opts,
    )
    return made.metadata.apply(lambda m: m.name or "")
