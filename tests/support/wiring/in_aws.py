"""What the keys of a stack change in AWS, and in its EKS cluster."""

from __future__ import annotations

from typing import Any, Final

from tests.support.wiring.changes import CREATED, REMOVED
from tests.support.wiring.in_cluster import EXTERNAL, PAUSED
from tests.support.wiring.keys import ABSENT, PLAIN_NAME
from tests.support.wiring.scenes import ANY, Holds, Row, Scene, to

_SMALL: Final[dict[str, Any]] = {
    "aws:region": "ap-northeast-2",
    "cluster": {"eksName": "before"},
    "langfuse": {"version": "2.95.12", "admin": {"email": "admin@example.com"}},
    "secrets": {"protect": True},
    "database": {"engine": "rds"},
}
_FULL: Final[dict[str, Any]] = {
    **_SMALL,
    "aws:defaultTags": {"tags": {PLAIN_NAME: "before"}},
    "database": {
        "engine": "rds",
        "storageGiB": 500,
        "subnetIds": ["subnet-00000000000000001", "subnet-00000000000000002"],
        "clientSecurityGroupIds": ["sg-00000000000000001"],
        "applyImmediately": True,
        "protect": False,
    },
    "secrets": {"delivery": "secretsManager"},
    "endpoint": {
        "host": "langfuse.example.com",
        "hostedZone": "example.com",
        "accessLogs": {},
        "inboundCidrs": ["203.0.113.0/24"],
        "subnetIds": ["subnet-00000000000000003", "subnet-00000000000000004"],
    },
    "objectStorage": {"engine": "s3", "media": True, "protect": False},
    "agents": {"namespaces": ["created"]},
    "monitoring": {
        "runbooks": "https://git.example.com/docs",
        "dashboards": {},
        "prometheusRules": {"prober": "before.probes.svc:9115"},
        "alarms": {"email": "ops@example.com"},
    },
    "acknowledge": ["noProtection"],
}
_KEYS_OF_S3: Final[dict[str, Any]] = {
    **_SMALL,
    "langfuse": {"version": "2.80.0", "admin": {"email": "admin@example.com"}},
    "database": EXTERNAL,
    "agents": {"namespaces": ["created"], "existingNamespaces": ["adopted"]},
    "objectStorage": {
        "engine": "s3",
        "accessKeyId": {"secure": "before"},
        "secretAccessKey": {"secure": "before, the secret half"},
    },
    "monitoring": {"runbooks": "https://git.example.com/docs", "prometheusRules": {}},
}

