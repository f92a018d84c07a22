"""The agents' gateway: exact objects. Does not prove that the image starts with them."""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import Any, Final

import pulumi
import pytest

from components.agents.gateway.gateway import AgentGateway, AgentGatewayArgs
from components.kubernetes.placement import ContainerResources, Placement
from components.secrets.kubernetes_delivery import KubernetesDelivery
from tests.support.component_run import run_component
from tests.support.recordings import inputs
from tooling.engineless.offline import kubernetes_name
from tooling.engineless.recording import Recording, Secret

NAME: Final = "langfuse-gateway"
LABELS: Final = {
    "app.kubernetes.io/name": "opentelemetry-collector",
    "app.kubernetes.io/instance": NAME,
    "app.kubernetes.io/component": "gateway",
    "app.kubernetes.io/part-of": "agent-observability",
    "app.kubernetes.io/managed-by": "pulumi",
}
SELECTOR: Final = {
    "app.kubernetes.io/instance": NAME,
    "app.kubernetes.io/component": "gateway",
}
METADATA: Final = {"name": NAME, "namespace": "observability", "labels": LABELS}
DNS: Final = {"ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}]}


@lru_cache
def record(
    *,
    replicas: int = 3,
    langsmith: bool = True,
    metrics_namespace: str | None = "monitoring",
    placement: bool = True,
) -> Recording:
    def body() -> None:
        opts = pulumi.ResourceOptions()
        made = AgentGateway(
            NAME,
            AgentGatewayArgs(
                namespace="observability",
                image="collector:1",
                replicas=replicas,
                configuration="extensions: {}\n",
                agent_namespaces=["research", "support"],
                secrets=KubernetesDelivery().into("langfuse", "observability", opts),
                public_key="pk-lf-1",
                secret_key="sk-lf-2",
                langfuse_pods={"role": "web"},
                langfuse_port=3000,
                langsmith_api_key="lsv2_sk_0123" if langsmith else None,
                langsmith_port=8443 if langsmith else None,
                metrics_namespace=metrics_namespace,
                resources=ContainerResources(cpu="100m", memory="128Mi", memory_limit="320Mi"),
                storage_gib=7,
                storage_class="fast",
                placement=Placement(
                    labels={"team": "platform"},
                    annotations={"note": "kept"},
                    node_selector={"disk": "ssd"},
                    image_pull_secrets=["registry"],
                )
                if placement
                else Placement(),
            ),
        )
        for namespace, access in made.access.items():
            pulumi.export(f"{namespace} endpoint", access.endpoint)
            pulumi.export(f"{namespace} authorization", access.authorization)

    return run_component(body)


def credentials(recording: Recording) -> dict[str, str]:
    """The password of each namespace, as the gateway reads it."""
    lines = inputs(recording, f"{NAME}-credentials-secret")["stringData"]["passwords"].splitlines()
    return dict(line.split(":") for line in lines)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def healthy(period: int, failures: int) -> dict[str, Any]:
    return {
        "httpGet": {"path": "/", "port": "health"},
        "periodSeconds": period,
        "timeoutSeconds": 5,
        "failureThreshold": failures,
    }


def spread(key: str) -> dict[str, Any]:
    return {
        "topologyKey": key,
        "maxSkew": 1,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": SELECTOR},
    }


def test_the_stateful_set_is_exactly_this() -> None:
    secret = kubernetes_name(record().named(f"{NAME}-credentials-secret"))
    config = kubernetes_name(record().named(f"{NAME}-config"))

    def variable(name: str) -> dict[str, Any]:
        return {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": name}}}

    assert inputs(record(), f"{NAME}-stateful-set") == {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {**METADATA, "annotations": {"pulumi.com/patchForce": "true"}},
        "spec": {
            "serviceName": f"{NAME}-pods",
            "replicas": 3,
            "podManagementPolicy": "Parallel",
            "selector": {"matchLabels": SELECTOR},
            "persistentVolumeClaimRetentionPolicy": {
                "whenDeleted": "Retain",
                "whenScaled": "Retain",
            },
            "template": {
                "metadata": {
                    "labels": {"team": "platform", **LABELS},
                    "annotations": {"note": "kept"},
                },
                "spec": {
                    "serviceAccountName": NAME,
                    "automountServiceAccountToken": False,
                    "enableServiceLinks": False,
                    "imagePullSecrets": [{"name": "registry"}],
                    "nodeSelector": {"disk": "ssd"},
                    "securityContext": {
                        "runAsNonRoot": True,
                        "runAsUser": 10001,
                        "runAsGroup": 10001,
                        "seccompProfile": {"type": "RuntimeDefault"},
                        "fsGroup": 10001,
                        "fsGroupChangePolicy": "OnRootMismatch",
                    },
                    "terminationGracePeriodSeconds": 30,
                    "topologySpreadConstraints": [
                        spread("topology.kubernetes.io/zone"),
                        spread("kubernetes.io/hostname"),
                    ],
                    "containers": [
                        {
                            "name": "collector",
                            "image": "collector:1",
                            "args": ["--config=/etc/gateway/config.yaml"],
                            "env": [
                                # Four fifths of 320Mi.
                                {"name": "GOMEMLIMIT", "value": str(256 * 2**20)},
                                variable("LANGFUSE_AUTHORIZATION"),
                                variable("LANGSMITH_API_KEY"),
                            ],
                            "ports": [
                                {"name": "otlp", "containerPort": 4318},
                                {"name": "telemetry", "containerPort": 8888},
                                {"name": "metrics", "containerPort": 8889},
                                {"name": "health", "containerPort": 13133},
                            ],
                            "resources": {
                                "requests": {"cpu": "100m", "memory": "128Mi"},
                                "limits": {"memory": "320Mi"},
                            },
                            "securityContext": {
                                "allowPrivilegeEscalation": False,
                                "capabilities": {"drop": ["ALL"]},
                                "readOnlyRootFilesystem": True,
                            },
                            "volumeMounts": [
                                {"name": "data", "mountPath": "/var/lib/gateway"},
                                {
                                    "name": "configuration",
                                    "mountPath": "/etc/gateway",
                                    "readOnly": True,
                                },
                                {
                                    "name": "credentials",
                                    "mountPath": "/etc/gateway-credentials",
                                    "readOnly": True,
                                },
                            ],
                            "lifecycle": {"preStop": {"sleep": {"seconds": 5}}},
                            "startupProbe": healthy(5, 120),
                            "readinessProbe": healthy(5, 3),
                            "livenessProbe": healthy(10, 6),
                        }
                    ],
                    "volumes": [
                        {"name": "configuration", "configMap": {"name": config}},
                        {
                            "name": "credentials",
                            "secret": {
                                "secretName": secret,
                                "items": [{"key": "passwords", "path": "passwords"}],
                            },
                        },
                    ],
                },
            },
            "volumeClaimTemplates": [
                {
                    "metadata": {"name": "data"},
                    "spec": {
                        "accessModes": ["ReadWriteOnce"],
                        "resources": {"requests": {"storage": "7Gi"}},
                        "storageClassName": "fast",
                    },
                }
            ],
        },
    }


def test_a_gateway_without_a_copy_and_marks_has_neither() -> None:
    recording = record(replicas=1, langsmith=False, placement=False)
    template = inputs(recording, f"{NAME}-stateful-set")["spec"]["template"]

    (container,) = template["spec"]["containers"]
    assert template["metadata"] == {"labels": LABELS}
    assert [v["name"] for v in container["env"]] == ["GOMEMLIMIT", "LANGFUSE_AUTHORIZATION"]


def test_a_changed_size_of_the_volume_does_not_replace_the_stateful_set() -> None:
    assert record().named(f"{NAME}-stateful-set").ignore_changes == ("spec.volumeClaimTemplates",)


@pytest.mark.parametrize(("replicas", "seconds"), [(1, 660), (3, 780)])
def test_a_rollout_has_time_for_each_pod_in_turn(replicas: int, seconds: int) -> None:
    limit = record(replicas=replicas).named(f"{NAME}-stateful-set").request.customTimeouts

    assert (limit.create, limit.update, limit.delete) == (f"{seconds}s", f"{seconds}s", "")


def test_the_services_are_exactly_these() -> None:
    port = {"name": "otlp", "port": 4318, "targetPort": "otlp"}

    assert inputs(record(), f"{NAME}-service") == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": METADATA,
        "spec": {"type": "ClusterIP", "selector": SELECTOR, "ports": [port]},
    }
    assert inputs(record(), f"{NAME}-headless-service") == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {**METADATA, "name": f"{NAME}-pods"},
        "spec": {"clusterIP": "None", "selector": SELECTOR, "ports": [port]},
    }


