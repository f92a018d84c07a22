"""What the keys of the services of Langfuse 4 change."""

from __future__ import annotations

from typing import Any, Final

from stacks import stack_files
from tests.support.wiring.changes import CREATED, REMOVED
from tests.support.wiring.keys import ABSENT
from tests.support.wiring.scenes import ANY, Holds, Row, Scene, to

_CONTEXT: Final = "kind-langfuse"
_STORAGE: Final = {
    "engine": "external",
    "endpoint": "https://before.example.com",
    "bucket": "before",
    "accessKeyId": {"secure": "before"},
    "secretAccessKey": {"secure": "before"},
}
IN_CLUSTER: Final[dict[str, Any]] = {
    "cluster": {"context": _CONTEXT},
    "langfuse": {
        "version": "4.16.0",
        "admin": {"email": "admin@example.com"},
        "worker": {
            "minReplicas": 2,
            "maxReplicas": 6,
            "resources": {"memory": "1Gi", "memoryLimit": "5Gi"},
        },
    },
    "database": {"engine": "statefulSet", "connectionLimit": 2},
    "clickhouse": {"engine": "statefulSet", "storageClass": "before"},
    "cache": {"engine": "statefulSet", "storageClass": "before"},
    "objectStorage": _STORAGE,
    "monitoring": {"runbooks": "https://git.example.com/docs", "prometheusRules": {}},
}
"""A stack of version 4 with its services in the cluster but for the store."""

_STEP: Final[dict[str, Any]] = {
    **IN_CLUSTER,
    "langfuse": {
        **IN_CLUSTER["langfuse"],
        "writeMode": "dual",
        "upgrade": {"to": 4, "databaseBackup": "before", "clickhouseBackup": "before"},
    },
}
_TO_3: Final = {"version": "3.225.4", "upgrade": {"to": 3}}
_OPERATED: Final[dict[str, Any]] = {
    **IN_CLUSTER,
    "clickhouse": {"engine": "operator", "storageClass": "before"},
}
_ELSEWHERE: Final[dict[str, Any]] = {
    **IN_CLUSTER,
    "clickhouse": {
        "engine": "external",
        "kind": "cluster",
        "url": "http://before.example.com:8123",
        "migrationHost": "replica.example.com",
        "password": {"secure": "before"},
    },
    "cache": {
        "engine": "external",
        "host": "before.example.com",
        "password": {"secure": "before"},
    },
}

_CONFIG: Final = "ConfigMap/langfuse-config data"
_KEYS: Final = "Secret/langfuse-storage-secret stringData"
_WORKER: Final = "Deployment/langfuse-worker-deployment"
_WORKS: Final = f"{_WORKER} spec.template.spec.containers.0"
_TOLD: Final = "ConfigMap/langfuse-upgrade data"
_STEPS: Final = tuple(
    f"{_TOLD}.LANGFUSE_STEP{what}" for what in ("", "_CLICKHOUSE_BACKUP", "_DATABASE_BACKUP")
)
_DEPLOYMENTS: Final = "Deployment/langfuse{,-worker}-deployment"
_ENVIRONMENTS: Final = f"{_DEPLOYMENTS} spec.template.spec.containers.0.env"
_IMAGES: Final = f"{_WORKER} spec.template.spec.*.image"
_SCALER: Final = "HorizontalPodAutoscaler/langfuse-worker-autoscaler spec"
_MIGRATES: Final = "Job/langfuse-migration spec.template.spec"
_POLICIES: Final = "NetworkPolicy/langfuse{,-worker,-migration}-network-policy spec.egress"
_SERVER: Final = "StatefulSet/langfuse-clickhouse-server-stateful-set"
_VALKEY: Final = "StatefulSet/langfuse-valkey-stateful-set"
_SERVERS: Final = "ClickHouseCluster/langfuse-clickhouse-server-servers"
_KEEPERS: Final = "KeeperCluster/langfuse-clickhouse-server-keeper"
_CLAIM: Final = "spec.dataVolumeClaimSpec"
_ALERTS: Final = "PrometheusRule/langfuse-alerts-rules spec.groups.langfuse-services.rules"
_CACHE_URL: Final = "Secret/langfuse-cache-secret stringData.REDIS_CONNECTION_STRING"
_STORED: Final = "LANGFUSE_S3_{EVENT_UPLOAD,BATCH_EXPORT,MEDIA_UPLOAD}"


