"""The pod of the store in the cluster: SeaweedFS with all its parts in one process."""

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
    from collections.abc import Mapping

    import pulumi
    from pulumi_kubernetes.core.v1 import PodSpecArgsDict, ProbeArgsDict

PORT: Final = 8333
PORT_NAME: Final = "s3"

BUCKET: Final = "langfuse"
"""The only bucket: the first upload makes it, because Langfuse's key is that of the
administrator."""

KEY_ID: Final = "AWS_ACCESS_KEY_ID"
"""Variable and key of the Secret: the administrator's access key."""

SECRET_KEY: Final = "AWS_SECRET_ACCESS_KEY"  # noqa: S105 - a name
"""Variable and key of the Secret: its secret half."""

LONGEST_EXPIRY: Final = 255
"""Days: an expiry is stored in a byte."""

CONTAINER: Final = "seaweedfs"
"""Name of the server's container."""

_UID: Final = 1000
"""uid and gid of `seaweed` in the image."""

_DATA: Final = "/data"
_MASTER: Final = 9333
_VOLUME_MIB: Final = 256
"""Size of the files that objects are in. One at a time is compacted, into a copy."""

_GRACE: Final = 60
"""Seconds to stop; it took 11 (4.47)."""


def server() -> list[str]:
    """The server's command line, without the image's entry point, which would change owners.

    Everything but S3 is on the loopback interface: it asks for no password. That address also
    stays the same when the pod gets another one.
    """
    return [
        "weed",
        "-logtostderr=true",
        "server",
        f"-dir={_DATA}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        # As many files as the volume has room for.
        "-volume.max=0",
        f"-master.volumeSizeLimitMB={_VOLUME_MIB}",
        "-volume.preStopSeconds=1",
        # It would report statistics of the cluster to the project.
        "-master.telemetry=false",
        "-s3",
        f"-s3.port={PORT}",
        "-s3.ip.bind=0.0.0.0",
        # No interface but that of S3: neither table catalogs nor the management of users.
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-s3.iam=false",
    ]


def expiry(days: Mapping[str, int], *, master: int = _MASTER) -> str:
    """A shell script that makes what is written below each prefix expire after some days.

    The rules are stored with the data. They apply to what is written afterwards. It fails if they
    are not there after two minutes.
    """
    paths = [f"/buckets/{BUCKET}/{prefix}" for prefix in days]
    commands = "".join(
        rf"fs.configure -locationPrefix={path} -ttl={day}d -apply\n"
        for path, day in zip(paths, days.values(), strict=True)
    )
    shell = f"timeout 20 weed shell -master=127.0.0.1:{master} 2>&1"
    done = "".join(f"*{path}" for path in sorted(paths))
    return (
        "for attempt in 1 2 3 4 5 6; do "
        f"case \"$(printf '{commands}' | {shell})\" in "
        f"*error:*) ;; {done}*) exit 0 ;; esac; sleep 2; done; exit 1"
    )


def pod_spec(
    *,
    image: str,
    resources: ContainerResources,
    placement: Placement,
    credentials: pulumi.Input[str],
    expiry_days: Mapping[str, int],
) -> PodSpecArgsDict:
    """The pod. ``credentials``: name of the Secret with ``KEY_ID`` and ``SECRET_KEY``;
    ``expiry_days``: by the prefix of the objects.

    Its volume comes from the StatefulSet's claim.
    """
    return {
        "automount_service_account_token": False,
        "enable_service_links": False,
        **placed(placement),
        "security_context": {
            **pod_security(_UID),
            "fs_group": _UID,
            "fs_group_change_policy": "OnRootMismatch",
        },
        "termination_grace_period_seconds": _GRACE,
        "containers": [
            {
                "name": CONTAINER,
                "image": image,
                "command": server(),
                "env": [
                    {
                        "name": name,
                        "value_from": {"secret_key_ref": {"name": credentials, "key": name}},
                    }
                    for name in (KEY_ID, SECRET_KEY)
                ],
                "ports": [{"name": PORT_NAME, "container_port": PORT}],
                "resources": resource_requirements(resources),
                "security_context": container_security(read_only=True),
                "volume_mounts": [
                    {"name": VOLUME, "mount_path": _DATA},
                    # Sockets between the parts, and what a shell writes.
                    {"name": "tmp", "mount_path": "/tmp"},  # noqa: S108
                ],
                "lifecycle": {
                    "post_start": {"exec_": {"command": ["sh", "-c", expiry(expiry_days)]}}
                },
                # Ten minutes to read the indexes of its files.
                "startup_probe": _answers(period=5, failures=120),
                "readiness_probe": _answers(period=5, failures=3),
                # Touches no disk: a slow one must not restart the server.
                "liveness_probe": _answers(period=10, failures=6),
            }
        ],
        "volumes": [{"name": "tmp", "empty_dir": {"size_limit": "64Mi"}}],
    }


def _answers(*, period: int, failures: int) -> ProbeArgsDict:
    return {
        "http_get": {"path": "/healthz", "port": PORT_NAME},
        "period_seconds": period,
        "timeout_seconds": 5,
        "failure_threshold": failures,
    }