def admitted(namespace: str, port: str) -> dict[str, Any]:
    label = {"kubernetes.io/metadata.name": namespace}
    return {
        "from": [{"namespaceSelector": {"matchLabels": label}}],
        "ports": [{"protocol": "TCP", "port": port}],
    }


def test_agents_and_prometheus_get_in_and_langfuse_and_langsmith_are_reached() -> None:
    agents = [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
        for namespace in ("research", "support")
    ]

    assert inputs(record(), f"{NAME}-network-policy") == {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": METADATA,
        "spec": {
            "podSelector": {"matchLabels": SELECTOR},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [
                {"from": agents, "ports": [{"protocol": "TCP", "port": "otlp"}]},
                admitted("monitoring", "telemetry"),
                admitted("monitoring", "metrics"),
            ],
            "egress": [
                DNS,
                {
                    "to": [{"podSelector": {"matchLabels": {"role": "web"}}}],
                    "ports": [{"protocol": "TCP", "port": 3000}],
                },
                {"ports": [{"protocol": "TCP", "port": 8443}]},
            ],
        },
    }


def test_nobody_reads_metrics_unless_prometheus_is_known() -> None:
    policy = inputs(record(metrics_namespace=None), f"{NAME}-network-policy")

    assert [rule["ports"][0]["port"] for rule in policy["spec"]["ingress"]] == ["otlp"]


