"""ClickHouse in the cluster: exact objects. Does not prove that the image starts with them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any
from xml.etree import ElementTree

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap

from components.clickhouse import configuration
from components.clickhouse.stateful_set import ClickHouseStatefulSet, ClickHouseStatefulSetArgs
from components.kubernetes.cluster_mode import AUTO
from components.kubernetes.placement import ContainerResources, Placement
from tests.support.component_run import run_component
from tests.support.recordings import all_before, depends_on, inputs
from tooling.engineless import offline
from tooling.engineless.recording import Recording, Secret

NAME = "langfuse-clickhouse"
LABELS = {
    "app.kubernetes.io/name": "clickhouse",
    "app.kubernetes.io/instance": NAME,
    "app.kubernetes.io/component": "clickhouse",
    "app.kubernetes.io/part-of": "agent-observability",
    "app.kubernetes.io/managed-by": "pulumi",
}
SELECTOR = {
    "app.kubernetes.io/instance": NAME,
    "app.kubernetes.io/component": "clickhouse",
}
METADATA = {"name": NAME, "namespace": "observability", "labels": LABELS}
ARGS = ClickHouseStatefulSetArgs(
    namespace="observability",
    image="docker.io/clickhouse/clickhouse-server:26.4.5.143-alpine",
    storage_gib=20,
    clients={role: {"role": role} for role in ("web", "worker", "migration")},
    migrations={"role": "migration"},
    resources=ContainerResources(cpu="250m", memory="2Gi", memory_limit="3Gi"),
)


def record(changes: Mapping[str, Any] | None = None, *, preview: bool = False) -> Recording:
    """The component with changed arguments, and a ConfigMap that shows what it hands on."""

    def body() -> None:
        made = ClickHouseStatefulSet(NAME, replace(ARGS, **(changes or {})))
        backing = made.backing
        data: dict[str, pulumi.Input[str]] = {
            "address": backing.address,
            **backing.environment,
        }
        ConfigMap("seen", data=data)
        ConfigMap("password", data={**backing.secret_environment})

    return run_component(body, preview=preview)


@lru_cache
def recorded() -> Recording:
    return record()


def made(name: str) -> str:
    """The name that the API server gives an object without one."""
    return offline.kubernetes_name(recorded().named(f"{NAME}-{name}"))


def test_the_component_has_these_children_and_no_others() -> None:
    assert sorted(r.name for r in recorded().resources.values() if r.custom) == [
        f"{NAME}-config",
        f"{NAME}-credentials",
        f"{NAME}-network-policy",
        f"{NAME}-password",
        f"{NAME}-service",
        f"{NAME}-stateful-set",
        "password",
        "seen",
    ]


def ping(**how_often: int) -> dict[str, Any]:
    return {"httpGet": {"path": "/ping", "port": "http"}, "timeoutSeconds": 5, **how_often}


def test_the_stateful_set_is_exactly_this() -> None:
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
                        "runAsUser": 101,
                        "runAsGroup": 101,
                        "seccompProfile": {"type": "RuntimeDefault"},
                        "fsGroup": 101,
                        "fsGroupChangePolicy": "OnRootMismatch",
                    },
                    "terminationGracePeriodSeconds": 120,
                    "containers": [
                        {
                            "name": "clickhouse",
                            "image": "docker.io/clickhouse/clickhouse-server:26.4.5.143-alpine",
                            "command": [
                                "/usr/bin/clickhouse-server",
                                "--config-file=/etc/clickhouse-server/config.xml",
                            ],
                            "env": [
                                {"name": "CLICKHOUSE_WATCHDOG_ENABLE", "value": "0"},
                                {"name": "TZ", "value": "UTC"},
                            ],
                            "envFrom": [{"secretRef": {"name": made("credentials")}}],
                            "ports": [
                                {"name": "http", "containerPort": 8123},
                                {"name": "native", "containerPort": 9000},
                                {"name": "metrics", "containerPort": 9363},
                            ],
                            "resources": {
                                "requests": {"cpu": "250m", "memory": "2Gi"},
                                "limits": {"memory": "3Gi"},
                            },
                            "securityContext": {
                                "allowPrivilegeEscalation": False,
                                "capabilities": {"drop": ["ALL"]},
                                "readOnlyRootFilesystem": True,
                            },
                            "volumeMounts": [
                                {"name": "data", "mountPath": "/var/lib/clickhouse"},
                                {
                                    "name": "configuration",
                                    "mountPath": "/etc/clickhouse-server",
                                    "readOnly": True,
                                },
                                {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
                            ],
                            "startupProbe": ping(periodSeconds=10, failureThreshold=360),
                            "readinessProbe": ping(periodSeconds=5, failureThreshold=3),
                            "livenessProbe": ping(periodSeconds=20, failureThreshold=6),
                        }
                    ],
                    "volumes": [
                        {"name": "configuration", "configMap": {"name": made("config")}},
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
            "ports": [
                {"name": "http", "port": 8123, "targetPort": "http"},
                {"name": "native", "port": 9000, "targetPort": "native"},
            ],
        },
    }
    assert depends_on(recorded(), recorded().named(f"{NAME}-stateful-set")) == [
        f"{NAME}-config",
        f"{NAME}-credentials",
        f"{NAME}-network-policy",
    ]


def test_clients_query_migrations_use_both_ports_and_the_server_connects_to_nothing() -> None:
    def pods(*roles: str) -> list[dict[str, Any]]:
        return [{"podSelector": {"matchLabels": {"role": role}}} for role in roles]

    assert inputs(recorded(), f"{NAME}-network-policy") == {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": METADATA,
        "spec": {
            "podSelector": {"matchLabels": SELECTOR},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [
                {
                    "from": pods("web", "worker", "migration"),
                    "ports": [{"protocol": "TCP", "port": "http"}],
                },
                {
                    "from": pods("migration"),
                    "ports": [{"protocol": "TCP", "port": "native"}],
                },
            ],
        },
    }


def test_prometheus_is_admitted_where_its_namespace_is_named() -> None:
    scraped = record({"metrics_namespace": "monitoring"})
    before, after = (inputs(run, f"{NAME}-network-policy") for run in (recorded(), scraped))

    assert after["spec"]["ingress"] == [
        *before["spec"]["ingress"],
        {
            "from": [
                {
                    "namespaceSelector": {
                        "matchLabels": {"kubernetes.io/metadata.name": "monitoring"}
                    }
                }
            ],
            "ports": [{"protocol": "TCP", "port": "metrics"}],
        },
    ]
    after["spec"]["ingress"] = before["spec"]["ingress"]
    assert after == before


def test_the_password_is_letters_and_digits_and_the_server_gets_its_hash_alone() -> None:
    assert recorded().named(f"{NAME}-password").inputs == {"length": 32, "special": False}
    password = inputs(recorded(), "password")["data"]["CLICKHOUSE_PASSWORD"]
    assert password
    assert recorded().named("password").inputs["data"] == {"CLICKHOUSE_PASSWORD": Secret(password)}
    assert recorded().named(f"{NAME}-credentials").inputs == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"namespace": "observability", "labels": LABELS},
        "type": "Opaque",
        "immutable": True,
        "stringData": Secret(
            {"CLICKHOUSE_PASSWORD_SHA256": hashlib.sha256(password.encode()).hexdigest()}
        ),
    }


def test_langfuse_gets_the_password_when_the_server_is_ready_and_the_rest_before() -> None:
    assert inputs(recorded(), "seen")["data"] == {
        "address": f"{NAME}.observability.svc:8123",
        "CLICKHOUSE_CLUSTER_ENABLED": "false",
        "CLICKHOUSE_DB": "default",
        "CLICKHOUSE_MAX_BYTES_BEFORE_EXTERNAL_GROUP_BY": "1288490188",
        "CLICKHOUSE_MIGRATION_URL": f"clickhouse://{NAME}.observability.svc:9000",
        "CLICKHOUSE_URL": f"http://{NAME}.observability.svc:8123",
        "CLICKHOUSE_USER": "langfuse",
    }
    assert f"{NAME}-stateful-set" in all_before(recorded(), "password")
    assert f"{NAME}-stateful-set" not in all_before(recorded(), "seen")


def test_the_files_are_immutable_so_that_changed_ones_make_another_pod() -> None:
    assert recorded().named(f"{NAME}-config").inputs == {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"namespace": "observability", "labels": LABELS},
        "immutable": True,
        "data": {"config.xml": configuration.SERVER, "users.xml": configuration.USERS},
    }


def test_a_class_of_its_own_is_made_and_used() -> None:
    recording = record({"create_storage_class": True, "mode": AUTO})
    storage_class = recording.named(f"{NAME}-gp3")

    (claim,) = inputs(recording, f"{NAME}-stateful-set")["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["storageClassName"] == offline.kubernetes_name(storage_class)
    assert storage_class.inputs["provisioner"] == "ebs.csi.eks.amazonaws.com"
    assert storage_class.inputs["metadata"] == {"labels": LABELS}


def test_the_volume_the_image_and_the_placement_are_arguments() -> None:
    changes = {
        "image": "registry.example.com/clickhouse:26.4",
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
    pod = spec["template"]["spec"]
    assert pod["containers"][0]["image"] == "registry.example.com/clickhouse:26.4"
    assert pod["nodeSelector"] == {"disk": "ssd"}
    assert pod["tolerations"] == [{"key": "db", "operator": "Exists"}]
    assert pod["imagePullSecrets"] == [{"name": "pull"}]


def test_a_preview_with_an_unknown_password_knows_everything_else() -> None:
    recording = record(preview=True)

    assert recording.named("seen").inputs["data"] == inputs(recorded(), "seen")["data"]
    assert f"{NAME}-stateful-set" in {r.name for r in recording.resources.values()}


def tree(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314 - our own text


def texts(parent: ElementTree.Element, path: str) -> list[str | None]:
    return [found.text for found in parent.findall(path)]


def test_the_server_has_two_log_tables_and_both_lose_what_is_older_than_a_week() -> None:
    server = tree(configuration.SERVER)

    assert [child.tag for child in server if child.tag.endswith("_log")] == [
        "query_log",
        "part_log",
    ]
    for log in ("query_log", "part_log"):
        assert texts(server, f"{log}/database") == ["system"]
        assert texts(server, f"{log}/table") == [log]
        assert texts(server, f"{log}/partition_by") == ["event_date"]
        assert texts(server, f"{log}/ttl") == ["event_date + INTERVAL 7 DAY DELETE"]


def test_the_server_speaks_utc_and_listens_on_three_ports() -> None:
    server = tree(configuration.SERVER)

    assert texts(server, "timezone") == ["UTC"]
    assert texts(server, "listen_host") == ["0.0.0.0", "::"]  # noqa: S104
    assert [(c.tag, c.text) for c in server.iter() if c.tag.endswith("port")] == [
        ("http_port", "8123"),
        ("tcp_port", "9000"),
        ("port", "9363"),
    ]
    assert texts(server, "logger/level") == ["information"]
    assert texts(server, "logger/console") == ["true"]
    assert texts(server, "max_server_memory_usage_to_ram_ratio") == ["0.8"]
    assert texts(server, "async_load_databases") == ["false"]


def test_there_is_one_user_with_a_hash_from_the_environment_and_these_grants() -> None:
    users = tree(configuration.USERS).find("users")

    assert users is not None
    (user,) = users
    assert user.tag == "langfuse"
    assert [child.tag for child in user] == [
        "password_sha256_hex",
        "networks",
        "profile",
        "quota",
        "grants",
    ]
    assert user[0].attrib == {"from_env": "CLICKHOUSE_PASSWORD_SHA256"}
    assert user[0].text is None
    assert texts(user, "grants/query") == [
        "GRANT SELECT, INSERT, ALTER UPDATE, ALTER DELETE ON default.*",
        "GRANT CREATE TABLE, CREATE VIEW, DROP TABLE, DROP VIEW ON default.*",
        "GRANT ALTER ADD COLUMN, ALTER MODIFY COLUMN, ALTER VIEW MODIFY QUERY ON default.*",
        "GRANT ALTER ADD INDEX, ALTER DROP INDEX, ALTER MATERIALIZE INDEX ON default.*",
        "GRANT SELECT ON system.parts",
        "GRANT SELECT ON system.mutations",
        "GRANT SELECT ON system.tables",
        "GRANT SELECT ON system.processes",
        "GRANT SELECT ON system.query_log*",
        "GRANT SYSTEM SYNC REPLICA, SYSTEM MERGES, ALTER SETTINGS "
        "ON default.observations_pid_tid_sorting",
    ]


def test_the_profile_keeps_the_defaults_of_the_tested_release_and_names_no_newer_setting() -> None:
    (profile,) = tree(configuration.USERS).findall("profiles/default")

    # `input_format_read_datetime_number_as_raw_value` is not here: 26.4 does not know it, and a
    # server does not start with a setting that it does not know.
    assert {child.tag: child.text for child in profile} == {
        "compatibility": "26.4",
        "max_bytes_ratio_before_external_group_by": "0.4",
        "max_bytes_ratio_before_external_sort": "0.4",
        "query_profiler_real_time_period_ns": "0",
        "query_profiler_cpu_time_period_ns": "0",
    }
