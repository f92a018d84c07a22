"""Other values of keys whose types do not tell one, and keys that register nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from components.postgres.rds import certificates

KUBECONFIG: Final = Path(__file__).with_name("kubeconfig.yaml")

VALUES: Final[Mapping[str, object]] = {
    # One that has the new context.
    "cluster.kubeconfig": str(KUBECONFIG),
    "langfuse.version": "2.94.0",
    "langfuse.admin.email": "other@example.com",
    "langfuse.backfill": True,
    "langfuse.upgrade.databaseBackup": "other-snapshot",
    "langfuse.upgrade.clickhouseBackup": "other-folder",
    "langfuse.egressPorts": [587],
    "langfuse.resources.cpu": "700m",
    "langfuse.resources.memory": "1536Mi",
    "langfuse.resources.memoryLimit": "3Gi",
    "langfuse.sso.providers{}.issuer": "https://issuer.example.com:8443",
    "langfuse.sso.providers{}.baseUrl": "https://git.other.example.com",
    "langfuse.sso.providers{}.tenantId": "other.example.com",
    "langfuse.sso.providers{}.allowedDomains": ["google.example.com"],
    "langfuse.sso.enforcedDomains": ["enforced.example.com"],
    "langfuse.smtp.host": "smtp.other.example.com",
    "langfuse.smtp.encryption": "tls",
    "langfuse.smtp.username": "other-user",
    "langfuse.smtp.sender": "other@example.com",
    "langfuse.allowedTargets.llmConnections.hosts": ["llm.example.com"],
    "langfuse.allowedTargets.llmConnections.networks": ["10.1.0.0/16"],
    "langfuse.allowedTargets.webhooks.hosts": ["hooks.example.com"],
    "langfuse.allowedTargets.webhooks.networks": ["10.2.0.0/16"],
    "langfuse.allowedTargets.blobStorage.hosts": ["blobs.example.com"],
    "langfuse.allowedTargets.blobStorage.networks": ["10.3.0.0/16"],
    "langfuse.retentionDays": 30,
    "langfuse.worker.resources.cpu": "800m",
    "langfuse.worker.resources.memory": "1280Mi",
    "langfuse.worker.resources.memoryLimit": "6Gi",
    "gateway.queueGiB": 2,
    "gateway.sampling": 0.25,
    "gateway.prices{}.input": 4,
    "gateway.prices{}.output": 16,
    "gateway.prices{}.cachedInput": 0.5,
    "gateway.budgets": {"before": 75},
    "gateway.alerts.p99Seconds": 2.5,
    "gateway.alerts.errorPercent": 12.5,
    "gateway.alerts.costPerDay": 33,
    "gateway.resources.cpu": "350m",
    "gateway.resources.memory": "300Mi",
    "gateway.resources.memoryLimit": "900Mi",
    "clickhouse.statefulSet.image": "docker.io/clickhouse/clickhouse-server:26.3.1.1-alpine",
    **{
        f"clickhouse.{engine}.backups{key}": value
        for engine in ("statefulSet", "operator")
        for key, value in {"": None, ".schedule": "30 1 * * 0", ".days": 30}.items()
    },
    "clickhouse.statefulSet.resources.cpu": "300m",
    "clickhouse.statefulSet.resources.memory": "2560Mi",
    "clickhouse.statefulSet.resources.memoryLimit": "7Gi",
    "clickhouse.operator.image": "docker.io/clickhouse/clickhouse-server:26.3.1.1",
    "clickhouse.operator.resources.cpu": "3",
    "clickhouse.operator.resources.memory": "9Gi",
    "clickhouse.operator.resources.memoryLimit": "10Gi",
    "clickhouse.operator.keeper.image": "docker.io/clickhouse/clickhouse-keeper:26.3.1.1",
    "clickhouse.operator.keeper.resources.cpu": "350m",
    "clickhouse.operator.keeper.resources.memory": "600Mi",
    "clickhouse.operator.keeper.resources.memoryLimit": "1200Mi",
    "clickhouse.external.kind": "server",
    "clickhouse.external.url": "https://other.example.com:8443",
    "clickhouse.external.migrationHost": "other-replica.example.com",
    "clickhouse.external.memory": "16Gi",
    "clickhouse.external.username": "other-user",
    "cache.statefulSet.resources.cpu": "150m",
    "cache.statefulSet.resources.memory": "300Mi",
    "cache.statefulSet.resources.memoryLimit": "700Mi",
    "cache.elastiCache.nodeType": "cache.r7g.xlarge",
    "cache.elastiCache.version": "8.1",
    "cache.elastiCache.snapshotWindow": "02:00-03:00",
    "cache.elastiCache.maintenanceWindow": "tue:05:00-tue:06:00",
    "cache.elastiCache.subnetIds": ["subnet-00000000000000005", "subnet-00000000000000006"],
    "cache.external.host": "other-cache.example.com",
    "cache.external.username": "other-cache-user",
    "objectStorage.external.endpoint": "https://other.example.com:9000",
    "objectStorage.external.bucket": "other-bucket",
    "objectStorage.external.region": "eu-west-3",
    "database.statefulSet.engine": "external",
    "database.statefulSet.resources.memoryLimit": "3Gi",
    "database.external.engine": "statefulSet",
    "database.external.host": "other.example.com",
    "database.external.pooler.host": "other-pooler.example.com",
    "database.rds.engine": "external",
    "database.rds.instanceClass": "db.r6g.large",
    "database.rds.version": "17",
    "database.rds.rootCertificates": certificates.root_certificate("us-east-1"),
    "database.rds.maxStorageGiB": 601,
    "database.rds.backupWindow": "02:00-03:00",
    "database.rds.maintenanceWindow": "tue:05:00-tue:06:00",
    "database.rds.subnetIds": ["subnet-00000000000000005", "subnet-00000000000000006"],
    # 0 turns it off, which is another matter.
    "database.rds.monitoringSeconds": 30,
    "endpoint.host": "other.langfuse.example.com",
    "endpoint.hostedZone": "langfuse.example.com",
    "endpoint.inboundCidrs": ["198.51.100.0/24"],
    "endpoint.sslPolicy": "ELBSecurityPolicy-TLS13-1-3-2021-06",
    "endpoint.subnetIds": ["subnet-00000000000000007", "subnet-00000000000000008"],
    "objectStorage.s3.eventDays": 60,
    "objectStorage.statefulSet.eventDays": 60,
    "objectStorage.statefulSet.resources.cpu": "700m",
    "objectStorage.statefulSet.resources.memory": "300Mi",
    "objectStorage.statefulSet.resources.memoryLimit": "700Mi",
    "objectStorage.statefulSet.publicEndpoint": "https://objects.example.com",
    "monitoring.prometheusRules.prober": "other.probes.svc:9116",
    # The risk that the scene with it takes.
    "acknowledge": ["singleZone"],
    "aws:region": "eu-central-1",
}
"""Valid where the scene with the key is."""

ELSEWHERE: Final[Mapping[str, tuple[str, str]]] = {
    "database.external.maxConnections": (
        "an external database",
        "the settings compare it with the connections of all pods",
    ),
}
"""Keys that change nothing that is registered: a scene with the key, and what reads it."""

ONE_VALUE: Final[Mapping[str, str]] = {
    "langfuse.admin": "a release refuses the first user, or requires one",
    "database.statefulSet.protect": "only false is valid: the database has no backup",
    "clickhouse.statefulSet.protect": "only false is valid: the server has no replica",
    **{
        f"{section}.{engine}.engine": "another engine has other keys, and a scene of its own"
        for section, engines in {
            "cache": ("elastiCache", "external", "statefulSet"),
            "clickhouse": ("external", "operator", "statefulSet"),
            "objectStorage": ("external", "s3", "statefulSet"),
        }.items()
        for engine in engines
    },
    "clickhouse": "a release refuses it, or requires it",
    "cache": "a release refuses it, or requires it",
}
"""Keys that have no other valid value, and why."""
