"""The pod of the database in the cluster: password, server, probes, volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from components.kubernetes.claims import VOLUME
from components.kubernetes.placement import ContainerResources, Placement
from components.kubernetes.pods import (
    container_security,
    placed,
    pod_security,
    resource_requirements,
)

if TYPE_CHECKING:
    import pulumi
    from pulumi_kubernetes.core.v1 import (
        ContainerArgsDict,
        PodSpecArgsDict,
        ProbeArgsDict,
        VolumeArgsDict,
        VolumeMountArgsDict,
    )

PORT: Final = 5432
PORT_NAME: Final = "postgresql"

_UID: Final = 70
"""uid and gid of `postgres` in the Alpine image."""

_GRACE: Final = 120
"""Seconds for a fast shutdown, which writes a checkpoint. The image's documentation warns that 90
may not be enough."""

_MOUNT: Final = "/var/lib/postgresql/data"
_PGDATA: Final = f"{_MOUNT}/pgdata"
"""A subfolder: the root of a new ext4 volume holds lost+found, and initdb needs an empty folder."""

# The image reads POSTGRES_PASSWORD only when it creates the data folder: a changed password would
# lock Langfuse out. PostgreSQL's single-user mode sets it before the server starts. The password is
# passed on standard input, because an argument would show in the process list. It consists of
# letters and digits (see ``stateful_set``), so it needs no quoting.
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


def pod_spec(
    *,
    image: str,
    max_connections: int,
    resources: ContainerResources,
    placement: Placement,
    credentials: pulumi.Input[str],
) -> PodSpecArgsDict:
    """The pod. ``credentials``: name of the Secret with POSTGRES_USER, _DB and _PASSWORD.

    Its volume ``data`` comes from the StatefulSet's claim.
    """

    def container(name: str) -> ContainerArgsDict:
        return {
            "name": name,
            "image": image,
            "env": [{"name": "PGDATA", "value": _PGDATA}],
            "env_from": [{"secret_ref": {"name": credentials}}],
            "resources": resource_requirements(resources),
            "security_context": container_security(read_only=True),
            "volume_mounts": _mounts(),
        }

    return {
        "automount_service_account_token": False,
        "enable_service_links": False,
        **placed(placement),
        "security_context": {
            **pod_security(_UID),
            "fs_group": _UID,
            # Avoids a change of owner for each file at each start.
            "fs_group_change_policy": "OnRootMismatch",
        },
        "termination_grace_period_seconds": _GRACE,
        "init_containers": [{**container("apply-password"), "command": ["sh", "-c", _SET_ROLE]}],
        "containers": [
            {
                **container("postgresql"),
                "args": ["-c", f"max_connections={max_connections}"],
                "ports": [{"name": PORT_NAME, "container_port": PORT}],
                # Ten minutes for crash recovery, then unready after 15 s and restarted after a
                # minute.
                "startup_probe": _probe(period=5, failures=120),
                "readiness_probe": _probe(period=5, failures=3),
                "liveness_probe": _probe(period=10, failures=6),
            }
        ],
        "volumes": [
            # PostgreSQL's parallel queries need more than a container's default of 64 MiB. It
            # counts against the memory limit.
            _scratch("shm", medium="Memory", size="256Mi"),
            _scratch("run", medium="Memory", size="1Mi"),
            _scratch("tmp", medium="", size="1Gi"),
        ],
    }


def _scratch(name: str, *, medium: str, size: str) -> VolumeArgsDict:
    """A volume that lives as long as the pod; the root file system is read-only."""
    return {"name": name, "empty_dir": {"medium": medium or None, "size_limit": size}}


def _mounts() -> list[VolumeMountArgsDict]:
    return [
        {"name": VOLUME, "mount_path": _MOUNT},
        {"name": "shm", "mount_path": "/dev/shm"},  # noqa: S108 - where PostgreSQL maps memory
        {"name": "run", "mount_path": "/var/run/postgresql"},
        {"name": "tmp", "mount_path": "/tmp"},  # noqa: S108
    ]


def _probe(*, period: int, failures: int) -> ProbeArgsDict:
    """Over TCP, because during initdb a temporary server listens on the Unix socket only."""
    command = f'exec pg_isready -h 127.0.0.1 -p {PORT} -U "$POSTGRES_USER" -d "$POSTGRES_DB"'
    return {
        "exec_": {"command": ["sh", "-c", command]},
        "period_seconds": period,
        "timeout_seconds": 5,
        "failure_threshold": failures,
    }
