"""What the keys of the agents' gateway change."""

from __future__ import annotations

from typing import Any, Final

from tests.support.wiring.changes import REMOVED
from tests.support.wiring.keys import ABSENT
from tests.support.wiring.of_version_4 import IN_CLUSTER
from tests.support.wiring.scenes import ANY, Holds, Row, Scene, to

_WITH: Final[dict[str, Any]] = {
    **IN_CLUSTER,
    "agents": {"namespaces": ["before"]},
    "gateway": {
        "storageClass": "before",
        "resources": {"memory": "256Mi", "memoryLimit": "2Gi"},
    },
}
_LANGSMITH: Final[dict[str, Any]] = {
    **_WITH,
    "langsmith": {"apiKey": {"secure": "before"}, "project": "before"},
}
_MODEL: Final = "model"
_WITHOUT: Final[dict[str, Any]] = {**IN_CLUSTER, "agents": {"namespaces": ["before"]}}

_SET: Final = "StatefulSet/langfuse-gateway-stateful-set"
_POD: Final = f"{_SET} spec.template.spec.containers.0"
_CLAIM: Final = f"{_SET} spec.volumeClaimTemplates.0.spec"
_CONFIG_MAP: Final = "ConfigMap/langfuse-gateway-config"
_CONFIG: Final = f"{_CONFIG_MAP} data.config.yaml"
_NETWORK: Final = "NetworkPolicy/langfuse-gateway-network-policy"
_POLICY: Final = f"{_NETWORK} spec"

_RULES: Final = "PrometheusRule/langfuse-alerts-rules spec.groups"
_ENV: Final = f"{_POD}.env.*"
_AGENTS: Final = "Secret/langfuse-agents-before-access-secret"
_VARIABLES: Final = "{ENDPOINT,HEADERS,PROTOCOL}"

