"""A table of what is true now: a line for each series, and a link to what it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard, table
from grafana_foundation_sdk.models import dashboard as model


@dataclass(frozen=True, kw_only=True)
class Table:
    """What a panel has as a table."""

    columns: Mapping[str, str]
    """Headlines by label, in their order; ``Value`` is the measurement, and comes last."""
    link: str
    """Title of the link of each line."""
    url: str
    """Its URL, with Grafana's variables."""


def panel(content: Table) -> table.Panel:
    """The SDK's panel."""
    link = dashboard.DashboardLink(content.link)
    return (
        table.Panel()
        .show_header(True)
        .data_links([link.type(model.DashboardLinkType.LINK).url(content.url).target_blank(True)])
        .with_transformation(
            model.DataTransformerConfig(
                id_val="organize",
                options={
                    "excludeByName": {"Time": True},
                    "indexByName": {name: place for place, name in enumerate(content.columns)},
                    "renameByName": {**content.columns},
                },
            )
        )
    )
