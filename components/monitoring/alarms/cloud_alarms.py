"""CloudWatch alarms for a stack's resources in AWS, their topic, and a dashboard."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pulumi
from pulumi_aws import cloudwatch, rds

from components.aws.cluster import EksCluster
from components.monitoring import queue_metrics, runbooks
from components.monitoring.alarms import cache as cache_alarms
from components.monitoring.alarms import cloudwatch_dashboard, queues, thresholds
from components.monitoring.alarms import definitions as alarm_definitions
from components.monitoring.alarms.alarm_topic import AlarmTopic, AlarmTopicArgs
from components.monitoring.alarms.cloudwatch_metrics import (
    DIMENSIONS,
    NAMESPACES,
    Alarm,
    Formula,
    Metric,
    Query,
    Subject,
)

if TYPE_CHECKING:
    from pulumi_aws.cloudwatch import MetricAlarmMetricQueryArgsDict

TYPE = "agent-observability:index:CloudAlarms"

_OF_RUNNING: Final = ("load balancer", "queues")
"""Subjects of alarms about pods that run."""

_EVENTS: Final = (
    "availability",
    "deletion",
    "failover",
    "failure",
    "low storage",
    "maintenance",
    "notification",
)
"""Categories of RDS events that need attention: what breaks, what AWS is going to do, and what it
wants to be done
(https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html). "low storage" is
relative to the current storage, the alarm DatabaseStorage to the configured one.
"""


@dataclass(frozen=True, kw_only=True)
class WatchedDatabase:
    """An RDS instance, as far as its alarms depend on it."""

    identifier: pulumi.Input[str]
    instance_class: str
    storage_gib: int
    max_storage_gib: int | None
    """None if storage does not grow automatically."""


@dataclass(frozen=True, kw_only=True)
class WatchedCache:
    """A replication group of ElastiCache, as far as its alarms depend on it."""

    nodes: Sequence[pulumi.Input[str]]
    """Identifiers of the primary and its replicas, in any order."""
    node_type: str


@dataclass(frozen=True, kw_only=True)
class WorkerLog:
    """Where the lines are that workers write."""

    group: str
    """Existing log group, with events in the form of Container Insights."""
    namespace: str
    container: str


@dataclass(frozen=True, kw_only=True)
class CloudAlarmsArgs:
    cluster: EksCluster
    """Its account and region are those of the alarms."""
    alarm_prefix: str
    """What the names of alarms begin with, those of no other stack."""
    dashboard: str
    """Name of the dashboard, unique in the account."""
    name_prefix: str
    """What the names of topic and event subscription begin with, those of no other stack."""
    runbooks: str
    """URL of the ``docs`` folder, without trailing slash."""
    email: str | None = None
    """Address for which the component creates a topic."""
    topic_arn: str | None = None
    """Existing topic, instead of ``email``; its policy has to let CloudWatch publish."""
    database: WatchedDatabase | None = None
    cache: WatchedCache | None = None
    load_balancer: pulumi.Input[str] | None = None
    """``app/<name>/<id>``, as CloudWatch names it."""
    agents: bool = False
    """Whether agents send through the load balancer."""
    opentelemetry: bool = False
    """Whether Langfuse takes traces by OpenTelemetry, as newer SDKs send them."""
    paused: bool = False
    """Whether the load balancer sends no requests on and no worker runs: their alarms then notify
    nobody."""
    queue_metrics: bool = False
    """Whether workers publish the metrics of queues."""
    worker_log: WorkerLog | None = None
    """None: no alarm reads lines."""
    certificate_arn: pulumi.Input[str] | None = None
    certificate_days: int
    """Minimum number of days for which the certificate should be valid."""

    def __post_init__(self) -> None:
        if (self.email is None) == (self.topic_arn is None):
            raise ValueError("alarms go to an e-mail address or to a topic; give one of them")


class CloudAlarms(pulumi.ComponentResource):
    """Alarms of the database, the cache, the load balancer, the certificate and the queues, if they
    exist."""

    topic_arn: pulumi.Output[str]
    """Topic that the alarms go to."""
    dashboard_name: pulumi.Output[str]
    """Name of the dashboard in CloudWatch."""

    def __init__(
        self, name: str, args: CloudAlarmsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, None, opts)
        self.topic_arn = self._topic(name, args)
        definitions = [*_definitions(args)]
        subjects = _subjects(args)
        alarms = {
            alarm.name: self._alarm(name, args, alarm, subjects[alarm.subject])
            for alarm in definitions
        }
        self._events(name, args)
        self._log_filter(name, args)
        dashboard = cloudwatch.Dashboard(
            f"{name}-dashboard",
            dashboard_name=args.dashboard,
            dashboard_body=pulumi.Output.all(
                subjects=subjects, arns={key: alarm.arn for key, alarm in alarms.items()}
            ).apply(
                lambda known: cloudwatch_dashboard.body(
                    definitions, region=args.cluster.region, **known
                )
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.dashboard_name = dashboard.dashboard_name
        self.register_outputs({"topicArn": self.topic_arn, "dashboardName": self.dashboard_name})

    def _topic(self, name: str, args: CloudAlarmsArgs) -> pulumi.Output[str]:
        if args.email is None:
            return pulumi.Output.from_input(args.topic_arn or "")
        return AlarmTopic(
            f"{name}-topic",
            AlarmTopicArgs(
                partition=args.cluster.partition,
                account_id=args.cluster.account_id,
                name_prefix=args.name_prefix,
                alarm_prefix=args.alarm_prefix,
                email=args.email,
            ),
            pulumi.ResourceOptions(parent=self),
        ).arn

    def _events(self, name: str, args: CloudAlarmsArgs) -> None:
        """What RDS itself says of the instance: a failover, or storage that runs out, is no alarm.

        Only to a topic of the component's own: RDS refuses one that it may not publish to, and an
        existing one may admit CloudWatch alone.
        """
        if args.database is None or args.email is None:
            return
        rds.EventSubscription(
            f"{name}-database-events",
            name_prefix=f"{args.name_prefix}-events-",
            sns_topic=self.topic_arn,
            source_type="db-instance",
            source_ids=[args.database.identifier],
            event_categories=list(_EVENTS),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _log_filter(self, name: str, args: CloudAlarmsArgs) -> None:
        log = args.worker_log
        if log is None:
            return
        cloudwatch.LogMetricFilter(
            f"{name}-rows-dropped-filter",
            name=f"{args.alarm_prefix}{queues.ROWS_DROPPED}",
            log_group_name=log.group,
            pattern=queues.log_pattern(namespace=log.namespace, container=log.container),
            metric_transformation={
                "namespace": _log_metrics(args),
                "name": queues.ROWS_DROPPED,
                "value": "1",
                "unit": "Count",
            },
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _alarm(
        self,
        name: str,
        args: CloudAlarmsArgs,
        alarm: Alarm,
        members: Sequence[pulumi.Input[str]],
    ) -> cloudwatch.MetricAlarm:
        return cloudwatch.MetricAlarm(
            f"{name}-{_role(alarm.name)}",
            name=f"{args.alarm_prefix}{alarm.name}",
            alarm_description=(
                f"{alarm.meaning} What to do: {runbooks.link(args.runbooks, alarm.name)}"
            ),
            metric_queries=_queries(alarm, members),
            comparison_operator=alarm.comparison,
            threshold=alarm.threshold,
            evaluation_periods=alarm.periods,
            datapoints_to_alarm=alarm.breaching,
            treat_missing_data=alarm.missing,
            actions_enabled=False if args.paused and alarm.subject in _OF_RUNNING else None,
            alarm_actions=[self.topic_arn],
            # The same recipients learn when the alarm ends.
            ok_actions=[self.topic_arn],
            opts=pulumi.ResourceOptions(parent=self),
        )


def _definitions(args: CloudAlarmsArgs) -> Iterator[Alarm]:
    """The alarms whose subject exists."""
    if args.database is not None:
        yield from alarm_definitions.of_database(
            thresholds.of_database(
                instance_class=args.database.instance_class,
                storage_gib=args.database.storage_gib,
                max_storage_gib=args.database.max_storage_gib,
            )
        )
    if args.cache is not None:
        yield from cache_alarms.of_cache(
            thresholds.of_cache(args.cache.node_type), nodes=len(args.cache.nodes)
        )
    if args.load_balancer is not None:
        yield from alarm_definitions.of_load_balancer(
            agents=args.agents, opentelemetry=args.opentelemetry
        )
    if args.certificate_arn is not None:
        yield from alarm_definitions.of_certificate(args.certificate_days)
    if args.queue_metrics:
        yield from queues.of_queues()
    if args.queue_metrics or args.worker_log:
        yield queues.of_dropped_rows(logged=args.worker_log is not None)


def _subjects(args: CloudAlarmsArgs) -> Mapping[Subject, Sequence[pulumi.Input[str]]]:
    """The members of each subject that exists."""
    named: Mapping[Subject, Sequence[pulumi.Input[str] | None]] = {
        "database": [args.database and args.database.identifier],
        "cache": args.cache.nodes if args.cache else [],
        "load balancer": [args.load_balancer],
        "certificate": [args.certificate_arn],
        "queues": [queue_metrics.NAMESPACE if args.queue_metrics else None],
        "worker log": [_log_metrics(args) if args.worker_log else None],
    }
    known: dict[Subject, Sequence[pulumi.Input[str]]] = {
        subject: [identity for identity in members if identity is not None]
        for subject, members in named.items()
    }
    return {subject: members for subject, members in known.items() if members}


def _log_metrics(args: CloudAlarmsArgs) -> str:
    """The namespace of metrics of the log, that of no other stack."""
    return args.alarm_prefix.removesuffix("/")


def _queries(
    alarm: Alarm, members: Sequence[pulumi.Input[str]]
) -> Sequence[MetricAlarmMetricQueryArgsDict]:
    """The series of an alarm, of which the last is compared."""
    compared = [*alarm.series][-1]

    def query(key: str, series: Metric | Formula | Query) -> MetricAlarmMetricQueryArgsDict:
        returned = key == compared
        match series:
            case Metric():
                member, dimension = members[series.member], DIMENSIONS.get(alarm.subject)
                return {
                    "id": key,
                    "metric": {
                        "namespace": member if dimension is None else NAMESPACES[alarm.subject],
                        "metric_name": series.name,
                        "dimensions": None if dimension is None else {dimension: member},
                        "stat": series.statistic,
                        "period": alarm.period,
                    },
                    "return_data": returned,
                }
            case Formula():
                return {
                    "id": key,
                    "expression": series.expression,
                    "label": series.label,
                    "return_data": returned,
                }
            case Query():
                return {
                    "id": key,
                    "expression": pulumi.Output.from_input(members[0]).apply(
                        lambda identity: series.template.format(subject=identity)
                    ),
                    "label": series.label,
                    "period": alarm.period,
                    "return_data": returned,
                }

    return [query(key, series) for key, series in alarm.series.items()]


def _role(alarm: str) -> str:
    """``DatabaseBurstCredits`` as ``database-burst-credits``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", alarm).lower()
