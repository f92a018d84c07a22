"""The pod of a single ClickHouse server: server, probes, volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from components.clickhouse.configuration import METRICS_PORT
from components.clickhouse.connection import HTTP_PORT, NATIVE_PORT
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
    from pulumi_kubernetes.core.v1 import PodSpecArgsDict, ProbeArgsDict

HTTP: Final = "http"
NATIVE: Final = "native"
METRICS: Final = "metrics"
"""Names of the ports."""

CONFIGURATION: Final = "/etc/clickhouse-server"
"""Where the files of the ConfigMap are, and nothing of the image's."""

CONFIG_FILE: Final = "config.xml"
USERS_FILE: Final = "users.xml"

CONTAINER: Final = "clickhouse"
"""Name of the server's container."""

_UID: Final = 101
"""uid and gid of `clickhouse` in every variant of the image."""

_GRACE: Final = 120
"""Seconds to finish queries, to write what is buffered and to stop merges."""


def pod_spec(
    *,
    image: str,
    resources: ContainerResources,
    placement: Placement,
    configuration: pulumi.Input[str],
    credentials: pulumi.Input[str],
    service_account: pulumi.Input[str] | None = None,
) -> PodSpecArgsDict:
    """The pod. ``configuration``: name of the ConfigMap with the two files; ``credentials``: name
    of the Secret with ``configuration.PASSWORD_HASH``; ``service_account``: none takes the
    namespace's own.

    Its volume ``data`` comes from the StatefulSet's claim.
    """
    spec: PodSpecArgsDict = {
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
        "containers": [
            {
                "name": CONTAINER,
                "image": image,
                # Not the image's entrypoint, which writes users into the configuration folder.
                "command": [
                    "/usr/bin/clickhouse-server",
                    f"--config-file={CONFIGURATION}/{CONFIG_FILE}",
                ],
                "env": [
                    # Kubernetes restarts the server. A watchdog would be process 1 in its place.
                    {"name": "CLICKHOUSE_WATCHDOG_ENABLE", "value": "0"},
                    {"name": "TZ", "value": "UTC"},
                ],
                "env_from": [{"secret_ref": {"name": credentials}}],
                "ports": [
                    {"name": HTTP, "container_port": HTTP_PORT},
                    {"name": NATIVE, "container_port": NATIVE_PORT},
                    {"name": METRICS, "container_port": METRICS_PORT},
                ],
                "resources": resource_requirements(resources),
                "security_context": container_security(read_only=True),
                "volume_mounts": [
                    {"name": VOLUME, "mount_path": "/var/lib/clickhouse"},
                    {"name": "configuration", "mount_path": CONFIGURATION, "read_only": True},
                    {"name": "tmp", "mount_path": "/tmp"},  # noqa: S108
                ],
                # An hour to load all parts, then unready after 15 s and restarted after two
                # minutes. A server that is busy with a large query answers late.
                "startup_probe": _ping(period=10, failures=360),
                "readiness_probe": _ping(period=5, failures=3),
                "liveness_probe": _ping(period=20, failures=6),
            }
        ],
        "volumes": [
            {"name": "configuration", "config_map": {"name": configuration}},
            {"name": "tmp", "empty_dir": {"size_limit": "1Gi"}},
        ],
    }
    if service_account is not None:
        spec["service_account_name"] = service_account
    return spec


def _ping(*, period: int, failures: int) -> ProbeArgsDict:
    """A page that needs no user and touches no table."""
    return {
        "http_get": {"path": "/ping", "port": HTTP},
        "period_seconds": period,
        "timeout_seconds": 5,
        "failure_threshold": failures,
    }
