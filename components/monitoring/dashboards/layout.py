"""A dashboard made of rows of panels: positions, ids, links and variables."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from json.encoder import encode_basestring_ascii
from typing import Any, Final, cast

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models import dashboard as model

from components.kubernetes.labels import PART_OF
from components.monitoring.dashboards.panels import promql
from components.monitoring.dashboards.panels.panel import Panel
from components.monitoring.dashboards.panels.queries import (
    CLOUDWATCH,
    PROMETHEUS,
    Prometheus,
    variable,
)
from components.monitoring.dashboards.subject import Subject
from components.monitoring.watched_workloads import Watched

WIDTH: Final = 24
"""Columns of Grafana's grid."""


@dataclass(frozen=True)
class Row:
    """A headline and the panels below it, left to right."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The properties of a dashboard other than its panels."""

    uid: str
    """Identity in Grafana, 40 characters at most; part of the dashboard's URL."""
    title: str
    description: str
    subject: Subject
    links: Mapping[str, str]
    """Other dashboards' uid by the title of the link."""
    pages: Mapping[str, str] = field(default_factory=dict[str, str])
    """URLs of other pages, in the same way."""


def spread(panels: Sequence[Panel]) -> list[Panel]:
    """Panels in one line, of equal width; the first ones get the remaining columns."""
    if not panels:
        return []
    width, left = divmod(WIDTH, len(panels))
    return [replace(panel, width=width + (number < left)) for number, panel in enumerate(panels)]


def lines(panels: Sequence[Panel], number: int) -> list[Panel]:
    """Panels in so many lines."""
    length = math.ceil(len(panels) / number)
    starts = range(0, len(panels), length)
    return [panel for start in starts for panel in spread(panels[start : start + length])]


def build(frame: Frame, rows: Sequence[Row]) -> model.Dashboard:
    """The dashboard. Its variables are the data sources that a panel uses."""
    watched = frame.subject.watched
    used = {
        PROMETHEUS if isinstance(query, Prometheus) else CLOUDWATCH
        for row in rows
        for panel in row.panels
        for query in panel.queries
    }
    builder = (
        dashboard.Dashboard(frame.title)
        .uid(frame.uid)
        .description(frame.description)
        .tags(["langfuse", PART_OF, watched.stack])
        .time("now-6h", "now")
        .refresh("1m")
        .timezone("browser")
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
    )
    for kind in sorted(used, reverse=True):
        builder.with_variable(variable(kind))
    if PROMETHEUS in used:
        builder.annotation(_rollouts(watched))
    for title, uid in frame.links.items():
        builder.link(
            dashboard.DashboardLink(title)
            .type(model.DashboardLinkType.LINK)
            .url(f"/d/{uid}")
            .keep_time(True)
        )
    troubleshooting = {"Troubleshooting": f"{frame.subject.runbooks}/troubleshooting.md"}
    for title, url in {**frame.pages, **troubleshooting}.items():
        builder.link(
            dashboard.DashboardLink(title)
            .type(model.DashboardLinkType.LINK)
            .url(url)
            .target_blank(True)
        )
    built = builder.build()
    built.panels = list(_placed(rows, frame.subject.runbooks))
    return built


def to_json(built: model.Dashboard) -> str:
    """The dashboard as Grafana reads it: the same text for the same dashboard."""
    return _text(built, "\n")


def _text(value: Any, line: str) -> str:  # noqa: ANN401 - JSON, or a model of the SDK
    """``json.dumps(value, sort_keys=True, indent=1)``, which takes twice as long: with an indent it
    uses none of its C code. ``line`` begins a new line at the depth of the value."""
    inner = f"{line} "
    if isinstance(value, str):
        return encode_basestring_ascii(value)
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        parts = [f"{encode_basestring_ascii(k)}: {_text(fields[k], inner)}" for k in sorted(fields)]
        return f"{{{inner}{f',{inner}'.join(parts)}{line}}}" if parts else "{}"
    if isinstance(value, list):
        items = [_text(item, inner) for item in cast("list[Any]", value)]
        return f"[{inner}{f',{inner}'.join(items)}{line}]" if items else "[]"
    if value is None or isinstance(value, bool | int | float):
        return json.dumps(value)
    return _text(value.to_json(), line)


def _placed(rows: Sequence[Row], runbooks: str) -> Iterator[model.Panel | model.RowPanel]:
    number, top = 0, 0
    for row in rows:
        number += 1
        headline = dashboard.Row(row.title).id(number).build()
        headline.grid_pos = model.GridPos(x=0, y=top, w=WIDTH, h=1)
        yield headline
        top += 1
        left, height = 0, 0
        for panel in row.panels:
            if left + panel.width > WIDTH:
                left, top, height = 0, top + height, 0
            number += 1
            built = panel.build(runbooks)
            built.id_val = number
            built.grid_pos = model.GridPos(x=left, y=top, w=panel.width, h=panel.height)
            yield built
            left, height = left + panel.width, max(height, panel.height)
        top += height


def _rollouts(watched: Watched) -> dashboard.AnnotationQuery:
    """A mark on every graph at the time when new pods started."""
    prometheus = model.DataSourceRef(type_val=PROMETHEUS, uid=f"${{{PROMETHEUS}}}")
    return (
        dashboard.AnnotationQuery()
        .name("Rollouts")
        .datasource(prometheus)
        .enable(True)
        .icon_color("purple")
        .expr(promql.rollouts(watched))
    )