_INSTANCE: Final = "Instance/langfuse-postgres-instance"
_SNAPSHOT: Final = "RandomId/langfuse-postgres-final-snapshot"
_ENTRIES: Final = "Secret/langfuse-{app,database,agents-created-access}-entry"
_ENTRY_POLICIES: Final = "RolePolicy/langfuse-{app,database,agents-created-access}-read"
_DELIVERED: Final = "{app,database,agents-created-access,agents-adopted-access}"
_INGRESS: Final = "Ingress/langfuse-endpoint-ingress"
_ALB: Final = f"{_INGRESS} metadata.annotations.alb.ingress.kubernetes.io"
_LOGS: Final = "langfuse-endpoint-access-logs"
_CERTIFICATE: Final = "langfuse-endpoint-certificate"
_STORAGE: Final = "langfuse-storage"
_LIFECYCLE: Final = f"BucketLifecycleConfiguration/{_STORAGE}-lifecycle"
_STORAGE_POLICY: Final = "RolePolicy/langfuse-storage-role-policy policy.Statement"
_ENCRYPTION: Final = "BucketServerSideEncryptionConfiguration/langfuse-storage-encryption rules.0"
_CONFIG: Final = "ConfigMap/langfuse-config data"
_DASHBOARDS: Final = "ConfigMap/langfuse-dashboards-{overview,database}"
_ALARM_DASHBOARD: Final = "Dashboard/langfuse-alarms-dashboard"
_ALARM: Final = "MetricAlarm/langfuse-alarms"
_ALARMS: Final = (
    "MetricAlarm/langfuse-alarms-{certificate-expires,database-connections,database-cpu,"
    "database-memory,database-storage,database-transaction-ids,database-transaction-logs,"
    "load-balancer-errors,load-balancer-latency,load-balancer-refusals,"
    "load-balancer-unhealthy-targets}"
)
_RULES: Final = "PrometheusRule/langfuse-alerts-rules"
_ALERTS: Final = f"{_RULES} spec.groups"
_BURST_CREDITS: Final = "MetricAlarm/langfuse-alarms-database-burst-credits"
_PODS: Final = "{Deployment/langfuse-deployment,Job/langfuse-migration}"
_RUNBOOKS: Final = Holds("https://git.example.com/docs-monitoring-runbooks/")
_KUBECONFIG: Final = "kubernetes/kubernetes kubeconfig"
_CA: Final = "ConfigMap/langfuse-database-ca"
_NAMESPACE: Final = "observability-cluster-namespace"
_NAMESPACED: Final = (
    "{ConfigMap/langfuse-config,ConfigMap/langfuse-dashboards-database,"
    "ConfigMap/langfuse-dashboards-overview,ConfigMap/langfuse-database-ca,"
    "Deployment/langfuse-deployment,ExternalSecret/langfuse-app-external-secret,"
    "ExternalSecret/langfuse-database-external-secret,HorizontalPodAutoscaler/langfuse-autoscaler,"
    "Ingress/langfuse-endpoint-ingress,Job/langfuse-migration,"
    "NetworkPolicy/langfuse-migration-network-policy,NetworkPolicy/langfuse-network-policy,"
    "PodDisruptionBudget/langfuse-disruption-budget,Probe/langfuse-alerts-probe,"
    "PrometheusRule/langfuse-alerts-rules,SecretStore/langfuse-secrets-store,"
    "Service/langfuse-service,ServiceAccount/langfuse-migration-service-account,"
    "ServiceAccount/langfuse-secrets-service-account,ServiceAccount/langfuse-service-account}"
)
_TRUST: Final = (
    "Role/langfuse-{agents-created-secrets,secrets,storage}-role assumeRolePolicy.Statement.0"
)


def _new_entry(name: str) -> Row:
    """A changed secret of Secrets Manager: another version, which External Secrets then reads."""
    return {
        f"SecretVersion/langfuse-{name}-entry-version secretStringWoVersion": ANY,
        f"ExternalSecret/langfuse-{name}-external-secret spec.dataFrom.0.extract.version": ANY,
    }


