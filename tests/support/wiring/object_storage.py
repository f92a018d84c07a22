"""What the keys of object storage change from Langfuse 3 on."""

from __future__ import annotations

from typing import Any, Final

from tests.support.wiring.changes import CREATED, REMOVED
from tests.support.wiring.in_cluster import EXTERNAL
from tests.support.wiring.keys import ABSENT
from tests.support.wiring.scenes import ANY, Holds, Row, Scene, to

_VERSION_4: Final[dict[str, Any]] = {
    "langfuse": {
        "version": "4.16.0",
        "publicUrl": "https://langfuse.example.com",
        "admin": {"email": "admin@example.com"},
    },
    "database": EXTERNAL,
    "clickhouse": {
        "engine": "external",
        "kind": "cloud",
        "url": "https://abc.eu-central-1.aws.clickhouse.cloud:8443",
        "password": {"secure": "before, of ClickHouse"},
    },
    "cache": {
        "engine": "external",
        "host": "redis.example.com",
        "password": {"secure": "before, of the cache"},
    },
}
_IN_S3: Final[dict[str, Any]] = {
    **_VERSION_4,
    "aws:region": "ap-northeast-2",
    "cluster": {"eksName": "before"},
    "objectStorage": {"engine": "s3", "media": True},
}

_IN_CLUSTER: Final[dict[str, Any]] = {
    **_VERSION_4,
    "cluster": {"context": "kind-langfuse"},
    "agents": {"namespaces": ["created"]},
    "objectStorage": {
        "engine": "statefulSet",
        "storageClass": "before",
        "publicEndpoint": "http://localhost:8333",
    },
}

_STORAGE: Final = "langfuse-storage"
_BUCKETS: Final = f"{_STORAGE}{{,-events}}"
_POLICY: Final = f"RolePolicy/{_STORAGE}-role-policy policy.Statement"
_CONFIG: Final = "ConfigMap/langfuse-config data"
_ENCRYPTION: Final = f"BucketServerSideEncryptionConfiguration/{_BUCKETS}-encryption rules.0"
_CORS: Final = f"BucketCorsConfiguration/{_STORAGE}-cors"
_MEDIA_PARTS: Final = (
    f"{{{_CORS},Bucket/{_STORAGE}-bucket,BucketLifecycleConfiguration/{_STORAGE}-lifecycle,"
    f"BucketOwnershipControls/{_STORAGE}-ownership,BucketPolicy/{_STORAGE}-policy,"
    f"BucketPublicAccessBlock/{_STORAGE}-privacy,"
    f"BucketServerSideEncryptionConfiguration/{_STORAGE}-encryption,"
    f"BucketVersioning/{_STORAGE}-versioning}}"
)

_EVENTS_PARTS: Final = (
    f"{{Bucket/{_STORAGE}-events-bucket,"
    f"BucketLifecycleConfiguration/{_STORAGE}-events-lifecycle,"
    f"BucketOwnershipControls/{_STORAGE}-events-ownership,BucketPolicy/{_STORAGE}-events-policy,"
    f"BucketPublicAccessBlock/{_STORAGE}-events-privacy,"
    f"BucketServerSideEncryptionConfiguration/{_STORAGE}-events-encryption}}"
)
_WAITS_FOR_MEDIA: Final = f"@dependencies.{_STORAGE}-{{bucket,cors,encryption,policy}}"
_WAITS_FOR_EVENTS: Final = f"@dependencies.{_STORAGE}-events-{{bucket,encryption,policy}}"
_ALARM_DASHBOARD: Final = "Dashboard/langfuse-alarms-dashboard"
_ROLE_POLICY: Final = f"RolePolicy/{_STORAGE}-role-policy"
_SET: Final = "StatefulSet/langfuse-seaweedfs-stateful-set"
_POD: Final = "spec.template.spec.containers.0"
_CLAIM: Final = "spec.volumeClaimTemplates.0.spec"
_EXPIRY: Final = f"{_SET} {_POD}.lifecycle.postStart.exec.command.2"

_WORKS: Final = "Deployment/langfuse-worker-deployment spec.template.spec.containers.0"
_ALARMS: Final = "MetricAlarm/langfuse-alarms"

_JOB: Final = "CronJob/langfuse-clickhouse-server-backup"


_BACKUP_PARTS: Final = (
    f"{_JOB},NetworkPolicy/langfuse-clickhouse-server-backup-network-policy,"
    "ServiceAccount/langfuse-clickhouse-server-service-account,"
    "ServiceAccount/langfuse-clickhouse-server-backup-service-account,"
    "Secret/langfuse-clickhouse-server-backup-credentials,"
    f"Role/{_STORAGE}-backup-role,RolePolicy/{_STORAGE}-backup-role-policy"
)


