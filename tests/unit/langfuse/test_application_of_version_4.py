"""The workloads of Langfuse 3 and 4: web, worker, and one migration of two databases."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pulumi
import pytest

from components.kubernetes.backing import Backing
from components.kubernetes.placement import ContainerResources
from components.langfuse import guard, waiting
from components.langfuse.application import Langfuse
from components.langfuse.args import LangfuseArgs, Needed, WorkerArgs
from components.langfuse.environment import worker_environment
from components.langfuse.versions import LINES, Version
from components.langfuse.write_modes import Mode
from components.secrets.delivery import DeliveredSecret
from tests.support.component_run import run_component
from tests.support.recordings import all_before, inputs
from tooling.engineless.offline import kubernetes_name
from tooling.engineless.recording import Recording

V4 = LINES[4].newest
WEB, WORKER, JOB = "langfuse-deployment", "langfuse-worker-deployment", "langfuse-migration"
WAIT, WAIT_CLICKHOUSE, GUARD = "wait-for-database", "wait-for-clickhouse", "guard"
ROLE = {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/storage"}


def backing(role: str, port: int, *secrets: str, **plain: str) -> Backing:
    return Backing(
        role=role,
        address=pulumi.Output.from_input(f"{role}:{port}"),
        port=port,
        pods={"app": role},
        migration_port=9000 if role == "clickhouse" else None,
        environment=plain,
        secret_environment={name: pulumi.Output.secret("secret") for name in secrets},
    )


def delivered(role: str) -> DeliveredSecret:
    return DeliveredSecret(name=pulumi.Output.from_input(f"secret-of-{role}"))


def needed(role: str, port: int, secret: str, *, migrated: bool = False, **plain: str) -> Needed:
    return Needed(
        backing=backing(role, port, secret, **plain), secret=delivered(role), migrated=migrated
    )


@lru_cache
def record(version: Version = V4) -> Recording:
    def body() -> None:
        Langfuse(
            "langfuse",
            LangfuseArgs(
                namespace="observability",
                version=version,
                image=f"langfuse:{version}",
                environment={"SHARED": "setting"},
                secret=delivered("app"),
                database=backing("database", 5432, "DATABASE_URL", "DIRECT_URL"),
                database_secret=delivered("database"),
                services=[
                    needed(
                        "clickhouse",
                        8123,
                        "CLICKHOUSE_PASSWORD",
                        migrated=True,
                        CLICKHOUSE_URL="http://clickhouse:8123",
                        CLICKHOUSE_USER="langfuse",
                        CLICKHOUSE_MAX_BYTES_BEFORE_EXTERNAL_GROUP_BY="1000",
                    ),
                    needed("cache", 6379, "REDIS_CONNECTION_STRING"),
                ],
                worker=WorkerArgs(
                    image=f"langfuse-worker:{version}",
                    min_replicas=2,
                    max_replicas=5,
                    target_cpu_percent=60,
                    resources=ContainerResources(cpu="2", memory="3Gi", memory_limit="4Gi"),
                ),
                min_replicas=3,
                max_replicas=4,
                target_cpu_percent=50,
                resources=ContainerResources(cpu="1", memory="1Gi", memory_limit="2Gi"),
                egress_ports=(443, 587),
                service_account_annotations=ROLE,
            ),
        )

    return run_component(body)


def spec(workload: str) -> Any:  # noqa: ANN401 - JSON
    return inputs(record(), workload)["spec"]["template"]["spec"]


def container(workload: str) -> Any:  # noqa: ANN401 - JSON
    (only,) = spec(workload)["containers"]
    return only


def reference(role: str, key: str) -> dict[str, Any]:
    return {
        "name": key,
        "valueFrom": {"secretKeyRef": {"name": f"secret-of-{role}", "key": key}},
    }


DATABASE = [reference("database", "DATABASE_URL"), reference("database", "DIRECT_URL")]
FROM_SERVICES = [
    reference("clickhouse", "CLICKHOUSE_PASSWORD"),
    reference("cache", "REDIS_CONNECTION_STRING"),
]


def test_both_kinds_of_pods_have_one_config_map_and_one_secret_and_a_few_variables_each() -> None:
    config = record().named("langfuse-config")
    shared = [
        {"configMapRef": {"name": kubernetes_name(config)}},
        {"secretRef": {"name": "secret-of-app"}},
    ]

    assert inputs(record(), "langfuse-config")["data"] == {
        "SHARED": "setting",
        "CLICKHOUSE_URL": "http://clickhouse:8123",
        "CLICKHOUSE_USER": "langfuse",
        "CLICKHOUSE_MAX_BYTES_BEFORE_EXTERNAL_GROUP_BY": "1000",
    }
    assert container(WEB)["envFrom"] == container(WORKER)["envFrom"] == shared
    assert container(WEB)["env"] == [
        *DATABASE,
        *FROM_SERVICES,
        {"name": "KEEP_ALIVE_TIMEOUT", "value": "65000"},
        {"name": "NODE_OPTIONS", "value": "--max-old-space-size=1536"},
        {"name": "PORT", "value": "3000"},
    ]
    assert container(WORKER)["env"] == [
        reference("database", "DATABASE_URL"),
        *FROM_SERVICES,
        {"name": "LANGFUSE_INGESTION_CLICKHOUSE_MAX_ATTEMPTS", "value": "1000"},
        {"name": "NODE_OPTIONS", "value": "--max-old-space-size=3072"},
        {"name": "PORT", "value": "3030"},
    ]


def test_metrics_are_asked_of_workers_alone_where_they_are() -> None:
    published = worker_environment("4Gi", queue_metrics=True)

    assert published.pop("ENABLE_AWS_CLOUDWATCH_METRIC_PUBLISHING") == "true"
    assert published == worker_environment("4Gi")


def test_a_worker_lives_through_a_failover_and_is_ready_while_it_works() -> None:
    def page(path: str, period: int, failures: int) -> dict[str, Any]:
        return {
            "httpGet": {"path": path, "port": "http"},
            "periodSeconds": period,
            "timeoutSeconds": 5,
            "failureThreshold": failures,
        }

    worker = container(WORKER)

    assert worker["ports"] == [{"name": "http", "containerPort": 3030}]
    assert worker["startupProbe"] == page("/api/health", 5, 36)
    assert worker["readinessProbe"] == page("/api/ready", 5, 3)
    assert worker["livenessProbe"] == page("/api/health", 20, 15)
    assert "lifecycle" not in worker
    assert spec(WORKER)["terminationGracePeriodSeconds"] == 60


def test_what_pods_wait_for() -> None:
    def first(workload: str) -> dict[str, Any]:
        return {c["name"]: (c["command"], c["env"]) for c in spec(workload)["initContainers"]}

    database = (waiting.for_database(), [reference("database", "DIRECT_URL")])
    clickhouse = (
        waiting.for_clickhouse(),
        [{"name": "CLICKHOUSE_URL", "value": "http://clickhouse:8123"}],
    )
    fresh = Mode("eventsOnly", backfill=True)
    guarded = (guard.command(V4, fresh), DATABASE)

    assert first(WEB) == {WAIT: database}
    assert first(WORKER) == {WAIT: database, WAIT_CLICKHOUSE: clickhouse}
    assert first(JOB) == {WAIT: database, WAIT_CLICKHOUSE: clickhouse, GUARD: guarded}
    assert [*first(JOB)] == [WAIT, WAIT_CLICKHOUSE, GUARD]


def test_a_pod_needs_one_image() -> None:
    def images(workload: str) -> set[str]:
        pod = spec(workload)
        return {c["image"] for c in (*pod["initContainers"], *pod["containers"])}

    assert images(WEB) == images(JOB) == {f"langfuse:{V4}"}
    assert images(WORKER) == {f"langfuse-worker:{V4}"}


def test_the_migration_knows_both_databases_and_nothing_else() -> None:
    """Not what ClickHouse's memory is, which would make another Job when it changes."""
    job = inputs(record(), JOB)["spec"]

    assert container(JOB)["image"] == f"langfuse:{V4}"
    assert container(JOB)["args"] == ["true"]
    assert container(JOB)["env"] == [
        *DATABASE,
        reference("clickhouse", "CLICKHOUSE_PASSWORD"),
        {"name": "CLICKHOUSE_URL", "value": "http://clickhouse:8123"},
        {"name": "CLICKHOUSE_USER", "value": "langfuse"},
    ]
    assert "envFrom" not in container(JOB)
    assert (job["activeDeadlineSeconds"], job["backoffLimit"]) == (3600, 0)
    assert record().named(JOB).request.customTimeouts.create == "3660s"


