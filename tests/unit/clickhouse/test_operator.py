"""ClickHouse by its operator: exact objects, valid against the operator's own definitions.

``operator_schemas.json`` has the specifications of both kinds from ``config/crd/bases`` of
https://github.com/ClickHouse/clickhouse-operator (Apache-2.0), commit 581494e of February 2026,
without descriptions and without what this program does not set. ``versionProbeTemplate`` came
later. Does not prove that the operator makes servers of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import jsonschema
import pulumi
import pytest
from pulumi_kubernetes.core.v1 import ConfigMap

from components.clickhouse import configuration
from components.clickhouse.operator import OperatedClickHouse, OperatedClickHouseArgs
from components.kubernetes.cluster_mode import AUTO
from components.kubernetes.placement import ContainerResources, Placement
from tests.support.component_run import run_component
from tests.support.recordings import all_before, depends_on, inputs
from tooling.engineless import offline
from tooling.engineless.recording import Recording, Resource, Secret
from tooling.kit.json_values import as_list, as_mapping

SCHEMAS: Final = json.loads(
    Path(__file__).with_name("operator_schemas.json").read_text(encoding="utf-8")
)
NAME: Final = "langfuse-clickhouse"
SERVERS: Final = {"app": f"{NAME}-clickhouse", "clickhouse.com/role": "clickhouse-server"}
KEEPERS: Final = {"app": f"{NAME}-keeper", "clickhouse.com/role": "clickhouse-keeper"}


def labels(component: str) -> dict[str, str]:
    return {
        "app.kubernetes.io/name": "clickhouse",
        "app.kubernetes.io/instance": NAME,
        "app.kubernetes.io/component": component,
        "app.kubernetes.io/part-of": "agent-observability",
        "app.kubernetes.io/managed-by": "pulumi",
    }


def metadata(name: str, component: str = "clickhouse") -> dict[str, Any]:
    return {"name": name, "namespace": "observability", "labels": labels(component)}


ARGS: Final = OperatedClickHouseArgs(
    operator_namespace="operators",
    namespace="observability",
    image="docker.io/clickhouse/clickhouse-server:26.4.5.143",
    keeper_image="mirror.example.com:5000/keeper:26.4@sha256:0123",
    storage_gib=100,
    keeper_storage_gib=10,
    resources=ContainerResources(cpu="2", memory="8Gi", memory_limit="8Gi"),
    keeper_resources=ContainerResources(cpu="250m", memory="512Mi", memory_limit="1Gi"),
    clients={role: {"role": role} for role in ("web", "worker", "migration")},
    migrations={"role": "migration"},
)


def record(changes: Mapping[str, Any] | None = None, *, preview: bool = False) -> Recording:
    """The component with changed arguments, and ConfigMaps that show what it hands on."""

    def body() -> None:
        operator = ConfigMap("operator", data={})
        args = replace(ARGS, after=[operator], **(changes or {}))
        backing = OperatedClickHouse(NAME, args).backing
        assert (backing.role, backing.port, backing.migration_port) == ("clickhouse", 8123, 9000)
        assert backing.pods == SERVERS
        data: dict[str, pulumi.Input[str]] = {"address": backing.address, **backing.environment}
        ConfigMap("seen", data=data)
        ConfigMap("password", data={**backing.secret_environment})

    return run_component(body, preview=preview)


@lru_cache
def recorded() -> Recording:
    return record()


def resource(recording: Recording, role: str) -> Resource:
    return recording.named(f"{NAME}-{role}")


def container_security() -> dict[str, Any]:
    return {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]},
    }


def pod_security() -> dict[str, Any]:
    return {
        "runAsNonRoot": True,
        "runAsUser": 101,
        "runAsGroup": 101,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def pods(image: Mapping[str, str], requests: Mapping[str, str], limit: str, gib: int) -> Any:  # noqa: ANN401
    """What both kinds have."""
    return {
        "replicas": 3,
        "podTemplate": {
            "securityContext": {
                **pod_security(),
                "fsGroup": 101,
                "fsGroupChangePolicy": "OnRootMismatch",
            },
            "terminationGracePeriodSeconds": 120,
            "nodeHostnameKey": "kubernetes.io/hostname",
            "topologyZoneKey": "topology.kubernetes.io/zone",
        },
        "containerTemplate": {
            "image": image,
            "resources": {"requests": requests, "limits": {"cpu": "64", "memory": limit}},
            "securityContext": container_security(),
        },
        "dataVolumeClaimSpec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": f"{gib}Gi"}},
        },
        "versionProbeTemplate": {
            "spec": {
                "template": {
                    "spec": {
                        "securityContext": pod_security(),
                        "containers": [
                            {
                                "name": "version-probe",
                                "resources": {
                                    "requests": {"cpu": "250m", "memory": "512Mi"},
                                    "limits": {"cpu": "64", "memory": "2Gi"},
                                },
                                "securityContext": container_security(),
                            }
                        ],
                    }
                }
            }
        },
    }


def test_the_component_has_these_children_and_no_others() -> None:
    names = {r.name for r in recorded().resources.values() if r.custom}

    assert names == {"operator", "seen", "password"} | {
        f"{NAME}-{role}"
        for role in (
            "credentials",
            "keeper",
            "keeper-network-policy",
            "migration-service",
            "network-policy",
            "password",
            "servers",
            "service",
        )
    }


def test_the_servers_are_exactly_these() -> None:
    log = {
        "database": "system",
        "partition_by": "event_date",
        "ttl": "event_date + INTERVAL 7 DAY DELETE",
        "flush_interval_milliseconds": 7500,
    }

    assert inputs(recorded(), f"{NAME}-servers") == {
        "apiVersion": "clickhouse.com/v1alpha1",
        "kind": "ClickHouseCluster",
        "metadata": {
            **metadata(NAME),
            "annotations": {
                "pulumi.com/waitFor": '["condition=Ready", "condition=ClusterSizeAligned", '
                '"condition=SchemaInSync"]'
            },
        },
        "spec": {
            **pods(
                {"repository": "docker.io/clickhouse/clickhouse-server", "tag": "26.4.5.143"},
                {"cpu": "2", "memory": "8Gi"},
                "8Gi",
                100,
            ),
            "shards": 1,
            "keeperClusterRef": {"name": NAME},
            "settings": {
                "logger": {"level": "information", "logToFile": False},
                "defaultUserPassword": {
                    "passwordType": "password_sha256_hex",
                    "secret": {
                        "name": offline.kubernetes_name(resource(recorded(), "credentials")),
                        "key": "CLICKHOUSE_PASSWORD_SHA256",
                    },
                },
                "enableDatabaseSync": True,
                "extraConfig": {
                    "timezone": "UTC",
                    "max_server_memory_usage_to_ram_ratio": 0.8,
                    "query_log": log,
                    "part_log": log,
                    "text_log": {"@remove": "1"},
                },
                "extraUsersConfig": {
                    "profiles": {
                        "default": {
                            "compatibility": "26.4",
                            "max_bytes_ratio_before_external_group_by": 0.4,
                            "max_bytes_ratio_before_external_sort": 0.4,
                            "query_profiler_real_time_period_ns": 0,
                            "query_profiler_cpu_time_period_ns": 0,
                        }
                    }
                },
            },
        },
    }


def test_the_keepers_are_exactly_these_and_a_digest_decides_on_their_image() -> None:
    assert inputs(recorded(), f"{NAME}-keeper") == {
        "apiVersion": "clickhouse.com/v1alpha1",
        "kind": "KeeperCluster",
        "metadata": {
            **metadata(NAME, "clickhouse-keeper"),
            "annotations": {"pulumi.com/waitFor": "condition=Ready"},
        },
        "spec": {
            **pods(
                {"repository": "mirror.example.com:5000/keeper", "hash": "sha256:0123"},
                {"cpu": "250m", "memory": "512Mi"},
                "1Gi",
                10,
            ),
            "settings": {"logger": {"level": "information", "logToFile": False}},
        },
    }


def strict(schema: object) -> Any:  # noqa: ANN401 - JSON
    """A schema that refuses fields that it does not list."""
    if (items := as_list(schema)) is not None:
        return [strict(item) for item in items]
    if (parts := as_mapping(schema)) is None:
        return schema
    made = {key: strict(value) for key, value in parts.items()}
    if "properties" in made and "x-kubernetes-preserve-unknown-fields" not in made:
        made.setdefault("additionalProperties", False)
    return made


@pytest.mark.parametrize("role", ["servers", "keeper"])
@pytest.mark.parametrize(
    "placement",
    [
        Placement(),
        Placement(
            node_selector={"disk": "ssd"},
            tolerations=[{"key": "db", "operator": "Exists"}],
            image_pull_secrets=["pull"],
            labels={"team": "ai"},
            annotations={"example.com/scan": "no"},
        ),
    ],
)
def test_the_operators_definition_takes_all_but_the_field_that_is_newer(
    role: str, placement: Placement
) -> None:
    recording = record({"placement": placement, "create_storage_class": True})
    made = inputs(recording, f"{NAME}-{role}")
    newer = made["spec"].pop("versionProbeTemplate")

    assert newer
    assert list(errors(made["kind"], made["spec"])) == []


def errors(kind: str, spec: object) -> Iterator[str]:
    validator: Any = jsonschema.Draft202012Validator(strict(SCHEMAS[kind]))
    for error in validator.iter_errors(spec):
        yield f"{error.json_path}: {error.message}"


def test_the_definition_refuses_an_unknown_field_and_a_wrong_number_of_keepers() -> None:
    assert list(errors("ClickHouseCluster", {"keeperClusterRef": {"name": "a"}, "x": 1})) == [
        "$: Additional properties are not allowed ('x' was unexpected)"
    ]
    assert list(errors("ClickHouseCluster", {})) == ["$: 'keeperClusterRef' is a required property"]
    assert list(errors("KeeperCluster", {"replicas": 2})) == [
        "$.replicas: 2 is not one of [0, 1, 3, 5, 7, 9, 11, 13, 15]"
    ]


def test_the_pods_go_where_the_cluster_says() -> None:
    placement = Placement(
        node_selector={"disk": "ssd"},
        tolerations=[{"key": "db", "operator": "Exists"}],
        image_pull_secrets=["pull"],
        labels={"team": "ai"},
        annotations={"example.com/scan": "no"},
    )
    recording = record({"placement": placement})

    for role in ("servers", "keeper"):
        spec = inputs(recording, f"{NAME}-{role}")["spec"]
        assert spec["labels"] == {"team": "ai"}
        assert spec["annotations"] == {"example.com/scan": "no"}
        pod = spec["podTemplate"]
        assert pod["nodeSelector"] == {"disk": "ssd"}
        assert pod["tolerations"] == [{"key": "db", "operator": "Exists"}]
        assert pod["imagePullSecrets"] == [{"name": "pull"}]


def test_one_class_is_made_for_all_volumes() -> None:
    recording = record({"create_storage_class": True, "mode": AUTO})
    storage_class = resource(recording, "gp3")

    assert storage_class.inputs["provisioner"] == "ebs.csi.eks.amazonaws.com"
    for role in ("servers", "keeper"):
        claim = inputs(recording, f"{NAME}-{role}")["spec"]["dataVolumeClaimSpec"]
        assert claim["storageClassName"] == offline.kubernetes_name(storage_class)
    claim = inputs(record({"storage_class": "fast"}), f"{NAME}-keeper")["spec"]
    assert claim["dataVolumeClaimSpec"]["storageClassName"] == "fast"


def test_the_servers_wait_for_their_keepers_and_both_for_operator_and_policies() -> None:
    first = ["langfuse-clickhouse-keeper-network-policy", "langfuse-clickhouse-network-policy"]

    assert depends_on(recorded(), resource(recorded(), "keeper")) == [*first, "operator"]
    assert depends_on(recorded(), resource(recorded(), "servers")) == [
        f"{NAME}-credentials",
        f"{NAME}-keeper",
        *first,
        "operator",
    ]


@pytest.mark.parametrize("protect", [True, False])
def test_servers_and_keepers_are_protected_unless_they_are_not_to_be(protect: bool) -> None:
    recording = record({"protect": protect})
    found = [resource(recording, role) for role in ("servers", "keeper", "password")]

    assert [r.protect for r in found] == [protect, protect, False]


def test_pulumi_waits_twenty_minutes_for_each() -> None:
    for role in ("servers", "keeper"):
        timeouts = resource(recorded(), role).request.customTimeouts
        assert (timeouts.create, timeouts.update, timeouts.delete) == ("20m", "20m", "")


def test_one_service_leads_to_all_replicas_and_one_to_a_single_one() -> None:
    def service(host: str, selector: Mapping[str, str], port: int) -> Any:  # noqa: ANN401
        return {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata(host),
            "spec": {
                "selector": selector,
                "ports": [{"name": "clickhouse", "port": port, "targetPort": port}],
            },
        }

    assert inputs(recorded(), f"{NAME}-service") == service(NAME, SERVERS, 8123)
    single = {**SERVERS, "clickhouse.com/shard-id": "0", "clickhouse.com/replica-id": "0"}
    assert inputs(recorded(), f"{NAME}-migration-service") == service(f"{NAME}-0", single, 9000)


def peer(selector: Mapping[str, str]) -> dict[str, Any]:
    return {"podSelector": {"matchLabels": selector}}


def tcp(port: int) -> list[dict[str, Any]]:
    return [{"protocol": "TCP", "port": port}]


RESOLVERS: Final = {
    "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
}
THE_OPERATOR: Final[list[dict[str, Any]]] = [
    {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "operators"}}}
]


def test_servers_hear_clients_each_other_and_the_operator() -> None:
    roles = [{"role": role} for role in ("web", "worker", "migration")]

    assert inputs(recorded(), f"{NAME}-network-policy") == {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(NAME),
        "spec": {
            "podSelector": {"matchLabels": SERVERS},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [
                {"from": [peer(role) for role in roles], "ports": tcp(8123)},
                {"from": [peer({"role": "migration"})], "ports": tcp(9000)},
                {"from": [peer(SERVERS)]},
                {"from": THE_OPERATOR, "ports": tcp(9001)},
            ],
            "egress": [RESOLVERS, {"to": [peer(SERVERS), peer(KEEPERS)]}],
        },
    }


def test_keepers_hear_servers_each_other_and_the_operator() -> None:
    assert inputs(recorded(), f"{NAME}-keeper-network-policy") == {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(f"{NAME}-keeper", "clickhouse-keeper"),
        "spec": {
            "podSelector": {"matchLabels": KEEPERS},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [
                {"from": [peer(SERVERS), peer(KEEPERS)]},
                {"from": THE_OPERATOR, "ports": tcp(2181)},
            ],
            "egress": [RESOLVERS, {"to": [peer(KEEPERS)]}],
        },
    }


def test_prometheus_is_admitted_where_its_namespace_is_named() -> None:
    scraped = record({"metrics_namespace": "monitoring"})
    prometheus = [
        {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    ]

    for role, port in (("", 9363), ("-keeper", 9090)):
        before, after = (
            inputs(run, f"{NAME}{role}-network-policy") for run in (recorded(), scraped)
        )
        assert after["spec"]["ingress"] == [
            *before["spec"]["ingress"],
            {"from": prometheus, "ports": tcp(port)},
        ]
        after["spec"]["ingress"] = before["spec"]["ingress"]
        assert after == before


def test_langfuse_is_told_of_a_cluster_and_gets_the_password_when_it_is_in_sync() -> None:
    assert inputs(recorded(), "seen")["data"] == {
        "address": f"{NAME}.observability.svc:8123",
        "CLICKHOUSE_CLUSTER_ENABLED": "true",
        "CLICKHOUSE_DB": "default",
        "CLICKHOUSE_MAX_BYTES_BEFORE_EXTERNAL_GROUP_BY": "3435973836",
        "CLICKHOUSE_MIGRATION_URL": f"clickhouse://{NAME}-0.observability.svc:9000",
        "CLICKHOUSE_URL": f"http://{NAME}.observability.svc:8123",
        "CLICKHOUSE_USER": "default",
    }
    assert f"{NAME}-servers" in all_before(recorded(), "password")
    assert f"{NAME}-servers" not in all_before(recorded(), "seen")


def test_the_operator_gets_the_hash_of_the_password_alone() -> None:
    assert resource(recorded(), "password").inputs == {"length": 32, "special": False}
    password = inputs(recorded(), "password")["data"]["CLICKHOUSE_PASSWORD"]
    assert recorded().named("password").inputs["data"] == {"CLICKHOUSE_PASSWORD": Secret(password)}
    digest = hashlib.sha256(password.encode()).hexdigest()
    assert resource(recorded(), "credentials").inputs == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"namespace": "observability", "labels": labels("clickhouse")},
        "type": "Opaque",
        "immutable": True,
        "stringData": Secret({configuration.PASSWORD_HASH: digest}),
    }


def test_a_preview_with_an_unknown_password_knows_the_rest() -> None:
    recording = record(preview=True)

    assert recording.named("seen").inputs["data"] == inputs(recorded(), "seen")["data"]
    assert inputs(recording, f"{NAME}-keeper") == inputs(recorded(), f"{NAME}-keeper")
