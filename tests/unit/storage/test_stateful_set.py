"""SeaweedFS in the cluster: exact objects. Does not prove that the image starts with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap

from components.kubernetes.placement import ContainerResources, Placement
from components.storage.pod import expiry
from components.storage.stateful_set import ObjectStorageStatefulSet, ObjectStorageStatefulSetArgs
from tests.support.component_run import run_component
from tests.support.recordings import all_before, depends_on, inputs
from tooling.engineless import offline
from tooling.engineless.recording import Recording, Secret

NAME = "langfuse-seaweedfs"
LABELS = {
    "app.kubernetes.io/name": "seaweedfs",
    "app.kubernetes.io/instance": NAME,
    "app.kubernetes.io/component": "storage",
    "app.kubernetes.io/part-of": "agent-observability",
    "app.kubernetes.io/managed-by": "pulumi",
}
SELECTOR = {"app.kubernetes.io/instance": NAME, "app.kubernetes.io/component": "storage"}
METADATA = {"name": NAME, "namespace": "observability", "labels": LABELS}
ENDPOINT = f"http://{NAME}.observability.svc:8333"
LINKS = "http://localhost:8333"
ARGS = ObjectStorageStatefulSetArgs(
    namespace="observability",
    image="docker.io/chrislusf/seaweedfs:4.47",
    storage_gib=20,
    event_days=45,
    export_days=7,
    media=True,
    clients={"web": {"role": "web"}, "worker": {"role": "worker"}},
    media_namespaces=["agents", "tools"],
    resources=ContainerResources(cpu="100m", memory="256Mi", memory_limit="1Gi"),
    links=LINKS,
)


def record(changes: Mapping[str, Any] | None = None, *, preview: bool = False) -> Recording:
    """The component with changed arguments, and ConfigMaps that show what it hands on."""

    def body() -> None:
        backing = ObjectStorageStatefulSet(NAME, replace(ARGS, **(changes or {}))).backing
        data: dict[str, pulumi.Input[str]] = {"address": backing.address, **backing.environment}
        ConfigMap("seen", data=data)
        ConfigMap("keys", data={**backing.secret_environment})

    return run_component(body, preview=preview)


@lru_cache
def recorded() -> Recording:
    return record()


def pod(recording: Recording) -> dict[str, Any]:
    return inputs(recording, f"{NAME}-stateful-set")["spec"]["template"]["spec"]


def test_the_component_has_these_children_and_no_others() -> None:
    assert sorted(r.name for r in recorded().resources.values() if r.custom) == [
        "keys",
        f"{NAME}-credentials",
        f"{NAME}-network-policy",
        f"{NAME}-secret-key",
        f"{NAME}-service",
        f"{NAME}-stateful-set",
        "seen",
    ]


def healthy(**how_often: int) -> dict[str, Any]:
    return {"httpGet": {"path": "/healthz", "port": "s3"}, "timeoutSeconds": 5, **how_often}


def test_the_stateful_set_is_exactly_this() -> None:
    credentials = offline.kubernetes_name(recorded().named(f"{NAME}-credentials"))

    def variable(name: str) -> dict[str, Any]:
        return {"name": name, "valueFrom": {"secretKeyRef": {"name": credentials, "key": name}}}

    assert inputs(recorded(), f"{NAME}-stateful-set") == {
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
                "metadata": {"labels": LABELS},
                "spec": {
                    "automountServiceAccountToken": False,
                    "enableServiceLinks": False,
                    "securityContext": {
                        "runAsNonRoot": True,
                        "runAsUser": 1000,
                        "runAsGroup": 1000,
                        "seccompProfile": {"type": "RuntimeDefault"},
                        "fsGroup": 1000,
                        "fsGroupChangePolicy": "OnRootMismatch",
                    },
                    "terminationGracePeriodSeconds": 60,
                    "containers": [
                        {
                            "name": "seaweedfs",
                            "image": "docker.io/chrislusf/seaweedfs:4.47",
                            "command": [
                                "weed",
                                "-logtostderr=true",
                                "server",
                                "-dir=/data",
                                "-ip=127.0.0.1",
                                "-ip.bind=127.0.0.1",
                                "-volume.max=0",
                                "-master.volumeSizeLimitMB=256",
                                "-volume.preStopSeconds=1",
                                "-master.telemetry=false",
                                "-s3",
                                "-s3.port=8333",
                                "-s3.ip.bind=0.0.0.0",
                                "-s3.port.iceberg=0",
                                "-s3.port.lance=0",
                                "-s3.iam=false",
                            ],
                            "env": [
                                variable("AWS_ACCESS_KEY_ID"),
                                variable("AWS_SECRET_ACCESS_KEY"),
                            ],
                            "ports": [{"name": "s3", "containerPort": 8333}],
                            "resources": {
                                "requests": {"cpu": "100m", "memory": "256Mi"},
                                "limits": {"memory": "1Gi"},
                            },
                            "securityContext": {
                                "allowPrivilegeEscalation": False,
                                "capabilities": {"drop": ["ALL"]},
                                "readOnlyRootFilesystem": True,
                            },
                            "volumeMounts": [
                                {"name": "data", "mountPath": "/data"},
                                {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
                            ],
                            "lifecycle": {
                                "postStart": {
                                    "exec": {
                                        "command": [
                                            "sh",
                                            "-c",
                                            expiry({"events/": 45, "exports/": 7}),
                                        ]
                                    }
                                }
                            },
                            "startupProbe": healthy(periodSeconds=5, failureThreshold=120),
                            "readinessProbe": healthy(periodSeconds=5, failureThreshold=3),
                            "livenessProbe": healthy(periodSeconds=10, failureThreshold=6),
                        }
                    ],
                    "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}}],
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
    stateful_set = recorded().named(f"{NAME}-stateful-set")

    assert stateful_set.ignore_changes == ("spec.volumeClaimTemplates",)


def test_the_service_is_headless_and_the_pod_waits_for_the_policy_and_not_for_it() -> None:
    assert inputs(recorded(), f"{NAME}-service") == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": METADATA,
        "spec": {
            "clusterIP": "None",
            "selector": SELECTOR,
            "ports": [{"name": "s3", "port": 8333, "targetPort": "s3"}],
        },
    }
    assert depends_on(recorded(), recorded().named(f"{NAME}-stateful-set")) == [
        f"{NAME}-credentials",
        f"{NAME}-network-policy",
    ]


def peers(recording: Recording) -> list[dict[str, Any]]:
    spec = inputs(recording, f"{NAME}-network-policy")["spec"]
    (rule,) = spec.pop("ingress")
    assert spec == {
        "podSelector": {"matchLabels": SELECTOR},
        "policyTypes": ["Ingress", "Egress"],
    }
    assert rule.pop("ports") == [{"protocol": "TCP", "port": "s3"}]
    return rule.pop("from")


def test_langfuse_and_with_media_the_agents_connect_to_s3_alone() -> None:
    own = [{"podSelector": {"matchLabels": {"role": role}}} for role in ("web", "worker")]
    agents = [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
        for namespace in ("agents", "tools")
    ]

    assert peers(recorded()) == [*own, *agents]
    assert peers(record({"media": False})) == own


def test_the_key_is_letters_and_digits_and_the_server_has_it_in_a_secret() -> None:
    generated = recorded().named(f"{NAME}-secret-key")
    assert generated.inputs == {"length": 48, "special": False}
    key = inputs(recorded(), "keys")["data"]["LANGFUSE_S3_EVENT_UPLOAD_SECRET_ACCESS_KEY"]
    assert recorded().named(f"{NAME}-credentials").inputs == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"namespace": "observability", "labels": LABELS},
        "type": "Opaque",
        "immutable": True,
        "stringData": Secret({"AWS_ACCESS_KEY_ID": "langfuse", "AWS_SECRET_ACCESS_KEY": key}),
    }


def purpose(name: str, prefix: str) -> dict[str, str]:
    begin = f"LANGFUSE_S3_{name}"
    return {
        f"{begin}_BUCKET": "langfuse",
        f"{begin}_PREFIX": prefix,
        f"{begin}_REGION": "us-east-1",
        f"{begin}_ENDPOINT": ENDPOINT,
        f"{begin}_FORCE_PATH_STYLE": "true",
    }


EVENTS = purpose("EVENT_UPLOAD", "events/")
EXPORTS = {
    **purpose("BATCH_EXPORT", "exports/"),
    "LANGFUSE_S3_BATCH_EXPORT_ENABLED": "true",
    "LANGFUSE_S3_BATCH_EXPORT_EXTERNAL_ENDPOINT": LINKS,
}
MEDIA = purpose("MEDIA_UPLOAD", "media/")
ADDRESS = {"address": f"{NAME}.observability.svc:8333"}


def test_langfuse_uses_the_service_and_links_to_exports_lead_elsewhere() -> None:
    assert inputs(recorded(), "seen")["data"] == {**ADDRESS, **EVENTS, **EXPORTS, **MEDIA}


def test_without_an_address_for_browsers_there_are_no_exports_and_none_expires() -> None:
    recording = record({"links": None, "media": False})

    assert inputs(recording, "seen")["data"] == {**ADDRESS, **EVENTS}
    assert set(inputs(recording, "keys")["data"]) == {
        "LANGFUSE_S3_EVENT_UPLOAD_ACCESS_KEY_ID",
        "LANGFUSE_S3_EVENT_UPLOAD_SECRET_ACCESS_KEY",
    }
    command = pod(recording)["containers"][0]["lifecycle"]["postStart"]["exec"]["command"]
    assert command == ["sh", "-c", expiry({"events/": 45})]


def test_all_that_is_secret_is_marked_and_comes_when_the_server_answers() -> None:
    keys = recorded().named("keys").inputs["data"]

    assert sorted(keys) == sorted(
        f"LANGFUSE_S3_{name}_{part}"
        for name in ("EVENT_UPLOAD", "BATCH_EXPORT", "MEDIA_UPLOAD")
        for part in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY")
    )
    assert [name for name, value in keys.items() if not isinstance(value, Secret)] == []
    plain = inputs(recorded(), "keys")["data"]
    assert {v for name, v in plain.items() if name.endswith("_KEY_ID")} == {"langfuse"}
    assert len({v for name, v in plain.items() if name.endswith("_SECRET_ACCESS_KEY")}) == 1
    assert f"{NAME}-stateful-set" in all_before(recorded(), "keys")
    assert f"{NAME}-stateful-set" not in all_before(recorded(), "seen")


def test_the_volume_and_the_placement_are_arguments() -> None:
    changes = {
        "storage_gib": 200,
        "storage_class": "fast",
        "placement": Placement(
            node_selector={"disk": "ssd"},
            tolerations=[{"key": "db", "operator": "Exists"}],
            image_pull_secrets=["pull"],
            labels={"team": "ai", "app.kubernetes.io/component": "other"},
            annotations={"example.com/scan": "no"},
        ),
    }
    spec = inputs(record(changes), f"{NAME}-stateful-set")["spec"]

    assert spec["volumeClaimTemplates"][0]["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "200Gi"}},
        "storageClassName": "fast",
    }
    assert spec["template"]["metadata"] == {
        "labels": {**LABELS, "team": "ai"},
        "annotations": {"example.com/scan": "no"},
    }
    assert spec["template"]["spec"]["nodeSelector"] == {"disk": "ssd"}
    assert spec["template"]["spec"]["tolerations"] == [{"key": "db", "operator": "Exists"}]
    assert spec["template"]["spec"]["imagePullSecrets"] == [{"name": "pull"}]


def test_a_first_preview_knows_no_key_and_everything_else() -> None:
    recording = record(preview=True)

    assert recording.named("seen").inputs["data"] == inputs(recorded(), "seen")["data"]
    assert {r.name for r in recording.resources.values()} == {
        r.name for r in recorded().resources.values()
    }