def _backups(engine: str, servers: str, more: Row) -> dict[str, Scene]:
    """Backups of a ClickHouse in the cluster."""
    base: dict[str, Any] = {
        **_IN_S3,
        "clickhouse": {"engine": engine, "storageClass": "gp3", "backups": {}},
    }
    return {
        f"S3 of version 4, backups of ClickHouse by {engine}": Scene(
            base=base,
            rows={
                f"clickhouse.{engine}.backups.schedule": to(f"{_JOB} spec.schedule"),
                f"clickhouse.{engine}.backups.days": to(
                    f"BucketLifecycleConfiguration/{_STORAGE}-lifecycle rules.1.expiration.days"
                ),
            },
        ),
        f"S3 of version 4, no backups of ClickHouse by {engine} any more": Scene(
            base=base,
            rows={
                f"clickhouse.{engine}.backups": {
                    f"{{{_BACKUP_PARTS}}} {REMOVED}": REMOVED,
                    f"BucketLifecycleConfiguration/{_STORAGE}-lifecycle rules.{{1,2}}.*": ANY,
                    f"{servers}serviceAccountName": ABSENT,
                    f"{servers.partition(' ')[0]} "
                    "@dependencies.langfuse-clickhouse-server-service-account": ABSENT,
                    "NetworkPolicy/langfuse-clickhouse-server-network-policy spec.*": ABSENT,
                    "outputs clickhouseBackups": ABSENT,
                    **more,
                }
            },
        ),
    }


