"""A stack's resources with metrics in CloudWatch.

A separate module, because the dashboards load Grafana's SDK.
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.monitoring.dashboards.panels.limits import DatabaseLimits


@dataclass(frozen=True, kw_only=True)
class CloudWatchSource:
    """The resources. None: it does not exist, and has no panels."""

    region: str
    database: pulumi.Input[str] | None = None
    """DBInstanceIdentifier."""
    load_balancer: pulumi.Input[str] | None = None
    """LoadBalancer: ``app/<name>/<id>``."""
    database_limits: DatabaseLimits | None = None
    """Of the database; with None there are no thresholds."""
