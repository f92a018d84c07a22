"""The settings as a whole: what valid stacks load to, one message for all problems, no secret.

Each single rule has its row in the test_settings_* tables beside this file.
"""

from __future__ import annotations

import contextvars
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import config as runtime_config
from pydantic import SecretStr, ValidationError

from components.kubernetes import quantities
from components.langfuse.versions import DEFAULT
from stacks.settings import ConfigurationError, Problem, Settings, load, read
from stacks.settings.machinery.problems import join, remove_command, set_command, show
from stacks.settings.sections.aws import Aws
from stacks.settings.sections.cache import ElastiCacheCache, StatefulSetCache
from stacks.settings.sections.clickhouse import OperatorClickHouse, StatefulSetClickHouse
from stacks.settings.sections.cluster import Cluster
from stacks.settings.sections.database import ExternalDatabase, RdsDatabase, StatefulSetDatabase
from stacks.settings.sections.object_storage import S3ObjectStorage, StatefulSetObjectStorage
from stacks.settings.sections.resources import Resources
from tests.support.bases import read_settings
from tests.support.configurations import (
    ABSENT,
    EXTERNAL,
    KEY,
    Encrypted,
    endpoint,
    problems,
    settings,
    small,
)

EVERY_PROBLEM = Path(__file__).with_name("every_problem.txt")

PASSWORD = "correct-horse-battery"


def test_the_small_configuration_is_valid_and_takes_every_default() -> None:
    small_settings = settings()

    assert small_settings.stack == "test"
    assert small_settings.cluster == Cluster(context="kind-langfuse")
    assert small_settings.langfuse.version == "2.95.12"
    assert small_settings.langfuse.resources == Resources()
    assert small_settings.database == StatefulSetDatabase(engine="statefulSet")
    assert small_settings.secrets.delivery == "kubernetes"
    assert small_settings.agents.namespaces == ()
    assert small_settings.endpoint is None
    assert small_settings.object_storage is None
    assert small_settings.langsmith is None
    assert small_settings.acknowledge == ()
    assert small_settings.aws == Aws()


def test_the_release_of_a_stack_that_names_none_is_the_newest_that_was_read() -> None:
    services = {
        name: {"engine": "statefulSet"} for name in ("clickhouse", "cache", "objectStorage")
    }

    assert settings({"langfuse": {"version": ABSENT}, **services}).langfuse.version == str(DEFAULT)


def test_the_dev_stack_has_every_service_in_the_cluster_and_room_on_a_laptop() -> None:
    dev = read_settings("dev")

    services = (dev.database, dev.clickhouse, dev.cache, dev.object_storage)
    pods: list[Resources] = [dev.langfuse.resources, dev.langfuse.worker.resources]
    for service in services:
        assert isinstance(
            service,
            StatefulSetDatabase
            | StatefulSetClickHouse
            | StatefulSetCache
            | StatefulSetObjectStorage,
        )
        pods.append(service.resources)
    # As the file and docs/prerequisites.md say: of 8 GiB, with room for a rollout.
    mebibytes = 2**20
    assert sum(quantities.parse(pod.memory) for pod in pods) == 4352 * mebibytes
    assert sum(quantities.parse(pod.memory_limit) for pod in pods) == 8704 * mebibytes
    assert sum(quantities.parse(pod.cpu) for pod in pods) == Decimal("1.2")


def test_the_prod_stack_has_every_service_managed_or_replicated_and_protected() -> None:
    prod = read_settings("prod")

    assert isinstance(prod.database, RdsDatabase)
    assert isinstance(prod.clickhouse, OperatorClickHouse)
    assert isinstance(prod.cache, ElastiCacheCache)
    assert isinstance(prod.object_storage, S3ObjectStorage)
    services = (prod.database, prod.clickhouse, prod.cache, prod.object_storage)
    assert [service.protect for service in services] == [True] * 4
    assert (prod.database.multi_az, prod.database.backup_days, prod.cache.replicas) == (True, 14, 1)
    assert (prod.cluster.protect, prod.secrets.protect, prod.acknowledge) == (True, True, ())


def test_the_dev_stack_of_version_2_loads_to_what_its_file_says() -> None:
    dev = read_settings("version 2 dev")

    assert dev.cluster.context == "kind-langfuse"
    assert dev.cluster.namespace == "observability"
    assert dev.langfuse.admin is not None
    assert dev.langfuse.admin.email == "admin@example.com"
    assert (dev.langfuse.min_replicas, dev.langfuse.max_replicas) == (1, 2)
    assert dev.langfuse.resources.memory_limit == "1536Mi"
    assert isinstance(dev.database, StatefulSetDatabase)
    assert dev.database.storage_gib == 20
    assert dev.agents.namespaces == ("ai-agents",)