_RDS: Final[dict[str, Row]] = {
    "database.rds.version": {
        **to(f"{_INSTANCE} engineVersion"),
        "ParameterGroup/langfuse-postgres-parameters family": "postgres17",
        "outputs databaseVersion": Holds("17."),
    },
    "database.rds.storageGiB": {
        **to(f"{_INSTANCE} allocatedStorage"),
        # A twentieth, and a fifth of transaction logs.
        f"{_DASHBOARDS} *.thresholds.steps.*.value": 26897232691,
        f"{_ALARM_DASHBOARD} *.widgets.3.*.horizontal.*.value": 26897232691,
        f"{_ALARM_DASHBOARD} *.widgets.6.*.horizontal.*.value": 107588930765,
        f"{_ALARM}-database-storage threshold": 26897232691,
        f"{_ALARM}-database-storage alarmDescription": Holds(" 25,651 MiB "),
        f"{_ALARM}-database-transaction-logs threshold": 107588930765,
        f"{_ALARM}-database-transaction-logs alarmDescription": Holds(" 102,605 MiB."),
    },
    "database.rds.maxStorageGiB": to(f"{_INSTANCE} maxAllocatedStorage"),
    "database.rds.iops": to(f"{_INSTANCE} iops"),
    "database.rds.throughputMiBps": to(f"{_INSTANCE} storageThroughput"),
    "database.rds.multiAz": to(f"{_INSTANCE} multiAz"),
    "database.rds.backupDays": to(f"{_INSTANCE} backupRetentionPeriod"),
    "database.rds.backupWindow": to(f"{_INSTANCE} backupWindow"),
    "database.rds.maintenanceWindow": to(f"{_INSTANCE} maintenanceWindow"),
    "database.rds.rootCertificates": {f"{_CA} data.ca.pem": ANY},
    "database.rds.kmsKeyArn": to(
        f"{_INSTANCE} {{kmsKeyId,performanceInsightsKmsKeyId}}", f"{_SNAPSHOT} keepers.kmsKey"
    ),
    "database.rds.subnetIds": to("SubnetGroup/langfuse-postgres-subnets subnetIds.*"),
    "database.rds.clientSecurityGroupIds": {
        "SecurityGroupIngressRule/langfuse-postgres-from-sg-00000000000000001 (removed)": REMOVED,
        "SecurityGroupIngressRule/langfuse-postgres-from-sg-0123456789abcdef0 (created)": CREATED,
        f"{_INSTANCE} @dependencies.langfuse-postgres-from-sg-00000000000000001": ABSENT,
        f"{_INSTANCE} @dependencies.langfuse-postgres-from-sg-0123456789abcdef0": True,
    },
    "database.rds.insights": {
        **to(f"{_INSTANCE} databaseInsightsMode"),
        f"{_INSTANCE} performanceInsightsRetentionPeriod": 465,
    },
    "database.rds.monitoringSeconds": to(f"{_INSTANCE} monitoringInterval"),
    "database.rds.connectionLimit": {
        **_new_entry("database"),
        "SecretVersion/langfuse-database-entry-version secretStringWo.DATABASE_URL": Holds(
            "connection_limit=6&"
        ),
        # A name for each version: pods are never started on the values of another one.
        "ExternalSecret/langfuse-database-external-secret {metadata,spec.target}.name": ANY,
        f"{_PODS} spec.template.spec.*.env.*.valueFrom.secretKeyRef.name": ANY,
    },
    "database.rds.protect": to(f"{_INSTANCE} {{@protect,deletionProtection}}"),
}
_SECRETS: Final[dict[str, Row]] = {
    "secrets.protect": to(
        "RandomPassword/langfuse-credentials-{encryption-key,salt} @protect",
        # Not those of agents: they hold copies.
        "Secret/langfuse-{app,database}-entry @protect",
    ),
    "secrets.recoveryDays": to(f"{_ENTRIES} recoveryWindowInDays"),
    "secrets.kmsKeyArn": {
        **to(f"{_ENTRIES} kmsKeyId", f"{_ENTRY_POLICIES} policy.Statement.1.Resource"),
        f"{_ENTRY_POLICIES} policy.Statement.1.*": ANY,
    },
}
_ENDPOINT: Final[dict[str, Row]] = {
    "endpoint.scheme": to(f"{_ALB}/scheme"),
    "endpoint.inboundCidrs": to(f"{_ALB}/inbound-cidrs"),
    "endpoint.subnetIds": {
        f"{_ALB}/subnets": "subnet-00000000000000007,subnet-00000000000000008",
        "NetworkPolicy/langfuse-network-policy spec.ingress.0.from.*.ipBlock.cidr": ANY,
    },
    "endpoint.ingressClass": to(f"{_INGRESS} spec.ingressClassName"),
    "endpoint.sslPolicy": to(f"{_ALB}/ssl-policy"),
    "endpoint.webAclArn": to(f"{_ALB}/wafv2-acl-arn"),
    "endpoint.accessLogs.days": to(
        f"BucketLifecycleConfiguration/{_LOGS}-lifecycle rules.0.expiration.days"
    ),
    "endpoint.deletionProtection": {
        f"{_ALB}/load-balancer-attributes": Holds(",deletion_protection.enabled=true,")
    },
}
_OBJECT_STORAGE: Final[dict[str, Row]] = {
    "objectStorage.s3.kmsKeyArn": {
        **to(f"{_ENCRYPTION}.applyServerSideEncryptionByDefault.kmsMasterKeyId"),
        **to(f"{_STORAGE_POLICY}.*.Resource"),
        f"{_ENCRYPTION}.applyServerSideEncryptionByDefault.sseAlgorithm": "aws:kms",
        f"{_ENCRYPTION}.bucketKeyEnabled": True,
        f"{_STORAGE_POLICY}.*": ANY,
    },
    "objectStorage.s3.exportDays": to(f"{_LIFECYCLE} rules.0.expiration.days"),
    "objectStorage.s3.protect": {
        **to(f"Bucket/{_STORAGE}-bucket @protect"),
        f"Bucket/{_STORAGE}-bucket forceDestroy": False,
    },
}
_MONITORING: Final[dict[str, Row]] = {
    "monitoring.runbooks": {
        f"{_DASHBOARDS} data.*.json.{{links,panels.*.links}}.*.url": _RUNBOOKS,
        "PrometheusRule/langfuse-alerts-rules *.annotations.runbook_url": _RUNBOOKS,
        f"{_ALARMS} alarmDescription": _RUNBOOKS,
        f"{_BURST_CREDITS} alarmDescription": _RUNBOOKS,
    },
    "monitoring.alarms.email": to("TopicSubscription/langfuse-alarms-topic-email endpoint"),
    "monitoring.certificateDays": {
        **to(f"{_ALARM}-certificate-expires threshold"),
        **to("ConfigMap/langfuse-dashboards-overview *.thresholds.steps.*.value"),
        **to(f"{_ALARM_DASHBOARD} *.annotations.horizontal.*.value"),
        f"{_ALARM}-certificate-expires alarmDescription": Holds(" 22 days "),
        "PrometheusRule/langfuse-alerts-rules *.rules.LangfuseCertificateExpires.expr": Holds(
            " < 22 * 86400"
        ),
    },
}
_AWS: Final[dict[str, Row]] = {
    "aws:profile": {
        **to("aws/aws profile", f"{_KUBECONFIG}.users.0.user.exec.args.9"),
        f"{_KUBECONFIG}.users.0.user.exec.args.8": "--profile",
    },
    "aws:allowedAccountIds": to("aws/aws allowedAccountIds.0"),
    "aws:defaultTags": {
        **to(f"aws/aws defaultTags.tags.{PLAIN_NAME}"),
        # The load balancer's controller makes what has these.
        f"{_ALB}/tags": f"{PLAIN_NAME}=aws-defaulttags",
    },
    "acknowledge": to("outputs acknowledged.0"),
    "cluster.permissionsBoundaryArn": to(
        "Role/langfuse-{agents-created-secrets-role,secrets-role,storage-role,postgres-monitoring} "
        "permissionsBoundary"
    ),
}


