"""The pod of the cache in the cluster: server, probes, volume."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from components.cache.url import PORT
from components.kubernetes.claims import VOLUME
from components.kubernetes.placement import ContainerResources, Placement
from components.kubernetes.pods import (
    container_security,
    placed,
    pod_security,
    resource_requirements,
)
from components.kubernetes.quantities import parse

if TYPE_CHECKING:
    import pulumi
    from pulumi_kubernetes.core.v1 import PodSpecArgsDict, ProbeArgsDict

PORT_NAME: Final = "valkey"

AUTH_FILE: Final = "auth.conf"
"""Key of the Secret whose value is the line of the configuration with the password."""

AUTH_VARIABLE: Final = "REDISCLI_AUTH"
"""Key of the Secret with the password alone, and the variable that the client reads it from."""

CONTAINER: Final = "valkey"
"""Name of the server's container."""

_UID: Final = 999
"""uid of `valkey` in the image; the group's number is another one in the Alpine variant."""

ANSWERS: Final = "valkey-cli -h 127.0.0.1 ping | grep -qx PONG"
"""Succeeds if the server has read its data."""

_DATA: Final = "/data"
_AUTH: Final = "/etc/valkey-auth"

_GRACE: Final = 60
"""Seconds for the last write to the append-only file."""


def max_memory(memory_limit: str) -> int:
    """Bytes of data in a container with ``memory_limit``.

    Three fifths. While the append-only file is rewritten, a second process shares the memory and
    copies what changes meanwhile; buffers of clients and the file's come on top.
    """
    return int(parse(memory_limit) * 3 / 5)


def server(memory_limit: str) -> list[str]:
    """The server's command line. The password is in a file: arguments show in lists of processes.

    Nothing is ever evicted: what Langfuse keeps here are jobs, and a lost job is a lost event
    (https://docs.bullmq.io/guide/going-to-production).
    """
    return [
        "valkey-server",
        f"{_AUTH}/{AUTH_FILE}",
        *("--dir", _DATA),
        *("--appendonly", "yes"),
        *("--appendfsync", "everysec"),
        # The append-only file is what is read at the start; a snapshot beside it is read by no one.
        *("--save", ""),
        *("--maxmemory", str(max_memory(memory_limit))),
        *("--maxmemory-policy", "noeviction"),
    ]


def pod_spec(
    *,
    image: str,
    resources: ContainerResources,
    placement: Placement,
    credentials: pulumi.Input[str],
) -> PodSpecArgsDict:
    """The pod. ``credentials``: name of the Secret with ``AUTH_FILE``.

    Its volume comes from the StatefulSet's claim.
    """
    return {
        "automount_service_account_token": False,
        # Langfuse's namespace has this Service too: REDIS_PORT=tcp://… is no number.
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
                "command": server(resources.memory_limit),
                "env": [
                    {
                        "name": AUTH_VARIABLE,
                        "value_from": {
                            "secret_key_ref": {"name": credentials, "key": AUTH_VARIABLE}
                        },
                    }
                ],
                "ports": [{"name": PORT_NAME, "container_port": PORT}],
                "resources": resource_requirements(resources),
                "security_context": container_security(read_only=True),
                "volume_mounts": [
                    {"name": VOLUME, "mount_path": _DATA},
                    {"name": "auth", "mount_path": _AUTH, "read_only": True},
                ],
                # Ten minutes to read the append-only file; until then the answer is LOADING.
                "startup_probe": _answers(period=5, failures=120),
                "readiness_probe": _answers(period=5, failures=3),
                # Whether the process serves at all: a slow disk must not restart it.
                "liveness_probe": {
                    "tcp_socket": {"port": PORT_NAME},
                    "period_seconds": 10,
                    "timeout_seconds": 5,
                    "failure_threshold": 6,
                },
            }
        ],
        "volumes": [
            {
                "name": "auth",
                "secret": {
                    "secret_name": credentials,
                    "items": [{"key": AUTH_FILE, "path": AUTH_FILE}],
                },
            }
        ],
    }


def _answers(*, period: int, failures: int) -> ProbeArgsDict:
    """With the password: without it the server says that one is needed, while it still loads."""
    return {
        "exec_": {"command": ["sh", "-c", ANSWERS]},
        "period_seconds": period,
        "timeout_seconds": 5,
        "failure_threshold": failures,
    }
