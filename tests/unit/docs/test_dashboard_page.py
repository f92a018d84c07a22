"""The page about the dashboards: every panel with its unit, its meaning and its runbook."""

from __future__ import annotations

import re

import pytest

from tests.support import dashboards
from tests.support.dashboards import Built
from tooling.docs import dashboards as documented

DASHBOARDS = dashboards.every()


@pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=DASHBOARDS)
def test_every_unit_of_a_panel_has_words(dashboard: Built) -> None:
    panels = [panel for panel in dashboard.content["panels"] if panel["type"] != "row"]
    units = {panel["title"]: documented.unit(panel) for panel in panels}

    assert {title for title, unit in units.items() if unit == "state"} == {
        panel["title"] for panel in panels if panel["fieldConfig"]["defaults"].get("mappings")
    }
    assert {*units.values()} - {"state"} <= {*documented.UNITS.values()}


def test_the_page_has_a_table_of_each_dashboards_panels_in_their_order() -> None:
    tables = documented.page().split("\n## ")[-12:]

    assert [table.partition("\n")[0] for table in tables] == [
        "Overview",
        "Database on RDS",
        "Database in the cluster",
        "Workers",
        "ClickHouse",
        "Cache on ElastiCache",
        "Cache in the cluster",
        "Buckets in S3",
        "Object store in the cluster",
        "Gateway",
        "Agents",
        "Agent costs",
    ]
    assert [re.findall(r"^\| (.+?) \| (.+?) \|", table, re.M)[:5] for table in tables[:4]] == [
        [
            ("panel", "unit"),
            ("Firing alerts", "number"),
            ("Answers from outside", "state"),
            ("Pods available", "%"),
            ("Latency (p95)", "seconds"),
        ],
        [
            ("panel", "unit"),
            ("Database CPU", "%"),
            ("CPU credits", "number"),
            ("Database memory free", "bytes"),
            ("Connections used", "%"),
        ],
        [
            ("panel", "unit"),
            ("Database", "state"),
            ("Database volume used", "%"),
            ("Fullest memory", "%"),
            ("CPU of request", "%"),
        ],
        [
            ("panel", "unit"),
            ("Workers available", "%"),
            ("Workers of maximum", "%"),
            ("Fullest memory", "%"),
            ("Jobs waiting", "number"),
        ],
    ]


def test_the_page_has_no_picture() -> None:
    assert "![" not in documented.page()


def test_the_page_leads_from_a_panel_to_its_runbook() -> None:
    line = next(line for line in documented.page().splitlines() if line.startswith("| Restarts |"))

    assert line.endswith(" [LangfusePodRestarts](troubleshooting.md#langfusepodrestarts) |")