def test_the_prod_stack_of_version_2_loads_to_what_its_file_says() -> None:
    prod = read_settings("version 2 prod")

    assert prod.cluster.eks_name == "platform-prod"
    assert prod.cluster.context is None
    assert prod.langfuse.resources.cpu == "1"
    assert isinstance(prod.database, RdsDatabase)
    assert prod.database.max_storage_gib == 500
    assert prod.database.protect is True
    assert prod.secrets.delivery == "secretsManager"
    assert prod.secrets.recovery_days == 14
    assert prod.endpoint is not None
    assert prod.endpoint.inbound_cidrs == ("203.0.113.0/24",)
    assert prod.aws.region == "ap-northeast-2"
    assert prod.aws.allowed_account_ids == ("123456789012",)
    assert prod.aws.default_tags == {
        "tags": {"service": "agent-observability", "environment": "prod"}
    }


def test_an_external_database_and_langsmith_are_read_with_their_secrets() -> None:
    read_back = settings(
        {
            "database": EXTERNAL,
            "langsmith": {"apiKey": Encrypted(KEY), "region": "eu"},
            "agents": {"existingNamespaces": ["ai-agents"]},
        }
    )

    assert isinstance(read_back.database, ExternalDatabase)
    assert read_back.database.password.get_secret_value() == "hunter2"
    assert read_back.langsmith is not None
    assert read_back.langsmith.api_key.get_secret_value() == KEY
    assert read_back.langsmith.region == "eu"


def test_settings_cannot_be_changed() -> None:
    frozen = settings()

    with pytest.raises(ValidationError, match="frozen"):
        frozen.cluster.namespace = "other"
    with pytest.raises(ValidationError, match="frozen"):
        frozen.stack = "other"


@pytest.mark.parametrize("empty", ["", "null", "{}", "[]"])
def test_an_empty_optional_section_counts_as_left_out(empty: str) -> None:
    values, secret_keys = small()
    values["agent-observability:endpoint"] = empty

    assert read("test", values, secret_keys).endpoint is None


def test_a_scalar_of_aws_is_text_whatever_it_looks_like() -> None:
    assert settings({"aws:profile": "12"}).aws.profile == "12"
    assert settings({"aws:profile": "true"}).aws.profile == "true"


def test_keys_of_the_engine_itself_are_left_alone() -> None:
    assert not problems({"pulumi:disable-default-providers": ["aws", "kubernetes"]})


OLD = {"version": "2.77.0", "admin": ABSENT, "signUp": "open"}

AT_THE_EDGE: Mapping[str, Mapping[str, Any]] = {
    "as many replicas at least as at most": {"langfuse": {"minReplicas": 3, "maxReplicas": 3}},
    "the most replicas": {"langfuse": {"maxReplicas": 50}, "database": {"maxConnections": 280}},
    "a release with a known hole, on purpose": {
        "langfuse": {"version": "2.95.0"},
        "acknowledge": ["vulnerableRelease"],
    },
    "pools that take the last connection": {"langfuse": {"maxReplicas": 14}},
    "memory at its limit": {"langfuse": {"resources": {"memory": "2Gi", "memoryLimit": "2048Mi"}}},
    "the oldest release": {"langfuse": {**OLD, "version": "2.75.0"}},
    "the last release without a first user": {"langfuse": OLD},
    "the first release with one": {
        "langfuse": {"version": "2.78.0", "logFormat": "json", "logLevel": "warn"},
        "agents": {"namespaces": ["ai-agents"]},
    },
    "the first release with Keycloak": {
        "langfuse": {
            "version": "2.93.3",
            "sso": {
                "providers": {
                    "keycloak": {
                        "clientId": "langfuse",
                        "clientSecret": Encrypted("hunter2"),
                        "issuer": "https://sso.example.com/realms/team",
                    }
                }
            },
        }
    },
    "deletion at once": {"secrets": {"recoveryDays": 0}},
    "the shortest recovery": {"secrets": {"recoveryDays": 7}},
    "the longest recovery": {"secrets": {"recoveryDays": 30}},
    "a namespace of 63 characters": {"cluster": {"namespace": "n" * 63}},
    "the smallest memory": {"langfuse": {"resources": {"memory": "64Mi"}}},
    "an image pinned by digest": {"database": {"image": f"docker.io/postgres@sha256:{'0' * 64}"}},
    "an image of a registry with a port": {"database": {"image": "registry:5000/postgres:16"}},
    "a network of one address": endpoint(inboundCidrs=["10.0.0.1/32"]),
}


