"""Field types: each names its rule in words and carries an example for the fix command."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr
from pydantic_core import PydanticCustomError

from components.kubernetes import quantities
from components.langfuse import versions
from components.monitoring.alerts import rules
from stacks.settings.machinery.rule import Rule, matching

_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"


def _is_host(value: str) -> bool:
    return len(value) <= 253 and re.fullmatch(rf"{_LABEL}(\.{_LABEL})+", value) is not None


def _is_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        address = parts.hostname is not None and (parts.port is None or parts.port > 0)
    except ValueError:  # brackets without an IPv6 address, a port that is none
        return False
    return (
        parts.scheme in {"http", "https"}
        and address
        and re.search(r"[\s/]$|[?#@\\]|\s", value) is None  # urlsplit drops line breaks
    )


def _is_quantity(value: str) -> bool:
    try:
        return value.isascii() and quantities.parse(value) > 0
    except ValueError:
        return False


def _is_cidr(value: str) -> bool:
    try:
        return str(ipaddress.ip_network(value)) == value
    except ValueError:
        return False


def _check_release(value: str) -> str:
    """Refuse what this topology cannot run, with the reason for each kind of mistake."""
    oldest, latest = versions.OLDEST, versions.LATEST
    try:
        version = versions.Version.parse(value)
    except ValueError:
        version = None
    if version is None or str(version) != value:  # 2.95.012 is the tag of no image
        rule = (
            "must name one release as MAJOR.MINOR.PATCH: a floating tag gives each node "
            "the version that its image cache happens to hold"
        )
    elif version in versions.RELEASES:
        return value
    elif version.major > oldest.major:
        rule = (
            f"Langfuse {version.major} needs ClickHouse, Redis and S3 besides PostgreSQL, "
            f"which this program does not deploy; supported are {oldest} to {latest}"
        )
    elif oldest < version < latest:
        rule = f"no such Langfuse release; supported are the releases from {oldest} to {latest}"
    else:
        rule = f"supported are the Langfuse releases from {oldest} to {latest}"
    raise PydanticCustomError("rule", "{rule}", {"rule": rule})


DnsLabel = Annotated[
    str,
    matching(
        "must be a DNS label: 1 to 63 lower-case letters, digits or '-', "
        "starting and ending with a letter or digit",
        _LABEL,
    ),
    Field(examples=["ai-agents"]),
]

HostName = Annotated[
    str,
    Rule("must be a host name in lower case without scheme, port or path", _is_host),
    Field(examples=["langfuse.example.com"]),
]

Url = Annotated[
    str,
    Rule(
        "must be an http:// or https:// URL without credentials, query or trailing slash", _is_url
    ),
    Field(examples=["https://langfuse.example.com"]),
]

Email = Annotated[
    str,
    matching(
        "must be an e-mail address",
        rf"[A-Za-z0-9._%+-]+@{_LABEL}(\.{_LABEL})+",
    ),
    Field(examples=["admin@example.com"]),
]

LangfuseRelease = Annotated[
    str,
    AfterValidator(_check_release),
    Field(
        examples=[str(versions.LATEST)],
        json_schema_extra={"enum": [str(version) for version in versions.RELEASES]},
    ),
]

CpuQuantity = Annotated[
    str,
    Rule(
        "must be a Kubernetes CPU quantity: cores ('2') or millicores ('500m')",
        lambda value: _is_quantity(value) and not re.search(r"[kMGTi]", value),
    ),
    Field(examples=["500m"]),
]

MemoryQuantity = Annotated[
    str,
    Rule(
        "must be a Kubernetes memory quantity of at least 64Mi, such as '512Mi' or '2Gi'",
        lambda value: _is_quantity(value) and quantities.parse(value) >= 64 * 2**20,
    ),
    Field(examples=["1Gi"]),
]

EnvironmentName = Annotated[
    str,
    matching(
        "must be an environment variable name: upper-case letters, digits and '_'",
        r"[A-Z_][A-Z0-9_]*",
    ),
]

Cidr = Annotated[
    str,
    Rule("must be a network in CIDR notation with no host bits set", _is_cidr),
    Field(examples=["203.0.113.0/24"]),
]

_IMAGE = r"[a-z0-9.-]+(:\d+)?(/[a-z0-9._-]+)+(:[\w.-]+)?(@sha256:[0-9a-f]{64})?"

ImageRepository = Annotated[
    str,
    matching(
        "must be an image repository without tag or digest, such as 'docker.io/langfuse/langfuse'",
        r"[a-z0-9.-]+(:\d+)?(/[a-z0-9._-]+)+",
    ),
    Field(examples=["docker.io/langfuse/langfuse"]),
]

ImageReference = Annotated[
    str,
    Rule(
        "must be an image with a pinned tag or digest; 'latest' and bare names are not pinned",
        lambda value: (
            re.fullmatch(_IMAGE, value, re.ASCII) is not None
            and not value.endswith(":latest")
            and ("@" in value or ":" in value.rsplit("/", 1)[-1])
        ),
    ),
]

ImageDigest = Annotated[
    str,
    matching(
        "must be an image digest: 'sha256:' and 64 hexadecimal digits", r"sha256:[0-9a-f]{64}"
    ),
    Field(examples=["sha256:" + 64 * "0"]),
]

LangSmithKey = Annotated[
    SecretStr,
    Rule(
        "must be a LangSmith API key that starts with 'lsv2_' (lsv2_sk_… for a service, lsv2_pt_… "
        "for a person); keys of the old 'ls__' form stopped working on 2024-10-22",
        lambda value: re.fullmatch(r"lsv2_[A-Za-z0-9_]{8,}", value.get_secret_value()) is not None,
    ),
    Field(examples=["lsv2_sk_0123456789abcdef"]),
]

SecretText = Annotated[
    SecretStr,
    Rule("must not be empty", lambda value: bool(value.get_secret_value())),
    Field(examples=["example-value"]),
]

AlwaysFalse = Annotated[
    bool,
    Rule(
        "must be false: nothing in the cluster backs this database up; "
        "a protected one needs engine rds",
        lambda value: value is False,
    ),
    Field(json_schema_extra={"const": False}),
]


def _is_prober(value: str) -> bool:
    match = re.fullmatch(rf"{_LABEL}\.{_LABEL}\.svc(\.[a-z0-9.-]+)?:(?P<port>\d{{1,5}})", value)
    return match is not None and value.isascii() and 0 < int(match["port"]) < 65536


ProberAddress = Annotated[
    str,
    Rule(
        "must be the address of a blackbox exporter in the cluster, <service>.<namespace>.svc:"
        "<port>, such as 'blackbox-exporter.monitoring.svc:9115'",
        _is_prober,
    ),
    Field(examples=["blackbox-exporter.monitoring.svc:9115"]),
]

_NAME = r"[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?"

LabelName = Annotated[
    str,
    matching(
        "must be the name of a Kubernetes label: at most 63 letters, digits, '-', '_' and '.', "
        "starting and ending with a letter or digit, after a domain and '/' if it has one",
        rf"({_LABEL}(\.{_LABEL})*/)?{_NAME}",
    ),
]

LabelValue = Annotated[
    str,
    matching(
        "must be the value of a Kubernetes label: at most 63 letters, digits, '-', '_' and '.', "
        "starting and ending with a letter or digit, or nothing",
        rf"({_NAME})?",
    ),
]

AlertLabelName = Annotated[
    str,
    Rule(
        "must be the name of a Prometheus label that no alert has yet: letters, digits and '_', "
        "not starting with a digit or '__'; alertname, namespace, severity and stack are taken",
        lambda name: rules.label_problem({name: ""}) is None,
    ),
]

AlertLabelValue = Annotated[
    str,
    Rule(
        "must not hold '{{': Prometheus takes it for a template, and with a broken one it refuses "
        "every alert of the stack",
        lambda value: "{{" not in value,
    ),
]