_TOPIC: Final[Row] = {
    **to(f"{_ALARMS} {{alarmActions,okActions}}.0", "outputs alarmTopic"),
    "{AlarmTopic/langfuse-alarms-topic,Key/langfuse-alarms-topic-key,"
    "Topic/langfuse-alarms-topic-topic,TopicPolicy/langfuse-alarms-topic-policy,"
    f"TopicSubscription/langfuse-alarms-topic-email}} {REMOVED}": REMOVED,
    f"{_ALARMS} @dependencies.langfuse-alarms-topic-*": ABSENT,
    # RDS publishes to a topic of the stack's own alone.
    f"EventSubscription/langfuse-alarms-database-events {REMOVED}": REMOVED,
}
_CREATED_BUCKET: Final = (
    f"{{Bucket/{_STORAGE}-bucket,BucketLifecycleConfiguration/{_STORAGE}-lifecycle,"
    f"BucketOwnershipControls/{_STORAGE}-ownership,BucketPolicy/{_STORAGE}-policy,"
    f"BucketPublicAccessBlock/{_STORAGE}-privacy,"
    f"BucketServerSideEncryptionConfiguration/{_STORAGE}-encryption,"
    f"BucketVersioning/{_STORAGE}-versioning}}"
)
_CREATED_LOGS: Final = (
    f"{{AccessLogBucket/{_LOGS},Bucket/{_LOGS}-bucket,"
    f"BucketLifecycleConfiguration/{_LOGS}-lifecycle,BucketPolicy/{_LOGS}-policy,"
    f"BucketPublicAccessBlock/{_LOGS}-public-access-block,"
    f"BucketServerSideEncryptionConfiguration/{_LOGS}-encryption}}"
)
_CREATED_CERTIFICATE: Final = (
    f"{{ValidatedCertificate/{_CERTIFICATE},Certificate/{_CERTIFICATE}-certificate,"
    f"CertificateValidation/{_CERTIFICATE}-validation,Record/{_CERTIFICATE}-record}}"
)
_WITHOUT_A_BUCKET: Final = "@dependencies.langfuse-storage-*"

