"""The gateway's pod: the collector, its probes and its volumes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from components.agents.gateway.settings import (
    CONFIG_FILE,
    HEALTH_PORT,
    METRICS_PORT,
    OTLP_PORT,
    PASSWORDS_FILE,
    QUEUE_FOLDER,
    TELEMETRY_PORT,
    memory_target,
)
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
    from collections.abc import Mapping

    import pulumi
    from pulumi_kubernetes.core.v1 import (
        PodSpecArgsDict,
        ProbeArgsDict,
        TopologySpreadConstraintArgsDict,
    )

IMAGE: Final = "docker.io/otel/opentelemetry-collector-contrib:0.161.0"
"""The distribution with every part that the configuration names."""

OLDEST: Final = (0, 161)
"""The oldest release that the configuration is made for: names of its parts were changed."""

OTLP: Final = "otlp"
TELEMETRY: Final = "telemetry"
METRICS: Final = "metrics"
HEALTH: Final = "health"
"""Names of the ports."""

CONTAINER: Final = "collector"
"""Name of the container."""

PASSWORDS: Final = PurePosixPath(PASSWORDS_FILE).name
"""Key of the Secret with what ``PASSWORDS_FILE`` holds."""

CONFIG: Final = PurePosixPath(CONFIG_FILE).name
"""Key of the ConfigMap with the configuration."""

_UID: Final = 10001
"""uid and gid of the image's user."""

PRE_STOP: Final = 5
"""Seconds until the Service has forgotten the pod; requests still arrive meanwhile."""

_GRACE: Final = 30
"""Seconds to write what has arrived to the queue, and to end what is being sent."""


STARTUP_LIMIT: Final = 600
"""Seconds for a pod to start. It may have to compact a full queue, which is copied for that."""

TURN: Final = 60
"""Seconds of one pod's turn in a rollout: its end, its volume on another node, its start."""

_STARTUP_PERIOD: Final = 5


def pod_spec(
    *,
    image: str,
    resources: ContainerResources,
    placement: Placement,
    account: pulumi.Input[str],
    configuration: pulumi.Input[str],
    credentials: pulumi.Input[str],
    variables: Sequence[str],
    pods: Mapping[str, str],
) -> PodSpecArgsDict:
    """The pod. ``configuration``: name of the ConfigMap; ``credentials``: name of the Secret with
    ``PASSWORDS`` and the given ``variables``; ``pods``: the labels that select all pods.

    Its volume comes from the StatefulSet's claim.
    """
    return {
        "service_account_name": account,
        "automount_service_account_token": False,
        "enable_service_links": False,
        **placed(placement),
        "security_context": {
            **pod_security(_UID),
            "fs_group": _UID,
            "fs_group_change_policy": "OnRootMismatch",
        },
        "termination_grace_period_seconds": _GRACE,
        "topology_spread_constraints": [
            _over("topology.kubernetes.io/zone", pods),
            _over("kubernetes.io/hostname", pods),
        ],
        "containers": [
            {
                "name": CONTAINER,
                "image": image,
                "args": [f"--config={CONFIG_FILE}"],
                "env": [
                    # The garbage collector works harder before the kernel ends the process.
                    {
                        "name": "GOMEMLIMIT",
                        "value": str(memory_target(int(parse(resources.memory_limit)))),
                    },
                    *(
                        {
                            "name": name,
                            "value_from": {"secret_key_ref": {"name": credentials, "key": name}},
                        }
                        for name in variables
                    ),
                ],
                "ports": [
                    {"name": OTLP, "container_port": OTLP_PORT},
                    {"name": TELEMETRY, "container_port": TELEMETRY_PORT},
                    {"name": METRICS, "container_port": METRICS_PORT},
                    {"name": HEALTH, "container_port": HEALTH_PORT},
                ],
                "resources": resource_requirements(resources),
                "security_context": container_security(read_only=True),
                "volume_mounts": [
                    {"name": VOLUME, "mount_path": QUEUE_FOLDER},
                    {
                        "name": "configuration",
                        "mount_path": str(PurePosixPath(CONFIG_FILE).parent),
                        "read_only": True,
                    },
                    {
                        "name": "credentials",
                        "mount_path": str(PurePosixPath(PASSWORDS_FILE).parent),
                        "read_only": True,
                    },
                ],
                # The image has no shell.
                "lifecycle": {"pre_stop": {"sleep": {"seconds": PRE_STOP}}},
                # For the time in which a full queue is compacted.
                "startup_probe": _healthy(
                    period=_STARTUP_PERIOD, failures=STARTUP_LIMIT // _STARTUP_PERIOD
                ),
                "readiness_probe": _healthy(period=5, failures=3),
                "liveness_probe": _healthy(period=10, failures=6),
            }
        ],
        "volumes": [
            {"name": "configuration", "config_map": {"name": configuration}},
            {
                "name": "credentials",
                "secret": {
                    "secret_name": credentials,
                    "items": [{"key": PASSWORDS, "path": PASSWORDS}],
                },
            },
        ],
    }


def _healthy(*, period: int, failures: int) -> ProbeArgsDict:
    """Whether the collector runs: also while Langfuse is away, when it has to take what arrives."""
    return {
        "http_get": {"path": "/", "port": HEALTH},
        "period_seconds": period,
        "timeout_seconds": 5,
        "failure_threshold": failures,
    }


def _over(key: str, pods: Mapping[str, str]) -> TopologySpreadConstraintArgsDict:
    """Spread where that is possible. A pod is bound to the zone of its volume."""
    return {
        "topology_key": key,
        "max_skew": 1,
        "when_unsatisfiable": "ScheduleAnyway",
        "label_selector": {"match_labels": pods},
    }
