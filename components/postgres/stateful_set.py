"""PostgreSQL in the cluster: one pod, no backup. For development."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pulumi
import pulumi_random as random
from pulumi_kubernetes.apps.v1 import StatefulSet
from pulumi_kubernetes.core.v1 import Secret, Service
from pulumi_kubernetes.networking.v1 import NetworkPolicy
from pulumi_kubernetes.storage.v1 import StorageClass

from components.kubernetes.labels import labels, selector
from components.kubernetes.placement import ANYWHERE, ContainerResources, Placement
from components.kubernetes.pods import (
    container_security,
    placed,
    pod_security,
    resource_requirements,
)
from components.postgres.connection import DatabaseConnection
from components.postgres.url import connection_url, pool_parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_kubernetes.core.v1 import (
        ContainerArgsDict,
        PersistentVolumeClaimArgsDict,
        ProbeArgsDict,
        VolumeArgsDict,
        VolumeMountArgsDict,
    )

TYPE = "agent-observability:index:PostgresStatefulSet"

PORT: Final = 5432
_USER: Final = "langfuse"
_DATABASE: Final = "langfuse"
_UID: Final = 70
_GRACE: Final = 120
"""A fast shutdown writes a checkpoint; the image's authors warn that 90 s may not be enough."""
"""uid and gid of `postgres` in the Alpine image."""
_MOUNT: Final = "/var/lib/postgresql/data"

# The image reads POSTGRES_PASSWORD only while it makes a new data folder, so a changed password
# would lock Langfuse out. PostgreSQL's single-user mode sets it before the server starts. The
# password reaches it by standard input: an argument would show in the process list. It consists of
# letters and digits (see RandomPassword below), so that it needs no quoting.
_SET_ROLE: Final = """\
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  echo 'no data yet: the server will be initialised with the password'
  exit 0
fi
printf "ALTER ROLE %s PASSWORD '%s';\\n" "$POSTGRES_USER" "$POSTGRES_PASSWORD" |
  postgres --single -D "$PGDATA" -c exit_on_error=on "$POSTGRES_DB" > /dev/null
echo 'password applied'
"""


@dataclass(frozen=True, kw_only=True)
class PostgresStatefulSetArgs:
    namespace: pulumi.Input[str]
    """Namespace of all objects."""
    image: str
    """PostgreSQL image (Alpine variant)."""
    storage_gib: int
    """Size of the volume in GiB. Read once, when the volume is made."""
    clients: Mapping[str, Mapping[str, str]]
    """Labels of the pods that may connect, by what they are."""
    connection_limit: int
    """Connections that each client pod may hold."""
    max_connections: int
    """PostgreSQL's ``max_connections``."""
    resources: ContainerResources
    """Requests and limits."""
    storage_class: str | None = None
    """StorageClass of the volume; none takes the cluster's default."""
    create_storage_class: bool = False
    """Create an encrypted gp3 class for the EBS CSI driver and use it."""
    placement: Placement = ANYWHERE
    """Where the pod may run."""


