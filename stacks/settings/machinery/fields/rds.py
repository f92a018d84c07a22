"""Types of the settings of Amazon RDS: instance class, version, identifiers, times."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import Field

from stacks.settings.machinery.fields.windows import TIME
from stacks.settings.machinery.rule import Meant, Rule, matching


def _instance_class(text: str) -> Iterator[str]:
    """Without the prefix that tells it from a class of EC2, and with other separators."""
    parts = re.split(r"[-_.\s]+", text.lower())
    yield ".".join(parts if parts[0] == "db" else ["db", *parts])


def _major(text: str) -> Iterator[str]:
    """With a minor version, or the product before it."""
    match = re.fullmatch(r"(?:v|pg|postgres(?:ql)?)?[\s:_-]*(\d+)(?:\.\d+)*", text.lower())
    yield from [match[1]] if match else []


def _is_instant(value: str) -> bool:
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value, re.ASCII) is None:
        return False
    return _moment(value) is not None


def _moment(text: str) -> datetime | None:
    """The moment that a text says, with its time zone."""
    with contextlib.suppress(ValueError, OverflowError):
        moment = datetime.fromisoformat(re.sub(r"\s*(utc|gmt)$", "Z", text, flags=re.IGNORECASE))
        if moment.tzinfo is not None and not moment.microsecond:
            return moment.astimezone(UTC)
    return None


def _instant(text: str) -> Iterator[str]:
    """In another time zone or another form of ISO 8601. Without a zone it is no moment."""
    if (moment := _moment(text)) is not None:
        yield moment.strftime("%Y-%m-%dT%H:%M:%SZ")


InstanceClass = Annotated[
    str,
    matching("must be an RDS instance class such as 'db.t4g.medium'", r"db\.[a-z0-9-]+\.[a-z0-9]+"),
    Meant(_instance_class),
]

PostgresMajor = Annotated[
    str,
    matching(
        "must be a major version in quotes, '14' to '17': AWS ended the standard support of 13 on "
        "2026-02-28 and would upgrade it unasked, and Langfuse 2 was not tried with 18",
        r"1[4-7]",
    ),
    Meant(_major),
]

Instant = Annotated[
    str,
    Rule(
        "must be a time in UTC such as '2026-11-01T09:30:00Z'",
        _is_instant,
        rf"\d{{4}}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T{TIME}:[0-5]\dZ",
    ),
    Meant(_instant),
    Field(examples=["2026-11-01T09:30:00Z"]),
]

_IDENTIFIER: Final = r"[A-Za-z](-?[A-Za-z0-9])*"

# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
InstanceIdentifier = Annotated[
    str,
    matching(
        "must be the identifier of a DB instance: at most 63 letters, digits and single hyphens, "
        "starting with a letter and not ending with a hyphen",
        rf"(?=.{{1,63}}$){_IDENTIFIER}",
    ),
]

# Those of automated backups and of AWS Backup have a prefix.
SnapshotIdentifier = Annotated[
    str,
    matching(
        "must be the identifier or the ARN of a DB snapshot: at most 255 letters, digits and "
        "single hyphens, starting with a letter and not ending with a hyphen",
        rf"(arn:aws[a-z-]*:rds:[a-z0-9-]+:\d{{12}}:snapshot:)?((rds|awsbackup):)?"
        rf"(?=.{{1,255}}$){_IDENTIFIER}",
    ),
]
