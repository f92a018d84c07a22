"""Fewer messages between the processes of a run: one costs as much as a short test."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def send_less(plugins: Iterable[Any]) -> None:
    """In a process that pytest-xdist started: drop the messages that change nothing.

    These are the start and the end of each test, and each setup and teardown that passed: four
    of six.
    """
    for plugin in plugins:
        if type(plugin).__name__ == "WorkerInteractor":
            plugin.sendevent = _needed_alone(plugin.sendevent)


def _needed_alone(send: Callable[..., None]) -> Callable[..., None]:
    def sendevent(name: str, **values: Any) -> None:  # noqa: ANN401 - of any message
        if name not in {"logstart", "logfinish"} and not _says_nothing(values.get("data")):
            send(name, **values)

    return sendevent


def _says_nothing(report: Any) -> bool:  # noqa: ANN401 - a report as JSON, or None
    return bool(report) and report["outcome"] == "passed" and report.get("when") != "call"