def _pod(owner: str, claim: str) -> dict[str, Row]:
    """Rows of the keys that every server has, by the end of their names."""
    container = f"{owner} {'spec.containerTemplate' if 'Cluster' in owner else _CONTAINER}"
    return {
        "storageGiB": {f"{owner} {claim}.resources.requests.storage": ANY},
        "storageClass": to(f"{owner} {claim}.storageClassName"),
        "resources.cpu": to(f"{container}.resources.requests.cpu"),
        "resources.memory": to(f"{container}.resources.requests.memory"),
        "resources.memoryLimit": to(f"{container}.resources.limits.memory"),
    }


_CONTAINER: Final = "spec.template.spec.containers.0"
_TEMPLATE: Final = "spec.volumeClaimTemplates.0.spec"


def _named(prefix: str, rows: dict[str, Row], **more: Row) -> dict[str, Row]:
    """Rows by whole names; ``more`` has what a key changes beside its row, by its last word."""
    return {
        f"{prefix}.{name}": {**row, **more.get(name.rpartition(".")[2], {})}
        for name, row in rows.items()
    }


def _spill(limit: str) -> Row:
    """Langfuse is told how much of the server's memory one query may use."""
    return {f"{_CONFIG}.CLICKHOUSE_MAX_BYTES_BEFORE_EXTERNAL_GROUP_BY": limit}


_WORKER_ROWS: Final[dict[str, Row]] = {
    "langfuse.worker.repository": {
        _IMAGES: Holds("docker.io/langfuse/langfuse-worker-langfuse-worker-repository:")
    },
    "langfuse.worker.digest": {_IMAGES: Holds(":4.16.0@sha256:" + 64 * "0")},
    "langfuse.worker.minReplicas": to(f"{_SCALER}.minReplicas"),
    "langfuse.worker.maxReplicas": {
        **to(f"{_SCALER}.maxReplicas"),
        f"{_WORKER} @timeouts": ANY,
    },
    "langfuse.worker.targetCpuPercent": to(
        f"{_SCALER}.metrics.0.resource.target.averageUtilization"
    ),
    "langfuse.worker.resources.cpu": to(f"{_WORKS}.resources.requests.cpu"),
    "langfuse.worker.resources.memory": to(f"{_WORKS}.resources.requests.memory"),
    "langfuse.worker.resources.memoryLimit": {
        **to(f"{_WORKS}.resources.limits.memory"),
        f"{_WORKS}.env.*.value": "--max-old-space-size=4608",
    },
}
_STORE_ROWS: Final[dict[str, Row]] = {
    "objectStorage.external.endpoint": {
        **to(f"{_CONFIG}.{_STORED}_ENDPOINT"),
        "NetworkPolicy/langfuse{,-worker}-network-policy spec.egress.4.ports.0.port": 9000,
        # Before, the store's port was the one that is open anywhere.
        "NetworkPolicy/langfuse{,-worker}-network-policy spec.egress.5.ports.0.port": 443,
        "NetworkPolicy/langfuse{,-worker}-network-policy spec.egress.5.ports.0.protocol": "TCP",
    },
    "objectStorage.external.bucket": to(f"{_CONFIG}.{_STORED}_BUCKET"),
    "objectStorage.external.region": to(f"{_CONFIG}.{_STORED}_REGION"),
    "objectStorage.external.forcePathStyle": {f"{_CONFIG}.{_STORED}_FORCE_PATH_STYLE": "false"},
    "objectStorage.external.media": {
        f"{_CONFIG}.LANGFUSE_S3_MEDIA_UPLOAD_PREFIX": "media/",
        # Two more variables from its keys, before the others.
        f"{_ENVIRONMENTS}.*": ANY,
    },
    "objectStorage.external.accessKeyId": to(f"{_KEYS}.{_STORED}_ACCESS_KEY_ID"),
    "objectStorage.external.secretAccessKey": to(f"{_KEYS}.{_STORED}_SECRET_ACCESS_KEY"),
}


def _created_class(*owners: str, claim: str) -> Row:
    return {
        f"StorageClass/langfuse-clickhouse-server-gp3 {CREATED}": CREATED,
        **{f"{o} @dependencies.langfuse-clickhouse-server-gp3": True for o in owners},
        **{f"{o} {claim}.storageClassName": "<langfuse-clickhouse-server-gp3>" for o in owners},
    }


