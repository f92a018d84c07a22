"""What Langfuse's objects get from a database and a bucket in AWS, and nothing without them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pulumi

from components.kubernetes.backing import Authority, Backing
from components.kubernetes.placement import ContainerResources
from components.langfuse.application import Langfuse
from components.langfuse.args import LangfuseArgs
from components.langfuse.versions import LAST_2
from components.secrets.delivery import DeliveredSecret
from tests.support.component_run import run_component
from tests.support.recordings import all_before
from tests.support.recordings import inputs as plain
from tooling.engineless.offline import kubernetes_name
from tooling.engineless.recording import Recording

PEM = "-----BEGIN CERTIFICATE-----\n"
ROLE = {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/storage"}
FILE = "/etc/rds-ca/ca.pem"
DEPLOYMENT = "langfuse-deployment"
JOB = "langfuse-migration"


def record(
    *,
    certificate: str | None = None,
    annotations: Mapping[str, str] | None = None,
    changes: Callable[[Backing], Backing] = lambda database: database,
) -> Recording:
    """Langfuse by itself; ``changes`` turns its database into another one."""

    def body() -> None:
        database = Backing(
            role="database",
            address=pulumi.Output.from_input("host:5432"),
            port=5432,
            authority=Authority(certificate=certificate, file=FILE) if certificate else None,
            secret_environment={"DATABASE_URL": pulumi.Output.secret("postgresql://")},
        )
        Langfuse(
            "langfuse",
            LangfuseArgs(
                namespace="observability",
                version=LAST_2,
                image=f"langfuse/langfuse:{LAST_2}",
                environment={"S3_BUCKET_NAME": pulumi.Output.from_input("bucket")},
                secret=DeliveredSecret(name=pulumi.Output.from_input("app")),
                database_secret=DeliveredSecret(name=pulumi.Output.from_input("database")),
                database=changes(database),
                min_replicas=1,
                max_replicas=1,
                target_cpu_percent=50,
                resources=ContainerResources(cpu="1", memory="1Gi", memory_limit="2Gi"),
                service_account_annotations=annotations or {},
            ),
        )

    return run_component(body)


@lru_cache
def verified() -> Recording:
    return record(certificate=PEM)


def template(recording: Recording, name: str) -> dict[str, Any]:
    return plain(recording, name)["spec"]["template"]


def test_the_certificate_is_an_immutable_config_map() -> None:
    config_map = plain(verified(), "langfuse-database-ca")

    assert config_map["data"] == {"ca.pem": PEM}
    assert config_map["immutable"] is True
    assert "name" not in config_map["metadata"]


def test_web_pods_and_the_migration_find_it_where_the_url_says() -> None:
    name = kubernetes_name(verified().named("langfuse-database-ca"))

    for workload in (DEPLOYMENT, JOB):
        spec = template(verified(), workload)["spec"]
        (container,) = spec["containers"]
        assert spec["volumes"] == [
            {"name": "tmp", "emptyDir": {}},
            {"name": "database-ca", "configMap": {"name": name}},
        ]
        assert container["volumeMounts"] == [
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
            {"name": "database-ca", "mountPath": "/etc/rds-ca", "readOnly": True},
        ]


def test_without_a_certificate_only_the_folder_for_what_a_library_writes_is_mounted() -> None:
    recording = record()

    assert "langfuse-database-ca" not in {r.name for r in recording.resources.values()}
    for workload in (DEPLOYMENT, JOB):
        spec = template(recording, workload)["spec"]
        assert [volume["name"] for volume in spec["volumes"]] == ["tmp"]
        assert [mount["name"] for mount in spec["containers"][0]["volumeMounts"]] == ["tmp"]


def test_the_web_pods_account_gets_the_annotations_and_a_change_of_them_rolls_the_pods() -> None:
    recording = record(annotations=ROLE)

    assert plain(recording, "langfuse-service-account")["metadata"]["annotations"] == ROLE
    assert template(recording, DEPLOYMENT)["metadata"]["annotations"] == ROLE
    assert "langfuse-service-account" in all_before(recording, DEPLOYMENT)


def test_the_migration_gets_no_role_and_no_pod_a_token_for_the_kubernetes_api() -> None:
    recording = record(annotations=ROLE)
    account = plain(recording, "langfuse-migration-service-account")

    assert "annotations" not in account["metadata"]
    assert not ROLE.keys() & template(recording, JOB)["metadata"]["annotations"].keys()
    for workload in (DEPLOYMENT, JOB):
        assert template(recording, workload)["spec"]["automountServiceAccountToken"] is False
    assert plain(recording, "langfuse-service-account")["automountServiceAccountToken"] is False


def test_without_a_role_there_are_no_annotations() -> None:
    recording = record()

    assert "annotations" not in plain(recording, "langfuse-service-account")["metadata"]
    assert "annotations" not in template(recording, DEPLOYMENT)["metadata"]


def test_a_setting_that_aws_decides_reaches_the_config_map() -> None:
    assert plain(record(), "langfuse-config")["data"] == {"S3_BUCKET_NAME": "bucket"}


def test_a_setting_of_the_database_that_is_not_secret_reaches_the_config_map() -> None:
    recording = record(changes=lambda it: replace(it, environment={"DATABASE_SCHEMA": "langfuse"}))

    assert plain(recording, "langfuse-config")["data"] == {
        "S3_BUCKET_NAME": "bucket",
        "DATABASE_SCHEMA": "langfuse",
    }


def test_each_secret_setting_of_the_database_comes_from_its_own_secret() -> None:
    names = ("DATABASE_URL", "DIRECT_URL")

    def changes(database: Backing) -> Backing:
        values = {name: pulumi.Output.secret(name) for name in names}
        return replace(database, secret_environment=values)

    recording = record(changes=changes)

    for workload in (DEPLOYMENT, JOB):
        (container,) = template(recording, workload)["spec"]["containers"]
        assert container["env"] == [
            {"name": name, "valueFrom": {"secretKeyRef": {"name": "database", "key": name}}}
            for name in names
        ]


def test_the_objects_of_a_certificate_are_named_by_the_service_and_its_file() -> None:
    authority = Authority(certificate=PEM, file="/etc/cache-ca/root.crt")
    recording = record(changes=lambda it: replace(it, role="cache", authority=authority))

    config_map = plain(recording, "langfuse-cache-ca")
    (container,) = template(recording, DEPLOYMENT)["spec"]["containers"]
    assert config_map["data"] == {"root.crt": PEM}
    assert config_map["metadata"]["labels"]["app.kubernetes.io/component"] == "cache-ca"
    assert container["volumeMounts"][1] == (
        {"name": "cache-ca", "mountPath": "/etc/cache-ca", "readOnly": True}
    )
