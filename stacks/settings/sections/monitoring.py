"""Section ``monitoring``: dashboards, alert rules and alarms."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field

from components.monitoring.alerts import rules
from stacks.settings.machinery.fields.aws import LogGroup, TopicArn
from stacks.settings.machinery.fields.kubernetes import DnsLabel, LabelName, LabelValue
from stacks.settings.machinery.fields.network import DNS_LABEL, Email, Url
from stacks.settings.machinery.rule import Rule
from stacks.settings.machinery.section import Section


def _is_prober(value: str) -> bool:
    match = re.fullmatch(
        rf"{DNS_LABEL}\.{DNS_LABEL}\.svc(\.[a-z0-9.-]+)?:(?P<port>\d{{1,5}})", value
    )
    return match is not None and value.isascii() and 0 < int(match["port"]) < 65536


ProberAddress = Annotated[
    str,
    Rule(
        "must be the address of a blackbox exporter in the cluster, <service>.<namespace>.svc:"
        "<port>, such as 'blackbox-exporter.monitoring.svc:9115'",
        _is_prober,
    ),
    Field(examples=["blackbox-exporter.monitoring.svc:9115"]),
]

AlertLabelName = Annotated[
    str,
    Rule(
        "must be the name of a Prometheus label that no alert has yet: letters, digits and '_', "
        "not starting with a digit or '__'; alertname, namespace, severity and stack are taken",
        lambda name: rules.label_problem({name: ""}) is None,
    ),
]

AlertLabelValue = Annotated[
    str,
    Rule(
        "must not hold '{{': Prometheus takes it for a template, and with a broken one it refuses "
        "every alert of the stack",
        lambda value: "{{" not in value,
    ),
]


class Dashboards(Section):
    """Grafana dashboards, as ConfigMaps for the sidecar that loads them into Grafana."""

    labels: dict[LabelName, LabelValue] = {"grafana_dashboard": "1"}
    """Labels that the sidecar finds ConfigMaps by; it has to look into `cluster.namespace`."""
    folder: Annotated[str, Field(min_length=1)] | None = None
    """Folder in Grafana, for a sidecar with `folderAnnotation: grafana_folder`."""


class PrometheusRules(Section):
    """Alert rules, a probe of the public URL, and the metrics of ClickHouse and of the gateway.
    Needs the Prometheus Operator."""

    labels: dict[LabelName, LabelValue] = {}
    """Labels that the operator selects rules, probes and pod monitors by, for kube-prometheus-stack
    `release: <Helm release>`. Without the right ones it loads no rules and reports no error."""
    alert_labels: dict[AlertLabelName, AlertLabelValue] = {}
    """Labels of every alert, for Alertmanager's routing, such as `team: platform`."""
    prober: ProberAddress | None = None
    """Blackbox exporter that probes the public URL, whose addresses then have to be among
    `endpoint.inboundCidrs`; or, where the URL is local, Langfuse's Service, which the pods of the
    exporter's namespace may then reach. None: no probe, and no alert about it."""
    module: Annotated[str, Field(min_length=1)] = "http_2xx"
    """The exporter's module."""
    prometheus_namespace: DnsLabel | None = None
    """Namespace of Prometheus, whose pods may then read the metrics of ClickHouse in the cluster
    (failed inserts, parts, replication, memory) and of the agents' gateway: what agents do and
    cost, and what it lost. None: nobody may, and no alert needs them."""


class Alarms(Section):
    """CloudWatch alarms of what the stack has in AWS (database, cache, load balancer, certificate),
    and a CloudWatch dashboard. Needs an EKS cluster. Give `email` or `topicArn`."""

    email: Email | None = None
    """Address that a new SNS topic writes to, once it has confirmed the subscription."""
    topic_arn: TopicArn | None = None
    """Existing SNS topic in `aws:region`, of this account or another, which lets CloudWatch publish
    for this account's alarms. An encrypted one needs a key that lets CloudWatch use it, which
    `alias/aws/sns` does not."""
    worker_log_group: (
        Annotated[LogGroup, Field(examples=["/aws/containerinsights/platform-prod/application"])]
        | None
    ) = None
    """Existing log group in `aws:region` that the logs of the cluster's containers go to, in the
    form of Container Insights. A filter of it, at the price of one metric, then makes the alarm
    RowsDropped, from Langfuse 3 on."""


class Monitoring(Section):
    """Dashboards, alert rules and alarms, which report problems and say what to do."""

    runbooks: Annotated[
        Url, Field(examples=["https://git.example.com/platform/agent-observability/docs"])
    ]
    """URL of this repository's `docs` folder, as people open it: every alert links to its section
    of `troubleshooting.md` there."""
    dashboards: Dashboards | None = None
    """Make Grafana dashboards; `{}` takes the defaults."""
    prometheus_rules: PrometheusRules | None = None
    """Make alert rules for Prometheus; `{}` takes the defaults."""
    alarms: Alarms | None = None
    """Make CloudWatch alarms."""
    queue_metrics: bool = False
    """Let workers publish metrics to CloudWatch, from Langfuse 3 on: lengths of queues, failed
    jobs, dropped rows, for alarms and dashboards. It is all or nothing: some 200 metrics, about 60
    USD a month. Nothing in them says which stack they are of, so only one stack of an account and
    region may. Needs `objectStorage.engine: s3`, whose role publishes."""
    certificate_days: Annotated[int, Field(ge=1, le=40)] = 21
    """Alert when the certificate has fewer days left. ACM renews one 45 days before its end."""
