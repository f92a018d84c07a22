"""Types of names, labels and quantities of Kubernetes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Final

from pydantic import Field

from components.kubernetes import quantities
from stacks.settings.machinery.fields.network import DNS_LABEL
from stacks.settings.machinery.rule import Meant, Rule, matching

_SMALLEST: Final = 64 * 2**20

_CPU: Final = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*([a-z]*)")
_CORES: Final = ("", "c", "core", "cores", "cpu", "cpus", "vcpu", "vcpus")
_MILLICORES: Final = ("m", "mcpu", "millicpu", "millicore", "millicores")

_MEMORY: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]+)")
_BYTES: Final[Mapping[str, str]] = {
    "kib": "Ki",
    "ki": "Ki",
    "mib": "Mi",
    "mi": "Mi",
    "gib": "Gi",
    "gi": "Gi",
    "tib": "Ti",
    "ti": "Ti",
    "kb": "k",
    "mb": "M",
    "gb": "G",
    "tb": "T",
}
# `512m` is that of Docker and of Java; for Kubernetes it is half a byte.
_SMALL: Final[Mapping[str, str]] = {"m": "Mi", "g": "Gi", "t": "Ti"}


def _is_quantity(value: str) -> bool:
    try:
        return value.isascii() and quantities.parse(value) > 0
    except ValueError:
        return False


def _label(text: str) -> Iterator[str]:
    name = re.sub(r"^(namespaces?|ns)/", "", text.lower())
    if re.fullmatch(r"[a-z0-9]+([-_.\s]+[a-z0-9]+)*", name):
        yield re.sub(r"[-_.\s]+", "-", name)


def _subdomain(text: str) -> Iterator[str]:
    name = re.sub(r"^[a-z]+(\.[a-z.]+)?/", "", text.lower())
    if re.fullmatch(r"[a-z0-9]+([-_.\s]+[a-z0-9]+)*", name):
        yield re.sub(r"[_\s]+", "-", name)


def _cpu(text: str) -> Iterator[str]:
    match = _CPU.fullmatch(text.lower())
    if match is not None:
        number = f"0{match[1]}" if match[1].startswith(".") else match[1]
        if match[2] in (*_CORES, *_MILLICORES):
            yield number if match[2] in _CORES else f"{number}m"


def _memory(text: str) -> Iterator[str]:
    match = _MEMORY.fullmatch(text)
    if match is not None:
        unit = _BYTES.get(match[2].lower()) or _SMALL.get(match[2])
        yield from [f"{match[1]}{unit}"] if unit else []


def _variable(text: str) -> Iterator[str]:
    yield re.sub(r"[-.\s]+", "_", text.upper())


DnsLabel = Annotated[
    str,
    matching(
        "must be a DNS label: 1 to 63 lower-case letters, digits or '-', "
        "starting and ending with a letter or digit",
        DNS_LABEL,
    ),
    Meant(_label),
    Field(examples=["ai-agents"]),
]

DnsSubdomain = Annotated[
    str,
    matching(
        "must be a DNS name: 1 to 253 lower-case letters, digits, '-' or '.', each part starting "
        "and ending with a letter or digit",
        rf"(?=.{{1,253}}$){DNS_LABEL}(\.{DNS_LABEL})*",
    ),
    Meant(_subdomain),
]

CpuQuantity = Annotated[
    str,
    Rule(
        "must be a Kubernetes CPU quantity: cores ('2') or millicores ('500m')",
        lambda value: _is_quantity(value) and not re.search(r"[kMGTi]", value),
    ),
    Meant(_cpu),
    Field(examples=["500m"]),
]

MemoryQuantity = Annotated[
    str,
    Rule(
        "must be a Kubernetes memory quantity of at least 64Mi, such as '512Mi' or '2Gi'",
        lambda value: _is_quantity(value) and quantities.parse(value) >= _SMALLEST,
    ),
    Meant(_memory),
    Field(examples=["1Gi"]),
]

EnvironmentName = Annotated[
    str,
    matching(
        "must be an environment variable name: upper-case letters, digits and '_'",
        r"[A-Z_][A-Z0-9_]*",
    ),
    Meant(_variable),
]

_NAME = r"[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?"

LabelName = Annotated[
    str,
    matching(
        "must be the name of a Kubernetes label: at most 63 letters, digits, '-', '_' and '.', "
        "starting and ending with a letter or digit, after a domain and '/' if it has one",
        rf"(?![^/]{{254}})({DNS_LABEL}(\.{DNS_LABEL})*/)?{_NAME}",
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

_CRON: Final = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
"""First and last value of the fields of a schedule."""


def _is_weekly(text: str) -> bool:
    """Whether a schedule is one that Kubernetes takes, on the same days of every week."""
    fields = text.split(" ")
    return (
        len(fields) == len(_CRON)
        and fields[2:4] == ["*", "*"]
        and all(_is_field(field, *limits) for field, limits in zip(fields, _CRON, strict=True))
    )


def _is_field(field: str, first: int, last: int) -> bool:
    """Whether a field has numbers, ranges and steps within its limits, or any of a list of them."""
    for part in field.split(","):
        found = re.fullmatch(r"(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:/(\d{1,2}))?", part, re.ASCII)
        if found is None:
            return False
        low, high, step = (int(number) if number else None for number in found.groups())
        start, end = first if low is None else low, last if low is None else (high or low)
        if not (first <= start <= end <= last and (step is None or 1 <= step <= last)):
            return False
    return True


WeeklySchedule = Annotated[
    str,
    Rule(
        "must be a schedule in numbers, 'minute hour * * weekday', such as '0 2 * * *' for every "
        "day at two and '30 1 * * 0' for Sundays at half past one, in UTC",
        _is_weekly,
    ),
    Field(examples=["0 2 * * *"]),
]
"""A schedule of Kubernetes that runs once a week at least, in UTC."""
