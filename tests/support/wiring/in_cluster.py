"""What the keys of a stack change in a Kubernetes cluster."""

from __future__ import annotations

from typing import Any, Final

from tests.support.wiring.changes import CREATED, REMOVED
from tests.support.wiring.keys import ABSENT, PLAIN_NAME, SECRET_NAME
from tests.support.wiring.scenes import ANY, Holds, Row, Scene, to

_VERSION_2: Final = {"version": "2.95.12", "admin": {"email": "admin@example.com"}}
_CONTEXT: Final = "kind-langfuse"

EXTERNAL: Final = {
    "engine": "external",
    "host": "db.example.com",
    "password": {"secure": "before"},
}
"""A database that exists."""

_FULL: Final[dict[str, Any]] = {
    "cluster": {
        "context": _CONTEXT,
        "nodeSelector": {PLAIN_NAME: "before"},
        "podLabels": {PLAIN_NAME: "before"},
        "podAnnotations": {PLAIN_NAME: "before"},
        "imagePullSecrets": ["before"],
        "tolerations": [{"key": "before", "value": "before", "effect": "NoSchedule"}],
    },
    "langfuse": {
        **_VERSION_2,
        "minReplicas": 3,
        "maxReplicas": 6,
        "publicUrl": "https://before.example.com",
        "resources": {"memory": "1Gi", "memoryLimit": "4Gi"},
        "environment": {PLAIN_NAME: "before"},
        "secretEnvironment": {SECRET_NAME: {"secure": "before"}},
        "allowedNamespaces": ["before"],
        "telemetry": True,
    },
    "database": {"engine": "statefulSet", "storageClass": "before"},
    "agents": {"namespaces": ["created"], "existingNamespaces": ["adopted"]},
    "langsmith": {"apiKey": {"secure": "before"}, "project": "before"},
    "monitoring": {
        "runbooks": "https://git.example.com/docs",
        "dashboards": {"folder": "before", "labels": {PLAIN_NAME: "before"}},
        "prometheusRules": {
            "prober": "before.probes.svc:9115",
            "labels": {PLAIN_NAME: "before"},
            "alertLabels": {PLAIN_NAME: "before"},
        },
    },
}
_OTHER: Final[dict[str, Any]] = {
    **_FULL,
    "cluster": {"context": _CONTEXT, "tolerations": [{"key": "before"}]},
    "database": {"engine": "statefulSet"},
}
_SMALL: Final = {
    "cluster": {"context": _CONTEXT},
    "langfuse": _VERSION_2,
    "database": {"engine": "statefulSet"},
}

_CONFIG: Final = "ConfigMap/langfuse-config data"
_DEPLOYMENT: Final = "Deployment/langfuse-deployment"
_MIGRATION: Final = "Job/langfuse-migration"
_POSTGRES: Final = "StatefulSet/langfuse-postgres-stateful-set"
_WEB: Final = f"{_DEPLOYMENT} spec.template.spec.containers.0"
_IMAGE: Final = f"{{{_DEPLOYMENT},{_MIGRATION}}} spec.template.spec.*.image"
_TEMPLATES: Final = f"{{{_DEPLOYMENT},{_MIGRATION},{_POSTGRES}}} spec.template"
_PODS: Final = f"{_TEMPLATES}.spec"
_DATABASE: Final = (
    f"{_POSTGRES} spec.template.spec.{{containers,initContainers}}.0"  # and what copies its data
)
_AGENTS: Final = "Secret/langfuse-agents-{created,adopted}-access-secret stringData"
_NETWORKS: Final = "NetworkPolicy/langfuse-network-policy spec"
_OVERVIEW: Final = "ConfigMap/langfuse-dashboards-overview"
_OF_DATABASE: Final = "ConfigMap/langfuse-dashboards-database"
_DASHBOARDS: Final = f"{{{_OVERVIEW},{_OF_DATABASE}}}"
_GONE_DASHBOARDS: Final = (
    f"{{GrafanaDashboards/langfuse-dashboards,{_OVERVIEW},{_OF_DATABASE}}} {REMOVED}"
)
_ALERTS: Final = "PrometheusRule/langfuse-alerts-rules spec.groups"
_URL: Final = "Secret/langfuse-database-secret stringData.DATABASE_URL"
_URLS: Final = "Secret/langfuse-database-secret stringData.{DATABASE_URL,DIRECT_URL}"
_NAMESPACED: Final = (
    "{ConfigMap/langfuse-config,ConfigMap/langfuse-dashboards-database,"
    "ConfigMap/langfuse-dashboards-overview,Deployment/langfuse-deployment,"
    "HorizontalPodAutoscaler/langfuse-autoscaler,Job/langfuse-migration,"
    "NetworkPolicy/langfuse-migration-network-policy,NetworkPolicy/langfuse-network-policy,"
    "NetworkPolicy/langfuse-postgres-network-policy,PodDisruptionBudget/langfuse-disruption-budget,"
    "Probe/langfuse-alerts-probe,PrometheusRule/langfuse-alerts-rules,Secret/langfuse-app-secret,"
    "Secret/langfuse-database-secret,Secret/langfuse-postgres-credentials,"
    "Service/langfuse-postgres-service,Service/langfuse-service,"
    "ServiceAccount/langfuse-migration-service-account,ServiceAccount/langfuse-service-account,"
    "StatefulSet/langfuse-postgres-stateful-set}"
)

