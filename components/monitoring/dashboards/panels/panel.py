"""What a panel consists of, and the SDK's object for it.

Red and orange mark values beyond a threshold: red if the alert is critical, orange if it is a
warning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from grafana_foundation_sdk.builders import common, dashboard, stat, statetimeline, timeseries
from grafana_foundation_sdk.builders import table as table_builder
from grafana_foundation_sdk.models import common as common_model
from grafana_foundation_sdk.models import dashboard as model

from components.monitoring import runbooks
from components.monitoring.dashboards.panels import table
from components.monitoring.dashboards.panels.queries import CloudWatch, Prometheus, source, target
from components.monitoring.dashboards.panels.table import Table

GOOD: Final = "dark-green"
WARNING: Final = "orange"
CRITICAL: Final = "red"
NEUTRAL: Final = "blue"

_Builder = stat.Panel | timeseries.Panel | statetimeline.Panel | table_builder.Panel


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A threshold of a panel."""

    value: float
    colour: str = WARNING
    below: bool = False
    """Values below ``value`` are marked, instead of values from it on."""


@dataclass(frozen=True, kw_only=True)
class State:
    """The text and colour of a number."""

    text: str
    colour: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """The style of a series that is not a measurement."""

    colour: str
    dashed: bool = True


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One panel."""

    kind: Literal["stat", "graph", "states"] | Table
    title: str
    description: str
    """What it shows, what is normal, what to do."""
    queries: Sequence[Prometheus] | Sequence[CloudWatch]
    unit: str
    """https://github.com/grafana/grafana/blob/main/packages/grafana-data/src/valueFormats/categories.ts"""
    alert: str | None = None
    """Name of the alert or alarm about it, which is the name of its runbook."""
    limits: Sequence[Limit] = ()
    """In the order of their values, all on the same side."""
    minimum: float | None = 0
    maximum: float | None = None
    decimals: int | None = None
    states: Mapping[int, State] = field(default_factory=dict[int, State])
    lines: Mapping[str, Line] = field(default_factory=dict[str, Line])
    """By the name of the series."""
    stacked: bool = False
    stepped: bool = False
    """Draw steps, for whole numbers."""
    no_value: str | None = None
    """Text without data, if that is normal."""
    time_from: str | None = None
    """How far back it reaches, in place of the time that the dashboard shows."""
    width: int = 8
    height: int = 8

    def at_a_glance(self, query: Prometheus | None = None) -> Panel:
        """The same as one number. ``query``: of the worst of several, in place of each."""
        queries = self.queries if query is None else [query]
        return replace(self, kind="stat", height=4, queries=queries)

    def build(self, runbooks_url: str) -> model.Panel:
        """The SDK's panel, without id and place."""
        match self.kind:
            case "stat":
                built = self._described(_stat(), runbooks_url).build()
            case "graph":
                built = self._described(_graph(self), runbooks_url).build()
            case "states":
                built = self._described(_timeline(), runbooks_url).build()
            case Table():
                built = self._described(table.panel(self.kind), runbooks_url).build()
        built.grid_pos = model.GridPos(w=self.width, h=self.height)
        return built

    def _described(self, panel: _Builder, runbooks_url: str) -> _Builder:
        see = f" Runbook: {self.alert}." if self.alert else ""
        panel.title(self.title).description(f"{self.description}{see}")
        panel.datasource(source(self.queries[0])).unit(self.unit)
        panel.thresholds(self._thresholds()).color_scheme(self._colour())
        for number, query in enumerate(self.queries):
            panel.with_target(target(query, chr(ord("A") + number)))
        if self.minimum is not None:
            panel.min(self.minimum)
        if self.maximum is not None:
            panel.max(self.maximum)
        if self.decimals is not None:
            panel.decimals(self.decimals)
        if self.no_value is not None:
            panel.no_value(self.no_value)
        if self.time_from is not None:
            panel.time_from(self.time_from)
        if self.states:
            panel.mappings([self._mapping()])
        for name, line in self.lines.items():
            panel.override_by_name(name, _line(line))
        if self.alert:
            url = runbooks.link(runbooks_url, self.alert)
            link = dashboard.DashboardLink(f"What to do: {self.alert}")
            panel.links([link.type(model.DashboardLinkType.LINK).url(url).target_blank(True)])
        return panel

    def _thresholds(self) -> dashboard.ThresholdsConfig:
        """Colours in ascending order of values, starting at minus infinity."""
        good = GOOD if self.limits or self.states else NEUTRAL
        below = [limit for limit in self.limits if limit.below]
        steps = [model.Threshold(value=None, color=below[0].colour if below else good)]
        for limit, above in zip(below, [*below[1:], None], strict=False):
            steps.append(model.Threshold(value=limit.value, color=above.colour if above else good))
        steps += [
            model.Threshold(value=limit.value, color=limit.colour)
            for limit in self.limits
            if not limit.below
        ]
        return dashboard.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(steps)

    def _colour(self) -> dashboard.FieldColor:
        graph = self.kind == "graph"
        mode = (
            model.FieldColorModeId.PALETTE_CLASSIC if graph else model.FieldColorModeId.THRESHOLDS
        )
        return dashboard.FieldColor().mode(mode)

    def _mapping(self) -> model.ValueMap:
        return model.ValueMap(
            options={
                str(value): model.ValueMappingResult(
                    text=state.text, color=state.colour, index=index
                )
                for index, (value, state) in enumerate(self.states.items())
            }
        )


