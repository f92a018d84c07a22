"""Field types: each names its rule in words and carries an example for the fix command."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import Field, SecretStr

from components.kubernetes import quantities
from stacks.settings.machinery.rule import Rule, matching

DNS_LABEL: Final = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
"""A DNS label as a regular expression."""


def _is_host(value: str) -> bool:
    return len(value) <= 253 and re.fullmatch(rf"{DNS_LABEL}(\.{DNS_LABEL})+", value) is not None


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


DnsLabel = Annotated[
    str,
    matching(
        "must be a DNS label: 1 to 63 lower-case letters, digits or '-', "
        "starting and ending with a letter or digit",
        DNS_LABEL,
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
        rf"[A-Za-z0-9._%+-]+@{DNS_LABEL}(\.{DNS_LABEL})+",
    ),
    Field(examples=["admin@example.com"]),
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

SecretText = Annotated[
    SecretStr,
    Rule("must not be empty", lambda value: bool(value.get_secret_value())),
    Field(examples=["example-value"]),
]

_NAME = r"[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?"

LabelName = Annotated[
    str,
    matching(
        "must be the name of a Kubernetes label: at most 63 letters, digits, '-', '_' and '.', "
        "starting and ending with a letter or digit, after a domain and '/' if it has one",
        rf"({DNS_LABEL}(\.{DNS_LABEL})*/)?{_NAME}",
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
