"""Custom resources of ClickHouse's operator, as specifications.

https://clickhouse.com/docs/products/kubernetes-operator
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from components.clickhouse import configuration

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

    from components.kubernetes.placement import ContainerResources, Placement

API_VERSION: Final = "clickhouse.com/v1alpha1"

REPLICAS: Final = 3
"""Of the servers and of the Keepers: the smallest number of which one may be lost. Another number
of Keepers would have to be reached one by one."""

UNTIL_READY: Final = {"pulumi.com/waitFor": "condition=Ready"}
"""Annotation that makes Pulumi wait for a custom resource, which it otherwise does not."""

UNTIL_IN_SYNC: Final = {
    "pulumi.com/waitFor": json.dumps(
        ["condition=Ready", "condition=ClusterSizeAligned", "condition=SchemaInSync"]
    )
}
"""The same, until every replica has the database too: the operator makes it again when it first
sees the servers, with all that is in it."""

READY_MINUTES: Final = 20
"""How long to wait: images, volumes and nodes for six pods, one after the other."""

MANAGEMENT_PORT: Final = 9001
"""Of the servers, for the operator."""

KEEPER_PORT: Final = 2181
"""Of the Keepers, for servers and for the operator."""

METRICS: Final = "prometheus"
"""Name of the port with metrics, which the operator opens on all pods; that of the servers is
``configuration.METRICS_PORT``."""

KEEPER_METRICS_PORT: Final = 9090
"""Of the Keepers."""

_UID: Final = 101
"""uid and gid of `clickhouse` in both images."""

_POD_SECURITY: Final = {
    "runAsNonRoot": True,
    "runAsUser": _UID,
    "runAsGroup": _UID,
    "fsGroup": _UID,
    "fsGroupChangePolicy": "OnRootMismatch",
    "seccompProfile": {"type": "RuntimeDefault"},
}

_CONTAINER_SECURITY: Final = {
    "allowPrivilegeEscalation": False,
    # The operator adds three others to an empty list. This one is the only one that `restricted`
    # allows, and a process that is not root does not get it.
    "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]},
}

_NO_CPU_LIMIT: Final = "64"
"""More than a node has. Without one the operator would add its default, 1, which is below the
request."""

_VERSION_PROBE: Final = {
    "spec": {
        "template": {
            "spec": {
                "securityContext": {
                    key: value for key, value in _POD_SECURITY.items() if not key.startswith("fsG")
                },
                "containers": [
                    {
                        "name": "version-probe",
                        "resources": {
                            "requests": {"cpu": "250m", "memory": "512Mi"},
                            "limits": {"cpu": _NO_CPU_LIMIT, "memory": "2Gi"},
                        },
                        "securityContext": _CONTAINER_SECURITY,
                    }
                ],
            }
        }
    }
}
"""The Job that asks the image for its version. Operators up to 0.0.7 give it too little memory, and
make no server when it is killed (https://github.com/ClickHouse/clickhouse-operator/issues/256)."""

_LOGGER: Final = {"level": "information", "logToFile": False}
"""The operator's defaults are level trace and 50 files of 1000M in each container."""


def server_selector(name: str) -> dict[str, str]:
    """Labels of the pods of the ClickHouseCluster ``name``."""
    return {"app": f"{name}-clickhouse", "clickhouse.com/role": "clickhouse-server"}


def replica_selector(name: str) -> dict[str, str]:
    """Labels of one of them, always the same."""
    return {
        **server_selector(name),
        "clickhouse.com/shard-id": "0",
        "clickhouse.com/replica-id": "0",
    }


def keeper_selector(name: str) -> dict[str, str]:
    """Labels of the pods of the KeeperCluster ``name``."""
    return {"app": f"{name}-keeper", "clickhouse.com/role": "clickhouse-keeper"}


SERVER: Final = "clickhouse-server"
KEEPER: Final = "clickhouse-keeper"
"""Names of the containers (internal/controller in ClickHouse/clickhouse-operator)."""

_VOLUME: Final = "clickhouse-storage-volume"
"""The template of each pod's claim."""


def server_sets(name: str) -> list[str]:
    """Names of the StatefulSets of the ClickHouseCluster ``name``: one for each server."""
    return [f"{name}-clickhouse-0-{replica}" for replica in range(REPLICAS)]


def keeper_sets(name: str) -> list[str]:
    """Names of the StatefulSets of the KeeperCluster ``name``: one for each Keeper."""
    return [f"{name}-keeper-{replica}" for replica in range(REPLICAS)]


def claim_of(stateful_set: str) -> str:
    """The claim of a StatefulSet's only pod."""
    return f"{_VOLUME}-{stateful_set}-0"


def claim(storage_gib: int, storage_class: pulumi.Input[str] | None) -> dict[str, Any]:
    """Specification of each pod's claim; no class takes the cluster's default."""
    spec: dict[str, Any] = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": f"{storage_gib}Gi"}},
    }
    if storage_class is not None:
        spec["storageClassName"] = storage_class
    return spec