_CLUSTER: Final[dict[str, Row]] = {
    "cluster.context": {
        **to("kubernetes/kubernetes {context,clusterIdentifier}"),
        "outputs {openCommand,adminPasswordCommand}": Holds(
            "--context=kind-langfuse-cluster-context "
        ),
    },
    "cluster.kubeconfig": {
        # Not its contexts: the provider reads the file by itself.
        **to("kubernetes/kubernetes kubeconfig"),
        "outputs {openCommand,adminPasswordCommand}": Holds("kubectl --kubeconfig=/"),
    },
    "cluster.protect": to("Namespace/langfuse-{namespace,agents-created-namespace} @protect"),
    "cluster.nodeSelector": to(f"{_PODS}.nodeSelector.{PLAIN_NAME}"),
    "cluster.tolerations[].key": to(f"{_PODS}.tolerations.0.key"),
    "cluster.tolerations[].value": to(f"{_PODS}.tolerations.0.value"),
    "cluster.tolerations[].effect": to(f"{_PODS}.tolerations.0.effect"),
    "cluster.imagePullSecrets": to(f"{_PODS}.imagePullSecrets.0.name"),
    "cluster.podLabels": to(f"{_TEMPLATES}.metadata.labels.{PLAIN_NAME}"),
    "cluster.podAnnotations": to(f"{_TEMPLATES}.metadata.annotations.{PLAIN_NAME}"),
}
_LANGFUSE: Final[dict[str, Row]] = {
    "langfuse.version": {
        **to(f"{{{_DEPLOYMENT},{_MIGRATION}}} metadata.labels.app.kubernetes.io/version"),
        **to(f"{{{_DEPLOYMENT},{_MIGRATION}}} spec.template.metadata.labels.*/version"),
        **to("outputs version"),
        _IMAGE: Holds(":2.94.0@"),
    },
    "langfuse.repository": {_IMAGE: Holds("docker.io/langfuse/langfuse-langfuse-repository:")},
    "langfuse.digest": {_IMAGE: Holds("@sha256:" + 64 * "0")},
    "langfuse.minReplicas": to("HorizontalPodAutoscaler/langfuse-autoscaler spec.minReplicas"),
    "langfuse.maxReplicas": {
        **to("HorizontalPodAutoscaler/langfuse-autoscaler spec.maxReplicas"),
        # A rollout of more pods takes longer.
        f"{_DEPLOYMENT} @timeouts": ANY,
    },
    "langfuse.targetCpuPercent": to(
        "HorizontalPodAutoscaler/langfuse-autoscaler "
        "spec.metrics.0.resource.target.averageUtilization"
    ),
    "langfuse.resources.cpu": to(f"{_WEB}.resources.requests.cpu"),
    "langfuse.resources.memory": to(f"{_WEB}.resources.requests.memory"),
    "langfuse.resources.memoryLimit": {
        **to(f"{_WEB}.resources.limits.memory"),
        f"{_CONFIG}.NODE_OPTIONS": "--max-old-space-size=2304",
    },
    "langfuse.zoneSpread": {
        f"{_DEPLOYMENT} spec.template.spec.topologySpreadConstraints.*.whenUnsatisfiable": (
            "DoNotSchedule"
        )
    },
    "langfuse.publicUrl": {
        **to(f"{_CONFIG}.NEXTAUTH_URL", "outputs url"),
        "Probe/langfuse-alerts-probe spec.targets.staticConfig.static.0": Holds(
            "https://before.example.com-langfuse-publicurl/"
        ),
    },
    "langfuse.admin.email": to(f"{_CONFIG}.LANGFUSE_INIT_USER_EMAIL", "outputs adminEmail"),
    "langfuse.admin.name": to(f"{_CONFIG}.LANGFUSE_INIT_USER_NAME"),
    "langfuse.organization": to(f"{_CONFIG}.LANGFUSE_INIT_ORG_NAME"),
    "langfuse.project": to(f"{_CONFIG}.LANGFUSE_INIT_PROJECT_NAME"),
    "langfuse.signUp": {f"{_CONFIG}.AUTH_DISABLE_SIGNUP": "false"},
    "langfuse.telemetry": {
        f"{_CONFIG}.TELEMETRY_ENABLED": "false",
        # The health page of a pod that reports its use waits for the database.
        f"{_WEB}.livenessProbe.tcpSocket.port": ABSENT,
        f"{_WEB}.livenessProbe.httpGet.path": "/api/public/health",
        f"{_WEB}.livenessProbe.httpGet.port": "http",
    },
    "langfuse.experimentalFeatures": {f"{_CONFIG}.LANGFUSE_ENABLE_EXPERIMENTAL_FEATURES": "true"},
    "langfuse.logLevel": to(f"{_CONFIG}.LANGFUSE_LOG_LEVEL"),
    "langfuse.logFormat": to(f"{_CONFIG}.LANGFUSE_LOG_FORMAT"),
    "langfuse.environment": to(f"{_CONFIG}.{PLAIN_NAME}"),
    "langfuse.secretEnvironment": to(f"Secret/langfuse-app-secret stringData.{SECRET_NAME}"),
    "langfuse.allowedNamespaces": to(
        f"{_NETWORKS}.ingress.0.from.*.namespaceSelector.matchLabels.kubernetes.io/metadata.name"
    ),
    "langfuse.egressPorts": to(f"{_NETWORKS}.egress.*.ports.0.port"),
}
_STATEFUL_SET: Final[dict[str, Row]] = {
    "database.statefulSet.image": to(f"{_DATABASE}.image"),
    "database.statefulSet.storageGiB": {
        f"{_POSTGRES} spec.volumeClaimTemplates.0.spec.resources.requests.storage": "21Gi"
    },
    "database.statefulSet.storageClass": to(
        f"{_POSTGRES} spec.volumeClaimTemplates.0.spec.storageClassName"
    ),
    "database.statefulSet.resources.cpu": to(f"{_DATABASE}.resources.requests.cpu"),
    "database.statefulSet.resources.memory": to(f"{_DATABASE}.resources.requests.memory"),
    "database.statefulSet.resources.memoryLimit": to(f"{_DATABASE}.resources.limits.memory"),
    "database.statefulSet.maxConnections": {
        f"{_POSTGRES} spec.template.spec.containers.0.args.*": "max_connections=101"
    },
    "database.statefulSet.connectionLimit": {_URL: Holds("connection_limit=6&")},
}
_AGENT_SETTINGS: Final[dict[str, Row]] = {
    "langsmith.apiKey": to(f"{_AGENTS}.{{LANGSMITH,LANGCHAIN}}_API_KEY"),
    "langsmith.project": to(f"{_AGENTS}.{{LANGSMITH,LANGCHAIN}}_PROJECT"),
    "langsmith.endpoint": to(f"{_AGENTS}.{{LANGSMITH,LANGCHAIN}}_ENDPOINT"),
    "langsmith.workspaceId": to(f"{_AGENTS}.LANGSMITH_WORKSPACE_ID"),
    "langsmith.tracing": {f"{_AGENTS}.{{LANGSMITH_TRACING,LANGCHAIN_TRACING_V2}}": "false"},
}
_MONITORING: Final[dict[str, Row]] = {
    "monitoring.runbooks": {
        f"{_DASHBOARDS} data.*.json.{{links,panels.*.links}}.*.url": Holds(
            "https://git.example.com/docs-monitoring-runbooks/"
        ),
        "PrometheusRule/langfuse-alerts-rules *.annotations.runbook_url": Holds(
            "https://git.example.com/docs-monitoring-runbooks/"
        ),
    },
    "monitoring.dashboards.labels": to(f"{_DASHBOARDS} metadata.labels.{PLAIN_NAME}"),
    "monitoring.dashboards.folder": to(f"{_DASHBOARDS} metadata.annotations.grafana_folder"),
    "monitoring.prometheusRules.labels": to(
        f"{{PrometheusRule/langfuse-alerts-rules,Probe/langfuse-alerts-probe}} "
        f"metadata.labels.{PLAIN_NAME}"
    ),
    "monitoring.prometheusRules.alertLabels": to(
        f"PrometheusRule/langfuse-alerts-rules spec.groups.*.rules.*.labels.{PLAIN_NAME}"
    ),
    "monitoring.prometheusRules.prober": to("Probe/langfuse-alerts-probe spec.prober.url"),
    "monitoring.prometheusRules.module": to("Probe/langfuse-alerts-probe spec.module"),
    "monitoring.certificateDays": {
        **to("ConfigMap/langfuse-dashboards-overview *.thresholds.steps.*.value"),
        "PrometheusRule/langfuse-alerts-rules *.rules.LangfuseCertificateExpires.expr": Holds(
            " < 22 * 86400"
        ),
    },
}

