"""The section ``clickhouse``: defaults, and every message with its fix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest
from _pytest.mark import ParameterSet

from components.secrets.masking import MASK
from stacks.settings import Problem
from stacks.settings.sections.clickhouse import (
    ExternalClickHouse,
    OperatorClickHouse,
    StatefulSetClickHouse,
)
from tests.support.configurations import (
    VERSION_4_ELSEWHERE,
    Encrypted,
    bad,
    problems,
    settings,
)
from tests.support.configurations import problem as of_stack

SERVER: Final = "docker.io/clickhouse/clickhouse-server"
RELEASE: Final = "26.4.5.143"


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


def found(section: Mapping[str, Any]) -> object:
    """The section as it is read."""
    return settings(stack(section)).clickhouse


def stack(section: Mapping[str, Any]) -> dict[str, Any]:
    """As a change: version 4 with a section for ClickHouse."""
    given = {k: Encrypted(v) if k == "password" else v for k, v in section.items()}
    cache = {"engine": "statefulSet"}
    accepted = {"acknowledge": ["noProtection"]} if section.get("protect") is False else {}
    return {**VERSION_4_ELSEWHERE, "cache": cache, "clickhouse": given, **accepted}


def problem(path: str, shown: str, rule: str, fix: str) -> Problem:
    return of_stack(f"clickhouse.{path}", shown, rule, fix.replace("@", "@clickhouse"))


def wrong(name: str, section: Mapping[str, Any], *expected: Problem) -> ParameterSet:
    return bad(name, stack(section), *expected)


def test_a_single_server_has_defaults_for_a_laptop() -> None:
    section = found(SINGLE)

    assert isinstance(section, StatefulSetClickHouse)
    assert section.model_dump() == {
        "engine": "statefulSet",
        "image": f"{SERVER}:{RELEASE}-alpine",
        "storage_gib": 20,
        "storage_class": None,
        "create_storage_class": False,
        "resources": {"cpu": "250m", "memory": "2Gi", "memory_limit": "3Gi"},
        "backups": None,
        "protect": False,
    }


def test_the_operators_servers_have_defaults_for_production() -> None:
    section = found(OPERATOR)

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
        "backups": None,
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
        {**OPERATOR, "image": f"mirror.example.com/clickhouse-keeper-and-server:{RELEASE}"},
        CLOUD,
        OWN,
        {**OWN, "url": "https://ch.example.com:8443", "username": "langfuse"},
        {**OWN, "url": "https://ch.example.com:443"},
        {**OWN, "url": "http://[fd00::1]:8123"},
        CLUSTER,
    ],
)
def test_a_right_section_has_no_problem(section: Mapping[str, Any]) -> None:
    assert problems(stack(section)) == []


def test_what_is_external_has_a_user_and_no_host_for_migrations() -> None:
    section = found(CLOUD)

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
ALONE: Final = (
    "a second server would hold other data than the first; engine operator has three that hold the "
    "same"
)
THREE: Final = "there are three: with one fewer the loss of another would stop all writes"
SHARDS: Final = "Langfuse works with one shard alone"
OWN_DATABASE: Final = "Langfuse's own migrations are made for the database `default`"
OWN_CLUSTER: Final = "it follows from kind; a cluster has to be named `default`"
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
    return wrong(f"{section['kind']} {given}", {**section, "url": given}, expected)


BAD = [
    wrong(
        "an old server",
        {**SINGLE, "image": f"{SERVER}:25.8-alpine"},
        problem(
            "image",
            f'"{SERVER}:25.8-alpine"',
            OLD,
            f"pulumi config set --path @.image {SERVER}:{RELEASE}-alpine",
        ),
    ),
    wrong(
        "a new server and an old Keeper, from a mirror",
        {
            **OPERATOR,
            "image": "mirror.example.com:5000/ch:26.8.15.10",
            "keeper": {"image": "mirror.example.com/keeper:24.8@sha256:" + 64 * "0"},
        },
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
    ),
    wrong(
        "the images of server and Keeper in each other's place",
        {
            **OPERATOR,
            "image": f"docker.io/clickhouse/clickhouse-keeper:{RELEASE}",
            "keeper": {"image": f"clickhouse/clickhouse-server:{RELEASE}"},
        },
        problem(
            "image",
            f'"docker.io/clickhouse/clickhouse-keeper:{RELEASE}"',
            "is the image clickhouse-keeper, in place of clickhouse-server",
            f"pulumi config set --path @.image docker.io/clickhouse/clickhouse-server:{RELEASE}",
        ),
        problem(
            "keeper.image",
            f'"clickhouse/clickhouse-server:{RELEASE}"',
            "is the image clickhouse-server, in place of clickhouse-keeper",
            f"pulumi config set --path @.keeper.image clickhouse/clickhouse-keeper:{RELEASE}",
        ),
    ),
    wrong(
        "the image of Keeper for servers, by its digest",
        {**OPERATOR, "image": "clickhouse/clickhouse-keeper@sha256:" + 64 * "0"},
        problem(
            "image",
            '"clickhouse/clickhouse-keeper@sha256:' + 40 * "0" + "...",
            "is the image clickhouse-keeper, in place of clickhouse-server",
            "",
        ),
    ),
    wrong(
        "ClickHouse Cloud as a cluster, which needs no replica for migrations",
        {**OWN, "kind": "cluster", "url": "https://abc.aws.clickhouse.cloud:8443"},
        problem(
            "kind",
            MASK,
            "must be cloud: by its name, the host is one of ClickHouse Cloud",
            "pulumi config set --path @.kind cloud",
        ),
    ),
    wrong(
        "EFS",
        {**SINGLE, "storageClass": "efs-sc"},
        problem(
            "storageClass",
            '"efs-sc"',
            NETWORK,
            "",
        ),
    ),
    wrong(
        "NFS",
        {**OPERATOR, "storageClass": "ssd-nfs"},
        problem(
            "storageClass",
            '"ssd-nfs"',
            NETWORK,
            "",
        ),
    ),
    wrong(
        "two classes",
        {**SINGLE, "storageClass": "gp3", "createStorageClass": True},
        problem(
            "storageClass",
            '"gp3"',
            "names a class that exists, and clickhouse.createStorageClass makes another; keep one",
            "",
        ),
    ),
    wrong(
        "little memory",
        {**SINGLE, "resources": {"memory": "1Gi", "memoryLimit": "1536Mi"}},
        problem(
            "resources.memoryLimit",
            '"1536Mi"',
            "must be at least 2Gi: with less, ClickHouse is killed under little load",
            "pulumi config set --path @.resources.memoryLimit 2Gi",
        ),
    ),
    wrong(
        "little memory for a replica",
        {**OPERATOR, "resources": {"memory": "2Gi", "memoryLimit": "3Gi"}},
        problem(
            "resources.memoryLimit",
            '"3Gi"',
            "must be at least 4Gi: with less, ClickHouse is killed under little load",
            "pulumi config set --path @.resources.memoryLimit 4Gi",
        ),
    ),
    wrong(
        "a request above the limit",
        {**SINGLE, "resources": {"memory": "4Gi"}},
        problem(
            "resources.memory",
            '"4Gi"',
            "must not be above the limit, clickhouse.resources.memoryLimit, which is 3Gi",
            "pulumi config set --path @.resources.memoryLimit 4Gi",
        ),
    ),
    wrong(
        "a Keeper's request above the limit",
        {**OPERATOR, "keeper": {"resources": {"memory": "2Gi"}}},
        problem(
            "keeper.resources.memory",
            '"2Gi"',
            "must not be above the limit, clickhouse.keeper.resources.memoryLimit, which is 1Gi",
            "pulumi config set --path @.keeper.resources.memoryLimit 2Gi",
        ),
    ),
    wrong(
        "protection without a backup",
        {**SINGLE, "protect": True},
        problem(
            "protect",
            "true",
            "must be false: this server has no replica and no backup; a protected one "
            "needs engine operator",
            "",
        ),
    ),
    *(
        wrong(
            f"{key} of engine {section['engine']}",
            {**section, key: value},
            problem(key, shown, f"is not offered: {reason}", ""),
        )
        for section, key, value, shown, reason in (
            (SINGLE, "replicas", 2, "2", ALONE),
            (SINGLE, "shards", 2, "2", SHARDS),
            (SINGLE, "database", "langfuse", '"langfuse"', "it follows from the engine"),
            (OPERATOR, "replicas", 1, "1", THREE),
            (OPERATOR, "shards", 2, "2", SHARDS),
            (OPERATOR, "username", "langfuse", '"langfuse"', "it follows from the engine"),
            (CLOUD, "database", "langfuse", MASK, OWN_DATABASE),
            (CLUSTER, "cluster", "main", MASK, OWN_CLUSTER),
        )
    ),
    wrong(
        "a host of ClickHouse Cloud that is called a server",
        {**CLOUD, "kind": "server"},
        problem(
            "kind",
            MASK,
            "must be cloud: by its name, the host is one of ClickHouse Cloud",
            "pulumi config set --path @.kind cloud",
        ),
    ),
    *(
        wrong(
            f"a server at {host}",
            {**OWN, "url": f"http://{host}:8123"},
            problem("url", MASK, "leads to Langfuse's own pod", ""),
        )
        for host in ("localhost", "127.0.0.1", "[::1]")
    ),
    wrong(
        "a release that gives wrong results",
        {**SINGLE, "image": f"{SERVER}:26.5.1.700-alpine"},
        problem(
            "image",
            f'"{SERVER}:26.5.1.700-alpine"',
            "crashes or gives wrong results on Langfuse's joins before 26.5.6.70",
            f"pulumi config set --path @.image {SERVER}:{RELEASE}-alpine",
        ),
    ),
    wrong(
        "an image whose tag tells no release",
        {**OPERATOR, "image": f"{SERVER}:head"},
        problem(
            "image",
            f'"{SERVER}:head"',
            "must say which release it is: a tag that begins with a version, or a digest",
            f"pulumi config set --path @.image {SERVER}:{RELEASE}",
        ),
    ),
    bad(
        "servers without protection",
        {**stack({**OPERATOR, "protect": False}), "acknowledge": []},
        problem(
            "protect",
            "false",
            "lets one `pulumi up` or `destroy` delete the servers that hold all traces, and "
            "with the namespace their volumes; 'noProtection' in acknowledge accepts that",
            "pulumi config set --path @.protect true",
        ),
    ),
    bad(
        "a risk that protected servers do not take",
        {**stack(OPERATOR), "acknowledge": ["noProtection"]},
        of_stack(
            "acknowledge[0]",
            '"noProtection"',
            "is a risk that this stack does not take; left here, it would hide a mistake",
            "pulumi config rm --path '@acknowledge[0]'",
        ),
    ),
    wrong(
        "nothing of what is external",
        {"engine": "external"},
        problem("kind", "(nothing)", "is required", "pulumi config set --path @.kind KIND"),
        problem(
            "url",
            "(nothing)",
            "is required",
            "pulumi config set --path @.url URL",
        ),
        problem("password", "(nothing)", "is required", PASSWORD),
    ),
    wrong(
        "a password that ends a value",
        {**CLOUD, "password": "a&b"},
        problem("password", MASK, CHARACTERS, PASSWORD),
    ),
    wrong(
        "no password",
        {**CLOUD, "password": ""},
        problem("password", MASK, CHARACTERS, PASSWORD),
    ),
    wrong(
        "a user with a space",
        {**OWN, "username": "a b"},
        problem(
            "username",
            MASK,
            CHARACTERS,
            "",
        ),
    ),
    url(CLOUD, "http://abc.clickhouse.cloud:8443", OF_CLOUD, "https://abc.clickhouse.cloud:8443"),
    url(CLOUD, "http://abc.clickhouse.cloud:8123", OF_CLOUD, "https://abc.clickhouse.cloud:8443"),
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
        "http://ch.example.com:8123",
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
        "http://ch.example.com:8123",
    ),
    url(
        OWN,
        "http://ch.example.com:9440",
        "must not have the port of the native protocol: queries go over HTTP",
        "https://ch.example.com:8443",
    ),
    wrong(
        "a cluster without a replica for migrations",
        {**OWN, "kind": "cluster"},
        problem(
            "migrationHost",
            "(nothing)",
            "is required with kind cluster: the host name of one replica. A migration that "
            "is spread over replicas reads old records of what it did, and stops",
            "pulumi config set --path @.migrationHost MIGRATION_HOST",
        ),
    ),
    wrong(
        "a replica of a single server",
        {**CLUSTER, "kind": "server"},
        problem(
            "migrationHost",
            MASK,
            "is for kind cluster; with kind server, migrations take the host of the URL",
            "",
        ),
    ),
]


@pytest.mark.parametrize(("change", "expected"), BAD)
def test_a_wrong_section_has_these_problems(
    change: Mapping[str, Any], expected: list[Problem]
) -> None:
    assert problems(change) == expected


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
    rules = [p.rule for p in problems(stack({**SINGLE, "storageClass": name}))]

    assert rules == ([NETWORK] if refused else [])
