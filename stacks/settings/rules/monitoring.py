"""Rules of dashboards, alert rules and alarms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from components.langfuse import versions
from components.langfuse.versions import Version
from stacks.settings.machinery.dispatch import Check
from stacks.settings.machinery.problems import (
    Problem,
    full_key,
    join,
    set_command,
    show,
    to_change,
    to_decide,
    to_give,
    to_remove,
)
from stacks.settings.rules.aws import of_region
from stacks.settings.sections.aws import Aws
from stacks.settings.sections.cache import ExternalCache, StatefulSetCache
from stacks.settings.sections.clickhouse import ExternalClickHouse
from stacks.settings.sections.cluster import Cluster
from stacks.settings.sections.database import ExternalDatabase, StatefulSetDatabase
from stacks.settings.sections.langfuse import Langfuse
from stacks.settings.sections.monitoring import Monitoring
from stacks.settings.sections.object_storage import (
    ExternalObjectStorage,
    StatefulSetObjectStorage,
)

_OWN_LABELS: Final = "app.kubernetes.io/"
"""https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/"""


def something_to_make(monitoring: Monitoring) -> Iterator[Problem]:
    made = (monitoring.dashboards, monitoring.prometheus_rules, monitoring.alarms)
    if made == (None,) * 3 and not monitoring.queue_metrics:
        rule = "makes nothing; give 'dashboards', 'prometheusRules' or 'alarms'"
        yield Problem(full_key("monitoring"), "(an object)", rule, "")


def alarms_need_eks(monitoring: Monitoring, cluster: Cluster) -> Iterator[Problem]:
    if monitoring.alarms is not None and cluster.eks_name is None:
        rule = "needs an EKS cluster (cluster.eksName): the alarms are in its account and region"
        yield _without_alarms(rule)


def alarms_have_something_to_watch(
    monitoring: Monitoring,
    database: StatefulSetDatabase | ExternalDatabase,
    cache: StatefulSetCache | ExternalCache | None,
    endpoint: None,
    cluster: Cluster,
) -> Iterator[Problem]:
    alarms = monitoring.alarms
    if alarms is None or alarms.worker_log_group or monitoring.queue_metrics:
        return
    if cluster.eks_name is not None:
        others = f"a cache of engine elastiCache, not of engine {cache.engine}, " if cache else ""
        rule = (
            f"has nothing to watch: CloudWatch knows the database of engine rds, not of engine "
            f"{database.engine}, {others}and the load balancer of 'endpoint', which is not given"
        )
        yield _without_alarms(rule)


def _without_alarms(rule: str) -> Problem:
    return Problem(full_key("monitoring.alarms"), "(an object)", rule, "")


def alarms_reach_someone(monitoring: Monitoring) -> Iterator[Problem]:
    alarms = monitoring.alarms
    if alarms is None:
        return
    if alarms.email is None and alarms.topic_arn is None:
        rule = "is required, or 'topicArn' of an existing SNS topic: else no one is notified"
        yield to_give("monitoring.alarms.email", rule)
    if alarms.email is not None and alarms.topic_arn is not None:
        rule = (
            "is for a topic that the program creates; subscribe the address to "
            "monitoring.alarms.topicArn, or give it in place of that"
        )
        yield to_decide("monitoring.alarms.email", alarms.email, rule)


def topic_of_region(monitoring: Monitoring, aws: Aws) -> Iterator[Problem]:
    """The account may be another: a topic for all of a company's alarms is common
    (https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html)."""
    arn = monitoring.alarms.topic_arn if monitoring.alarms else None
    yield from of_region("monitoring.alarms.topicArn", arn, aws, ": an alarm publishes in its own")


def dashboards_are_found(monitoring: Monitoring) -> Iterator[Problem]:
    if monitoring.dashboards is not None and not monitoring.dashboards.labels:
        rule = "must not be empty: Grafana's sidecar finds dashboards by a label"
        key = full_key("monitoring.dashboards.labels")
        yield Problem(key, show({}), rule, set_command(f"{key}.grafana_dashboard", "1"))


def labels_not_owned(monitoring: Monitoring) -> Iterator[Problem]:
    given = {
        "dashboards": monitoring.dashboards.labels if monitoring.dashboards else {},
        "prometheusRules": monitoring.prometheus_rules.labels
        if monitoring.prometheus_rules
        else {},
    }
    for part, labels in given.items():
        for label, value in labels.items():
            if label.startswith(_OWN_LABELS):
                rule = f"is a label that the program sets, as every {_OWN_LABELS}… is"
                key = join(full_key(f"monitoring.{part}.labels"), [label])
                yield Problem(key, show(value), rule, "")


def runbooks_are_a_folder(monitoring: Monitoring) -> Iterator[Problem]:
    folder, _, page = monitoring.runbooks.rpartition("/")
    if page.endswith(".md"):
        rule = "must be the folder: every alert links to troubleshooting.md in it"
        yield to_change("monitoring.runbooks", monitoring.runbooks, rule, folder)


def module_of_prober(monitoring: Monitoring) -> Iterator[Problem]:
    rules = monitoring.prometheus_rules
    if rules is not None and rules.prober is None and "module" in rules.model_fields_set:
        rule = "is the module of 'prober', which is not given: there is no probe"
        yield to_decide("monitoring.prometheusRules.module", rules.module, rule)


def something_to_read(
    monitoring: Monitoring,
    clickhouse: ExternalClickHouse | None,
    langfuse: Langfuse,
    gateway: None,
) -> Iterator[Problem]:
    rules = monitoring.prometheus_rules
    if rules is None or rules.prometheus_namespace is None:
        return
    if clickhouse is None and versions.needs(Version.parse(langfuse.version)):
        return  # The section that is missing is the mistake.
    where = "is not in the cluster" if clickhouse else "comes with Langfuse 3"
    rule = (
        f"is for the metrics of ClickHouse, which {where}, and of the agents' gateway, which is "
        "not given: there is nothing to read"
    )
    yield to_decide(
        "monitoring.prometheusRules.prometheusNamespace", rules.prometheus_namespace, rule
    )


def queue_metrics_by_role(
    monitoring: Monitoring, object_storage: ExternalObjectStorage | StatefulSetObjectStorage | None
) -> Iterator[Problem]:
    if monitoring.queue_metrics:
        rule = (
            "needs objectStorage of engine s3: workers publish with the role that they have for it"
        )
        yield to_decide("monitoring.queueMetrics", monitoring.queue_metrics, rule)


def of_workers(monitoring: Monitoring, langfuse: Langfuse) -> Iterator[Problem]:
    if versions.has_worker(Version.parse(langfuse.version)):
        return
    rule = f"is about workers, which Langfuse {langfuse.version} does not have"
    if monitoring.queue_metrics:
        yield to_remove("monitoring.queueMetrics", monitoring.queue_metrics, rule)
    if monitoring.alarms and (group := monitoring.alarms.worker_log_group):
        yield Problem(full_key("monitoring.alarms.workerLogGroup"), show(group), rule, "")


CHECKS: Final[tuple[Check, ...]] = (
    something_to_make,
    runbooks_are_a_folder,
    alarms_need_eks,
    alarms_have_something_to_watch,
    alarms_reach_someone,
    topic_of_region,
    dashboards_are_found,
    labels_not_owned,
    module_of_prober,
    something_to_read,
    queue_metrics_by_role,
    of_workers,
)
