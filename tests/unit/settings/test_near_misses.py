"""Values that are nearly right, for each field type: repaired to what was meant, or left alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import pytest

from stacks.settings.machinery.secrecy import decoded
from tests.support.config_commands import fixed
from tests.support.configurations import (
    ABSENT,
    EXTERNAL,
    KEY,
    NAMESPACE,
    ON_EKS,
    Encrypted,
    endpoint,
    problems,
    rds,
    small,
)

Misspelling: TypeAlias = Callable[[str], str]
Change: TypeAlias = Callable[[Any], Mapping[str, Any]]
"""Of the small configuration, for a value of one field."""


def same(text: str) -> str:
    return text


def upper(text: str) -> str:
    return text.upper()


def title(text: str) -> str:
    return text.title()


def spaced(text: str) -> str:
    return f"  {text}\n"


def quoted(text: str) -> str:
    return f"'{text}'"


def with_prefix(prefix: str) -> Misspelling:
    return lambda text: prefix + text


def with_suffix(suffix: str) -> Misspelling:
    return lambda text: text + suffix


def instead(old: str, new: str) -> Misspelling:
    return lambda text: text.replace(old, new)


@dataclass(frozen=True)
class Field:
    """A field, where it is, valid values, and how people write them wrongly."""

    path: str
    change: Change
    valid: tuple[Any, ...]
    misspellings: tuple[Misspelling, ...]
    """Of the valid value as text. Every one ends in the value itself."""


def in_section(section: str, key: str, base: Mapping[str, Any] | None = None) -> Change:
    return lambda value: {
        **(base or {}),
        section: {**((base or {}).get(section) or {}), key: value},
    }


def resources(key: str) -> Change:
    return lambda value: {"langfuse": {"resources": {key: value}}}


def of_rds(key: str, **more: Any) -> Change:  # noqa: ANN401
    return lambda value: rds(**more, **{key: value})


def of_endpoint(key: str, **more: Any) -> Change:  # noqa: ANN401
    return lambda value: endpoint(**{**more, key: value})


def of_langsmith(key: str) -> Change:
    return lambda value: {
        "langsmith": {"apiKey": Encrypted(KEY), key: value},
        "agents": {"namespaces": ["ai"]},
    }


AROUND: Final = (spaced, quoted)
UUID: Final = "1234abcd-12ab-34cd-56ef-1234567890ab"
SUBNETS: Final = ("subnet-0123456789abcdef0", "subnet-0123456789abcdef1")
REFERENCE: Final = "docker.io/library/postgres:16.15-alpine"

FIELDS: Final = (
    Field(
        "aws:region",
        lambda value: {**ON_EKS, "aws:region": value},
        ("ap-northeast-2", "us-east-1", "us-gov-west-1"),
        (upper, title, with_suffix("a"), instead("-", "_"), instead("-", " "), *AROUND),
    ),
    Field(
        "aws:region",
        lambda value: {**ON_EKS, "aws:region": value},
        ("ap-northeast-2", "eu-west-1"),
        (lambda text: text[:-2] + text[-1], lambda text: text[:-2] + text[-1] + "b"),
    ),
    Field(
        "aws:allowedAccountIds[0]",
        lambda value: {"aws:allowedAccountIds": [value]},
        ("123456789012",),
        (lambda text: f"{text[:4]}-{text[4:8]}-{text[8:]}", *AROUND),
    ),
    Field(
        "cluster.namespace",
        in_section("cluster", "namespace"),
        ("ai-agents", "a-b-c", "observability"),
        (
            upper,
            title,
            instead("-", "_"),
            instead("-", "."),
            instead("-", " "),
            with_prefix("namespace/"),
            with_prefix("ns/"),
            *AROUND,
        ),
    ),
    Field(
        "cluster.imagePullSecrets[0]",
        lambda value: {"cluster": {"imagePullSecrets": [value]}},
        ("registry-login", "registry.login"),
        (upper, instead("-", "_"), with_prefix("secret/"), with_prefix("secrets/"), *AROUND),
    ),
    Field(
        "database.storageClass",
        in_section("database", "storageClass"),
        ("gp3", "fast.ssd-1"),
        (upper, with_prefix("storageclass/"), with_prefix("sc/"), *AROUND),
    ),
    Field(
        "langfuse.version",
        in_section("langfuse", "version"),
        ("2.91.0", "2.95.12"),
        (
            with_prefix("v"),
            with_prefix("V"),
            with_prefix("langfuse/langfuse:"),
            *AROUND,
        ),
    ),
    Field(
        "langfuse.minReplicas",
        in_section("langfuse", "minReplicas"),
        (1, 3, 4),
        (same, with_suffix(".0"), *AROUND),
    ),
    Field(
        "langfuse.targetCpuPercent",
        in_section("langfuse", "targetCpuPercent"),
        (10, 75),
        (same, with_suffix("%"), with_suffix(" percent"), *AROUND),
    ),
    Field(
        "langfuse.telemetry",
        in_section("langfuse", "telemetry"),
        (True,),
        (same, upper, title, instead("True", "yes"), instead("True", "on"), *AROUND),
    ),
    Field(
        "cluster.createNamespace",
        in_section("cluster", "createNamespace"),
        (False,),
        (same, upper, title, instead("False", "no"), instead("False", "Off"), *AROUND),
    ),
    Field(
        "langfuse.signUp",
        in_section("langfuse", "signUp"),
        ("open", "disabled"),
        (upper, title, *AROUND),
    ),
    Field(
        "langfuse.logLevel",
        in_section("langfuse", "logLevel"),
        ("trace", "debug", "info", "warn", "error", "fatal"),
        (upper, title, *AROUND, lambda text: text[:3]),
    ),
    Field(
        "langsmith.region",
        of_langsmith("region"),
        ("us", "eu", "apac", "aws-us"),
        (upper, title, instead("-", "_"), instead("-", " "), instead("-", "")),
    ),
    Field(
        "langsmith.workspaceId",
        of_langsmith("workspaceId"),
        (UUID,),
        (
            instead("-", ""),
            lambda text: f"{{{text}}}",
            with_prefix("urn:uuid:"),
        ),
    ),
    Field(
        "langfuse.resources.cpu",
        resources("cpu"),
        ("500m", "1500m"),
        (
            upper,
            lambda text: f"{text[:-1]} m",
            lambda text: f"{text[:-1]} millicores",
            lambda text: f"{text[:-1]}mCPU",
            *AROUND,
        ),
    ),
    Field(
        "langfuse.resources.cpu",
        resources("cpu"),
        ("2", "0.5"),
        (with_suffix(" cores"), with_suffix("vCPU"), with_suffix(" CPUs"), *AROUND),
    ),
    Field(
        "langfuse.resources.memory",
        resources("memory"),
        ("512Mi", "1Gi", "1.5Gi"),
        (
            upper,
            lambda text: text.lower(),
            with_suffix("B"),
            lambda text: f"{text[:-2]} {text[-2:]}",
            lambda text: f"{text[:-2]} {text[-2:]}B",
            lambda text: text[:-1].lower(),
            *AROUND,
        ),
    ),
    Field(
        "langfuse.resources.memory",
        resources("memory"),
        ("512M", "1G"),
        (with_suffix("B"), lambda text: f"{text[:-1]} {text[-1]}B", *AROUND),
    ),
    Field(
        "langfuse.admin.email",
        lambda value: {"langfuse": {"admin": {"email": value}}},
        ("Jo.Doe+x@ops.example.com", "o'neil@example.com"),
        (
            with_prefix("mailto:"),
            lambda text: f"Jo Doe <{text}>",
            instead("example.com", "Example.COM"),
            spaced,
        ),
    ),
    Field(
        "langfuse.publicUrl",
        in_section("langfuse", "publicUrl"),
        ("https://langfuse.example.com", "http://localhost:3000"),
        (with_suffix("/"), with_suffix("//"), *AROUND),
    ),
    Field(
        "monitoring.runbooks",
        lambda value: {"monitoring": {"dashboards": {}, "runbooks": value}},
        ("https://git.example.com/docs",),
        (with_suffix("/"), with_suffix("/troubleshooting.md"), *AROUND),
    ),
    Field(
        "langfuse.repository",
        in_section("langfuse", "repository"),
        ("docker.io/langfuse/langfuse", "mirror:5000/langfuse/langfuse"),
        (upper, with_prefix("https://"), with_prefix("docker://"), with_suffix("/"), *AROUND),
    ),
    Field(
        "langfuse.digest",
        in_section("langfuse", "digest"),
        ("sha256:" + 32 * "0a",),
        (upper, instead("sha256:", ""), with_prefix("langfuse/langfuse@"), *AROUND),
    ),
    Field(
        "database.image",
        in_section("database", "image"),
        (REFERENCE, f"docker.io/library/postgres@sha256:{64 * '0'}"),
        (
            instead("docker.io/library/", ""),
            with_prefix("https://"),
            with_prefix("docker://"),
            instead("docker.io", "Docker.IO"),
            *AROUND,
        ),
    ),
    Field(
        "database.instanceClass",
        of_rds("instanceClass"),
        ("db.m6g.large", "db.t4g.medium"),
        (upper, title, instead("db.", ""), instead(".", "-"), instead(".", "_"), *AROUND),
    ),
    Field(
        "database.version",
        of_rds("version"),
        ("14", "15", "17"),
        (
            with_suffix(".4"),
            with_suffix(".10"),
            with_prefix("v"),
            with_prefix("postgres"),
            with_prefix("PostgreSQL "),
            *AROUND,
        ),
    ),
    Field(
        "database.storageGiB",
        of_rds("storageGiB"),
        (500, 2048),
        (
            same,
            with_suffix("Gi"),
            with_suffix("GiB"),
            with_suffix(" GB"),
            with_suffix("G"),
            lambda text: f"{int(text) * 1024}Mi",
            lambda text: f"{int(text) / 1024:g}Ti" if int(text) % 1024 == 0 else text,
            lambda text: f"{int(text):,}",
            *AROUND,
        ),
    ),
    Field(
        "database.backupDays",
        of_rds("backupDays"),
        (14, 35),
        (
            same,
            with_suffix("d"),
            with_suffix(" days"),
            lambda text: f"{int(text) // 7} weeks",
            *AROUND,
        ),
    ),
    Field(
        "database.monitoringSeconds",
        of_rds("monitoringSeconds"),
        (60, 15),
        (
            same,
            with_suffix("s"),
            with_suffix(" seconds"),
            lambda text: "1 minute" if text == "60" else text,
        ),
    ),
    Field(
        "database.throughputMiBps",
        of_rds("throughputMiBps", storageGiB=500),
        (500, 1000),
        (same, with_suffix("MiB/s"), with_suffix(" MB/s"), with_suffix(" MiBps"), *AROUND),
    ),
    Field(
        "database.iops",
        of_rds("iops", storageGiB=500),
        (12000, 64000),
        (same, with_suffix(" IOPS"), lambda text: f"{int(text):,}", lambda text: f"{int(text):_}"),
    ),
    Field(
        "database.backupWindow",
        of_rds("backupWindow"),
        ("03:00-04:00", "09:05-10:05"),
        (
            lambda text: "-".join(end.removeprefix("0") for end in text.split("-")),
            instead("-", " - "),
            instead("-", "\N{EN DASH}"),
            instead("-", " to "),
            instead(":", "."),
            instead(":", ""),
            lambda text: "-".join(f"{end}Z" for end in text.split("-")),
            with_suffix(" UTC"),
            lambda text: "-".join(f"{end.removeprefix('0')}am" for end in text.split("-")),
            *AROUND,
        ),
    ),
    Field(
        "database.backupWindow",
        of_rds("backupWindow"),
        ("13:00-14:00",),
        (lambda _: "1pm-2pm", lambda _: "1:00 PM - 2:00 PM", lambda _: "13h00-14h00"),
    ),
    Field(
        "database.maintenanceWindow",
        of_rds("maintenanceWindow"),
        ("sun:03:00-sun:04:00", "wed:09:05-wed:10:05"),
        (
            upper,
            title,
            instead("-", " - "),
            lambda text: text.replace("sun", "Sunday").replace("wed", "Wednesday"),
            *AROUND,
        ),
    ),
    Field(
        "database.maintenanceWindow",
        of_rds("maintenanceWindow"),
        ("sun:03:00-sun:04:00",),
        (
            lambda _: "sun:3:00-sun:4:00",
            lambda _: "Sunday 03:00 - Sunday 04:00",
            lambda _: "sun:03:00-04:00",
            lambda _: "Sun, 3am to Sun, 4am",
        ),
    ),
    Field(
        "database.restoreFrom.time",
        lambda value: rds(restoreFrom={"instance": "a", "time": value}),
        ("2026-11-01T00:30:00Z",),
        (
            lambda _: "2026-11-01T09:30:00+09:00",
            lambda _: "2026-10-31T20:30:00-04:00",
            lambda _: "2026-11-01 00:30:00+00:00",
            lambda _: "2026-11-01 00:30:00 UTC",
            lambda _: "2026-11-01T00:30Z",
            lambda _: "2026-11-01T00:30:00.000Z",
            lambda _: "2026-11-01 00:30:00Z",
            *AROUND,
        ),
    ),
    Field(
        "endpoint.host",
        of_endpoint("host"),
        ("langfuse.example.com",),
        (
            upper,
            title,
            with_prefix("https://"),
            with_suffix("."),
            lambda text: f"https://{text}/",
            lambda text: f"HTTPS://{text}:443",
            lambda text: f"http://{text}:80/",
            *AROUND,
        ),
    ),
    Field(
        "database.host",
        lambda value: {"database": {"engine": "external", "host": value, "password": ABSENT}},
        ("db.example.com",),
        (upper, with_prefix("postgres://"), lambda text: f"postgresql://{text}:5432/"),
    ),
    Field(
        "endpoint.inboundCidrs[0]",
        lambda value: endpoint(inboundCidrs=[value]),
        ("10.1.0.0/16", "203.0.113.0/24"),
        (
            lambda text: text.replace("0/", "7/"),
            lambda text: text.replace("/16", "/255.255.0.0").replace("/24", "/255.255.255.0"),
            instead("/", " / "),
            *AROUND,
        ),
    ),
    Field(
        "endpoint.inboundCidrs[0]",
        lambda value: endpoint(inboundCidrs=[value]),
        ("10.1.2.3/32",),
        (instead("/32", ""),),
    ),
    Field(
        "endpoint.subnetIds[0]",
        lambda value: endpoint(subnetIds=[value, SUBNETS[1]]),
        (SUBNETS[0], "subnet-01234567"),
        (
            upper,
            with_prefix("arn:aws:ec2:ap-northeast-2:123456789012:subnet/"),
            *AROUND,
        ),
    ),
    Field(
        "database.clientSecurityGroupIds[0]",
        lambda value: rds(clientSecurityGroupIds=[value]),
        ("sg-0123456789abcdef0",),
        (upper, with_prefix("arn:aws:ec2:ap-northeast-2:1:security-group/"), *AROUND),
    ),
    Field(
        "endpoint.accessLogs.bucket",
        lambda value: endpoint(accessLogs={"bucket": value}),
        ("logs-123456789012",),
        (
            upper,
            with_prefix("s3://"),
            lambda text: f"s3://{text}/",
            with_prefix("arn:aws:s3:::"),
            *AROUND,
        ),
    ),
    Field(
        "endpoint.scheme",
        of_endpoint("scheme", inboundCidrs=["203.0.113.0/24"]),
        ("internet-facing", "internal"),
        (upper, title, instead("-", "_"), instead("-", " "), instead("-", "")),
    ),
    Field(
        "database.engine",
        lambda value: {**rds(), "database": {"engine": value}},
        ("rds",),
        (upper, title, *AROUND),
    ),
    Field(
        "database.engine",
        lambda value: {"database": {"engine": value}},
        ("statefulSet",),
        (upper, lambda _: "stateful-set", lambda _: "stateful_set", lambda _: "stateful"),
    ),
    Field(
        "acknowledge[0]",
        lambda value: {**rds(multiAz=False), "acknowledge": [value]},
        ("singleZone",),
        (upper, lambda _: "single-zone", lambda _: "single_zone"),
    ),
)

CASES: Final = [
    (field, value, misspelling)
    for field in FIELDS
    for value in field.valid
    for misspelling in field.misspellings
]


def value_at(values: Mapping[str, str], path: str) -> object:
    key, *steps = path.replace("[", ".[").split(".")
    top = key if ":" in key else NAMESPACE + key
    value: Any = decoded(values[top])
    for step in steps:
        value = value[int(step[1:-1]) if step.startswith("[") else step]
    return value


def misspelt() -> Iterator[Any]:
    for number, (field, value, misspelling) in enumerate(CASES):
        text = value if isinstance(value, str) else json.dumps(value).title()
        text = text if isinstance(value, str | bool) else json.dumps(value)
        wrong = misspelling(text)
        yield pytest.param(field, value, wrong, id=f"{number}: {field.path} {wrong!r}")


@pytest.mark.parametrize(("field", "value", "wrong"), [*misspelt()])
def test_a_near_miss_is_repaired_to_what_was_meant(field: Field, value: object, wrong: str) -> None:
    values, secret_keys = small(field.change(wrong))
    after = fixed(values, secret_keys)

    assert value_at(after.values, field.path) == value
    assert field.path not in {p.key.removeprefix(NAMESPACE) for p in after.left}


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.path)
def test_what_is_meant_is_valid_itself(field: Field) -> None:
    for value in field.valid:
        found = {p.key.removeprefix(NAMESPACE) for p in problems(field.change(value))}
        assert field.path not in found


UNCLEAR: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "a region by its city": ("aws:region", {**ON_EKS, "aws:region": "Seoul"}),
    "a number in words": ("langfuse.minReplicas", {"langfuse": {"minReplicas": "two"}}),
    "half a pod": ("langfuse.minReplicas", {"langfuse": {"minReplicas": 1.5}}),
    "more pods than there can be": ("langfuse.maxReplicas", {"langfuse": {"maxReplicas": 500}}),
    "terabytes, binary or not": ("database.storageGiB", rds(storageGiB="1TB")),
    "storage in no unit of storage": ("database.storageGiB", rds(storageGiB="500m")),
    "storage that is no whole GiB": ("database.storageGiB", rds(storageGiB="500Mi")),
    "storage with half a GiB": ("database.storageGiB", rds(storageGiB="30.5Gi")),
    "a word in place of a namespace": (
        "agents.namespaces[0]",
        {"agents": {"namespaces": ["NAMESPACE"]}},
    ),
    "an item behind a gap, set without --path": (
        "agents.namespaces[1]",
        {"agents.namespaces[1]": "ai"},
    ),
    "hours in place of days": ("database.backupDays", rds(backupDays="48h")),
    "a release that never was": ("langfuse.version", {"langfuse": {"version": "v2.95.2"}}),
    "a release of another major version": ("langfuse.version", {"langfuse": {"version": "v3.1.0"}}),
    "a floating tag": ("langfuse.version", {"langfuse": {"version": "latest"}}),
    "a minor version as a number": ("langfuse.version", {"langfuse": {"version": 2.95}}),
    "a repository with a tag": (
        "langfuse.repository",
        {"langfuse": {"repository": "mirror.example.com/langfuse/langfuse:2.91.0"}},
    ),
    "a repository with a digest": (
        "langfuse.repository",
        {"langfuse": {"repository": f"mirror.example.com/langfuse@sha256:{64 * 'a'}"}},
    ),
    "an image without a tag": ("database.image", {"database": {"image": "mirror.io/postgres"}}),
    "CPU in units of memory": (
        "langfuse.resources.cpu",
        {"langfuse": {"resources": {"cpu": "2Gi"}}},
    ),
    "memory without a unit": (
        "langfuse.resources.memory",
        {"langfuse": {"resources": {"memory": "512"}}},
    ),
    "a host on a port of its own": ("endpoint.host", endpoint(host="langfuse.example.com:8443")),
    "a host with a path": ("endpoint.host", endpoint(host="https://langfuse.example.com/tracing")),
    "a database on a port of its own": (
        "database.host",
        {"database": {**EXTERNAL, "host": "db.example.com:6432", "password": ABSENT}},
    ),
    "a URL with a path": (
        "langfuse.publicUrl",
        {"langfuse": {"publicUrl": "https://example.com/langfuse"}},
    ),
    "a time of no zone": (
        "database.restoreFrom.time",
        rds(restoreFrom={"instance": "a", "time": "2026-11-01 09:30:00"}),
    ),
    "a date that does not exist": (
        "database.restoreFrom.time",
        rds(restoreFrom={"instance": "a", "time": "2026-02-30T09:30:00Z"}),
    ),
    "a fraction of a second": (
        "database.restoreFrom.time",
        rds(restoreFrom={"instance": "a", "time": "2026-11-01T09:30:00.5Z"}),
    ),
    "the time before the beginning": (
        "database.restoreFrom.time",
        rds(restoreFrom={"instance": "a", "time": "0001-01-01T00:00:00+09:00"}),
    ),
    "a window in another zone": ("database.backupWindow", rds(backupWindow="03:00-04:00+09:00")),
    "a window of bare hours": ("database.backupWindow", rds(backupWindow="3-4")),
    "a window at an hour that there is not": (
        "database.backupWindow",
        rds(backupWindow="13pm-14pm"),
    ),
    "a window of three ends": ("database.backupWindow", rds(backupWindow="03:00-04:00-05:00")),
    "a window without its end": (
        "database.maintenanceWindow",
        rds(maintenanceWindow="Sunday 18:30"),
    ),
    "a window of one day whose end is before its start": (
        "database.maintenanceWindow",
        rds(maintenanceWindow="sun:23:30-00:30"),
    ),
    "a version out of support": ("database.version", rds(version="13.4")),
    "a class of no instance": ("database.instanceClass", rds(instanceClass="db.m7gd.xlarge")),
    "an instance by its ARN": (
        "database.restoreFrom.instance",
        rds(restoreFrom={"instance": "arn:aws:rds:us-east-1:123456789012:db:a"}),
    ),
    "a namespace with what is no separator": (
        "cluster.namespace",
        {"cluster": {"namespace": "a/b"}},
    ),
    "a mode that two choices begin with": ("endpoint.scheme", endpoint(scheme="inter")),
    "a mode that nothing begins with": ("endpoint.scheme", endpoint(scheme="public")),
    "two letters of a mode": ("langfuse.signUp", {"langfuse": {"signUp": "op"}}),
    "an object in place of a bucket": (
        "objectStorage.bucket",
        {**ON_EKS, "objectStorage": {"engine": "s3", "bucket": "s3://exports/langfuse"}},
    ),
    "a range of addresses": (
        "endpoint.inboundCidrs[0]",
        endpoint(inboundCidrs=["10.0.0.1-10.0.0.9"]),
    ),
    "an alias of a key": (
        "database.kmsKeyArn",
        rds(kmsKeyArn="arn:aws:kms:ap-northeast-2:123456789012:alias/rds"),
    ),
    "a variable whose other spelling is taken": (
        "langfuse.environment.a_b",
        {"langfuse": {"environment": {"a_b": "1", "A_B": "2"}}},
    ),
    "a fraction as the value of a variable, whose zeros YAML dropped": (
        "langfuse.environment.A",
        {"langfuse": {"environment": {"A": 1.1}}},
    ),
    "a key whose other spelling is given": (
        "langfuse.minReplica",
        {"langfuse": {"minReplica": 3, "minReplicas": 2}},
    ),
    "a key that resembles none": ("langfuse.replicas", {"langfuse": {"replicas": 3}}),
    "a misspelt key with a value that its own refuses": (
        "langfuse.minReplica",
        {"langfuse": {"minReplica": "many"}},
    ),
    "a misspelt key with nothing in it": ("cluster.toleration", {"cluster": {"toleration": []}}),
}


@pytest.mark.parametrize(("path", "change"), UNCLEAR.values(), ids=UNCLEAR.keys())
def test_what_may_mean_several_things_is_left_to_the_reader(
    path: str, change: Mapping[str, Any]
) -> None:
    found = {p.key.removeprefix(NAMESPACE): p.fix for p in problems(change)}

    assert found[path] == ""


LISTS: Final = {
    "one item": ("ai-agents", ["ai-agents"]),
    "one item that is misspelt": ("AI_Agents", ["ai-agents"]),
    "items with commas": ("ai-agents, research", ["ai-agents", "research"]),
    "items with spaces": ("ai-agents research", ["ai-agents", "research"]),
}


@pytest.mark.parametrize(("text", "items"), LISTS.values(), ids=LISTS.keys())
def test_a_text_where_a_list_belongs_becomes_its_items(text: str, items: list[str]) -> None:
    after = fixed(*small({"agents": {"namespaces": text}}))

    assert after.left == []
    assert value_at(after.values, "agents.namespaces") == items


def test_a_number_where_a_list_belongs_becomes_its_item() -> None:
    after = fixed(*small({"langfuse": {"egressPorts": 443}}))

    assert (after.left, value_at(after.values, "langfuse.egressPorts")) == ([], [443])


MOVED: Final = {
    "a misspelt key": (
        {"langfuse": {"minReplica": 3}},
        "langfuse.minReplicas",
        3,
    ),
    "a key in other letters": ({"langfuse": {"logformat": "json"}}, "langfuse.logFormat", "json"),
    "a misspelt key of a list": (
        {"cluster": {"imagePullSecret": ["a", "b"]}},
        "cluster.imagePullSecrets",
        ["a", "b"],
    ),
    "a misspelt key of an object": (
        {"langfuse": {"resource": {"cpu": "1", "memory": "1Gi"}}},
        "langfuse.resources",
        {"cpu": "1", "memory": "1Gi"},
    ),
    "a misspelt section": ({"agent": {"namespaces": ["ai"]}}, "agents.namespaces", ["ai"]),
    "a key set without --path": ({"langfuse.minReplicas": "3"}, "langfuse.minReplicas", 3),
    "a text of digits set without --path": (
        {"langfuse.project": "12"},
        "langfuse.project",
        "12",
    ),
    "a variable in small letters": (
        {"langfuse": {"environment": {"auth-ignore.account fields": "x"}}},
        "langfuse.environment",
        {"AUTH_IGNORE_ACCOUNT_FIELDS": "x"},
    ),
}


@pytest.mark.parametrize(("change", "path", "value"), MOVED.values(), ids=MOVED.keys())
def test_a_value_under_a_wrong_key_goes_to_the_one_that_was_meant(
    change: Mapping[str, Any], path: str, value: object
) -> None:
    after = fixed(*small(change))

    assert (after.left, value_at(after.values, path)) == ([], value)


def test_a_section_of_the_database_without_its_engine_is_told_by_the_keys_of_one_alone() -> None:
    change = {**ON_EKS, "database": {"engine": ABSENT, "instanceClass": "db.m6g.large"}}

    assert [problem.fix for problem in problems(change)] == [
        "pulumi config set --path agent-observability:database.engine rds"
    ]
