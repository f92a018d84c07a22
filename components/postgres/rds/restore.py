"""What a new RDS instance starts from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi_aws.rds import InstanceRestoreToPointInTimeArgsDict


@dataclass(frozen=True, kw_only=True)
class Restore:
    """A snapshot, or another instance at a point in time.

    The source must be an encrypted instance of this component: user and database stay as they are.
    The password is replaced.
    """

    snapshot: str | None = None
    """Identifier or ARN of a snapshot."""
    instance: str | None = None
    """Identifier of an instance, instead of a snapshot."""
    time: str | None = None
    """Point in time in UTC, with ``instance``; none takes the latest."""


def point_in_time(restore: Restore) -> InstanceRestoreToPointInTimeArgsDict | None:
    """The instance's argument for a restore from another instance."""
    if restore.instance is None:
        return None
    return {
        "source_db_instance_identifier": restore.instance,
        "restore_time": restore.time,
        "use_latest_restorable_time": None if restore.time else True,
    }
