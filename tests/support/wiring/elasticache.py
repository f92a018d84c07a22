"""What the keys of a cache on ElastiCache change."""

from __future__ import annotations

from typing import Any, Final

from tests.support.wiring.changes import CREATED, REMOVED
from tests.support.wiring.keys import ABSENT
from tests.support.wiring.scenes import ANY, Holds, Scene, to

_BASE: Final[dict[str, Any]] = {
    "aws:region": "ap-northeast-2",
    "cluster": {"eksName": "before"},
    "langfuse": {"version": "4.16.0", "admin": {"email": "admin@example.com"}},
    "database": {"engine": "rds"},
    "secrets": {"protect": True},
    "clickhouse": {
        "engine": "external",
        "kind": "cluster",
        "url": "http://before.example.com:8123",
        "migrationHost": "replica.example.com",
        "password": {"secure": "before"},
    },
    "cache": {
        "engine": "elastiCache",
        "subnetIds": ["subnet-00000000000000001", "subnet-00000000000000002"],
        "clientSecurityGroupIds": ["sg-00000000000000001"],
        "protect": False,
    },
    "objectStorage": {
        "engine": "external",
        "endpoint": "https://before.example.com",
        "bucket": "before",
        "accessKeyId": {"secure": "before"},
        "secretAccessKey": {"secure": "before"},
    },
    "acknowledge": ["noProtection"],
}
_GROUP: Final = "ReplicationGroup/langfuse-valkey-group"
_ALARM: Final = "MetricAlarm/langfuse-alarms-cache"
_ALARM_DASHBOARD: Final = "Dashboard/langfuse-alarms-dashboard"
_RULE: Final = "SecurityGroupIngressRule/langfuse-valkey-from"

SCENES: Final[dict[str, Scene]] = {
    "AWS, a cache": Scene(
        base=_BASE,
        rows={
            "cache.elastiCache.version": {
                **to(f"{_GROUP} engineVersion"),
                "outputs cacheVersion": Holds("8.1."),
            },
            "cache.elastiCache.snapshotDays": to(f"{_GROUP} snapshotRetentionLimit"),
            "cache.elastiCache.snapshotWindow": to(f"{_GROUP} snapshotWindow"),
            "cache.elastiCache.maintenanceWindow": to(f"{_GROUP} maintenanceWindow"),
            "cache.elastiCache.kmsKeyArn": to(
                f"{_GROUP} kmsKeyId", "RandomId/langfuse-valkey-suffix keepers.kmsKey"
            ),
            "cache.elastiCache.subnetIds": to("SubnetGroup/langfuse-valkey-subnets subnetIds.*"),
            "cache.elastiCache.clientSecurityGroupIds": {
                f"{_RULE}-sg-00000000000000001 {REMOVED}": REMOVED,
                f"{_RULE}-sg-0123456789abcdef0 {CREATED}": CREATED,
                f"{_GROUP} @dependencies.langfuse-valkey-from-sg-00000000000000001": ABSENT,
                f"{_GROUP} @dependencies.langfuse-valkey-from-sg-0123456789abcdef0": True,
            },
            "cache.elastiCache.applyImmediately": to(f"{_GROUP} applyImmediately"),
        },
    ),
    "AWS, alarms of a cache": Scene(
        base={
            **_BASE,
            "monitoring": {
                "runbooks": "https://git.example.com/docs",
                "alarms": {"email": "ops@example.com"},
            },
        },
        rows={
            "cache.elastiCache.nodeType": {
                **to(f"{_GROUP} nodeType"),
                # It has enough CPUs to watch the thread in place of the node.
                f"{_ALARM}-cpu metricQueries.{{0,1,2}}.metric.metricName": "EngineCPUUtilization",
                f"{_ALARM}-cpu threshold": 90,
                f"{_ALARM}-cpu alarmDescription": Holds("EngineCPUUtilization above 90 %"),
                f"{_ALARM_DASHBOARD} dashboardBody.widgets.*": ANY,
            },
            "cache.elastiCache.replicas": {
                f"{_GROUP} numCacheClusters": 3,
                f"{_ALARM}-{{cpu,memory,evictions,failover}} "
                "metricQueries.2.metric.dimensions.CacheClusterId": ANY,
                f"{_ALARM}-{{cpu,memory,evictions,failover}} metricQueries.*": ANY,
                f"{_ALARM}-{{cpu,memory,evictions}} metricQueries.3.expression": (
                    "MAX([node1, node2, node3])"
                ),
                f"{_ALARM}-failover metricQueries.6.expression": "MAX([rise1, rise2, rise3])",
                f"{_ALARM_DASHBOARD} dashboardBody.widgets.*": ANY,
            },
        },
    ),
    "AWS, a protected cache": Scene(
        base=_BASE,
        beside={"acknowledge": None},
        rows={
            "cache.elastiCache.protect": {
                **to(f"{_GROUP} @protect"),
                "outputs acknowledged.0": ABSENT,
            }
        },
    ),
}
