"""Messages of a worker that are dropped, and those that are not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.brief_workers import send_less


class WorkerInteractor:
    """Has the name of the one that is looked for."""

    def __init__(self) -> None:
        self.sent: list[Any] = []

    def sendevent(self, name: str, **values: object) -> None:
        self.sent.append((name, values))


@pytest.mark.parametrize(
    ("name", "values", "sent"),
    [
        ("logstart", {"nodeid": "a"}, False),
        ("logfinish", {"nodeid": "a"}, False),
        ("testreport", {"data": {"outcome": "passed", "when": "setup"}}, False),
        ("testreport", {"data": {"outcome": "passed", "when": "teardown"}}, False),
        ("testreport", {"data": {"outcome": "passed", "when": "call"}}, True),
        ("testreport", {"data": {"outcome": "failed", "when": "teardown"}}, True),
        ("testreport", {"data": {"outcome": "skipped", "when": "setup"}}, True),
        ("collectreport", {"data": {"outcome": "failed"}}, True),
        ("runtest_protocol_complete", {"item_index": 1, "duration": 0.1}, True),
    ],
)
def test_a_message_that_changes_nothing_is_dropped(
    name: str, values: dict[str, object], *, sent: bool
) -> None:
    worker = WorkerInteractor()

    send_less([object(), worker])
    worker.sendevent(name, **values)

    assert worker.sent == ([(name, values)] if sent else [])
