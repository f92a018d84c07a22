"""Which CloudWatch alarms there are, and when each fires.

Most alarms need 15 minutes: a failover of the database, a rollout or a backup takes less. FILL
gives 0 for a period without data. The latest 0 may only mean that the data is late, so those alarms
evaluate more data points than have to breach the threshold
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from components.monitoring.alarms import cache, queues
from components.monitoring.alarms.cloudwatch_metrics import (
    DAY,
    FIVE_MINUTES,
    HOUR,
    MINUTE,
    Alarm,
    Comparison,
    Formula,
    Metric,
    Missing,
    Query,
)
from components.monitoring.alarms.thresholds import (
    CPU_PERCENT,
    ERROR_PERCENT,
    FEWEST_ERRORS,
    FEWEST_REFUSED,
    FEWEST_REQUESTS,
    LATENCY_SECONDS,
    REFUSED_PERCENT,
    SILENT_HOURS,
    TRANSACTION_IDS,
    CreditThreshold,
    DatabaseThresholds,
)

DATABASE_NAMES: Final = (
    "DatabaseCpu",
    "DatabaseMemory",
    "DatabaseStorage",
    "DatabaseConnections",
    "DatabaseTransactionIds",
    "DatabaseTransactionLogs",
    "DatabaseBurstCredits",
)
LOAD_BALANCER_NAMES: Final = (
    "LoadBalancerErrors",
    "LoadBalancerLatency",
    "LoadBalancerUnhealthyTargets",
    "LoadBalancerRefusals",
    "LoadBalancerSilent",
)
CERTIFICATE_NAMES: Final = ("CertificateExpires",)

NAMES: Final = (
    *DATABASE_NAMES,
    *cache.NAMES,
    *LOAD_BALANCER_NAMES,
    *CERTIFICATE_NAMES,
    *queues.NAMES,
)
"""Every alarm. Each has a section in docs/troubleshooting.md."""

UNHEALTHY_TARGETS: Final = (
    'SELECT MAX(UnHealthyHostCount) FROM SCHEMA("AWS/ApplicationELB", LoadBalancer, TargetGroup) '
    "WHERE LoadBalancer = '{subject}'"
)
"""Over all target groups of the load balancer, because the controller creates and deletes them and
CloudWatch has no such metric of the load balancer as a whole. The query of an alarm has to return
one series. It reads the last three hours and is billed for each metric that it finds, which is one
for each target group
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Create_Metrics_Insights_Alarm.html).
"""


def of_database(thresholds: DatabaseThresholds) -> Iterator[Alarm]:
    """Alarms of an RDS instance."""
    yield _database_alarm(
        "DatabaseCpu",
        Metric(name="CPUUtilization", statistic="Average"),
        "GreaterThanThreshold",
        CPU_PERCENT,
        # A stopped or deleted instance sends no data. Only this alarm reports that.
        missing="breaching",
        meaning=(
            f"The database has used more than {CPU_PERCENT} % of its CPU for 15 minutes, or has "
            "sent no figures at all. Langfuse gets slow."
        ),
    )
    yield _database_alarm(
        "DatabaseMemory",
        Metric(name="FreeableMemory", statistic="Average"),
        "LessThanThreshold",
        thresholds.free_memory,
        meaning=(
            f"For 15 minutes the database has had less than {_mib(thresholds.free_memory)} of "
            "memory to spare. It is about to swap, or to be restarted."
        ),
    )
    yield _database_alarm(
        "DatabaseStorage",
        Metric(name="FreeStorageSpace", statistic="Minimum"),
        "LessThanThreshold",
        thresholds.free_storage,
        meaning=(
            f"For 15 minutes the database has had less than {_mib(thresholds.free_storage)} of "
            "storage left. When none is left, it stops."
        ),
    )
    yield _database_alarm(
        "DatabaseConnections",
        Metric(name="DatabaseConnections", statistic="Maximum"),
        "GreaterThanThreshold",
        thresholds.connections,
        meaning=(
            f"More than {thresholds.connections} connections have been open for 15 minutes. When "
            "all are in use, pods are refused."
        ),
    )
    yield _database_alarm(
        "DatabaseTransactionIds",
        Metric(name="MaximumUsedTransactionIDs", statistic="Maximum"),
        "GreaterThanThreshold",
        TRANSACTION_IDS,
        meaning=(
            f"Some table has not been vacuumed for {TRANSACTION_IDS:,} transactions, half of what "
            "PostgreSQL can count. When none is left, the database refuses to write."
        ),
    )
    yield _database_alarm(
        "DatabaseTransactionLogs",
        Metric(name="TransactionLogsDiskUsage", statistic="Maximum"),
        "GreaterThanThreshold",
        thresholds.transaction_logs,
        meaning=(
            f"For 15 minutes transaction logs have taken more than "
            f"{_mib(thresholds.transaction_logs)}. They are not archived, so that the point to "
            "which the database can be restored does not move, or a replication slot keeps them; "
            "they fill the storage."
        ),
    )
    if thresholds.credits is not None:
        yield _burst_credits(thresholds.credits)


def _database_alarm(
    name: str,
    metric: Metric,
    comparison: Comparison,
    threshold: float,
    *,
    meaning: str,
    # INSUFFICIENT_DATA without data: DatabaseCpu reports it for all of them.
    missing: Missing = "missing",
) -> Alarm:
    return Alarm(
        name=name,
        subject="database",
        series={"value": metric},
        comparison=comparison,
        threshold=threshold,
        period=FIVE_MINUTES,
        periods=3,
        breaching=3,
        missing=missing,
        meaning=meaning,
    )


def _burst_credits(earned: CreditThreshold) -> Alarm:
    return Alarm(
        name="DatabaseBurstCredits",
        subject="database",
        series={
            # RDS sends it every five minutes.
            "balance": Metric(name="CPUCreditBalance", statistic="Average"),
            # A new instance starts without credits: while it earns, the balance counts as full
            # (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances-unlimited-mode-concepts.html).
            "falling": Formula(
                expression=f"IF(DIFF(balance) > 0, {earned.full}, balance)",
                label="CPU credits, while they do not grow",
            ),
        },
        comparison="LessThanThreshold",
        threshold=earned.low,
        period=FIVE_MINUTES,
        periods=3,
        breaching=3,
        missing="missing",
        meaning=(
            f"The database has less than {earned.low:g} CPU credits left and earns no more than "
            "it spends. Without credits it stays as fast, and every further vCPU-hour is billed."
        ),
    )


def of_load_balancer(*, agents: bool, opentelemetry: bool = False) -> Iterator[Alarm]:
    """Alarms of an Application Load Balancer. Without requests it sends no data: no breach.

    ``agents``: whether agents send through it, and not to the Service alone. ``opentelemetry``:
    whether Langfuse takes traces by OpenTelemetry.
    """
    yield Alarm(
        name="LoadBalancerErrors",
        subject="load balancer",
        series={
            "unanswered": Metric(name="HTTPCode_ELB_5XX_Count", statistic="Sum"),
            "failed": Metric(name="HTTPCode_Target_5XX_Count", statistic="Sum"),
            "requests": Metric(name="RequestCount", statistic="Sum"),
            # Either metric is sent only when it is not 0. SUM ignores a missing one; an addition
            # would have no result.
            "errors": Formula(
                expression="FILL(SUM([unanswered, failed]), 0)", label="Requests with a 5xx"
            ),
            # A request for which no target was found counts as an error and not as a request.
            "total": Formula(
                expression="IF(requests > errors, requests, errors)", label="All requests"
            ),
            "percent": Formula(
                expression=f"IF(errors >= {FEWEST_ERRORS}, 100 * errors / total, 0)",
                label="Requests with a 5xx, in percent",
            ),
        },
        comparison="GreaterThanThreshold",
        threshold=ERROR_PERCENT,
        period=FIVE_MINUTES,
        periods=3,
        breaching=2,
        missing="notBreaching",
        meaning=(
            f"For 10 of 15 minutes more than {ERROR_PERCENT} % of the requests have ended with a "
            "5xx, of the load balancer or of Langfuse. People see errors, and agents lose traces."
        ),
    )
    yield Alarm(
        name="LoadBalancerLatency",
        subject="load balancer",
        series={
            "latency": Metric(name="TargetResponseTime", statistic="p95"),
            "requests": Metric(name="RequestCount", statistic="Sum"),
            "seconds": Formula(
                expression=f"IF(requests >= {FEWEST_REQUESTS}, latency, 0)",
                label="Response time of 95 of 100 requests, in seconds",
            ),
        },
        comparison="GreaterThanThreshold",
        threshold=LATENCY_SECONDS,
        period=FIVE_MINUTES,
        periods=3,
        breaching=3,
        missing="notBreaching",
        meaning=(
            f"For 15 minutes one request in twenty has taken longer than {LATENCY_SECONDS} "
            "seconds. Agents' SDKs give up after 10 or 20."
        ),
    )
    yield Alarm(
        name="LoadBalancerUnhealthyTargets",
        subject="load balancer",
        series={"targets": Query(template=UNHEALTHY_TARGETS, label="Unhealthy targets")},
        comparison="GreaterThanThreshold",
        threshold=0,
        # Ten minutes in a row: a pod that terminates or fails once in a rollout is healthy or gone
        # in between.
        period=MINUTE,
        periods=10,
        breaching=10,
        # Before the first pod there is no target. Requests then get 503: LoadBalancerErrors.
        missing="notBreaching",
        meaning=(
            "For 10 minutes the load balancer has not sent to some pod, because it failed its "
            "health check."
        ),
    )
    yield Alarm(
        name="LoadBalancerRefusals",
        subject="load balancer",
        series={
            # Sent only when it is not 0.
            "refused": Metric(name="HTTPCode_Target_4XX_Count", statistic="Sum"),
            "requests": Metric(name="RequestCount", statistic="Sum"),
            "percent": Formula(
                expression=f"IF(refused >= {FEWEST_REFUSED}, 100 * refused / requests, 0)",
                label="Requests with a 4xx, in percent",
            ),
        },
        comparison="GreaterThanThreshold",
        threshold=REFUSED_PERCENT,
        period=FIVE_MINUTES,
        periods=3,
        breaching=3,
        missing="notBreaching",
        meaning=(
            f"For 15 minutes Langfuse has refused more than {REFUSED_PERCENT} % of the requests "
            f"with a 4xx: {_REFUSED_OF_NEWER if opentelemetry else _REFUSED_OF_2}"
        ),
    )
    if agents:
        yield _silent()


_REFUSED_OF_2: Final = (
    "agents with old keys (401), or with an SDK that is too new (404). Their traces are lost."
)
_REFUSED_OF_NEWER: Final = (
    "agents with old keys (401), whose traces are lost, or programs that read by an interface "
    "which this release does not have (404)."
)
"""Traces of an SDK that is too old for version 4 are refused within an answer with the status 207,
which no metric of the load balancer tells from a success."""


def _silent() -> Alarm:
    return Alarm(
        name="LoadBalancerSilent",
        subject="load balancer",
        series={
            "answered": Metric(name="HTTPCode_Target_2XX_Count", statistic="Sum"),
            "filled": Formula(expression="FILL(answered, 0)", label="Requests with a 2xx"),
        },
        comparison="LessThanThreshold",
        threshold=1,
        period=HOUR,
        periods=SILENT_HOURS,
        # One hour with data is enough, so that data which is late is no matter.
        breaching=SILENT_HOURS,
        missing="breaching",
        meaning=(
            f"For {SILENT_HOURS} hours Langfuse has answered no request with success. Agents do "
            "not send, send elsewhere, or do not get through."
        ),
    )


def of_certificate(days: int) -> Iterator[Alarm]:
    """The alarm of an ACM certificate, issued or imported."""
    yield Alarm(
        name="CertificateExpires",
        subject="certificate",
        series={"days": Metric(name="DaysToExpiry", statistic="Minimum")},
        comparison="LessThanThreshold",
        threshold=days,
        # ACM sends it twice a day, and stops when the certificate has expired. The alarm then keeps
        # its state.
        period=DAY,
        periods=1,
        breaching=1,
        missing="ignore",
        meaning=(
            f"The certificate expires in less than {days} days and was not renewed. When it has "
            "expired, nobody gets in."
        ),
    )


def _mib(size: int) -> str:
    return f"{size / 2**20:,.0f} MiB"