def test_web_and_workers_start_after_the_migration_and_behind_their_policies() -> None:
    assert {JOB, "langfuse-network-policy"} <= all_before(record(), WEB)
    assert {JOB, "langfuse-worker-network-policy"} <= all_before(record(), WORKER)
    assert WEB not in all_before(record(), WORKER)
    assert WORKER not in all_before(record(), WEB)


def port(number: int, role: str, *others: int) -> dict[str, Any]:
    return {
        "ports": [{"protocol": "TCP", "port": each} for each in (number, *others)],
        "to": [{"podSelector": {"matchLabels": {"app": role}}}],
    }


SERVICES = [port(5432, "database"), port(8123, "clickhouse"), port(6379, "cache")]


@pytest.mark.parametrize(
    ("name", "reached"),
    [
        ("langfuse-network-policy", SERVICES),
        ("langfuse-worker-network-policy", SERVICES),
        (
            "langfuse-migration-network-policy",
            [port(5432, "database"), port(8123, "clickhouse", 9000)],
        ),
    ],
)
def test_pods_reach_the_services_that_they_use(name: str, reached: list[Any]) -> None:
    _dns, *rules = inputs(record(), name)["spec"]["egress"]
    anywhere = {"ports": [{"protocol": "TCP", "port": 443}, {"protocol": "TCP", "port": 587}]}

    assert rules == (reached if "migration" in name else [*reached, anywhere])