_ROWS: Final[dict[str, Row]] = {
    "gateway.replicas": {
        **to(f"{_SET} spec.replicas"),
        f"{_SET} @timeouts": ANY,
        f"{_RULES}.langfuse-{{surroundings,workload}}.rules.*.expr": Holds("gateway-2"),
    },
    "gateway.image": to(f"{_POD}.image"),
    "gateway.storageGiB": {
        f"{_CLAIM}.resources.requests.storage": "11Gi",
        # Four fifths of it.
        _CONFIG: Holds(f"queue_size: {11 * 2**30 // 2}\n"),
    },
    "gateway.storageClass": to(f"{_CLAIM}.storageClassName"),
    "gateway.resources.cpu": to(f"{_POD}.resources.requests.cpu"),
    "gateway.resources.memory": to(f"{_POD}.resources.requests.memory"),
    "gateway.resources.memoryLimit": {
        **to(f"{_POD}.resources.limits.memory"),
        # Four fifths, three quarters and one fifth of it.
        f"{_ENV}.value": str(900 * 2**20 * 4 // 5),
        _CONFIG: Holds("limit_mib: 675\n    spike_limit_mib: 180\n"),
    },
}

_MEASURED: Final[dict[str, Any]] = {
    **IN_CLUSTER,
    "agents": {"namespaces": ["before"]},
    "gateway": {
        "prices": {_MODEL: {"input": 8, "output": 9, "cachedInput": 1}},
        "budgets": {"before": 50},
    },
    "monitoring": {
        "runbooks": "https://git.example.com/docs",
        "prometheusRules": {"prometheusNamespace": "before"},
    },
}
"""A stack whose Prometheus reads what the gateway counts."""

_PRICES: Final = f"{_RULES}.langfuse-agent-prices.rules"
_OF_AGENTS: Final = f"{_RULES}.langfuse-agents.rules"

SCENES: Final[dict[str, Scene]] = {
    "a gateway, what alerts about agents compare": Scene(
        base=_MEASURED,
        rows={
            "gateway.prices{}.input": {f"{_PRICES}.0.expr": "vector(4.0) / 1e6"},
            "gateway.prices{}.cachedInput": {f"{_PRICES}.1.expr": "vector(0.5) / 1e6"},
            "gateway.prices{}.output": {f"{_PRICES}.2.expr": "vector(16.0) / 1e6"},
            "gateway.budgets": {f"{_PRICES}.3.expr": "vector(75.0)"},
            "gateway.alerts.p99Seconds": {
                f"{_OF_AGENTS}.AgentSlow.expr": Holds(" > 2.5"),
                f"{_OF_AGENTS}.AgentSlow.annotations.description": Holds(" 2.5 seconds"),
            },
            "gateway.alerts.errorPercent": {
                f"{_OF_AGENTS}.AgentErrors.expr": Holds(" > 12.5"),
                f"{_OF_AGENTS}.AgentErrors.annotations.description": Holds(" 12.5% "),
            },
            "gateway.alerts.rateLimitErrors": {
                f"{_OF_AGENTS}.AgentRateLimited.expr": Holds(" > 11"),
            },
            "gateway.alerts.costPerDay": {
                f"{_RULES}.langfuse-agent-costs.rules.AgentCostHigh.expr": Holds(" > 33\n"),
                f"{_RULES}.langfuse-agent-costs.rules.AgentCostHigh.annotations.description": (
                    Holds(" more than 33.")
                ),
            },
            "gateway.alerts.silentHours": {
                # Three days more.
                f"{_OF_AGENTS}.AgentSilent.expr": Holds("[145h]))\nunless "),
                f"{_OF_AGENTS}.AgentSilent.annotations.description": Holds("For 73 hours "),
            },
        },
    ),
    "a gateway": Scene(base=_WITH, rows=_ROWS),
    "a gateway, what it does with traces": Scene(
        base=_WITH,
        rows={
            "gateway.queueGiB": {_CONFIG: Holds(f"queue_size: {2 * 2**30}\n")},
            "gateway.masking": {_CONFIG: Holds("delete_matching_keys(span.attributes")},
            "gateway.maskedPatterns": {_CONFIG: Holds("- EMP-[0-9]{6}-gateway-maskedpatterns\n")},
            "gateway.sampling": {_CONFIG: Holds("sampling_percentage: 25.0\n")},
            "gateway.seriesLimit": {_CONFIG: Holds("aggregation_cardinality_limit: 2001\n")},
        },
    ),
    "a gateway, with a copy": Scene(
        base=_LANGSMITH,
        rows={
            "gateway.langsmith": {
                _CONFIG: Holds("endpoint: https://api.smith.langchain.com/otel\n"),
                f"{_POLICY}.egress.2.ports.0.port": 443,
                f"{_POLICY}.egress.2.ports.0.protocol": "TCP",
                "Secret/langfuse-gateway-credentials-secret stringData.LANGSMITH_API_KEY": ANY,
                f"{_ENV}.name": "LANGSMITH_API_KEY",
                f"{_ENV}.valueFrom.secretKeyRef.key": "LANGSMITH_API_KEY",
                f"{_ENV}.valueFrom.secretKeyRef.name": "<langfuse-gateway-credentials-secret>",
            }
        },
    ),
    "a gateway is taken away": Scene(
        base=_WITH,
        rows={
            "gateway": {
                f"{{AgentGateway/langfuse-gateway,{_SET},{_CONFIG_MAP},{_NETWORK},"
                "KubernetesSecret/langfuse-gateway-credentials,"
                "PodDisruptionBudget/langfuse-gateway-disruption-budget,"
                "RandomPassword/langfuse-gateway-before-password,"
                "Secret/langfuse-gateway-credentials-secret,"
                "Service/langfuse-gateway-headless-service,Service/langfuse-gateway-service,"
                f"ServiceAccount/langfuse-gateway-service-account}} {REMOVED}": REMOVED,
                f"{_AGENTS} stringData.OTEL_EXPORTER_OTLP_TRACES_{_VARIABLES}": ABSENT,
                f"{_AGENTS} @dependencies.*": ABSENT,
                f"{_RULES}.langfuse-gateway.*": ABSENT,
                f"{_RULES}.langfuse-{{measured,surroundings,workload}}.rules.*.expr": ANY,
            }
        },
    ),
}