SCENES: Final[dict[str, Scene]] = {
    **_backups(
        "statefulSet",
        "StatefulSet/langfuse-clickhouse-server-stateful-set spec.template.spec.",
        {"ConfigMap/langfuse-clickhouse-server-config data.users.xml": ANY},
    ),
    **_backups(
        "operator",
        "ClickHouseCluster/langfuse-clickhouse-server-servers spec.podTemplate.",
        {},
    ),
    "version 4, metrics and lines of workers": Scene(
        base={
            **_IN_S3,
            "monitoring": {
                "runbooks": "https://git.example.com/docs",
                "alarms": {"email": "ops@example.com", "workerLogGroup": "before"},
            },
        },
        rows={
            "monitoring.alarms.workerLogGroup": to(
                "LogMetricFilter/langfuse-alarms-rows-dropped-filter logGroupName"
            ),
            "monitoring.queueMetrics": {
                f"{_ALARMS}-{{queue-backlog,queue-not-consumed,queue-dead-letters,"
                f"ingestion-fails,event-propagation-behind}} {CREATED}": CREATED,
                f"{_ALARM_DASHBOARD} dashboardBody.widgets.*": ANY,
                f"{_ALARM_DASHBOARD} @dependencies.langfuse-alarms-*": True,
                f"{_POLICY}.2.Action": "cloudwatch:PutMetricData",
                f"{_POLICY}.2.Condition.StringEquals.cloudwatch:namespace": "Langfuse",
                f"{_POLICY}.2.{{Effect,Resource,Sid}}": ANY,
                f"{_WORKS}.env.*.name": "ENABLE_AWS_CLOUDWATCH_METRIC_PUBLISHING",
                f"{_WORKS}.env.*": ANY,
            },
        },
    ),
    "S3 of version 4": Scene(
        base=_IN_S3,
        rows={
            "langfuse.publicUrl": to(
                f"{_CORS} corsRules.0.allowedOrigins.0", f"{_CONFIG}.NEXTAUTH_URL", "outputs url"
            ),
            "objectStorage.s3.kmsKeyArn": {
                **to(f"{_ENCRYPTION}.applyServerSideEncryptionByDefault.kmsMasterKeyId"),
                **to(f"{_POLICY}.2.Resource"),
                f"{_ENCRYPTION}.applyServerSideEncryptionByDefault.sseAlgorithm": "aws:kms",
                f"{_ENCRYPTION}.bucketKeyEnabled": True,
                f"{_POLICY}.2.*": ANY,
            },
            "objectStorage.s3.exportDays": to(
                f"BucketLifecycleConfiguration/{_STORAGE}-events-lifecycle rules.1.expiration.days",
                # What version 2 exported.
                f"BucketLifecycleConfiguration/{_STORAGE}-lifecycle rules.0.expiration.days",
            ),
            "objectStorage.s3.eventDays": to(
                f"BucketLifecycleConfiguration/{_STORAGE}-events-lifecycle rules.0.expiration.days"
            ),
            "objectStorage.s3.protect": {
                **to(f"Bucket/{_BUCKETS}-bucket @protect"),
                f"Bucket/{_BUCKETS}-bucket forceDestroy": True,
                "outputs acknowledged.0": "noProtection",
            },
        },
        beside={"acknowledge": ["noProtection"]},
    ),
    "S3 of version 4, media in a bucket that exists, and no exports": Scene(
        base=_IN_S3,
        rows={
            "objectStorage.s3.mediaBucket": {
                **to(f"{_CONFIG}.LANGFUSE_S3_MEDIA_UPLOAD_BUCKET", "outputs mediaBucket"),
                f"{_POLICY}.{{0.Resource.1,1.Resource.1}}": Holds(
                    "arn:aws:s3:::langfuse-exports-123456789012-objectstorage-s-mediabucket"
                ),
                f"{_MEDIA_PARTS} {REMOVED}": REMOVED,
                f"ConfigMap/langfuse-config {_WAITS_FOR_MEDIA}": ABSENT,
                f"{_ROLE_POLICY} @dependencies.{_STORAGE}-bucket": ABSENT,
            },
            "objectStorage.s3.exports": {
                f"{_CONFIG}.LANGFUSE_S3_BATCH_EXPORT_{{BUCKET,ENABLED,PREFIX,REGION}}": ABSENT,
                f"{_POLICY}.{{0.Resource,1.Condition.StringLike.s3:prefix}}.2": ABSENT,
                f"{_POLICY}.1.Condition.StringLike.s3:prefix.1": "media/*",
            },
        },
    ),
    "S3 of version 4, one bucket that exists": Scene(
        base=_IN_S3,
        rows={
            "objectStorage.s3.bucket": {
                **to(f"{_CONFIG}.LANGFUSE_S3_{{BATCH_EXPORT,EVENT_UPLOAD,MEDIA_UPLOAD}}_BUCKET"),
                **to("outputs {bucket,mediaBucket}"),
                f"{_POLICY}.{{0.Resource.0,0.Resource.1,0.Resource.2,1.Resource.0}}": Holds(
                    "arn:aws:s3:::langfuse-exports-123456789012-objectstorage-s-bucket"
                ),
                f"{_POLICY}.1.Resource.1": ABSENT,
                f"{_MEDIA_PARTS} {REMOVED}": REMOVED,
                f"{_EVENTS_PARTS} {REMOVED}": REMOVED,
                f"ConfigMap/langfuse-config {_WAITS_FOR_MEDIA}": ABSENT,
                f"ConfigMap/langfuse-config {_WAITS_FOR_EVENTS}": ABSENT,
                f"{_ROLE_POLICY} @dependencies.{_STORAGE}-{{events-,}}bucket": ABSENT,
            }
        },
    ),
    "S3 of version 4, without media": Scene(
        base=_IN_S3,
        rows={
            "objectStorage.s3.media": {
                f"{_CORS} {REMOVED}": REMOVED,
                f"{_CONFIG}.LANGFUSE_S3_MEDIA_UPLOAD_{{BUCKET,PREFIX,REGION}}": ABSENT,
                f"{_POLICY}.{{0.Resource,1.Condition.StringLike.s3:prefix}}.2": ABSENT,
                f"{_POLICY}.1.Resource.1": ABSENT,
                f"ConfigMap/langfuse-config {_WAITS_FOR_MEDIA}": ABSENT,
                f"{_ROLE_POLICY} @dependencies.{_STORAGE}-bucket": ABSENT,
            }
        },
    ),
    "a store in the cluster": Scene(
        base=_IN_CLUSTER,
        rows={
            "objectStorage.statefulSet.image": to(f"{_SET} {_POD}.image"),
            "objectStorage.statefulSet.storageGiB": {
                f"{_SET} {_CLAIM}.resources.requests.storage": "21Gi"
            },
            "objectStorage.statefulSet.storageClass": to(f"{_SET} {_CLAIM}.storageClassName"),
            "objectStorage.statefulSet.publicEndpoint": to(
                f"{_CONFIG}.LANGFUSE_S3_BATCH_EXPORT_EXTERNAL_ENDPOINT"
            ),
            "objectStorage.statefulSet.eventDays": {f"{_EXPIRY}": Holds("/events/ -ttl=60d ")},
            "objectStorage.statefulSet.exportDays": {f"{_EXPIRY}": Holds("/exports/ -ttl=31d ")},
            "objectStorage.statefulSet.resources.cpu": to(f"{_SET} {_POD}.resources.requests.cpu"),
            "objectStorage.statefulSet.resources.memory": to(
                f"{_SET} {_POD}.resources.requests.memory"
            ),
            "objectStorage.statefulSet.resources.memoryLimit": to(
                f"{_SET} {_POD}.resources.limits.memory"
            ),
        },
    ),
    "a store in the cluster, with media": Scene(
        base=_IN_CLUSTER,
        rows={
            "objectStorage.statefulSet.media": {
                f"{_CONFIG}.LANGFUSE_S3_MEDIA_UPLOAD_PREFIX": "media/",
                f"{_CONFIG}.LANGFUSE_S3_MEDIA_UPLOAD_*": ANY,
                "Secret/langfuse-storage-secret stringData.LANGFUSE_S3_MEDIA_UPLOAD_*": ANY,
                f"Deployment/langfuse{{,-worker}}-deployment {_POD}.env.*": ANY,
                # Agents upload by themselves.
                "NetworkPolicy/langfuse-seaweedfs-network-policy "
                "spec.ingress.0.from.2.namespaceSelector.matchLabels.*": "created",
            }
        },
    ),
}