class PostgresStatefulSet(pulumi.ComponentResource):
    """A one-pod PostgreSQL with a persistent volume, reachable by its clients only."""

    connection: DatabaseConnection
    """The database; its URL resolves when the server accepts connections."""

    def __init__(
        self, name: str, args: PostgresStatefulSetArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        object_labels = labels(name, "database", name="postgresql")
        pods = selector(name, "database")

        password = random.RandomPassword(
            f"{name}-password", length=32, special=False, opts=child
        ).result
        secret = Secret(
            f"{name}-credentials",
            metadata={"namespace": args.namespace, "labels": object_labels},
            type="Opaque",
            immutable=True,
            string_data={
                "POSTGRES_USER": _USER,
                "POSTGRES_DB": _DATABASE,
                "POSTGRES_PASSWORD": password,
            },
            opts=child,
        )
        service = Service(
            f"{name}-service",
            metadata={"namespace": args.namespace, "name": name, "labels": object_labels},
            spec={
                "cluster_ip": "None",
                "selector": pods,
                "ports": [{"name": "postgresql", "port": PORT, "target_port": "postgresql"}],
            },
            opts=child,
        )
        policy = NetworkPolicy(
            f"{name}-network-policy",
            metadata={"namespace": args.namespace, "name": name, "labels": object_labels},
            spec={
                "pod_selector": {"match_labels": pods},
                "policy_types": ["Ingress", "Egress"],
                "ingress": [
                    {
                        "from_": [
                            {"pod_selector": {"match_labels": client}}
                            for client in args.clients.values()
                        ],
                        "ports": [{"protocol": "TCP", "port": "postgresql"}],
                    }
                ],
                # No egress rule: a database opens no connections.
            },
            opts=child,
        )
        storage_class: pulumi.Input[str] | None = args.storage_class
        if args.create_storage_class:
            storage_class = _gp3(f"{name}-gp3", object_labels, child).metadata.apply(
                lambda m: m.name or ""
            )
        stateful_set = StatefulSet(
            f"{name}-stateful-set",
            metadata={"namespace": args.namespace, "name": name, "labels": object_labels},
            spec={
                # By name and not by reference: the pod does not have to wait for the Service.
                "service_name": name,
                "replicas": 1,
                "selector": {"match_labels": pods},
                # The volume outlives the StatefulSet, so that replacing it loses no data. It goes
                # with the namespace.
                "persistent_volume_claim_retention_policy": {
                    "when_deleted": "Retain",
                    "when_scaled": "Retain",
                },
                "template": {
                    "metadata": {"labels": object_labels},
                    "spec": {
                        "automount_service_account_token": False,
                        "enable_service_links": False,
                        **placed(args.placement),
                        "security_context": {
                            **pod_security(_UID),
                            "fs_group": _UID,
                            # Not a change of owner for each file at each start.
                            "fs_group_change_policy": "OnRootMismatch",
                        },
                        "termination_grace_period_seconds": _GRACE,
                        "init_containers": [_apply_password(args, secret)],
                        "containers": [_server(args, secret)],
                        "volumes": [
                            # PostgreSQL's parallel queries need more than the 64 MiB that
                            # containers get; counts against the memory limit.
                            _scratch("shm", medium="Memory", size="256Mi"),
                            _scratch("run", medium="Memory", size="1Mi"),
                            _scratch("tmp", medium="", size="1Gi"),
                        ],
                    },
                },
                "volume_claim_templates": [_claim(args, storage_class)],
            },
            opts=pulumi.ResourceOptions(
                parent=self,
                # No connection is possible before the policy that limits them.
                depends_on=[policy],
                # Immutable: a changed size or class would replace the StatefulSet and change
                # nothing on the volume. Volumes grow by editing the claim.
                ignore_changes=["spec.volumeClaimTemplates"],
            ),
        )
        ready = stateful_set.metadata.apply(lambda m: m.name or "")
        host = pulumi.Output.format("{0}.{1}.svc", ready, args.namespace)
        self.connection = DatabaseConnection(
            url=pulumi.Output.secret(
                pulumi.Output.all(host=host, password=password).apply(
                    lambda known: connection_url(
                        user=_USER,
                        password=known["password"],
                        host=known["host"],
                        port=PORT,
                        database=_DATABASE,
                        # Stated: the server has no certificate.
                        parameters={"sslmode": "disable", **pool_parameters(args.connection_limit)},
                    )
                )
            ),
            address=pulumi.Output.format("{0}:{1}", host, PORT),
            port=PORT,
            pods=pods,
        )
        self.register_outputs({"address": self.connection.address, "service": service.id})


def _scratch(name: str, *, medium: str, size: str) -> VolumeArgsDict:
    """A volume that lives as long as the pod; the root file system is read-only."""
    return {"name": name, "empty_dir": {"medium": medium or None, "size_limit": size}}


def _mounts() -> list[VolumeMountArgsDict]:
    return [
        {"name": "data", "mount_path": _MOUNT},
        {"name": "shm", "mount_path": "/dev/shm"},  # noqa: S108 - where PostgreSQL maps memory
        {"name": "run", "mount_path": "/var/run/postgresql"},
        {"name": "tmp", "mount_path": "/tmp"},  # noqa: S108
    ]


def _apply_password(args: PostgresStatefulSetArgs, secret: Secret) -> ContainerArgsDict:
    return {
        "name": "apply-password",
        "image": args.image,
        "command": ["sh", "-c", _SET_ROLE],
        "env": [{"name": "PGDATA", "value": f"{_MOUNT}/pgdata"}],
        "env_from": [{"secret_ref": {"name": secret.metadata.apply(lambda m: m.name)}}],
        "resources": resource_requirements(args.resources),
        "security_context": container_security(read_only=True),
        "volume_mounts": _mounts(),
    }


def _server(args: PostgresStatefulSetArgs, secret: Secret) -> ContainerArgsDict:
    return {
        "name": "postgresql",
        "image": args.image,
        "args": ["-c", f"max_connections={args.max_connections}"],
        # A subfolder: the root of a new ext4 volume holds lost+found, and initdb wants an empty
        # folder.
        "env": [{"name": "PGDATA", "value": f"{_MOUNT}/pgdata"}],
        "env_from": [{"secret_ref": {"name": secret.metadata.apply(lambda m: m.name)}}],
        "ports": [{"name": "postgresql", "container_port": PORT}],
        "resources": resource_requirements(args.resources),
        "security_context": container_security(read_only=True),
        # Ten minutes for crash recovery, then unready after 15 s and restarted after a minute.
        "startup_probe": _probe(period=5, failures=120),
        "readiness_probe": _probe(period=5, failures=3),
        "liveness_probe": _probe(period=10, failures=6),
        "volume_mounts": _mounts(),
    }


def _probe(*, period: int, failures: int) -> ProbeArgsDict:
    """Over TCP: during initdb a temporary server answers on the Unix socket alone."""
    command = f'exec pg_isready -h 127.0.0.1 -p {PORT} -U "$POSTGRES_USER" -d "$POSTGRES_DB"'
    return {
        "exec_": {"command": ["sh", "-c", command]},
        "period_seconds": period,
        "timeout_seconds": 5,
        "failure_threshold": failures,
    }


def _claim(
    args: PostgresStatefulSetArgs, storage_class: pulumi.Input[str] | None
) -> PersistentVolumeClaimArgsDict:
    return {
        "metadata": {"name": "data"},
        "spec": {
            "access_modes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": f"{args.storage_gib}Gi"}},
            "storage_class_name": storage_class,
        },
    }


def _gp3(name: str, object_labels: Mapping[str, str], opts: pulumi.ResourceOptions) -> StorageClass:
    """Autonamed, because a cluster-wide name would collide between stacks.

    Not marked as the default class: that is the cluster owner's decision.
    """
    return StorageClass(
        name,
        metadata={"labels": object_labels},
        provisioner="ebs.csi.aws.com",
        parameters={"type": "gp3", "encrypted": "true", "csi.storage.k8s.io/fstype": "ext4"},
        volume_binding_mode="WaitForFirstConsumer",
        allow_volume_expansion=True,
        reclaim_policy="Delete",
        opts=opts,
    )