def test_nothing_connects_to_a_worker() -> None:
    policy = inputs(record(), "langfuse-worker-network-policy")["spec"]

    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in policy
    assert policy["podSelector"] == {
        "matchLabels": {
            "app.kubernetes.io/instance": "langfuse",
            "app.kubernetes.io/component": "worker",
        }
    }


def test_each_kind_of_pods_is_scaled_by_its_own_numbers() -> None:
    def scaled(name: str) -> tuple[str, int, int, int]:
        autoscaler = inputs(record(), name)["spec"]
        (metric,) = autoscaler["metrics"]
        return (
            autoscaler["scaleTargetRef"]["name"],
            autoscaler["minReplicas"],
            autoscaler["maxReplicas"],
            metric["resource"]["target"]["averageUtilization"],
        )

    assert scaled("langfuse-autoscaler") == ("langfuse", 3, 4, 50)
    assert scaled("langfuse-worker-autoscaler") == ("langfuse-worker", 2, 5, 60)
    assert container(WORKER)["image"] == f"langfuse-worker:{V4}"
    assert container(WORKER)["resources"] == {
        "requests": {"cpu": "2", "memory": "3Gi"},
        "limits": {"memory": "4Gi"},
    }


def test_both_service_accounts_have_the_role_of_the_bucket() -> None:
    for name in ("langfuse", "langfuse-worker"):
        account = inputs(record(), f"{name}-service-account")
        assert account["metadata"]["name"] == name
        assert account["metadata"]["annotations"] == ROLE
    assert spec(WEB)["serviceAccountName"] == "langfuse"
    assert spec(WORKER)["serviceAccountName"] == "langfuse-worker"


def test_the_web_server_can_write_its_cache_of_images_and_the_worker_nothing_like_it() -> None:
    def written(workload: str) -> list[tuple[str, str]]:
        return [(m["name"], m["mountPath"]) for m in container(workload)["volumeMounts"]]

    assert written(WEB) == [("tmp", "/tmp"), ("next-cache", "/app/web/.next/cache")]  # noqa: S108
    assert written(WORKER) == written(JOB) == [("tmp", "/tmp")]  # noqa: S108
    assert spec(WEB)["volumes"] == [
        {"name": "tmp", "emptyDir": {}},
        {"name": "next-cache", "emptyDir": {}},
    ]
