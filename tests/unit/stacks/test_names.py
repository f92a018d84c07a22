"""Names that others refer to: each is what the program registers, and is written once."""

from __future__ import annotations

import ast
import inspect
import re
from collections import defaultdict
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import pytest

from components.project import PROJECT
from stacks import names, stack_files
from stacks.names import NAMES, AccountNames, Names
from tests.support import bases, stacks
from tests.support.bases import BASES
from tests.support.recordings import inputs, recorded
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
    "clickhouse": "langfuse-clickhouse-server",
    "clickhouse_backup": "langfuse-clickhouse-server-backup",
    "clickhouse_password": "langfuse-clickhouse-server-password",
    "seaweedfs": "langfuse-seaweedfs",
    "valkey": "langfuse-valkey",
    "valkey_password": "langfuse-valkey-password",
    "replication_group": "langfuse-valkey-group",
    "gateway": "langfuse-gateway",
    "worker": "langfuse-worker",
    "endpoint": "langfuse-endpoint",
    "access_logs": "langfuse-endpoint-access-logs",
    "storage": "langfuse-storage",
    "external_secrets": "langfuse-external-secrets",
    "dashboards": "langfuse-dashboards",
    "alerts": "langfuse-alerts",
    "alarms": "langfuse-alarms",
}


def everything() -> Recording:
    """A stack with everything that a platform offers."""
    return recorded(
        "version 2 prod",
        endpoint={"accessLogs": {"days": 30}},
        objectStorage={"engine": "s3", "exports": True, "media": True},
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
    dev, prod = recorded(), recorded("version 2 prod")

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


@pytest.mark.parametrize("base", BASES)
def test_the_database_has_one_password_of_the_name_that_replaces_it(base: str) -> None:
    assert recorded(base).named(NAMES.postgres_password).type.startswith("random:")


IN_ACCOUNT: Final = {
    "whole": "agent-observability-prod",
    "boundary": "agent-observability-prod-boundary",
    "role_path": "/agent-observability/prod/",
    "workflow_path": "/agent-observability-workflows/prod/",
    "alarm_prefix": "agent-observability/prod/",
    "database": "langfuse-prod-db",
    "cache": "langfuse-prod-cache",
    "replication_group": "langfuse-prod",
    "storage": "langfuse-prod-data",
    "events": "langfuse-prod-evts",
    "access_logs": "langfuse-prod-logs",
    "alarms": "langfuse-prod-alarms",
}


def test_the_names_in_an_account_are_exactly_these() -> None:
    found = inspect.getmembers(AccountNames, lambda member: isinstance(member, property))

    assert {name: getattr(AccountNames("prod"), name) for name, _ in found} == IN_ACCOUNT


def physical(recording: Recording) -> dict[str, list[str]]:
    """Names, prefixes and paths in AWS, by type."""
    keys = ("name", "namePrefix", "bucketPrefix", "dashboardName", "identifierPrefix", "path")
    found = defaultdict[str, list[str]](list)
    for resource in recording.resources.values():
        if resource.type.startswith("aws:"):
            given = [resource.inputs[key] for key in keys if key in resource.inputs]
            found[resource.type.rpartition(":")[2]] += given
    return {type_: sorted(names) for type_, names in found.items() if names}


def test_what_the_program_makes_in_aws_has_the_names_that_policies_admit() -> None:
    found = physical(everything())

    assert {name.partition("prod/")[0] for name in found.pop("MetricAlarm")} == {
        "agent-observability/"
    }
    assert len(found.pop("Record")) == 2
    assert found == {
        "Bucket": ["langfuse-prod-data-", "langfuse-prod-logs-"],
        "Dashboard": ["agent-observability-prod"],
        "EventSubscription": ["langfuse-prod-alarms-events-"],
        "Instance": ["langfuse-prod-db-"],
        "ParameterGroup": ["langfuse-prod-db-parameters-"],
        "Role": [
            *["/agent-observability/prod/"] * 4,
            "langfuse-agents-ai-agents-secrets-",
            "langfuse-secrets-",
        ],
        "Secret": sorted(names.entries("prod", ["ai-agents"])),
        "SecurityGroup": ["langfuse-prod-db-firewall-"],
        "SubnetGroup": ["langfuse-prod-db-subnets-"],
        "Topic": ["langfuse-prod-alarms-topic-"],
    }
    (instance,) = everything().of_type("aws:rds/instance:Instance")
    assert instance.name == NAMES.rds_instance


def test_what_the_program_makes_in_elasticache_has_the_names_that_policies_admit() -> None:
    found = physical(stacks.recorded("version 4 with ElastiCache"))
    made = stacks.recorded("version 4 with ElastiCache")
    group = inputs(made, NAMES.replication_group)

    assert fnmatchcase(group["replicationGroupId"], "langfuse-prod-????????")
    assert fnmatchcase(group["finalSnapshotIdentifier"], "langfuse-prod-cache-final-????????")
    assert found["ParameterGroup"] == [
        "langfuse-prod-cache-valkey8",
        "langfuse-prod-db-parameters-",
    ]
    assert found["SubnetGroup"] == ["langfuse-prod-cache", "langfuse-prod-db-subnets-"]
    assert found["SecurityGroup"] == ["langfuse-prod-cache-firewall-", "langfuse-prod-db-firewall-"]


def test_the_longest_name_of_a_stack_fits_into_that_of_a_replication_group() -> None:
    longest = AccountNames("a" * names.LONGEST_STACK).replication_group

    assert len(longest) + len("-01234567") == 40


@pytest.mark.parametrize(
    ("stack", "taken"),
    [
        ("prod", True),
        ("prod-eu-1", True),
        ("p", True),
        ("a" * 22, True),
        ("a" * 23, False),
        ("Prod", False),
        ("prod.eu", False),
        ("prod_eu", False),
        ("prod--eu", False),
        ("-prod", False),
        ("prod-", False),
        ("", False),
    ],
)
def test_a_stack_in_aws_has_a_name_that_buckets_and_instances_take(stack: str, taken: bool) -> None:
    problem = names.stack_problem(stack)

    assert (problem is None) is taken
    assert taken or problem == (
        "must be 22 characters at most in AWS, small letters and digits with single hyphens "
        "between them: names of buckets and RDS instances hold it"
    )


@pytest.mark.parametrize(
    ("given", "near"),
    [
        ("Prod", "prod"),
        ("prod.eu_1", "prod-eu-1"),
        ("--prod--eu--", "prod-eu"),
        ("production-of-the-whole-company", "production-of-the-whol"),
        (f"{'a' * 21}-b", "a" * 21),
        ("日", ""),
    ],
)
def test_the_nearest_name_is_one_that_a_stack_may_have(given: str, near: str) -> None:
    assert names.as_stack(given) == near
    assert not near or names.stack_problem(near) is None


LONGEST: Final = {
    "Bucket": (63, 37),
    "EventSubscription": (255, 229),
    "Instance": (63, 37),
    "ParameterGroup": (255, 229),
    "SecurityGroup": (255, 229),
    "SubnetGroup": (255, 229),
    "Topic": (256, 230),
}
"""What AWS takes, and what the provider takes of it for a prefix."""


def test_names_of_the_stack_with_the_longest_name_are_taken_by_aws() -> None:
    stack = "a" * names.LONGEST_STACK
    configuration = bases.read(
        "version 2 prod",
        {
            "agent-observability:endpoint": {"accessLogs": {"days": 30}},
            "agent-observability:objectStorage": {"engine": "s3", "exports": True},
        },
    )
    recording = offline.record_configuration(stack, configuration)

    found = physical(recording)
    for type_, (whole, prefix) in LONGEST.items():
        assert found[type_]
        for name in found[type_]:
            assert name.endswith("-")
            assert len(name) <= prefix, (type_, name)
            assert len(name) + names.UNIQUE <= whole, (type_, name)
    assert max(len(name) for name in found["Bucket"]) == 37
    for name in found["Role"]:
        assert len(name) <= (512 if name.startswith("/") else 38), name
    # IAM's names have 64 characters; autonaming adds a hyphen and seven.
    roles = recording.of_type("aws:iam/role:Role")
    assert [r.name for r in roles if "namePrefix" not in r.inputs and len(r.name) > 56] == []


@pytest.mark.parametrize("pair", [("prod", "prod-eu"), ("a", "a-db"), ("prod", "dev")])
def test_no_pattern_of_a_stack_holds_a_name_of_another(pair: tuple[str, str]) -> None:
    for own, other in (pair, pair[::-1]):
        mine, theirs = AccountNames(own), AccountNames(other)
        for prefix in ("database", "storage", "events", "access_logs", "alarms"):
            made = f"{getattr(theirs, prefix)}-{'0' * names.UNIQUE}"
            assert not fnmatchcase(made, f"{getattr(mine, prefix)}-{'?' * names.UNIQUE}")
        made = f"{theirs.replication_group}-{'0' * 8}"
        assert not fnmatchcase(made, f"{mine.replication_group}-{'?' * 8}")
        for path in ("role_path", "workflow_path", "alarm_prefix"):
            assert not getattr(theirs, path).startswith(getattr(mine, path))


def test_entries_are_those_of_langfuse_the_database_and_each_agent_namespace() -> None:
    assert names.entries("prod", ["b", "a"]) == [
        "agent-observability/prod/app",
        "agent-observability/prod/database",
        "agent-observability/prod/agents/b/access",
        "agent-observability/prod/agents/a/access",
    ]
    assert names.entry("dev", "*") == "agent-observability/dev/*"
    assert sorted(names.entries("prod", ["ai-agents"])) == sorted(
        r.inputs["name"]
        for r in recorded("version 2 prod").of_type("aws:secretsmanager/secret:Secret")
    )


def test_the_projects_name_is_that_of_its_file_and_of_its_configuration() -> None:
    assert stack_files.project_name() == PROJECT == "agent-observability"


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


WORKER_IMAGE: Final = "docker.io/langfuse/langfuse-worker"


def test_no_module_writes_a_name_of_the_table_again() -> None:
    written = {*EXACT.values(), NAMES.agents("")} - {NAMES.langfuse}
    pattern = re.compile("|".join(map(re.escape, sorted(written))))
    folders = ("access", "components", "policy", "stacks", "tooling")
    files = [f for folder in folders for f in (stack_files.ROOT / folder).rglob("*.py")]

    again = {
        str(file.relative_to(stack_files.ROOT))
        for file in files
        # The image of the worker has its name too.
        if any(pattern.search(text.replace(WORKER_IMAGE, "")) for text in literals(file))
    }
    assert again == set()