SCENES: Final[dict[str, Scene]] = {
    "AWS": Scene(
        base=_FULL,
        rows={**_RDS, **_SECRETS, **_ENDPOINT, **_OBJECT_STORAGE, **_MONITORING, **_AWS},
    ),
    "AWS, other names": Scene(
        base=_FULL,
        rows={
            "cluster.namespace": {
                **to(f"{_NAMESPACED} metadata.namespace", "outputs namespace"),
                **to("Namespace/langfuse-namespace metadata.name"),
                **_new_entry("agents-created-access"),
                "SecretVersion/langfuse-agents-created-access-entry-version "
                "secretStringWo.LANGFUSE_{HOST,BASEURL}": f"http://langfuse.{_NAMESPACE}.svc",
                "Role/langfuse-{secrets,storage}-role *.oidc*:sub": Holds(
                    f"system:serviceaccount:{_NAMESPACE}:langfuse"
                ),
                "ConfigMap/langfuse-dashboards-overview *.expr": Holds(_NAMESPACE),
                "PrometheusRule/langfuse-alerts-rules *.expr": Holds(_NAMESPACE),
                "Probe/langfuse-alerts-probe spec.jobName": f"{_NAMESPACE}/langfuse",
                "outputs adminPasswordCommand": Holds(f"-n {_NAMESPACE} "),
            },
            "cluster.eksName": {
                **to(f"{_KUBECONFIG}.{{current-context,users.0.name,clusters.0.name}}"),
                **to(f"{_KUBECONFIG}.contexts.0.{{name,context.cluster,context.user}}"),
                **to(f"{_KUBECONFIG}.users.0.user.exec.args.3"),
                f"{_KUBECONFIG}.clusters.0.cluster.server": ANY,
                "kubernetes/kubernetes clusterIdentifier": Holds("/before-cluster-eksname"),
                "outputs adminPasswordCommand": Holds(":cluster/before-cluster-eksname -n"),
                f"{_TRUST}.{{Principal.Federated,Condition.StringEquals.oidc*}}": ANY,
            },
            "endpoint.host": {
                **to(f"Certificate/{_CERTIFICATE}-certificate domainName"),
                **to(f"{_INGRESS} spec.rules.0.host"),
                **to("Record/langfuse-endpoint-alias-record name"),
                f"{_CONFIG}.NEXTAUTH_URL": "https://other.langfuse.example.com",
                "outputs url": "https://other.langfuse.example.com",
                "Probe/langfuse-alerts-probe spec.targets.staticConfig.static.0": Holds(
                    "https://other.langfuse.example.com/"
                ),
                f"Record/{_CERTIFICATE}-record name": Holds(".other.langfuse.example.com."),
                f"CertificateValidation/{_CERTIFICATE}-validation validationRecordFqdns.0": Holds(
                    ".other.langfuse.example.com"
                ),
            },
            "endpoint.hostedZone": {
                f"Record/{{langfuse-endpoint-alias,{_CERTIFICATE}}}-record zoneId": ANY
            },
            "aws:region": {
                **to("aws/aws region", f"{_KUBECONFIG}.users.0.user.exec.args.5"),
                **to(f"{_CONFIG}.LANGFUSE_S3_MEDIA_UPLOAD_REGION"),
                **to(f"{_DASHBOARDS} *.targets.*.region", f"{_ALARM_DASHBOARD} *.region"),
                **to("SecretStore/langfuse-{agents-created-,}secrets-store *.aws.region"),
                "kubernetes/kubernetes clusterIdentifier": Holds("eu-central-1/"),
                "ConfigMap/langfuse-database-ca data.ca.pem": ANY,
                "Role/langfuse-postgres-monitoring *.ArnLike.aws:SourceArn": Holds(
                    ":rds:eu-central-1:"
                ),
            },
            "objectStorage.s3.exports": {
                f"{_CONFIG}.S3_{{BUCKET_NAME,REGION}}": ABSENT,
                f"{_LIFECYCLE} rules.0.expiration.days": ABSENT,
                f"{_LIFECYCLE} rules.*": ANY,
                # Not the prefix of exports, but that of media.
                f"{_STORAGE_POLICY}.0.Resource.0": Holds("/media/*"),
                f"{_STORAGE_POLICY}.0.Resource.1": ABSENT,
            },
            "secrets.installExternalSecrets": {
                f"ExternalSecretsOperator/langfuse-external-secrets {CREATED}": CREATED,
                f"Release/langfuse-external-secrets-release {CREATED}": CREATED,
                "SecretStore/langfuse-{agents-created-,}secrets-store "
                "@dependencies.langfuse-external-secrets-release": True,
            },
            "database.rds.allowMajorUpgrade": to(f"{_INSTANCE} allowMajorVersionUpgrade"),
            "database.rds.restoreFrom.instance": {
                **to(f"{_INSTANCE} restoreToPointInTime.sourceDbInstanceIdentifier"),
                **to(f"{_SNAPSHOT} keepers.instance"),
                f"{{{_INSTANCE},{_SNAPSHOT}}} @ignoreChanges.*": ABSENT,
            },
            "database.rds.restoreFrom.time": to(
                f"{_INSTANCE} restoreToPointInTime.restoreTime", f"{_SNAPSHOT} keepers.time"
            ),
        },
    ),
    "AWS, what exists in place of what is created": Scene(
        base=_FULL,
        beside={"monitoring": {"alarms": {"email": None}}},
        rows={
            "database.rds.instanceClass": {
                **to(f"{_INSTANCE} instanceClass"),
                # No burst credits, and more memory and connections.
                f"{_BURST_CREDITS} {REMOVED}": REMOVED,
                f"{_ALARM}-database-connections threshold": 1284,
                f"{_ALARM}-database-memory threshold": 858993459,
                f"{_ALARM}-database-{{connections,memory}} alarmDescription": ANY,
                f"{_ALARM_DASHBOARD} @dependencies.langfuse-alarms-database-burst-credits": ABSENT,
                f"{_ALARM_DASHBOARD} dashboardBody.widgets.*": ANY,
                "ConfigMap/langfuse-dashboards-database data.*.json.panels.*": ANY,
            },
            "database.rds.applyImmediately": to(f"{_INSTANCE} applyImmediately"),
            "database.rds.restoreFrom.snapshot": {
                **to(f"{_INSTANCE} snapshotIdentifier", f"{_SNAPSHOT} keepers.snapshot"),
                f"{{{_INSTANCE},{_SNAPSHOT}}} @ignoreChanges.*": ABSENT,
            },
            "endpoint.certificateArn": {
                **to(f"{_ALB}/certificate-arn"),
                **to(f"{_ALARM}-certificate-expires *.dimensions.CertificateArn"),
                **to(f"{_ALARM_DASHBOARD} dashboardBody.widgets.*"),
                f"{_CREATED_CERTIFICATE} {REMOVED}": REMOVED,
                f"{{{_INGRESS},{_ALARM}-certificate-expires,{_ALARM_DASHBOARD}}} "
                f"@dependencies.{_CERTIFICATE}-validation": ABSENT,
            },
            "endpoint.accessLogs.bucket": {
                f"{_ALB}/load-balancer-attributes": Holds(
                    "access_logs.s3.bucket=langfuse-exports-123456789012-endpoint-accesslogs-bucket"
                ),
                f"{_CREATED_LOGS} {REMOVED}": REMOVED,
                f"{_INGRESS} @dependencies.{_LOGS}-*": ABSENT,
            },
            "objectStorage.s3.bucket": {
                **to(f"{_CONFIG}.S3_BUCKET_NAME", "outputs bucket"),
                f"{_STORAGE_POLICY}.0.Resource.*": (
                    "arn:aws:s3:::langfuse-exports-123456789012-objectstorage-s-bucket/lf-export-*"
                ),
                f"{_CREATED_BUCKET} {REMOVED}": REMOVED,
                f"{{ConfigMap/langfuse-config,RolePolicy/{_STORAGE}-role-policy}} "
                f"{_WITHOUT_A_BUCKET}": ABSENT,
            },
            "objectStorage.s3.media": {
                f"{_CONFIG}.LANGFUSE_S3_MEDIA_UPLOAD_{{BUCKET,ENABLED,PREFIX,REGION}}": ABSENT,
                f"{_STORAGE_POLICY}.0.Resource.*": ABSENT,
            },
            "monitoring.alarms.topicArn": _TOPIC,
        },
    ),
    "AWS, paused": Scene(
        base=_FULL,
        rows={
            "langfuse.paused": {
                **PAUSED,
                f"{_ALARM}-load-balancer-{{errors,latency,refusals,unhealthy-targets}} "
                "actionsEnabled": False,
                f"{_INGRESS} *actions.paused.type": "fixed-response",
                f"{_INGRESS} *actions.paused.fixedResponseConfig.contentType": "text/html",
                f"{_INGRESS} *actions.paused.fixedResponseConfig.messageBody": ANY,
                f"{_INGRESS} *actions.paused.fixedResponseConfig.statusCode": "503",
                f"{_INGRESS} spec.rules.0.http.paths.0.backend.service.name": "paused",
                f"{_INGRESS} spec.rules.0.http.paths.0.backend.service.port.name": (
                    "use-annotation"
                ),
                f"{_INGRESS} @dependencies.langfuse-service": ABSENT,
            }
        },
    ),
    "AWS, without a public name and object storage": Scene(
        base=_FULL,
        rows={
            "endpoint": {
                f"*/langfuse-endpoint* {REMOVED}": REMOVED,
                f"{_ALARM}-{{certificate-expires,load-balancer-*}} {REMOVED}": REMOVED,
                f"{_ALARM_DASHBOARD} dashboardBody.widgets.*": ABSENT,
                f"{_ALARM_DASHBOARD} @dependencies.langfuse-*": ABSENT,
                f"{_DASHBOARDS} @dependencies.langfuse-endpoint-ingress": ABSENT,
                "ConfigMap/langfuse-dashboards-overview data.*": ANY,
                "Namespace/langfuse-namespace metadata.labels.elbv2.*": ABSENT,
                "Deployment/langfuse-deployment @dependencies.langfuse-endpoint-ingress": ABSENT,
                "NetworkPolicy/langfuse-network-policy *.ipBlock.cidr": ABSENT,
                # Langfuse is reached through its Service alone, also by probes.
                "NetworkPolicy/langfuse-network-policy *.namespaceSelector.*": "probes",
                "Probe/langfuse-alerts-probe *.static.0": Holds(
                    "http://langfuse.observability.svc"
                ),
                "Probe/langfuse-alerts-probe @dependencies.langfuse-service": True,
                f"{_ALERTS}.langfuse-probe.rules.LangfuseCertificateExpires.*": ABSENT,
                f"{{{_CONFIG}.NEXTAUTH_URL,outputs url}}": "http://localhost:3000",
                "outputs loadBalancerHost": ABSENT,
                "outputs openCommand": Holds("port-forward service/langfuse 3000:80"),
            },
            "objectStorage": {
                f"*/langfuse-storage* {REMOVED}": REMOVED,
                f"{_CONFIG}.LANGFUSE_S3_MEDIA_UPLOAD_{{BUCKET,ENABLED,PREFIX,REGION}}": ABSENT,
                f"{_CONFIG}.S3_{{BUCKET_NAME,REGION}}": ABSENT,
                "{Deployment/langfuse-deployment spec.template.,"
                "ServiceAccount/langfuse-service-account }"
                "metadata.annotations.eks.amazonaws.com/role-arn": ABSENT,
                "{ConfigMap/langfuse-config,Deployment/langfuse-deployment,"
                "ServiceAccount/langfuse-service-account} @dependencies.langfuse-storage-*": ABSENT,
                "outputs bucket": ABSENT,
            },
        },
    ),
    "AWS, without alarms, logs and a snapshot to start from": Scene(
        base={**_FULL, "database": {**_FULL["database"], "restoreFrom": {"snapshot": "before"}}},
        rows={
            "monitoring.alarms": {
                f"*/langfuse-alarms* {REMOVED}": REMOVED,
                "outputs alarmTopic": ABSENT,
            },
            "monitoring.prometheusRules": {
                f"{{PrometheusAlerts/langfuse-alerts,{_RULES},Probe/langfuse-alerts-probe}} "
                f"{REMOVED}": REMOVED,
                # It shows neither alerts nor the probe.
                "ConfigMap/langfuse-dashboards-overview data.*": ANY,
            },
            "endpoint.accessLogs": {
                f"{_ALB}/load-balancer-attributes": Holds("access_logs.s3.enabled=false"),
                f"{_CREATED_LOGS} {REMOVED}": REMOVED,
                f"{_INGRESS} @dependencies.{_LOGS}-*": ABSENT,
            },
            "database.rds.restoreFrom": {
                f"{_INSTANCE} snapshotIdentifier": ABSENT,
                f"{_SNAPSHOT} keepers.snapshot": "",
                # What it started from may change afterwards: that makes no new one.
                f"{{{_INSTANCE},{_SNAPSHOT}}} @ignoreChanges.*": True,
            },
        },
    ),
    "AWS, Secrets Manager": Scene(
        base=_KEYS_OF_S3,
        rows={
            "secrets.delivery": {
                f"KubernetesSecret/langfuse-{_DELIVERED} {REMOVED}": REMOVED,
                f"Secret/langfuse-{_DELIVERED}-secret {REMOVED}": REMOVED,
                "{SecretsManagerSecret,Secret,SecretPolicy,SecretVersion,ExternalSecret,RolePolicy}/"
                f"langfuse-{_DELIVERED}* {CREATED}": CREATED,
                "{SecretsManagerStore,Role,ServiceAccount,SecretStore}/"
                f"langfuse-{{,agents-created-,agents-adopted-}}secrets* {CREATED}": CREATED,
                f"{_PODS} @dependencies.langfuse-database-secret": ABSENT,
                f"{_PODS} @dependencies.langfuse-database-{{entry-version,external-secret}}": True,
                f"{_PODS} spec.template.spec.*.env.*.valueFrom.secretKeyRef.name": ANY,
                "Deployment/langfuse-deployment @dependencies.langfuse-app-secret": ABSENT,
                "Deployment/langfuse-deployment "
                "@dependencies.langfuse-app-{entry-version,external-secret}": True,
                "Deployment/langfuse-deployment spec.template.spec.*.secretRef.name": ANY,
                "outputs adminPasswordCommand": Holds(" secret langfuse-app-"),
                f"{_ALERTS}.langfuse-surroundings.*": ANY,
                f"{_ALERTS}.langfuse-surroundings.rules.LangfuseSecretNotReady.expr": Holds(
                    'namespace=~"observability|created|adopted"'
                ),
                f"{_ALERTS}.langfuse-measured.rules.LangfuseNotMeasured.expr": ANY,
                "outputs secretEntries.0": "agent-observability/test/app",
                "outputs secretEntries.1": "agent-observability/test/database",
                "outputs secretEntries.2": "agent-observability/test/agents/created/access",
                "outputs secretEntries.3": "agent-observability/test/agents/adopted/access",
            }
        },
    ),
    "AWS, keys of S3": Scene(
        base=_KEYS_OF_S3,
        rows={
            "objectStorage.s3.accessKeyId": to(
                "Secret/langfuse-app-secret stringData.S3_ACCESS_KEY_ID"
            ),
            "objectStorage.s3.secretAccessKey": to(
                "Secret/langfuse-app-secret stringData.S3_SECRET_ACCESS_KEY"
            ),
        },
    ),
    "AWS, an external database in place of RDS": Scene(
        base=_SMALL,
        beside={"database": EXTERNAL},
        rows={
            "database.rds.engine": {
                "{PostgresRds/langfuse-postgres,Instance/langfuse-postgres-instance,"
                "ParameterGroup/langfuse-postgres-parameters,"
                "RandomId/langfuse-postgres-final-snapshot,"
                "RandomPassword/langfuse-postgres-password,Role/langfuse-postgres-monitoring,"
                "RolePolicyAttachment/langfuse-postgres-monitoring-permission,"
                "SecurityGroup/langfuse-postgres-firewall,"
                "SecurityGroupIngressRule/langfuse-postgres-from-cluster,"
                f"SubnetGroup/langfuse-postgres-subnets,{_CA}}} {REMOVED}": REMOVED,
                f"{_PODS} @dependencies.langfuse-database-ca": ABSENT,
                f"{_PODS} spec.template.spec.{{containers.0.volumeMounts,volumes}}.1.*": ABSENT,
                "NetworkPolicy/langfuse-{migration-,}network-policy spec.egress.*.to.*": ABSENT,
                "Secret/langfuse-database-secret "
                "@dependencies.langfuse-postgres-{instance,password}": ABSENT,
                "Secret/langfuse-database-secret stringData.{DATABASE_URL,DIRECT_URL}": Holds(
                    "@db.example.com:5432/langfuse?sslmode=require"
                ),
                "outputs databaseAddress": "db.example.com:5432",
                "outputs databaseVersion": ABSENT,
            }
        },
    ),
}