SCENES: Final[dict[str, Scene]] = {
    "a step to version 4": Scene(
        base=_STEP,
        rows={
            "langfuse.upgrade.databaseBackup": to(f"{_TOLD}.LANGFUSE_STEP_DATABASE_BACKUP"),
            "langfuse.upgrade.clickhouseBackup": to(f"{_TOLD}.LANGFUSE_STEP_CLICKHOUSE_BACKUP"),
            "langfuse.backfill": {
                f"{_CONFIG}.LANGFUSE_BACKGROUND_MIGRATION_V4_ENABLE_HISTORIC_BACKFILL": "true",
            },
        },
    ),
    "a step to version 4 that is done": Scene(
        base=_STEP, rows={"langfuse.upgrade": dict.fromkeys(_STEPS, "")}
    ),
    "a step to version 3, and then that to 4": Scene(
        base=stack_files.merge(_STEP, {"langfuse": {**_TO_3, "writeMode": None}}),
        rows={"langfuse.upgrade.to": dict.fromkeys(_STEPS, "")},
    ),
    "version 4, another state": Scene(
        base=IN_CLUSTER,
        rows={
            "langfuse.writeMode": {
                f"{_CONFIG}.LANGFUSE_MIGRATION_V4_WRITE_MODE": "legacy",
                f"{_CONFIG}.LANGFUSE_MIGRATION_V4_NATIVE_OTEL_BEHAVIOUR": "dual_write",
                f"{_CONFIG}.LANGFUSE_MIGRATION_V4_ALLOW_PREVIEW_OPT_IN": "false",
                f"{_CONFIG}.LANGFUSE_BACKGROUND_MIGRATION_V4_ENABLE_HISTORIC_BACKFILL": "false",
                # What must not be before, the guard asks the database.
                f"{_MIGRATES}.initContainers.2.command.2": Holds("LANGFUSE_GUARD backfilled: "),
            },
        },
    ),
    "version 4, paused": Scene(
        base=IN_CLUSTER,
        rows={
            "langfuse.paused": {
                f"{_TOLD}.LANGFUSE_PAUSED": "true",
                f"{_DEPLOYMENTS} spec.replicas": 0,
                f"HorizontalPodAutoscaler/langfuse{{,-worker}}-autoscaler {REMOVED}": REMOVED,
                f"{_DEPLOYMENTS} @dependencies.langfuse-migration": ABSENT,
                "Job/langfuse-migration @dependencies.langfuse{,-worker}-deployment": True,
                "PrometheusRule/langfuse-alerts-rules spec.groups.langfuse-workload.rules."
                "Langfuse{Down,WorkerDown,ReplicasMissing,RolloutStuck,AutoscalerAtMaximum,"
                "AutoscalerBlind}.*": ABSENT,
            }
        },
    ),
    "version 4": Scene(
        base=IN_CLUSTER,
        rows={
            **_WORKER_ROWS,
            **_STORE_ROWS,
            **_named(
                "clickhouse.statefulSet",
                {**_pod(_SERVER, _TEMPLATE), "image": to(f"{_SERVER} {_CONTAINER}.image")},
                memoryLimit=_spill("3006477107"),
            ),
            **_named(
                "cache.statefulSet",
                {**_pod(_VALKEY, _TEMPLATE), "image": to(f"{_VALKEY} {_CONTAINER}.image")},
                # Three fifths of 700Mi.
                memoryLimit={
                    f"{_VALKEY} {_CONTAINER}.command.11": "440401920",
                    f"{_ALERTS}.LangfuseCacheFilling.expr": Holds("/ 440401920 > 0.75"),
                },
            ),
        },
    ),
    "version 4, metrics of ClickHouse by its operator": Scene(
        base={
            **_OPERATED,
            "monitoring": {
                "runbooks": "https://git.example.com/docs",
                "prometheusRules": {"prometheusNamespace": "before"},
            },
        },
        rows={
            "monitoring.prometheusRules.prometheusNamespace": to(
                "NetworkPolicy/langfuse-clickhouse-server{,-keeper}-network-policy "
                "spec.ingress.*.namespaceSelector.*"
            ),
        },
    ),
    "version 4, a class of its own for ClickHouse": Scene(
        base={**IN_CLUSTER, "clickhouse": {"engine": "statefulSet"}},
        rows={
            "clickhouse.statefulSet.createStorageClass": _created_class(_SERVER, claim=_TEMPLATE)
        },
    ),
    "version 4, ClickHouse by its operator": Scene(
        base=_OPERATED,
        beside={"acknowledge": ["noProtection"]},
        rows={
            **_named(
                "clickhouse.operator",
                {
                    **_pod(_SERVERS, _CLAIM),
                    "image": {f"{_SERVERS} spec.containerTemplate.image.tag": "26.3.1.1"},
                    "protect": {
                        **to(f"{{{_SERVERS},{_KEEPERS}}} @protect"),
                        "outputs acknowledged.0": "noProtection",
                    },
                    "operatorNamespace": to(
                        "NetworkPolicy/langfuse-clickhouse-server{,-keeper}-network-policy "
                        "spec.ingress.*.namespaceSelector.*"
                    ),
                },
                memoryLimit=_spill("4294967296"),
                storageClass=to(f"{_KEEPERS} {_CLAIM}.storageClassName"),
            ),
            **{
                name: row
                for name, row in _named(
                    "clickhouse.operator.keeper",
                    {
                        **_pod(_KEEPERS, _CLAIM),
                        "image": {f"{_KEEPERS} spec.containerTemplate.image.tag": "26.3.1.1"},
                    },
                ).items()
                if not name.endswith("storageClass")
            },
        },
    ),
    "version 4, a class of its own for the operator's servers": Scene(
        base={**_OPERATED, "clickhouse": {"engine": "operator"}},
        rows={
            "clickhouse.operator.createStorageClass": _created_class(
                _SERVERS, _KEEPERS, claim=_CLAIM
            )
        },
    ),
    "version 4, services elsewhere": Scene(
        base=_ELSEWHERE,
        rows={
            "clickhouse.external.url": {
                **to(
                    f"{_CONFIG}.CLICKHOUSE_URL",
                    f"{_MIGRATES}.containers.0.env.*.value",
                    f"{{{_MIGRATES},{_WORKER} spec.template.spec}}.initContainers.1.env.0.value",
                ),
                # From http to https.
                f"{_CONFIG}.CLICKHOUSE_MIGRATION_SSL": "true",
                f"{_MIGRATES}.containers.0.env.*": ANY,
                f"{_POLICIES}.2.ports.0.port": 8443,
                "NetworkPolicy/langfuse-migration-network-policy spec.egress.2.ports.1.port": 9440,
            },
            "clickhouse.external.migrationHost": {
                f"{_CONFIG}.CLICKHOUSE_MIGRATION_URL": (
                    "clickhouse://other-replica.example.com:9440"
                ),
                f"{_MIGRATES}.containers.0.env.*.value": (
                    "clickhouse://other-replica.example.com:9440"
                ),
            },
            "clickhouse.external.username": to(
                f"{_CONFIG}.CLICKHOUSE_USER", f"{_MIGRATES}.containers.0.env.*.value"
            ),
            "clickhouse.external.memory": {
                f"{_CONFIG}.CLICKHOUSE_MAX_BYTES_BEFORE_EXTERNAL_GROUP_BY": "6871947673"
            },
            "clickhouse.external.password": to(
                "Secret/langfuse-clickhouse-secret stringData.CLICKHOUSE_PASSWORD"
            ),
            "cache.external.host": {_CACHE_URL: Holds("@other-cache.example.com:")},
            "cache.external.port": {
                _CACHE_URL: Holds(":6380"),
                "NetworkPolicy/langfuse{,-worker}-network-policy spec.egress.3.ports.0.port": 6380,
            },
            "cache.external.username": {_CACHE_URL: Holds("//other-cache-user:")},
            "cache.external.password": {_CACHE_URL: Holds(":placeholder")},
            "cache.external.tls": {_CACHE_URL: Holds("redis://")},
        },
    ),
    "version 4, one server in place of a cluster, and no exports": Scene(
        base=_ELSEWHERE,
        beside={"clickhouse": {"migrationHost": None}},
        rows={
            "clickhouse.external.kind": {
                f"{_CONFIG}.CLICKHOUSE_CLUSTER_ENABLED": "false",
                f"{_CONFIG}.CLICKHOUSE_MIGRATION_URL": "clickhouse://before.example.com:9000",
                f"{_MIGRATES}.containers.0.env.*.value": ANY,
            },
            "objectStorage.external.exports": {
                f"{_CONFIG}.LANGFUSE_S3_BATCH_EXPORT_*": ABSENT,
                f"{_KEYS}.LANGFUSE_S3_BATCH_EXPORT_*": ABSENT,
                f"{_ENVIRONMENTS}.*": ANY,
            },
        },
    ),
}
