"""Valkey in the cluster: exact objects. Does not prove that the image starts with them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pulumi

from components.cache.pod import server
from components.cache.stateful_set import CacheStatefulSet, CacheStatefulSetArgs
from components.kubernetes.placement import ContainerResources, Placement
from tests.support.component_run import run_component
from tests.support.recordings import all_before, inputs
from tooling.engineless.offline import kubernetes_name
from tooling.engineless.recording import Recording, Secret

NAME = "langfuse-valkey"
LABELS = {
    "app.kubernetes.io/name": "valkey",
    "app.kubernetes.io/instance": NAME,
    "app.kubernetes.io/component": "cache",
    "app.kubernetes.io/part-of": "agent-observability",
    "app.kubernetes.io/managed-by": "pulumi",
}
SELECTOR = {
    "app.kubernetes.io/instance": NAME,
    "app.kubernetes.io/component": "cache",
}
METADATA = {"name": NAME, "namespace": "observability", "labels": LABELS}


@lru_cache
def record() -> Recording:
    def body() -> None:
        made = CacheStatefulSet(
            NAME,
            CacheStatefulSetArgs(
                namespace="observability",
                image="valkey:8.1.4",
                storage_gib=7,
                storage_class="fast",
                clients={"web": {"role": "web"}, "worker": {"role": "worker"}},
                resources=ContainerResources(cpu="100m", memory="256Mi", memory_limit="512Mi"),
                placement=Placement(
                    labels={"team": "platform"},
                    annotations={"note": "kept"},
                    node_selector={"disk": "ssd"},
                    image_pull_secrets=["registry"],
                ),
            ),
        )
        pulumi.export("url", made.backing.secret_environment["REDIS_CONNECTION_STRING"])
        pulumi.export("address", made.backing.address)
        pulumi.export("pods", made.backing.pods)

    return run_component(body)


def probe(failures: int) -> dict[str, Any]:
    return {
        "exec": {"command": ["sh", "-c", "valkey-cli -h 127.0.0.1 ping | grep -qx PONG"]},
        "periodSeconds": 5,
        "timeoutSeconds": 5,
        "failureThreshold": failures,
    }


def test_the_stateful_set_is_exactly_this() -> None:
    credentials = kubernetes_name(record().named(f"{NAME}-credentials"))

    assert inputs(record(), f"{NAME}-stateful-set") == {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {**METADATA, "annotations": {"pulumi.com/patchForce": "true"}},
        "spec": {
            "serviceName": NAME,
            "replicas": 1,
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
                    "automountServiceAccountToken": False,
                    "enableServiceLinks": False,
                    "imagePullSecrets": [{"name": "registry"}],
                    "nodeSelector": {"disk": "ssd"},
                    "securityContext": {
                        "runAsNonRoot": True,
                        "runAsUser": 999,
                        "runAsGroup": 999,
                        "seccompProfile": {"type": "RuntimeDefault"},
                        "fsGroup": 999,
                        "fsGroupChangePolicy": "OnRootMismatch",
                    },
                    "terminationGracePeriodSeconds": 60,
                    "containers": [
                        {
                            "name": "valkey",
                            "image": "valkey:8.1.4",
                            "command": server("512Mi"),
                            "env": [
                                {
                                    "name": "REDISCLI_AUTH",
                                    "valueFrom": {
                                        "secretKeyRef": {
                                            "name": credentials,
                                            "key": "REDISCLI_AUTH",
                                        }
                                    },
                                }
                            ],
                            "ports": [{"name": "valkey", "containerPort": 6379}],
                            "resources": {
                                "requests": {"cpu": "100m", "memory": "256Mi"},
                                "limits": {"memory": "512Mi"},
                            },
                            "securityContext": {
                                "allowPrivilegeEscalation": False,
                                "capabilities": {"drop": ["ALL"]},
                                "readOnlyRootFilesystem": True,
                            },
                            "volumeMounts": [
                                {"name": "data", "mountPath": "/data"},
                                {
                                    "name": "auth",
                                    "mountPath": "/etc/valkey-auth",
                                    "readOnly": True,
                                },
                            ],
                            "startupProbe": probe(120),
                            "readinessProbe": probe(3),
                            "livenessProbe": {
                                "tcpSocket": {"port": "valkey"},
                                "periodSeconds": 10,
                                "timeoutSeconds": 5,
                                "failureThreshold": 6,
                            },
                        }
                    ],
                    "volumes": [
                        {
                            "name": "auth",
                            "secret": {
                                "secretName": credentials,
                                "items": [{"key": "auth.conf", "path": "auth.conf"}],
                            },
                        }
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


def test_only_its_clients_connect_and_it_connects_to_nothing() -> None:
    assert inputs(record(), f"{NAME}-network-policy")["spec"] == {
        "podSelector": {"matchLabels": SELECTOR},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {
                "from": [
                    {"podSelector": {"matchLabels": {"role": "web"}}},
                    {"podSelector": {"matchLabels": {"role": "worker"}}},
                ],
                "ports": [{"protocol": "TCP", "port": "valkey"}],
            }
        ],
    }
    assert f"{NAME}-network-policy" in all_before(record(), f"{NAME}-stateful-set")


def test_the_password_is_letters_and_digits_and_is_secret_all_the_way() -> None:
    password = inputs(record(), f"{NAME}-password")
    exports = record().exports

    assert (password["length"], password["special"]) == (48, False)
    assert isinstance(exports["url"], Secret)
    assert exports["url"].value.endswith(f"@{NAME}.observability.svc:6379")
    assert exports["url"].value.startswith("redis://:")
    assert exports["address"] == f"{NAME}.observability.svc:6379"
    assert exports["pods"] == SELECTOR
    assert isinstance(record().named(f"{NAME}-credentials").inputs["stringData"], Secret)


def test_a_changed_size_is_ignored_because_it_would_replace_the_stateful_set() -> None:
    assert record().named(f"{NAME}-stateful-set").ignore_changes == ("spec.volumeClaimTemplates",)