PAUSED: Final[Row] = {
    f"{_DEPLOYMENT} spec.replicas": 0,
    f"HorizontalPodAutoscaler/langfuse-autoscaler {REMOVED}": REMOVED,
    # The migration waits for the pods to go, not the other way round.
    f"{_DEPLOYMENT} @dependencies.langfuse-migration": ABSENT,
    f"{_MIGRATION} @dependencies.langfuse-deployment": True,
    f"{_ALERTS}.langfuse-workload.rules."
    "Langfuse{AutoscalerAtMaximum,AutoscalerBlind,Down,ReplicasMissing,RolloutStuck}.*": ABSENT,
    f"{_ALERTS}.langfuse-probe.rules.LangfuseProbe{{Failing,Slow}}.*": ABSENT,
}
"""Of every stack with alerts and a probe."""

SCENES: Final[dict[str, Scene]] = {
    "any cluster": Scene(
        base=_FULL,
        rows={**_CLUSTER, **_LANGFUSE, **_STATEFUL_SET, **_AGENT_SETTINGS, **_MONITORING},
    ),
    "any cluster, another namespace": Scene(
        base=_OTHER,
        rows={
            "cluster.namespace": {
                **to(
                    f"{_NAMESPACED} metadata.namespace",
                    "Namespace/langfuse-namespace metadata.name",
                ),
                **to("outputs namespace"),
                "ConfigMap/langfuse-dashboards-* *.expr": Holds("observability-cluster-namespace"),
                "PrometheusRule/langfuse-alerts-rules *.expr": Holds(
                    'namespace="observability-cluster-namespace"'
                ),
                "Probe/langfuse-alerts-probe spec.jobName": (
                    "observability-cluster-namespace/langfuse"
                ),
                _URLS: Holds("@langfuse-postgres.observability-cluster-namespace.svc:5432/"),
                "outputs {openCommand,adminPasswordCommand}": Holds(
                    "-n observability-cluster-namespace "
                ),
                "outputs databaseAddress": (
                    "langfuse-postgres.observability-cluster-namespace.svc:5432"
                ),
            },
            "cluster.tolerations[].operator": to(f"{_PODS}.tolerations.0.operator"),
            "database.statefulSet.createStorageClass": {
                f"StorageClass/langfuse-postgres-gp3 {CREATED}": CREATED,
                f"{_POSTGRES} @dependencies.langfuse-postgres-gp3": True,
                f"{_POSTGRES} spec.volumeClaimTemplates.0.spec.storageClassName": (
                    "<langfuse-postgres-gp3>"
                ),
            },
            "secrets.protect": to(
                "RandomPassword/langfuse-credentials-{encryption-key,salt} @protect"
            ),
            "agents.url": {
                f"{_AGENTS}.LANGFUSE_{{HOST,BASEURL}}": "https://before.example.com",
                "Secret/langfuse-agents-{created,adopted}-access-secret "
                "@dependencies.langfuse-{namespace,service}": ABSENT,
            },
            "langsmith.region": {
                f"{_AGENTS}.LANGSMITH_ENDPOINT": "https://eu.api.smith.langchain.com"
            },
            "langsmith.legacyNames": {
                f"{_AGENTS}.LANGCHAIN_{{API_KEY,ENDPOINT,PROJECT,TRACING_V2}}": ABSENT
            },
        },
    ),
    "any cluster, other namespaces of agents": Scene(
        base=_OTHER,
        rows={
            "cluster.createNamespace": {
                f"Namespace/langfuse-namespace {REMOVED}": REMOVED,
                f"{_NAMESPACED} @dependencies.langfuse-namespace": ABSENT,
            },
            "agents.namespaces": {
                **to(f"{_NETWORKS}.ingress.0.from.*.namespaceSelector.*"),
                f"{{AgentAccess/langfuse-agents-created,Namespace/langfuse-agents-created-namespace,"
                f"KubernetesSecret/langfuse-agents-created-access,"
                f"Secret/langfuse-agents-created-access-secret}} {REMOVED}": REMOVED,
                f"{{AgentAccess,Namespace,KubernetesSecret,Secret}}/"
                f"langfuse-agents-ai-agents-agents-namespaces* {CREATED}": CREATED,
            },
            "agents.existingNamespaces": {
                **to(f"{_NETWORKS}.ingress.0.from.*.namespaceSelector.*"),
                f"{{AgentAccess/langfuse-agents-adopted,"
                f"KubernetesSecret/langfuse-agents-adopted-access,"
                f"Secret/langfuse-agents-adopted-access-secret}} {REMOVED}": REMOVED,
                f"{{AgentAccess,KubernetesSecret,Secret}}/"
                f"langfuse-agents-ai-agents-agents-existingnamespaces* {CREATED}": CREATED,
            },
        },
    ),
    "any cluster, a fixed number of pods behind a local URL": Scene(
        base={
            **_SMALL,
            "langfuse": {**_VERSION_2, "minReplicas": 5, "maxReplicas": 6},
            "monitoring": {
                "runbooks": "https://git.example.com/docs",
                "prometheusRules": {"prober": "before.before.svc:9115"},
            },
        },
        rows={
            "langfuse.minReplicas": {
                **to("HorizontalPodAutoscaler/langfuse-autoscaler spec.minReplicas"),
                # Nor is the most that may run a limit that is reached.
                f"{_ALERTS}.*.LangfuseAutoscaler{{AtMaximum,Blind}}.*": ABSENT,
            },
            "monitoring.prometheusRules.prober": {
                **to("Probe/langfuse-alerts-probe spec.prober.url"),
                # It asks the Service: nothing else leads to Langfuse.
                f"{_NETWORKS}.ingress.0.from.1.namespaceSelector.*": "probes",
            },
        },
    ),
    "any cluster, paused": Scene(base=_OTHER, rows={"langfuse.paused": PAUSED}),
    "any cluster, without LangSmith and dashboards": Scene(
        base=_OTHER,
        rows={
            "langsmith": {f"{_AGENTS}.{{LANGSMITH,LANGCHAIN}}_*": ABSENT},
            "monitoring.dashboards": {_GONE_DASHBOARDS: REMOVED},
        },
    ),
    "any cluster, without monitoring": Scene(
        base=_OTHER,
        rows={
            "monitoring": {
                _GONE_DASHBOARDS: REMOVED,
                "{PrometheusAlerts/langfuse-alerts,PrometheusRule/langfuse-alerts-rules,"
                f"Probe/langfuse-alerts-probe}} {REMOVED}": REMOVED,
            }
        },
    ),
    "an external database in place of one in the cluster": Scene(
        base={
            **_SMALL,
            "monitoring": {"runbooks": "https://git.example.com/docs", "prometheusRules": {}},
        },
        beside={"database": EXTERNAL},
        rows={
            "database.statefulSet.engine": {
                f"{{PostgresStatefulSet/langfuse-postgres,{_POSTGRES},"
                "RandomPassword/langfuse-postgres-password,Secret/langfuse-postgres-credentials,"
                "Service/langfuse-postgres-service,NetworkPolicy/langfuse-postgres-network-policy} "
                f"{REMOVED}": REMOVED,
                "NetworkPolicy/langfuse-{migration-,}network-policy spec.egress.*.to.*": ABSENT,
                "Secret/langfuse-database-secret @dependencies.langfuse-postgres-*": ABSENT,
                # Nothing knows its pod or its volume any more.
                f"{_ALERTS}.langfuse-surroundings.*": ABSENT,
                f"{_ALERTS}.langfuse-workload.rules."
                "{LangfuseCpuThrottled,LangfuseOutOfMemory,LangfusePodRestarts}.expr": Holds(
                    'container=~"langfuse"'
                ),
                f"{_ALERTS}.langfuse-measured.rules.LangfuseNotMeasured.expr": ANY,
                _URLS: Holds("@db.example.com:5432/langfuse?sslmode=require"),
                "outputs databaseAddress": "db.example.com:5432",
            }
        },
    ),
    "a database in the cluster in place of an external one": Scene(
        base={**_SMALL, "database": EXTERNAL},
        beside={"database": {"host": None, "password": None}},
        rows={
            "database.external.engine": {
                f"{{PostgresStatefulSet/langfuse-postgres,{_POSTGRES},"
                "RandomPassword/langfuse-postgres-password,Secret/langfuse-postgres-credentials,"
                "Service/langfuse-postgres-service,NetworkPolicy/langfuse-postgres-network-policy} "
                f"{CREATED}": CREATED,
                "NetworkPolicy/langfuse-{migration-,}network-policy spec.egress.*.to.*": ANY,
                "Secret/langfuse-database-secret @dependencies.langfuse-postgres-*": True,
                _URLS: Holds("@langfuse-postgres.observability.svc:5432/"),
                "outputs databaseAddress": "langfuse-postgres.observability.svc:5432",
            }
        },
    ),
    "an external database": Scene(
        base={**_SMALL, "database": EXTERNAL},
        rows={
            "database.external.host": {
                _URLS: Holds("@other.example.com:"),
                "outputs databaseAddress": Holds("other.example.com:"),
            },
            "database.external.port": {
                **to(
                    "NetworkPolicy/langfuse-{migration-,}network-policy spec.egress.*.ports.0.port"
                ),
                _URLS: Holds(":5433/"),
                "outputs databaseAddress": Holds(":5433"),
            },
            "database.external.database": {_URLS: Holds("/langfuse-database-external-database?")},
            "database.external.username": {
                _URLS: Holds("//langfuse-database-external-username:placeholder")
            },
            "database.external.password": {_URLS: Holds(":placeholder5d08ed89@")},
            "database.external.tls": {_URLS: Holds("?sslmode=disable")},
            "database.external.connectionLimit": {_URL: Holds("&connection_limit=6&")},
        },
    ),
    "an external database behind a pooler": Scene(
        base={**_SMALL, "database": {**EXTERNAL, "pooler": {"host": "before.example.com"}}},
        rows={
            "database.external.pooler.host": {_URL: Holds("@other-pooler.example.com:")},
            "database.external.pooler.port": {
                **to(
                    "NetworkPolicy/langfuse-{migration-,}network-policy spec.egress.*.ports.1.port"
                ),
                _URL: Holds(":6433/"),
            },
        },
    ),
    "an external database without its pooler": Scene(
        base={**_SMALL, "database": {**EXTERNAL, "pooler": {"host": "before.example.com"}}},
        rows={
            "database.external.pooler": {
                "NetworkPolicy/langfuse-{migration-,}network-policy spec.egress.*.ports.1.*": (
                    ABSENT
                ),
                _URL: Holds("@db.example.com:5432/langfuse?"),
            },
        },
    ),
}
