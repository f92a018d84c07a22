"""The metrics of ClickHouse that alerts and dashboards read are ones of its own engine.

Does not prove what their values are, nor what another release exports. Keepers have others, which
the engine does not have.
"""

from __future__ import annotations

import mmap
import re
from pathlib import Path
from typing import Final

import pytest

from components.monitoring.alerts import rules
from components.monitoring.watched_workloads import Watched, WatchedServers
from tests.support import clickhouse_engine, dashboards
from tests.support.clickhouse_engine import ask, ours

pytestmark = pytest.mark.skipif(
    not clickhouse_engine.PYTHON.exists(), reason=clickhouse_engine.ABSENT
)

SERVERS: Final = WatchedServers(stateful_sets=["server"], container="server", claims=["data"])
WATCHED: Final = Watched(
    stack="dev",
    namespace="observability",
    langfuse="langfuse",
    min_replicas=1,
    max_replicas=1,
    migration="langfuse-migration",
    clickhouse=SERVERS,
    keeper=SERVERS,
    clickhouse_scraped=True,
)


def read(kind: str) -> set[str]:
    """Names of the metrics of one kind in all alerts and panels, as the engine has them."""
    groups = rules.groups(WATCHED, runbooks="https://x", certificate_days=21, alert_labels={})
    expressions = [rule["expr"] for group in groups for rule in group["rules"]]
    for dashboard in dashboards.every().values():
        expressions += [target["expr"] for target in dashboard.targets("prometheus")]
    found = set(re.findall(rf"ClickHouse{kind}_(\w+)", " ".join(expressions)))
    return {name for name in found if not name.startswith("Keeper")}


def test_metrics_and_events_are_in_the_tables_that_the_endpoint_shows(tmp_path: Path) -> None:
    metrics, events = ask(
        ours(tmp_path, everything=True),
        [
            "SELECT name FROM system.metrics",
            "SELECT event FROM system.events SETTINGS system_events_show_zero_values = 1",
        ],
    )

    assert (metrics.error, events.error) == ("", "")
    assert read("Metrics") - {str(name) for (name,) in metrics.rows} == set()
    assert read("ProfileEvents") - {str(name) for (name,) in events.rows} == set()
    assert len(read("Metrics")) == 4
    assert len(read("ProfileEvents")) == 10


def test_asynchronous_metrics_are_named_in_the_engine_which_does_not_compute_them() -> None:
    libraries = clickhouse_engine.PYTHON.parent.parent.glob("lib/*/site-packages/chdb/*.so")
    library = max(libraries, key=lambda file: file.stat().st_size)
    with library.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as code:
        unknown = {name for name in read("AsyncMetrics") if code.find(name.encode()) < 0}

    assert unknown == set()
    assert len(read("AsyncMetrics")) == 6
