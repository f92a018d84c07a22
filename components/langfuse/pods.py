"""The pods of Langfuse: web, worker and migration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, NotRequired, TypedDict

from components.kubernetes.placement import ContainerResources
from components.kubernetes.pods import (
    container_security,
    placed,
    pod_security,
    resource_requirements,
)
from components.langfuse import guard, lifecycle, variables, versions, waiting, write_modes
from components.langfuse.environment import (
    PORT,
    WORKER_PORT,
    web_environment,
    worker_environment,
)

if TYPE_CHECKING:
    import pulumi
    from pulumi_kubernetes.core.v1 import (
        ConfigMap,
        ContainerArgsDict,
        EnvFromSourceArgsDict,
        EnvVarArgsDict,
        PodSpecArgsDict,
        ProbeArgsDict,
        ServiceAccount,
        TopologySpreadConstraintArgsDict,
        VolumeArgsDict,
        VolumeMountArgsDict,
    )

    from components.langfuse.args import LangfuseArgs, Needed, WorkerArgs
    from components.secrets.delivery import DeliveredSecret

EMPTY: Final[Mapping[str, str]] = MappingProxyType({})

WORKER_CONTAINER: Final = "worker"
"""Name of the container that works on queues."""

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
    folders: Mapping[str, str] = EMPTY,
) -> PodSpecArgsDict:
    """What all pods of Langfuse have in common. ``folders`` can be written: volume to path."""
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
            *(_scratch(volume) for volume in ("tmp", *folders)),
            *_certificate_volumes(certificates),
        ],
    }


def _scratch(volume: str) -> VolumeArgsDict:
    return {"name": volume, "empty_dir": {}}


def web_folders(args: LangfuseArgs) -> Mapping[str, str]:
    """Where the web container writes, beside ``/tmp``: volume to path.

    From version 3 on one request for an image, which needs no login, ends a server that cannot
    write there.
    """
    return {"next-cache": "/app/web/.next/cache"} if args.worker else EMPTY


class _Before(TypedDict):
    init_containers: NotRequired[Sequence[ContainerArgsDict]]


def before_web(args: LangfuseArgs) -> _Before:
    """What a web pod of version 3 or newer waits for: started without PostgreSQL it never works."""
    return {"init_containers": [waiting_container(args)]} if args.worker else {}


def versioned(object_labels: Mapping[str, str], args: LangfuseArgs) -> dict[str, str]:
    """Labels with the release."""
    return {**object_labels, "app.kubernetes.io/version": str(args.version)}


def _certificate_volumes(certificates: Sequence[CertificateVolume]) -> list[VolumeArgsDict]:
    return [
        {"name": volume.name, "config_map": {"name": volume.config_map}} for volume in certificates
    ]


def _mounts(
    certificates: Sequence[CertificateVolume], folders: Mapping[str, str] = EMPTY
) -> list[VolumeMountArgsDict]:
    return [
        {"name": "tmp", "mount_path": "/tmp"},  # noqa: S108
        *(_mount({"name": name, "mount_path": path}) for name, path in folders.items()),
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


def _plain(variables: Mapping[str, pulumi.Input[str]]) -> list[EnvVarArgsDict]:
    return [{"name": name, "value": value} for name, value in sorted(variables.items())]


def _from_services(services: Iterable[Needed]) -> list[EnvVarArgsDict]:
    return [
        variable
        for service in services
        for variable in _from_secret(service.secret, service.backing.secret_environment)
    ]


def migration_container(
    args: LangfuseArgs, certificates: Sequence[CertificateVolume]
) -> ContainerArgsDict:
    """Migrates and stops (see ``migration``)."""
    return {
        "name": "migration",
        "image": args.image,
        "args": ["true"],
        "env": [
            *_from_secret(args.database_secret, args.database.secret_environment),
            *_from_services(args.migrated),
            # Nothing else: a change of what it does not read would make another Job.
            *(
                variable
                for service in args.migrated
                for variable in _plain(service.backing.environment)
                if variable.get("name") in variables.MIGRATION
            ),
        ],
        "resources": resource_requirements(_MIGRATION_RESOURCES),
        "security_context": container_security(read_only=True),
        "volume_mounts": _mounts(certificates),
    }


def waiting_container(args: LangfuseArgs, image: str | None = None) -> ContainerArgsDict:
    """Waits for the database to answer (see ``waiting``); ``image`` is that of the pod."""
    return {
        "name": "wait-for-database",
        "image": image or args.image,
        "command": waiting.for_database(),
        "env": _from_secret(args.database_secret, ["DIRECT_URL"]),
        "resources": resource_requirements(_MIGRATION_RESOURCES),
        "security_context": container_security(read_only=True),
    }


def guard_container(
    args: LangfuseArgs, said: str, certificates: Sequence[CertificateVolume]
) -> ContainerArgsDict:
    """Stops before a migration that would destroy data (see ``guard``); ``said``: ConfigMap with
    what it is told. It connects as the migration does, and verifies the same servers."""
    mode = args.mode or write_modes.mode(args.version)
    return {
        "name": "guard",
        "image": args.image,
        "command": guard.command(args.version, mode),
        "env": _from_secret(args.database_secret, args.database.secret_environment),
        "env_from": [{"config_map_ref": {"name": said}}],
        "resources": resource_requirements(_MIGRATION_RESOURCES),
        "security_context": container_security(read_only=True),
        "volume_mounts": _mounts(certificates),
    }


def waiting_for_clickhouse(args: LangfuseArgs, image: str | None = None) -> ContainerArgsDict:
    """Waits for ClickHouse to answer (see ``waiting``); ``image`` is that of the pod."""
    return {
        "name": "wait-for-clickhouse",
        "image": image or args.image,
        "command": waiting.for_clickhouse(),
        "env": [
            variable
            for service in args.migrated
            for variable in _plain(service.backing.environment)
            if variable.get("name") == "CLICKHOUSE_URL"
        ],
        "resources": resource_requirements(_MIGRATION_RESOURCES),
        "security_context": container_security(read_only=True),
    }


def worker_container(
    args: LangfuseArgs,
    worker: WorkerArgs,
    config: ConfigMap,
    certificates: Sequence[CertificateVolume],
) -> ContainerArgsDict:
    """Works on queues, on the settings of the web pods."""
    return {
        "name": WORKER_CONTAINER,
        "image": worker.image,
        # The other URL of the database is for migrations, which its entrypoint has none of.
        **_environment(
            args,
            config,
            ["DATABASE_URL"],
            worker_environment(worker.resources.memory_limit, queue_metrics=worker.queue_metrics),
        ),
        "ports": [{"name": "http", "container_port": WORKER_PORT}],
        "resources": resource_requirements(worker.resources),
        "security_context": container_security(read_only=True),
        "volume_mounts": _mounts(certificates),
        "startup_probe": _http(
            versions.WORKER_LIVENESS,
            period=lifecycle.STARTUP_PERIOD,
            failures=lifecycle.WORKER_STARTUP_FAILURES,
        ),
        "readiness_probe": _http(versions.WORKER_READINESS, period=5, failures=3),
        "liveness_probe": _http(
            versions.WORKER_LIVENESS,
            period=lifecycle.WORKER_LIVENESS_PERIOD,
            failures=lifecycle.WORKER_LIVENESS_FAILURES,
        ),
    }


class _Environment(TypedDict):
    env: Sequence[EnvVarArgsDict]
    env_from: Sequence[EnvFromSourceArgsDict]


def _environment(
    args: LangfuseArgs,
    config: ConfigMap,
    database: Iterable[str],
    own: Mapping[str, pulumi.Input[str]],
) -> _Environment:
    """Settings from ``config`` and the secrets, of the ``database`` the given ones, and variables
    of one container alone."""
    return {
        "env": [
            *_from_secret(args.database_secret, database),
            *_from_services(args.services),
            *_plain(own),
        ],
        "env_from": [
            {"config_map_ref": {"name": config.metadata.apply(lambda m: m.name or "")}},
            {"secret_ref": {"name": args.secret.name}},
        ],
    }


def web_container(
    args: LangfuseArgs, config: ConfigMap, certificates: Sequence[CertificateVolume]
) -> ContainerArgsDict:
    """Serves, on settings from ``config`` and the secrets."""
    readiness = versions.readiness_path(args.version)
    liveness = versions.liveness_path(args.version, reports_usage=args.reports_usage)
    # Those of version 2 are all in the ConfigMap.
    own = web_environment(args.resources.memory_limit) if args.worker else {}
    return {
        "name": "langfuse",
        "image": args.image,
        **_environment(args, config, args.database.secret_environment, own),
        "ports": [{"name": "http", "container_port": PORT}],
        "resources": resource_requirements(args.resources),
        "security_context": container_security(read_only=True),
        "volume_mounts": _mounts(certificates, web_folders(args)),
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