def _stat() -> stat.Panel:
    last = common.ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(False)
    return (
        stat.Panel()
        .reduce_options(last)
        .color_mode(common_model.BigValueColorMode.BACKGROUND_SOLID)
        .graph_mode(common_model.BigValueGraphMode.AREA)
        .text_mode(common_model.BigValueTextMode.VALUE)
    )


def _graph(panel: Panel) -> timeseries.Panel:
    limits = common_model.GraphTresholdsStyleMode
    stacking = common_model.StackingMode
    interpolation = common_model.LineInterpolation
    return (
        timeseries.Panel()
        .legend(
            common.VizLegendOptions()
            .display_mode(common_model.LegendDisplayMode.LIST)
            .placement(common_model.LegendPlacement.BOTTOM)
            .show_legend(True)
            .calcs(["lastNotNull", "max"])
        )
        .tooltip(
            common.VizTooltipOptions()
            .mode(common_model.TooltipDisplayMode.MULTI)
            .sort(common_model.SortOrder.DESCENDING)
        )
        .thresholds_style(
            common.GraphThresholdsStyleConfig().mode(limits.DASHED if panel.limits else limits.OFF)
        )
        .stacking(
            common.StackingConfig()
            .mode(stacking.NORMAL if panel.stacked else stacking.NONE)
            .group("A")
        )
        .line_interpolation(interpolation.STEP_AFTER if panel.stepped else interpolation.LINEAR)
        .fill_opacity(40 if panel.stacked else 10)
        .line_width(1)
        .show_points(common_model.VisibilityMode.NEVER)
    )


def _timeline() -> statetimeline.Panel:
    return (
        statetimeline.Panel()
        .merge_values(True)
        .show_value(common_model.VisibilityMode.AUTO)
        .row_height(0.8)
        .fill_opacity(80)
        .legend(
            common.VizLegendOptions()
            .display_mode(common_model.LegendDisplayMode.LIST)
            .placement(common_model.LegendPlacement.BOTTOM)
            .show_legend(False)
            .calcs([])
        )
    )


def _line(line: Line) -> list[model.DynamicConfigValue]:
    style = {"fill": "dash", "dash": [10, 10]} if line.dashed else {"fill": "solid"}
    return [
        model.DynamicConfigValue("color", {"mode": "fixed", "fixedColor": line.colour}),
        model.DynamicConfigValue("custom.lineStyle", style),
        model.DynamicConfigValue("custom.fillOpacity", 0),
    ]
