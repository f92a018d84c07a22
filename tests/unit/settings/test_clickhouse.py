"""The section ``clickhouse``: defaults, and every message with its fix."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import pytest
from _pytest.mark import ParameterSet

from components.project import PROJECT
from components.secrets.masking import MASK
from stacks.settings.machinery import reader
from stacks.settings.machinery.problems import Problem
from stacks.settings.machinery.section import Section
from stacks.settings.rules.clickhouse import CHECKS
from stacks.settings.sections.clickhouse import (
    ClickHouse,
    ExternalClickHouse,
    OperatorClickHouse,
    StatefulSetClickHouse,
)

KEY: Final = f"{PROJECT}:clickhouse"
SERVER: Final = "docker.io/clickhouse/clickhouse-server"
RELEASE: Final = "26.4.5.143"


class Stack(Section):
    """A stack with nothing else."""

    clickhouse: ClickHouse | None = None
    """The section."""


READER: Final = reader.Reader(Stack, {"clickhouse": KEY}, checks=CHECKS)

SINGLE: Final = {"engine": "statefulSet"}
OPERATOR: Final = {"engine": "operator"}
CLOUD: Final = {
    "engine": "external",
    "kind": "cloud",
    "url": "https://abc.eu-central-1.aws.clickhouse.cloud:8443",
    "password": "Aa0-._~!",
}
OWN: Final = {**CLOUD, "kind": "server", "url": "http://ch.example.com:8123"}
CLUSTER: Final = {**OWN, "kind": "cluster", "migrationHost": "ch-0.example.com"}


def found(section: Mapping[str, Any]) -> reader.Found:
    """The section as the engine passes it: a password makes all of it secret."""
    secret = {KEY} if "password" in section else set[str]()
    return READER.read(reader.Configuration({KEY: json.dumps(section)}, secret))


def problems(section: Mapping[str, Any]) -> list[Problem]:
    return list(found(section).problems)


def problem(path: str, shown: str, rule: str, fix: str) -> Problem:
    return Problem(f"{KEY}.{path}", shown, rule, fix and fix.replace("@", KEY))


def test_a_single_server_has_defaults_for_a_laptop() -> None:
    read = found(SINGLE)

    assert list(read.problems) == []
    section = read.sections["clickhouse"]
    assert isinstance(section, StatefulSetClickHouse)
    assert section.model_dump() == {
        "engine": "statefulSet",
        "image": f"{SERVER}:{RELEASE}-alpine",
        "storage_gib": 20,
        "storage_class": None,
        "create_storage_class": False,
        "resources": {"cpu": "250m", "memory": "2Gi", "memory_limit": "3Gi"},
        "protect": False,
    }


def test_the_operators_servers_have_defaults_for_production() -> None:
    read = found(OPERATOR)

    assert list(read.problems) == []
    section = read.sections["clickhouse"]
    assert isinstance(section, OperatorClickHouse)
    assert section.model_dump() == {
        "engine": "operator",
        "image": f"{SERVER}:{RELEASE}",
        "storage_gib": 100,
        "storage_class": None,
        "create_storage_class": False,
        "resources": {"cpu": "2", "memory": "8Gi", "memory_limit": "8Gi"},
        "keeper": {
            "image": f"docker.io/clickhouse/clickhouse-keeper:{RELEASE}",
            "storage_gib": 10,
            "resources": {"cpu": "250m", "memory": "512Mi", "memory_limit": "1Gi"},
        },
        "protect": True,
        "operator_namespace": "clickhouse-operator-system",
    }


@pytest.mark.parametrize(
    "section",
    [
        SINGLE,
        {**SINGLE, "image": f"{SERVER}:25.12-alpine", "storageClass": "gp3"},
        {**SINGLE, "resources": {"memory": "2Gi", "memoryLimit": "2Gi"}},
        {**SINGLE, "storageClass": "confsync"},
        OPERATOR,
        {**OPERATOR, "resources": {"memory": "4Gi", "memoryLimit": "4Gi"}, "protect": False},
        CLOUD,
        OWN,
        {**OWN, "url": "https://ch.example.com:8443", "username": "langfuse"},
        {**OWN, "url": "https://ch.example.com:443"},
        {**OWN, "url": "http://[fd00::1]:8123"},
        CLUSTER,
    ],
)
def test_a_right_section_has_no_problem(section: Mapping[str, Any]) -> None:
    assert problems(section) == []


def test_what_is_external_has_a_user_and_no_host_for_migrations() -> None:
    section = found(CLOUD).sections["clickhouse"]

    assert isinstance(section, ExternalClickHouse)
    assert (section.username, section.migration_host) == ("default", None)
    assert "Aa0" not in repr(section)


OLD: Final = "is older than 25.12, the oldest release that Langfuse 4 runs on"
NEW: Final = (
    "is, or moves to, 26.8 or newer: it reads the times that Langfuse sends as others, and loses "
    "events"
)
NETWORK: Final = (
    "is by its name a network file system, on which ClickHouse's migrations break; it needs block "
    "storage, such as EBS"
)
CHARACTERS: Final = (
    "must consist of printable ASCII characters except '#', '%', '&', '+' and ';': Langfuse's "
    "migrations put it into a URL without encoding it"
)
OF_CLOUD: Final = "must begin with https:// and have port 8443, as ClickHouse Cloud has it"
PASSWORD: Final = "pulumi config set --secret --path @.password"


def url(
    section: Mapping[str, Any], given: str, rule: str, fitting: str | None = None
) -> ParameterSet:
    """A row of the table: a URL, and the command that sets the right one.

    One that repeats the whole of what was given asks for it: it may have been decrypted.
    """
    fix = f"pulumi config set --path @.url {fitting}"
    if fitting is None:
        fix = "pulumi config set --secret --path @.url"
    expected = problem("url", MASK, rule, fix)
    return pytest.param({**section, "url": given}, [expected], id=f"{section['kind']} {given}")


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        pytest.param(
            {**SINGLE, "image": f"{SERVER}:25.8-alpine"},
            [
                problem(
                    "image",
                    f'"{SERVER}:25.8-alpine"',
                    OLD,
                    f"pulumi config set --path @.image {SERVER}:{RELEASE}-alpine",
                )
            ],
            id="an old server",
        ),
        pytest.param(
            {
                **OPERATOR,
                "image": "mirror.example.com:5000/ch:26.8.15.10",
                "keeper": {"image": "mirror.example.com/keeper:24.8@sha256:" + 64 * "0"},
            },
            [
                problem(
                    "image",
                    '"mirror.example.com:5000/ch:26.8.15.10"',
                    NEW,
                    f"pulumi config set --path @.image mirror.example.com:5000/ch:{RELEASE}",
                ),
                problem(
                    "keeper.image",
                    '"mirror.example.com/keeper:24.8@sha256:' + 38 * "0" + "...",
                    OLD,
                    f"pulumi config set --path @.keeper.image mirror.example.com/keeper:{RELEASE}",
                ),
            ],
            id="a new server and an old Keeper, from a mirror",
        ),
        pytest.param(
            {**SINGLE, "storageClass": "efs-sc"},
            [
                problem(
                    "storageClass",
                    '"efs-sc"',
                    NETWORK,
                    "",
                )
            ],
            id="EFS",
        ),
        pytest.param(
            {**OPERATOR, "storageClass": "ssd-nfs"},
            [
                problem(
                    "storageClass",
                    '"ssd-nfs"',
                    NETWORK,
                    "",
                )
            ],
            id="NFS",
        ),
        pytest.param(
            {**SINGLE, "storageClass": "gp3", "createStorageClass": True},
            [
                problem(
                    "storageClass",
                    '"gp3"',
                    "names a class that exists, and clickhouse.createStorageClass makes another; "
                    "keep one",
                    "",
                )
            ],
            id="two classes",
        ),
        pytest.param(
            {**SINGLE, "resources": {"memory": "1Gi", "memoryLimit": "1536Mi"}},
            [
                problem(
                    "resources.memoryLimit",
                    '"1536Mi"',
                    "must be at least 2Gi: with less, ClickHouse is killed under little load",
                    "pulumi config set --path @.resources.memoryLimit 2Gi",
                )
            ],
            id="little memory",
        ),
        pytest.param(
            {**OPERATOR, "resources": {"memory": "2Gi", "memoryLimit": "3Gi"}},
            [
                problem(
                    "resources.memoryLimit",
                    '"3Gi"',
                    "must be at least 4Gi: with less, ClickHouse is killed under little load",
                    "pulumi config set --path @.resources.memoryLimit 4Gi",
                )
            ],
            id="little memory for a replica",
        ),
        pytest.param(
            {**SINGLE, "resources": {"memory": "4Gi"}},
            [
                problem(
                    "resources.memory",
                    '"4Gi"',
                    "must not be above the limit, clickhouse.resources.memoryLimit, which is 3Gi",
                    "pulumi config set --path @.resources.memoryLimit 4Gi",
                )
            ],
            id="a request above the limit",
        ),
        pytest.param(
            {**OPERATOR, "keeper": {"resources": {"memory": "2Gi"}}},
            [
                problem(
                    "keeper.resources.memory",
                    '"2Gi"',
                    "must not be above the limit, clickhouse.keeper.resources.memoryLimit, which "
                    "is 1Gi",
                    "pulumi config set --path @.keeper.resources.memoryLimit 2Gi",
                )
            ],
            id="a Keeper's request above the limit",
        ),
        pytest.param(
            {**SINGLE, "protect": True},
            [
                problem(
                    "protect",
                    "true",
                    "must be false: this server has no replica and no backup; a protected one "
                    "needs engine operator",
                    "",
                )
            ],
            id="protection without a backup",
        ),
        pytest.param(
            {**SINGLE, "replicas": 2},
            [
                problem(
                    "replicas",
                    "2",
                    "unknown key; known here: createStorageClass, engine, image, protect, "
                    "resources, storageClass, storageGiB",
                    "",
                )
            ],
            id="replicas are no setting",
        ),
        pytest.param(
            {**CLOUD, "database": "langfuse"},
            [
                problem(
                    "database",
                    MASK,
                    "unknown key; known here: engine, kind, migrationHost, password, url, username",
                    "",
                )
            ],
            id="the database is no setting",
        ),
        pytest.param(
            {"engine": "external"},
            [
                problem("kind", "(nothing)", "is required", "pulumi config set --path @.kind KIND"),
                problem(
                    "url",
                    "(nothing)",
                    "is required",
                    "pulumi config set --path @.url URL",
                ),
                problem("password", "(nothing)", "is required", PASSWORD),
            ],
            id="nothing of what is external",
        ),
        pytest.param(
            {**CLOUD, "password": "a&b"},
            [problem("password", MASK, CHARACTERS, PASSWORD)],
            id="a password that ends a value",
        ),
        pytest.param(
            {**CLOUD, "password": ""},
            [problem("password", MASK, CHARACTERS, PASSWORD)],
            id="no password",
        ),
        pytest.param(
            {**OWN, "username": "a b"},
            [
                problem(
                    "username",
                    MASK,
                    CHARACTERS,
                    "",
                )
            ],
            id="a user with a space",
        ),
        url(
            CLOUD, "http://abc.clickhouse.cloud:8443", OF_CLOUD, "https://abc.clickhouse.cloud:8443"
        ),
        url(
            CLOUD, "http://abc.clickhouse.cloud:8123", OF_CLOUD, "https://abc.clickhouse.cloud:8443"
        ),
        url(CLOUD, "https://abc.clickhouse.cloud", OF_CLOUD, "https://abc.clickhouse.cloud:8443"),
        url(
            CLOUD,
            "https://abc.clickhouse.cloud:9440",
            OF_CLOUD,
            "https://abc.clickhouse.cloud:8443",
        ),
        url(
            CLOUD,
            "https://abc.clickhouse.cloud:8443/play",
            "must have no path",
            "https://abc.clickhouse.cloud:8443",
        ),
        url(
            OWN,
            "http://ch.example.com",
            "must have a port, such as 8123: without one it would be that of web servers",
        ),
        url(
            CLUSTER,
            "https://[fd00::1]",
            "must have a port, such as 8443: without one it would be that of web servers",
        ),
        url(
            OWN,
            "http://ch.example.com:9000",
            "must not have the port of the native protocol: queries go over HTTP",
        ),
        url(
            OWN,
            "http://ch.example.com:9440",
            "must not have the port of the native protocol: queries go over HTTP",
            "https://ch.example.com:8443",
        ),
        pytest.param(
            {**OWN, "kind": "cluster"},
            [
                problem(
                    "migrationHost",
                    "(nothing)",
                    "is required with kind cluster: the host name of one replica. A migration that "
                    "is spread over replicas reads old records of what it did, and stops",
                    "pulumi config set --path @.migrationHost MIGRATION_HOST",
                )
            ],
            id="a cluster without a replica for migrations",
        ),
        pytest.param(
            {**CLUSTER, "kind": "server"},
            [
                problem(
                    "migrationHost",
                    MASK,
                    "is for kind cluster; with kind server, migrations take the host of the URL",
                    "pulumi config rm --path @.migrationHost",
                )
            ],
            id="a replica of a single server",
        ),
    ],
)
def test_a_wrong_section_has_these_problems(
    section: Mapping[str, Any], expected: list[Problem]
) -> None:
    assert problems(section) == expected


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("efs", True),
        ("aws-efs-sc", True),
        ("nfs-client", True),
        ("azurefile-premium", True),
        ("filestore-rwx", True),
        ("smb", True),
        ("gp3", False),
        ("ebs-sc", False),
        ("prefsync", False),
        ("longhorn", False),
    ],
)
def test_a_class_is_refused_by_the_word_in_its_name(name: str, refused: bool) -> None:
    rules = [p.rule for p in problems({**SINGLE, "storageClass": name})]

    assert rules == ([NETWORK] if refused else [])
