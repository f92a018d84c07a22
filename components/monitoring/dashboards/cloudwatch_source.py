"""A stack's resources with metrics in CloudWatch.

A separate module, because the dashboards load Grafana's SDK.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi

from components.monitoring.alarms.thresholds import CacheThresholds
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
    cache: Sequence[pulumi.Input[str]] = ()
    """CacheClusterId of each node."""
    cache_thresholds: CacheThresholds | None = None
    """Of the cache; None without one."""
    buckets: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])
    """Buckets by what is in them."""
    queues: bool = False
    """Whether workers publish metrics of their queues."""