@pytest.mark.parametrize("change", AT_THE_EDGE.values(), ids=AT_THE_EDGE.keys())
def test_what_is_just_right_is_accepted(change: Mapping[str, Any]) -> None:
    assert problems(change) == []


EVERY: Mapping[str, Any] = {
    "cluster": {"context": ABSENT, "kubeContext": "kind-langfuse"},
    "langfuse": {"version": "3.1.0", "minReplicas": "two"},
    "database": {"engine": "external"},
    "secrets": {"recoveryDays": 3},
    "agents": {"namespaces": ["ai_agents"]},
    "langsmith": {"apiKey": "ls__0123456789"},
    "kubernetes:context": "kind-langfuse",
    "aws:regoin": "ap-northeast-2",
}
"""As a change: a mistake of each kind, in each section."""


def test_all_problems_of_all_sections_are_one_message() -> None:
    values, secret_keys = small(EVERY)

    with pytest.raises(ConfigurationError) as caught:
        read("dev", values, secret_keys)

    assert str(caught.value) == EVERY_PROBLEM.read_text(encoding="utf-8")


def test_pulumi_prints_the_message_without_a_traceback() -> None:
    assert issubclass(ConfigurationError, pulumi.RunError)


def test_one_problem_is_counted_in_the_singular() -> None:
    message = str(ConfigurationError("dev", [Problem("a:b", "1", "is wrong", "fix it")]))

    assert message == (
        "The configuration of stack 'dev' has 1 problem; nothing was changed.\n\n"
        "  a:b = 1\n    rule: is wrong\n    fix:  fix it\n\n"
        "The commands change the stack that is selected: `pulumi stack select dev`.\n"
    )


def test_where_no_problem_has_a_command_none_is_spoken_of() -> None:
    problems = [Problem("a:b", "1", "is wrong", ""), Problem("a:c", "2", "is wrong too", "")]

    assert str(ConfigurationError("dev", problems, "access")) == (
        "The configuration of stack 'dev' has 2 problems; nothing was changed.\n\n"
        "  a:b = 1\n    rule: is wrong\n\n"
        "  a:c = 2\n    rule: is wrong too\n"
    )


SECRET_PLACES: Mapping[str, Mapping[str, Any]] = {
    "the API key itself": {"langsmith": {"apiKey": PASSWORD}},
    "the encrypted API key": {"langsmith": {"apiKey": Encrypted(PASSWORD)}},
    "an API key in a list": {"langsmith": {"apiKey": [PASSWORD]}},
    "an API key in an object": {"langsmith": {"apiKey": {"value": PASSWORD}}},
    "the whole section in place of the key": {"langsmith": PASSWORD},
    "the section as a list": {"langsmith": [{"apiKey": PASSWORD}]},
    "an encrypted section in place of the key": {"langsmith": Encrypted(PASSWORD)},
    "a misspelt API key": {"langsmith": {"apiKye": PASSWORD}},
    "a section with a misspelt name": {"langsmiht": {"apiKey": PASSWORD}},
    "a key at the top": {"langsmithApiKye": PASSWORD},
    "a key of a foreign namespace": {"langsmith:apiKey": PASSWORD},
    "an AWS key": {"aws:secretKey": PASSWORD},
    "the database password": {"database": {**EXTERNAL, "password": [PASSWORD]}},
    "a misspelt database password": {"database": {**EXTERNAL, "passwd": PASSWORD}},
    "a password beside an unknown engine": {
        "database": {**EXTERNAL, "engine": "postgres", "password": PASSWORD}
    },
    "a database that is text": {"database": f"postgresql://langfuse:{PASSWORD}@db/langfuse"},
    "a database that is a list": {"database": [{**EXTERNAL, "password": PASSWORD}]},
    "an encrypted engine": {"database": {"engine": Encrypted(PASSWORD)}},
    "a secret environment variable": {"langfuse": {"secretEnvironment": {"SALT": PASSWORD}}},
    "a list of secret variables": {"langfuse": {"secretEnvironment": [PASSWORD]}},
    "secret variables as text": {"langfuse": {"secretEnvironment": f"A={PASSWORD}"}},
    "a secret variable that is a list": {"langfuse": {"secretEnvironment": {"A": [PASSWORD]}}},
    "an encrypted variable among the plain ones": {
        "langfuse": {"environment": {"SALT": Encrypted(PASSWORD)}}
    },
    "an encrypted value where none is expected": {"langfuse": {"version": Encrypted(PASSWORD)}},
    "an encrypted value that a check refuses": {
        "cluster": {"eksName": "platform-prod", "context": Encrypted(PASSWORD)}
    },
}


