"""Names that others refer to: each is what the program registers, and is written once."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from stacks import names, stack_files
from stacks.names import NAMES, Names
from stacks.settings.machinery.problems import NAMESPACE
from tests.support.recordings import inputs, recorded
from tests.support.stacks import STACKS
from tooling.engineless import offline
from tooling.engineless.recording import Recording, Resource

TOKEN: Final = "agent-observability:index:"
AGENTS: Final = "langfuse-agents-ai-agents"

EXACT: Final = {
    "langfuse": "langfuse",
    "namespace": "langfuse-namespace",
    "credentials": "langfuse-credentials",
    "migration": "langfuse-migration",
    "app": "langfuse-app",
    "database": "langfuse-database",
    "postgres": "langfuse-postgres",
    "postgres_password": "langfuse-postgres-password",
    "postgres_claim": "data-langfuse-postgres-0",
    "rds_instance": "langfuse-postgres-instance",
    "endpoint": "langfuse-endpoint",
    "access_logs": "langfuse-endpoint-access-logs",
    "storage": "langfuse-storage",
    "external_secrets": "langfuse-external-secrets",
    "dashboards": "langfuse-dashboards",
    "alerts": "langfuse-alerts",
    "alarms": "langfuse-alarms",
    "alarm_topic": "langfuse-alarms-topic-topic",
}


def everything() -> Recording:
    """A stack with everything that a platform offers."""
    return recorded(
        "prod",
        endpoint={"accessLogs": {"days": 30}},
        objectStorage={"exports": True, "media": True},
        secrets={"installExternalSecrets": True},
    )


def root(recording: Recording) -> Resource:
    (stack,) = recording.of_type(f"{TOKEN}ObservabilityStack")
    return stack


def children(recording: Recording) -> dict[str, str]:
    """Names of what the stack component makes itself, by class."""
    return {
        r.type.rpartition(":")[2] + ("" if r.name != NAMES.database else " of the database"): r.name
        for r in recording.resources.values()
        if r.parent == root(recording).urn
    }


def objects(recording: Recording, name: str) -> list[str]:
    """Kinds of the Kubernetes objects with a name."""
    return sorted(
        r.inputs["kind"]
        for r in recording.resources.values()
        if r.type.startswith("kubernetes:") and r.inputs["metadata"].get("name") == name
    )


def test_the_names_are_exactly_these() -> None:
    properties = [name for name, _ in inspect.getmembers(Names, lambda m: isinstance(m, property))]

    assert {"langfuse", *properties} == EXACT.keys()
    assert {name: getattr(NAMES, name) for name in EXACT} == EXACT
    assert NAMES.agents("ai-agents") == AGENTS


def test_all_names_follow_from_that_of_the_stack_component() -> None:
    other = Names("tracing")

    expected = {key: text.replace("langfuse", "tracing", 1) for key, text in EXACT.items()}
    assert {name: getattr(other, name) for name in EXACT} == expected
    assert other.agents("a") == "tracing-agents-a"


def test_each_component_has_the_name_that_is_meant_for_it() -> None:
    assert root(everything()).name == NAMES.langfuse
    assert children(everything()) == {
        "Namespace": NAMES.namespace,
        "AppCredentials": NAMES.credentials,
        "ExternalSecretsOperator": NAMES.external_secrets,
        # Named by the delivery, after whom it delivers for.
        "SecretsManagerStore": "langfuse-secrets",
        "PostgresRds": NAMES.postgres,
        "SecretsManagerSecret of the database": NAMES.database,
        "SecretsManagerSecret": NAMES.app,
        "LangfuseService": NAMES.langfuse,
        "PublicEndpoint": NAMES.endpoint,
        "ObjectStorage": NAMES.storage,
        "Langfuse": NAMES.langfuse,
        "AgentAccess": NAMES.agents("ai-agents"),
        "GrafanaDashboards": NAMES.dashboards,
        "PrometheusAlerts": NAMES.alerts,
        "CloudAlarms": NAMES.alarms,
    }


def test_objects_of_the_cluster_have_the_names_that_commands_use() -> None:
    dev, prod = recorded(), recorded("prod")

    assert objects(dev, NAMES.langfuse) == [
        "Deployment",
        "HorizontalPodAutoscaler",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Service",
        "ServiceAccount",
    ]
    assert objects(dev, NAMES.migration) == ["NetworkPolicy", "ServiceAccount"]
    assert objects(dev, NAMES.postgres) == ["NetworkPolicy", "Service", "StatefulSet"]
    assert objects(prod, NAMES.endpoint) == ["Ingress"]
    job = dev.named(NAMES.migration, "kubernetes:batch/v1:Job")
    assert offline.kubernetes_name(job).startswith(f"{NAMES.migration}-")


def test_the_volume_claim_is_that_of_the_first_pod_of_the_stateful_set() -> None:
    spec = inputs(recorded(), "langfuse-postgres-stateful-set")["spec"]

    (template,) = spec["volumeClaimTemplates"]
    assert spec["replicas"] == 1
    assert NAMES.postgres_claim == f"{template['metadata']['name']}-{NAMES.postgres}-0"


@pytest.mark.parametrize("stack", STACKS)
def test_the_database_has_one_password_of_the_name_that_replaces_it(stack: str) -> None:
    assert recorded(stack).named(NAMES.postgres_password).type.startswith("random:")


def test_what_aws_names_begins_with_the_names_that_policies_admit() -> None:
    recording = everything()

    def named(type_: str) -> list[str]:
        return sorted(r.name for r in recording.of_type(type_))

    assert named("aws:rds/instance:Instance") == [NAMES.rds_instance]
    assert named("aws:sns/topic:Topic") == [NAMES.alarm_topic]
    # The provider names what has no name by its logical one.
    for begins, type_, count in (
        (NAMES.postgres, "aws:rds/subnetGroup:SubnetGroup", 1),
        (NAMES.postgres, "aws:rds/parameterGroup:ParameterGroup", 1),
        (NAMES.alarms, "aws:rds/eventSubscription:EventSubscription", 1),
        (NAMES.access_logs, "aws:s3/bucket:Bucket", 1),
        (NAMES.storage, "aws:s3/bucket:Bucket", 1),
        (NAMES.storage, "aws:iam/role:Role", 1),
    ):
        assert len([name for name in named(type_) if name.startswith(f"{begins}-")]) == count, type_


@pytest.mark.parametrize("stack", STACKS)
def test_names_in_the_account_begin_with_project_and_stack(stack: str) -> None:
    alarms = recorded(stack).of_type("aws:cloudwatch/metricAlarm:MetricAlarm")

    assert names.in_account(stack) == f"agent-observability-{stack}"
    assert [
        alarm.name
        for alarm in alarms
        if not alarm.inputs["name"].startswith(f"{names.in_account(stack)}-")
    ] == []
    assert bool(alarms) is (stack == "prod")


def test_entries_are_those_of_langfuse_the_database_and_each_agent_namespace() -> None:
    assert names.entries("prod", ["b", "a"]) == [
        "agent-observability/prod/app",
        "agent-observability/prod/database",
        "agent-observability/prod/agents/b/access",
        "agent-observability/prod/agents/a/access",
    ]
    assert names.entry("dev", "*") == "agent-observability/dev/*"
    assert sorted(names.entries("prod", ["ai-agents"])) == sorted(
        r.inputs["name"] for r in recorded("prod").of_type("aws:secretsmanager/secret:Secret")
    )


def test_the_projects_name_is_that_of_its_file_and_of_its_configuration() -> None:
    assert names.PROJECT == stack_files.project_name() == NAMESPACE == "agent-observability"


def literals(file: Path) -> Iterator[str]:
    """Text in a module's code; documentation is none."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    documentation = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in documentation
        ):
            yield node.value


def test_no_module_writes_a_name_of_the_table_again() -> None:
    written = {*EXACT.values(), NAMES.agents("")} - {NAMES.langfuse}
    pattern = re.compile("|".join(map(re.escape, sorted(written))))
    folders = ("access", "components", "policy", "stacks", "tooling")
    files = [f for folder in folders for f in (stack_files.ROOT / folder).rglob("*.py")]

    again = {
        str(file.relative_to(stack_files.ROOT))
        for file in files
        if any(pattern.search(text) for text in literals(file))
    }
    assert again == set()
