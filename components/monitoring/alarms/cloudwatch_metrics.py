"""The form of a CloudWatch alarm, and of the metrics that it reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Subject = Literal["database", "cache", "load balancer", "certificate", "queues", "worker log"]
"""What an alarm is about: one resource, or several members such as the nodes of a cache. Their
identities may be unknown until AWS has created them. What has no dimension is identified by the
namespace of its metrics."""

NAMESPACES: Final[Mapping[Subject, str]] = {
    # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html
    "database": "AWS/RDS",
    # https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.Redis.html
    "cache": "AWS/ElastiCache",
    # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
    "load balancer": "AWS/ApplicationELB",
    # https://docs.aws.amazon.com/acm/latest/userguide/cloudwatch-metrics.html
    "certificate": "AWS/CertificateManager",
}

DIMENSIONS: Final[Mapping[Subject, str]] = {
    "database": "DBInstanceIdentifier",
    "cache": "CacheClusterId",
    "load balancer": "LoadBalancer",
    "certificate": "CertificateArn",
}
"""The one dimension that names a member of a subject. Queues and the log have none."""

FIVE_MINUTES: Final = 300
MINUTE: Final = 60
HOUR: Final = 3_600
DAY: Final = 86_400
"""Periods, in seconds."""

Comparison = Literal["GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold"]

Missing = Literal["breaching", "notBreaching", "ignore", "missing"]
"""What missing data means: a breach, none, the state stays, or the state is unknown."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric of one member of an alarm's subject, by its one dimension."""

    name: str
    statistic: Literal["Average", "Minimum", "Maximum", "Sum", "p95"]
    member: int = 0
    """Which member of the subject it is about."""


@dataclass(frozen=True, kw_only=True)
class Formula:
    """Metric math over metrics and formulas before it, by their keys."""

    expression: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Query:
    """A Metrics Insights query; ``{subject}`` in it is replaced by the subject's only identity."""

    template: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """An alarm, without the names and links of a stack."""

    name: str
    subject: Subject
    series: Mapping[str, Metric | Formula | Query]
    """By key, a word in lower case. The last is compared with the threshold."""
    comparison: Comparison
    threshold: float
    period: int
    """Seconds of one data point."""
    periods: int
    """Data points that are evaluated."""
    breaching: int
    """How many of them have to breach the threshold."""
    missing: Missing
    meaning: str
    """What it means when it fires: one or two sentences."""