def keeper_spec(
    *,
    image: str,
    resources: ContainerResources,
    placement: Placement,
    claim: Mapping[str, Any],
) -> dict[str, Any]:
    """A KeeperCluster; ``claim`` is the specification of each pod's claim."""
    return {
        "replicas": REPLICAS,
        **_pods(image, resources, placement, claim),
        "settings": {"logger": _LOGGER},
    }


def cluster_spec(
    *,
    keeper: pulumi.Input[str],
    image: str,
    resources: ContainerResources,
    placement: Placement,
    claim: Mapping[str, Any],
    credentials: pulumi.Input[str],
    service_account: pulumi.Input[str] | None = None,
) -> dict[str, Any]:
    """A ClickHouseCluster of one shard.

    ``keeper``: name of the KeeperCluster; ``credentials``: name of the Secret with
    ``configuration.PASSWORD_HASH``, for the user ``default``, who may do everything;
    ``service_account``: none takes the namespace's own.
    """
    pods = _pods(image, resources, placement, claim)
    if service_account is not None:
        pods["podTemplate"]["serviceAccountName"] = service_account
    return {
        "replicas": REPLICAS,
        "shards": 1,  # Langfuse supports no other number
        "keeperClusterRef": {"name": keeper},
        **pods,
        "settings": {
            "logger": _LOGGER,
            "defaultUserPassword": {
                "passwordType": "password_sha256_hex",
                "secret": {"name": credentials, "key": configuration.PASSWORD_HASH},
            },
            # New replicas get what is in the database.
            "enableDatabaseSync": True,
            "extraConfig": {
                "timezone": "UTC",
                "max_server_memory_usage_to_ram_ratio": configuration.MEMORY_RATIO,
                "query_log": configuration.LOG,
                "part_log": configuration.LOG,
                # Without a limit in the operator's configuration.
                "text_log": {"@remove": "1"},
            },
            "extraUsersConfig": {
                "profiles": {"default": configuration.PROFILE},
            },
        },
    }


def _pods(
    image: str, resources: ContainerResources, placement: Placement, claim: Mapping[str, Any]
) -> dict[str, Any]:
    """What both kinds have: pods, their container, their volume."""
    pod: dict[str, Any] = {
        "securityContext": _POD_SECURITY,
        "terminationGracePeriodSeconds": 120,
        "nodeHostnameKey": "kubernetes.io/hostname",
        "topologyZoneKey": "topology.kubernetes.io/zone",
    }
    if placement.image_pull_secrets:
        pod["imagePullSecrets"] = [{"name": name} for name in placement.image_pull_secrets]
    if placement.node_selector:
        pod["nodeSelector"] = placement.node_selector
    if placement.tolerations:
        pod["tolerations"] = placement.tolerations
    spec: dict[str, Any] = {
        "podTemplate": pod,
        "containerTemplate": {
            "image": _image(image),
            "resources": {
                "requests": {"cpu": resources.cpu, "memory": resources.memory},
                "limits": {"cpu": _NO_CPU_LIMIT, "memory": resources.memory_limit},
            },
            "securityContext": _CONTAINER_SECURITY,
        },
        "dataVolumeClaimSpec": claim,
        "versionProbeTemplate": _VERSION_PROBE,
    }
    if placement.labels:
        spec["labels"] = placement.labels
    if placement.annotations:
        spec["annotations"] = placement.annotations
    return spec


def _image(image: str) -> dict[str, str]:
    """Repository with either tag or digest: the digest decides, where there is one."""
    named, _, digest = image.partition("@")
    folder, slash, name = named.rpartition("/")
    short, _, tag = name.partition(":")
    repository = f"{folder}{slash}{short}"
    return {"repository": repository, **({"hash": digest} if digest else {"tag": tag})}