def test_nothing_leaves_the_cluster_without_a_copy() -> None:
    policy = inputs(record(langsmith=False), f"{NAME}-network-policy")

    assert [rule for rule in policy["spec"]["egress"] if "to" not in rule] == [DNS]


def test_the_account_has_no_token() -> None:
    assert inputs(record(), f"{NAME}-service-account") == {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": METADATA,
        "automountServiceAccountToken": False,
    }


def test_only_a_gateway_of_several_pods_has_a_disruption_budget() -> None:
    assert inputs(record(), f"{NAME}-disruption-budget") == {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": METADATA,
        "spec": {
            "maxUnavailable": 1,
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
            "selector": {"matchLabels": SELECTOR},
        },
    }
    assert record(replicas=1).of_type("kubernetes:policy/v1:PodDisruptionBudget") == []
    assert len(record(replicas=2).of_type("kubernetes:policy/v1:PodDisruptionBudget")) == 1


def test_the_configuration_is_in_an_object_whose_name_changes_with_it() -> None:
    assert inputs(record(), f"{NAME}-config") == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"namespace": "observability", "labels": LABELS},
        "immutable": True,
        "data": {"config.yaml": "extensions: {}\n"},
    }


def test_the_credentials_are_in_a_secret_whose_name_changes_with_them() -> None:
    research, support = credentials(record()).values()
    secret = record().named(f"{NAME}-credentials-secret")

    assert [*credentials(record())] == ["research", "support"]
    assert research != support
    assert isinstance(secret.inputs["stringData"], Secret)
    assert secret.inputs["immutable"] is True
    assert "name" not in secret.inputs["metadata"]
    assert inputs(record(), f"{NAME}-credentials-secret")["stringData"] == {
        "passwords": f"research:{research}\nsupport:{support}\n",
        "LANGFUSE_AUTHORIZATION": f"Basic {encoded('pk-lf-1:sk-lf-2')}",
        "LANGSMITH_API_KEY": "lsv2_sk_0123",
    }


def test_a_password_has_letters_and_digits_alone() -> None:
    # A colon would end the name of the namespace.
    assert inputs(record(), f"{NAME}-research-password") == {"length": 32, "special": False}


def test_agents_get_the_url_of_the_service_and_the_credential_of_their_namespace() -> None:
    exports = record().exports
    endpoint = "http://langfuse-gateway.observability.svc:4318/api/public/otel/v1/traces"

    for namespace in ("research", "support"):
        secret = exports[f"{namespace} authorization"]
        assert exports[f"{namespace} endpoint"] == endpoint
        assert isinstance(secret, Secret)
        expected = f"{namespace}:{credentials(record())[namespace]}"
        assert secret.value == f"Basic {encoded(expected)}"
