"""What the dashboards of one stack are about."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from components.monitoring.dashboards.panels.limits import DatabaseLimits
from components.monitoring.watched_workloads import Watched, WatchedInAws


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One stack, and the thresholds of its panels."""

    watched: Watched
    aws: WatchedInAws | None = None
    runbooks: str
    """URL of the ``docs`` folder, without trailing slash."""
    certificate_days: int
    """Minimum number of days for which a certificate should be valid."""
    alerts: bool
    """Whether Prometheus has the stack's alert rules."""
    database_limits: DatabaseLimits | None = None
    """Of the database on RDS; with None there are no thresholds and no CPU credits."""

    @property
    def has_database(self) -> bool:
        """Whether there are metrics of the database. There are none of an external one."""
        return self.watched.postgres is not None or self.rds is not None

    @property
    def rds(self) -> str | None:
        """DBInstanceIdentifier, if the database is on RDS."""
        return self.aws.database if self.aws else None

    @property
    def load_balancer(self) -> str | None:
        """CloudWatch's dimension of the load balancer, if there is one."""
        return self.aws.load_balancer if self.aws else None


def uid(dashboard: str, identity: str) -> str:
    """A dashboard's identity in Grafana: 40 characters at most, of letters, digits and dashes.

    ``identity`` distinguishes the stack from others with dashboards in the same Grafana.
    """
    return f"langfuse-{dashboard}-{hashlib.sha256(identity.encode()).hexdigest()[:8]}"
