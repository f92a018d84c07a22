"""PostgreSQL in the cluster: exact objects. Does not prove that the image starts with them."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.recordings import all_before, depends_on, inputs, recorded
from tooling.engineless import offline

LABELS = {
    "app.kubernetes.io/name": "postgresql",
    "app.kubernetes.io/instance": "langfuse-postgres",
    "app.kubernetes.io/component": "database",
    "app.kubernetes.io/part-of": "agent-observability",
    "app.kubernetes.io/managed-by": "pulumi",
}
SELECTOR = {
    "app.kubernetes.io/instance": "langfuse-postgres",
    "app.kubernetes.io/component": "database",
}
METADATA = {"name": "langfuse-postgres", "namespace": "observability", "labels": LABELS}
CLIENT = "app.kubernetes.io/component"


def ready_command() -> dict[str, Any]:
    command = 'exec pg_isready -h 127.0.0.1 -p 5432 -U "$POSTGRES_USER" -d "$POSTGRES_DB"'
    return {"exec": {"command": ["sh", "-c", command]}, "timeoutSeconds": 5}


def common_container() -> dict[str, Any]:
    secret = offline.kubernetes_name(recorded().named("langfuse-postgres-credentials"))
    return {
        "image": "docker.io/library/postgres:16.15-alpine",
        "env": [{"name": "PGDATA", "value": "/var/lib/postgresql/data/pgdata"}],
        "envFrom": [{"secretRef": {"name": secret}}],
        "resources": {
            "requests": {"cpu": "250m", "memory": "512Mi"},
            "limits": {"memory": "1Gi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "volumeMounts": [
            {"name": "data", "mountPath": "/var/lib/postgresql/data"},
            {"name": "shm", "mountPath": "/dev/shm"},  # noqa: S108
            {"name": "run", "mountPath": "/var/run/postgresql"},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
        ],
    }


def test_the_stateful_set_is_exactly_this() -> None:
    stateful_set = inputs(recorded(), "langfuse-postgres-stateful-set")
    (init,) = stateful_set["spec"]["template"]["spec"].pop("initContainers")
    script = init.pop("command")[-1]

    assert init == {"name": "apply-password", **common_container()}
    assert "$POSTGRES_PASSWORD" in script
    assert stateful_set == {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {**METADATA, "annotations": {"pulumi.com/patchForce": "true"}},
        "spec": {
            "serviceName": "langfuse-postgres",
            "replicas": 1,
            "selector": {"matchLabels": SELECTOR},
            "persistentVolumeClaimRetentionPolicy": {
                "whenDeleted": "Retain",
                "whenScaled": "Retain",
            },
            "template": {
                "metadata": {"labels": LABELS},
                "spec": {
                    "automountServiceAccountToken": False,
                    "enableServiceLinks": False,
                    "securityContext": {
                        "runAsNonRoot": True,
                        "runAsUser": 70,
                        "runAsGroup": 70,
                        "seccompProfile": {"type": "RuntimeDefault"},
                        "fsGroup": 70,
                        "fsGroupChangePolicy": "OnRootMismatch",
                    },
                    "terminationGracePeriodSeconds": 120,
                    "containers": [
                        {
                            "name": "postgresql",
                            **common_container(),
                            "args": ["-c", "max_connections=100"],
                            "ports": [{"name": "postgresql", "containerPort": 5432}],
                            "startupProbe": {
                                **ready_command(),
                                "periodSeconds": 5,
                                "failureThreshold": 120,
                            },
                            "readinessProbe": {
                                **ready_command(),
                                "periodSeconds": 5,
                                "failureThreshold": 3,
                            },
                            "livenessProbe": {
                                **ready_command(),
                                "periodSeconds": 10,
                                "failureThreshold": 6,
                            },
                        }
                    ],
                    "volumes": [
                        {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "256Mi"}},
                        {"name": "run", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}},
                        {"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}},
                    ],
                },
            },
            "volumeClaimTemplates": [
                {
                    "metadata": {"name": "data"},
                    "spec": {
                        "accessModes": ["ReadWriteOnce"],
                        "resources": {"requests": {"storage": "20Gi"}},
                    },
                }
            ],
        },
    }


def test_a_changed_size_is_ignored_because_it_would_replace_the_stateful_set() -> None:
    stateful_set = recorded().named("langfuse-postgres-stateful-set")

    assert stateful_set.ignore_changes == ("spec.volumeClaimTemplates",)


def test_the_source_documents_volume_is_a_setting_away() -> None:
    recording = recorded(database={"storageGiB": 100, "storageClass": "gp3"})

    (claim,) = inputs(recording, "langfuse-postgres-stateful-set")["spec"]["volumeClaimTemplates"]
    assert claim["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "100Gi"}},
        "storageClassName": "gp3",
    }


def test_an_own_storage_class_is_encrypted_expandable_and_used() -> None:
    recording = recorded(database={"createStorageClass": True})
    storage_class = recording.named("langfuse-postgres-gp3")

    (claim,) = inputs(recording, "langfuse-postgres-stateful-set")["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["storageClassName"] == offline.kubernetes_name(storage_class)
    assert storage_class.inputs == {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"labels": LABELS},
        "provisioner": "ebs.csi.aws.com",
        "parameters": {"type": "gp3", "encrypted": "true", "csi.storage.k8s.io/fstype": "ext4"},
        "volumeBindingMode": "WaitForFirstConsumer",
        "allowVolumeExpansion": True,
        "reclaimPolicy": "Delete",
    }


def test_the_service_is_headless_and_the_pod_does_not_wait_for_it() -> None:
    recording = recorded()

    assert inputs(recording, "langfuse-postgres-service") == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": METADATA,
        "spec": {
            "clusterIP": "None",
            "selector": SELECTOR,
            "ports": [{"name": "postgresql", "port": 5432, "targetPort": "postgresql"}],
        },
    }
    assert depends_on(recording, recording.named("langfuse-postgres-stateful-set")) == [
        "langfuse-namespace",
        "langfuse-postgres-credentials",
        "langfuse-postgres-network-policy",
    ]


def test_only_langfuse_and_its_migration_may_connect_and_the_server_connects_to_nothing() -> None:
    def client(component: str) -> dict[str, Any]:
        labels = {"app.kubernetes.io/instance": "langfuse", CLIENT: component}
        return {"podSelector": {"matchLabels": labels}}

    assert inputs(recorded(), "langfuse-postgres-network-policy")["spec"] == {
        "podSelector": {"matchLabels": SELECTOR},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {
                "from": [client("web"), client("migration")],
                "ports": [{"protocol": "TCP", "port": "postgresql"}],
            }
        ],
    }


def test_langfuse_gets_a_url_of_the_ready_server_with_its_password_and_pool() -> None:
    recording = recorded()
    password = inputs(recording, "langfuse-postgres-credentials")["stringData"]["POSTGRES_PASSWORD"]

    urls = inputs(recording, "langfuse-database-secret")["stringData"]
    parts = urlsplit(str(urls["DATABASE_URL"]))
    assert (parts.scheme, parts.username, parts.password) == ("postgresql", "langfuse", password)
    assert (parts.hostname, parts.port, parts.path) == (
        "langfuse-postgres.observability.svc",
        5432,
        "/langfuse",
    )
    assert parse_qs(parts.query) == {
        "sslmode": ["disable"],
        "connection_limit": ["5"],
        "pool_timeout": ["10"],
        "socket_timeout": ["60"],
    }
    direct = urlsplit(str(urls["DIRECT_URL"]))
    assert direct[:3] == parts[:3]
    assert direct.query == "sslmode=disable"
    assert "langfuse-postgres-stateful-set" in all_before(recording, "langfuse-database-secret")


@pytest.mark.parametrize(
    ("pooler", "ports"),
    [({"host": "p.example.com"}, [5432, 6432]), ({"host": "p.example.com", "port": 5432}, [5432])],
)
def test_both_the_database_and_its_pooler_can_be_reached(pooler: Any, ports: list[int]) -> None:  # noqa: ANN401
    recording = recorded(
        database={
            "engine": "external",
            "host": "db.example.com",
            "password": {"secure": "v1:ciphertext"},
            "storageGiB": None,
            "pooler": pooler,
        }
    )

    for name in ("langfuse-network-policy", "langfuse-migration-network-policy"):
        assert inputs(recording, name)["spec"]["egress"][1] == {
            "ports": [{"protocol": "TCP", "port": port} for port in ports]
        }


def test_an_external_database_brings_no_objects_of_its_own() -> None:
    recording = recorded(
        database={
            "engine": "external",
            "host": "db.example.com",
            "password": {"secure": "v1:ciphertext"},
            "storageGiB": None,
        }
    )

    assert [r.name for r in recording.resources.values() if "postgres" in r.name] == []
    direct = "postgresql://langfuse:placeholder8a3b54cb@db.example.com:5432/langfuse"
    assert inputs(recording, "langfuse-database-secret")["stringData"] == {
        "DATABASE_URL": f"{direct}"
        "?sslmode=require&connection_limit=5&pool_timeout=10&socket_timeout=60",
        "DIRECT_URL": f"{direct}?sslmode=require",
    }
    assert inputs(recording, "langfuse-network-policy")["spec"]["egress"][1] == {
        "ports": [{"protocol": "TCP", "port": 5432}]
    }
