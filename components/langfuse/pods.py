"""The pods of Langfuse: web and migration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from components.kubernetes.placement import ContainerResources
from components.kubernetes.pods import (
    container_security,
    placed,
    pod_security,
    resource_requirements,
)
from components.langfuse import lifecycle, versions, waiting
from components.langfuse.environment import PORT

if TYPE_CHECKING:
    import pulumi
    from pulumi_kubernetes.core.v1 import (
        ConfigMap,
        ContainerArgsDict,
        EnvVarArgsDict,
        PodSpecArgsDict,
        ProbeArgsDict,
        ServiceAccount,
        TopologySpreadConstraintArgsDict,
        VolumeArgsDict,
        VolumeMountArgsDict,
    )

    from components.langfuse.args import LangfuseArgs
    from components.secrets.delivery import DeliveredSecret

_UID: Final = 1001
"""uid of `nextjs` and gid of `nodejs` in the image, whose USER is not numeric."""

_MIGRATION_RESOURCES: Final = ContainerResources(cpu="100m", memory="256Mi", memory_limit="1Gi")
"""For Prisma's command line and its engine; the database does the work."""


@dataclass(frozen=True, kw_only=True)
class CertificateVolume:
    """A volume with the root certificate of a backing service."""

    name: str
    folder: str
    """Where it is mounted."""
    config_map: pulumi.Output[str]
    """Name of the ConfigMap that holds the certificate."""


def pod(
    args: LangfuseArgs,
    account: ServiceAccount,
    container: ContainerArgsDict,
    certificates: Sequence[CertificateVolume],
) -> PodSpecArgsDict:
    """What all pods of Langfuse have in common."""
    return {
        "service_account_name": account.metadata.apply(lambda m: m.name or ""),
        "automount_service_account_token": False,
        # Kubernetes would set LANGFUSE_PORT and more for a Service called langfuse: names that look
        # like Langfuse's settings.
        "enable_service_links": False,
        **placed(args.placement),
        "security_context": pod_security(_UID),
        "containers": [container],
        "volumes": [
            # For what a library may write; the image's own files are read-only.
            {"name": "tmp", "empty_dir": {}},
            *_certificate_volumes(certificates),
        ],
    }


def versioned(object_labels: Mapping[str, str], args: LangfuseArgs) -> dict[str, str]:
    """Labels with the release."""
    return {**object_labels, "app.kubernetes.io/version": str(args.version)}


def _certificate_volumes(certificates: Sequence[CertificateVolume]) -> list[VolumeArgsDict]:
    return [
        {"name": volume.name, "config_map": {"name": volume.config_map}} for volume in certificates
    ]


def _mounts(certificates: Sequence[CertificateVolume]) -> list[VolumeMountArgsDict]:
    return [
        {"name": "tmp", "mount_path": "/tmp"},  # noqa: S108
        *(
            _mount({"name": volume.name, "mount_path": volume.folder, "read_only": True})
            for volume in certificates
        ),
    ]


def _mount(mount: VolumeMountArgsDict) -> VolumeMountArgsDict:
    return mount


def _from_secret(secret: DeliveredSecret, names: Iterable[str]) -> list[EnvVarArgsDict]:
    return [
        {"name": name, "value_from": {"secret_key_ref": {"name": secret.name, "key": name}}}
        for name in names
    ]


def migration_container(
    args: LangfuseArgs, certificates: Sequence[CertificateVolume]
) -> ContainerArgsDict:
    """Migrates and stops (see ``migration``)."""
    return {
        "name": "migration",
        "image": args.image,
        "args": ["true"],
        "env": _from_secret(args.database_secret, args.database.secret_environment),
        "resources": resource_requirements(_MIGRATION_RESOURCES),
        "security_context": container_security(read_only=True),
        "volume_mounts": _mounts(certificates),
    }


def waiting_container(args: LangfuseArgs) -> ContainerArgsDict:
    """Waits for the database to answer (see ``waiting``)."""
    return {
        "name": "wait-for-database",
        "image": args.image,
        "command": waiting.for_database(),
        "env": _from_secret(args.database_secret, ["DIRECT_URL"]),
        "resources": resource_requirements(_MIGRATION_RESOURCES),
        "security_context": container_security(read_only=True),
    }


def web_container(
    args: LangfuseArgs, config: ConfigMap, certificates: Sequence[CertificateVolume]
) -> ContainerArgsDict:
    """Serves, on settings from ``config`` and the secrets."""
    readiness = versions.readiness_path(args.version)
    liveness = versions.liveness_path(args.version, reports_usage=args.reports_usage)
    return {
        "name": "langfuse",
        "image": args.image,
        "env": _from_secret(args.database_secret, args.database.secret_environment),
        "env_from": [
            {"config_map_ref": {"name": config.metadata.apply(lambda m: m.name or "")}},
            {"secret_ref": {"name": args.secret.name}},
        ],
        "ports": [{"name": "http", "container_port": PORT}],
        "resources": resource_requirements(args.resources),
        "security_context": container_security(read_only=True),
        "volume_mounts": _mounts(certificates),
        "lifecycle": {"pre_stop": {"sleep": {"seconds": lifecycle.PRE_STOP}}},
        "startup_probe": {
            **_http(
                readiness, period=lifecycle.STARTUP_PERIOD, failures=lifecycle.STARTUP_FAILURES
            ),
            "termination_grace_period_seconds": lifecycle.STARTUP_GRACE,
        },
        "readiness_probe": _http(readiness, period=5, failures=3),
        # Restarts only a process that hangs, not one whose database is unavailable.
        "liveness_probe": _http(liveness, period=10, failures=6),
    }


def _http(path: str | None, *, period: int, failures: int) -> ProbeArgsDict:
    """A probe of an HTTP path, or of the port alone. Its timeout allows for a slow event loop."""
    probe: ProbeArgsDict = {
        "period_seconds": period,
        "timeout_seconds": 5,
        "failure_threshold": failures,
    }
    if path is None:
        probe["tcp_socket"] = {"port": "http"}
    else:
        probe["http_get"] = {"path": path, "port": "http"}
    return probe


def spread(
    pods: Mapping[str, str], zones: Literal["preferred", "required"]
) -> list[TopologySpreadConstraintArgsDict]:
    """Over zones, then over hosts. The pods of each rollout are counted separately."""

    def over(key: str, unsatisfiable: str) -> TopologySpreadConstraintArgsDict:
        return {
            "topology_key": key,
            "max_skew": 1,
            "when_unsatisfiable": unsatisfiable,
            "label_selector": {"match_labels": pods},
            "match_label_keys": ["pod-template-hash"],
        }

    return [
        over(
            "topology.kubernetes.io/zone",
            "DoNotSchedule" if zones == "required" else "ScheduleAnyway",
        ),
        over("kubernetes.io/hostname", "ScheduleAnyway"),
    ]
