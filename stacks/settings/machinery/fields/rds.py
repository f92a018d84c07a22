"""Types of the settings of Amazon RDS: instance class, version, windows, identifiers, times."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import Field

from stacks.settings.machinery.rule import Meant, Rule, matching

_TIME: Final = r"([01]\d|2[0-3]):[0-5]\d"
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY: Final = f"({'|'.join(_DAYS)})"

_CLOCK: Final = re.compile(r"(\d{1,2})(?:[:.h]?(\d{2}))?\s*(am|pm)?")
_MOMENT: Final = re.compile(rf"({'|'.join(_DAYS)})?[a-z]*[\s:,]*(\d.*)")


def _instance_class(text: str) -> Iterator[str]:
    """Without the prefix that tells it from a class of EC2, and with other separators."""
    parts = re.split(r"[-_.\s]+", text.lower())
    yield ".".join(parts if parts[0] == "db" else ["db", *parts])


def _major(text: str) -> Iterator[str]:
    """With a minor version, or the product before it."""
    match = re.fullmatch(r"(?:v|pg|postgres(?:ql)?)?[\s:_-]*(\d+)(?:\.\d+)*", text.lower())
    yield from [match[1]] if match else []


def _clock(text: str) -> str | None:
    match = _CLOCK.fullmatch(text)
    if match is None or (match[2] is None and match[3] is None):
        return None
    hour = int(match[1])
    if match[3] is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match[3] == "pm" else 0)
    return f"{0 if hour == 24 else hour:02}:{match[2] or '00'}"


def _ends(text: str) -> list[str]:
    """Both ends of a window, which are in UTC whether it says so or not."""
    said = re.sub(r"\s*(utc|gmt|(?<=\d)z)\b", "", text.lower())
    return re.split(r"\s*(?:[-\u2013\u2014]|\bto\b|\buntil\b)\s*", said.strip())


def _daily(text: str) -> Iterator[str]:
    clocks = [_clock(end) for end in _ends(text)]
    if len(clocks) == 2 and None not in clocks:
        yield "-".join(filter(None, clocks))


def _weekly(text: str) -> Iterator[str]:
    """Full names of days, and one day for both ends."""
    moments = [_MOMENT.fullmatch(end) for end in _ends(text)]
    if len(moments) != 2 or moments[0] is None or moments[1] is None:
        return
    (first, start), (last, end) = moments[0].groups(), moments[1].groups()
    start, end = _clock(start), _clock(end)
    if first and start and end and (last or start < end):
        yield f"{first}:{start}-{last or first}:{end}"


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

BackupWindow = Annotated[
    str,
    matching("must be a daily window in UTC such as '17:00-18:00'", f"{_TIME}-{_TIME}"),
    Meant(_daily),
]

MaintenanceWindow = Annotated[
    str,
    matching(
        "must be a weekly window in UTC such as 'sun:18:30-sun:19:30'",
        f"{_DAY}:{_TIME}-{_DAY}:{_TIME}",
    ),
    Meant(_weekly),
]

Instant = Annotated[
    str,
    Rule(
        "must be a time in UTC such as '2026-11-01T09:30:00Z'",
        _is_instant,
        rf"\d{{4}}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T{_TIME}:[0-5]\dZ",
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
