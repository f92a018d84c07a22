"""Links from Grafana to pages of Langfuse."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

_FAILED: Final = "level;stringOptions;;any of;ERROR"
_SLOW: Final = "latency;number;;>=;"
_TENANT: Final = "metadata;stringObject;tenant;=;"
"""What the gateway writes into the metadata of every span."""

_FIELD: Final = "${__data.fields.tenant}"
_RANGE: Final = "dateRange=${__from}-${__to}"
"""Grafana's variables. A tenant has no character that an URL may not have."""


def failed(project_url: str) -> str:
    """The page with what failed, of the tenant of a table's line and in the dashboard's time.

    The form of a filter is that of Langfuse 4.16.0
    (``packages/shared/src/features/filters/filterQueryEncoding.ts``).
    """
    return _observations(project_url, _FAILED)


def slow(project_url: str, seconds: float) -> str:
    """The page with what took so long, in the same way."""
    return _observations(project_url, f"{_SLOW}{seconds:g}")


def dashboards(project_url: str) -> str:
    """The list of Langfuse's own dashboards."""
    return f"{project_url}/dashboards"


def models(project_url: str) -> str:
    """The page with models and their prices."""
    return f"{project_url}/settings/models"


def _observations(project_url: str, which: str) -> str:
    which = quote(f"{which},{_TENANT}", safe="")
    return f"{project_url}/observations?filter={which}{_FIELD}&{_RANGE}"
