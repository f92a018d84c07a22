"""Nodes and storage for the simulated cluster.

No provisioner runs here, so volumes are created beforehand and the scheduler binds claims to them.
Nothing is ever mounted, because no container runs. A released volume is not used again:
after as many claims as there are volumes, restart the cluster.
"""

from __future__ import annotations

import json
from typing import Any

ZONES = ("local-a", "local-b", "local-c")
VOLUMES = 40
VOLUME_SIZE = "200Gi"
STORAGE_CLASS = "standard"


def manifest() -> str:
    """Every simulated object as one JSON list that kubectl can apply."""
    items = [_storage_class(), *(_node(zone) for zone in ZONES)]
    items += [_volume(number) for number in range(1, VOLUMES + 1)]
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items})


def _storage_class() -> dict[str, Any]:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": STORAGE_CLASS,
            "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": "kubernetes.io/no-provisioner",
        "reclaimPolicy": "Retain",
        "volumeBindingMode": "WaitForFirstConsumer",
    }


def _node(zone: str) -> dict[str, Any]:
    name = zone.replace("local", "node")
    resources = {"cpu": "8", "memory": "32Gi", "pods": "110"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            # Tells the kwok controller that it plays this node's kubelet.
            "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "node.kubernetes.io/instance-type": "simulated",
                "topology.kubernetes.io/region": "local",
                "topology.kubernetes.io/zone": zone,
            },
        },
        "status": {"allocatable": resources, "capacity": resources},
    }


def _volume(number: int) -> dict[str, Any]:
    name = f"{STORAGE_CLASS}-{number:02d}"
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "capacity": {"storage": VOLUME_SIZE},
            "hostPath": {"path": f"/nonexistent/{name}"},
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": STORAGE_CLASS,
        },
    }
