"""The pictures and the page of the dashboards. How they look is for people to judge."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from tests.support import dashboards
from tests.support.dashboards import Built
from tooling.docs import dashboard_drawing
from tooling.docs import dashboards as documented

DASHBOARDS = dashboards.every()
TEXT = "{http://www.w3.org/2000/svg}text"

every_dashboard = pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=DASHBOARDS)


def texts(dashboard: Built) -> list[ElementTree.Element]:
    drawn = ElementTree.fromstring(dashboard_drawing.to_svg(dashboard.content))  # noqa: S314 - ours
    return [*drawn.iter(TEXT)]


@every_dashboard
def test_a_picture_names_every_panel_in_order(dashboard: Built) -> None:
    bold = [text.text for text in texts(dashboard) if text.get("font-weight") == "600"]
    titles = [panel["title"] for panel in dashboard.content["panels"]]
    rows = {panel["title"] for panel in dashboard.content["panels"] if panel["type"] == "row"}

    assert bold[0] == dashboard.content["title"]
    assert [(text or "").removeprefix("⌄ ") for text in bold[1:]] == titles
    assert {text.removeprefix("⌄ ") for text in bold if text and text[0] == "⌄"} == rows


@every_dashboard
def test_nothing_is_written_outside_of_the_picture(dashboard: Built) -> None:
    drawn = ElementTree.fromstring(dashboard_drawing.to_svg(dashboard.content))  # noqa: S314 - ours
    width, height = float(drawn.attrib["width"]), float(drawn.attrib["height"])

    for text in drawn.iter(TEXT):
        assert 0 <= float(text.attrib["x"]) <= width
        assert 0 <= float(text.attrib["y"]) <= height


def test_a_graph_shows_its_unit_its_series_and_its_threshold() -> None:
    svg = dashboard_drawing.to_svg(DASHBOARDS["on-aws overview"].content)
    from_title = svg[svg.index(">Response time<") :]
    panel = from_title[: from_title.index(">Requests<")]

    assert re.findall(r">([^<]+)</text>", panel)[:5] == [
        "Response time",
        "seconds",
        "p50",
        "p95",
        "p99",
    ]
    assert panel.count('stroke-dasharray="6 4"') == 1


def test_the_same_dashboard_gives_the_same_picture() -> None:
    content = DASHBOARDS["on-aws overview"].content

    assert dashboard_drawing.to_svg(content) == dashboard_drawing.to_svg(content)


def test_the_page_shows_every_picture() -> None:
    shown = re.findall(r"\]\(images/([^)]+)\)", documented.page())

    assert (
        shown
        == [*documented.images()]
        == [
            "dashboard-overview.svg",
            "dashboard-database-rds.svg",
            "dashboard-database-cluster.svg",
        ]
    )


def test_the_page_leads_from_a_panel_to_its_runbook() -> None:
    line = next(line for line in documented.page().splitlines() if line.startswith("| Restarts |"))

    assert line.endswith(" [LangfusePodRestarts](troubleshooting.md#langfusepodrestarts) |")