@pytest.mark.parametrize("change", SECRET_PLACES.values(), ids=SECRET_PLACES.keys())
def test_no_secret_is_shown_wherever_it_was_put(change: Mapping[str, Any]) -> None:
    values, secret_keys = small(change)

    with pytest.raises(ConfigurationError) as caught:
        read("test", values, secret_keys)

    assert PASSWORD not in str(caught.value)
    assert PASSWORD not in repr(caught.value)


def test_a_number_in_a_section_with_a_secret_is_still_shown() -> None:
    change = {"database": {**EXTERNAL, "port": 0, "username": Encrypted("")}}

    assert [(p.key, p.found) for p in problems(change)] == [
        ("agent-observability:database.port", "0"),
        ("agent-observability:database.username", "[secret]"),
    ]


def test_the_representation_of_settings_shows_no_secret() -> None:
    secret = settings(
        {
            "database": {**EXTERNAL, "password": Encrypted(PASSWORD)},
            "langfuse": {"secretEnvironment": {"ADMIN_API_KEY": Encrypted(PASSWORD)}},
            "langsmith": {"apiKey": Encrypted(KEY)},
            "agents": {"namespaces": ["ai-agents"]},
        }
    )

    for text in (repr(secret), str(secret), secret.model_dump_json()):
        assert PASSWORD not in text
        assert KEY not in text
    assert secret.langfuse.secret_environment == {"ADMIN_API_KEY": SecretStr(PASSWORD)}


def test_the_running_stack_is_read_from_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    values, secret_keys = small(
        {"langsmith": {"apiKey": Encrypted(KEY)}, "agents": {"namespaces": ["ai-agents"]}}
    )
    monkeypatch.setattr(pulumi, "get_stack", lambda: "staging")

    def program() -> Settings:
        runtime_config.set_all_config(values, list(secret_keys))
        return load()

    loaded = contextvars.copy_context().run(program)

    assert loaded.stack == "staging"
    assert loaded.langsmith is not None
    assert loaded.langsmith.api_key.get_secret_value() == KEY


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (set_command("aws:region", "eu-west-1"), "pulumi config set aws:region eu-west-1"),
        (set_command("a:b.c", 3), "pulumi config set --path a:b.c 3"),
        (set_command("a:b.c", value=True), "pulumi config set --path a:b.c true"),
        (set_command("a:b.c", "16"), "pulumi config set --path --type string a:b.c 16"),
        (set_command("a:b.c", "true"), "pulumi config set --path --type string a:b.c true"),
        (set_command("a:b.c", "016"), "pulumi config set --path a:b.c 016"),
        (set_command("a:b.c", "-5"), "pulumi config set --path --type string a:b.c -- -5"),
        (set_command("a:b.c", "two words"), "pulumi config set --path a:b.c 'two words'"),
        (set_command("a:b[0]", "x"), "pulumi config set --path 'a:b[0]' x"),
        (set_command("a:b.c", "x", secret=True), "pulumi config set --secret --path a:b.c"),
        (
            set_command("a:secrets.kmsKeyArn", "arn:aws:kms:eu-west-1"),
            "pulumi config set --plaintext --path a:secrets.kmsKeyArn arn:aws:kms:eu-west-1",
        ),
        (remove_command("a:b.c"), "pulumi config rm --path a:b.c"),
        (remove_command("a:b.c", path=False), "pulumi config rm a:b.c"),
        (join("a:b", ["c", 0, "d.e", 'f"g']), 'a:b.c[0]["d.e"]["f\\"g"]'),
    ],
)
def test_commands_are_what_the_pulumi_cli_reads(command: str, expected: str) -> None:
    assert command == expected


def test_a_shown_value_is_one_line_of_at_most_80_characters() -> None:
    assert show("x" * 200) == f'"{"x" * 76}...'
    assert len(show("x" * 200)) == 80
    assert show("a\nb") == '"a\\nb"'
    assert show("\ud800") == '"?"'
    assert show("é") == '"é"'
    assert show(None) == "(nothing)"
