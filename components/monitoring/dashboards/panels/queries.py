"""Queries of the dashboards' two data sources, each chosen by a variable of the dashboard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from grafana_foundation_sdk.builders import cloudwatch, dashboard, prometheus
from grafana_foundation_sdk.models import cloudwatch as cloudwatch_model
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import prometheus as prometheus_model

PROMETHEUS: Final = "prometheus"
CLOUDWATCH: Final = "cloudwatch"
"""Types of data source, and the names of the variables that choose one."""


@dataclass(frozen=True)
class Prometheus:
    """A PromQL query, and the names of its series."""

    expression: str
    legend: str = ""
    instant: bool = False
    """Only the current value; the expression covers the dashboard's time range itself."""
    table: bool = False
    """With a column for each label."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A CloudWatch metric and one of its statistics."""

    region: str
    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    """The value ``*`` matches every value."""
    statistic: str
    id: str
    """Name for expressions of the same panel; starts with a lower-case letter."""
    label: str = ""
    period: str = ""
    """Seconds; empty leaves it to Grafana."""
    hidden: bool = False
    """Not drawn; used by expressions only."""


@dataclass(frozen=True, kw_only=True)
class Expression:
    """Metric math over the metrics of the same panel.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
    """

    region: str
    text: str
    id: str
    label: str = ""
    hidden: bool = False
    """Not drawn; used by other expressions only."""


CloudWatch = Metric | Expression

_Target = prometheus.Dataquery | cloudwatch.CloudWatchMetricsQuery


def source(query: Prometheus | CloudWatch) -> model.DataSourceRef:
    """The data source of a query, by its variable."""
    kind = PROMETHEUS if isinstance(query, Prometheus) else CLOUDWATCH
    return model.DataSourceRef(type_val=kind, uid=f"${{{kind}}}")


def variable(kind: str) -> dashboard.DatasourceVariable:
    """The choice of a data source; Grafana preselects the default or the first one of the type."""
    label = "Prometheus" if kind == PROMETHEUS else "CloudWatch"
    return dashboard.DatasourceVariable(kind).type(kind).label(label)


def target(query: Prometheus | CloudWatch, ref_id: str) -> _Target:
    """The SDK's query."""
    match query:
        case Prometheus():
            built = (
                prometheus.Dataquery()
                .ref_id(ref_id)
                .datasource(source(query))
                .expr(query.expression)
                .legend_format(query.legend or "__auto")
            )
            if query.table:
                built.format(prometheus_model.PromQueryFormat.TABLE)
            return built.instant() if query.instant else built.range()
        case Metric():
            return (
                _cloudwatch(query, ref_id)
                .namespace(query.namespace)
                .metric_name(query.name)
                .dimensions({name: [value] for name, value in query.dimensions})
                .match_exact(True)
                .statistic(query.statistic)
                .period(query.period)
                .metric_editor_mode(cloudwatch_model.MetricEditorMode.BUILDER)
            )
        case Expression():
            return (
                _cloudwatch(query, ref_id)
                .expression(query.text)
                .metric_editor_mode(cloudwatch_model.MetricEditorMode.CODE)
            )


def _cloudwatch(query: CloudWatch, ref_id: str) -> cloudwatch.CloudWatchMetricsQuery:
    return (
        cloudwatch.CloudWatchMetricsQuery()
        .query_mode(cloudwatch_model.CloudWatchQueryMode.METRICS)
        .metric_query_type(cloudwatch_model.MetricQueryType.SEARCH)
        .ref_id(ref_id)
        .datasource(source(query))
        .region(query.region)
        .id(query.id)
        .label(query.label)
        .hide(query.hidden)
    )
