"""Tables and links of the dashboards about agents, as Grafana reads them."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.support.dashboards import built

DASHBOARDS = built("version 4 on-aws")
PROJECT = "https://langfuse.example.com/project/default"


def table(dashboard: str, title: str) -> dict[str, Any]:
    panel = DASHBOARDS[dashboard].panel(title)
    assert panel["type"] == "table"
    return panel


def link(dashboard: str, title: str) -> tuple[str, str]:
    (found,) = table(dashboard, title)["fieldConfig"]["defaults"]["links"]
    assert found["targetBlank"] is True
    return found["title"], found["url"]


@pytest.mark.parametrize(
    ("dashboard", "title", "columns"),
    [
        (
            "agents",
            "Slowest operations",
            {
                "tenant": "tenant",
                "agent": "agent",
                "operation": "operation",
                "model": "model",
                "Value": "p95",
            },
        ),
        (
            "agents",
            "Failing operations",
            {
                "tenant": "tenant",
                "agent": "agent",
                "operation": "operation",
                "model": "model",
                "error_kind": "error",
                "Value": "times",
            },
        ),
        (
            "agent-costs",
            "Prices",
            {"model": "model", "kind": "kind", "Value": "USD per million tokens"},
        ),
    ],
)
def test_a_table_has_these_columns_in_this_order(
    dashboard: str, title: str, columns: dict[str, str]
) -> None:
    panel = table(dashboard, title)
    (target,) = panel["targets"]

    assert (target["format"], target["instant"], target["range"]) == ("table", True, False)
    assert panel["options"]["showHeader"] is True
    assert panel["transformations"] == [
        {
            "id": "organize",
            "options": {
                "excludeByName": {"Time": True},
                "indexByName": {name: place for place, name in enumerate(columns)},
                "renameByName": columns,
            },
        }
    ]


@pytest.mark.parametrize(
    ("title", "name", "which"),
    [
        ("Failing operations", "Failed spans in Langfuse", "level;stringOptions;;any of;ERROR"),
        ("Slowest operations", "Slow spans in Langfuse", "latency;number;;>=;10"),
    ],
)
def test_a_line_leads_to_the_tenants_spans_of_the_time_that_is_shown(
    title: str, name: str, which: str
) -> None:
    """Langfuse decodes the parameter once, and then splits it at commas and semicolons."""
    found, url = link("agents", title)
    parts = urlsplit(url)

    assert found == name
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{PROJECT}/observations"
    assert parse_qsl(parts.query) == [
        ("filter", f"{which},metadata;stringObject;tenant;=;${{__data.fields.tenant}}"),
        ("dateRange", "${__from}-${__to}"),
    ]


def test_prices_lead_to_those_of_langfuse() -> None:
    assert link("agent-costs", "Prices") == (
        "Models and prices in Langfuse",
        f"{PROJECT}/settings/models",
    )


@pytest.mark.parametrize(
    ("dashboard", "links"),
    [
        ("agents", {"Traces in Langfuse": f"{PROJECT}/traces"}),
        ("agent-costs", {"Cost in Langfuse": f"{PROJECT}/dashboards"}),
        ("gateway", {}),
    ],
)
def test_a_dashboard_leads_to_langfuse_and_to_troubleshooting(
    dashboard: str, links: dict[str, str]
) -> None:
    found = {link["title"]: link["url"] for link in DASHBOARDS[dashboard].content["links"]}

    assert found == {
        **links,
        "Troubleshooting": "https://git.example.com/docs/troubleshooting.md",
    }
    assert {link["targetBlank"] for link in DASHBOARDS[dashboard].content["links"]} == {True}


def test_every_figure_of_cost_is_said_to_be_an_estimate() -> None:
    content = DASHBOARDS["agent-costs"]

    assert "Estimates" in content.content["description"]
    assert [row for row in content.rows if "estimate" not in row] == []
    assert "An estimate" in DASHBOARDS["agents"].panel("Cost of 24 hours")["description"]
