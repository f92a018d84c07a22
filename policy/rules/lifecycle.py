"""What was meant to be kept is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from .model import UNKNOWN, Rule, Seen, StackRule, accepted, is_on

_FEWEST_DAYS: Final = 7
"""Days of backups of a protected database."""
_SHORTEST_WINDOW: Final = 7
"""Days in which a deleted key can be restored: the fewest that AWS knows."""
_DATABASES: Final = ("aws:rds/instance:Instance", "aws:rds/cluster:Cluster")
_ENTRY: Final = "aws:secretsmanager/secret:Secret"


def protected_data(seen: Seen) -> Iterator[str]:
    if seen.type == "aws:kms/key:Key":
        days = seen.get("deletionWindowInDays")
        if isinstance(days, int | float) and days < _SHORTEST_WINDOW:
            yield f"deletionWindowInDays is {days:g}: leave time to notice"
    if not seen.protect:
        return
    if seen.type in _DATABASES:
        if not is_on(seen.get("deletionProtection")):
            yield "deletionProtection is not true: the console would delete what Pulumi protects"
        if seen.get("skipFinalSnapshot") in (True, "true"):
            yield "skipFinalSnapshot is true: a deletion would leave nothing to restore"
        if seen.get("deleteAutomatedBackups") in (True, "true"):
            yield "deleteAutomatedBackups is true: its backups would go with it"
    elif seen.type == "aws:s3/bucket:Bucket":
        if seen.get("forceDestroy") in (True, "true"):
            yield "forceDestroy is true: a protected bucket would be emptied to be deleted"
    elif seen.type == _ENTRY and seen.get("recoveryWindowInDays") == 0:
        yield "recoveryWindowInDays is 0: a deleted entry could not be restored"


def backups(stack: Sequence[Seen]) -> Iterator[tuple[Seen, str]]:
    fewest = 1 if "shortBackups" in accepted(stack) else _FEWEST_DAYS
    for seen in stack:
        days = seen.get("backupRetentionPeriod")
        if seen.type not in _DATABASES or not seen.protect or days is UNKNOWN:
            continue
        if not isinstance(days, int | float):
            yield seen, f"backupRetentionPeriod is missing: keep {fewest} days or more"
        elif days < fewest:
            yield seen, f"backupRetentionPeriod is {days:g}: keep {fewest} days or more"


RULES: Final = (
    Rule(
        name="protected-data-is-kept",
        protects="What a stack protects is not lost by the console or by a last step.",
        check=protected_data,
    ),
)
STACK_RULES: Final = (
    StackRule(
        name="backups-of-a-protected-database",
        protects="A mistake that is found within a week can be undone (within a day with "
        "shortBackups acknowledged).",
        check=backups,
    ),
)
